//! Samples into quantised coefficients: the forward cosine transform in integers, then the division.
//!
//! The transform is T.81 A.3.3 as it stands, one dimension after the other, with factors of 14 bits. Coefficients
//! come to the division with four bits behind the point, and are rounded once.

use super::quantiser::Quantiser;

/// Samples along the side of a block.
pub(super) const SIDE: usize = 8;

/// Quantised coefficients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Column after column: the place is eight times the horizontal frequency, and the vertical one.
    pub(super) coefficients: [i16; 64],
    /// A bit for each that counts, in zigzag order from the lowest on; the others are zeros or as good as that. The mean always counts.
    pub(super) some: u64,
}

impl Block {
    /// One of only a mean.
    pub(super) const fn flat(mean: i16) -> Self {
        let mut coefficients = [0; 64];
        coefficients[0] = mean;
        Self {
            coefficients,
            some: 0,
        }
    }
}

/// Places of the coefficients in zigzag order.
#[expect(clippy::indexing_slicing, reason = "computed when this is compiled")]
pub(super) const ZIGZAG: [u8; 64] = {
    let mut places = [0; 64];
    let (mut x, mut y, mut index) = (0_u8, 0_u8, 0);
    while index < 64 {
        places[index] = x * 8 + y;
        index += 1;
        // Along the diagonals, up and to the right, then down and to the left.
        let up = (x + y).is_multiple_of(2);
        match (up, x, y) {
            (true, 7, _) => y += 1,
            (false, _, 7) => x += 1,
            (true, _, _) => (x, y) = (x + 1, y.saturating_sub(1)),
            (false, _, _) => (x, y) = (x.saturating_sub(1), y + 1),
        }
    }
    places
};

/// Square roots of two times cosines of k·π/16, with 14 bits behind the point.
pub(super) mod factors {
    pub(in crate::codecs::jpeg::encoder) const C1: i16 = 22_725;
    pub(in crate::codecs::jpeg::encoder) const C2: i16 = 21_407;
    pub(in crate::codecs::jpeg::encoder) const C3: i16 = 19_266;
    pub(in crate::codecs::jpeg::encoder) const C4: i16 = 16_384;
    pub(in crate::codecs::jpeg::encoder) const C5: i16 = 12_873;
    pub(in crate::codecs::jpeg::encoder) const C6: i16 = 8_867;
    pub(in crate::codecs::jpeg::encoder) const C7: i16 = 4_520;
}

/// Bits that each pass drops, so that three and then four are left behind the point.
pub(super) const SHIFTS: [i32; 2] = [11, 16];

/// Makes a row of blocks, an even number, of eight rows of samples.
pub(super) fn row(samples: &[u8], stride: usize, quantiser: &Quantiser, blocks: &mut [Block]) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "the call of a measured kernel")]
        // SAFETY: the feature it needs was just detected.
        return unsafe { super::avx2::row(samples, stride, quantiser, blocks) };
    }
    portable(samples, stride, quantiser, blocks);
}

/// What is right.
pub(super) fn portable(samples: &[u8], stride: usize, quantiser: &Quantiser, blocks: &mut [Block]) {
    for (index, block) in blocks.iter_mut().enumerate() {
        let mut square = [[0; SIDE]; SIDE];
        for (line, row) in square.iter_mut().zip(samples.chunks(stride)) {
            let samples = row.iter().skip(index * SIDE);
            for (value, &sample) in line.iter_mut().zip(samples) {
                *value = i16::from(sample) - 128;
            }
        }
        let columns = pass(square, SHIFTS[0]);
        quantise(&pass(turned(columns), SHIFTS[1]), quantiser, block);
    }
}

