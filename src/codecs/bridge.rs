//! Formats that are read through the `image` crate: BMP, ICO, PNM, QOI, TGA and Radiance.
//!
//! The home of `image`. Its decoders are called directly, never by guessing, and
//! with limits of ours. Each gives its whole picture.

use image::codecs::{bmp, hdr, ico, pnm, qoi, tga};
use image::{ColorType, ImageDecoder, ImageError, Limits};

use super::light;
use super::polled::Polled;
use super::samples::nearest;
use super::{Colour, Error, Format, Header, Model, Orientation, Rows, Shape, whole};
use crate::checkpoint::{Checkpoint, Stage, Stop};

/// What a decoder may hold besides pictures: palettes, tables, a row of a tile.
const SPARE_BYTES: u64 = 1 << 20;

/// Bytes of the file between two polls: a megapixel is made of so many at most.
const PIECE: usize = 1 << 10;

/// The same of Radiance's old runs, of which four bytes may be the rest of a row.
const PIECE_OF_RUNS: usize = 16;

/// Samples made smaller between two polls.
const POLL_SAMPLES: usize = 1 << 16;

/// Where the header of a PNM has to end: its lines may be as long as they like, and are held and read byte by byte.
const START_BYTES: usize = 64 << 10;

/// The same of Radiance, whose lines are held for as long as the decoder is there.
const LINES_BYTES: usize = 4 << 10;

/// What a decoder may hold while only the header is read.
///
/// Not by the size that the header claims, which nobody has looked at yet: an allocation that fails ends the process.
const HEADER_BYTES: u64 = 64 << 20;

/// Reads the header.
pub(super) fn probe(format: Format, bytes: &[u8]) -> Result<Header, Error> {
    let start = match format {
        Format::Pnm => bytes.get(..START_BYTES).unwrap_or(bytes),
        Format::Hdr => bytes.get(..LINES_BYTES).unwrap_or(bytes),
        _ => bytes,
    };
    let decoder = decoder(format, start, None, HEADER_BYTES)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(broken(format, "header", "it has no size"));
    }
    let colour_type = decoder.color_type();
    Ok(Header {
        format,
        width,
        height,
        model: model(colour_type),
        opaque: false,
        bit_depth: sample_bytes(colour_type) * 8,
        orientation: Orientation::default(),
        stated: None,
        // No decoder here tells of a profile.
        colour: Colour::Srgb,
        progressive: false,
        deep: false,
        buffered: false,
        frames: 1,
        page: 0,
        held: 0,
        reading: 0,
        animation: None,
        detail: "",
    })
}

/// Peak bytes: the picture as it is stored, and then as 8 bit; and what the decoder holds besides.
pub(super) fn decode_bytes(header: &Header) -> u64 {
    let pixels = u64::from(header.width) * u64::from(header.height);
    let samples = pixels * u64::from(header.model.channels());
    let deep = u64::from(header.bit_depth / 8);
    let converted = if deep > 1 {
        samples * (deep + 1)
    } else {
        samples
    };
    let besides = match header.format {
        // Indices and 15 bits, which become more.
        Format::Tga => pixels * 2,
        // A row.
        Format::Hdr => u64::from(header.width) * 4,
        _ => 0,
    };
    converted + besides + SPARE_BYTES
}

/// Prepares a decode; the work is done when the first rows are asked for.
pub(super) fn open<'a>(
    bytes: &'a [u8],
    header: &Header,
    checkpoint: &'a Checkpoint,
) -> Box<dyn Rows + 'a> {
    let format = header.format;
    let shape = header.shape();
    whole::rows(shape, checkpoint, move || {
        picture(format, bytes, shape, checkpoint)
    })
}

/// All samples of the picture.
pub(super) fn picture(
    format: Format,
    bytes: &[u8],
    shape: Shape,
    checkpoint: &Checkpoint,
) -> Result<Vec<u8>, Error> {
    let picture = pixels(format, bytes, shape, checkpoint);
    // A file that can't be read any more looks broken.
    checkpoint.check(Stage::Decode)?;
    picture
}

