//! Progressive files: all coefficients are held, and said in scans, coarse first (T.81 G).
//!
//! Each scan is walked twice, to count its symbols and to write their codes: tokens of all scans would take more memory than the coefficients.
use super::component::Component;
use super::huffman::Codes;
use super::markers;
use super::scan::{Band, Coder, Counter, Out, parts};
use super::transform::{Block, ZIGZAG};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::Error;

/// A block as scans need it.
pub(super) struct Coefficients {
    /// In zigzag order; what doesn't count is zero.
    pub(super) values: [i16; 64],
    /// A bit for each place whose size is at least 1, 2 and 4.
    pub(super) above: [u64; 3],
}

impl Coefficients {
    fn of(block: &Block) -> Self {
        let mut values = [0; 64];
        let mut above = [0; 3];
        let mut left = block.some | 1;
        while left != 0 {
            let at = left.trailing_zeros() as usize;
            left &= left - 1;
            #[expect(clippy::indexing_slicing, reason = "one of 64 bits")]
            let value = block.coefficients[usize::from(ZIGZAG[at])];
            if let Some(slot) = values.get_mut(at) {
                *slot = value;
            }
            for (low, bits) in above.iter_mut().enumerate() {
                *bits |= u64::from(value.unsigned_abs() >> low > 0) << at;
            }
        }
        Self { values, above }
    }
}

/// Bytes that are held for each sample, over an eighth: 152 for 64.
pub(super) const HELD_EIGHTHS: u64 = 19;

/// All blocks of a plane.
struct Plane {
    blocks: Vec<Coefficients>,
    /// Blocks in a row that have some of the picture.
    row: usize,
    /// Blocks of a unit in a row, and rows of them.
    across: usize,
    down: usize,
}

/// One scan: what of all blocks it says.
struct Scan {
    /// Which planes, by their numbers; several for means alone.
    planes: &'static [usize],
    /// The first and the last place.
    band: (u8, u8),
    /// The lowest bit that is said; and whether those above it have been, in an earlier scan.
    low: u8,
    again: bool,
}

const fn scan(planes: &'static [usize], band: (u8, u8), low: u8, again: bool) -> Scan {
    Scan {
        planes,
        band,
        low,
        again,
    }
}

/// The usual order of libjpeg's users: luma's coarse half early, and its lowest bits, which take most, last.
const COLOURED: [Scan; 10] = [
    scan(&[0, 1, 2], (0, 0), 1, false),
    scan(&[0], (1, 5), 2, false),
    scan(&[2], (1, 63), 1, false),
    scan(&[1], (1, 63), 1, false),
    scan(&[0], (6, 63), 2, false),
    scan(&[0], (1, 63), 1, true),
    scan(&[0, 1, 2], (0, 0), 0, true),
    scan(&[2], (1, 63), 0, true),
    scan(&[1], (1, 63), 0, true),
    scan(&[0], (1, 63), 0, true),
];

const GREY: [Scan; 6] = [
    scan(&[0], (0, 0), 1, false),
    scan(&[0], (1, 5), 2, false),
    scan(&[0], (6, 63), 2, false),
    scan(&[0], (1, 63), 1, true),
    scan(&[0], (0, 0), 0, true),
    scan(&[0], (1, 63), 0, true),
];

/// The coefficients of a picture.
pub(super) struct Progressive {
    planes: Vec<Plane>,
    /// Units in a row.
    units: usize,
}

impl Progressive {
    /// For a picture of these planes.
    pub(super) fn new(components: &[Component], units: usize) -> Self {
        let planes = components.iter().map(|component| {
            let (row, rows) = component.size();
            Plane {
                // At once, since a vector that grows is there twice.
                blocks: Vec::with_capacity(row * rows),
                row,
                across: component.across,
                down: component.down,
            }
        });
        Self {
            planes: planes.collect(),
            units,
        }
    }

    /// Takes the blocks of a row of units.
    pub(super) fn take(&mut self, components: &[Component]) {
        for (plane, component) in self.planes.iter_mut().zip(components) {
            plane
                .blocks
                .extend(component.blocks().map(Coefficients::of));
        }
    }

    /// Appends all scans to a file.
    ///
    /// # Errors
    /// A stopped checkpoint, which is polled at each row of blocks.
    pub(super) fn write(self, file: &mut Vec<u8>, checkpoint: &Checkpoint) -> Result<(), Error> {
        let script: &[Scan] = if self.planes.len() == 1 {
            &GREY
        } else {
            &COLOURED
        };
        let mut bits = 0;
        let mut scans = Vec::with_capacity(script.len());
        for scan in script {
            let mut counter = Counter::default();
            self.walk(scan, &mut counter, checkpoint)?;
            let codes = counter.counts.each_ref().map(Codes::new);
            bits += counter.bits(&codes);
            scans.push((scan, codes));
        }
        // And as many zeros behind bytes of ones as are usual.
        let bytes = usize::try_from(bits / 8).unwrap_or(0);
        file.reserve_exact(bytes + bytes / 64 + scans.len() * SCAN_BYTES);
        for (scan, codes) in scans {
            let kind = if scan.band.0 > 0 { 0x10 } else { 0 };
            for (slot, codes) in (0..).zip(&codes) {
                markers::codes(file, kind | slot, codes);
            }
            markers::scan(file, scan.planes, scan.band, (scan.low, scan.again));
            let mut coder = Coder::new(&codes, file);
            self.walk(scan, &mut coder, checkpoint)?;
            coder.finish();
        }
        Ok(())
    }

    /// Says all of a scan.
    fn walk(&self, scan: &Scan, out: &mut impl Out, checkpoint: &Checkpoint) -> Result<(), Error> {
        if scan.band.0 == 0 {
            return self.means(scan, out, checkpoint);
        }
        let planes = scan
            .planes
            .iter()
            .filter_map(|&index| self.planes.get(index));
        for plane in planes {
            let mut band = Band::new(scan.band, scan.low);
            for row in plane.blocks.chunks(plane.row.max(1)) {
                checkpoint.check(Stage::Encode)?;
                for block in row {
                    if scan.again {
                        band.refine(block, out);
                    } else {
                        band.begin(block, out);
                    }
                }
            }
            band.end_run(out);
        }
        Ok(())
    }

    /// Says the means of all planes, unit by unit; those beside the picture repeat the one before.
    fn means(&self, scan: &Scan, out: &mut impl Out, checkpoint: &Checkpoint) -> Result<(), Error> {
        let mut last = [0; 3];
        let rows = self.planes.first().map_or(0, |luma| {
            luma.blocks.len().div_ceil(luma.row.max(1) * luma.down)
        });
        for unit_row in 0..rows {
            checkpoint.check(Stage::Encode)?;
            for unit in 0..self.units {
                for ((plane, last), table) in self.planes.iter().zip(&mut last).zip([0, 1, 1]) {
                    for at in 0..plane.across * plane.down {
                        let (x, y) = (at % plane.across, at / plane.across);
                        let column = unit * plane.across + x;
                        let index = (unit_row * plane.down + y) * plane.row + column;
                        let block = plane.blocks.get(index).filter(|_| column < plane.row);
                        let mean = block.map_or(*last, |block| block.values[0] >> scan.low);
                        if scan.again {
                            out.bits(u64::from(mean.cast_unsigned() & 1), 1);
                        } else {
                            let (length, bits) = parts(mean - *last);
                            out.code(table, length);
                            out.bits(bits, length.into());
                        }
                        *last = mean;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Bytes of a scan's head at most: its codes and its own marker.
const SCAN_BYTES: usize = 640;
