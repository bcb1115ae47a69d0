//! Planes out of a lossy WebP file, as they are decoded: chroma stays small, nothing becomes RGB.
//!
//! VP8 has BT.601 in video range, 16 to 235 and 16 to 240; it is stretched to full range on the way out, and
//! narrowed on the way in.

use super::incremental::{Incremental, Stored};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Band, Error, Model, Plane, Rows, Shape};

/// Rows of luma in a row of VP8's blocks.
const BLOCK: u32 = 16;

/// The layout of every lossy picture.
pub(super) const MODEL: Model = Model::YCbCr { across: 2, down: 2 };

/// The rows of a picture without alpha.
pub(super) struct Planes<'a> {
    decoder: Incremental<'a>,
    shape: Shape,
    /// Rows that were handed out.
    given: u32,
    complete: bool,
    checkpoint: &'a Checkpoint,
}

impl<'a> Planes<'a> {
    pub(super) fn open(
        bytes: &'a [u8],
        shape: Shape,
        checkpoint: &'a Checkpoint,
    ) -> Result<Self, Error> {
        Ok(Self {
            decoder: Incremental::new(bytes, shape)?,
            shape,
            given: 0,
            complete: false,
            checkpoint,
        })
    }

    /// Decodes until there is a row of blocks to hand out, or the end; how many rows there are then.
    fn ready(&mut self) -> Result<u32, Error> {
        loop {
            let rows = self.decoder.decoded()?.map_or(0, |decoded| decoded.rows);
            let whole = if rows >= self.shape.height {
                self.shape.height
            } else {
                rows / BLOCK * BLOCK
            };
            // The last rows wait for what follows them: the file may be broken there.
            if self.complete || (whole > self.given && whole < self.shape.height) {
                return Ok(whole);
            }
            self.checkpoint.check(Stage::Decode)?;
            self.complete = self.decoder.step()?;
        }
    }
}

impl Rows for Planes<'_> {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn next(&mut self, band: &mut Band, rows: u32) -> Result<bool, Error> {
        if self.given == self.shape.height {
            return Ok(false);
        }
        self.checkpoint.check(Stage::Decode)?;
        let ready = self.ready()?;
        let at_once = (rows / BLOCK * BLOCK).max(BLOCK);
        let end = ready.min(self.given + at_once);
        let Some(decoded) = self.decoder.decoded()?.filter(|_| end > self.given) else {
            return Err(Error::Internal("a WebP decoder ended early".to_owned()));
        };
        band.model = MODEL;
        band.planes.resize_with(3, Plane::default);
        for (index, (stored, plane)) in decoded.planes.iter().zip(&mut band.planes).enumerate() {
            let (_, down) = MODEL.factors(index);
            let down = u32::from(down);
            let rows = (self.given / down) as usize..end.div_ceil(down) as usize;
            if index == 0 {
                fill(plane, *stored, rows, luma);
            } else {
                fill(plane, *stored, rows, chroma);
            }
        }
        self.given = end;
        Ok(true)
    }
}

/// Puts those rows into `plane`, each sample stretched.
fn fill(
    plane: &mut Plane,
    stored: Stored<'_>,
    rows: std::ops::Range<usize>,
    stretch: impl Fn(u8) -> u8,
) {
    let range = rows.start * stored.width..rows.end * stored.width;
    let samples = stored.samples.get(range).unwrap_or_default();
    plane.width = u32::try_from(stored.width).unwrap_or(u32::MAX);
    plane.height = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    plane.stride = stored.width;
    plane.samples.clear();
    plane
        .samples
        .extend(samples.iter().map(|&sample| stretch(sample)));
}

/// Appends samples of full range, those of chroma around 128, in VP8's.
pub(super) fn video_range(samples: &[u8], chroma: bool, out: &mut Vec<u8>) {
    let (middle, steps) = if chroma { (128, 224) } else { (0, 219) };
    let least = if chroma { 128 } else { 16 };
    out.extend(samples.iter().map(|&sample| {
        // Rounded to the nearest: 256 whole steps more keep the number above zero, where division rounds down.
        let value = (i32::from(sample) - middle) * steps + 255 * 256 + 127;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "16 to 240"
        )]
        let narrowed = (value / 255 - 256 + least) as u8;
        narrowed
    }));
}

/// 16 to 235 becomes 0 to 255. In 16 bits with eight for the fraction, so that the compiler makes wide operations of it.
fn luma(sample: u8) -> u8 {
    // 255 / 219 less 1, in 65536ths.
    const MORE: u32 = 10_773;
    let whole = u16::from(sample.saturating_sub(16).min(219)) << 8;
    let more = ((u32::from(whole) * MORE) >> 16) as u16;
    let [rounded, _] = (whole + more + 128).to_be_bytes();
    rounded
}

/// 16 to 240 around 128 becomes 0 to 255 around 128.
fn chroma(sample: u8) -> u8 {
    // 255 / 224 less 1, in 65536ths.
    const MORE: i32 = 9_070;
    let whole = (i16::from(sample) - 128).clamp(-112, 112) << 8;
    let more = ((i32::from(whole) * MORE) >> 16) as i16;
    let [rounded, _] = (whole + more + 127).to_be_bytes();
    rounded.wrapping_add(128)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The range's definition, in floating point.
    #[test]
    fn every_sample_is_stretched_to_the_nearest() {
        for sample in 0..=255_u8 {
            let value = f64::from(sample);
            let wanted = ((value - 16.0) * 255.0 / 219.0).clamp(0.0, 255.0);
            let off = (f64::from(luma(sample)) - wanted).abs();
            assert!(off <= 0.5, "luma {sample}: {off}");
            let wanted = ((value - 128.0) * 255.0 / 224.0 + 128.0).clamp(0.0, 255.0);
            let off = (f64::from(chroma(sample)) - wanted).abs();
            assert!(off <= 0.5, "chroma {sample}: {off}");
        }
        assert_eq!([luma(16), luma(235), chroma(128)], [0, 255, 128]);
    }

    #[test]
    fn every_sample_is_narrowed_to_the_nearest() {
        let samples: Vec<u8> = (0..=255).collect();
        for (is_chroma, middle, steps, least) in
            [(false, 0.0, 219.0, 16.0), (true, 128.0, 224.0, 128.0)]
        {
            let mut narrowed = Vec::new();
            video_range(&samples, is_chroma, &mut narrowed);
            for (&sample, &got) in samples.iter().zip(&narrowed) {
                let wanted = (f64::from(sample) - middle) * steps / 255.0 + least;
                assert!((f64::from(got) - wanted).abs() <= 0.5, "{sample}: {got}");
            }
        }
    }
}
