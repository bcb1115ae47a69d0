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
    /// Before the blocks of the last profile.
    profile: Option<Reader<'a>>,
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
            profile: None,
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
        self.skip()?;
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
        match (label, self.block()?) {
            (_, None) => return Ok(()),
            (Some(0xf9), Some(&[flags, low, high, number, ..])) => {
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
            (Some(0xff), Some(b"NETSCAPE2.0" | b"ANIMEXTS1.0")) => {
                while let Some(block) = self.block()? {
                    if let [1, low, high, ..] = *block {
                        self.repeats = Some(u16::from_le_bytes([low, high]));
                    }
                }
                return Ok(());
            }
            (Some(0xff), Some(b"ICCRGBG1012")) => self.profile = Some(self.reader.clone()),
            _ => {}
        }
        self.skip()
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
    fn skip(&mut self) -> Result<(), Error> {
        while self.block()?.is_some() {}
        Ok(())
    }

    /// The next of several blocks of data, which is counted; `None` behind the last.
    fn block(&mut self) -> Result<Option<&'a [u8]>, Error> {
        // What holds none is one, too.
        self.count()?;
        Ok(block(&mut self.reader))
    }

    /// The profile, if there is one; of its blocks only what is gathered takes memory, and that once.
    fn colour(&self) -> Colour {
        let blocks = || {
            let mut reader = self.profile.clone();
            std::iter::from_fn(move || block(reader.as_mut()?))
        };
        let length: usize = blocks().map(<[u8]>::len).sum();
        if length == 0 || length > PROFILE_BYTES {
            return Colour::Srgb;
        }
        let mut profile = Vec::with_capacity(length);
        blocks().for_each(|block| profile.extend_from_slice(block));
        Colour::embedded(&profile)
    }
}

/// A block of data; `None` where none follows, and to the end where it is cut short.
fn block<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let length = reader.u8().filter(|&length| length > 0)?;
    let block = reader.take(usize::from(length));
    if block.is_none() {
        *reader = Reader::new(&[]);
    }
    block
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
        colour: walk.colour(),
        progressive: false,
        deep: false,
        buffered: false,
        frames,
        page: 0,
        animation: (frames > 1).then_some(animation),
        held: 0,
        reading: 0,
        detail: "",
    })
}
