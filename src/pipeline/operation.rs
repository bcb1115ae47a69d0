//! What a client may ask: the table of operations, and their parameters parsed.
//!
//! Wire words end here: past this file a request is typed and believed. Knows
//! nothing of HTTP; it gets names and values, wherever they came from.

use super::parameter::{self, ParameterError, Values};
use super::value::{Colour, Dpr, Fit, Gravity};
use crate::codecs::Format;

/// An endpoint that makes a picture out of a picture.
#[derive(Debug, PartialEq)]
pub struct OperationRow {
    /// Path without the slash.
    pub name: &'static str,
    /// One line for a person.
    pub about: &'static str,
    /// What must be given.
    pub needs: Needs,
    /// How the picture fits into width and height when the client doesn't say.
    pub fit: Fit,
    /// Whether it may become larger than the source when the client doesn't say.
    pub enlarge: bool,
}

/// The parameters without which an operation has nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// `width` or `height`.
    Side,
    /// `type`.
    Type,
}

/// Every operation.
pub const OPERATIONS: &[OperationRow] = &[
    OperationRow {
        name: "resize",
        about: "Scales the picture into width and height, as `fit` says.",
        needs: Needs::Side,
        fit: Fit::Inside,
        enlarge: false,
    },
    OperationRow {
        name: "convert",
        about: "Writes the picture in another format; scales it too when a side is given.",
        needs: Needs::Type,
        fit: Fit::Fill,
        enlarge: true,
    },
];

/// The format of the answer, as asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Type {
    /// The input's where it can be written, else PNG with alpha and JPEG without.
    #[default]
    Source,
    /// By what the client accepts.
    Auto,
    /// This one; its row has `writes` set.
    Named(Format),
}

/// What a client asks, parsed and believed from here on.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Which operation.
    pub operation: &'static OperationRow,
    /// Asked width in pixels, before `dpr`, at least 1.
    pub width: Option<u32>,
    /// Asked height in pixels, before `dpr`, at least 1.
    pub height: Option<u32>,
    /// How the picture fits into both.
    pub fit: Fit,
    /// Whether it may become larger than the source.
    pub enlarge: bool,
    /// Factor on width and height.
    pub dpr: Dpr,
    /// Which part stays where something is cut, and where the picture goes on a canvas.
    pub gravity: Gravity,
    /// What lies behind transparent parts and beside the picture; `None` is the format's default.
    pub background: Option<Colour>,
    /// The format.
    pub output: Type,
    /// 1 to 100; `None` is the format's default.
    pub quality: Option<u8>,
    /// Whether to resize in linear light; `None` is the server's default.
    pub linear: Option<bool>,
    /// What the client accepts, for [`Type::Auto`].
    pub accept: Accept,
}

/// What a client says of the formats that it reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accept {
    /// Formats better than any input's that it names, best first.
    pub better: Vec<Format>,
    /// Formats that it doesn't want.
    pub refused: Vec<Format>,
}

/// How parameters are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Unknown parameters are ignored.
    pub lenient: bool,
    /// The largest width and height that may be asked for.
    pub max_side: u32,
}

impl Request {
    /// Whether the answer's format depends on the `Accept` header: the answer then says `Vary: Accept`, errors too.
    pub fn negotiates(&self) -> bool {
        self.output == Type::Auto
    }

    /// With what the client accepts, for `type=auto`.
    #[must_use]
    pub fn accepting(self, accept: Accept) -> Self {
        Self { accept, ..self }
    }
}

/// The operation of that name.
pub fn named(name: &str) -> Option<&'static OperationRow> {
    OPERATIONS.iter().find(|row| row.name == name)
}

/// Refuses unknown names, for a route that has no use for the others.
///
/// # Errors
/// The first thing that is wrong.
pub fn check_names(pairs: &[(String, String)], lenient: bool) -> Result<(), ParameterError> {
    Values::collect(pairs, lenient).map(drop)
}

/// Whether these pairs ask for `type=auto`, whatever else is wrong with them.
pub fn negotiates(pairs: &[(String, String)]) -> bool {
    pairs
        .iter()
        .any(|(name, value)| parameter::is("type", name) && parse_type(value) == Some(Type::Auto))
}

/// Parses the parameters of one request. The query wins over form fields of the same meaning.
///
/// # Errors
/// The first thing that is wrong.
pub fn parse(
    operation: &'static OperationRow,
    query: &[(String, String)],
    fields: &[(String, String)],
    rules: Rules,
) -> Result<Request, ParameterError> {
    let query = Values::collect(query, rules.lenient)?;
    let mut fields = Values::collect(fields, rules.lenient)?;
    // What has several names is settled source by source: a form can't contradict the query.
    let (width, height) = both_sides(&query, &mut fields, rules.max_side)?;
    let enlarge = either_enlarge(&query, &mut fields)?.unwrap_or(operation.enlarge);
    let values = query.or(fields);
    let output = values.get("type", parse_type)?;
    match operation.needs {
        Needs::Side if width.is_none() && height.is_none() => {
            return Err(parameter::missing("width or height", "width"));
        }
        Needs::Type if output.is_none() => return Err(parameter::missing("type", "type")),
        Needs::Side | Needs::Type => {}
    }
    Ok(Request {
        operation,
        width,
        height,
        fit: values.get("fit", Fit::parse)?.unwrap_or(operation.fit),
        enlarge,
        dpr: values.get("dpr", Dpr::parse)?.unwrap_or_default(),
        gravity: values.get("gravity", Gravity::parse)?.unwrap_or_default(),
        background: values.get("background", Colour::parse)?,
        output: output.unwrap_or_default(),
        quality: values.get("quality", |text| {
            let quality: u8 = parameter::whole(text)?;
            (1..=100).contains(&quality).then_some(quality)
        })?,
        linear: values.get("linear", parameter::boolean)?,
        accept: Accept::default(),
    })
}

/// A width and a height, as far as they are given.
type Sides = (Option<u32>, Option<u32>);

/// Both sides, from the query, else from the form.
fn both_sides(
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
    let width = values.get("width", side).map_err(up_to)?;
    let height = values.get("height", side).map_err(up_to)?;
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
            return Err(parameter::conflict(name, "size"));
        }
    }
    Ok((w.or(width), h.or(height)))
}

/// Whether to enlarge, from the query, else from the form.
fn either_enlarge(
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
    let enlarge = values.get("enlarge", parameter::boolean)?;
    let without = values.get("withoutEnlargement", parameter::boolean)?;
    match (enlarge, without) {
        (Some(yes), Some(no)) if yes == no => {
            Err(parameter::conflict("enlarge", "withoutEnlargement"))
        }
        (Some(yes), _) => Ok(Some(yes)),
        (None, no) => Ok(no.map(|no| !no)),
    }
}

fn parse_type(text: &str) -> Option<Type> {
    if text.eq_ignore_ascii_case("auto") {
        return Some(Type::Auto);
    }
    Format::named(text)
        .filter(|row| row.writes)
        .map(|row| Type::Named(row.format))
}

#[cfg(test)]
#[path = "operation_tests.rs"]
mod tests;
