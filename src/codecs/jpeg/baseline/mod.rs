//! Baseline files: one scan, Huffman codes, 8 bit, decoded a row of units at a time into planes.
//!
//! Everything else is libjpeg-turbo's. What both read gives the same samples: the
//! same coefficients, the same integer transforms. What one refuses the other does too, but for bits that are no
//! code: here they are always an error, there only near a marker.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod bits;
mod huffman;
mod idct;
mod tables;

use self::bits::{Bits, Place};
use self::huffman::{TO_THE_END, Table};
use self::idct::Block;
use self::tables::{Component, PLACES, Tables};
use super::decode::broken;
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Band, Error, Header, Plane, Rows, Scale, Shape};

/// Blocks of a unit, over all components: what T.81 allows.
const MAX_BLOCKS: usize = 10;

/// Starts a decode; `None` for a file of another kind.
pub(super) fn open<'a>(
    bytes: &'a [u8],
    header: &Header,
    scale: Scale,
    shape: Shape,
    checkpoint: &'a Checkpoint,
) -> Result<Option<Box<dyn Rows + 'a>>, Error> {
    let Some(tables) = tables::read(bytes)? else {
        return Ok(None);
    };
    let components = &tables.components;
    let blocks: usize = components.iter().map(|c| c.across * c.down).sum();
    let have_codes = components.iter().all(|c| {
        tables.direct.get(c.direct).is_some_and(Option::is_some)
            && tables
                .alternating
                .get(c.alternating)
                .is_some_and(Option::is_some)
    });
    if components.len() != shape.model.planes() || blocks > MAX_BLOCKS || !have_codes {
        return Ok(None);
    }
    let across = components.iter().map(|c| c.across).max().unwrap_or(1);
    let down = components.iter().map(|c| c.down).max().unwrap_or(1);
    let units = |side: u32, blocks: usize| (side as usize).div_ceil(8 * blocks);
    Ok(Some(Box::new(Baseline {
        bits: Bits::new(tables.scan),
        place: Place::default(),
        units_across: units(header.width, across),
        unit_rows: units(header.height, down),
        unit_height: 8 * down,
        shape,
        scale,
        blocks: Box::new([([0; 64], false); MAX_BLOCKS]),
        direct: [0; 4],
        until_restart: tables.restart,
        restarts: 0,
        next: 0,
        ended: false,
        tables,
        checkpoint,
    })))
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
    /// Coefficients of a unit's blocks, zeros between two units, and whether a block has more than its mean.
    blocks: Box<[([i16; 64], bool); MAX_BLOCKS]>,
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

