//! Rows of a strip or tile: unpacked, and as they are handed out.

use super::colours::{self, Colours};
use super::kinds::{Meaning, Number};
use super::layout::Layout;
use super::unpack::{self, Fault, Unpack};
use super::{broken, samples, within};
use crate::checkpoint::Checkpoint;
use crate::codecs::samples::divide;
use crate::codecs::{Error, Model};

/// What is wrong with the pixels.
pub(super) fn failed(fault: Fault, checkpoint: &Checkpoint) -> Error {
    if let Some(why) = checkpoint.stopped() {
        return Error::Stopped(why);
    }
    broken(
        "pixels",
        match fault {
            Fault::Short => "it is cut short",
            Fault::Corrupt => "its data is corrupt",
        },
    )
}

/// A strip or tile that is read row by row: what unpacks it, for each plane.
pub(super) type Chunk<'a> = Vec<Box<dyn Unpack + 'a>>;

/// Makes rows of a strip or tile, as they are handed out.
pub(super) struct Converter<'a> {
    pub(super) layout: Layout<'a>,
    model: Model,
    /// Of a sample that is handed out: 1, or 2 for all that [`Layout::is_deep`] ones have, as this machine orders them.
    pub(super) sample_bytes: usize,
    colours: Colours,
    /// A row as it is stored, and room for one.
    raw: Vec<u8>,
    spare: Vec<u8>,
    /// Its samples, and those of them that are used.
    stored: Vec<u8>,
    used: Vec<u8>,
    /// Rows that are ready, where they come several at a time.
    ready: Vec<u8>,
    ready_rows: usize,
}

impl<'a> Converter<'a> {
    pub(super) fn new(layout: Layout<'a>, model: Model, sample_bytes: usize) -> Self {
        Self {
            model,
            sample_bytes,
            colours: Colours::new(&layout),
            layout,
            raw: Vec::new(),
            spare: Vec::new(),
            stored: Vec::new(),
            used: Vec::new(),
            ready: Vec::new(),
            ready_rows: 0,
        }
    }

