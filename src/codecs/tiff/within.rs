//! Strips and tiles that are pictures of their own: JPEG, without what all of them share, and WebP.
//!
//! Each is decoded as a whole. Luma and chroma of JPEG stay in planes, as that codec hands them out.

use std::borrow::Cow;

use super::broken;
use super::colours::Colours;
use super::kinds::{Meaning, Packing};
use super::layout::Layout;
use super::unpack::{Unpack, stored};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::bytes::Reader;
use crate::codecs::header::PROFILE_BYTES;
use crate::codecs::{Band, Error, Header, Model, Scale, Shape, jpeg, webp};

/// Rows that are asked for at a time.
const ROWS: u32 = 64;

/// Bytes of a strip of JPEG that are looked at for its header: tables and no profile.
const START_BYTES: usize = 64 << 10;

/// The header of the first strip or tile, which the others have to be like.
pub(super) fn first(layout: &Layout<'_>) -> Result<Header, Error> {
    let data = layout.packed(0, 0, 0);
    let data = data.ok_or_else(|| broken("header", "it is cut short"))?;
    // No more of it than a header may have: nothing has been granted yet.
    let start = data
        .get(..START_BYTES)
        .filter(|_| layout.packing == Packing::Jpeg);
    let file = file(layout, start.unwrap_or(data))?;
    probe(layout.packing, &file).map_err(|error| ours(error, "header"))
}

/// Peak bytes of decoding one, in addition to the picture: that of the strip or tile itself, and its file put together.
pub(super) fn held_bytes(layout: &Layout<'_>, first: &Header) -> u64 {
    let decoder = decoder_bytes(layout, first);
    let (width, height) = layout.chunk;
    let picture = first.model.bytes(width, height).max(
        // What is converted from planes.
        u64::from(width) * u64::from(height) * u64::from(layout.samples / layout.planes()),
    );
    decoder + 2 * picture + layout.longest() + layout.tables.len() as u64
}

/// Peak bytes of the decoder of each.
fn decoder_bytes(layout: &Layout<'_>, first: &Header) -> u64 {
    if layout.packing != Packing::WebP {
        return jpeg::decode_bytes(first);
    }
    // They may be of either kind, with alpha or without, and each may have a profile.
    let (width, height) = layout.chunk;
    let dearest = Header {
        width,
        height,
        model: Model::Rgba,
        detail: "lossless",
        ..first.clone()
    };
    webp::decode_bytes(&dearest) + 2 * PROFILE_BYTES as u64
}

/// One as rows of interleaved samples of 8 bit, as many a pixel as the layout says.
pub(super) fn rows<'a>(
    layout: &Layout<'_>,
    data: &[u8],
    row: u32,
    checkpoint: &Checkpoint,
) -> Result<Box<dyn Unpack + 'a>, Error> {
    let band = picture(layout, data, row, checkpoint)?;
    let together = u32::from(layout.samples / layout.planes());
    let rgb = match (band.model, together) {
        (model, channels) if model.planes() == 1 && model.channels() == channels => band.planes,
        // Planes of WebP, to which what is opaque needs not say so.
        (_, 3 | 4) if layout.packing == Packing::WebP => {
            return Ok(stored(interleave(&band, together, checkpoint)?));
        }
        _ => {
            return Err(broken(
                "pixels",
                "a strip or tile has other samples than the picture",
            ));
        }
    };
    let samples = rgb.into_iter().next().unwrap_or_default().samples;
    Ok(stored(samples))
}

/// RGB, and a full alpha where four samples are wanted, of planes, of RGB or of RGBA.
fn interleave(band: &Band, channels: u32, checkpoint: &Checkpoint) -> Result<Vec<u8>, Error> {
    let colours = Colours::usual();
    let Shape {
        width,
        height,
        model,
    } = band.shape();
    let mut samples = Vec::with_capacity(width as usize * height as usize * channels as usize);
    let (across, down) = model.factors(1);
    for y in 0..height as usize {
        checkpoint.check(Stage::Decode)?;
        let row = |index: usize| {
            let plane = band.planes.get(index);
            let y = if index == 0 { y } else { y / usize::from(down) };
            plane
                .and_then(|plane| plane.samples.get(y * plane.stride..))
                .unwrap_or_default()
        };
        let mut put = |colour: [u8; 3], alpha: u8| {
            samples.extend(colour);
            samples.extend((channels == 4).then_some(alpha));
        };
        match model {
            Model::YCbCr { .. } => {
                let (blue, red) = (row(1), row(2));
                for (x, &luma) in row(0).iter().take(width as usize).enumerate() {
                    let at = x / usize::from(across);
                    let chroma = |row: &[u8]| row.get(at).copied().unwrap_or(128);
                    put(colours.ycc([luma, chroma(blue), chroma(red)]), u8::MAX);
                }
            }
            Model::Rgba => {
                for &[r, g, b, a] in row(0).as_chunks().0.iter().take(width as usize) {
                    put([r, g, b], a);
                }
            }
            _ => {
                for &colour in row(0).as_chunks::<3>().0.iter().take(width as usize) {
                    put(colour, u8::MAX);
                }
            }
        }
    }
    Ok(samples)
}

