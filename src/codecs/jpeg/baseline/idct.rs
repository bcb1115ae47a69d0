//! Inverse transforms of a block of 8×8 coefficients, whole and scaled down.
//!
//! Integer arithmetic after Loeffler, Ligtenberg and Moschytz (1989) with the constants and roundings of the
//! Independent JPEG Group's library (`jidctint`, `jidctred`), so that each sample is what it gives.
//! Each pass is written once, for any number of lanes.

/// Fractional bits of the constants.
const CONST_BITS: u32 = 13;

/// Fractional bits that stay between the two passes.
const PASS1_BITS: u32 = 2;

/// Some 32-bit numbers side by side.
pub(super) trait Lanes: Copy {
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn times(self, factor: i32) -> Self;
    fn left<const BITS: i32>(self) -> Self;
    /// Divides by a power of two, rounding half up.
    fn descale<const BITS: i32>(self) -> Self;
}

impl Lanes for i32 {
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.wrapping_add(other)
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.wrapping_sub(other)
    }
    #[inline(always)]
    fn times(self, factor: i32) -> Self {
        self.wrapping_mul(factor)
    }
    #[inline(always)]
    fn left<const BITS: i32>(self) -> Self {
        self << BITS
    }
    #[inline(always)]
    fn descale<const BITS: i32>(self) -> Self {
        self.wrapping_add(1 << (BITS - 1)) >> BITS
    }
}

/// Shifts of the two passes, for a transform to eight, four and two points.
pub(super) const EIGHT: (i32, i32) = (11, 18);
pub(super) const FOUR: (i32, i32) = (12, 19);
pub(super) const TWO: (i32, i32) = (13, 20);

/// Eight points to eight.
#[inline(always)]
pub(super) fn eight<L: Lanes, const SHIFT: i32>(v: [L; 8]) -> [L; 8] {
    let [v0, v1, v2, v3, v4, v5, v6, v7] = v;
    let z1 = v2.add(v6).times(4433);
    let even2 = z1.sub(v6.times(15137));
    let even3 = z1.add(v2.times(6270));
    let even0 = v0.add(v4).left::<13>();
    let even1 = v0.sub(v4).left::<13>();
    let (e0, e3) = (even0.add(even3), even0.sub(even3));
    let (e1, e2) = (even1.add(even2), even1.sub(even2));

    let (z1, z2) = (v7.add(v1), v5.add(v3));
    let (z3, z4) = (v7.add(v3), v5.add(v1));
    let z5 = z3.add(z4).times(9633);
    let z1 = z1.times(-7373);
    let z2 = z2.times(-20995);
    let z3 = z5.sub(z3.times(16069));
    let z4 = z5.sub(z4.times(3196));
    let o0 = v7.times(2446).add(z1).add(z3);
    let o1 = v5.times(16819).add(z2).add(z4);
    let o2 = v3.times(25172).add(z2).add(z3);
    let o3 = v1.times(12299).add(z1).add(z4);
    [
        e0.add(o3).descale::<SHIFT>(),
        e1.add(o2).descale::<SHIFT>(),
        e2.add(o1).descale::<SHIFT>(),
        e3.add(o0).descale::<SHIFT>(),
        e3.sub(o0).descale::<SHIFT>(),
        e2.sub(o1).descale::<SHIFT>(),
        e1.sub(o2).descale::<SHIFT>(),
        e0.sub(o3).descale::<SHIFT>(),
    ]
}

/// Eight points to four, each the mean of two; the fifth coefficient has no part in it.
#[inline(always)]
pub(super) fn four<L: Lanes, const SHIFT: i32>(v: [L; 8]) -> [L; 4] {
    let [v0, v1, v2, v3, _, v5, v6, v7] = v;
    let even0 = v0.left::<14>();
    let even2 = v2.times(15137).sub(v6.times(6270));
    let (e0, e1) = (even0.add(even2), even0.sub(even2));
    let o1 = v5
        .times(11893)
        .sub(v7.times(1730))
        .sub(v3.times(17799))
        .add(v1.times(8697));
    let o0 = v3
        .times(7373)
        .sub(v7.times(4176))
        .sub(v5.times(4926))
        .add(v1.times(20995));
    [
        e0.add(o0).descale::<SHIFT>(),
        e1.add(o1).descale::<SHIFT>(),
        e1.sub(o1).descale::<SHIFT>(),
        e0.sub(o0).descale::<SHIFT>(),
    ]
}