fn pixels(
    format: Format,
    bytes: &[u8],
    shape: Shape,
    checkpoint: &Checkpoint,
) -> Result<Vec<u8>, Error> {
    let room = shape.bytes().saturating_add(SPARE_BYTES);
    let decoder = decoder(format, bytes, Some(checkpoint), room)?;
    let colour = decoder.color_type();
    let size = usize::try_from(decoder.total_bytes()).unwrap_or(usize::MAX);
    if decoder.dimensions() != (shape.width, shape.height)
        || model(colour) != shape.model
        || size as u64 != shape.bytes() * u64::from(sample_bytes(colour))
    {
        return Err(broken(
            format,
            "pixels",
            "its picture has another size than its header",
        ));
    }
    let mut samples = vec![0; size];
    decoder
        .read_image_boxed(&mut samples)
        .map_err(|error| told(format, "pixels", &error))?;
    Ok(match sample_bytes(colour) {
        1 if format == Format::Tga => {
            announced(bytes, &mut samples, shape.model);
            samples
        }
        1 => samples,
        4 => light::shown(&samples, checkpoint)?,
        _ => narrowed(&samples, checkpoint)?,
    })
}

/// Bits of alpha, which a TGA says in its header's last byte.
const ALPHA_BITS: u8 = 0x0f;

/// Makes a picture opaque that doesn't say that it has alpha, and has none but 0.
fn announced(file: &[u8], samples: &mut [u8], model: Model) {
    let is_said = file.get(17).is_some_and(|said| said & ALPHA_BITS != 0);
    if model != Model::Rgba || is_said {
        return;
    }
    let (pixels, _) = samples.as_chunks_mut::<4>();
    if pixels.iter().all(|[.., alpha]| *alpha == 0) {
        for [.., alpha] in pixels {
            *alpha = u8::MAX;
        }
    }
}

/// Samples of two bytes as samples of one.
fn narrowed(samples: &[u8], checkpoint: &Checkpoint) -> Result<Vec<u8>, Stop> {
    let (samples, _) = samples.as_chunks::<2>();
    let mut small = Vec::with_capacity(samples.len());
    for part in samples.chunks(POLL_SAMPLES) {
        checkpoint.check(Stage::Decode)?;
        let part = part.iter().map(|&sample| u16::from_ne_bytes(sample));
        small.extend(part.map(nearest));
    }
    Ok(small)
}

/// The decoder of that format, which may allocate so many bytes, the picture that it hands out not included.
fn decoder<'a>(
    format: Format,
    bytes: &'a [u8],
    checkpoint: Option<&'a Checkpoint>,
    limit: u64,
) -> Result<Box<dyn ImageDecoder + 'a>, Error> {
    let piece = match format {
        Format::Hdr => PIECE_OF_RUNS,
        _ => PIECE,
    };
    let reader = Polled::new(bytes, checkpoint, piece);
    let made: Result<Box<dyn ImageDecoder + 'a>, ImageError> = match format {
        Format::Bmp => bmp::BmpDecoder::new(reader).map(|d| Box::new(d) as _),
        Format::Ico => ico::IcoDecoder::new(reader).map(|d| Box::new(d) as _),
        Format::Pnm => pnm::PnmDecoder::new(reader).map(|d| Box::new(d) as _),
        Format::Qoi => qoi::QoiDecoder::new(reader).map(|d| Box::new(d) as _),
        Format::Tga => tga::TgaDecoder::new(reader).map(|d| Box::new(d) as _),
        Format::Hdr => hdr::HdrDecoder::new_nonstrict(reader).map(|d| Box::new(d) as _),
        Format::Gif
        | Format::Jpeg
        | Format::Png
        | Format::WebP
        | Format::Tiff
        | Format::Svg
        | Format::Avif
        | Format::Psd
        | Format::Jxl
        | Format::Pdf
        | Format::Heic => {
            return Err(Error::Internal(format!(
                "{} has a codec of its own",
                format.name()
            )));
        }
    };
    let mut decoder = made.map_err(|error| told(format, "header", &error))?;
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(limit);
    decoder
        .set_limits(limits)
        .map_err(|error| told(format, "header", &error))?;
    Ok(decoder)
}

const GREEDY: &str = "it needs more memory than its size explains";
const UNSUPPORTED: &str = "it is of a kind that is not read here";

