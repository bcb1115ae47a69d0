//! Interleaved samples as numbers: split into channels before they are mixed, and joined after it.
//!
//! Colour is multiplied with alpha before it is mixed and divided after, so that what can't be seen lends no colour.
//! This is the way there, in steps; the portable code is what the vectors are held to. [`joined`] is the way back.

#[cfg(target_arch = "x86_64")]
#[path = "interleaved_vbmi.rs"]
mod vbmi;

use std::ops::Range;

use super::curve::{BRIGHTEST, Curve};
use super::joined;
use super::sight::{BLOCK, Sight};

/// How samples of a pixel are interleaved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interleaved {
    /// Samples per pixel, 1 to 4.
    pub(super) channels: u32,
    /// Whether the last one is alpha.
    pub(super) alpha: bool,
    /// Whether colour is mixed as light.
    pub(super) linear: bool,
}

/// Pixels that are split at once, and of which stretches are a multiple.
pub(super) const STEP: usize = 64;

/// The number of an opaque alpha.
const OPAQUE: u32 = BRIGHTEST.cast_unsigned() as u32;

/// The part of a pixel's light that its alpha lets through, in 1/32768.
fn part(alpha: u8) -> u32 {
    (u32::from(alpha) * 257).div_ceil(2)
}

/// The part of a number, rounded half down: vectors multiply with the negative part, since a whole has no positive one there.
fn part_of(number: u32, part: u32) -> u32 {
    (number * part + 0x3fff) >> 15
}

/// Where the numbers of two rows go.
struct Slot<'a> {
    /// The upper row's numbers in the low halves, each channel's in a stretch of its own.
    numbers: &'a mut [u32],
    /// Numbers of a stretch.
    stride: usize,
    /// What is seen of each block, of these rows and, before, of those whose numbers lie here; none without alpha.
    sights: &'a mut [Sight],
}

impl Slot<'_> {
    /// A channel's numbers of a step.
    fn step(&mut self, channel: usize, step: usize) -> Option<&mut [u32; STEP]> {
        let start = channel * self.stride + step * STEP;
        self.numbers.get_mut(start..)?.first_chunk_mut()
    }

    /// Whether a step's numbers already are what they have to be, as long as only this is seen; keeps what is seen now.
    fn look(&mut self, step: usize, now: [Sight; 2]) -> Looked {
        let Some([first, second]) = self
            .sights
            .get_mut(step * STEP / BLOCK..)
            .and_then(<[Sight]>::first_chunk_mut)
        else {
            return Looked::Opaque { before: true };
        };
        let before = first.and(*second);
        [*first, *second] = now;
        match now[0].and(now[1]) {
            Sight::NOTHING => Looked::Nothing {
                before: before == Sight::NOTHING,
            },
            Sight::OPAQUE => Looked::Opaque {
                before: before == Sight::OPAQUE,
            },
            _ => Looked::Mixed,
        }
    }
}

/// What is to be done for a step's pixels.
enum Looked {
    /// Numbers are zeros, as they are already if it was so before.
    Nothing { before: bool },
    /// Alphas are opaque, as they are already if it was so before.
    Opaque { before: bool },
    /// Colours are multiplied with alpha.
    Mixed,
}

impl Interleaved {
    /// The numbers of two rows, the upper one's in the low halves, each channel's in a stretch of `stride` of its own.
    ///
    /// `sights` has what is seen of each block of the numbers that lie in `out`, and gets what is seen of the rows.
    pub(super) fn pair(
        self,
        [upper, lower]: [&[u8]; 2],
        stride: usize,
        out: &mut [u32],
        sights: &mut [Sight],
    ) {
        let slot = Slot {
            numbers: out,
            stride,
            sights,
        };
        let curve = Curve::of(self.linear);
        match (self.channels, self.alpha) {
            (1, _) => pair::<1, false>(curve, upper, lower, slot),
            (2, _) => pair::<2, true>(curve, upper, lower, slot),
            (3, _) => pair::<3, false>(curve, upper, lower, slot),
            (_, true) => pair::<4, true>(curve, upper, lower, slot),
            (_, false) => pair::<4, false>(curve, upper, lower, slot),
        }
    }

