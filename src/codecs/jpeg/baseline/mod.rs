//! Baseline files: one scan, Huffman codes, 8 bit, decoded a row of units at a time into planes.
//!
//! Everything else is libjpeg-turbo's. What both read gives the same samples: the
//! same coefficients, the same integer transforms. What one refuses the other does too, but for bits that are no
//! code (here always an error, there only near a marker) and for unknown markers behind the scan (there an error).
#![expect(
    clippy::inline_always,
    reason = "without it the hot loop calls instead of computing, and without the caller's AVX2"
)]

#[cfg(target_arch = "x86_64")]
mod avx2;
mod bits;
mod block;
#[cfg(any(test, fuzzing))]
pub(in crate::codecs) mod compare;
mod huffman;
mod idct;
mod samples;
mod tables;

use self::bits::{Bits, Place};
use self::block::decode_block;
use self::samples::{Coefficients, Transform, Transforms, Unit};
use self::tables::{MAX_BLOCKS, Tables};
use super::decode::broken;
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Band, Error, Header, Plane, Rows, Scale, Shape};

/// Whether `open` takes a file whose picture has so many planes.
pub(super) fn reads(bytes: &[u8], planes: usize) -> bool {
    tables::read(bytes).is_ok_and(|tables| tables.is_some_and(|tables| tables.suit(planes)))
}

/// Starts a decode; `None` for a file of another kind.
pub(super) fn open<'a>(
    bytes: &'a [u8],
    header: &Header,
    scale: Scale,
    shape: Shape,
    checkpoint: &'a Checkpoint,
) -> Result<Option<Box<dyn Rows + 'a>>, Error> {
    start(bytes, header, scale, shape, checkpoint).map(|decoder| Some(Box::new(decoder?) as _))
}

fn start<'a>(
    bytes: &'a [u8],
    header: &Header,
    scale: Scale,
    shape: Shape,
    checkpoint: &'a Checkpoint,
) -> Result<Option<Baseline<'a>>, Error> {
    let Some(tables) = tables::read(bytes)?.filter(|t| t.suit(shape.model.planes())) else {
        return Ok(None);
    };
    let components = &tables.components;
    let across = components.iter().map(|c| c.across).max().unwrap_or(1);
    let down = components.iter().map(|c| c.down).max().unwrap_or(1);
    let units = |side: u32, blocks: usize| (side as usize).div_ceil(8 * blocks);
    Ok(Some(Baseline {
        bits: Bits::new(tables.scan),
        place: Place::default(),
        units_across: units(header.width, across),
        unit_rows: units(header.height, down),
        unit_height: 8 * down,
        shape,
        scale,
        blocks: Box::new([([0; 256], false); MAX_BLOCKS]),
        direct: [0; 4],
        until_restart: tables.restart,
        restarts: 0,
        next: 0,
        ended: false,
        tables,
        checkpoint,
    }))
}

struct Baseline<'a> {
    tables: Tables<'a>,
    bits: Bits<'a>,
    /// Where the next row of units begins.
    place: Place,
    shape: Shape,
    scale: Scale,
    units_across: usize,
    unit_rows: usize,
    /// Rows of the full-size picture in a row of units.
    unit_height: usize,
    /// Coefficients of a unit's blocks, and whether each has more than its mean.
    blocks: Box<[(Coefficients, bool); MAX_BLOCKS]>,
    /// The last direct-current coefficient of each component.
    direct: [i32; 4],
    until_restart: u32,
    restarts: u8,
    /// Rows of units that are done.
    next: usize,
    ended: bool,
    checkpoint: &'a Checkpoint,
}

impl Rows for Baseline<'_> {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn next(&mut self, band: &mut Band, rows: u32) -> Result<bool, Error> {
        if self.next == self.unit_rows {
            if !self.ended {
                self.ended = true;
                self.finish()?;
            }
            return Ok(false);
        }
        let rows_each = self.unit_height * usize::from(self.scale.eighths) / 8;
        let count = (rows as usize / rows_each.max(1)).clamp(1, self.unit_rows - self.next);
        self.prepare(band, count);
        for row in 0..count {
            self.checkpoint.check(Stage::Decode)?;
            self.unit_row(&mut band.planes, row)?;
            self.next += 1;
        }
        self.cut(band, count);
        Ok(true)
    }
}

