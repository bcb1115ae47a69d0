//! The blocks of a GIF file (version 89a, of 1990): a walk over them that decodes nothing.

use super::broken;
use crate::codecs::animation::{Animation, Area, Disposal, FRAME_EXCESS};
use crate::codecs::bytes::Reader;
use crate::codecs::header::PROFILE_BYTES;
use crate::codecs::{Colour, Error, Format, Header, Model, Orientation};

/// Blocks of data that are stepped over, at most: of full ones, 267 megabytes.
const BLOCKS: u32 = 1 << 20;

/// What a viewer that takes a GIF for a film shows for a hundredth of a second, in milliseconds.
const HUNDREDTH: u32 = 10;

/// A frame as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Stored<'a> {
    /// Where it lies, which may be beyond the canvas.
    pub(super) area: Area,
    pub(super) interlaced: bool,
    /// Three samples for each colour; empty where there is none, for all frames or for this.
    pub(super) palette: &'a [u8],
    /// The number that leaves the canvas as it is.
    pub(super) transparent: Option<u8>,
    pub(super) disposal: Disposal,
    /// How long it is shown.
    pub(super) milliseconds: u32,
    /// The size of its codes, and blocks of them, to the end of the file.
    pub(super) data: Reader<'a>,
}

/// What is said of the frame that follows.
#[derive(Clone, Copy, Default)]
struct Control {
    transparent: Option<u8>,
    disposal: Disposal,
    milliseconds: u32,
}

/// A walk from frame to frame.
#[derive(Clone)]
pub(super) struct Walk<'a> {
    reader: Reader<'a>,
    pub(super) width: u32,
    pub(super) height: u32,
    palette: &'a [u8],
    blocks: u32,
    /// How often an animation is repeated, if the file has said so; 0 for without end.
    repeats: Option<u16>,
    profile: Vec<u8>,
}

impl<'a> Walk<'a> {
    /// Before the first frame of a file.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(bytes);
        let cut = || broken("header", "it is cut short");
        let [_, _, _, _, _, _, w0, w1, h0, h1, flags, _, _] = reader.array().ok_or_else(cut)?;
        let palette = table(&mut reader, flags).ok_or_else(cut)?;
        let side = |low, high| u32::from(u16::from_le_bytes([low, high]));
        let (width, height) = (side(w0, w1), side(h0, h1));
        if width == 0 || height == 0 {
            return Err(broken("header", "it has no size"));
        }
        Ok(Self {
            reader,
            width,
            height,
            palette,
            blocks: 0,
            repeats: None,
            profile: Vec::new(),
        })
    }

    /// The next frame; `None` at the end, which is where no block begins any more.
    pub(super) fn next(&mut self) -> Result<Option<Stored<'a>>, Error> {
        let mut control = Control::default();
        loop {
            match self.reader.u8() {
                Some(0x21) => self.extension(&mut control)?,
                Some(0x2c) => return self.frame(control).map(Some),
                _ => return Ok(None),
            }
        }
    }

    fn frame(&mut self, control: Control) -> Result<Stored<'a>, Error> {
        let cut = || broken("header", "it is cut short");
        let frame: [u8; 9] = self.reader.array().ok_or_else(cut)?;
        let [l0, l1, t0, t1, w0, w1, h0, h1, flags] = frame;
        let own = table(&mut self.reader, flags).ok_or_else(cut)?;
        let side = |low, high| u32::from(u16::from_le_bytes([low, high]));
        let area = Area {
            left: side(l0, l1),
            top: side(t0, t1),
            width: side(w0, w1),
            height: side(h0, h1),
        };
        let canvas = u64::from(self.width) * u64::from(self.height);
        if u64::from(area.width) * u64::from(area.height) > canvas + FRAME_EXCESS {
            return Err(broken("header", "a frame is much larger than its canvas"));
        }
        let data = self.reader.clone();
        let _code_size = self.reader.u8();
        self.skip(|_| ())?;
        Ok(Stored {
            area,
            interlaced: flags & 0x40 != 0,
            palette: if own.is_empty() { self.palette } else { own },
            transparent: control.transparent,
            disposal: control.disposal,
            milliseconds: control.milliseconds,
            data,
        })
    }

    fn extension(&mut self, control: &mut Control) -> Result<(), Error> {
        let label = self.reader.u8();
        let mut named = Named::Other;
        let (mut first, mut repeats) = (true, self.repeats);
        let mut profile = std::mem::take(&mut self.profile);
        let mut visit = |block: &[u8]| match (label, first) {
            (Some(0xf9), true) => {
                first = false;
                if let [flags, low, high, number, ..] = *block {
                    *control = Control {
                        transparent: (flags & 1 == 1).then_some(number),
                        disposal: match flags >> 2 & 7 {
                            2 => Disposal::Clear,
                            3 => Disposal::Restore,
                            _ => Disposal::Keep,
                        },
                        milliseconds: u32::from(u16::from_le_bytes([low, high])) * HUNDREDTH,
                    };
                }
            }
            (Some(0xff), true) => {
                first = false;
                named = match block {
                    b"NETSCAPE2.0" | b"ANIMEXTS1.0" => Named::Repeats,
                    b"ICCRGBG1012" => Named::Profile,
                    _ => Named::Other,
                };
            }
            (Some(0xff), false) => match named {
                Named::Repeats => {
                    if let [1, low, high, ..] = *block {
                        repeats = Some(u16::from_le_bytes([low, high]));
                    }
                }
                // What is longer counts as none; one byte more tells that it is.
                Named::Profile if profile.len() <= PROFILE_BYTES => {
                    profile.extend_from_slice(block);
                }
                _ => {}
            },
            _ => {}
        };
        self.skip(&mut visit)?;
        (self.repeats, self.profile) = (repeats, profile);
        Ok(())
    }

    fn count(&mut self) -> Result<(), Error> {
        self.blocks += 1;
        if self.blocks > BLOCKS {
            return Err(Error::TooComplex {
                what: "blocks".into(),
                limit: u64::from(BLOCKS),
                actual: u64::from(self.blocks),
            });
        }
        Ok(())
    }

    /// Steps over blocks of data, to their end or that of the file.
    fn skip(&mut self, mut visit: impl FnMut(&[u8])) -> Result<(), Error> {
        // What holds none is one, too.
        self.count()?;
        while let Some(length @ 1..) = self.reader.u8() {
            self.count()?;
            let Some(block) = self.reader.take(usize::from(length)) else {
                // What is cut short has no further block.
                self.reader = Reader::new(&[]);
                break;
            };
            visit(block);
        }
        Ok(())
    }
}

