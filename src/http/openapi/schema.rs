//! What values may be, as JSON Schema: parameters by their kinds.

use serde_json::{Map, Value, json};

use crate::http::State;
use crate::pipeline::description;
use crate::pipeline::operation::{self, Needs, OperationRow};
use crate::pipeline::parameter::{Kind, PARAMETERS, ParameterRow, Taken};

/// A reference to a component.
pub(super) fn refer(kind: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}

/// Adds a member to an object.
pub(super) fn set(object: &mut Value, name: &str, member: impl Into<Value>) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), member.into());
    }
}

/// A regular expression for the whole of a text.
fn whole_text(form: &str) -> Value {
    json!({"type": "string", "pattern": format!("^({form})$")})
}

fn whole(least: u32, most: u32) -> Value {
    json!({"type": "integer", "minimum": least, "maximum": most})
}

/// What a value of that kind may be. In JSON a number may come for what is a text in a query.
fn kind(kind: Kind, max_side: u32, in_json: bool) -> Value {
    match kind {
        Kind::Side => whole(1, max_side),
        Kind::Whole { least, most, step } => {
            let mut schema = whole(least, most);
            if step > 1 {
                set(&mut schema, "multipleOf", step);
            }
            schema
        }
        Kind::WholeOr { least, most, word } => {
            json!({"anyOf": [whole(least, most), {"const": word}]})
        }
        Kind::Decimal { least, most } => {
            json!({"type": "number", "minimum": least, "maximum": most})
        }
        Kind::Boolean => json!({"type": "boolean"}),
        Kind::Choice(choice) => {
            let words = [choice.words, choice.also].concat();
            let words = json!({"type": "string", "enum": words});
            match choice.or {
                Some(form) => json!({"anyOf": [words, whole_text(form)]}),
                None => words,
            }
        }
        Kind::Colour => json!({"type": "string", "format": "color", "minLength": 1}),
        Kind::Lengths { most, form } if in_json => {
            json!({"anyOf": [whole(0, most), whole_text(form)]})
        }
        Kind::Form(form) | Kind::Lengths { form, .. } => whole_text(form),
        Kind::Text(None) => json!({"type": "string"}),
        Kind::Text(Some(most)) => json!({"type": "string", "maxLength": most}),
        Kind::Steps => refer("schemas", "Steps"),
    }
}

/// A text as the JSON that its kind has.
pub(super) fn value(kind: Kind, text: &str) -> Value {
    let parsed = match kind {
        Kind::Side | Kind::Whole { .. } | Kind::WholeOr { .. } | Kind::Decimal { .. } => {
            serde_json::from_str(text).ok()
        }
        Kind::Boolean => text.parse().ok().map(Value::Bool),
        Kind::Steps => serde_json::from_str(text).ok(),
        _ => None,
    };
    parsed.unwrap_or_else(|| text.into())
}

/// Without what would leave the operation nothing to do.
fn needed(row: Kind, needs: Needs) -> Kind {
    let least = if needs == Needs::Square { 2 } else { 1 };
    match row {
        Kind::Whole { most, step, .. } => Kind::Whole {
            least: step.max(least),
            most,
            step,
        },
        Kind::WholeOr { most, word, .. } => Kind::WholeOr { least, most, word },
        other => other,
    }
}