/// Eight points to two, each the mean of four; of the even coefficients only the first has a part in it.
#[inline(always)]
fn two<const SHIFT: i32>(v: [i32; 8]) -> [i32; 2] {
    let [v0, v1, _, v3, _, v5, _, v7] = v;
    let even = v0.left::<15>();
    let odd = v5
        .times(6967)
        .sub(v7.times(5906))
        .sub(v3.times(10426))
        .add(v1.times(29692));
    [
        even.add(odd).descale::<SHIFT>(),
        even.sub(odd).descale::<SHIFT>(),
    ]
}

/// Coefficients and quantisers of a block, both in rows, not zigzag.
#[derive(Clone, Copy)]
pub(super) struct Block<'a> {
    pub(super) coefficients: &'a [i16; 64],
    pub(super) quantisers: &'a [i32; 64],
}

impl Block<'_> {
    #[inline(always)]
    fn at(self, index: usize) -> i32 {
        let coefficient = self.coefficients.get(index).copied().unwrap_or_default();
        let quantiser = self.quantisers.get(index).copied().unwrap_or_default();
        i32::from(coefficient).wrapping_mul(quantiser)
    }

    #[inline(always)]
    fn column(self, x: usize) -> [i32; 8] {
        std::array::from_fn(|y| self.at(y * 8 + x))
    }
}

/// A sample from a sum around zero.
#[inline(always)]
fn sample(value: i32) -> u8 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to a sample"
    )]
    let sample = value.wrapping_add(128).clamp(0, 255) as u8;
    sample
}

/// Writes the block's eight rows of eight samples.
pub(super) fn whole(block: Block<'_>, out: &mut [u8], stride: usize) {
    let columns: [[i32; 8]; 8] = std::array::from_fn(|x| eight::<_, { EIGHT.0 }>(block.column(x)));
    for (y, row) in out.chunks_mut(stride).take(8).enumerate() {
        let between = columns.map(|column| column.get(y).copied().unwrap_or_default());
        let samples = eight::<_, { EIGHT.1 }>(between).map(sample);
        put(row, samples);
    }
}

/// Writes four rows of four samples.
pub(super) fn half(block: Block<'_>, out: &mut [u8], stride: usize) {
    let columns: [[i32; 4]; 8] = std::array::from_fn(|x| four::<_, { FOUR.0 }>(block.column(x)));
    for (y, row) in out.chunks_mut(stride).take(4).enumerate() {
        let between = columns.map(|column| column.get(y).copied().unwrap_or_default());
        let samples = four::<_, { FOUR.1 }>(between).map(sample);
        put(row, samples);
    }
}

/// Writes two rows of two samples.
pub(super) fn quarter(block: Block<'_>, out: &mut [u8], stride: usize) {
    let columns: [[i32; 2]; 8] = std::array::from_fn(|x| two::<{ TWO.0 }>(block.column(x)));
    for (y, row) in out.chunks_mut(stride).take(2).enumerate() {
        let between = columns.map(|column| column.get(y).copied().unwrap_or_default());
        put(row, two::<{ TWO.1 }>(between).map(sample));
    }
}

/// The block's mean.
#[inline(always)]
pub(super) fn mean(block: Block<'_>) -> u8 {
    sample(block.at(0).descale::<3>())
}

/// Samples at the beginning of a row; a row that is too short takes none.
#[inline(always)]
pub(super) fn put<const N: usize>(row: &mut [u8], samples: [u8; N]) {
    if let Some(room) = row.first_chunk_mut() {
        *room = samples;
    }
}

// The shifts above are written as numbers, since a generic can't compute.
const _: () = assert!(EIGHT.0 as u32 == CONST_BITS - PASS1_BITS);
const _: () = assert!(EIGHT.1 as u32 == CONST_BITS + PASS1_BITS + 3);
