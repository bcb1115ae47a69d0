//! Borders of one colour around a picture, and what is left without them.

use serde::{Deserialize, Serialize};

use super::attached::Attached;
use super::cost::{self, Cost};
use super::geometry::Window;
use super::motion::Motion;
use super::plan::{Error, Find, Plan, Settings, check_source};
use super::request::Request;
use super::resample::Resampling;
use super::value::Colour;
use super::{compose, output};
use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::{Encoding, Format, Header, Model, Orientation, Raster, Scale, Shape};

/// The tolerance when none is given.
pub(super) const USUAL: u8 = 10;

/// What is left of an upright picture without its borders, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// Columns before it.
    pub left: u32,
    /// Rows above it.
    pub top: u32,
    /// Its columns, at least 1.
    pub width: u32,
    /// Its rows, at least 1.
    pub height: u32,
}

impl Bounds {
    /// As work that looks for them hands them over.
    pub(super) fn bytes(self) -> Vec<u8> {
        let numbers = [self.left, self.top, self.width, self.height];
        numbers.into_iter().flat_map(u32::to_le_bytes).collect()
    }

    /// Whether they are an area of a picture of that size.
    pub fn lie_in(&self, size: (u32, u32)) -> bool {
        let fits = |start: u32, length: u32, side: u32| {
            length > 0 && start.checked_add(length).is_some_and(|end| end <= side)
        };
        fits(self.left, self.width, size.0) && fits(self.top, self.height, size.1)
    }

    /// What [`Bounds::bytes`] has written.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (numbers, rest) = bytes.as_chunks::<4>();
        let ([left, top, width, height], []) = (numbers, rest) else {
            return None;
        };
        let [left, top, width, height] =
            [left, top, width, height].map(|number| u32::from_le_bytes(*number));
        Some(Self {
            left,
            top,
            width,
            height,
        })
    }
}

/// The plan to find what is left of a picture without its borders, where the request wants to know.
///
/// # Errors
/// One of the pictures is out of limits.
pub fn seek(
    request: &Request,
    header: &Header,
    beside: &[Header],
    settings: &Settings,
) -> Result<Option<Plan>, Error> {
    let Some((tolerance, turn)) = request.seeks(header) else {
        return Ok(None);
    };
    // What can be refused without a pixel, is.
    for header in beside.iter().chain([header]) {
        check_source(header, settings)?;
    }
    let size = (header.width, header.height);
    let mut plan = Plan {
        // What is cut off the first is cut off all.
        motion: Motion::still(header),
        scale: Scale::FULL,
        resampling: Resampling {
            window: Window::whole(size),
            target: size,
            model: match header.model {
                Model::YCbCr { .. } => output::EACH,
                other => other,
            },
            mirrored: turn.reverses(),
            linear: false,
        },
        planar: false,
        orientation: turn,
        drawn: output::drawn(header.model, &[]),
        stages: Vec::new(),
        canvas: None,
        finds: Some(Find::Bounds(tolerance)),
        background: Colour::TRANSPARENT,
        tag: Orientation::default(),
        // Nothing is written.
        encoding: Encoding::plain(Format::Png, 100),
        attached: Attached::NOTHING,
        width: header.width,
        height: header.height,
        cost: Cost::default(),
    };
    plan.cost = cost::cost(&plan, header, &[]);
    Ok(Some(plan))
}

/// Where the picture differs from the colour of its left upper corner by more than `tolerance` in any channel, alpha multiplied in. A
/// pixel that does so with none of its eight neighbours is noise. All of it, where nothing differs.
///
/// # Errors
/// A stopped checkpoint, which is polled at each row.
pub(super) fn bounds(
    picture: &Raster,
    tolerance: u8,
    checkpoint: &Checkpoint,
) -> Result<Bounds, Stop> {
    let Shape {
        width,
        height,
        model,
    } = picture.shape();
    let channels = model.channels() as usize;
    let samples = picture
        .planes
        .first()
        .map_or(&[][..], |plane| &plane.samples);
    let corner = seen(samples.get(..channels).unwrap_or_default());
    let differs = |pixel: &[u8]| {
        let mut both = seen(pixel).into_iter().zip(corner);
        both.any(|(a, b)| a.abs_diff(b) > tolerance)
    };
    let mut found = Found::default();
    let mut rows = Rows::new(width as usize);
    for (y, row) in (0..height).zip(samples.chunks_exact(width as usize * channels)) {
        checkpoint.check(Stage::Resize)?;
        rows.push(row.chunks_exact(channels).map(differs));
        if let Some(above) = y.checked_sub(1) {
            found.add(above, &rows);
        }
    }
    rows.push(std::iter::repeat_n(false, width as usize));
    found.add(height.saturating_sub(1), &rows);
    Ok(found.bounds().unwrap_or(Bounds {
        left: 0,
        top: 0,
        width,
        height,
    }))
}