/// A parameter of a query; `needs` where an operation can't do without it.
pub(super) fn parameter(row: &ParameterRow, max_side: u32, needs: Option<Needs>) -> Value {
    let allowed = row
        .allowed
        .replace("max_output_side", &max_side.to_string());
    let aliases = match row.aliases {
        [] => String::new(),
        names => format!(" Also {}.", names.join(", ")),
    };
    let about = format!(
        "{} Takes {allowed}. Without it: {}.{aliases}",
        row.about, row.default
    );
    let kind_here = needs.map_or(row.kind, |needs| needed(row.kind, needs));
    let mut schema = kind(kind_here, max_side, false);
    match (needs, row.kind) {
        (Some(_), Kind::Decimal { .. }) => set(&mut schema, "exclusiveMinimum", 0),
        (Some(_), Kind::Text(_)) => set(&mut schema, "minLength", 1),
        _ => {}
    }
    if needs.is_none()
        && let Some(default) = row.default_value()
    {
        set(&mut schema, "default", value(row.kind, default));
    }
    let mut parameter = json!({
        "name": row.name,
        "in": "query",
        "description": about,
        "required": needs.is_some(),
    });
    let example = value(row.kind, row.example);
    if row.kind == Kind::Steps {
        let content = json!({"application/json": {"schema": schema, "example": example}});
        set(&mut parameter, "content", content);
    } else {
        set(&mut parameter, "schema", schema);
        set(&mut parameter, "example", example);
    }
    parameter
}

/// The parameters that `paths` refers to, by their names.
pub(super) fn parameters(state: &State, paths: &Map<String, Value>) -> Value {
    let max_side = state.0.service.max_side();
    let paths = Value::from(paths.clone()).to_string();
    let is_referred = |row: &&ParameterRow| {
        let reference = refer("parameters", row.name).to_string();
        paths.contains(&reference)
    };
    let rows = PARAMETERS.iter().filter(is_referred);
    let all: Map<String, Value> = rows
        .map(|row| (row.name.to_owned(), parameter(row, max_side, None)))
        .collect();
    all.into()
}

/// A form with a picture, maybe one to draw over it, and parameters, of whose values those are looked at.
pub(super) fn form(
    state: &State,
    draws: bool,
    is_looked_at: impl Fn(&ParameterRow) -> bool,
) -> Value {
    let max_side = state.0.service.max_side();
    let field = |row: &ParameterRow| {
        if is_looked_at(row) {
            kind(row.kind, max_side, false)
        } else {
            json!({"type": "string"})
        }
    };
    let fields = description::of_pictures().map(|row| (row.name.to_owned(), field(row)));
    with_pictures(draws, fields.collect(), state.rules().lenient)
}

/// A form with a picture, maybe one to draw over it; whatever else is in it doesn't count.
pub(super) fn bare_form(draws: bool) -> Value {
    with_pictures(draws, Map::new(), true)
}

fn with_pictures(draws: bool, fields: Map<String, Value>, takes_others: bool) -> Value {
    let file = json!({"type": "string", "contentMediaType": "application/octet-stream"});
    let mut parts = fields;
    parts.remove("image");
    if draws {
        let mut mark = file.clone();
        set(&mut mark, "description", "The picture to draw over it.");
        parts.insert("image".to_owned(), mark);
    }
    parts.insert("file".to_owned(), file);
    let others = if takes_others {
        json!({"type": "string"})
    } else {
        json!(false)
    };
    json!({
        "type": "object",
        "required": ["file"],
        "properties": parts,
        "additionalProperties": others,
    })
}

/// A step of a pipeline.
pub(super) fn step(state: &State) -> Value {
    let max_side = state.0.service.max_side();
    let rows = PARAMETERS.iter();
    let rows = rows.filter(|row| row.taken != Taken::WhoeverAsks && row.kind != Kind::Steps);
    let rows = rows.filter(|row| {
        row.taken.by("resize") || operation::pipelined().any(|step| row.taken.by(step.name))
    });
    let given: Map<String, Value> = rows
        .map(|row| {
            let mut schema = kind(row.kind, max_side, true);
            set(&mut schema, "description", row.about);
            (row.name.to_owned(), schema)
        })
        .collect();
    let names: Vec<_> = operation::pipelined()
        .map(OperationRow::step_name)
        .collect();
    json!({
        "type": "object",
        "required": ["operation"],
        "properties": {
            "operation": {"enum": names},
            "params": {"type": "object", "properties": given, "additionalProperties": state.rules().lenient},
            "ignore_failure": {"type": "boolean", "default": false, "description": "Whether the pipeline goes on without it when it fails."},
        },
        "additionalProperties": false,
    })
}
