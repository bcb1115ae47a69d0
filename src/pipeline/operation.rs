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
    /// What the client accepts, best first, for [`Type::Auto`].
    pub accepted: Vec<Format>,
}

impl Request {
    /// Whether the answer's format depends on the `Accept` header: the answer then says `Vary: Accept`, errors too.
    pub fn negotiates(&self) -> bool {
        self.output == Type::Auto
    }

    /// The formats that the client accepts, best first, for `type=auto`.
    #[must_use]
    pub fn accepting(self, formats: Vec<Format>) -> Self {
        Self {
            accepted: formats,
            ..self
        }
    }
}

/// The operation of that name.
pub fn named(name: &str) -> Option<&'static OperationRow> {
    OPERATIONS.iter().find(|row| row.name == name)
}

/// Parses the parameters of one request. The query wins over form fields of the same meaning.
///
/// With `lenient`, unknown parameters are ignored.
///
/// # Errors
/// The first thing that is wrong.
pub fn parse(
    operation: &'static OperationRow,
    query: &[(String, String)],
    fields: &[(String, String)],
    lenient: bool,
) -> Result<Request, ParameterError> {
    let values = Values::collect(query, fields, lenient)?;
    let (width, height) = sides(&values)?;
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
        enlarge: enlarge(&values)?.unwrap_or(operation.enlarge),
        dpr: values.get("dpr", Dpr::parse)?.unwrap_or_default(),
        gravity: values.get("gravity", Gravity::parse)?.unwrap_or_default(),
        background: values.get("background", Colour::parse)?,
        output: output.unwrap_or_default(),
        quality: values.get("quality", |text| {
            let quality: u8 = parameter::whole(text)?;
            (1..=100).contains(&quality).then_some(quality)
        })?,
        linear: values.get("linear", parameter::boolean)?,
        accepted: Vec::new(),
    })
}

/// Both sides, from `width` and `height` or from `size`.
fn sides(values: &Values<'_>) -> Result<(Option<u32>, Option<u32>), ParameterError> {
    let width = values.get("width", side)?;
    let height = values.get("height", side)?;
    let Some((w, h)) = values.get("size", |text| {
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
            both => Some(both),
        }
    })?
    else {
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

/// The largest side that is understood; what is allowed is the limits' affair.
const LARGEST_SIDE: u32 = 1_000_000;

fn side(text: &str) -> Option<u32> {
    parameter::whole(text).filter(|side| (1..=LARGEST_SIDE).contains(side))
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