/// What shows of a pixel.
fn seen(pixel: &[u8]) -> [u8; 4] {
    let [r, g, b, alpha] = compose::read(pixel);
    let shown = |sample: u8| {
        let product = (u32::from(sample) * u32::from(alpha) + 127) / 255;
        u8::try_from(product).unwrap_or(u8::MAX)
    };
    [shown(r), shown(g), shown(b), alpha]
}

/// Which pixels differ, in three rows; the newest is the last.
struct Rows([Vec<bool>; 3]);

impl Rows {
    fn new(width: usize) -> Self {
        Self(std::array::from_fn(|_| vec![false; width]))
    }

    fn push(&mut self, row: impl Iterator<Item = bool>) {
        self.0.rotate_left(1);
        let [.., newest] = &mut self.0;
        newest.clear();
        newest.extend(row);
    }

    /// Whether the pixel of the middle row and one beside it differ.
    fn is_content(&self, x: usize) -> bool {
        let near = x.saturating_sub(1)..=x + 1;
        let differ = |row: &Vec<bool>| {
            let beside = near.clone().filter_map(|x| row.get(x));
            beside.filter(|&&differs| differs).count()
        };
        let [_, middle, _] = &self.0;
        let is_any = middle.get(x).copied().unwrap_or(false);
        is_any && self.0.iter().map(differ).sum::<usize>() > 1
    }
}

/// The first and last places of content in both directions, the last ones not included.
#[derive(Default)]
struct Found(Option<[u32; 4]>);

impl Found {
    /// Looks at row `y`, the middle one.
    fn add(&mut self, y: u32, rows: &Rows) {
        let [_, middle, _] = &rows.0;
        let first = (0..middle.len()).find(|&x| rows.is_content(x));
        let Some(first) = first else { return };
        let last = (0..middle.len()).rev().find(|&x| rows.is_content(x));
        let column = |x: usize| u32::try_from(x).unwrap_or(u32::MAX);
        let (start, end) = (column(first), column(last.unwrap_or(first)) + 1);
        let [left, top, right, _] = self.0.unwrap_or([start, y, end, y]);
        self.0 = Some([left.min(start), top, right.max(end), y + 1]);
    }

    fn bounds(&self) -> Option<Bounds> {
        let [left, top, right, bottom] = self.0?;
        Some(Bounds {
            left,
            top,
            width: right - left,
            height: bottom - top,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(width: u32, samples: Vec<u8>, tolerance: u8) -> Bounds {
        let height = u32::try_from(samples.len()).unwrap() / width;
        let shape = Shape {
            width,
            height,
            model: Model::Gray,
        };
        let picture = Raster::interleaved(shape, samples);
        bounds(&picture, tolerance, &Checkpoint::new()).unwrap()
    }

    proptest! {
        #[test]
        fn a_block_is_found(
            // The corner is border.
            (left, top) in (1_u32..20, 0_u32..20),
            (across, down) in (2_u32..20, 1_u32..20),
            (right, below) in (0_u32..20, 0_u32..20),
            noise in 0_u8..=10,
        ) {
            let (width, height) = (left + across + right, top + down + below);
            let samples = (0..width * height).map(|at| {
                let (x, y) = (at % width, at / width);
                let inside = (left..left + across).contains(&x) && (top..top + down).contains(&y);
                if inside { 100 } else if (x + y) % 2 == 0 { 50 } else { 50 + noise }
            });
            let bounds = found(width, samples.collect(), 10);
            prop_assert_eq!(bounds, Bounds { left, top, width: across, height: down });
            prop_assert_eq!(Bounds::read(&bounds.bytes()), Some(bounds));
        }

        #[test]
        fn numbers_are_as_many_as_there_are(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(Bounds::read(&bytes).is_some(), bytes.len() == 16);
        }
    }

    #[test]
    fn noise_is_no_content() {
        let mut samples = vec![0; 100];
        samples[33] = 255;
        let whole = Bounds {
            left: 0,
            top: 0,
            width: 10,
            height: 10,
        };
        assert_eq!(found(10, samples.clone(), 10), whole);
        // A diagonal line is.
        samples[44] = 255;
        assert_eq!(
            found(10, samples, 10),
            Bounds {
                left: 3,
                top: 3,
                width: 2,
                height: 2
            }
        );
    }
}
