//! Inverse transforms of a block of 8×8 coefficients, whole and scaled down.
//!
//! Integer arithmetic after Loeffler, Ligtenberg and Moschytz (1989) with the constants and roundings of the
//! Independent JPEG Group's library (`jidctint`, `jidctred`), so that each sample is what it gives. Numbers have
//! 16 bits before a pass and 32 within; what no encoder writes wraps or saturates, everywhere in the same way.
#![expect(
    clippy::inline_always,
    clippy::many_single_char_names,
    reason = "inlined where it is used; lines of a block have letters, as the papers have them"
)]

/// The order of rows, and of columns within them, in a [`Block`]: those that a pass multiplies and adds
/// in pairs stand side by side, so that nothing has to be moved before it.
const ORDER: [usize; 8] = [0, 4, 2, 6, 1, 7, 5, 3];

/// Where a block has the coefficient of column `x` and row `y`.
pub(super) const fn place(x: usize, y: usize) -> usize {
    let (column, row) = (rank(x), rank(y));
    row / 2 * 16 + column * 2 + row % 2
}

#[expect(
    clippy::indexing_slicing,
    reason = "computed by the compiler, for lines 0 to 7"
)]
const fn rank(line: usize) -> usize {
    let mut rank = 0;
    while ORDER[rank] != line {
        rank += 1;
    }
    rank
}

/// Coefficients and quantisers of a block, each at its [`place`].
#[derive(Clone, Copy)]
pub(super) struct Block<'a> {
    pub(super) coefficients: &'a [i16; 64],
    pub(super) quantisers: &'a [i16; 64],
}

impl Block<'_> {
    #[inline(always)]
    fn at(self, x: usize, y: usize) -> i16 {
        let place = place(x, y);
        let coefficient = self.coefficients.get(place).copied().unwrap_or_default();
        coefficient.wrapping_mul(self.quantisers.get(place).copied().unwrap_or_default())
    }

    #[inline(always)]
    fn column(self, x: usize) -> [i16; 8] {
        std::array::from_fn(|y| self.at(x, y))
    }
}

/// Shifts of the two passes, for a transform to eight, four and two points.
pub(super) const EIGHT: (i32, i32) = (11, 18);
pub(super) const FOUR: (i32, i32) = (12, 19);
pub(super) const TWO: (i32, i32) = (13, 20);

/// Factors of the pairs of lines that [`ORDER`] has side by side, in 1/8192.
///
/// Eight points: lines 0 and 4, 2 and 6, 1 and 7, 5 and 3, and the sums of the last two pairs.
pub(super) mod factors {
    pub(in crate::codecs::jpeg::baseline) const E0: [i16; 2] = [8192, 8192];
    pub(in crate::codecs::jpeg::baseline) const E1: [i16; 2] = [8192, -8192];
    pub(in crate::codecs::jpeg::baseline) const E2: [i16; 2] = [4433, -10_704];
    pub(in crate::codecs::jpeg::baseline) const E3: [i16; 2] = [10_703, 4433];
    pub(in crate::codecs::jpeg::baseline) const Z3: [i16; 2] = [9633, -6436];
    pub(in crate::codecs::jpeg::baseline) const Z4: [i16; 2] = [6437, 9633];
    pub(in crate::codecs::jpeg::baseline) const O0: [i16; 2] = [-7373, -4927];
    pub(in crate::codecs::jpeg::baseline) const O3: [i16; 2] = [4926, -7373];
    pub(in crate::codecs::jpeg::baseline) const O1: [i16; 2] = [-4176, -20_995];
    pub(in crate::codecs::jpeg::baseline) const O2: [i16; 2] = [-20_995, 4177];
    /// Four points, each the mean of two; the fifth line has no part in it.
    pub(in crate::codecs::jpeg::baseline) const HALF_E0: [i16; 2] = [16_384, 0];
    pub(in crate::codecs::jpeg::baseline) const HALF_E2: [i16; 2] = [15_137, -6270];
    pub(in crate::codecs::jpeg::baseline) const HALF_O0: [[i16; 2]; 2] =
        [[20_995, -4176], [-4926, 7373]];
    pub(in crate::codecs::jpeg::baseline) const HALF_O1: [[i16; 2]; 2] =
        [[8697, -1730], [11_893, -17_799]];
    /// Two points, each the mean of four; of the even lines only the first has a part in it, with 2¹⁵.
    pub(in crate::codecs::jpeg::baseline) const QUARTER_O: [[i16; 2]; 2] =
        [[29_692, -5906], [6967, -10_426]];
}

/// Two products and their sum.
#[inline(always)]
fn pair(a: i16, b: i16, [by_a, by_b]: [i16; 2]) -> i32 {
    let product = |a: i16, b: i16| i32::from(a).wrapping_mul(i32::from(b));
    product(a, by_a).wrapping_add(product(b, by_b))
}

/// Sum and difference, divided by a power of two, rounded half up.
#[inline(always)]
fn butterfly<const SHIFT: i32>(even: i32, odd: i32) -> [i32; 2] {
    let even = even.wrapping_add(1 << (SHIFT - 1));
    [
        even.wrapping_add(odd) >> SHIFT,
        even.wrapping_sub(odd) >> SHIFT,
    ]
}

