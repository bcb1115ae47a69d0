//! Samples of a unit's blocks, out of their coefficients.
#![expect(
    clippy::inline_always,
    reason = "without it the hot loop calls instead of computing, and without the caller's AVX2"
)]

use super::idct::{self, Block};
use super::tables::Component;
use crate::codecs::{Plane, Scale};

/// Coefficients of a block, zeros between two units; what goes nowhere lies behind them.
///
/// So long that any byte is a place in it.
pub(super) type Coefficients = [i16; 256];

/// How a block's coefficients become samples in a plane of some stride.
pub(super) trait Transform: Fn(Block<'_>, &mut [u8], usize) {}
impl<F: Fn(Block<'_>, &mut [u8], usize)> Transform for F {}

/// Transforms to eight, four and two points.
pub(super) struct Transforms<W, H, Q> {
    pub(super) whole: W,
    pub(super) half: H,
    pub(super) quarter: Q,
}

/// Where a unit stands among those that planes have room for.
#[derive(Clone, Copy)]
pub(super) struct Unit {
    pub(super) column: usize,
    pub(super) row: usize,
    pub(super) scale: Scale,
}

/// Makes samples of a unit's blocks, and leaves zeros.
///
/// Not at once after each block is read: what was just stored in small pieces can't be loaded in large
/// ones without a wait.
#[inline(always)]
pub(super) fn make(
    blocks: &mut [(Coefficients, bool)],
    components: &[Component],
    planes: &mut [Plane],
    unit: Unit,
    transforms: &Transforms<impl Transform, impl Transform, impl Transform>,
) {
    let mut blocks = blocks.iter_mut();
    for (index, (component, plane)) in components.iter().zip(planes).enumerate() {
        let points = usize::from(unit.scale.of(index));
        let left = unit.column * component.across * points;
        let top = unit.row * component.down * points;
        for y in 0..component.down {
            for x in 0..component.across {
                let Some((coefficients, some)) = blocks.next() else {
                    return;
                };
                let Some(coefficients) = coefficients.first_chunk_mut() else {
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
                    8 => (transforms.whole)(block, out, plane.stride),
                    4 => (transforms.half)(block, out, plane.stride),
                    2 => (transforms.quarter)(block, out, plane.stride),
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

/// Fills a square with one sample.
#[inline(always)]
fn flat(sample: u8, out: &mut [u8], stride: usize, points: usize) {
    for row in out.chunks_mut(stride).take(points) {
        if let Some(room) = row.get_mut(..points) {
            room.fill(sample);
        }
    }
}
