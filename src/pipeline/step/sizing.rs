//! The size a picture gets: two sides, and the many words that say how it fits into them.

use super::{MAX_SIDE, Sizing, Turn};
use crate::pipeline::operation::{Needs, OperationRow, Verb};
use crate::pipeline::parameter::{self, Grammar, ParameterError, Values};
use crate::pipeline::value::{Dpr, Enlarge, Extend, Fit, Gravity};

/// How the picture gets its size: by what the operation does, and the words that change it.
pub(super) fn sizing(
    operation: &OperationRow,
    values: &Values<'_>,
    sides: Sides,
    enlarge: Option<bool>,
    turn: Turn,
) -> Result<Sizing, ParameterError> {
    let words = Words::read(operation, values)?;
    let dpr = values.get("dpr", Dpr::parse)?.unwrap_or_default();
    let (width, height) = shaped(values, sides)?;
    let given = |side: Option<u32>| side.map(|side| dpr.scale(side));
    let both = width.is_some() && height.is_some();
    let (chosen, grows) = words.fit(operation, both, turn);
    let beside = if words.fit.is_some() {
        Extend::Background
    } else {
        Extend::Copy
    };
    Ok(Sizing {
        width: given(width),
        height: given(height),
        fit: words.fit.unwrap_or(chosen),
        enlarge: match enlarge {
            Some(true) => Enlarge::Always,
            Some(false) => Enlarge::Never,
            None => grows,
        },
        cuts: words.crops && !both && !words.force && words.fit.is_none(),
        gravity: if words.smart {
            Gravity::Smart
        } else {
            words.gravity.unwrap_or_default()
        },
        extend: words.extend.unwrap_or(beside),
    })
}

/// The words that say how a picture fits into its sides.
#[expect(clippy::struct_excessive_bools, reason = "words of the API")]
struct Words {
    fit: Option<Fit>,
    gravity: Option<Gravity>,
    extend: Option<Extend>,
    nocrop: Option<bool>,
    force: bool,
    /// What is cut away is chosen by what draws the eye.
    smart: bool,
    /// The box is filled, and the rest cut away.
    crops: bool,
    /// The box is a canvas.
    boxed: bool,
}

impl Words {
    fn read(operation: &OperationRow, values: &Values<'_>) -> Result<Self, ParameterError> {
        let loose = values.grammar() == Grammar::Imaginary;
        let gravity = values.get("gravity", |text| {
            if loose {
                Some(Gravity::loose(text))
            } else {
                Gravity::parse(text)
            }
        })?;
        let extend = values.get("extend", |text| {
            Extend::parse(text).or(loose.then_some(Extend::Mirror))
        })?;
        let nocrop = values.boolean("nocrop")?;
        let embed = values.boolean("embed")?.unwrap_or(false);
        let smart = operation.verb == Verb::SmartCrop || gravity == Some(Gravity::Smart);
        Ok(Self {
            fit: values.get("fit", Fit::parse)?,
            gravity,
            extend,
            nocrop,
            force: values.boolean("force")?.unwrap_or(false),
            smart,
            crops: match operation.verb {
                Verb::Crop | Verb::SmartCrop => true,
                Verb::Resize => nocrop == Some(false),
                _ => false,
            },
            boxed: match operation.verb {
                Verb::Resize => (loose || embed || extend.is_some()) && !smart,
                Verb::Plain if operation.needs == Needs::Sides => false,
                _ => embed,
            },
        })
    }

    /// How the picture fits into the box where `fit` isn't given, and whether it may grow.
    fn fit(&self, operation: &OperationRow, both: bool, turn: Turn) -> (Fit, Enlarge) {
        let fitted = operation.verb == Verb::Plain && operation.needs == Needs::Sides;
        match (operation.fit, operation.enlarge) {
            // Imaginary's /fit works out the size first.
            _ if self.force && fitted => (Fit::Inside, Enlarge::Always),
            _ if self.force => (Fit::Fill, Enlarge::Always),
            _ if self.crops => (Fit::Cover, Enlarge::UnlessSmaller),
            (_, grows) if self.boxed && both => {
                let stays = operation.verb == Verb::Resize;
                let grows = if stays { Enlarge::UnlessSmaller } else { grows };
                (Fit::Contain, grows)
            }
            (_, grows) if operation.verb == Verb::Enlarge && self.nocrop == Some(true) => {
                (Fit::Inside, grows)
            }
            (Fit::Fill, grows) if turn.quarters != 0 => (Fit::Inside, grows),
            usual => usual,
        }
    }
}

