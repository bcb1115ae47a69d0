//! A picture in at most 256 colours: which colours suit it, and which of them each pixel gets.
//!
//! Colours are premultiplied by their alpha here, so that what can't be seen doesn't count, and a difference in alpha
//! counts where it shows. All numbers are whole, or floats in a fixed order: the same picture gives the same file.

mod cut;
mod dither;
mod exact;
mod histogram;
mod near;

pub(super) use self::exact::Palette;
use self::histogram::Histogram;
use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::samples::{Sample as _, pixels};
use crate::codecs::{Model, Shape};

/// Entries of a palette, at most.
pub(super) const COLOURS: usize = 256;

/// Red, green and blue times alpha, and alpha.
type Seen = [u8; 4];

/// Peak bytes of [`reduced`], what it gives not included: a table of colours that occur, where each goes, and two rows of errors.
pub(super) fn bytes(shape: Shape) -> u64 {
    let colours = (u64::from(shape.width) * u64::from(shape.height)).min(histogram::MOST as u64);
    colours * (histogram::EACH_BYTES + cut::EACH_BYTES)
        + dither::bytes(shape)
        + histogram::TABLE_BYTES
}

/// The colours that suit a picture, and the number of each pixel's; `quality` is 1 to 100, and says what may be lost.
///
/// # Errors
/// A stopped checkpoint, which is polled each millisecond or so.
pub(super) fn reduced(
    shape: Shape,
    samples: &[u8],
    quality: u8,
    checkpoint: &Checkpoint,
) -> Result<(Vec<[u8; 4]>, Vec<u8>), Stop> {
    let row = shape.width as usize * shape.model.channels() as usize;
    let rows = || {
        let rows = samples.chunks_exact(row.max(1));
        rows.map(|row| pixels(row, shape.model).map(seen))
    };
    let histogram = Histogram::of(rows(), checkpoint)?;
    let chosen = cut::colours(histogram, COLOURS, quality, checkpoint)?;
    let numbers = dither::dithered(shape, rows(), &chosen, None, checkpoint)?;
    Ok((chosen.into_iter().map(stored).collect(), numbers))
}

/// Pixels in a palette of opaque colours.
pub(super) struct Indexed {
    /// At most 256, one of which may be no pixel's, for those that are hidden.
    pub(super) colours: Vec<[u8; 3]>,
    /// The number of pixels that aren't seen, where there are any.
    pub(super) hidden: Option<u8>,
    /// The number of each pixel.
    pub(super) numbers: Vec<u8>,
}

/// The colours that suit pixels that are opaque, or transparent altogether; exact where there are so few. `width` is that of a row, at least 1;
/// `hides` asks for the number of what isn't seen though all is.
///
/// # Errors
/// A stopped checkpoint.
pub(super) fn cut_out(
    width: u32,
    pixels: &[[u8; 4]],
    hides: bool,
    quality: u8,
    checkpoint: &Checkpoint,
) -> Result<Indexed, Stop> {
    let rows = || {
        let rows = pixels.chunks(width.max(1) as usize);
        rows.map(|row| row.iter().copied())
    };
    let rgb = |[r, g, b, _]: [u8; 4]| [r, g, b];
    let exact = Palette::of(rows(), checkpoint)?;
    let has_room = |exact: &Palette| !hides || exact.hides() || exact.colours.len() < COLOURS;
    if let Some(exact) = exact.filter(has_room) {
        let mut numbers = Vec::with_capacity(pixels.len());
        for row in rows() {
            checkpoint.check(Stage::Encode)?;
            exact.numbers(row, &mut numbers);
        }
        let hidden = exact.hides();
        let mut colours: Vec<[u8; 3]> = exact.colours.into_iter().map(rgb).collect();
        let mut number = hidden.then_some(0);
        if hides && !hidden {
            number = u8::try_from(colours.len()).ok();
            colours.push([0; 3]);
        }
        return Ok(Indexed {
            hidden: number,
            colours,
            numbers,
        });
    }
    let hides = hides || pixels.iter().any(|&[.., alpha]| alpha == 0);
    let opaque = rows().map(|row| row.filter(|&[.., alpha]| alpha != 0));
    let histogram = Histogram::of(opaque, checkpoint)?;
    let most = COLOURS - usize::from(hides);
    let chosen = cut::colours(histogram, most, quality, checkpoint)?;
    let hidden = u8::try_from(chosen.len()).ok().filter(|_| hides);
    let shape = Shape {
        width,
        height: u32::try_from(rows().len()).unwrap_or_default(),
        model: if hides { Model::Rgba } else { Model::Rgb },
    };
    let numbers = dither::dithered(shape, rows(), &chosen, hidden, checkpoint)?;
    let mut colours: Vec<[u8; 3]> = chosen.into_iter().map(rgb).collect();
    if hides {
        colours.push([0; 3]);
    }
    Ok(Indexed {
        colours,
        hidden,
        numbers,
    })
}

/// As it is seen.
fn seen([r, g, b, alpha]: [u8; 4]) -> Seen {
    if alpha == 255 {
        return [r, g, b, alpha];
    }
    let of = |sample: u8| {
        let product = u16::from(sample) * u16::from(alpha);
        u8::try_from((product + 127) / 255).unwrap_or(u8::MAX)
    };
    [of(r), of(g), of(b), alpha]
}

/// As a file has it.
fn stored([r, g, b, alpha]: Seen) -> [u8; 4] {
    if alpha == 0 {
        return [0; 4];
    }
    let of = |sample: u8| sample.straight(alpha);
    [of(r), of(g), of(b), alpha]
}