    /// The pixels nearest to the numbers, which come channel by channel, of a part of a row of which this is seen.
    pub(super) fn samples(self, numbers: &[i16], part: Range<usize>, sight: Sight, out: &mut [u8]) {
        let curve = Curve::of(self.linear);
        match (self.channels, self.alpha) {
            (1, _) => joined::pixels::<1, false>(curve, numbers, part, sight, out),
            (2, _) => joined::pixels::<2, true>(curve, numbers, part, sight, out),
            (3, _) => joined::pixels::<3, false>(curve, numbers, part, sight, out),
            (_, true) => joined::pixels::<4, true>(curve, numbers, part, sight, out),
            (_, false) => joined::pixels::<4, false>(curve, numbers, part, sight, out),
        }
    }
}

fn pair<const N: usize, const ALPHA: bool>(
    curve: &Curve,
    upper: &[u8],
    lower: &[u8],
    mut slot: Slot<'_>,
) {
    let whole = upper.len().min(lower.len()) / (N * STEP);
    let (upper, upper_rest) = upper.split_at(whole * N * STEP);
    let (lower, lower_rest) = lower.split_at(whole * N * STEP);
    steps::<N, ALPHA>(curve, [upper, lower], 0, &mut slot);
    if !upper_rest.is_empty() {
        let [upper, lower] = [upper_rest, lower_rest].map(filled::<N>);
        let rest = [upper.get(..N * STEP), lower.get(..N * STEP)];
        steps::<N, ALPHA>(curve, rest.map(Option::unwrap_or_default), whole, &mut slot);
    }
}

/// A step's pixels, the last one again and again where there are no more.
fn filled<const N: usize>(pixels: &[u8]) -> [u8; 4 * STEP] {
    let mut out = [0; 4 * STEP];
    let (pixels, _) = pixels.as_chunks::<N>();
    let last = pixels.last().copied().unwrap_or([0; N]);
    for (index, out) in out.as_chunks_mut::<N>().0.iter_mut().enumerate() {
        *out = pixels.get(index).copied().unwrap_or(last);
    }
    out
}

/// Splits whole steps of two rows; the first one goes to the slot's step `first`.
fn steps<const N: usize, const ALPHA: bool>(
    curve: &Curve,
    rows: [&[u8]; 2],
    first: usize,
    slot: &mut Slot<'_>,
) {
    #[cfg(target_arch = "x86_64")]
    if let Some(token) = vbmi::Token::new() {
        vbmi::steps::<N, ALPHA>(token, curve, rows, first, slot);
        return;
    }
    portable::<N, ALPHA>(curve, rows, first, slot);
}

#[expect(
    clippy::indexing_slicing,
    reason = "a pixel loop over arrays of a step's length"
)]
fn portable<const N: usize, const ALPHA: bool>(
    curve: &Curve,
    [upper, lower]: [&[u8]; 2],
    first: usize,
    slot: &mut Slot<'_>,
) {
    let both = upper
        .chunks_exact(N * STEP)
        .zip(lower.chunks_exact(N * STEP));
    for (step, (upper, lower)) in both.enumerate() {
        let step = first + step;
        let (upper, lower) = (upper.as_chunks::<N>().0, lower.as_chunks::<N>().0);
        let looked = if ALPHA {
            let sights = [0, BLOCK].map(|start| {
                let block = start..start + BLOCK;
                sight(&upper[block.clone()], &lower[block])
            });
            slot.look(step, sights)
        } else {
            Looked::Opaque { before: true }
        };
        let colours = N - usize::from(ALPHA);
        for channel in 0..N {
            let Some(out) = slot.step(channel, step) else {
                return;
            };
            match looked {
                Looked::Nothing { before: true } => {}
                Looked::Nothing { before: false } => out.fill(0),
                Looked::Opaque { before } if channel == colours => {
                    if !before {
                        out.fill(OPAQUE | OPAQUE << 16);
                    }
                }
                Looked::Opaque { .. } => {
                    for index in 0..STEP {
                        let [upper, lower] =
                            [upper, lower].map(|row| u32::from(curve.number(row[index][channel])));
                        out[index] = upper | lower << 16;
                    }
                }
                Looked::Mixed => {
                    for index in 0..STEP {
                        let [upper, lower] = [upper, lower].map(|row| {
                            let pixel = row[index];
                            let number = if channel == colours {
                                OPAQUE
                            } else {
                                u32::from(curve.number(pixel[channel]))
                            };
                            part_of(number, part(pixel[N - 1]))
                        });
                        out[index] = upper | lower << 16;
                    }
                }
            }
        }
    }
}

