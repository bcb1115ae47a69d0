//! Steps folded: as much as can be is one resampling, the rest are stages after it.
//!
//! Cuts, sizes and turns in a row are one window of the source, one size and one turn. A stage that
//! needs pixels ends that, and what follows is a window of its result. So does a size that would show again what an
//! earlier, smaller one has taken away.

use super::blocks::{self, Sizes, Taken};
use super::geometry::{self, Canvas, Size, Window};
use super::operation::Verb;
use super::output;
use super::parameter::{self, Grammar, ParameterError};
use super::request::{Request, Type};
use super::reshape::Reshape;
use super::stage::Stage;
use super::step::{Area, Step};
use super::value::{Extend, Fit, Gravity};
use super::{looks, overlay, zoom};
use crate::codecs::{Format, Header, Orientation};

/// What was folded so far.
#[derive(Clone, Debug)]
pub(super) struct Sketch {
    /// The orientation that the file asks for, and that hasn't been obeyed.
    tag: Orientation,
    /// What is folded now.
    open: Reshape,
    /// What the decoder's picture is resampled to, once that is settled.
    first: Option<Reshape>,
    stages: Vec<Stage>,
    /// How sizes come out.
    sizes: Sizes,
}

/// The first resampling, in pixels of the stored picture, and what comes after.
#[derive(Debug)]
pub(super) struct Folded {
    pub(super) first: Reshape,
    pub(super) stages: Vec<Stage>,
    /// The orientation that remains a tag.
    pub(super) tag: Orientation,
}

impl Sketch {
    /// Nothing is done yet to a picture that is stored as `stored` pixels and asks for `tag`.
    pub(super) fn new(stored: Size, tag: Orientation, sizes: Sizes) -> Self {
        Self {
            tag,
            open: Reshape::identity(stored),
            first: None,
            stages: Vec::new(),
            sizes,
        }
    }

    /// Pixels of the picture now.
    pub(super) fn size(&self) -> Size {
        self.open.size()
    }

    /// Adds what a step does to the picture's shape, its blur, and what is drawn on it.
    ///
    /// # Errors
    /// What the step lacks, or an area or a corner that isn't in the picture.
    pub(super) fn step(&mut self, step: &Step, beside: &[Header]) -> Result<(), ParameterError> {
        if let Some(missing) = &step.missing {
            return Err(missing.clone());
        }
        self.turn(step);
        if step.operation.verb == Verb::Zoom {
            zoom::add(self, step)?;
        }
        self.resize(step);
        if step.operation.verb == Verb::Extract && step.sizing.fit != Fit::Contain {
            let window = inside(step.area, self.size())?;
            self.reshape(window, (step.area.width, step.area.height));
        }
        looks::effects(self, &step.effects);
        if let Some(mark) = &step.text {
            let text = mark.on(self.size());
            self.stage(Stage::Text(text));
        }
        if let Some(mark) = &step.image {
            let corner = (step.area.left, step.area.top);
            let drawn = overlay::plan(mark, corner, beside, self.size())?;
            self.stage(Stage::Overlay(drawn));
        }
        looks::edges(self, step.edges);
        Ok(())
    }

    /// Adds a stage behind all that was folded.
    pub(super) fn stage(&mut self, stage: Stage) {
        self.close();
        self.open = Reshape::identity(stage.size(self.size()));
        self.stages.push(stage);
    }

    /// All of it.
    pub(super) fn finish(mut self) -> Folded {
        self.close();
        Folded {
            // Closing has settled it.
            first: self.first.unwrap_or(self.open),
            stages: self.stages,
            tag: self.tag,
        }
    }

    fn turn(&mut self, step: &Step) {
        let turn = step.turn;
        if !turn.as_stored {
            let tag = std::mem::take(&mut self.tag);
            self.open.turn = self.open.turn.then(tag);
        }
        if let Some(bounds) = step.bounds {
            let window = Window {
                left: f64::from(bounds.left),
                top: f64::from(bounds.top),
                width: f64::from(bounds.width),
                height: f64::from(bounds.height),
            };
            self.open.fold(window, (bounds.width, bounds.height));
            // A size would mix the border in again, at the edges.
            self.close();
        }
        let mirrored = |quarters| Orientation {
            mirror: true,
            quarters,
        };
        let turned = Orientation {
            mirror: false,
            quarters: turn.quarters,
        };
        self.open.turn = self.open.turn.then(turned);
        if turn.flip {
            self.open.turn = self.open.turn.then(mirrored(0));
        }
        if turn.flop {
            self.open.turn = self.open.turn.then(mirrored(2));
        }
    }

