//! Which colours suit a histogram: boxes of colours are cut where that takes most of the error away, until there are enough;
//! then colours move into the middle of those that are nearest to them (Wu 1991; Lloyd 1982).

use super::histogram::Histogram;
use super::near::Near;
use super::{COLOURS, Seen};
use crate::checkpoint::{Checkpoint, Stage, Stop};

/// How much a difference in each of red, green, blue and alpha counts, as a factor before it is squared.
pub(super) const WEIGHTS: [f32; 4] = [0.8, 1.0, 0.65, 1.0];

/// Rounds in which colours move; more make no difference that is seen.
const ROUNDS: usize = 3;

/// Colours looked at between two polls.
const POLL: usize = 1 << 11;

/// The error, squared, that a quality of nothing would allow.
const MOST_ERROR: f64 = 400.0;

/// Bytes for each kind of colours.
pub(super) const EACH_BYTES: u64 = size_of::<Point>() as u64 + 8;

/// Colours of a kind: their mean, weighted, and how many they are.
#[derive(Clone, Copy)]
struct Point {
    at: [f32; 4],
    count: f32,
}

/// A box of colours: a stretch of all points.
struct Part {
    from: usize,
    to: usize,
    /// Count, sums and sums of squares.
    moments: Moments,
}

#[derive(Clone, Copy, Default)]
struct Moments {
    count: f64,
    sums: [f64; 4],
    squares: [f64; 4],
}

impl Moments {
    fn of(points: &[Point]) -> Self {
        let mut moments = Self::default();
        for point in points {
            moments.add(point);
        }
        moments
    }

    fn add(&mut self, point: &Point) {
        let count = f64::from(point.count);
        self.count += count;
        let sums = self.sums.iter_mut().zip(&mut self.squares);
        for ((sum, square), at) in sums.zip(point.at.map(f64::from)) {
            *sum += at * count;
            *square += at * at * count;
        }
    }

    /// How far points are from their mean, squared, on each axis.
    fn errors(&self) -> [f64; 4] {
        let count = self.count.max(1.0);
        std::array::from_fn(|axis| {
            let sum = self.sums.get(axis).copied().unwrap_or_default();
            let square = self.squares.get(axis).copied().unwrap_or_default();
            (square - sum * sum / count).max(0.0)
        })
    }

    fn error(&self) -> f64 {
        self.errors().iter().sum()
    }

    fn mean(&self) -> [f32; 4] {
        #[expect(clippy::cast_possible_truncation, reason = "a mean of floats")]
        self.sums.map(|sum| (sum / self.count.max(1.0)) as f32)
    }
}

/// At most `most` colours, as few as the quality allows; those that aren't opaque come first.
///
/// # Errors
/// A stopped checkpoint.
pub(super) fn colours(
    histogram: Histogram,
    most: usize,
    quality: u8,
    checkpoint: &Checkpoint,
) -> Result<Vec<Seen>, Stop> {
    let mut points: Vec<Point> = histogram
        .kinds
        .iter()
        .map(|kind| {
            let count = f64::from(kind.count.max(1));
            #[expect(clippy::cast_possible_truncation, reason = "a mean of samples")]
            let mut at = kind.sums.map(|sum| (sum as f64 / count) as f32);
            for (sample, weight) in at.iter_mut().zip(WEIGHTS) {
                *sample *= weight;
            }
            #[expect(clippy::cast_possible_truncation, reason = "a count needn't be exact")]
            let count = count as f32;
            Point { at, count }
        })
        .collect();
    drop(histogram);
    let mut means = cut(&mut points, most, quality, checkpoint)?;
    for _ in 0..ROUNDS {
        means = moved(&points, &means, checkpoint)?;
    }
    let mut colours: Vec<Seen> = means.into_iter().map(colour).collect();
    colours.sort_unstable_by_key(|&[r, g, b, alpha]| (alpha, g, r, b));
    colours.dedup();
    Ok(colours)
}

/// Cuts all points into boxes; the mean of each.
fn cut(
    points: &mut [Point],
    most: usize,
    quality: u8,
    checkpoint: &Checkpoint,
) -> Result<Vec<[f32; 4]>, Stop> {
    let moments = Moments::of(points);
    let lost = f64::from(100 - quality.min(100)) / 100.0;
    let allowed = MOST_ERROR * lost * lost * moments.count;
    let mut parts = vec![Part {
        from: 0,
        to: points.len(),
        moments,
    }];
    while parts.len() < most.min(COLOURS)
        && parts.iter().map(|p| p.moments.error()).sum::<f64>() > allowed
    {
        checkpoint.check(Stage::Encode)?;
        let several = parts.iter().enumerate().filter(|(_, p)| p.to - p.from > 1);
        let errors = several.map(|(index, part)| (index, part.moments.error()));
        let worst = errors.max_by(|a, b| a.1.total_cmp(&b.1));
        let Some((worst, _)) = worst.filter(|&(_, error)| error > 0.0) else {
            break;
        };
        let part = parts.swap_remove(worst);
        let Some(stretch) = points.get_mut(part.from..part.to) else {
            break;
        };
        let at = part.from + split(stretch, &part.moments);
        for (from, to) in [(part.from, at), (at, part.to)] {
            let moments = Moments::of(points.get(from..to).unwrap_or_default());
            parts.push(Part { from, to, moments });
        }
    }
    Ok(parts.iter().map(|part| part.moments.mean()).collect())
}

/// Sorts points along the axis on which they differ most, and says where to cut them: two or more, not all alike.
fn split(points: &mut [Point], moments: &Moments) -> usize {
    let errors = moments.errors().into_iter().enumerate();
    let (axis, _) = errors
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap_or_default();
    let along = |point: &Point| point.at.get(axis).copied().unwrap_or_default();
    points.sort_by(|a, b| along(a).total_cmp(&along(b)));
    let mut before = Moments::default();
    let mut best = (f64::MIN, 1);
    let last = points.len().saturating_sub(1);
    for (index, point) in points.iter().take(last).enumerate() {
        before.add(point);
        // What two means take away from the error, all axes together.
        let taken: f64 = before
            .sums
            .iter()
            .zip(&moments.sums)
            .map(|(sum, all)| {
                let rest = all - sum;
                sum * sum / before.count + rest * rest / (moments.count - before.count).max(1.0)
            })
            .sum();
        if taken > best.0 {
            best = (taken, index + 1);
        }
    }
    best.1
}

/// The means of the points that are nearest to each; one that has none stays.
fn moved(
    points: &[Point],
    means: &[[f32; 4]],
    checkpoint: &Checkpoint,
) -> Result<Vec<[f32; 4]>, Stop> {
    let palette = Near::new(means.iter().copied());
    let mut moments = vec![Moments::default(); means.len()];
    for points in points.chunks(POLL) {
        checkpoint.check(Stage::Encode)?;
        for point in points {
            if let Some(moments) = moments.get_mut(palette.nearest(point.at)) {
                moments.add(point);
            }
        }
    }
    let pairs = moments.iter().zip(means);
    Ok(pairs
        .map(|(moments, &mean)| {
            if moments.count > 0.0 {
                moments.mean()
            } else {
                mean
            }
        })
        .collect())
}

/// A weighted colour as it is seen.
fn colour(at: [f32; 4]) -> Seen {
    let mut samples = [0; 4];
    for ((slot, at), weight) in samples.iter_mut().zip(at).zip(WEIGHTS) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a float saturates"
        )]
        let sample = (at / weight).round() as u8;
        *slot = sample;
    }
    let [r, g, b, alpha] = samples;
    [r.min(alpha), g.min(alpha), b.min(alpha), alpha]
}
