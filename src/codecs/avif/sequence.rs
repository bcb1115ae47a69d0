//! What an AV1 stream says before its pixels: the sequence header, and how many frames follow (AV1 specification, 5.3 to 5.9).

use super::bits::Bits;
use super::broken;
use crate::codecs::Error;
use crate::codecs::bytes::Reader;
use crate::codecs::error::too_many;

/// Units that are walked over, at most.
const UNITS: usize = 1 << 12;

/// Frames of one picture that is no still one, at most: those of four layers.
pub(super) const FRAMES: u32 = 4;

/// Bytes of a number in groups of seven bits, at most.
const GROUPS: u32 = 8;

/// What a sequence header says of all its frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sequence {
    /// Columns of a frame, at most.
    pub(super) width: u32,
    /// Rows of a frame, at most.
    pub(super) height: u32,
    /// Columns and rows that are decoded for these.
    pub(super) coded: (u32, u32),
    /// Bits of a sample: 8, 10 or 12, and of HEVC any between.
    pub(super) depth: u8,
    /// Luma columns, and rows, that share a sample of chroma; `None` without chroma.
    pub(super) chroma: Option<(u8, u8)>,
    /// Code points of ITU-T H.273: primaries, transfer, matrix; 2 is unsaid.
    pub(super) colour: [u8; 3],
    /// Samples have all values, not 16 to 235 and 240.
    pub(super) full_range: bool,
    /// There is one frame.
    pub(super) still: bool,
    /// Pictures besides each frame that its filters work on, at most.
    pub(super) copies: u32,
    /// Profile, and the level of the first operating point, as the standard numbers them.
    pub(super) grade: (u8, u8),
}

/// The kinds of units that matter here.
const SEQUENCE_HEADER: u8 = 1;
const FRAME_HEADER: u8 = 3;
const FRAME: u8 = 6;

/// The first sequence header in a stream's first bytes, which may be cut off behind it.
pub(super) fn sequence(stream: &[u8]) -> Option<Sequence> {
    let mut units = Units::new(stream).take(UNITS);
    let (_, header) = units.find(|(kind, _)| *kind == SEQUENCE_HEADER)?;
    Sequence::parse(header)
}

/// How many frames a stream has, up to one more than it may have.
pub(super) fn frames(stream: &[u8]) -> u32 {
    let frames = Units::new(stream)
        .take(UNITS)
        .filter(|(kind, _)| matches!(*kind, FRAME | FRAME_HEADER));
    (0..=FRAMES)
        .zip(frames)
        .map(|(before, _)| before + 1)
        .last()
        .unwrap_or(0)
}

/// Refuses a stream with more frames than that, or whose sequence header changes on the way.
///
/// # Errors
/// `TooComplex`, `Invalid`.
pub(super) fn check(stream: &[u8], limit: u32) -> Result<(), Error> {
    let mut frames = 0;
    let mut first = None;
    for (count, (kind, content)) in Units::new(stream).enumerate() {
        if count >= UNITS {
            return Err(broken("its stream has too many parts"));
        }
        match kind {
            SEQUENCE_HEADER if *first.get_or_insert(content) != content => {
                return Err(broken("its stream changes its header"));
            }
            FRAME | FRAME_HEADER => frames += 1,
            _ => {}
        }
    }
    if frames > limit {
        return Err(too_many(
            "frames in one picture",
            limit.into(),
            frames.into(),
        ));
    }
    Ok(())
}

/// The units of a stream, each its kind and content, up to the first that is cut short.
struct Units<'a>(Reader<'a>);

impl<'a> Units<'a> {
    fn new(stream: &'a [u8]) -> Self {
        Self(Reader::new(stream))
    }
}

impl<'a> Iterator for Units<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let head = self.0.u8()?;
        if head & 4 != 0 {
            let _layers = self.0.u8()?;
        }
        let length = if head & 2 != 0 {
            usize::try_from(leb128(&mut self.0)?).ok()?
        } else {
            self.0.rest().len()
        };
        // A header at the end of what is at hand may be whole.
        let content = self.0.take(length)?;
        Some((head >> 3 & 15, content))
    }
}