/// With the other side by `aspectratio`, where one is given.
fn shaped(values: &Values<'_>, sides: Sides) -> Result<Sides, ParameterError> {
    let loose = values.grammar() == Grammar::Imaginary;
    // Imaginary looks at it where it has an effect, and nowhere else.
    if loose && sides.0.is_some() == sides.1.is_some() {
        return Ok(sides);
    }
    let ratio = values.get("aspectratio", |text| {
        let (across, down) = text.split_once(':')?;
        let part = |text: &str| parameter::whole(text).filter(|part| (1..=65_535).contains(part));
        Some((part(across)?, part(down)?))
    })?;
    let Some((across, down)) = ratio else {
        return Ok(sides);
    };
    let other = |side: u32, from: u32, to: u32| {
        let (side, from, to) = (u64::from(side), u64::from(from), u64::from(to));
        let whole = if loose {
            // It divides first, in whole numbers.
            side / from * to
        } else {
            (2 * side * to + from) / (2 * from)
        };
        u32::try_from(whole).unwrap_or(MAX_SIDE).clamp(1, MAX_SIDE)
    };
    Ok(match sides {
        (Some(width), None) => (Some(width), Some(other(width, across, down))),
        (None, Some(height)) => (Some(other(height, down, across)), Some(height)),
        sides => sides,
    })
}

/// A width and a height, as far as they are given.
pub(super) type Sides = (Option<u32>, Option<u32>);

/// Both sides, from the query, else from the form.
pub(super) fn both_sides(
    query: &Values<'_>,
    fields: &mut Values<'_>,
    max_side: u32,
) -> Result<Sides, ParameterError> {
    let (width, height) = sides(query, max_side)?;
    for (name, given) in [
        ("width", width.is_some()),
        ("height", height.is_some()),
        ("size", width.is_some() && height.is_some()),
    ] {
        if given {
            fields.forget(name);
        }
    }
    let (other_width, other_height) = sides(fields, max_side)?;
    Ok((width.or(other_width), height.or(other_height)))
}

/// Both sides of one source, from `width` and `height` or from `size`.
fn sides(values: &Values<'_>, max_side: u32) -> Result<Sides, ParameterError> {
    let side = |text: &str| parameter::whole(text).filter(|pixels| (1..=max_side).contains(pixels));
    let up_to = |error| parameter::with_limit(error, "max_output_side", max_side);
    let alone = |name| {
        let pixels = values.whole(name, 1..=max_side).map_err(up_to)?;
        Ok(pixels.map(|pixels| pixels.min(MAX_SIDE.max(max_side))))
    };
    let (width, height) = (alone("width")?, alone("height")?);
    let both = values.get("size", |text| {
        let (w, h) = text.split_once('x')?;
        let parse = |part: &str| {
            if part.is_empty() {
                Some(None)
            } else {
                side(part).map(Some)
            }
        };
        match (parse(w)?, parse(h)?) {
            (None, None) => None,
            some => Some(some),
        }
    });
    let Some((w, h)) = both.map_err(up_to)? else {
        return Ok((width, height));
    };
    for (name, from_size, alone) in [("width", w, width), ("height", h, height)] {
        if let (Some(from_size), Some(alone)) = (from_size, alone)
            && from_size != alone
        {
            values.conflict(name, "size")?;
        }
    }
    Ok((width.or(w), height.or(h)))
}

/// Whether to enlarge, from the query, else from the form.
pub(super) fn either_enlarge(
    query: &Values<'_>,
    fields: &mut Values<'_>,
) -> Result<Option<bool>, ParameterError> {
    if let Some(said) = enlarge(query)? {
        fields.forget("enlarge");
        fields.forget("withoutEnlargement");
        return Ok(Some(said));
    }
    enlarge(fields)
}

/// `enlarge`, or the negative of `withoutEnlargement`.
fn enlarge(values: &Values<'_>) -> Result<Option<bool>, ParameterError> {
    let enlarge = values.boolean("enlarge")?;
    let without = values.boolean("withoutEnlargement")?;
    match (enlarge, without) {
        (Some(yes), Some(no)) if yes == no => {
            values.conflict("enlarge", "withoutEnlargement")?;
            Ok(Some(yes))
        }
        (Some(yes), _) => Ok(Some(yes)),
        (None, no) => Ok(no.map(|no| !no)),
    }
}
