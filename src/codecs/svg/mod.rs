//! SVG: drawings, rendered at the size of the answer.
//!
//! The home of `resvg`, which parses and renders. It has no limits and no way to be stopped, so all is counted
//! before: bytes and tags (`scan`), what elements become once each reference is followed (`survey`), what
//! pixels will cost (`bill`). Nothing outside the file is ever read: no font but ours, no picture, no style sheet.

mod bill;
mod doctype;
mod draw;
mod head;
mod layers;
mod scan;
mod styles;
mod survey;
mod weights;

use resvg::usvg::{self, Options, Tree, roxmltree};

use self::draw::View;
pub(super) use self::head::starts;
use self::scan::Counts;
use super::error::too_many;
use super::header;
use super::{Error, Format, Header, Model, Orientation, Rows, Scale, Shape, whole};
use crate::checkpoint::{Checkpoint, Stage};
use crate::typeface;

/// Bytes of a file, at most.
const BYTES: usize = 4 << 20;

/// Most pixels along a side that a drawing may say.
const SIDE: u32 = 10_000_000;

/// Reads the size, and counts what is in the file. Nothing is parsed or laid out: that is for where the work is done.
///
/// # Errors
/// `Invalid` or `TooComplex`.
pub(super) fn probe(bytes: &[u8]) -> Result<Header, Error> {
    let counts = scan::scan(bytes)?;
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
        animation: None,
        detail: if counts.layered() { LAYERED } else { "" },
    })
}

/// Peak bytes: the picture, the layers that its parts are put together in, and the document.
pub(super) fn decode_bytes(header: &Header, made: Shape) -> u64 {
    made.bytes()
        .saturating_add(layer_bytes(header.detail, made))
        .saturating_add(header.held)
}

/// The header's `detail` where parts of the drawing are put together by themselves first.
const LAYERED: &str = "layered";

/// Bytes that layers beside a picture of that size may have: several times its own, up to where that would be much.
fn layer_bytes(detail: &str, made: Shape) -> u64 {
    let own = made.bytes();
    if detail == LAYERED {
        (12 * own).clamp(LEAST_LAYERS, MANY_LAYERS).max(2 * own)
    } else {
        0
    }
}

const LEAST_LAYERS: u64 = 4 << 20;
const MANY_LAYERS: u64 = 256 << 20;

/// Prepares a rendering; the work is done when the first rows are asked for.
pub(super) fn open<'a>(
    bytes: &'a [u8],
    header: &Header,
    scale: Scale,
    checkpoint: &'a Checkpoint,
) -> Box<dyn Rows + 'a> {
    let shape = super::scaled(header, scale);
    let size = (header.width, header.height);
    let layers = layer_bytes(header.detail, shape);
    whole::rows(shape, checkpoint, move || {
        let counts = scan::scan(bytes)?;
        checkpoint.check(Stage::Decode)?;
        let tree = tree(bytes, &counts, checkpoint)?;
        check_size(&tree, size)?;
        checkpoint.check(Stage::Decode)?;
        let view = View {
            size,
            part: scale.part,
            shape,
            layers,
        };
        draw::draw(&tree, view, checkpoint)
    })
}

/// The drawing as it will be rendered: references followed, styles applied, texts made outlines.
fn tree(bytes: &[u8], counts: &Counts, checkpoint: &Checkpoint) -> Result<Tree, Error> {
    let text =
        std::str::from_utf8(bytes).map_err(|_ignored| broken("pixels", "it isn't in UTF-8"))?;
    let parsing = roxmltree::ParsingOptions {
        allow_dtd: true,
        nodes_limit: counts.nodes(),
        ..roxmltree::ParsingOptions::default()
    };
    let document = roxmltree::Document::parse_with_options(text, parsing).map_err(|error| {
        let place = error.pos();
        let (line, column) = (place.row, place.col);
        broken(
            "pixels",
            &format!("its markup is wrong at line {line}, column {column}"),
        )
    })?;
    checkpoint.check(Stage::Decode)?;
    survey::survey(&document, counts)?;
    checkpoint.check(Stage::Decode)?;
    Tree::from_xmltree(&document, &options()).map_err(|error| match error {
        usvg::Error::InvalidSize => broken("pixels", "it has no size"),
        _ => broken("pixels", "it is nested too deeply, or isn't a drawing"),
    })
}

/// Refuses a drawing that is read in another size than its first tag was taken to state, as by way of an entity: it would be stretched.
fn check_size(tree: &Tree, size: (u32, u32)) -> Result<(), Error> {
    let agree = |drawn: f32, told: u32| {
        (f64::from(drawn) - f64::from(told)).abs() <= 1.0 + f64::from(told) * 1e-4
    };
    if agree(tree.size().width(), size.0) && agree(tree.size().height(), size.1) {
        return Ok(());
    }
    Err(broken("pixels", "it doesn't state its size plainly"))
}

/// How to read a drawing: nothing comes from outside, and every family is the one font there is.
fn options() -> Options<'static> {
    let mut options = Options {
        font_family: typeface::FAMILY.to_owned(),
        image_href_resolver: usvg::ImageHrefResolver {
            // What is embedded would be decoded by others than ours, without our limits.
            resolve_data: Box::new(|_kind, _data, _options| None),
            resolve_string: Box::new(|_place, _options| None),
        },
        ..Options::default()
    };
    let fonts = options.fontdb_mut();
    fonts.load_font_source(usvg::fontdb::Source::Binary(std::sync::Arc::new(
        typeface::FILE,
    )));
    fonts.set_serif_family(typeface::FAMILY);
    fonts.set_sans_serif_family(typeface::FAMILY);
    fonts.set_cursive_family(typeface::FAMILY);
    fonts.set_fantasy_family(typeface::FAMILY);
    fonts.set_monospace_family(typeface::FAMILY);
    options
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
mod survey_tests;
#[cfg(test)]
mod tests;