/// What is seen of a block of two rows.
#[expect(clippy::indexing_slicing, reason = "a pixel's last sample")]
fn sight<const N: usize>(upper: &[[u8; N]], lower: &[[u8; N]]) -> Sight {
    let (mut any, mut all) = (0, u8::MAX);
    for pixel in upper.iter().chain(lower) {
        any |= pixel[N - 1];
        all &= pixel[N - 1];
    }
    Sight::of(any != 0, all != u8::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KINDS: [(u32, bool); 5] = [(1, false), (2, true), (3, false), (4, true), (4, false)];

    fn kinds() -> impl Iterator<Item = Interleaved> {
        KINDS.iter().flat_map(|&(channels, alpha)| {
            [false, true].map(|linear| Interleaved {
                channels,
                alpha,
                linear,
            })
        })
    }

    fn through(kind: Interleaved, pixels: &[u8]) -> Vec<u8> {
        let count = pixels.len() / kind.channels as usize;
        let stride = count.next_multiple_of(STEP);
        let mut out = vec![0; stride * kind.channels as usize];
        let mut sights = vec![Sight::MIXED; stride / BLOCK];
        kind.pair([pixels, pixels], stride, &mut out, &mut sights);
        let numbers: Vec<i16> = out
            .chunks(stride)
            .flat_map(|stretch| &stretch[..count])
            .map(|&both| {
                assert_eq!(both >> 16, both & 0xffff);
                i16::try_from(both & 0xffff).unwrap()
            })
            .collect();
        let mut back = vec![0; pixels.len()];
        kind.samples(&numbers, 0..count, Sight::MIXED, &mut back);
        back
    }

    #[test]
    fn opaque_pixels_come_back() {
        for kind in kinds() {
            let pixels: Vec<u8> = (0..=255_u8)
                .flat_map(|value| {
                    let pixel = [value, 255 - value, value / 2, 255];
                    let channels = kind.channels as usize;
                    if kind.alpha {
                        pixel[4 - channels..].to_vec()
                    } else {
                        pixel[..channels].to_vec()
                    }
                })
                .collect();
            assert_eq!(through(kind, &pixels), pixels, "{kind:?}");
        }
    }

    #[test]
    fn what_is_seen_comes_back() {
        for linear in [false, true] {
            let kind = Interleaved {
                channels: 4,
                alpha: true,
                linear,
            };
            for alpha in 0..=255 {
                let pixels: Vec<u8> = (0..=255)
                    .flat_map(|value| [value, 255 - value, 77, alpha])
                    .collect();
                let back = through(kind, &pixels);
                for (&from, &to) in pixels.iter().zip(&back) {
                    let seen = |sample: u8| f64::from(sample) * f64::from(alpha) / 255.0;
                    assert!((seen(from) - seen(to)).abs() < 1.3, "{alpha}: {from}, {to}");
                }
                assert!(back.iter().skip(3).step_by(4).all(|&to| to == alpha));
            }
        }
    }

    /// A row of stretches that are transparent, opaque or of any alpha.
    fn row(kind: Interleaved, width: usize, seed: u32) -> Vec<u8> {
        let mut state = seed | 1;
        let mut random = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        };
        let channels = kind.channels as usize;
        let (mut left, mut fixed) = (0, None);
        let mut pixels = Vec::new();
        for _ in 0..width {
            if left == 0 {
                left = usize::from(random()) * 2 / 3 + 1;
                fixed = [Some(0), Some(255), None][usize::from(random()) % 3];
            }
            left -= 1;
            pixels.extend((1..channels).map(|_| random()));
            let last = random();
            pixels.push(if kind.alpha {
                fixed.unwrap_or(last)
            } else {
                last
            });
        }
        pixels
    }

    fn splits<const N: usize, const ALPHA: bool>(
        kind: Interleaved,
        rows: &[[Vec<u8>; 2]],
        steps: impl Fn(&Curve, [&[u8]; 2], &mut Slot<'_>),
    ) -> (Vec<u32>, Vec<Sight>) {
        let stride = rows[0][0].len() / N;
        let mut numbers = vec![7; stride * N];
        let mut sights = vec![Sight::MIXED; if ALPHA { stride / BLOCK } else { 0 }];
        // One after the other, so that numbers of earlier rows are there.
        for [upper, lower] in rows {
            let mut slot = Slot {
                numbers: &mut numbers,
                stride,
                sights: &mut sights,
            };
            steps(Curve::of(kind.linear), [upper, lower], &mut slot);
        }
        (numbers, sights)
    }

    fn same<const N: usize, const ALPHA: bool>(kind: Interleaved, rows: &[[Vec<u8>; 2]]) {
        let expected = splits::<N, ALPHA>(kind, rows, |curve, rows, slot| {
            portable::<N, ALPHA>(curve, rows, 0, slot);
        });
        let best = splits::<N, ALPHA>(kind, rows, |curve, rows, slot| {
            steps::<N, ALPHA>(curve, rows, 0, slot);
        });
        assert!(expected == best, "{kind:?}");
        // And without what is known of earlier rows.
        let last = rows.last().map(std::slice::from_ref).unwrap();
        let alone = splits::<N, ALPHA>(kind, last, |curve, rows, slot| {
            portable::<N, ALPHA>(curve, rows, 0, slot);
        });
        assert!(expected == alone, "{kind:?}");
    }

    proptest! {
        #[test]
        fn vectors_give_the_same(seed in any::<u32>(), blocks in 1_usize..6) {
            for kind in kinds() {
                let rows: Vec<[Vec<u8>; 2]> = (0..4)
                    .map(|at| {
                        let upper = row(kind, blocks * STEP, seed ^ (at / 2));
                        // Often the rows look alike, as in pictures.
                        let lower = row(kind, blocks * STEP, seed ^ (at / 3));
                        [upper, lower]
                    })
                    .collect();
                match (kind.channels, kind.alpha) {
                    (1, _) => same::<1, false>(kind, &rows),
                    (2, _) => same::<2, true>(kind, &rows),
                    (3, _) => same::<3, false>(kind, &rows),
                    (_, true) => same::<4, true>(kind, &rows),
                    (_, false) => same::<4, false>(kind, &rows),
                }
            }
        }

        /// A pixel of its own has the numbers that it has among others.
        #[test]
        fn many_at_once_are_as_one_by_one(seed in any::<u32>(), width in 1_usize..200) {
            for kind in kinds() {
                let channels = kind.channels as usize;
                let (upper, lower) = (row(kind, width, seed), row(kind, width, seed / 3));
                let stride = width.next_multiple_of(STEP);
                let mut together = vec![0; stride * channels];
                let mut sights = vec![Sight::MIXED; stride / BLOCK];
                kind.pair([&upper, &lower], stride, &mut together, &mut sights);
                for at in 0..width {
                    let pixel = at * channels..(at + 1) * channels;
                    let mut alone = vec![0; STEP * channels];
                    let rows = [&upper[pixel.clone()], &lower[pixel]];
                    kind.pair(rows, STEP, &mut alone, &mut [Sight::MIXED; 2]);
                    for channel in 0..channels {
                        prop_assert_eq!(alone[channel * STEP], together[channel * stride + at]);
                    }
                }
            }
        }
    }
}
