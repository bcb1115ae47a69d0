//! A palette of the colours that a picture has, where they are few enough.

use std::collections::HashMap;

use super::COLOURS;
use crate::checkpoint::{Checkpoint, Stage, Stop};

/// Colours, and the place of each.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::codecs) struct Palette {
    /// Those that are not opaque come first.
    pub(in crate::codecs) colours: Vec<[u8; 4]>,
    places: HashMap<[u8; 4], u8>,
}

impl Palette {
    /// Whether one of them isn't seen, which is the first then.
    pub(super) fn hides(&self) -> bool {
        self.colours.first().is_some_and(|&[.., alpha]| alpha == 0)
    }

    /// The colours of these pixels, with a poll before each part; `None` for too many.
    pub(in crate::codecs) fn of(
        parts: impl Iterator<Item = impl Iterator<Item = [u8; 4]>>,
        checkpoint: &Checkpoint,
    ) -> Result<Option<Self>, Stop> {
        let mut seen = HashMap::new();
        let mut last = None;
        for part in parts {
            checkpoint.check(Stage::Encode)?;
            for pixel in part {
                if last.replace(pixel) != Some(pixel) {
                    let order = seen.len();
                    seen.entry(pixel).or_insert(order);
                    if seen.len() > COLOURS {
                        return Ok(None);
                    }
                }
            }
        }
        let mut seen: Vec<_> = seen.into_iter().collect();
        // Transparency is told for the first colours only, up to the last that has any.
        seen.sort_by_key(|&([.., alpha], order)| (alpha == 255, order));
        Ok(Some(Self::listed(
            seen.into_iter().map(|(colour, _)| colour).collect(),
        )))
    }

    /// That of these colours, of which those that are not opaque come first.
    pub(in crate::codecs) fn listed(colours: Vec<[u8; 4]>) -> Self {
        let places = colours.iter().copied().zip(0..=u8::MAX).collect();
        Self { colours, places }
    }

    /// Appends the numbers of pixels.
    pub(in crate::codecs) fn numbers(
        &self,
        pixels: impl Iterator<Item = [u8; 4]>,
        out: &mut Vec<u8>,
    ) {
        let mut last = ([0; 4], self.place([0; 4]));
        out.extend(pixels.map(|pixel| {
            // Drawings have long runs, and a look-up costs more than a comparison.
            if pixel != last.0 {
                last = (pixel, self.place(pixel));
            }
            last.1
        }));
    }

    fn place(&self, colour: [u8; 4]) -> u8 {
        self.places.get(&colour).copied().unwrap_or_default()
    }
}