    fn resize(&mut self, step: &Step) {
        let asked = step.sizing;
        let source = self.size();
        let plain = geometry::geometry(source, asked);
        let taken = Taken::of(&plain, source, asked, self.sizes);
        let made = taken.map_or(plain, |taken| taken.geometry(plain, asked));
        let size = (made.width, made.height);
        let cuts = match taken {
            Some(taken) if blocks::covers(asked) => taken.size() != size,
            _ => plain.window != Window::whole(source),
        };
        if asked.gravity == Gravity::Smart && cuts && made.canvas.is_none() {
            // Where the cut goes, only pixels can say.
            let whole = Window::whole(source);
            let (window, whole) = match taken {
                Some(taken) => (taken.window(), taken.size()),
                None if asked.cuts => (whole, source),
                None => (whole, geometry::outside(source, size)),
            };
            self.reshape(window, whole);
            self.stage(Stage::Smart {
                width: size.0,
                height: size.1,
            });
            return;
        }
        self.reshape(made.window, size);
        if let Some(canvas) = made.canvas {
            self.canvas(canvas, asked.extend);
        }
    }

    fn canvas(&mut self, canvas: Canvas, extend: Extend) {
        self.stage(Stage::Canvas { canvas, extend });
    }

    /// Folds a cut and a size, if nothing is shown by that what is gone.
    pub(super) fn reshape(&mut self, window: Window, size: Size) {
        if !self.open.finer_by(window, size) {
            self.open.fold(window, size);
            return;
        }
        self.close();
        self.open.fold(window, size);
    }

    /// Settles what was folded; what comes next is folded anew.
    fn close(&mut self) {
        let size = self.size();
        let closed = std::mem::replace(&mut self.open, Reshape::identity(size));
        if self.first.is_none() {
            self.first = Some(closed);
        } else if !closed.is_identity() {
            self.stages.push(Stage::Reshape(closed));
        }
    }
}

/// The steps of a request, folded. A step that fails is left out, if its failure is to be ignored.
///
/// # Errors
/// What the first step that fails lacks, or an area that isn't in the picture.
pub(super) fn fold(
    request: &Request,
    header: &Header,
    beside: &[Header],
) -> Result<Folded, ParameterError> {
    let stored = (header.width, header.height);
    let mut sketch = Sketch::new(
        stored,
        header.orientation,
        Sizes::new(request.grammar, header),
    );
    let last = request.steps.len().saturating_sub(1);
    for (index, step) in request.steps.iter().enumerate() {
        let mut next = sketch.clone();
        match next.step(step, beside) {
            Ok(()) => {}
            Err(_ignored) if step.ignore_failure => continue,
            Err(error) => return Err(request.placed(error, index)),
        }
        next.sizes = next.sizes.after(step);
        if index < last {
            ground(&mut next, step, request.grammar);
        }
        if step.grey {
            next.stage(Stage::Grey);
        }
        sketch = next;
    }
    Ok(sketch.finish())
}

/// What is transparent behind a step that is not the last shows the step's background, or paper where its format has no alpha.
fn ground(sketch: &mut Sketch, step: &Step, grammar: Grammar) {
    let flat = |format: Format| !format.row().alpha;
    let opaque = matches!(step.writing.output, Some(Type::Named(format)) if flat(format));
    let colour = match step.background {
        Some(colour) if opaque => Some(colour.on_white()),
        None if opaque => Some(output::paper(grammar)),
        colour => colour,
    };
    if let Some(colour) = colour {
        sketch.stage(Stage::Ground(colour));
    }
}

/// The area, if it lies in a picture of that size.
pub(super) fn inside(area: Area, size: Size) -> Result<Window, ParameterError> {
    let fits = |start: u32, length: u32, whole: u32| {
        length > 0 && start.checked_add(length).is_some_and(|end| end <= whole)
    };
    if !fits(area.left, area.width, size.0) || !fits(area.top, area.height, size.1) {
        return Err(parameter::outside(
            "areawidth",
            &area.width,
            format!(
                "an area that lies in the picture of {}×{} pixels, with left and top",
                size.0, size.1
            ),
        ));
    }
    Ok(Window {
        left: f64::from(area.left),
        top: f64::from(area.top),
        width: f64::from(area.width),
        height: f64::from(area.height),
    })
}

#[cfg(test)]
#[path = "sketch_tests.rs"]
mod tests;