/// Decodes one; its height is that of the strip or tile in that row of them.
pub(super) fn picture(
    layout: &Layout<'_>,
    data: &[u8],
    row: u32,
    checkpoint: &Checkpoint,
) -> Result<Band, Error> {
    let file = file(layout, data)?;
    let header = probe(layout.packing, &file).map_err(|error| ours(error, "pixels"))?;
    let (width, height) = layout.chunk;
    // The last strip may have as many rows as the others.
    if header.width != width || header.height > height || header.height < layout.rows_of(row) {
        return Err(broken(
            "pixels",
            "a strip or tile has another size than the picture says",
        ));
    }
    // The first one is what has been reckoned with.
    let first = layout.first.as_deref();
    let like = first.is_some_and(|first| match layout.packing {
        Packing::WebP => true,
        _ => {
            header.model == first.model
                && jpeg::decode_bytes(&header) <= decoder_bytes(layout, first)
        }
    });
    if !like {
        return Err(broken(
            "pixels",
            "a strip or tile is of another kind than the first",
        ));
    }
    let shape = Shape {
        width,
        height: header.height,
        model: header.model,
    };
    let decoded = match layout.packing {
        Packing::WebP => webp::open(&file, &header, checkpoint),
        _ => jpeg::open(&file, &header, Scale::FULL, checkpoint),
    };
    let mut rows = decoded.map_err(|error| ours(error, "pixels"))?;
    let mut whole = Band::new(shape);
    let mut band = Band::new(Shape { height: 0, ..shape });
    let mut top = 0;
    while rows
        .next(&mut band, ROWS)
        .map_err(|error| ours(error, "pixels"))?
    {
        paste(&mut whole, &band, (0, top));
        top += band.shape().height;
    }
    Ok(whole)
}

/// Puts a band into a larger one, whose factors divide the place; what lies beyond is cut off.
pub(super) fn paste(whole: &mut Band, band: &Band, (left, top): (u32, u32)) {
    let model = whole.model;
    let channels = model.channels();
    for (index, (plane, from)) in whole.planes.iter_mut().zip(&band.planes).enumerate() {
        let (across, down) = model.factors(index);
        let left = (left / u32::from(across) * channels) as usize;
        let top = (top / u32::from(down)) as usize;
        let stride = plane.stride.max(1);
        let places = plane.samples.chunks_exact_mut(stride).skip(top);
        for (place, row) in places.zip(from.rows(channels)) {
            let place = place.get_mut(left..).unwrap_or_default();
            let count = place.len().min(row.len());
            if let Some((place, row)) = place.get_mut(..count).zip(row.get(..count)) {
                place.copy_from_slice(row);
            }
        }
    }
}

fn probe(packing: Packing, file: &[u8]) -> Result<Header, Error> {
    match packing {
        Packing::WebP => webp::probe(file),
        _ => jpeg::probe(file),
    }
}

/// What is wrong with a picture inside is wrong with the whole.
fn ours(error: Error, stage: &'static str) -> Error {
    match error {
        Error::Invalid { detail, .. } => broken(stage, &detail),
        other => other,
    }
}

/// The file of a strip or tile, put together where that is needed.
fn file<'a>(layout: &Layout<'_>, data: &'a [u8]) -> Result<Cow<'a, [u8]>, Error> {
    if layout.packing == Packing::WebP {
        return Ok(Cow::Borrowed(data));
    }
    let mut file = Vec::with_capacity(layout.tables.len() + data.len() + 32);
    file.extend([0xff, 0xd8]);
    if layout.samples / layout.planes() == 3 {
        // What the colours are, the directory says, and no segment in a strip.
        let transform = u8::from(matches!(layout.meaning, Meaning::Ycc { .. }));
        file.extend(b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00");
        file.push(transform);
    }
    append(&mut file, layout.tables);
    let scan = append(&mut file, data);
    file.extend(scan.ok_or_else(|| broken("pixels", "a strip or tile is no JPEG"))?);
    Ok(Cow::Owned(file))
}

/// Appends the segments before the first scan but for those of applications, and gives what follows.
fn append<'a>(file: &mut Vec<u8>, data: &'a [u8]) -> Option<&'a [u8]> {
    const SOS: u8 = 0xda;
    let mut reader = Reader::new(data);
    if reader.take(2)? != b"\xff\xd8" {
        return None;
    }
    loop {
        let rest = reader.rest();
        let [0xff, marker, high, low, ..] = *rest else {
            return None;
        };
        match marker {
            // Any number of these may stand before a marker.
            0xff => {
                reader.u8()?;
                continue;
            }
            SOS => return Some(rest),
            _ => {}
        }
        let segment = reader.take(2 + usize::from(u16::from_be_bytes([high, low])))?;
        if !matches!(marker, 0xe0..=0xef | 0xfe) {
            file.extend_from_slice(segment);
        }
    }
}
