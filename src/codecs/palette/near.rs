//! Which of a palette's colours is nearest.

use super::COLOURS;

/// Colours among which the nearest is looked for.
pub(super) struct Near {
    /// Each axis by itself, filled up with what is near to nothing.
    axes: [[f32; COLOURS]; 4],
}

impl Near {
    pub(super) fn new(colours: impl Iterator<Item = [f32; 4]>) -> Self {
        let mut axes = [[1e9; COLOURS]; 4];
        for (index, colour) in colours.enumerate().take(COLOURS) {
            for (axis, at) in axes.iter_mut().zip(colour) {
                if let Some(slot) = axis.get_mut(index) {
                    *slot = at;
                }
            }
        }
        Self { axes }
    }

    /// The number of the nearest, the first of those that are as near.
    pub(super) fn nearest(&self, at: [f32; 4]) -> usize {
        let nearest = self.lanes(at).into_iter().min_by(nearer);
        nearest.map_or(0, |(_, number)| number)
    }

    /// The numbers of the nearest and of some others that are near.
    pub(super) fn near(&self, at: [f32; 4]) -> [u8; NEAR] {
        let mut lanes = self.lanes(at);
        lanes.sort_unstable_by(nearer);
        let mut near = [0; NEAR];
        for (slot, (_, number)) in near.iter_mut().zip(lanes) {
            *slot = u8::try_from(number).unwrap_or_default();
        }
        near
    }

    /// The nearest of every eighth, and how far it is.
    fn lanes(&self, [r, g, b, a]: [f32; 4]) -> [(f32, usize); LANES] {
        let mut best = [f32::MAX; LANES];
        let mut group = [0_u32; LANES];
        let [red, green, blue, alpha] =
            self.axes.each_ref().map(|axis| axis.as_chunks::<LANES>().0);
        let axes = red.iter().zip(green).zip(blue.iter().zip(alpha));
        for (index, ((red, green), (blue, alpha))) in (0..).zip(axes) {
            for lane in 0..LANES {
                #[expect(clippy::indexing_slicing, reason = "all have as many lanes")]
                {
                    let (r, g) = (red[lane] - r, green[lane] - g);
                    let (b, a) = (blue[lane] - b, alpha[lane] - a);
                    let distance = r * r + g * g + b * b + a * a;
                    let nearer = distance < best[lane];
                    best[lane] = if nearer { distance } else { best[lane] };
                    group[lane] = if nearer { index } else { group[lane] };
                }
            }
        }
        let mut lanes = [(0.0, 0); LANES];
        for (lane, (slot, (best, group))) in lanes
            .iter_mut()
            .zip(best.into_iter().zip(group))
            .enumerate()
        {
            *slot = (best, group as usize * LANES + lane);
        }
        lanes
    }
}

/// As many as vectors may take at once.
const LANES: usize = 8;

/// Numbers that [`Near::near`] gives.
pub(super) const NEAR: usize = 4;

fn nearer(a: &(f32, usize), b: &(f32, usize)) -> std::cmp::Ordering {
    a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
}
