//! Four inks without a profile, as offset prints them on coated paper.
//!
//! Source: patches printed by ISO 12647-2 and measured by Fogra, FOGRA39L, relative to the paper and to the
//! darkest print. `scripts/press.py` makes the table of them, and says how far what lies between is off: in
//! CIEDE2000 0.30 in the median, 1.8 for 95 of 100 patches, 5.1 at worst.

use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::{Model, Raster, Shape};

/// sRGB at the nodes of cyan, magenta, yellow and black, black the fastest, in two bytes each: what no screen can show is below 0.
const COLOURS: &[u8; 6 * 5 * 5 * 5 * 6] = include_bytes!("press.bin");

/// Where the nodes of cyan, magenta and yellow are, and those of black; in percent of ink.
const INKS: [u16; 5] = [0, 20, 40, 70, 100];
const BLACKS: [u16; 6] = [0, 20, 40, 60, 80, 100];

/// Nodes from one node to the next of each ink.
const STEPS: [usize; 4] = [5 * 5 * 6, 5 * 6, 6, 1];

/// A way from one node to the next.
const WHOLE: i32 = 256;

/// Pixels between two polls.
const POLL_PIXELS: usize = 1 << 14;

/// Where an amount of ink lies: behind which node, and how much of the way to the next one.
type Place = (u8, u16);

static INK_PLACES: [Place; 256] = places(&INKS);
static BLACK_PLACES: [Place; 256] = places(&BLACKS);

#[expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "evaluated by the compiler, which checks both"
)]
const fn places<const N: usize>(nodes: &[u16; N]) -> [Place; 256] {
    let mut places = [(0, 0); 256];
    let mut amount = 0;
    while amount < 256 {
        let mut node = 0;
        while node + 2 < N && amount as u32 * 100 >= nodes[node + 1] as u32 * 255 {
            node += 1;
        }
        let from = nodes[node] as u32 * 255;
        let way = nodes[node + 1] as u32 * 255 - from;
        let part = ((amount as u32 * 100 - from) * WHOLE as u32 + way / 2) / way;
        places[amount] = (node as u8, part as u16);
        amount += 1;
    }
    places
}

/// The colour of four inks, 255 being full.
fn colour(inks: [u8; 4]) -> [u8; 3] {
    let [c, m, y, k] = inks.map(usize::from);
    let place =
        |places: &[Place; 256], amount: usize| places.get(amount).copied().unwrap_or((0, 0));
    let places = [
        place(&INK_PLACES, c),
        place(&INK_PLACES, m),
        place(&INK_PLACES, y),
        place(&BLACK_PLACES, k),
    ];
    let mut at = 0;
    let mut ways = [(0, 0); 4];
    for ((way, (node, part)), step) in ways.iter_mut().zip(places).zip(STEPS) {
        at += usize::from(node) * step;
        *way = (i32::from(part), step);
    }
    // From the node that has least of all inks to the one that has most, along the inks in the order of their parts: the simplex
    // of the cell that the colour lies in. Five nodes instead of sixteen.
    ways.sort_unstable_by(|a, b| b.cmp(a));
    let mut sum = [WHOLE / 2; 3];
    let mut before = WHOLE;
    for (part, step) in ways {
        add(&mut sum, node(at), before - part);
        before = part;
        at += step;
    }
    add(&mut sum, node(at), before);
    sum.map(|sum| u8::try_from((sum / WHOLE).clamp(0, 255)).unwrap_or(u8::MAX))
}

/// The colour of a node.
fn node(at: usize) -> [i32; 3] {
    let (nodes, _) = COLOURS.as_chunks::<6>();
    nodes.get(at).map_or([0; 3], |&[r, s, g, h, b, c]| {
        [[r, s], [g, h], [b, c]].map(|bytes| i32::from(i16::from_le_bytes(bytes)))
    })
}

fn add(sum: &mut [i32; 3], node: [i32; 3], weight: i32) {
    for (sum, sample) in sum.iter_mut().zip(node) {
        *sum += sample * weight;
    }
}

