//! Formats: what bytes are, what is in their header, and pixels in and out.
//!
//! One row in [`FORMATS`] and one file or folder per format. Pure: bytes in,
//! pixels out, or the other way. Nothing here knows of operations, plans or HTTP;
//! nothing here calls up. The pipeline pulls rows and pushes them.

mod animation;
mod avif;
mod bmp;
mod bridge;
mod bytes;
pub mod deep;
mod encoding;
mod error;
mod exif;
mod format;
mod gif;
mod header;
mod huffman;
mod ico;
mod jpeg;
mod jxl;
mod light;
mod metadata;
mod moving;
mod palette;
pub mod pdf;
mod pixels;
mod png;
mod polled;
mod psd;
mod samples;
mod scale;
mod sniff;
mod svg;
mod tiff;
mod webp;
mod whole;

pub use self::moving::{animate, animate_bytes, frames, frames_bytes};
pub use animation::{Animation, Area, FRAME_EXCESS, Frame, FrameSink, Frames};
pub use encoding::{Encoding, Kind};
pub use error::Error;
pub use format::{FORMATS, Format, FormatRow};
pub use header::{Chromaticities, Colour, Header, Orientation};
pub use metadata::{
    Facts, Keep, Metadata, Profile, bytes as metadata_bytes, holds_profile,
    writes as writes_metadata, writes_profile,
};
pub use pixels::{Band, Model, Plane, Raster, Shape};
pub use samples::{over, rgba};
pub use scale::{Part, Scale};
pub use svg::Painter;

use crate::checkpoint::Checkpoint;

/// Rows of a picture, from top to bottom.
pub trait Rows {
    /// Size and layout of the whole picture as it will be handed out, after any scaling by the decoder.
    fn shape(&self) -> Shape;

    /// The next rows, at least one, in `band`; `false` when there are no more (`band` is then as it was).
    ///
    /// A codec that streams fills the planes that `band` brings (they keep their
    /// capacity) with about `rows` rows; one that has
    /// the whole picture moves it into `band` in one go.
    ///
    /// # Errors
    /// [`Error`], a stopped checkpoint included.
    fn next(&mut self, band: &mut Band, rows: u32) -> Result<bool, Error>;
}

/// Where an encoder takes rows, from top to bottom.
pub trait Sink {
    /// Takes some rows; the bands of all calls together are the picture.
    ///
    /// # Errors
    /// [`Error`], a stopped checkpoint included.
    fn push(&mut self, band: &Band) -> Result<(), Error>;

    /// Ends the file and hands out its bytes.
    ///
    /// # Errors
    /// [`Error`], a stopped checkpoint included.
    fn finish(self: Box<Self>) -> Result<Vec<u8>, Error>;
}

/// What the header says; decodes no pixel.
///
/// # Errors
/// `Unsupported` or `Invalid`.
pub fn probe(bytes: &[u8]) -> Result<Header, Error> {
    probe_page(bytes, 0)
}

/// What the header of a page says, counted from 0, in formats whose pages are pictures of their own; in others, and of a page
/// that isn't there, that of the first.
///
/// A document's has to be looked for, see [`pdf::look`].
///
/// # Errors
/// `Unsupported` or `Invalid`.
pub fn probe_page(bytes: &[u8], page: u32) -> Result<Header, Error> {
    match recognise(bytes)? {
        Format::Jpeg => jpeg::probe(bytes),
        Format::Png => png::probe(bytes),
        Format::WebP => webp::probe(bytes),
        Format::Gif => gif::probe(bytes),
        Format::Bmp => bmp::probe(bytes),
        Format::Ico => ico::probe(bytes),
        Format::Tiff => tiff::probe(bytes, page),
        Format::Svg => svg::probe(bytes),
        Format::Avif => avif::probe(bytes),
        Format::Heic => avif::probe_heic(bytes),
        Format::Psd => psd::probe(bytes),
        Format::Jxl => jxl::probe(bytes),
        Format::Pdf => Err(pdf::unprobed()),
        other => bridge::probe(other, bytes),
    }
}

/// The format, by its signature alone.
///
/// # Errors
/// `Unsupported`.
pub fn recognise(bytes: &[u8]) -> Result<Format, Error> {
    sniff::sniff(bytes).ok_or_else(|| Error::Unsupported {
        looks_like: sniff::looks_like(bytes).map(Into::into),
    })
}

/// The decoder's own scaling: the eighths of the full size that `open` takes for a plane of this picture, ascending, the last one 8.
pub fn scales(header: &Header) -> &'static [u8] {
    match header.format {
        Format::Jpeg => jpeg::SCALES,
        _ => &[8],
    }
}

/// Whether the picture is a drawing or a page, of which `open` makes pixels in any size: those of the scale's `part`.
pub fn draws(header: &Header) -> bool {
    matches!(header.format, Format::Svg | Format::Pdf)
}

/// What `open` will hand out at that scale, whose parts are of `scales`.
pub fn scaled(header: &Header, scale: Scale) -> Shape {
    if header.format == Format::Jpeg {
        return jpeg::scaled(header, scale);
    }
    let part = scale.part.filter(|_| draws(header));
    let (width, height) = part.map_or((header.width, header.height), |part| part.pixels);
    Shape {
        width,
        height,
        model: header.model,
    }
}

