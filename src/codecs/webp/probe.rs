//! The header of a WebP file: a walk over its RIFF chunks.

use super::planes;
use crate::codecs::animation::{Animation, Area, Disposal};
use crate::codecs::bytes::Reader;
use crate::codecs::{Colour, Error, Format, Header, Model, exif};

const ALPHA: u8 = 0x10;
const ANIMATION: u8 = 0x02;

/// Reads the header.
pub(in crate::codecs) fn probe(bytes: &[u8]) -> Result<Header, Error> {
    let mut reader = Reader::new(bytes);
    let (Some(b"RIFF"), Some(size), Some(b"WEBP")) =
        (reader.take(4), reader.u32_le(), reader.take(4))
    else {
        return Err(broken("it doesn't begin like one"));
    };
    // The size counts what follows it; more in the file is ignored, less is a cut.
    let inside = usize::try_from(size)
        .unwrap_or(usize::MAX)
        .saturating_sub(4);
    if inside > reader.rest().len() {
        return Err(broken("it is cut short"));
    }
    let mut facts = Facts::default();
    let mut chunks = Reader::new(reader.take(inside).unwrap_or_default());
    while let (Some(kind), Some(length)) = (chunks.array::<4>(), chunks.u32_le()) {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let Some(content) = chunks.take(length) else {
            return Err(broken("a chunk is longer than the file"));
        };
        // Chunks are padded to an even length; the last one's padding may be missing.
        if length % 2 == 1 {
            let _padding = chunks.u8();
        }
        facts.take(kind, content)?;
    }
    facts.header()
}

#[derive(Default)]
struct Facts<'a> {
    canvas: Option<(u32, u32)>,
    flags: u8,
    picture: Option<Picture>,
    frames: u32,
    plays: u32,
    duration: u64,
    drawn: u64,
    stated: Option<u16>,
    profile: Option<&'a [u8]>,
}

#[derive(Clone, Copy)]
struct Picture {
    width: u32,
    height: u32,
    alpha: bool,
    lossless: bool,
}

impl<'a> Facts<'a> {
    fn take(&mut self, kind: [u8; 4], content: &'a [u8]) -> Result<(), Error> {
        match &kind {
            b"VP8X" => {
                let mut reader = Reader::new(content);
                let (Some([flags, ..]), Some(width), Some(height)) =
                    (reader.array::<4>(), u24(&mut reader), u24(&mut reader))
                else {
                    return Err(broken("its header is too short"));
                };
                self.flags = flags;
                self.canvas = Some((width + 1, height + 1));
            }
            b"VP8 " if self.picture.is_none() => self.picture = Some(lossy(content)?),
            b"VP8L" if self.picture.is_none() => self.picture = Some(lossless(content)?),
            b"ANIM" => {
                let plays = content.get(4..6).and_then(|plays| plays.first_chunk());
                self.plays = plays.map_or(1, |plays| u32::from(u16::from_le_bytes(*plays)));
            }
            b"ANMF" => {
                let Some(stored) = Stored::read(content) else {
                    return Err(broken("a frame has no header"));
                };
                self.frames += 1;
                self.duration += u64::from(stored.milliseconds);
                self.drawn += u64::from(stored.area.width) * u64::from(stored.area.height);
            }
            b"EXIF" => self.stated = exif::stated(content),
            b"ICCP" => self.profile = Some(content),
            _ => {}
        }
        Ok(())
    }

