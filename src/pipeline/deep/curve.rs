//! Curves of samples of 16 bit, by tables of their light.

use std::sync::LazyLock;

use crate::pipeline::curve::decoded;

/// Parts of light by which a sample's place in the table is guessed.
const PARTS: usize = 1 << 12;

/// A curve, and where to look for what undoes it.
pub(in crate::pipeline) struct DeepCurve {
    /// Of each sample, never falling.
    light: Vec<f32>,
    /// The first sample whose light is at least so many parts.
    starts: Vec<u32>,
}

/// sRGB's.
pub(in crate::pipeline) static SRGB: LazyLock<DeepCurve> = LazyLock::new(|| DeepCurve::of(decoded));

impl DeepCurve {
    /// Of a curve that rises from 0 to 1.
    pub(in crate::pipeline) fn of(curve: impl Fn(f64) -> f64) -> Self {
        // A library's power differs in its last bit between processors; that doesn't show in 2^-23.
        const UNIT: f64 = (1 << 23) as f64;
        let mut most = 0.0_f32;
        let light = (0..=u16::MAX).map(|sample| {
            let light = (curve(f64::from(sample) / 65_535.0) * UNIT).round() / UNIT;
            #[expect(clippy::cast_possible_truncation, reason = "that is what is stored")]
            let light = light as f32;
            most = most.max(light);
            most
        });
        let light: Vec<f32> = light.collect();
        let starts = (0..=PARTS).map(|part| {
            let least = part as f32 / PARTS as f32;
            u32::try_from(light.partition_point(|&light| light < least)).unwrap_or(u32::MAX)
        });
        let starts = starts.collect();
        Self { light, starts }
    }

    /// Of a sample.
    pub(in crate::pipeline) fn light(&self, sample: u16) -> f32 {
        self.light.get(usize::from(sample)).copied().unwrap_or(1.0)
    }

    /// The sample whose light is nearest.
    pub(in crate::pipeline) fn sample(&self, light: f32) -> u16 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it saturates"
        )]
        let part = (light * PARTS as f32) as usize;
        let part = part.min(PARTS - 1);
        let at = |part: usize| self.starts.get(part).map_or(0, |&start| start as usize);
        let (from, to) = (at(part), at(part + 1).min(self.light.len()));
        let among = self.light.get(from..to).unwrap_or_default();
        let above = from + among.partition_point(|&other| other < light);
        let above = above.min(self.light.len() - 1);
        let below = above.saturating_sub(1);
        let far = |place: usize| (self.light.get(place).copied().unwrap_or(0.0) - light).abs();
        let nearest = if far(below) <= far(above) {
            below
        } else {
            above
        };
        u16::try_from(nearest).unwrap_or(u16::MAX)
    }
}

/// The number of the brightest sample.
pub(super) const BRIGHTEST: f32 = 65_535.0;

/// The sample of that share of the brightest.
pub(super) fn nearest(share: f32) -> u16 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float saturates"
    )]
    let sample = (share * BRIGHTEST + 0.5) as u16;
    sample
}