/// A number in groups of seven bits, the lowest first.
fn leb128(reader: &mut Reader<'_>) -> Option<u64> {
    let mut value = 0;
    for group in 0..GROUPS {
        let byte = reader.u8()?;
        value |= u64::from(byte & 0x7f) << (7 * group);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

impl Sequence {
    fn parse(header: &[u8]) -> Option<Self> {
        let mut bits = Bits {
            bytes: header,
            at: 0,
        };
        let profile = bits.take(3)?;
        let still = bits.flag()?;
        let reduced = bits.flag()?;
        let level = if reduced {
            bits.take(5)?
        } else {
            operating_points(&mut bits)?
        };
        let across = bits.take(4)? + 1;
        let down = bits.take(4)? + 1;
        let width = bits.take(across)? + 1;
        let height = bits.take(down)? + 1;
        if reduced {
            let _tools = bits.take(3)?;
        } else {
            frame_numbers_and_tools(&mut bits)?;
        }
        let [scales, _, restores] = [bits.flag()?, bits.flag()?, bits.flag()?];
        let (depth, chroma, colour, full_range) = colour_config(&mut bits, profile)?;
        Some(Self {
            width,
            height,
            coded: (width, height),
            depth,
            chroma,
            colour,
            full_range,
            still,
            // Grain is always reckoned with.
            copies: 1 + u32::from(scales) + u32::from(restores),
            grade: (u8::try_from(profile).ok()?, u8::try_from(level).ok()?),
        })
    }
}

/// The first one's level. What decoders need to know of time is of no concern.
fn operating_points(bits: &mut Bits<'_>) -> Option<u32> {
    let mut delay_bits = None;
    if bits.flag()? {
        let _tick = (bits.take(32)?, bits.take(32)?);
        if bits.flag()? {
            bits.exp_golomb()?;
        }
        if bits.flag()? {
            delay_bits = Some(bits.take(5)? + 1);
            let _tick = bits.take(32)?;
            let _lengths = bits.take(10)?;
        }
    }
    let initial_delays = bits.flag()?;
    let mut first = None;
    for _ in 0..=bits.take(5)? {
        let _layers = bits.take(12)?;
        let level = bits.take(5)?;
        first = first.or(Some(level));
        if level > 7 {
            let _tier = bits.take(1)?;
        }
        if let Some(length) = delay_bits
            && bits.flag()?
        {
            let _delays = (bits.take(length)?, bits.take(length)?, bits.take(1)?);
        }
        if initial_delays && bits.flag()? {
            let _delay = bits.take(4)?;
        }
    }
    first
}

/// What frames of a film need: of no concern, too.
fn frame_numbers_and_tools(bits: &mut Bits<'_>) -> Option<()> {
    if bits.flag()? {
        let _lengths = bits.take(7)?;
    }
    let _tools = bits.take(3 + 4)?;
    let order_hint = bits.flag()?;
    if order_hint {
        let _tools = bits.take(2)?;
    }
    let chooses_screen_tools = bits.flag()?;
    let screen_tools = chooses_screen_tools || bits.flag()?;
    if screen_tools {
        let chooses_whole_vectors = bits.flag()?;
        if !chooses_whole_vectors {
            let _whole = bits.take(1)?;
        }
    }
    if order_hint {
        let _length = bits.take(3)?;
    }
    Some(())
}

type ColourConfig = (u8, Option<(u8, u8)>, [u8; 3], bool);

fn colour_config(bits: &mut Bits<'_>, profile: u32) -> Option<ColourConfig> {
    let high = bits.flag()?;
    let depth = match (profile, high) {
        (2, true) if bits.flag()? => 12,
        (_, true) => 10,
        (_, false) => 8,
    };
    let mono = profile != 1 && bits.flag()?;
    let colour = if bits.flag()? {
        let mut code = || bits.take(8).and_then(|code| u8::try_from(code).ok());
        [code()?, code()?, code()?]
    } else {
        [2; 3]
    };
    if mono {
        return Some((depth, None, colour, bits.flag()?));
    }
    // sRGB in three planes of its own says the rest with that.
    if colour == [1, 13, 0] {
        return Some((depth, Some((1, 1)), colour, true));
    }
    let full_range = bits.flag()?;
    let chroma = match (profile, depth) {
        (0, _) => (2, 2),
        (2, 12) if bits.flag()? => (2, if bits.flag()? { 2 } else { 1 }),
        (1, _) | (2, 12) => (1, 1),
        (2, _) => (2, 1),
        _ => return None,
    };
    Some((depth, Some(chroma), colour, full_range))
}
