//! Formats that are read through the `image` crate: BMP, GIF, ICO, PNM, QOI, TIFF.
//!
//! The home of `image`. Its decoders are called directly, never by guessing, and
//! with limits of ours. Each gives its whole picture: the first frame or page.

use std::io::Cursor;

use image::codecs::{bmp, gif, ico, pnm, qoi, tiff};
use image::{ColorType, DynamicImage, ImageDecoder, ImageError, Limits};

use super::{Colour, Error, Format, Header, Model, Orientation, Rows, Shape, whole};
use crate::checkpoint::Checkpoint;

/// What a decoder may hold besides the picture: strips, tiles, palettes, tables.
const SPARE_BYTES: u64 = 64 << 20;

/// What a decoder may hold while only the header is read.
///
/// Not by the size that the header claims, which nobody has looked at yet: a TIFF of 134 bytes could ask for 137 GB
/// of tags, and an allocation that fails ends the process.
const HEADER_BYTES: u64 = 64 << 20;

/// Reads the header.
pub(super) fn probe(format: Format, bytes: &[u8]) -> Result<Header, Error> {
    let mut decoder = decoder(format, bytes, |_| HEADER_BYTES)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(broken(format, "header", "it has no size"));
    }
    let colour_type = decoder.color_type();
    let profile = decoder.icc_profile().ok().flatten();
    let orientation = decoder
        .orientation()
        .map_or(1, |orientation| u16::from(orientation.to_exif()));
    Ok(Header {
        format,
        width,
        height,
        model: model(colour_type),
        bit_depth: sample_bytes(colour_type) * 8,
        orientation: Orientation::from_exif(orientation),
        colour: profile.map_or(Colour::Srgb, |bytes| Colour::embedded(&bytes)),
        progressive: false,
        buffered: false,
        frames: 1,
        detail: "",
    })
}

/// Peak bytes: the picture as it is stored and as 8 bit, and what the decoder holds besides.
pub(super) fn decode_bytes(header: &Header) -> u64 {
    let samples =
        u64::from(header.width) * u64::from(header.height) * u64::from(header.model.channels());
    samples * (u64::from(header.bit_depth / 8) + 1) + samples + (1 << 20)
}

/// Prepares a decode; the work is done when the first rows are asked for.
pub(super) fn open<'a>(
    bytes: &'a [u8],
    header: &Header,
    checkpoint: &'a Checkpoint,
) -> Box<dyn Rows + 'a> {
    let format = header.format;
    let shape = Shape {
        width: header.width,
        height: header.height,
        model: header.model,
    };
    whole::rows(shape, checkpoint, move || pixels(format, bytes, shape))
}

fn pixels(format: Format, bytes: &[u8], shape: Shape) -> Result<Vec<u8>, Error> {
    let room = |picture: u64| picture.saturating_mul(3).saturating_add(SPARE_BYTES);
    let picture = DynamicImage::from_decoder(decoder(format, bytes, room)?)
        .map_err(|error| told(format, "pixels", &error))?;
    if (picture.width(), picture.height()) != (shape.width, shape.height) {
        return Err(broken(
            format,
            "pixels",
            "its picture has another size than its header",
        ));
    }
    Ok(match shape.model {
        Model::Gray => picture.into_luma8().into_raw(),
        Model::GrayAlpha => picture.into_luma_alpha8().into_raw(),
        Model::Rgb => picture.into_rgb8().into_raw(),
        _ => picture.into_rgba8().into_raw(),
    })
}

/// The decoder of that format, with a limit made of the picture's bytes.
fn decoder<'a>(
    format: Format,
    bytes: &'a [u8],
    limit: impl Fn(u64) -> u64,
) -> Result<Box<dyn ImageDecoder + 'a>, Error> {
    let reader = Cursor::new(bytes);
    let made: Result<Box<dyn ImageDecoder + 'a>, ImageError> = match format {
        Format::Bmp => bmp::BmpDecoder::new(reader).map(|d| Box::new(d) as _),
        Format::Gif => gif::GifDecoder::new(reader).map(|d| Box::new(d) as _),
        Format::Ico => ico::IcoDecoder::new(reader).map(|d| Box::new(d) as _),
        Format::Pnm => pnm::PnmDecoder::new(reader).map(|d| Box::new(d) as _),
        Format::Qoi => qoi::QoiDecoder::new(reader).map(|d| Box::new(d) as _),
        Format::Tiff => tiff::TiffDecoder::new(reader).map(|d| Box::new(d) as _),
        Format::Jpeg | Format::Png | Format::WebP => {
            return Err(Error::Internal(format!(
                "{} has a codec of its own",
                format.name()
            )));
        }
    };
    let mut decoder = made.map_err(|error| told(format, "header", &error))?;
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(limit(decoder.total_bytes()));
    decoder
        .set_limits(limits)
        .map_err(|error| told(format, "header", &error))?;
    Ok(decoder)
}

fn model(colour: ColorType) -> Model {
    match colour {
        ColorType::L8 | ColorType::L16 => Model::Gray,
        ColorType::La8 | ColorType::La16 => Model::GrayAlpha,
        ColorType::Rgba8 | ColorType::Rgba16 | ColorType::Rgba32F => Model::Rgba,
        _ => Model::Rgb,
    }
}

fn sample_bytes(colour: ColorType) -> u8 {
    colour.bytes_per_pixel() / colour.channel_count()
}

/// The library's words, for a client.
fn told(format: Format, stage: &'static str, error: &ImageError) -> Error {
    let detail = match error {
        ImageError::Unsupported(_) => "it is of a kind that is not read here".to_owned(),
        ImageError::Limits(_) => "it needs more memory than its size explains".to_owned(),
        ImageError::IoError(_) => "it is cut short".to_owned(),
        _ => "its data is corrupt".to_owned(),
    };
    broken(format, stage, &detail)
}

fn broken(format: Format, stage: &'static str, detail: &str) -> Error {
    Error::Invalid {
        format,
        stage: stage.into(),
        detail: detail.to_owned(),
    }
}
