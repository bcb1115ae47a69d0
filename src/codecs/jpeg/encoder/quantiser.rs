//! The division of coefficients by their steps, and what is small enough to be dropped.
//!
//! A coefficient near half a step costs several bits and is worth little: between half a step and the dead zone's end it
//! becomes zero, as in jpegli. What stands alone costs most, so for that the zone is wider. The widths were found with SSIMULACRA2.

/// Bits behind the point of a coefficient that is divided.
const POINT: u32 = 4;

/// Parts of a step in which widths are told.
const PARTS: u32 = 256;
const HALF: u32 = PARTS / 2;

/// How far beyond half a step the dead zone ends, and how much further for chroma's highest frequency.
const DEAD: u32 = 15;
const DEAD_CHROMA: u32 = 51;
/// And how much further for what stands alone.
const LONE: u32 = 38;
/// What is a little above the middle between two multiples of the step is rounded down.
const DOWN: u32 = 10;

/// All that from this step on; below it the less the nearer the step is to one: who wants so small steps wants it all.
const COARSE: u32 = 4;

/// The highest diagonal of a block.
const LAST_DIAGONAL: u32 = 14;

/// What quantises a plane, with a number for each place in a block.
pub(super) struct Quantiser {
    /// What is added before the division, of which the quotient is rounded down.
    pub(super) bias: [u16; 64],
    /// The quotient is the upper half of the product with the one, of which it is the upper half of the product with the other.
    pub(super) reciprocal: [u16; 64],
    pub(super) scale: [u16; 64],
    /// The largest size that is dropped.
    pub(super) dead: [u16; 64],
    /// The largest size that is dropped where it stands alone, not below the other.
    pub(super) lone: [u16; 64],
}

impl Quantiser {
    /// For steps in rows, of 1 to 255.
    pub(super) fn new(steps: &[u16; 64], chroma: bool) -> Self {
        let mut quantiser = Self {
            bias: [0; 64],
            reciprocal: [0; 64],
            scale: [0; 64],
            dead: [0; 64],
            lone: [0; 64],
        };
        for (y, row) in (0..).zip(steps.as_chunks::<8>().0) {
            for (x, &step) in (0..).zip(row) {
                quantiser.set(x, y, u32::from(step), chroma);
            }
        }
        quantiser
    }

    #[expect(
        clippy::indexing_slicing,
        clippy::cast_possible_truncation,
        reason = "frequencies are below eight, and what a step of 255 takes has 16 bits"
    )]
    fn set(&mut self, x: u32, y: u32, step: u32, chroma: bool) {
        let place = (x * 8 + y) as usize;
        // Of the full width, as far as the step is coarse; none for the mean.
        let part = if place == 0 {
            0
        } else {
            step.clamp(1, COARSE) - 1
        };
        let wide = |width: u32| width * part / (COARSE - 1);
        let further = if chroma {
            DEAD_CHROMA * (x + y) / LAST_DIAGONAL
        } else {
            0
        };
        let step = step.max(1) << POINT;
        let shift = (step - 1).ilog2();
        self.reciprocal[place] = (1_u32 << (16 + shift)).div_ceil(step) as u16;
        self.scale[place] = 1 << (16 - shift);
        self.bias[place] = (step * (HALF - wide(DOWN)) / PARTS) as u16;
        // Up to what would be divided to zero, at least.
        let dead = (step * (HALF + wide(DEAD + further))).div_ceil(PARTS) - 1;
        self.dead[place] = dead as u16;
        let lone = (step * (HALF + wide(DEAD + further + LONE))).div_ceil(PARTS) - 1;
        self.lone[place] = lone as u16;
    }

    /// The quotient of a size with the point's bits, at some place.
    pub(super) fn divide(&self, place: usize, size: u16) -> i16 {
        let of = |table: &[u16; 64]| table.get(place).copied().unwrap_or_default();
        let biased = size + of(&self.bias);
        upper(upper(biased, of(&self.reciprocal)), of(&self.scale)).cast_signed()
    }
}

/// The upper half of a product.
fn upper(a: u16, b: u16) -> u16 {
    let [_, _, low, high] = (u32::from(a) * u32::from(b)).to_le_bytes();
    u16::from_le_bytes([low, high])
}