/// What an application's extension is for.
#[derive(Clone, Copy)]
enum Named {
    Repeats,
    Profile,
    Other,
}

/// A table of colours, where the flags say that there is one.
fn table<'a>(reader: &mut Reader<'a>, flags: u8) -> Option<&'a [u8]> {
    if flags & 0x80 == 0 {
        return Some(&[]);
    }
    reader.take(3 << ((flags & 7) + 1))
}

/// Reads the header, and counts the frames.
pub(in crate::codecs) fn probe(bytes: &[u8]) -> Result<Header, Error> {
    let mut walk = Walk::new(bytes)?;
    let (width, height) = (walk.width, walk.height);
    let mut frames = 0_u32;
    let mut opaque = true;
    let mut animation = Animation {
        plays: 1,
        duration: 0,
        drawn: 0,
    };
    while let Some(stored) = walk.next()? {
        frames += 1;
        let Area {
            width: across,
            height: down,
            ..
        } = stored.area;
        opaque &= stored.transparent.is_none() && stored.area == Area::whole(width, height);
        animation.duration += u64::from(stored.milliseconds);
        animation.drawn += u64::from(across) * u64::from(down);
    }
    if frames == 0 {
        return Err(broken("header", "it has no frame"));
    }
    animation.plays = match walk.repeats {
        None => 1,
        Some(0) => 0,
        Some(repeats) => u32::from(repeats) + 1,
    };
    let profile = (!walk.profile.is_empty()).then(|| Colour::embedded(&walk.profile));
    Ok(Header {
        format: Format::Gif,
        width,
        height,
        model: Model::Rgba,
        // One that moves, or could, has room for it: what imaginary says of it, too.
        opaque: opaque && frames == 1 && walk.repeats.is_none(),
        bit_depth: 8,
        orientation: Orientation::default(),
        stated: None,
        colour: profile.unwrap_or(Colour::Srgb),
        progressive: false,
        buffered: false,
        frames,
        animation: (frames > 1).then_some(animation),
        held: 0,
        detail: "",
    })
}
