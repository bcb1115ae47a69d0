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