/// A picture of inks as RGB.
///
/// # Errors
/// A stopped checkpoint.
pub(super) fn to_rgb(raster: &Raster, checkpoint: &Checkpoint) -> Result<Raster, Stop> {
    let shape = Shape {
        model: Model::Rgb,
        ..raster.shape()
    };
    let source = raster
        .planes
        .first()
        .map_or(&[][..], |plane| &plane.samples);
    let (inks, _) = source.as_chunks::<4>();
    let mut samples = Vec::with_capacity(inks.len() * 3);
    for part in inks.chunks(POLL_PIXELS) {
        checkpoint.check(Stage::Resize)?;
        samples.extend(part.iter().flat_map(|&inks| colour(inks)));
    }
    Ok(Raster::interleaved(shape, samples))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A colour by the plain formula: between all sixteen nodes of the cell.
    fn between(inks: [u8; 4]) -> [f64; 3] {
        let axes: [&[u16]; 4] = [&INKS, &INKS, &INKS, &BLACKS];
        let mut sum = [0.0; 3];
        for corner in 0..16_usize {
            let (mut weight, mut at) = (1.0, 0);
            for ((axis, ink), (index, step)) in axes.iter().zip(inks).zip(STEPS.iter().enumerate())
            {
                let percent = f64::from(ink) / 2.55;
                let first = axis.iter().rposition(|&node| f64::from(node) <= percent);
                let first = first.unwrap().min(axis.len() - 2);
                let [low, high] = [axis[first], axis[first + 1]].map(f64::from);
                let part = (percent - low) / (high - low);
                let next = corner >> index & 1;
                weight *= if next == 1 { part } else { 1.0 - part };
                at += (first + next) * step;
            }
            for (sum, sample) in sum.iter_mut().zip(node(at)) {
                *sum += weight * f64::from(sample);
            }
        }
        sum.map(|sample| sample.clamp(0.0, 255.0))
    }

    #[test]
    fn printed_patches_look_as_measured() {
        // sRGB of patches of FOGRA39L that are no nodes, computed from their CIEXYZ.
        for (percent, expected) in PATCHES {
            let inks =
                percent.map(|percent: u16| u8::try_from((percent * 255 + 50) / 100).unwrap());
            let got = colour(inks);
            for (got, expected) in got.into_iter().zip(expected) {
                assert!(
                    got.abs_diff(expected) <= 12,
                    "{percent:?}: {got}, not {expected}"
                );
            }
        }
        assert_eq!(colour([0; 4]), [255; 3]);
        assert!(colour([255; 4]).iter().all(|&sample| sample < 12));
    }

    proptest! {
        /// It is that of the cell's nodes, up to how the cell is cut.
        #[test]
        fn colours_between_are_between(inks in any::<[u8; 4]>()) {
            let (got, plain) = (colour(inks), between(inks));
            for (got, plain) in got.into_iter().zip(plain) {
                prop_assert!((f64::from(got) - plain).abs() <= 24.0, "{inks:?}: {got}, {plain}");
            }
        }

        /// Steps of one hundredth are no edges, wherever a cell ends.
        #[test]
        fn a_little_more_ink_is_a_little_darker(inks in any::<[u8; 4]>(), which in 0..4_usize) {
            let mut more = inks;
            more[which] = more[which].saturating_add(1);
            for (a, b) in colour(inks).into_iter().zip(colour(more)) {
                prop_assert!(a.abs_diff(b) <= 5, "{inks:?} {which}: {a} {b}");
            }
        }
    }

    const PATCHES: [([u16; 4], [u8; 3]); 12] = [
        ([85, 10, 20, 0], [0, 160, 195]),
        ([40, 20, 10, 0], [166, 188, 212]),
        ([40, 85, 30, 0], [168, 66, 117]),
        ([70, 10, 0, 0], [45, 175, 230]),
        ([3, 0, 40, 40], [174, 171, 127]),
        ([0, 3, 0, 3], [249, 245, 247]),
        ([30, 100, 70, 0], [183, 30, 63]),
        ([0, 40, 55, 0], [246, 173, 121]),
        ([30, 20, 10, 0], [190, 196, 214]),
        ([70, 85, 20, 0], [109, 64, 127]),
        ([40, 0, 40, 70], [72, 94, 77]),
        ([55, 70, 100, 0], [139, 90, 43]),
    ];
}
