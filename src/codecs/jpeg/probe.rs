//! The header of a JPEG file: a walk over its markers, up to the first scan.

use super::baseline;
use super::profile::Profile;
use super::segments::SOS;
pub(super) use super::segments::{Segments, count_scans, ends};
use crate::codecs::bytes::Reader;
use crate::codecs::{Error, Format, Header, Model, exif};

const APP0: u8 = 0xe0;
const APP1: u8 = 0xe1;
const APP2: u8 = 0xe2;
const APP14: u8 = 0xee;

/// What is known of a frame.
struct Frame {
    precision: u8,
    width: u16,
    height: u16,
    progressive: bool,
    components: u8,
    model: Model,
    /// Names of the components.
    ids: Vec<u8>,
    detail: &'static str,
}

/// What application segments say of the colours.
#[derive(Default)]
struct Said {
    jfif: bool,
    /// Adobe's number of the transform.
    adobe: Option<u8>,
}

impl Said {
    /// Whether three components are R, G and B: the rules of the Independent JPEG Group's library.
    fn rgb(&self, ids: &[u8]) -> bool {
        match self.adobe {
            _ if self.jfif => false,
            Some(transform) => transform == 0,
            None => ids == b"RGB",
        }
    }
}

fn adobe_transform(body: &[u8]) -> Option<u8> {
    // A version and two words of flags come first.
    body.strip_prefix(b"Adobe")?.get(6).copied()
}

/// Reads the header.
pub(in crate::codecs) fn probe(bytes: &[u8]) -> Result<Header, Error> {
    let mut frame = None;
    let mut stated = None;
    let mut profile = Profile::default();
    let mut said = Said::default();
    let mut segments = Segments::new(bytes)?;
    let scan = loop {
        let (marker, body) = segments.next()?;
        match marker {
            // Start of frame; 0xc4, 0xc8 and 0xcc are something else.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                if frame.is_some() {
                    return Err(broken("it has a second frame"));
                }
                frame = Some(read_frame(marker, body)?);
            }
            APP1 if stated.is_none() => {
                stated = body.strip_prefix(b"Exif\0\0").and_then(exif::stated);
            }
            APP0 => said.jfif |= body.starts_with(b"JFIF\0"),
            APP2 => profile.take(body),
            APP14 => said.adobe = adobe_transform(body).or(said.adobe),
            SOS => break body,
            _ => {}
        }
    };
    let frame = frame.ok_or_else(|| broken("it has no frame before its first scan"))?;
    let model = match frame.model {
        Model::YCbCr { .. } if said.rgb(&frame.ids) => Model::Rgb,
        model => model,
    };
    // A sequential file may come in several scans too.
    let progressive = frame.progressive || scan.first() != Some(&frame.components);
    let planar = matches!(model, Model::Gray | Model::YCbCr { .. });
    Ok(Header {
        format: Format::Jpeg,
        width: u32::from(frame.width),
        height: u32::from(frame.height),
        model,
        opaque: false,
        bit_depth: frame.precision,
        orientation: exif::turn(stated),
        stated,
        colour: profile.colour(),
        progressive,
        // libjpeg-turbo hands out planes of what it has read to its end.
        deep: false,
        buffered: progressive || (planar && !baseline::reads(bytes, model.planes())),
        frames: 1,
        page: 0,
        animation: None,
        held: 0,
        reading: 0,
        detail: frame.detail,
    })
}

fn read_frame(marker: u8, body: &[u8]) -> Result<Frame, Error> {
    let mut reader = Reader::new(body);
    let (Some(precision), Some(height), Some(width), Some(count)) =
        (reader.u8(), reader.u16_be(), reader.u16_be(), reader.u8())
    else {
        return Err(broken("its frame header is too short"));
    };
    if !matches!(marker, 0xc0..=0xc2 | 0xc9 | 0xca) {
        return Err(broken(
            "it is lossless or hierarchical, which is not read here",
        ));
    }
    if precision != 8 {
        return Err(broken(format!(
            "it has {precision} bits per sample; 8 are read"
        )));
    }
    if width == 0 || height == 0 {
        return Err(broken("it says nothing of its width or height"));
    }
    let mut sampling = Vec::with_capacity(4);
    let mut ids = Vec::with_capacity(4);
    for _ in 0..count {
        let Some([id, factors, _table]) = reader.array() else {
            return Err(broken("its frame header is too short"));
        };
        ids.push(id);
        sampling.push((factors >> 4, factors & 15));
    }
    let (model, detail) = match *sampling {
        [_] => (Model::Gray, "grey"),
        [y, cb, cr] => subsampling(y, cb, cr),
        [_, _, _, _] => (Model::Cmyk, "cmyk"),
        _ => {
            return Err(broken(format!(
                "it has {count} components; 1, 3 or 4 are read"
            )));
        }
    };
    Ok(Frame {
        precision,
        width,
        height,
        progressive: matches!(marker, 0xc2 | 0xca),
        components: count,
        model,
        ids,
        detail,
    })
}

/// Layout and name of three components. What can't be had as planes comes as RGB.
fn subsampling(y: (u8, u8), cb: (u8, u8), cr: (u8, u8)) -> (Model, &'static str) {
    if cb != cr || cb.0 == 0 || cb.1 == 0 || !y.0.is_multiple_of(cb.0) || !y.1.is_multiple_of(cb.1)
    {
        return (Model::Rgb, "odd sampling");
    }
    let (across, down) = (y.0 / cb.0, y.1 / cb.1);
    let name = match (across, down) {
        (1, 1) => "4:4:4",
        (2, 1) => "4:2:2",
        (2, 2) => "4:2:0",
        (1, 2) => "4:4:0",
        (4, 1) => "4:1:1",
        (4, 2) => "4:1:0",
        _ => return (Model::Rgb, "odd sampling"),
    };
    (Model::YCbCr { across, down }, name)
}

/// The library's finding, for a client. Its own words have letters and numbers out of the file.
pub(super) fn plain(message: &str) -> &'static str {
    if message.contains("Premature end") {
        "it is cut short"
    } else if message.contains("orrupt") || message.contains("Bogus") {
        "its data is corrupt"
    } else if message.contains("nsupported") || message.contains("not supported") {
        "it is of a kind that is not read here"
    } else {
        "it can't be decoded"
    }
}

pub(super) fn broken(detail: impl Into<String>) -> Error {
    Error::Invalid {
        format: Format::Jpeg,
        stage: "header".into(),
        detail: detail.into(),
    }
}
