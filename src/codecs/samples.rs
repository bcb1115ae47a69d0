//! Arithmetic of single samples and pixels of 8 bit, as formats and stages share it.

use super::Model;

/// A grey or RGB pixel, with or without alpha, as RGBA.
pub fn rgba(pixel: &[u8]) -> [u8; 4] {
    match *pixel {
        [grey] => [grey, grey, grey, 255],
        [grey, alpha] => [grey, grey, grey, alpha],
        [r, g, b] => [r, g, b, 255],
        [r, g, b, a] => [r, g, b, a],
        _ => [0; 4],
    }
}

/// Pixels of that layout, which is grey or RGB, with or without alpha, as RGBA.
pub(super) fn pixels(samples: &[u8], model: Model) -> impl Iterator<Item = [u8; 4]> + Clone {
    samples.chunks_exact(model.channels() as usize).map(rgba)
}

/// Porter and Duff's *over*, on straight alpha, rounded to the nearest.
pub fn over(front: [u8; 4], back: [u8; 4]) -> [u8; 4] {
    let [.., front_alpha] = front;
    let [.., back_alpha] = back;
    if front_alpha == 255 || back_alpha == 0 {
        return front;
    }
    let front_weight = 255 * u32::from(front_alpha);
    let back_weight = u32::from(back_alpha) * (255 - u32::from(front_alpha));
    // Not 0, since the back is not fully transparent and the front is not opaque.
    let sum = front_weight + back_weight;
    let mut mixed = [0; 4];
    for (slot, (f, b)) in mixed.iter_mut().zip(front.into_iter().zip(back)) {
        let value = (u32::from(f) * front_weight + u32::from(b) * back_weight + sum / 2) / sum;
        *slot = u8::try_from(value).unwrap_or(u8::MAX);
    }
    let [r, g, b, _] = mixed;
    let alpha = u8::try_from((sum + 127) / 255).unwrap_or(u8::MAX);
    [r, g, b, alpha]
}

/// The nearest of the levels that a byte has.
pub(super) fn nearest(sample: u16) -> u8 {
    u8::try_from((u32::from(sample) + 128) / 257).unwrap_or(u8::MAX)
}

/// A sample of 8 or 16 bit, of which all values are used.
pub(super) trait Sample: Copy + PartialEq {
    /// The brightest, and what isn't seen through.
    const MOST: Self;

    /// What was multiplied by alpha, as it was before, to the nearest; 0 where nothing is left of it.
    fn straight(self, alpha: Self) -> Self;
}

impl Sample for u8 {
    const MOST: Self = Self::MAX;

    fn straight(self, alpha: Self) -> Self {
        let alpha = u16::from(alpha);
        let whole = (u16::from(self) * 255 + alpha / 2).checked_div(alpha);
        Self::try_from(whole.unwrap_or(0)).unwrap_or(Self::MAX)
    }
}

impl Sample for u16 {
    const MOST: Self = Self::MAX;

    fn straight(self, alpha: Self) -> Self {
        let alpha = u32::from(alpha);
        let whole = (u32::from(self) * 65_535 + alpha / 2).checked_div(alpha);
        Self::try_from(whole.unwrap_or(0)).unwrap_or(Self::MAX)
    }
}

/// Divides colours by the alpha behind them, which they are multiplied by.
pub(super) fn divide<const N: usize, S: Sample>(row: &mut [S]) {
    for pixel in row.as_chunks_mut::<N>().0 {
        let Some((&mut alpha, colours)) = pixel.split_last_mut() else {
            return;
        };
        if alpha == S::MOST {
            continue;
        }
        for colour in colours {
            *colour = colour.straight(alpha);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_is_porter_and_duffs() {
        for (front, back, expected) in [
            ([10, 20, 30, 255], [1, 2, 3, 255], [10, 20, 30, 255]),
            ([10, 20, 30, 0], [1, 2, 3, 255], [1, 2, 3, 255]),
            ([10, 20, 30, 0], [1, 2, 3, 0], [10, 20, 30, 0]),
            ([255, 255, 255, 128], [0, 0, 0, 255], [128, 128, 128, 255]),
            ([0, 0, 0, 51], [255, 255, 255, 255], [204, 204, 204, 255]),
            ([200, 0, 0, 128], [0, 0, 200, 128], [134, 0, 66, 192]),
        ] {
            assert_eq!(over(front, back), expected, "{front:?} over {back:?}");
        }
    }
}
