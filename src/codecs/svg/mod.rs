//! SVG: drawings, rendered at the size of the answer.
//!
//! The home of `resvg`, which parses and renders. It has no limits and no way to be stopped, so all is counted
//! before: bytes and tags (`scan`), what elements become once each reference is followed (`survey`), what
//! pixels will cost (`bill`). Nothing outside the file is ever read: no font but ours, no picture, no style sheet.
//! Pictures in it (`embedded`) are decoded by our own decoders, in the size that they are shown in (`shown`).

mod bill;
mod counts;
mod data;
mod doctype;
mod draw;
mod embedded;
mod head;
mod layers;
mod packed;
mod render;
mod scan;
mod shown;
mod styles;
mod survey;
mod weights;

use std::borrow::Cow;

use self::counts::Counts;
use self::draw::View;
pub(super) use self::head::starts;
use self::render::Drawing;
pub use self::shown::Painter;
use super::error::too_many;
use super::header;
use super::{Error, Format, Header, Model, Orientation, Rows, Scale, Shape, whole};
use crate::checkpoint::{Checkpoint, Stage};

/// Bytes of a file, at most: of its text, and with what is embedded in it.
const BYTES: usize = 4 << 20;
const BYTES_WITH_DATA: usize = 16 << 20;

/// Most pixels along a side that a drawing may say.
const SIDE: u32 = 10_000_000;

/// Reads the size, and counts what is in the file. Nothing is parsed or laid out: that is for where the work is done.
///
/// # Errors
/// `Invalid` or `TooComplex`.
pub(super) fn probe(bytes: &[u8]) -> Result<Header, Error> {
    let text = unpacked(bytes)?;
    let (counts, found) = scan::scan(&text)?;
    let embedded = embedded::Count::new(&text, &found)?;
    let mut header = stated(&text, &counts)?;
    header.held = header.held.saturating_add(embedded.bytes());
    header.reading = embedded.reading;
    if packed::is_packed(bytes) {
        let length = text.len() as u64;
        header.held = header.held.saturating_add(length);
        header.reading = header.reading.saturating_add(packed::NANOSECONDS * length);
    }
    header.detail = match (counts.layered() || embedded.drawings, embedded.any) {
        (false, false) => "",
        (true, false) => LAYERED,
        (false, true) => PICTURES,
        (true, true) => LAYERED_PICTURES,
    };
    Ok(header)
}

/// What was recognised as a drawing can be unpacked.
fn unpacked(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
    packed::text(bytes).ok_or_else(|| broken("header", "its gzip is broken"))
}

/// The same of a drawing whose pictures aren't looked at.
fn alone(bytes: &[u8]) -> Result<Header, Error> {
    let (counts, _) = scan::scan(bytes)?;
    stated(bytes, &counts)
}

fn stated(bytes: &[u8], counts: &Counts) -> Result<Header, Error> {
    let unsized_one = "it states neither width and height nor a viewBox, of which it needs one";
    let (width, height) = head::size(bytes)?.ok_or_else(|| broken("header", unsized_one))?;
    let side =
        |side| header::whole_side(side, SIDE).ok_or_else(|| broken("header", "it has no size"));
    Ok(Header {
        format: Format::Svg,
        width: side(width)?,
        height: side(height)?,
        model: Model::Rgba,
        opaque: false,
        bit_depth: 8,
        orientation: Orientation::default(),
        stated: None,
        colour: super::Colour::Srgb,
        progressive: false,
        deep: false,
        buffered: false,
        frames: 1,
        page: 0,
        held: counts.bytes(),
        reading: 0,
        animation: None,
        detail: if counts.layered() { LAYERED } else { "" },
    })
}

/// Peak bytes: the picture, the layers that its parts are put together in, the pictures in it, and the document.
pub(super) fn decode_bytes(header: &Header, made: Shape) -> u64 {
    made.bytes()
        .saturating_add(layer_bytes(header.detail, made))
        .saturating_add(picture_pixels(header.detail, made).saturating_mul(PICTURE))
        .saturating_add(header.held)
}

/// The header's `detail` where parts of the drawing are put together by themselves first, and where there are pictures in it.
const LAYERED: &str = "layered";
const PICTURES: &str = "pictures";
const LAYERED_PICTURES: &str = "layered, pictures";

/// Bytes that layers beside a picture of that size may have: several times its own, up to where that would be much. A drawing
/// in it may have as many as one of all pixels that pictures may have.
fn layer_bytes(detail: &str, made: Shape) -> u64 {
    let own = made.bytes().max(4 * picture_pixels(detail, made));
    if detail.starts_with(LAYERED) {
        (12 * own).clamp(LEAST_LAYERS, MANY_LAYERS).max(2 * own)
    } else {
        0
    }
}

const LEAST_LAYERS: u64 = 4 << 20;
const MANY_LAYERS: u64 = 256 << 20;

/// Pixels that the pictures in a drawing may have together, once they are made as small as they are shown.
fn picture_pixels(detail: &str, made: Shape) -> u64 {
    if detail.ends_with(PICTURES) {
        2 * u64::from(made.width) * u64::from(made.height) + SPARE_PIXELS
    } else {
        0
    }
}

const SPARE_PIXELS: u64 = 1 << 18;

/// Bytes of each of them: as a file that isn't compressed, and as pixels while one is made, or drawn.
const PICTURE: u64 = 16;

/// Prepares a rendering; the work is done when the first rows are asked for. Pictures in it are made by `painter`, and left out without.
pub(super) fn open<'a>(
    bytes: &'a [u8],
    header: &Header,
    scale: Scale,
    painter: Option<&'a dyn Painter>,
    checkpoint: &'a Checkpoint,
) -> Box<dyn Rows + 'a> {
    let shape = super::scaled(header, scale);
    let view = View {
        size: (header.width, header.height),
        part: scale.part,
        shape,
    };
    let layers = layer_bytes(header.detail, shape);
    let pictures = picture_pixels(header.detail, shape);
    whole::rows(shape, checkpoint, move || {
        let text = unpacked(bytes)?;
        checkpoint.check(Stage::Decode)?;
        let drawing = Drawing {
            bytes: &text,
            view,
            layers,
            pictures,
        };
        drawing.render(painter, &mut 0.0, checkpoint)
    })
}

fn broken(stage: &'static str, detail: &str) -> Error {
    Error::Invalid {
        format: Format::Svg,
        stage: stage.into(),
        detail: detail.to_owned(),
    }
}

#[cfg(test)]
mod bill_tests;
#[cfg(test)]
mod head_tests;
#[cfg(test)]
mod shown_tests;
#[cfg(test)]
mod survey_tests;
#[cfg(test)]
mod tests;