    /// Starts a strip or tile.
    pub(super) fn chunk(
        &mut self,
        row: u32,
        column: u32,
        checkpoint: &'a Checkpoint,
    ) -> Result<Chunk<'a>, Error> {
        self.ready_rows = 0;
        let layout = &self.layout;
        let used = layout.used();
        let planes: Vec<u8> = used
            .filter(|&sample| layout.planar || sample == 0)
            .collect();
        planes
            .into_iter()
            .map(|plane| {
                let data = layout.packed(plane, row, column);
                let data = data.ok_or_else(|| failed(Fault::Short, checkpoint))?;
                if layout.packing.is_picture() {
                    return within::rows(layout, data, row, checkpoint);
                }
                unpack::open(layout, data).map_err(|fault| failed(fault, checkpoint))
            })
            .collect()
    }

    /// The next row of a strip or tile, all of its width.
    pub(super) fn row(&mut self, chunk: &mut Chunk<'_>, row: &mut [u8]) -> Result<(), Fault> {
        if self.sample_bytes > 1 {
            return self.deep(chunk, row);
        }
        match self.layout.meaning {
            Meaning::Ycc { across, down } if across * down > 1 => {
                self.units(chunk, (across, down), row)
            }
            _ if self.is_plain() => {
                for plane in chunk {
                    plane.fill(row)?;
                }
                let channels = self.model.channels() as usize;
                samples::restore(&self.layout, channels, row, &mut self.spare);
                Ok(())
            }
            _ => {
                self.samples(chunk, row)?;
                self.finish(row);
                Ok(())
            }
        }
    }

    /// Whether what is stored is what is handed out.
    fn is_plain(&self) -> bool {
        let layout = &self.layout;
        let meant = matches!(
            layout.meaning,
            Meaning::Rgb
                | Meaning::Inks
                | Meaning::Grey {
                    white_is_zero: false
                }
        );
        meant
            && layout.bits == 8
            && layout.number == Number::Unsigned
            && !layout.planar
            && u32::from(layout.samples) == self.model.channels()
            && layout.alpha.is_none_or(|alpha| !alpha.multiplied)
    }

    /// Reads the samples that are used, as 8 bit, and makes RGB of what is something else.
    fn samples(&mut self, chunk: &mut Chunk<'_>, row: &mut [u8]) -> Result<(), Fault> {
        let layout = &self.layout;
        let width = layout.chunk.0 as usize;
        let together = usize::from(layout.samples / layout.planes());
        let count = layout.used().count();
        let converts = Colours::converts(layout);
        self.raw.resize(layout.raw_bytes(), 0);
        self.stored.resize(width * together, 0);
        self.used
            .resize(if converts { width * count } else { 0 }, 0);
        let target = if converts {
            &mut self.used[..]
        } else {
            &mut *row
        };
        for (index, plane) in chunk.iter_mut().enumerate() {
            plane.fill(&mut self.raw)?;
            samples::restore(layout, together, &mut self.raw, &mut self.spare);
            samples::narrow(layout, &self.raw, &mut self.stored);
            if layout.planar {
                let places = target.iter_mut().skip(index).step_by(count);
                for (place, &sample) in places.zip(&self.stored) {
                    *place = sample;
                }
            } else if together == count {
                target.copy_from_slice(&self.stored);
            } else {
                for (place, sample) in layout.used().enumerate() {
                    let places = target.iter_mut().skip(place).step_by(count);
                    let samples = self.stored.iter().skip(usize::from(sample));
                    for (place, &sample) in places.zip(samples.step_by(together)) {
                        *place = sample;
                    }
                }
            }
        }
        if converts {
            self.colours.convert(layout, &self.used, row);
        }
        Ok(())
    }

    /// The samples that are used, with all of their two bytes.
    fn deep(&mut self, chunk: &mut Chunk<'_>, row: &mut [u8]) -> Result<(), Fault> {
        let layout = &self.layout;
        let together = usize::from(layout.samples / layout.planes());
        let count = layout.used().count();
        self.raw.resize(layout.raw_bytes(), 0);
        let (places, _) = row.as_chunks_mut::<2>();
        for (index, plane) in chunk.iter_mut().enumerate() {
            plane.fill(&mut self.raw)?;
            samples::restore(layout, together, &mut self.raw, &mut self.spare);
            let (stored, _) = self.raw.as_chunks::<2>();
            for (place, sample) in layout.used().enumerate() {
                // Of planes each has one of the samples.
                let sample = match layout.planar {
                    true if place != index => continue,
                    true => 0,
                    false => usize::from(sample),
                };
                let places = places.iter_mut().skip(place).step_by(count);
                for (place, &bytes) in places.zip(stored.iter().skip(sample).step_by(together)) {
                    *place = samples::number(layout, bytes).to_ne_bytes();
                }
            }
        }
        Ok(())
    }

    /// Turns white, and divides by alpha, where that is to be done.
    fn finish(&self, row: &mut [u8]) {
        let layout = &self.layout;
        if layout.meaning
            == (Meaning::Grey {
                white_is_zero: true,
            })
        {
            colours::invert(row, self.model.channels() as usize);
        }
        if layout.alpha.is_some_and(|alpha| alpha.multiplied) {
            match self.model {
                Model::GrayAlpha => divide::<2, _>(row),
                _ => divide::<4, _>(row),
            }
        }
    }

    /// A row of those that share chroma, which are read together.
    fn units(
        &mut self,
        chunk: &mut Chunk<'_>,
        (across, down): (u8, u8),
        row: &mut [u8],
    ) -> Result<(), Fault> {
        let width = self.layout.chunk.0 as usize;
        if self.ready_rows == 0 {
            self.raw.resize(self.layout.raw_bytes(), 0);
            for plane in chunk {
                plane.fill(&mut self.raw)?;
            }
            self.ready.resize(width * 3 * usize::from(down), 0);
            let rows = &mut self.ready;
            self.colours.units((across, down), &self.raw, width, rows);
            self.ready_rows = usize::from(down);
        }
        let at = usize::from(down) - self.ready_rows;
        let ready = self.ready.chunks_exact(width * 3).nth(at);
        row.copy_from_slice(ready.unwrap_or_default());
        self.ready_rows -= 1;
        Ok(())
    }
}