/// Peak bytes that `open` at that scale and reading all rows allocate, a whole picture that is handed over included, the caller's bands not.
pub fn decode_bytes(header: &Header, scale: Scale) -> u64 {
    match header.format {
        Format::Jpeg => jpeg::decode_bytes(header),
        Format::Png => png::decode_bytes(header),
        Format::WebP => webp::decode_bytes(header),
        Format::Gif => gif::decode_bytes(header),
        Format::Bmp => bmp::decode_bytes(header),
        Format::Ico => ico::decode_bytes(header),
        Format::Tiff => tiff::decode_bytes(header),
        Format::Svg => svg::decode_bytes(header, scaled(header, scale)),
        Format::Avif | Format::Heic => avif::decode_bytes(header),
        Format::Psd => psd::decode_bytes(header),
        Format::Jxl => jxl::decode_bytes(header),
        Format::Pdf => pdf::decode_bytes(header, scaled(header, scale)),
        _ => bridge::decode_bytes(header),
    }
}

/// Starts a decode of the whole of `bytes`, whose header `probe` has read.
///
/// # Errors
/// [`Error`].
pub fn open<'a>(
    bytes: &'a [u8],
    header: &Header,
    scale: Scale,
    checkpoint: &'a Checkpoint,
) -> Result<Box<dyn Rows + 'a>, Error> {
    match header.format {
        Format::Jpeg => jpeg::open(bytes, header, scale, checkpoint),
        Format::Png => png::open(bytes, header, checkpoint),
        Format::WebP => webp::open(bytes, header, checkpoint),
        Format::Gif => Ok(gif::open(bytes, header, checkpoint)),
        Format::Bmp => Ok(bmp::open(bytes, header, checkpoint)),
        Format::Ico => ico::open(bytes, header, checkpoint),
        Format::Tiff => tiff::open(bytes, header, checkpoint),
        Format::Svg => Ok(svg::open(bytes, header, scale, None, checkpoint)),
        Format::Avif | Format::Heic => avif::open(bytes, header, checkpoint),
        Format::Psd => psd::open(bytes, header, checkpoint),
        Format::Jxl => Ok(jxl::open(bytes, header, checkpoint)),
        Format::Pdf => pdf::open(bytes, header, scale, checkpoint),
        _ => Ok(bridge::open(bytes, header, checkpoint)),
    }
}

/// The same; the pictures in a drawing, which are left out without, are made by `painter`.
///
/// # Errors
/// [`Error`].
pub fn open_painted<'a>(
    bytes: &'a [u8],
    header: &Header,
    scale: Scale,
    painter: &'a dyn Painter,
    checkpoint: &'a Checkpoint,
) -> Result<Box<dyn Rows + 'a>, Error> {
    if header.format == Format::Svg {
        let painter = Some(painter);
        return Ok(svg::open(bytes, header, scale, painter, checkpoint));
    }
    open(bytes, header, scale, checkpoint)
}

/// Decodes a JPEG file by our own decoder and by libjpeg-turbo, at one of the pairs of scales; whether they said the same.
///
/// # Errors
/// How they differ.
#[cfg(fuzzing)]
pub fn compare_jpeg(file: &[u8], pick: u8) -> Result<bool, String> {
    jpeg::compare(file, pick)
}

/// Whether `create` takes this layout for this encoding; a picture in another has to be converted before.
pub fn accepts(encoding: Encoding, model: Model) -> bool {
    match encoding.format {
        Format::Jpeg => jpeg::accepts(model),
        Format::Png => png::accepts(model),
        Format::WebP => webp::accepts(encoding, model),
        Format::Gif => gif::accepts(model),
        Format::Tiff => tiff::accepts(model),
        Format::Avif => avif::accepts(encoding, model),
        _ => false,
    }
}

/// Peak bytes that an encode of this picture allocates, the answer included.
pub fn encode_bytes(encoding: Encoding, shape: Shape) -> u64 {
    match encoding.format {
        Format::Jpeg => jpeg::encode_bytes(encoding, shape),
        Format::WebP => webp::encode_bytes(encoding, shape),
        Format::Gif => gif::encode_bytes(shape),
        Format::Tiff => tiff::encode_bytes(shape),
        Format::Avif => avif::encode_bytes(encoding, shape),
        _ => png::encode_bytes(encoding, shape),
    }
}

/// Starts an encode of a picture of this shape, whose model the format accepts.
///
/// # Errors
/// [`Error`]; `Internal` for a format that isn't written.
pub fn create<'a>(
    encoding: Encoding,
    shape: Shape,
    checkpoint: &'a Checkpoint,
) -> Result<Box<dyn Sink + 'a>, Error> {
    // The C code is handed planes of the size that it expects.
    let planes = matches!(shape.model, Model::YCbCr { .. });
    if planes && !accepts(encoding, shape.model) {
        return Err(Error::Internal(format!(
            "{} doesn't take this layout",
            encoding.format.name()
        )));
    }
    match encoding.format {
        Format::Jpeg => Ok(jpeg::create(encoding, shape, checkpoint)),
        Format::Png => Ok(png::create(encoding, shape, checkpoint)),
        Format::WebP => Ok(webp::create(encoding, shape, checkpoint)),
        Format::Gif => Ok(gif::create(encoding, shape, checkpoint)),
        Format::Tiff => Ok(tiff::create(shape, checkpoint)),
        Format::Avif => Ok(avif::create(encoding, shape, checkpoint)),
        other => Err(Error::Internal(format!("{} is not written", other.name()))),
    }
}