fn model(colour: ColorType) -> Model {
    match colour {
        ColorType::L8 | ColorType::L16 => Model::Gray,
        ColorType::La8 | ColorType::La16 => Model::GrayAlpha,
        ColorType::Rgba8 | ColorType::Rgba16 => Model::Rgba,
        _ => Model::Rgb,
    }
}

fn sample_bytes(colour: ColorType) -> u8 {
    colour.bytes_per_pixel() / colour.channel_count()
}

/// The library's words, for a client.
fn told(format: Format, stage: &'static str, error: &ImageError) -> Error {
    let detail = match error {
        ImageError::Unsupported(_) => UNSUPPORTED,
        ImageError::Limits(_) => GREEDY,
        ImageError::IoError(_) => "it is cut short",
        _ => "its data is corrupt",
    };
    broken(format, stage, detail)
}

fn broken(format: Format, stage: &'static str, detail: &str) -> Error {
    Error::Invalid {
        format,
        stage: stage.into(),
        detail: detail.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use image::{DynamicImage, ImageBuffer, Luma, Rgb};

    use super::*;

    /// The library's own way to 8 bits, which reads all at once.
    #[test]
    fn samples_become_what_the_library_makes_of_them() {
        let deep = ImageBuffer::<Luma<u16>, _>::from_raw(256, 256, (0..=u16::MAX).collect());
        let small = DynamicImage::from(deep.unwrap()).into_luma8().into_raw();
        assert!((0..=u16::MAX).map(nearest).eq(small));
    }

    /// A quarter of a megapixel in each format, of noise where that makes it longer.
    fn files() -> [(Format, Vec<u8>); 6] {
        let noise = (0_u32..512 * 512 * 3).map(|i| i.wrapping_mul(2_654_435_761).to_be_bytes()[0]);
        let noise = ImageBuffer::<Rgb<u8>, _>::from_raw(512, 512, noise.collect()).unwrap();
        let picture = DynamicImage::from(noise);
        let small = picture.crop_imm(0, 0, 256, 256);
        let icon = DynamicImage::from(small.to_rgba8());
        let light = DynamicImage::from(picture.to_rgb32f());
        [
            (Format::Bmp, image::ImageFormat::Bmp, &picture),
            (Format::Ico, image::ImageFormat::Ico, &icon),
            (Format::Pnm, image::ImageFormat::Pnm, &picture),
            (Format::Qoi, image::ImageFormat::Qoi, &picture),
            (Format::Tga, image::ImageFormat::Tga, &picture),
            (Format::Hdr, image::ImageFormat::Hdr, &light),
        ]
        .map(|(format, name, picture)| {
            let mut file = std::io::Cursor::new(Vec::new());
            picture.write_to(&mut file, name).unwrap();
            (format, file.into_inner())
        })
    }

    /// Every format is read piece by piece: a stop in the middle is seen there, and isn't taken for a broken file.
    #[test]
    fn a_stop_in_the_middle_of_the_file_ends_the_decode() {
        for (format, file) in files() {
            let header = probe(format, &file).unwrap();
            let decode = |stop_at: u32| {
                let polls = std::sync::Arc::new(AtomicU32::new(0));
                let count = std::sync::Arc::clone(&polls);
                let checkpoint = Checkpoint::observed(move |_| {
                    (count.fetch_add(1, Ordering::Relaxed) == stop_at).then_some(Stop::Cancelled)
                });
                let mut band = crate::codecs::Band::new(Shape {
                    width: 1,
                    height: 1,
                    model: header.model,
                });
                let got = open(&file, &header, &checkpoint).next(&mut band, 16);
                (got, polls.load(Ordering::Relaxed))
            };
            let (whole, polls) = decode(u32::MAX);
            assert_eq!(whole, Ok(true), "{format:?}");
            let pieces = u32::try_from(file.len() / PIECE).unwrap();
            assert!(polls > pieces / 2, "{format:?}: {polls} of {pieces}");
            let (stopped, polls) = decode(pieces / 4);
            let expected = Err(Error::Stopped(Stop::Cancelled));
            assert_eq!(stopped, expected, "{format:?}");
            // The one that says so, and those that ask why.
            assert!(polls <= pieces / 4 + 5, "{format:?}: {polls}");
        }
    }
}