/// How a block's coefficients become samples in a plane.
trait Transform: Fn(Block<'_>, &mut [u8], usize) {}
impl<F: Fn(Block<'_>, &mut [u8], usize)> Transform for F {}

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
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi2") {
            #[expect(unsafe_code, reason = "the call of a measured kernel")]
            // SAFETY: the features it needs were just detected.
            return unsafe { self.unit_row_avx2(planes, row) };
        }
        self.unit_row_with(planes, row, idct::whole, idct::half, idct::quarter)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt")]
    fn unit_row_avx2(&mut self, planes: &mut [Plane], row: usize) -> Result<(), Error> {
        self.unit_row_with(
            planes,
            row,
            |block, out, stride| avx2::whole(block, out, stride),
            |block, out, stride| avx2::half(block, out, stride),
            |block, out, stride| avx2::quarter(block, out, stride),
        )
    }

    #[inline(always)]
    fn unit_row_with(
        &mut self,
        planes: &mut [Plane],
        row: usize,
        whole: impl Transform,
        half: impl Transform,
        quarter: impl Transform,
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
            self.transform_unit(planes, unit, row, &whole, &half, &quarter);
        }
        self.place = place;
        Ok(())
    }

    /// Reads the coefficients of a unit's blocks; `None` for bits that are no code.
    #[inline(always)]
    fn decode_unit(&mut self, place: &mut Place) -> Option<()> {
        let chunk = self.bits.chunk();
        let mut blocks = self.blocks.iter_mut();
        for (component, last) in self.tables.components.iter().zip(&mut self.direct) {
            let (direct, alternating) = codes(&self.tables, component)?;
            for _ in 0..component.across * component.down {
                let (coefficients, some) = blocks.next()?;
                *some = decode_block(chunk, place, direct, alternating, last, coefficients)?;
            }
        }
        Some(())
    }

    /// Makes samples of a unit's blocks, and leaves zeros. Not at once after each block is read: what
    /// was just stored in small pieces can't be loaded in large ones without a wait.
    #[inline(always)]
    fn transform_unit(
        &mut self,
        planes: &mut [Plane],
        unit: usize,
        row: usize,
        whole: &impl Transform,
        half: &impl Transform,
        quarter: &impl Transform,
    ) {
        let mut blocks = self.blocks.iter_mut();
        for (index, (component, plane)) in self.tables.components.iter().zip(planes).enumerate() {
            let points = usize::from(self.scale.of(index));
            let left = unit * component.across * points;
            let top = row * component.down * points;
            for y in 0..component.down {
                for x in 0..component.across {
                    let Some((coefficients, some)) = blocks.next() else {
                        return;
                    };
                    let at = (top + y * points) * plane.stride + left + x * points;
                    let out = plane.samples.get_mut(at..).unwrap_or_default();
                    let block = Block {
                        coefficients,
                        quantisers: &component.quantisers,
                    };
                    match points {
                        _ if !*some => flat(idct::mean(block), out, plane.stride, points),
                        8 => whole(block, out, plane.stride),
                        4 => half(block, out, plane.stride),
                        2 => quarter(block, out, plane.stride),
                        _ => flat(idct::mean(block), out, plane.stride, 1),
                    }
                    if *some {
                        *coefficients = [0; 64];
                    } else {
                        coefficients[0] = 0;
                    }
                }
            }
        }
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

fn codes<'t>(tables: &'t Tables<'_>, component: &Component) -> Option<(&'t Table, &'t Table)> {
    let direct = tables.direct.get(component.direct)?.as_ref()?;
    let alternating = tables.alternating.get(component.alternating)?.as_ref()?;
    Some((direct, alternating))
}

/// Reads a block into zeros; whether it has more than its mean. `None` for bits that are no code.
#[inline(always)]
fn decode_block(
    chunk: &[u8],
    at: &mut Place,
    direct: &Table,
    alternating: &Table,
    last: &mut i32,
    coefficients: &mut [i16; 64],
) -> Option<bool> {
    let mut place = *at;
    place.refill(chunk);
    let entry = direct.look(place);
    let difference = if entry.bits > 0 {
        let difference = entry.first(place);
        place.skip(u32::from(entry.bits));
        difference
    } else {
        direct.take(&mut place)?.1
    };
    *last = last.checked_add(difference)?;
    coefficients[0] = truncated(*last);
    let mut put = |index: usize, value: i32| {
        // A run may lead past the block, for whatever reason; the last place then has it.
        let place = PLACES.get(index).copied().unwrap_or_default();
        coefficients[usize::from(place & 63)] = truncated(value);
    };
    let mut index = 1;
    while index < 64 {
        place.refill(chunk);
        let entry = alternating.look(place);
        let (run, at) = (usize::from(entry.run), usize::from(entry.at));
        if entry.bits > 0 && index + run < 63 {
            let first = entry.first(place);
            place.skip(u32::from(entry.bits));
            put(index + run, first);
            let second = i32::from(entry.second);
            put(index + at, if at == run { first } else { second });
            index += usize::from(entry.step);
        } else {
            // A long code; or the last of the block: what follows that belongs to the next.
            let (run, value) = alternating.take(&mut place)?;
            put(index + run as usize, value);
            index += run as usize + 1;
        }
    }
    *at = place;
    // The end came first.
    Some(index != 1 + TO_THE_END as usize)
}

/// The 16 bits that are kept of a coefficient.
#[expect(clippy::cast_possible_truncation, reason = "as every decoder does")]
fn truncated(value: i32) -> i16 {
    value as i16
}

/// Fills a square with one sample.
#[inline(always)]
fn flat(sample: u8, out: &mut [u8], stride: usize, points: usize) {
    for row in out.chunks_mut(stride).take(points) {
        if let Some(room) = row.get_mut(..points) {
            room.fill(sample);
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
