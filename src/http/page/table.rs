//! What this server does, for the form: each operation that is switched on with what it takes, as the tables of `pipeline` have it.

use axum::Json;
use axum::extract::State as Extract;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::http::{Preset, State};
use crate::pipeline::description::{self, Description};
use crate::pipeline::operation::{Needs, OPERATIONS, OperationRow, Verb};
use crate::pipeline::parameter::{Kind, PARAMETERS, ParameterRow};

/// What parameters are about: a fold of the form for each.
const GROUPS: &[(&str, &[&str])] = &[
    (
        "Size and place",
        &[
            "width",
            "height",
            "size",
            "aspectratio",
            "fit",
            "enlarge",
            "withoutEnlargement",
            "force",
            "nocrop",
            "embed",
            "extend",
            "dpr",
            "gravity",
            "left",
            "top",
            "areawidth",
            "areaheight",
            "factor",
            "linear",
        ],
    ),
    ("Turn", &["rotate", "flip", "flop", "norotation"]),
    (
        "Look",
        &[
            "sigma",
            "minampl",
            "sharpen",
            "brightness",
            "contrast",
            "saturation",
            "gamma",
            "pixelate",
            "colorspace",
            "grayscale",
        ],
    ),
    ("Edges", &["trim", "pad", "radius", "background"]),
    (
        "Mark",
        &[
            "text",
            "textwidth",
            "font",
            "dpi",
            "margin",
            "color",
            "opacity",
            "noreplicate",
        ],
    ),
    ("Steps", &["operations"]),
    // The rest: `type` and how a file is written.
    (FILE, &[]),
];

const FILE: &str = "File";

/// What comes in another way than as a field: a picture has its own.
const ELSEWHERE: &str = "image";

/// The table. It says what is configured, so that a key opens it, and nobody keeps it.
pub(super) async fn table(Extract(state): Extract<State>) -> Response {
    let settings = &state.0.settings;
    let is_on = |name: &str| !state.0.access.is_off(&state.route(&format!("/{name}")));
    let presets = settings.presets.iter().map(preset);
    let rows = OPERATIONS.iter().filter(|row| is_on(row.name));
    let rows = rows.filter_map(|row| Some(operation(row, description::described(row.name)?)));
    let operations: Vec<Value> = presets.chain(rows).collect();
    let side = state.0.service.max_side();
    let parameters: Vec<Value> = PARAMETERS.iter().map(|row| parameter(row, side)).collect();
    let pages = ["form", "problems"].into_iter();
    let off: Vec<_> = pages.filter(|name| !is_on(name)).collect();
    let table = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "signed": state.0.access.wants_signature(),
        "info": is_on("info"),
        "off": off,
        "max_body": settings.max_body,
        "operations": operations,
        "parameters": parameters,
    });
    ([(CACHE_CONTROL, "no-store")], Json(table)).into_response()
}

fn preset(preset: &Preset) -> Value {
    let path = format!("preset/{}", preset.name());
    json!({
        "name": &path,
        "path": &path,
        "about": format!("`{}`, as this server is configured.", preset.operation()),
        "group": "Presets",
        "first": [],
        "example": {},
        "draws": preset.wants_image(),
        "needs_mark": preset.wants_image(),
        "parameters": [],
    })
}

fn operation(row: &OperationRow, said: Description) -> Value {
    let example: Map<String, Value> = said
        .example()
        .filter(|(name, _)| *name != ELSEWHERE)
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    let taken = said.parameters().map(|row| row.name);
    let taken: Vec<_> = taken.filter(|name| *name != ELSEWHERE).collect();
    let needed = row.needs.parameters().iter().copied();
    let first = needed.chain(beside(row)).chain(["type", "quality"]);
    let first: Vec<_> = first.filter(|name| taken.contains(name)).collect();
    json!({
        "name": said.name,
        "path": said.name,
        "about": said.about,
        "group": group(row),
        "first": first,
        "example": example,
        "draws": said.draws,
        "needs_mark": row.needs == Needs::Image,
        "parameters": taken,
    })
}

/// What an operation is about: a row of the form for each.
fn group(row: &OperationRow) -> &'static str {
    match (row.verb, row.needs) {
        (Verb::Pipeline, _) => "Several",
        (Verb::Watermark | Verb::WatermarkImage, _) => "Mark",
        (Verb::Autorotate | Verb::Flip | Verb::Flop, _) | (_, Needs::Rotate) => "Turn",
        (Verb::Trim, _) | (_, Needs::Border | Needs::Radius) => "Edges",
        (_, Needs::Type) => "File",
        (_, Needs::Blur | Needs::Sharpen | Needs::Tone | Needs::Square) => "Look",
        _ => "Size",
    }
}

/// What one often wants beside what it needs.
fn beside(row: &OperationRow) -> impl Iterator<Item = &'static str> {
    let names: &[&str] = match (row.verb, row.needs) {
        (Verb::Resize, _) => &["fit"],
        (Verb::Crop | Verb::Enlarge, _) => &["gravity"],
        (Verb::Trim, _) => &["trim"],
        (_, Needs::Area) => &["left", "top"],
        (_, Needs::Tone) => &["contrast", "saturation", "gamma"],
        (_, Needs::Border | Needs::Radius) => &["background"],
        (_, Needs::Text) => &["font", "color", "opacity", "noreplicate"],
        (_, Needs::Image) => &["left", "top", "opacity"],
        _ => &[],
    };
    names.iter().copied()
}

fn parameter(row: &ParameterRow, max_side: u32) -> Value {
    let of = GROUPS.iter().find(|(_, names)| names.contains(&row.name));
    let mut said = json!({
        "name": row.name,
        "about": row.about,
        "allowed": row.allowed.replace("max_output_side", &max_side.to_string()),
        "fallback": row.default,
        "usual": row.default_value(),
        "unit": row.unit,
        "example": row.example,
        "group": of.map_or(FILE, |(group, _)| group),
    });
    if let (Value::Object(said), Value::Object(field)) = (&mut said, field(row.kind, max_side)) {
        said.extend(field);
    }
    said
}

/// What kind of field it takes, and from where to where it goes.
fn field(kind: Kind, max_side: u32) -> Value {
    match kind {
        Kind::Side => json!({"field": "number", "least": 1, "most": max_side, "step": 1}),
        Kind::Whole { least, most, step } => {
            json!({"field": "number", "least": least, "most": most, "step": step})
        }
        Kind::Decimal { least, most } => json!({"field": "number", "least": least, "most": most}),
        Kind::Boolean => json!({"field": "boolean"}),
        Kind::Choice(choice) => {
            json!({"field": "choice", "words": choice.words, "others": choice.or.is_some()})
        }
        Kind::Colour => json!({"field": "colour"}),
        Kind::Text(_) => json!({"field": "text"}),
        Kind::Steps => json!({"field": "steps"}),
        Kind::WholeOr { .. } | Kind::Lengths { .. } | Kind::Form(_) => json!({"field": "word"}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_name_parameters_and_each_once() {
        let named: Vec<_> = GROUPS.iter().flat_map(|(_, names)| *names).collect();
        for name in &named {
            assert!(description::parameter(name).is_some(), "{name}");
            assert_eq!(
                named.iter().filter(|other| *other == name).count(),
                1,
                "{name}"
            );
        }
    }

    #[test]
    fn what_is_in_sight_is_taken() {
        for row in OPERATIONS {
            let said = description::described(row.name).unwrap();
            for name in beside(row) {
                assert!(
                    said.parameters().any(|row| row.name == name),
                    "{name} of {}",
                    row.name
                );
            }
        }
    }
}
