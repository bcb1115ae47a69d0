//! What a viewer shows of an animation: frames are drawn over one another, and taken away again.

use super::Area;
use crate::codecs::samples::over;
use crate::codecs::{Band, Error, Model, Rows, Shape};

/// What becomes of a frame before the next is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::codecs) enum Disposal {
    /// It stays.
    #[default]
    Keep,
    /// Its area becomes transparent.
    Clear,
    /// Its area becomes what it was before.
    Restore,
}

/// A canvas of red, green, blue and alpha, transparent at first.
pub(in crate::codecs) struct Canvas {
    width: u32,
    height: u32,
    samples: Vec<u8>,
    last: (Area, Disposal),
    /// What was in the area that is to be restored.
    saved: Vec<u8>,
}

impl Canvas {
    pub(in crate::codecs) fn new(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            samples: vec![0; width as usize * height as usize * 4],
            last: (Area::default(), Disposal::Keep),
            saved: Vec::new(),
        }
    }

    /// Peak bytes of one of that size.
    pub(in crate::codecs) fn bytes(width: u32, height: u32) -> u64 {
        u64::from(width) * u64::from(height) * 8
    }

    /// Takes the last frame away, as it wanted, for one that will be drawn in `area`; where the canvas is another then, or will be.
    pub(in crate::codecs) fn begin(&mut self, area: Area, disposal: Disposal) -> Area {
        let area = area.within(self.width, self.height);
        let (gone, how) = std::mem::replace(&mut self.last, (area, disposal));
        let changed = match how {
            Disposal::Keep => Area::default(),
            Disposal::Clear => {
                for y in 0..gone.height {
                    self.row(gone, y).fill(0);
                }
                gone
            }
            Disposal::Restore => {
                let saved = std::mem::take(&mut self.saved);
                let rows = saved.chunks_exact((gone.width as usize * 4).max(1));
                for (y, row) in (0..gone.height).zip(rows) {
                    self.row(gone, y).copy_from_slice(row);
                }
                self.saved = saved;
                gone
            }
        };
        self.saved.clear();
        if disposal == Disposal::Restore {
            let mut saved = std::mem::take(&mut self.saved);
            let needed = area.width as usize * area.height as usize * 4;
            if saved.capacity() < needed {
                // What is there would be moved into what is larger, and be there twice.
                saved = Vec::new();
                saved.reserve_exact(needed);
            }
            for y in 0..area.height {
                saved.extend_from_slice(self.row(area, y));
            }
            self.saved = saved;
        }
        changed.with(area)
    }

    /// The samples of row `y` of an area that lies on the canvas.
    pub(in crate::codecs) fn row(&mut self, area: Area, y: u32) -> &mut [u8] {
        let start = (area.top + y) as usize * self.width as usize + area.left as usize;
        let range = start * 4..(start + area.width as usize) * 4;
        self.samples.get_mut(range).unwrap_or_default()
    }

    /// Draws row `y` of an area that lies on the canvas, over what is there or in its place.
    pub(in crate::codecs) fn draw(&mut self, area: Area, y: u32, pixels: &[u8], blends: bool) {
        let below = self.row(area, y);
        if !blends {
            if below.len() == pixels.len() {
                below.copy_from_slice(pixels);
            }
            return;
        }
        let (below, _) = below.as_chunks_mut::<4>();
        let (pixels, _) = pixels.as_chunks::<4>();
        for (below, pixel) in below.iter_mut().zip(pixels) {
            *below = over(*pixel, *below);
        }
    }

    /// All samples.
    pub(in crate::codecs) fn into_samples(self) -> Vec<u8> {
        self.samples
    }

    /// Its rows as it is now.
    pub(in crate::codecs) fn rows(&self) -> Box<dyn Rows + '_> {
        Box::new(CanvasRows {
            canvas: self,
            next: 0,
        })
    }
}

/// Rows that are copied, a band at a time.
struct CanvasRows<'a> {
    canvas: &'a Canvas,
    next: u32,
}

impl Rows for CanvasRows<'_> {
    fn shape(&self) -> Shape {
        Shape {
            width: self.canvas.width,
            height: self.canvas.height,
            model: Model::Rgba,
        }
    }

    fn next(&mut self, band: &mut Band, rows: u32) -> Result<bool, Error> {
        let shape = self.shape();
        let rows = rows.min(shape.height - self.next);
        if rows == 0 {
            return Ok(false);
        }
        let row = shape.width as usize * 4;
        let start = self.next as usize * row;
        let part = start..start + rows as usize * row;
        let samples = self.canvas.samples.get(part).unwrap_or_default();
        band.make_rows(shape, rows).copy_from_slice(samples);
        self.next += rows;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row of four pixels; each frame covers two of them, and says what becomes of it.
    #[test]
    fn frames_go_as_they_want() {
        let frame = |left| Area {
            left,
            top: 0,
            width: 2,
            height: 1,
        };
        let rows = [
            (0, Disposal::Keep, 1, [1, 1, 0, 0], (0, 2)),
            (1, Disposal::Restore, 2, [1, 2, 2, 0], (1, 2)),
            (2, Disposal::Clear, 3, [1, 1, 3, 3], (1, 3)),
            (0, Disposal::Restore, 4, [4, 4, 0, 0], (0, 4)),
            (3, Disposal::Keep, 5, [1, 1, 0, 5], (0, 4)),
            (9, Disposal::Keep, 6, [1, 1, 0, 5], (0, 0)),
        ];
        let mut canvas = Canvas::new(4, 1);
        for (left, disposal, ink, shown, (from, length)) in rows {
            let changed = canvas.begin(frame(left), disposal);
            let area = frame(left).within(4, 1);
            canvas.row(area, 0).fill(ink);
            let (pixels, _) = canvas.samples.as_chunks::<4>();
            let inks: Vec<u8> = pixels.iter().map(|pixel| pixel[0]).collect();
            assert_eq!(inks, shown, "{ink}");
            if length > 0 {
                assert_eq!((changed.left, changed.width), (from, length), "{ink}");
            } else {
                assert!(changed.is_empty());
            }
        }
    }
}