    fn header(self) -> Result<Header, Error> {
        let animated = self.flags & ANIMATION != 0;
        let picture = match (self.picture, self.canvas) {
            _ if animated && self.frames == 0 => return Err(broken("it has no frame")),
            (_, Some((width, height))) if animated => Picture {
                width,
                height,
                alpha: true,
                lossless: false,
            },
            (Some(picture), Some(canvas)) => {
                if (picture.width, picture.height) != canvas {
                    return Err(broken("its canvas and its picture differ in size"));
                }
                Picture {
                    alpha: picture.alpha || self.flags & ALPHA != 0,
                    ..picture
                }
            }
            (Some(picture), None) => picture,
            (None, _) => return Err(broken("it has no picture")),
        };
        let model = match picture {
            Picture { alpha: true, .. } => Model::Rgba,
            Picture { lossless: true, .. } => Model::Rgb,
            Picture { .. } => planes::MODEL,
        };
        Ok(Header {
            format: Format::WebP,
            width: picture.width,
            height: picture.height,
            model,
            opaque: false,
            bit_depth: 8,
            orientation: exif::turn(self.stated),
            stated: self.stated,
            colour: self.profile.map_or(Colour::Srgb, Colour::embedded),
            progressive: false,
            deep: false,
            buffered: false,
            frames: self.frames.max(1),
            page: 0,
            animation: (animated && self.frames > 1).then_some(Animation {
                plays: self.plays,
                duration: self.duration,
                drawn: self.drawn,
            }),
            held: 0,
            reading: 0,
            detail: match (animated, picture.lossless) {
                (true, _) => "animated",
                (false, true) => "lossless",
                (false, false) => "lossy",
            },
        })
    }
}

/// A frame as it is stored.
pub(super) struct Stored<'a> {
    pub(super) area: Area,
    pub(super) milliseconds: u32,
    pub(super) disposal: Disposal,
    /// Whether what is below shows through.
    pub(super) blends: bool,
    /// Its chunks, as a file without RIFF's head.
    pub(super) file: &'a [u8],
}

impl<'a> Stored<'a> {
    fn read(content: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(content);
        // Places are halved, sizes are less one.
        let mut next = || u24(&mut reader);
        let (left, top, width, height) = (next()?, next()?, next()?, next()?);
        let milliseconds = next()?;
        let flags = reader.u8()?;
        Some(Self {
            area: Area {
                left: left * 2,
                top: top * 2,
                width: width + 1,
                height: height + 1,
            },
            milliseconds,
            disposal: if flags & 1 == 1 {
                Disposal::Clear
            } else {
                Disposal::Keep
            },
            blends: flags & 2 == 0,
            file: reader.rest(),
        })
    }
}

/// A walk from frame to frame of an animation whose header was read.
pub(super) struct Walk<'a>(Reader<'a>);

impl<'a> Walk<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(Reader::new(bytes.get(12..).unwrap_or_default()))
    }

    /// The next frame; `None` where there is none any more.
    pub(super) fn next(&mut self) -> Option<Stored<'a>> {
        loop {
            let (kind, length) = (self.0.array::<4>()?, self.0.u32_le()?);
            let length = usize::try_from(length).ok()?;
            let content = self.0.take(length)?;
            if length % 2 == 1 {
                let _padding = self.0.u8();
            }
            if &kind == b"ANMF" {
                return Stored::read(content);
            }
        }
    }
}

fn u24(reader: &mut Reader<'_>) -> Option<u32> {
    reader
        .array::<3>()
        .map(|[a, b, c]| u32::from_le_bytes([a, b, c, 0]))
}

/// A VP8 key frame's header (RFC 6386, 9.1).
fn lossy(content: &[u8]) -> Result<Picture, Error> {
    let [_, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1, ..] = *content else {
        return Err(broken("its picture has no key frame"));
    };
    // The upper two bits are a hint for display.
    let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
    let picture = Picture {
        width: side(w0, w1),
        height: side(h0, h1),
        alpha: false,
        lossless: false,
    };
    if picture.width == 0 || picture.height == 0 {
        return Err(broken("its picture has no size"));
    }
    Ok(picture)
}

/// A VP8L header: 14 bits for each side less one, then whether there is alpha.
fn lossless(content: &[u8]) -> Result<Picture, Error> {
    let [0x2f, a, b, c, d, ..] = *content else {
        return Err(broken("its lossless picture has no header"));
    };
    let bits = u32::from_le_bytes([a, b, c, d]);
    Ok(Picture {
        width: (bits & 0x3fff) + 1,
        height: ((bits >> 14) & 0x3fff) + 1,
        alpha: bits >> 28 & 1 == 1,
        lossless: true,
    })
}

fn broken(detail: &str) -> Error {
    Error::Invalid {
        format: Format::WebP,
        stage: "header".into(),
        detail: detail.to_owned(),
    }
}
