//! Each pixel's colour, where what is off in one is made up for by its neighbours (Floyd and Steinberg 1976).

use super::Seen;
use super::cut::WEIGHTS;
use super::near::{NEAR, Near};
use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::Shape;

/// How many sixteenths of what neighbours left a pixel makes up for, by how much it differs from those beside and above it.
///
/// Where all are alike, points of another colour would show; where much differs, nobody sees the error. What goes slowly from
/// one colour to the next needs it most, but not all of it, which would travel far in what no colour comes near to.
fn made_up_for(difference: u8) -> i32 {
    match difference {
        0 => 0,
        1..=8 => 14,
        9..=24 => 10,
        _ => 6,
    }
}

/// What a sample may be off without anybody making up for it.
const UNSEEN: i32 = 1;

/// Lowest bits of a sample that make no difference to which colour is nearest: fewer where there is no alpha.
const OPAQUE_BITS: u32 = 2;
const ALPHA_BITS: u32 = 3;

/// Pixels between two polls.
const POLL: usize = 1 << 12;

/// Peak bytes, the numbers not included.
pub(super) fn bytes(shape: Shape) -> u64 {
    let row = u64::from(shape.width) + 2;
    let table = (NEAR as u64) << key_bits(!shape.model.has_alpha());
    table + row * 2 * size_of::<[i32; 4]>() as u64 + row * 8
}

/// The nearest of some colours; those that are near to colours alike are looked for once.
struct Nearest<'a> {
    colours: &'a [Seen],
    near: Near,
    /// The numbers of those near to the middle of colours alike; all 0, as memory is by itself, where nothing has been looked for yet.
    known: Vec<[u8; NEAR]>,
    opaque: bool,
}

impl<'a> Nearest<'a> {
    fn new(colours: &'a [Seen], opaque: bool) -> Self {
        Self {
            near: Near::new(colours.iter().map(|&colour| weighted(colour))),
            colours,
            known: vec![[0; NEAR]; 1 << key_bits(opaque)],
            opaque,
        }
    }

    /// The number of the nearest.
    fn number(&mut self, colour: Seen) -> usize {
        let low = if self.opaque { OPAQUE_BITS } else { ALPHA_BITS };
        let [r, g, b, alpha] = colour.map(|sample| usize::from(sample >> low));
        let width = 8 - low;
        let rgb = (r << width | g) << width | b;
        let key = if self.opaque {
            rgb
        } else {
            rgb << width | alpha
        };
        let Some(known) = self.known.get_mut(key) else {
            return 0;
        };
        if *known == [0; NEAR] {
            let middle = colour.map(|sample| sample >> low << low | 1 << (low - 1));
            *known = self.near.near(weighted(middle));
        }
        let numbers = known.iter().map(|&number| usize::from(number));
        let distances = numbers.filter_map(|number| {
            let candidate = self.colours.get(number)?;
            Some((distance(colour, *candidate), number))
        });
        distances.min().map_or(0, |(_, number)| number)
    }
}

/// Bits that tell colours apart which aren't alike.
fn key_bits(opaque: bool) -> u32 {
    if opaque {
        3 * (8 - OPAQUE_BITS)
    } else {
        4 * (8 - ALPHA_BITS)
    }
}

/// How far colours are apart, as [`WEIGHTS`] have it: their squares, in 64ths.
fn distance(a: Seen, b: Seen) -> u32 {
    const SQUARES: [u32; 4] = [41, 64, 27, 64];
    let pairs = a.into_iter().zip(b).zip(SQUARES);
    pairs
        .map(|((a, b), weight)| {
            let off = u32::from(a.abs_diff(b));
            off * off * weight
        })
        .sum()
}

fn weighted(colour: Seen) -> [f32; 4] {
    let mut at = colour.map(f32::from);
    for (sample, weight) in at.iter_mut().zip(WEIGHTS) {
        *sample *= weight;
    }
    at
}

/// The number of each pixel's colour; `hidden` is that of pixels that aren't seen, where they are no colour among the others:
/// then all others are opaque.
///
/// # Errors
/// A stopped checkpoint.
#[expect(
    clippy::indexing_slicing,
    reason = "the hot loop: rows of errors have two more than pixels"
)]
pub(super) fn dithered(
    shape: Shape,
    rows: impl Iterator<Item = impl Iterator<Item = Seen>>,
    colours: &[Seen],
    hidden: Option<u8>,
    checkpoint: &Checkpoint,
) -> Result<Vec<u8>, Stop> {
    let width = shape.width as usize;
    let opaque = hidden.is_some() || !shape.model.has_alpha();
    let mut nearest = Nearest::new(colours, opaque);
    let mut numbers = Vec::with_capacity(width * shape.height as usize);
    // Sixteenths of what is to be made up for, one pixel more on either side.
    let (mut here, mut below) = (vec![[0_i32; 4]; width + 2], vec![[0_i32; 4]; width + 2]);
    let mut pixels: Vec<Seen> = Vec::with_capacity(width);
    let mut above: Vec<Seen> = Vec::with_capacity(width);
    for (y, row) in rows.enumerate() {
        std::mem::swap(&mut above, &mut pixels);
        pixels.clear();
        pixels.extend(row);
        let start = numbers.len();
        numbers.resize(start + pixels.len(), 0);
        let back = y % 2 == 1;
        for at in 0..pixels.len() {
            if at % POLL == 0 {
                checkpoint.check(Stage::Encode)?;
            }
            // Back and forth, so that errors don't all travel in one direction.
            let x = if back { pixels.len() - 1 - at } else { at };
            let pixel = pixels[x];
            if let (Some(hidden), [.., 0]) = (hidden, pixel) {
                numbers[start + x] = hidden;
                continue;
            }
            let beside = pixels[x.max(1) - 1];
            let differs = differ(pixel, beside).max(differ(pixel, *above.get(x).unwrap_or(&pixel)));
            let wanted = made_up(pixel, here[x + 1], made_up_for(differs));
            let number = nearest.number(wanted);
            numbers[start + x] = u8::try_from(number).unwrap_or_default();
            let got = nearest.colours.get(number).copied().unwrap_or_default();
            let (next, last) = if back { (x, x + 2) } else { (x + 2, x) };
            for channel in 0..4 {
                let error = i32::from(wanted[channel]) - i32::from(got[channel]);
                if error.abs() <= UNSEEN {
                    continue;
                }
                here[next][channel] += error * 7;
                below[last][channel] += error * 3;
                below[x + 1][channel] += error * 5;
                below[next][channel] += error;
            }
        }
        std::mem::swap(&mut here, &mut below);
        below.fill([0; 4]);
    }
    Ok(numbers)
}

/// The largest difference of samples.
fn differ(a: Seen, b: Seen) -> u8 {
    let pairs = a.into_iter().zip(b);
    pairs.map(|(a, b)| a.abs_diff(b)).max().unwrap_or_default()
}

/// A pixel with so many sixteenths of what its neighbours left, as far as there is such a colour.
fn made_up(pixel: Seen, left: [i32; 4], sixteenths: i32) -> Seen {
    let mut made = pixel;
    for (sample, left) in made.iter_mut().zip(left) {
        let sum = i32::from(*sample) + ((left * sixteenths + 128) >> 8);
        *sample = u8::try_from(sum.clamp(0, 255)).unwrap_or_default();
    }
    let [r, g, b, alpha] = made;
    [r.min(alpha), g.min(alpha), b.min(alpha), alpha]
}