impl Baseline<'_> {
    /// Samples along the side of a block of that component.
    fn points(&self, component: usize) -> usize {
        usize::from(self.scale.of(component))
    }

    /// Makes the planes as large as whole units are.
    fn prepare(&self, band: &mut Band, count: usize) {
        band.model = self.shape.model;
        band.planes
            .resize_with(self.tables.components.len(), Plane::default);
        for (index, (plane, component)) in band
            .planes
            .iter_mut()
            .zip(&self.tables.components)
            .enumerate()
        {
            let points = self.points(index);
            plane.stride = self.units_across * component.across * points;
            plane
                .samples
                .resize(plane.stride * component.down * points * count, 0);
        }
    }

    /// Tells how much of the planes is picture.
    fn cut(&self, band: &mut Band, count: usize) {
        let Shape {
            width,
            height,
            model,
        } = self.shape;
        for (index, (plane, component)) in band
            .planes
            .iter_mut()
            .zip(&self.tables.components)
            .enumerate()
        {
            let (width, height) = model.plane_size(index, width, height);
            let each = component.down * self.points(index);
            let before = (self.next - count) * each;
            let rows = (count * each).min((height as usize).saturating_sub(before));
            plane.width = width;
            plane.height = u32::try_from(rows).unwrap_or(u32::MAX);
        }
    }

    /// Decodes row `row` of the units that `planes` have room for.
    fn unit_row(&mut self, planes: &mut [Plane], row: usize) -> Result<(), Error> {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
        {
            #[expect(unsafe_code, reason = "the call of a measured kernel")]
            // SAFETY: the features it needs were just detected.
            return unsafe { self.unit_row_avx2(planes, row) };
        }
        let transforms = Transforms {
            whole: idct::whole,
            half: idct::half,
            quarter: idct::quarter,
        };
        self.unit_row_with(planes, row, &transforms)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt")]
    fn unit_row_avx2(&mut self, planes: &mut [Plane], row: usize) -> Result<(), Error> {
        use self::idct::Block;
        let transforms = Transforms {
            whole: |block: Block<'_>, out: &mut [u8], stride| avx2::whole(block, out, stride),
            half: |block: Block<'_>, out: &mut [u8], stride| avx2::half(block, out, stride),
            quarter: |block: Block<'_>, out: &mut [u8], stride| avx2::quarter(block, out, stride),
        };
        self.unit_row_with(planes, row, &transforms)
    }

    #[inline(always)]
    fn unit_row_with(
        &mut self,
        planes: &mut [Plane],
        row: usize,
        transforms: &Transforms<impl Transform, impl Transform, impl Transform>,
    ) -> Result<(), Error> {
        let mut place = self.place;
        for unit in 0..self.units_across {
            if self.tables.restart > 0 {
                self.count_down(&mut place)?;
            }
            if !self.bits.prepare(&mut place) {
                return Err(cut_short());
            }
            self.decode_unit(&mut place).ok_or_else(bad_code)?;
            let at = Unit {
                column: unit,
                row,
                scale: self.scale,
            };
            samples::make(
                &mut *self.blocks,
                &self.tables.components,
                planes,
                at,
                transforms,
            );
        }
        self.place = place;
        Ok(())
    }

    /// Reads the coefficients of a unit's blocks; `None` for bits that are no code.
    #[inline(always)]
    fn decode_unit(&mut self, place: &mut Place) -> Option<()> {
        let chunk = self.bits.chunk();
        let mut blocks = self.blocks.iter_mut();
        let components = self.tables.components.iter().zip(&mut self.direct);
        for (index, (component, last)) in components.enumerate() {
            let codes = self.tables.codes(component)?;
            let mean = self.scale.of(index) == 1;
            for _ in 0..component.across * component.down {
                let (block, some) = blocks.next()?;
                *some = if mean {
                    decode_block::<true>(chunk, place, codes, last, block)?
                } else {
                    decode_block::<false>(chunk, place, codes, last, block)?
                };
            }
        }
        Some(())
    }

    /// At a restart, the codes begin anew.
    fn count_down(&mut self, place: &mut Place) -> Result<(), Error> {
        if self.until_restart == 0 {
            if self.bits.overrun(*place) {
                return Err(cut_short());
            }
            *place = Place::default();
            if !self.bits.restart(self.restarts & 7) {
                return Err(broken("its data is corrupt: a restart marker is missing"));
            }
            self.restarts = self.restarts.wrapping_add(1);
            self.direct = [0; 4];
            self.until_restart = self.tables.restart;
        }
        self.until_restart -= 1;
        Ok(())
    }

    /// Looks at what follows the last unit.
    fn finish(&mut self) -> Result<(), Error> {
        if self.bits.overrun(self.place) {
            return Err(cut_short());
        }
        let behind = std::mem::replace(&mut self.bits, Bits::new(&[])).behind();
        if super::probe::ends(behind) {
            Ok(())
        } else {
            Err(cut_short())
        }
    }
}

fn cut_short() -> Error {
    broken("it is cut short")
}

fn bad_code() -> Error {
    broken("its data is corrupt: bad Huffman code")
}

#[cfg(test)]
mod tests;
