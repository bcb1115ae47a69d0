//! The header of a JPEG file: a walk over its markers, up to the first scan.

use std::borrow::Cow;
use std::sync::Arc;

use crate::codecs::bytes::Reader;
use crate::codecs::{Colour, Error, Format, Header, Model, exif};

const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;
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
    let mut orientation = None;
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
            APP1 if orientation.is_none() => {
                orientation = body.strip_prefix(b"Exif\0\0").map(exif::orientation);
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
    Ok(Header {
        format: Format::Jpeg,
        width: u32::from(frame.width),
        height: u32::from(frame.height),
        model,
        bit_depth: frame.precision,
        orientation: orientation.unwrap_or_default(),
        colour: profile.colour(),
        // A sequential file may come in several scans too; then all of it has to be held as well.
        progressive: frame.progressive || scan.first() != Some(&frame.components),
        frames: 1,
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

/// Marker segments up to the first scan.
pub(super) struct Segments<'a>(Reader<'a>);

impl<'a> Segments<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(bytes);
        if reader.take(2) != Some(&[0xff, SOI]) {
            return Err(broken("it doesn't begin like one"));
        }
        Ok(Self(reader))
    }

    /// The file behind the segments that were read.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.0.rest()
    }

    /// The next marker and what belongs to it.
    pub(super) fn next(&mut self) -> Result<(u8, &'a [u8]), Error> {
        let cut = || broken("it ends before its first scan");
        loop {
            // Garbage between segments is skipped, as every decoder does.
            while self.0.u8().ok_or_else(cut)? != 0xff {}
            let mut marker = self.0.u8().ok_or_else(cut)?;
            // Any number of fill bytes.
            while marker == 0xff {
                marker = self.0.u8().ok_or_else(cut)?;
            }
            match marker {
                // Stuffed, temporary, restart: without a body.
                0x00 | 0x01 | 0xd0..=0xd7 => {}
                EOI => return Err(cut()),
                SOI => return Err(broken("it begins twice")),
                _ => {
                    let length = self.0.u16_be().ok_or_else(cut)?;
                    let body = usize::from(length)
                        .checked_sub(2)
                        .ok_or_else(|| broken("a segment is shorter than its own length"))?;
                    return Ok((marker, self.0.take(body).ok_or_else(cut)?));
                }
            }
        }
    }
}

/// An ICC profile, which comes in numbered pieces.
#[derive(Default)]
struct Profile<'a> {
    pieces: Vec<(u8, &'a [u8])>,
    count: u8,
}

impl<'a> Profile<'a> {
    fn take(&mut self, body: &'a [u8]) {
        let Some([number, count, data @ ..]) = body.strip_prefix(b"ICC_PROFILE\0") else {
            return;
        };
        self.count = *count;
        self.pieces.push((*number, data));
    }

    /// The joined profile; pieces that are missing or doubled make it none.
    fn colour(mut self) -> Colour {
        self.pieces.sort_by_key(|(number, _)| *number);
        let complete = self.count > 0
            && self.pieces.len() == usize::from(self.count)
            && (1..=self.count).eq(self.pieces.iter().map(|(number, _)| *number));
        if !complete {
            return Colour::Srgb;
        }
        let joined: Vec<u8> = self
            .pieces
            .iter()
            .flat_map(|(_, data)| *data)
            .copied()
            .collect();
        Colour::Icc(Arc::from(joined))
    }
}

/// Whether a file that goes on like this, behind its one scan, ends as it has to.
pub(super) fn ends(mut rest: &[u8]) -> bool {
    loop {
        match *rest {
            [0xff, EOI, ..] => return true,
            // Another scan, of a picture that is complete.
            [0xff, SOS, ..] => return false,
            [0xff, 0xc0..=0xcf | 0xdb..=0xfe, ..] => {
                let mut reader = Reader::new(rest);
                reader.skip_past(0xff);
                reader.skip_segment();
                rest = reader.rest();
            }
            [_, ref behind @ ..] => rest = behind,
            [] => return false,
        }
    }
}

/// How many scans there are: one walk over the bytes, no entropy decoding.
pub(super) fn count_scans(bytes: &[u8]) -> u32 {
    let mut scans = 0;
    let mut reader = Reader::new(bytes);
    while reader.skip_past(0xff) {
        match reader.peek() {
            Some(SOS) => {
                scans += 1;
                reader.skip_segment();
            }
            // A segment may contain anything, scans of a thumbnail too.
            Some(0xc0..=0xcf | 0xdb..=0xfe) => reader.skip_segment(),
            Some(EOI) => break,
            _ => {}
        }
    }
    scans
}

/// The library's words for what is wrong, for a client.
pub(super) fn plain(message: &str) -> Cow<'_, str> {
    if message.contains("Premature end") {
        Cow::Borrowed("it is cut short")
    } else if message.starts_with("Corrupt JPEG data") {
        Cow::Owned(message.replacen("Corrupt JPEG data", "its data is corrupt", 1))
    } else if message.is_empty() {
        Cow::Borrowed("it can't be decoded")
    } else {
        Cow::Owned(format!("the decoder says: {message}"))
    }
}

fn broken(detail: impl Into<String>) -> Error {
    Error::Invalid {
        format: Format::Jpeg,
        stage: "header",
        detail: detail.into(),
    }
}
