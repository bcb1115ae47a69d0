//! What the picture of a file is made of: layers for colour and for alpha, and what is said of them.

use super::alpha;
use super::boxes::Boxes;
use super::broken;
use super::items::Items;
use super::layer::Layer;
use super::properties::{self, Cicp, Cut};
use super::sequence::Sequence;
use crate::codecs::{Error, Orientation};

/// Pixels that are decoded but not shown, at most: as many again as are shown, and these.
const UNSEEN_PIXELS: u64 = 1 << 20;

/// Bits of the matrix's code point: samples are G, B, R.
pub(super) const IDENTITY: u8 = 0;
/// Luma is half green and a quarter of each other, chroma the differences of that.
pub(super) const YCGCO: u8 = 8;

/// A file's picture.
pub(super) struct Picture<'a> {
    pub(super) items: Items<'a>,
    pub(super) colour: Layer,
    pub(super) alpha: Option<Layer>,
    /// Colours are multiplied by alpha.
    pub(super) premultiplied: bool,
    /// Code points, what isn't said by what that means.
    pub(super) cicp: Cicp,
    pub(super) profile: Option<&'a [u8]>,
    /// What of the decoded picture is shown.
    pub(super) cut: Cut,
    /// How that is turned.
    pub(super) turn: Orientation,
}

impl<'a> Picture<'a> {
    /// Reads what comes before the pixels.
    ///
    /// # Errors
    /// `Unsupported`, `TooComplex` or `Invalid`.
    pub(super) fn new(file: &'a [u8]) -> Result<Self, Error> {
        let meta = Boxes::new(file).find(*b"meta")?;
        let items = Items::new(file, meta.ok_or_else(|| broken("it has no list of items"))?)?;
        let primary = items.item(items.primary)?;
        properties::check(&items, primary)?;
        let colour = Layer::new(&items, items.primary)?;
        let alpha = alpha::find(&items, &colour)?;
        if alpha
            .as_ref()
            .is_some_and(|alpha| alpha.size != colour.size)
        {
            return Err(broken("its alpha has another size than its colours"));
        }
        let premultiplied = alpha.is_some() && items.referred(*b"prem", items.primary).count() > 0;
        let (mut profile, mut said) = properties::colour(&items, primary);
        if let Some(cell) = colour.cells.first().and_then(|&id| items.item(id).ok()) {
            // A grid's cells may say it in its place.
            let (of_cell, said_of_cell) = properties::colour(&items, cell);
            profile = profile.or(of_cell);
            said = said.or(said_of_cell);
        }
        let (cut, turn) = properties::shown(&items, primary, colour.size)?;
        let (width, height) = colour.size;
        let cut = cut.unwrap_or(Cut {
            left: 0,
            top: 0,
            width,
            height,
        });
        let cicp = said.unwrap_or_else(|| colour.sequence.cicp());
        let picture = Self {
            items,
            colour,
            alpha,
            premultiplied,
            cicp,
            profile,
            cut,
            turn,
        };
        picture.check()?;
        Ok(picture)
    }

    fn check(&self) -> Result<(), Error> {
        let shown = u64::from(self.cut.width) * u64::from(self.cut.height);
        let layers = [Some(&self.colour), self.alpha.as_ref()];
        for layer in layers.into_iter().flatten() {
            // What is decoded is bounded by what is shown, since limits are about that.
            if layer.decoded_pixels() > shown * 2 + UNSEEN_PIXELS {
                return Err(broken("it shows a small part of its pixels alone"));
            }
        }
        let chroma = self.colour.sequence.chroma;
        match (self.cicp.matrix, chroma) {
            (_, None) | (1 | 2 | 4..=7 | 9 | 12, _) | (IDENTITY | YCGCO, Some((1, 1))) => Ok(()),
            (IDENTITY | YCGCO, _) => Err(broken("its colours have planes of different sizes")),
            _ => Err(broken(
                "its colours are coded in a way that is not read here",
            )),
        }
    }

    /// Frames of its streams, at most.
    pub(super) fn frames(&self) -> u32 {
        let alpha = self.alpha.as_ref().map_or(0, |alpha| alpha.frames);
        self.colour.frames.max(alpha)
    }
}

impl Sequence {
    /// What it says of colours.
    fn cicp(&self) -> Cicp {
        let [primaries, transfer, matrix] = self.colour;
        Cicp {
            primaries,
            transfer,
            matrix,
            full_range: self.full_range,
        }
    }
}