/// Eight points to eight.
#[inline(always)]
fn eight<const SHIFT: i32>(v: [i16; 8]) -> [i32; 8] {
    use factors::{E0, E1, E2, E3, O0, O1, O2, O3, Z3, Z4};
    let [v0, v1, v2, v3, v4, v5, v6, v7] = v;
    let (even0, even1) = (pair(v0, v4, E0), pair(v0, v4, E1));
    let (even2, even3) = (pair(v2, v6, E2), pair(v2, v6, E3));
    let (e0, e3) = (even0.wrapping_add(even3), even0.wrapping_sub(even3));
    let (e1, e2) = (even1.wrapping_add(even2), even1.wrapping_sub(even2));
    let (z4, z3) = (v1.wrapping_add(v5), v7.wrapping_add(v3));
    let (odd3, odd4) = (pair(z4, z3, Z3), pair(z4, z3, Z4));
    let [a, h] = butterfly::<SHIFT>(e0, pair(v1, v7, O3).wrapping_add(odd4));
    let [b, g] = butterfly::<SHIFT>(e1, pair(v5, v3, O2).wrapping_add(odd3));
    let [c, f] = butterfly::<SHIFT>(e2, pair(v5, v3, O1).wrapping_add(odd4));
    let [d, e] = butterfly::<SHIFT>(e3, pair(v1, v7, O0).wrapping_add(odd3));
    [a, b, c, d, e, f, g, h]
}

/// Eight points to four.
#[inline(always)]
fn four<const SHIFT: i32>(v: [i16; 8]) -> [i32; 4] {
    use factors::{HALF_E0, HALF_E2, HALF_O0, HALF_O1};
    let [v0, v1, v2, v3, v4, v5, v6, v7] = v;
    let (even0, even2) = (pair(v0, v4, HALF_E0), pair(v2, v6, HALF_E2));
    let odd = |[near, far]: [[i16; 2]; 2]| pair(v1, v7, near).wrapping_add(pair(v5, v3, far));
    let [a, d] = butterfly::<SHIFT>(even0.wrapping_add(even2), odd(HALF_O0));
    let [b, c] = butterfly::<SHIFT>(even0.wrapping_sub(even2), odd(HALF_O1));
    [a, b, c, d]
}

/// Eight points to two.
#[inline(always)]
fn two<const SHIFT: i32>(v: [i16; 8]) -> [i32; 2] {
    let [v0, v1, _, v3, _, v5, _, v7] = v;
    let [near, far] = factors::QUARTER_O;
    let odd = pair(v1, v7, near).wrapping_add(pair(v5, v3, far));
    butterfly::<SHIFT>(i32::from(v0) << 15, odd)
}

/// What is between the passes.
#[inline(always)]
fn saturated(value: i32) -> i16 {
    #[expect(clippy::cast_possible_truncation, reason = "clamped")]
    let value = value.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16;
    value
}

/// A sample from a sum around zero.
#[inline(always)]
fn sample(value: i32) -> u8 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to a sample"
    )]
    let sample = (value.clamp(-128, 127) + 128) as u8;
    sample
}

/// Row `y` of what the first pass made of the columns.
#[inline(always)]
fn row<const N: usize>(columns: &[[i32; N]; 8], y: usize) -> [i16; 8] {
    columns.map(|column| saturated(column.get(y).copied().unwrap_or_default()))
}

/// Writes the block's eight rows of eight samples.
pub(super) fn whole(block: Block<'_>, out: &mut [u8], stride: usize) {
    let columns = std::array::from_fn(|x| eight::<{ EIGHT.0 }>(block.column(x)));
    for (y, out) in out.chunks_mut(stride).take(8).enumerate() {
        put(out, eight::<{ EIGHT.1 }>(row(&columns, y)).map(sample));
    }
}

/// Writes four rows of four samples.
pub(super) fn half(block: Block<'_>, out: &mut [u8], stride: usize) {
    let columns = std::array::from_fn(|x| four::<{ FOUR.0 }>(block.column(x)));
    for (y, out) in out.chunks_mut(stride).take(4).enumerate() {
        put(out, four::<{ FOUR.1 }>(row(&columns, y)).map(sample));
    }
}

/// Writes two rows of two samples.
pub(super) fn quarter(block: Block<'_>, out: &mut [u8], stride: usize) {
    let columns = std::array::from_fn(|x| two::<{ TWO.0 }>(block.column(x)));
    for (y, out) in out.chunks_mut(stride).take(2).enumerate() {
        put(out, two_samples(row(&columns, y)));
    }
}

/// The second pass over a row of two.
#[inline(always)]
pub(super) fn two_samples(row: [i16; 8]) -> [u8; 2] {
    two::<{ TWO.1 }>(row).map(sample)
}

/// The block's mean: what each transform gives where that is the only coefficient.
#[inline(always)]
pub(super) fn mean(block: Block<'_>) -> u8 {
    sample((i32::from(block.at(0, 0)) + 4) >> 3)
}

/// Samples at the beginning of a row; a row that is too short takes none.
#[inline(always)]
pub(super) fn put<const N: usize>(row: &mut [u8], samples: [u8; N]) {
    if let Some(room) = row.first_chunk_mut() {
        *room = samples;
    }
}
