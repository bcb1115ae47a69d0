//! PDF: a page of a document, rendered at the size of the answer.
//!
//! `render` is the home of `hayro`, which is part of binaries that are built with the feature `pdf`. It has no
//! limits on what a file makes it hold, and can't be stopped. So nothing here is called by what probes uploads: even the
//! size of a page is looked up as work, on a worker, by [`look`].

mod pictures;
#[cfg(feature = "pdf")]
mod render;
#[cfg(not(feature = "pdf"))]
#[path = "absent.rs"]
mod render;

use serde::{Deserialize, Serialize};

use super::header::whole_side;
use super::{Colour, Error, Format, Header, Model, Orientation, Rows, Scale, Shape, whole};
use crate::checkpoint::Checkpoint;

/// Whether this binary reads documents.
pub const IS_BUILT: bool = cfg!(feature = "pdf");

/// Most points along a side of a page.
const SIDE: u32 = 10_000_000;

/// Most pixels along a side of what is made of a page: the renderer counts them, and some more, in 16 bits.
const MADE: u32 = 65_000;

/// Bytes that looking at a document may take, and drawing a page of it besides: tables, fonts, paths.
const LOOK: u64 = 16 << 20;
const DRAW: u64 = 24 << 20;

/// How many times its length a document may take besides, where its parts are packed.
const COPIES: u64 = 8;

/// Times that a picture of a page is there while it is made: it, the renderer's tiles and layers of it.
const LAYERS: u64 = 6;

/// What a page of a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// Its width in points, rounded, at least 1.
    pub width: u32,
    /// Its height in points, rounded, at least 1.
    pub height: u32,
    /// Which page it is, from 0.
    pub page: u32,
    /// How many the document has.
    pub pages: u32,
    /// Bytes that drawing one may take for pictures that are in the document.
    pub pictures: u64,
}

impl Paper {
    /// Whether it can be what [`look`] has said of that page: one that was taken over may say anything.
    pub fn may_be(&self, page: u32) -> bool {
        let is_side = |side| (1..=SIDE).contains(&side);
        let is_page = self.page == page || self.page == 0;
        is_side(self.width) && is_side(self.height) && is_page && self.page < self.pages
    }
}

/// Whether the bytes are a document, by their signature.
pub fn is(bytes: &[u8]) -> bool {
    matches!(super::recognise(bytes), Ok(Format::Pdf))
}

/// What is said of a document whose reader has ended for want of memory.
pub fn overdone() -> Error {
    broken(
        "pixels",
        "reading it takes more memory than a document of its length and size may have",
    )
}

/// What is said of a document that is looked at for too long.
pub fn overlong() -> Error {
    broken("header", "finding its pages takes longer than it may")
}

/// What probes say, which look at no document.
pub(super) fn unprobed() -> Error {
    Error::Unsupported {
        looks_like: Some("a PDF document".into()),
    }
}

/// Bytes that [`look`] may allocate for a document of that length.
pub fn look_bytes(length: u64) -> u64 {
    length.saturating_mul(COPIES).saturating_add(LOOK)
}

/// The size of a page, from 0; of the first where there is no such page. Reads as much of the document as that takes, packed parts too.
///
/// # Errors
/// `Invalid`; `Unsupported` in a binary that reads no documents.
pub fn look(bytes: &[u8], page: u32) -> Result<Paper, Error> {
    let (width, height, page, pages) = render::size(bytes, page)?;
    let side = |side: f32| {
        let whole = whole_side(side.into(), SIDE);
        whole.ok_or_else(|| broken("header", "its page has no size that a page may have"))
    };
    Ok(Paper {
        width: side(width)?,
        height: side(height)?,
        page,
        pages,
        pictures: pictures::bytes(bytes),
    })
}

/// The header of a page of a document of that length: a pixel for each point, on white paper that programs take to have alpha.
pub fn header(paper: Paper, length: u64) -> Header {
    Header {
        format: Format::Pdf,
        width: paper.width,
        height: paper.height,
        model: Model::Rgba,
        opaque: false,
        bit_depth: 8,
        orientation: Orientation::default(),
        stated: None,
        colour: Colour::Srgb,
        progressive: false,
        deep: false,
        buffered: false,
        frames: paper.pages,
        page: paper.page,
        held: length.saturating_mul(COPIES).saturating_add(paper.pictures),
        reading: 0,
        animation: None,
        detail: "",
    }
}

/// What a header says of a page, if it is a document's of that length: what [`header`] was told.
pub fn paper(header: &Header, length: u64) -> Option<Paper> {
    (header.format == Format::Pdf).then(|| Paper {
        width: header.width,
        height: header.height,
        page: header.page,
        pages: header.frames,
        pictures: header.held.saturating_sub(length.saturating_mul(COPIES)),
    })
}

/// Peak bytes: the picture, what it is put together of, and the document.
pub(super) fn decode_bytes(header: &Header, made: Shape) -> u64 {
    made.bytes()
        .saturating_mul(LAYERS)
        .saturating_add(header.held)
        .saturating_add(LOOK + DRAW)
}

/// Prepares a rendering; the work is done when the first rows are asked for.
///
/// # Errors
/// `TooComplex`.
pub(super) fn open<'a>(
    bytes: &'a [u8],
    header: &Header,
    scale: Scale,
    checkpoint: &'a Checkpoint,
) -> Result<Box<dyn Rows + 'a>, Error> {
    let shape = super::scaled(header, scale);
    let longest = shape.width.max(shape.height);
    if longest > MADE {
        let (limit, actual) = (MADE.into(), longest.into());
        return Err(super::error::too_many("pixels along a side", limit, actual));
    }
    let view = View {
        size: (header.width, header.height),
        page: header.page,
        part: scale.part,
        shape,
    };
    Ok(whole::rows(shape, checkpoint, move || {
        render::render(bytes, view)
    }))
}

/// What is made of a page.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(
    not(feature = "pdf"),
    expect(dead_code, reason = "nothing is rendered")
)]
struct View {
    /// Its size in pixels when nothing is scaled.
    size: (u32, u32),
    /// Which it is.
    page: u32,
    /// What of it is rendered.
    part: Option<super::Part>,
    /// What that becomes.
    shape: Shape,
}

fn broken(stage: &'static str, detail: &str) -> Error {
    Error::Invalid {
        format: Format::Pdf,
        stage: stage.into(),
        detail: detail.to_owned(),
    }
}