/// Eight points to eight, in each column.
fn pass(lines: [[i16; SIDE]; SIDE], shift: i32) -> [[i16; SIDE]; SIDE] {
    use factors::{C1, C2, C3, C4, C5, C6, C7};
    #[rustfmt::skip]
    const MATRIX: [[i16; SIDE]; SIDE] = [
        [C4, C4, C4, C4, C4, C4, C4, C4],
        [C1, C3, C5, C7, -C7, -C5, -C3, -C1],
        [C2, C6, -C6, -C2, -C2, -C6, C6, C2],
        [C3, -C7, -C1, -C5, C5, C1, C7, -C3],
        [C4, -C4, -C4, C4, C4, -C4, -C4, C4],
        [C5, -C1, C7, C3, -C3, -C7, C1, -C5],
        [C6, -C2, C2, -C6, -C6, C2, -C2, C6],
        [C7, -C5, C3, -C1, C1, -C3, C5, -C7],
    ];
    MATRIX.map(|weights| {
        let mut sums = [1_i32 << (shift - 1); SIDE];
        for (weight, line) in weights.into_iter().zip(lines) {
            for (sum, value) in sums.iter_mut().zip(line) {
                *sum += i32::from(weight) * i32::from(value);
            }
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most 16 times 1024")]
        sums.map(|sum| (sum >> shift) as i16)
    })
}

fn turned(lines: [[i16; SIDE]; SIDE]) -> [[i16; SIDE]; SIDE] {
    let mut columns = [[0; SIDE]; SIDE];
    for (y, line) in lines.into_iter().enumerate() {
        for (column, value) in columns.iter_mut().zip(line) {
            if let Some(slot) = column.get_mut(y) {
                *slot = value;
            }
        }
    }
    columns
}

/// Divides, and finds what counts.
fn quantise(coefficients: &[[i16; SIDE]; SIDE], quantiser: &Quantiser, block: &mut Block) {
    let coefficients = coefficients.as_flattened();
    let (mut some, mut weak) = (0_u64, 0_u64);
    for (index, place) in ZIGZAG.into_iter().map(usize::from).enumerate() {
        let of = |table: &[u16; 64]| table.get(place).copied().unwrap_or_default();
        let coefficient = coefficients.get(place).copied().unwrap_or_default();
        let size = coefficient.unsigned_abs();
        if let Some(slot) = block.coefficients.get_mut(place) {
            *slot = quantiser.divide(place, size) * coefficient.signum();
        }
        let alive = size > of(&quantiser.dead);
        some |= u64::from(alive) << index;
        weak |= u64::from(alive && size <= of(&quantiser.lone)) << index;
    }
    block.some = without_lone(some, weak);
}

/// What counts, but for weak ones that stand alone: with zeros in both places before them, their codes are long.
#[inline]
pub(super) fn without_lone(some: u64, weak: u64) -> u64 {
    let before = some | 1;
    some & (!weak | before << 1 | before << 2)
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use proptest::prelude::*;

    use super::*;

    /// T.81 A.3.3 in floating point: a coefficient by its two frequencies.
    fn exact(samples: &[[f64; SIDE]; SIDE], across: usize, down: usize) -> f64 {
        let scale = |k: usize| if k == 0 { 0.5_f64.sqrt() } else { 1.0 };
        let wave = |at: usize, k: usize| ((2 * at + 1) as f64 * k as f64 * PI / 16.0).cos();
        let mut sum = 0.0;
        for (y, row) in samples.iter().enumerate() {
            for (x, sample) in row.iter().enumerate() {
                sum += (sample - 128.0) * wave(x, across) * wave(y, down);
            }
        }
        sum * scale(across) * scale(down) / 4.0
    }

    fn check_block(samples: &[u8], steps: &[u16; 64], chroma: bool) {
        let mut blocks = [Block::flat(0), Block::flat(0)];
        let quantiser = Quantiser::new(steps, chroma);
        portable(samples, 16, &quantiser, &mut blocks);
        for (index, block) in blocks.iter().enumerate() {
            let mut square = [[0.0; SIDE]; SIDE];
            for (y, row) in square.iter_mut().enumerate() {
                for (x, value) in row.iter_mut().enumerate() {
                    *value = f64::from(samples[y * 16 + index * 8 + x]);
                }
            }
            for (bit, place) in ZIGZAG.into_iter().map(usize::from).enumerate() {
                let (x, y) = (place / 8, place % 8);
                let step = f64::from(steps[y * 8 + x]);
                let exact = exact(&square, x, y) / step;
                let counts = bit == 0 || block.some >> bit & 1 == 1;
                let got = if counts {
                    f64::from(block.coefficients[place])
                } else {
                    0.0
                };
                assert_eq!(
                    counts && got == 0.0,
                    bit == 0 && got == 0.0,
                    "counts for nothing"
                );
                let off = (got - exact).abs();
                // What the integers are off, and the rounding or the dead zone.
                let error = 0.2 / step;
                let most = match (bit, got) {
                    (0, _) => 0.5,
                    (_, 0.0) => {
                        if step > 1.0 {
                            0.97
                        } else {
                            0.5
                        }
                    }
                    _ => {
                        if step > 1.0 {
                            0.55
                        } else {
                            0.5
                        }
                    }
                };
                assert!(
                    off <= most + error,
                    "{x}, {y}: {got} for {exact}, step {step}"
                );
            }
        }
    }

    #[test]
    fn extreme_blocks_are_transformed_without_overflow() {
        let waves = |across: usize, down: usize| -> Vec<u8> {
            let positive =
                |at: usize, k: usize| ((2 * at + 1) as f64 * k as f64 * PI / 16.0).cos() > 0.0;
            let place = |at: usize| positive(at % 8, across) == positive(at / 16, down);
            (0..128).map(|at| if place(at) { 255 } else { 0 }).collect()
        };
        for across in 0..8 {
            for down in 0..8 {
                let samples = waves(across, down);
                check_block(&samples, &[1; 64], false);
                let inverse: Vec<u8> = samples.iter().map(|sample| 255 - sample).collect();
                check_block(&inverse, &[1; 64], true);
            }
        }
    }

    /// Blocks of every kind: noise of some width about some mean.
    fn samples() -> impl Strategy<Value = Vec<u8>> {
        (
            any::<u8>(),
            0_u32..=8,
            proptest::collection::vec(any::<u8>(), 8 * 48),
        )
            .prop_map(|(mean, bits, noise)| {
                noise
                    .iter()
                    .map(|&n| mean.wrapping_add(n.checked_shr(8 - bits).unwrap_or(0)))
                    .collect()
            })
    }

    proptest! {
        #[test]
        fn coefficients_are_as_in_floating_point(samples in samples(), quality in 1_u8..=100, plane in 0_usize..3) {
            check_block(&samples[..128], &super::super::steps::tables(quality, true)[plane], plane > 0);
        }

        #[cfg(target_arch = "x86_64")]
        #[test]
        fn kernels_agree(samples in samples(), steps in proptest::collection::vec(1_u16..=255, 64), chroma in any::<bool>()) {
            let quantiser = Quantiser::new(&steps.try_into().unwrap(), chroma);
            let mut right = vec![Block::flat(0); 6];
            portable(&samples, 48, &quantiser, &mut right);
            let mut chosen = right.iter().map(|_| Block::flat(1)).collect::<Vec<_>>();
            row(&samples, 48, &quantiser, &mut chosen);
            prop_assert_eq!(right, chosen);
        }
    }
}
