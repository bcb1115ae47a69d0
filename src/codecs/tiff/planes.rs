//! Rows of strips and tiles that are JPEG, in planes of luma and chroma.

use super::broken;
use super::layout::Layout;
use super::within::{paste, picture};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Band, Error, Rows, Shape};

/// Rows of luma and chroma in planes, those of a row of strips or tiles at a time.
pub(super) fn open<'a>(
    layout: Layout<'a>,
    shape: Shape,
    checkpoint: &'a Checkpoint,
) -> Box<dyn Rows + 'a> {
    Box::new(Planes {
        layout,
        shape,
        next: 0,
        checkpoint,
    })
}

struct Planes<'a> {
    layout: Layout<'a>,
    shape: Shape,
    /// The next row of strips or tiles.
    next: u32,
    checkpoint: &'a Checkpoint,
}

impl Planes<'_> {
    fn chunk(&self, column: u32) -> Result<Band, Error> {
        let data = self.layout.packed(0, self.next, column);
        let data = data.ok_or_else(|| broken("pixels", "it is cut short"))?;
        let picture = picture(&self.layout, data, self.next, self.checkpoint)?;
        if picture.model != self.shape.model {
            return Err(broken(
                "pixels",
                "a strip or tile has other samples than the picture",
            ));
        }
        Ok(picture)
    }

    /// Whether each strip or tile begins where chroma does.
    fn fits(&self) -> bool {
        let (across, down) = self.shape.model.factors(1);
        let (width, height) = self.layout.chunk;
        (self.layout.across() == 1 || width % u32::from(across) == 0)
            && (self.layout.down() == 1 || height % u32::from(down) == 0)
    }
}

impl Rows for Planes<'_> {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn next(&mut self, band: &mut Band, _rows: u32) -> Result<bool, Error> {
        if self.next == self.layout.down() {
            return Ok(false);
        }
        self.checkpoint.check(Stage::Decode)?;
        if !self.fits() {
            return Err(broken(
                "pixels",
                "its strips or tiles cut through its chroma",
            ));
        }
        // What was handed out before is given back first.
        band.planes = Vec::new();
        band.model = self.shape.model;
        let rows = self.layout.rows_of(self.next);
        let shape = Shape {
            height: rows,
            ..self.shape
        };
        if self.layout.across() == 1 && !self.layout.tiled {
            band.planes = self.chunk(0)?.planes;
            for (index, plane) in band.planes.iter_mut().enumerate() {
                let (_, height): (u32, u32) = shape.model.plane_size(index, shape.width, rows);
                plane.height = plane.height.min(height);
            }
        } else {
            let mut whole = Band::new(shape);
            for column in 0..self.layout.across() {
                let left = column * self.layout.chunk.0;
                paste(&mut whole, &self.chunk(column)?, (left, 0));
            }
            *band = whole;
        }
        self.next += 1;
        Ok(true)
    }
}
