//! What a file's tags amount to, and what reading them takes.

/// Bytes of an attribute that count as a unit.
pub(super) const LIST: u64 = 256;

/// Units that references may make of a drawing, beside a multiple of its own.
const SPARE_UNITS: u64 = 10_000;
const MULTIPLE: u64 = 4;

/// What is in a file, at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) elements: u64,
    pub(super) attributes: u64,
    /// Bytes between tags, where there are texts.
    pub(super) text: u64,
    /// Bytes that entities may stand for.
    pub(super) growth: u64,
    /// Bytes of the file, and of what is embedded in it.
    pub(super) length: u64,
    pub(super) data: u64,
    pub(super) namespaces: u64,
    /// Whether anything refers to an element.
    pub(super) refers: bool,
    /// Whether anything may need a layer.
    pub(super) layered: bool,
}

impl Counts {
    /// What the drawing may be made of, once references are followed: elements, letters, attributes by the dozen.
    pub(super) fn units(&self) -> u64 {
        let own = 1 + self.elements + self.text + self.written() / LIST + self.growth / 8;
        if self.refers {
            own * MULTIPLE + SPARE_UNITS
        } else {
            own
        }
    }

    /// Whether parts of it are put together before they are drawn.
    pub(super) fn layered(&self) -> bool {
        self.layered
    }

    /// Nodes of the document, texts between elements and comments included.
    pub(super) fn nodes(&self) -> u32 {
        let nodes = 64 + 4 * self.elements + self.growth;
        u32::try_from(nodes).unwrap_or(u32::MAX)
    }

    /// Bytes that reading the drawing holds at its peak, at most. Measured over documents of nothing but the dearest of each.
    pub(super) fn bytes(&self) -> u64 {
        let nodes = 300 * self.elements + 150 * self.attributes;
        let text = 5 * self.written() + 16 * self.growth;
        // What is embedded is unpacked in up to three steps, one file at a time.
        nodes + 1_500 * self.units() + text + 4 * self.data + (1 << 20)
    }

    /// Bytes of the file without what is embedded.
    pub(super) fn written(&self) -> u64 {
        self.length - self.data
    }
}
