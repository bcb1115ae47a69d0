//! Quantisation tables by what the eye sees, for each quality.
//!
//! The numbers are those that libjxl's team found for jpegli (`lib/jpegli/quant.cc`, BSD licence) by
//! optimising for a metric of perceived difference; here they are integers, and `finer` makes them a little smaller. At equal
//! quality they give files that are a tenth smaller than those of T.81's example tables.

/// Steps at distance 1 over the global scale, in hundredths, in rows: luma, Cb, Cr.
#[rustfmt::skip]
const STEPS: [[u16; 64]; 3] = [[
    124, 172, 292, 281, 334, 346, 384, 387,
    172, 209, 285, 270, 344, 317, 403, 404,
    292, 285, 296, 339, 362, 390, 376, 424,
    281, 270, 339, 338, 417, 481, 478, 461,
    334, 344, 362, 417, 458, 492, 557, 549,
    346, 317, 390, 481, 492, 544, 509, 609,
    384, 403, 376, 478, 557, 509, 544, 540,
    387, 404, 424, 461, 549, 609, 540, 438,
], [
    282, 650, 931, 1_065, 1_107, 1_715, 1_846, 2_909,
    650, 889, 898, 1_367, 1_655, 1_664, 2_678, 2_133,
    931, 898, 1_109, 1_821, 1_975, 2_399, 10_265, 2_445,
    1_065, 1_367, 1_821, 1_863, 1_604, 2_505, 2_502, 3_580,
    1_107, 1_655, 1_975, 1_604, 1_937, 1_468, 1_995, 5_109,
    1_715, 1_664, 2_399, 2_505, 1_468, 3_132, 4_636, 6_748,
    1_846, 2_678, 10_265, 2_502, 1_995, 4_636, 6_132, 8_835,
    2_909, 2_133, 2_445, 3_580, 5_109, 6_748, 8_835, 11_216,
], [
    292, 450, 736, 658, 854, 880, 919, 948,
    450, 631, 702, 716, 805, 701, 671, 838,
    736, 702, 689, 688, 878, 688, 789, 868,
    658, 716, 688, 700, 772, 796, 747, 836,
    854, 805, 878, 772, 678, 948, 904, 805,
    880, 701, 688, 796, 948, 861, 992, 6_425,
    919, 671, 789, 747, 904, 992, 6_318, 8_335,
    948, 838, 868, 836, 805, 6_425, 8_335, 11_489,
]];

/// How far the steps of chroma shrink where a sample stands for four pixels, in ten-thousandths.
#[rustfmt::skip]
const SUBSAMPLED: [u16; 64] = [
    4_093, 3_209, 3_477, 3_333, 3_144, 2_823, 3_214, 3_354,
    3_209, 3_111, 3_489, 2_801, 3_059, 3_119, 4_135, 3_445,
    3_477, 3_489, 3_586, 3_257, 2_727, 3_754, 3_369, 3_484,
    3_333, 2_801, 3_257, 3_020, 3_515, 3_410, 3_971, 3_839,
    3_144, 3_059, 2_727, 3_515, 3_105, 3_397, 2_716, 3_836,
    2_823, 3_119, 3_754, 3_410, 3_397, 3_212, 3_203, 726,
    3_214, 4_135, 3_369, 3_971, 2_716, 3_203, 798, 553,
    3_354, 3_445, 3_484, 3_839, 3_836, 726, 553, 3_368,
];

/// How fast each step grows with the distance beyond [`BEND`], as a power in hundredths.
#[rustfmt::skip]
const GROWTH: [u8; 64] = [
    100, 51, 67, 74, 100, 100, 100, 100,
    51, 66, 69, 87, 100, 100, 100, 100,
    67, 69, 84, 83, 96, 100, 100, 100,
    74, 87, 83, 100, 100, 91, 91, 100,
    100, 100, 96, 100, 100, 100, 100, 100,
    100, 100, 100, 91, 100, 100, 100, 100,
    100, 100, 100, 91, 100, 100, 100, 100,
    100, 100, 100, 100, 100, 100, 100, 100,
];

const GLOBAL_SCALE: f64 = 1.739_660_1;
const GLOBAL_SCALE_SUBSAMPLED: f64 = GLOBAL_SCALE * 1.22;

/// The distance from which on the steps don't all grow alike.
const BEND: f64 = 1.5;

/// Tables for luma, Cb and Cr, in rows, at a quality of 1 to 100.
pub(super) fn tables(quality: u8, subsampled: bool) -> [[u16; 64]; 3] {
    let distance = distance(quality);
    let global = if subsampled {
        GLOBAL_SCALE_SUBSAMPLED
    } else {
        GLOBAL_SCALE
    };
    let mut tables = [[0; 64]; 3];
    for (plane, (table, steps)) in tables.iter_mut().zip(&STEPS).enumerate() {
        let rows = steps.iter().zip(&GROWTH).zip(&SUBSAMPLED).enumerate();
        for (slot, (index, ((&step, &growth), &rescale))) in table.iter_mut().zip(rows) {
            let growth = f64::from(growth) / 100.0;
            let scale = if distance < BEND {
                distance
            } else {
                (0.5 * distance).max(BEND.powf(1.0 - growth) * distance.powf(growth))
            };
            let rescale = if subsampled && plane > 0 {
                f64::from(rescale) / 10_000.0
            } else {
                1.0
            };
            let finer = finer(plane, subsampled, index);
            let step = f64::from(step) / 100.0 * global * scale * rescale * finer;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "clamped to what a baseline file holds"
            )]
            let step = step.round().clamp(1.0, 255.0) as u16;
            *slot = step;
        }
    }
    tables
}

/// How much smaller steps are than jpegli's: with the bits that dead zones save, and where SSIMULACRA2 sees most in them.
fn finer(plane: usize, subsampled: bool, index: usize) -> f64 {
    let percent = match (plane, subsampled) {
        // Less so for high frequencies.
        (0, _) => 85 + index / 8 + index % 8,
        (_, false) => 90,
        (1, true) => 78,
        (_, true) => 86,
    };
    percent as f64 / 100.0
}

/// Butteraugli's distance, 1 being just noticeable, that a quality aims at.
fn distance(quality: u8) -> f64 {
    let quality = f64::from(quality);
    if quality >= 100.0 {
        0.01
    } else if quality >= 30.0 {
        0.1 + (100.0 - quality) * 0.09
    } else {
        53.0 / 3000.0 * quality * quality - 23.0 / 20.0 * quality + 25.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_only_grow_as_quality_falls() {
        for subsampled in [false, true] {
            let mut finer = tables(100, subsampled);
            assert!(finer.iter().flatten().all(|&step| step <= 3), "{finer:?}");
            for quality in (1..100).rev() {
                let coarser = tables(quality, subsampled);
                let pairs = finer.iter().flatten().zip(coarser.iter().flatten());
                assert!(
                    pairs.clone().all(|(fine, coarse)| fine <= coarse),
                    "{quality}"
                );
                finer = coarser;
            }
        }
    }

    #[test]
    fn quality_80_is_nearly_as_published() {
        // The first steps at distance 1.9, computed by hand from the published formula: 5.0, 6.2 and 10.9, of which
        // 85, 86 and 87 % are taken.
        let [luma, ..] = tables(80, true);
        assert_eq!(luma[..3], [4, 5, 9]);
    }
}
