//! Baseline files: one scan, Huffman codes, 8 bit, decoded a row of units at a time into planes.
//!
//! Everything else is libjpeg-turbo's. What both read gives the same samples: the
//! same coefficients, the same integer transforms; and each refuses what the other refuses.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod bits;
mod huffman;
mod idct;
mod tables;

use self::bits::Bits;
use self::huffman::Table;
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
            && tables.alternating.get(c.alternating).is_some_and(Option::is_some)
    });
    if components.len() != shape.model.planes() || blocks > MAX_BLOCKS || !have_codes {
        return Ok(None);
    }
    let across = components.iter().map(|c| c.across).max().unwrap_or(1);
    let down = components.iter().map(|c| c.down).max().unwrap_or(1);
    let units = |side: u32, blocks: usize| (side as usize).div_ceil(8 * blocks);
    Ok(Some(Box::new(Baseline {
        bits: Bits::new(tables.scan),
        units_across: units(header.width, across),
        unit_rows: units(header.height, down),
        unit_height: 8 * down,
        shape,
        scale,
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
    shape: Shape,
    scale: Scale,
    units_across: usize,
    unit_rows: usize,
    /// Rows of the full-size picture in a row of units.
    unit_height: usize,
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
        band.planes.resize_with(self.tables.components.len(), Plane::default);
        for (index, (plane, component)) in
            band.planes.iter_mut().zip(&self.tables.components).enumerate()
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
        let Shape { width, height, model } = self.shape;
        for (index, (plane, component)) in
            band.planes.iter_mut().zip(&self.tables.components).enumerate()
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
        self.unit_row_with(planes, row, idct::whole, idct::half)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt")]
    fn unit_row_avx2(&mut self, planes: &mut [Plane], row: usize) -> Result<(), Error> {
        self.unit_row_with(
            planes,
            row,
            |block, out, stride| avx2::whole(block, out, stride),
            |block, out, stride| avx2::half(block, out, stride),
        )
    }

    #[inline(always)]
    fn unit_row_with(
        &mut self,
        planes: &mut [Plane],
        row: usize,
        whole: impl Transform,
        half: impl Transform,
    ) -> Result<(), Error> {
        let mut coefficients = [0_i16; 64];
        for unit in 0..self.units_across {
            if self.tables.restart > 0 {
                self.count_down()?;
            }
            if !self.bits.prepare() {
                return Err(cut_short());
            }
            for (index, component) in self.tables.components.iter().enumerate() {
                let (Some(plane), Some(last)) = (planes.get_mut(index), self.direct.get_mut(index))
                else {
                    continue;
                };
                let Some((direct, alternating)) = codes(&self.tables, component) else {
                    continue;
                };
                let points = usize::from(self.scale.of(index));
                let (left, top) = (
                    unit * component.across * points,
                    row * component.down * points,
                );
                for y in 0..component.down {
                    for x in 0..component.across {
                        let bits = &mut self.bits;
                        let some = decode_block(bits, direct, alternating, last, &mut coefficients)
                            .ok_or_else(bad_code)?;
                        let at = (top + y * points) * plane.stride + left + x * points;
                        let out = plane.samples.get_mut(at..).unwrap_or_default();
                        let block = Block {
                            coefficients: &coefficients,
                            quantisers: &component.quantisers,
                        };
                        match points {
                            _ if !some => flat(idct::mean(block), out, plane.stride, points),
                            8 => whole(block, out, plane.stride),
                            4 => half(block, out, plane.stride),
                            2 => idct::quarter(block, out, plane.stride),
                            _ => flat(idct::mean(block), out, plane.stride, 1),
                        }
                        if some {
                            coefficients = [0; 64];
                        } else {
                            coefficients[0] = 0;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// At a restart, the codes begin anew.
    fn count_down(&mut self) -> Result<(), Error> {
        if self.until_restart == 0 {
            if self.bits.overrun() {
                return Err(cut_short());
            }
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
        if self.bits.overrun() {
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
    bits: &mut Bits<'_>,
    direct: &Table,
    alternating: &Table,
    last: &mut i32,
    coefficients: &mut [i16; 64],
) -> Option<bool> {
    bits.refill();
    *last = last.checked_add(direct.take(bits)?.value)?;
    coefficients[0] = truncated(*last);
    let mut index = 1;
    let mut some = false;
    while index < 64 {
        bits.refill();
        let coded = alternating.take(bits)?;
        let place = index + coded.run as usize;
        let place = PLACES.get(place).copied().unwrap_or(63);
        coefficients[usize::from(place & 63)] = truncated(coded.value);
        some |= coded.value != 0;
        index += coded.run as usize + 1;
    }
    Some(some)
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
