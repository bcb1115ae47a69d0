//! The bodies of answers, as JSON Schema, and the steps of a pipeline.

use serde_json::{Value, json};

use super::schema::{form, refer, step};
use crate::http::State;
use crate::http::problem::PROBLEMS;
use crate::pipeline::parameter::{Kind, ParameterRow};
use crate::pipeline::request::MAX_STEPS;

/// The bodies that answers have, and the steps of a pipeline.
pub(super) fn schemas(state: &State) -> Value {
    // A pipeline alone looks at steps.
    let is_looked_at = |row: &ParameterRow| row.kind != Kind::Steps && row.taken.by_pictures();
    json!({
        "Problem": problem(),
        "Failure": {
            "type": "object",
            "required": ["message", "status"],
            "properties": {"message": {"type": "string"}, "status": {"type": "integer"}},
        },
        "ProblemRow": {
            "type": "object",
            "required": ["code", "status", "title"],
            "properties": {
                "code": {"enum": codes()},
                "status": {"type": "integer"},
                "title": {"type": "string"},
                "advice": {"type": "string"},
            },
        },
        "Index": {
            "type": "object",
            "required": ["name", "version"],
            "properties": {"name": {"const": "pixmill"}, "version": {"type": "string"}},
            "additionalProperties": {"type": "string"},
        },
        "Health": {
            "type": "object",
            "required": ["status", "uptime", "workers", "busy", "queued"],
            "properties": {
                "status": {"const": "ok"},
                "uptime": {"type": "integer", "description": "Seconds."},
                "workers": {"type": "integer"},
                "busy": {"type": "integer", "description": "Workers at work."},
                "queued": {"type": "integer", "description": "Requests that wait for a worker."},
            },
            "additionalProperties": {"type": "number"},
        },
        "Ready": {
            "type": "object",
            "required": ["status"],
            "properties": {"status": {"const": "ready"}},
        },
        "Form": form(state, false, is_looked_at),
        "FormOfTwo": form(state, true, is_looked_at),
        "Info": info(),
        "Step": step(state),
        "Steps": {
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_STEPS,
            "items": refer("schemas", "Step"),
        },
    })
}

fn codes() -> Vec<&'static str> {
    PROBLEMS.iter().map(|row| row.code).collect()
}

fn problem() -> Value {
    let number = || json!({"type": "number"});
    let text = || json!({"type": "string"});
    json!({
        "type": "object",
        "required": ["type", "title", "status", "detail", "code", "request_id", "message"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": text(),
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string", "description": "What is wrong and what to do."},
            "code": {"enum": codes()},
            "request_id": {"type": "string", "description": "Under which the log has it."},
            "message": {"type": "string", "description": "The same as detail."},
            "parameter": {"type": "string", "description": "Which one it is about."},
            "operation": text(),
            "value": {"type": "string", "description": "The beginning of what was given."},
            "allowed": {
                "description": "What there could be in its place.",
                "anyOf": [text(), {"type": "array", "items": text()}],
            },
            "step": {"type": "integer", "minimum": 1, "description": "Of a pipeline."},
            "stage": text(),
            "limit": number(),
            "actual": number(),
            "unit": {"type": "string", "description": "That of limit and actual."},
            "source_status": {"type": "integer", "description": "What the source said."},
        },
    })
}

fn info() -> Value {
    let whole = || json!({"type": "integer", "minimum": 0});
    json!({
        "type": "object",
        "required": ["width", "height", "type", "hasAlpha", "channels", "orientation", "displayWidth", "displayHeight", "frames"],
        "properties": {
            "width": {"type": "integer", "minimum": 1, "description": "As it is stored."},
            "height": {"type": "integer", "minimum": 1},
            "type": {"type": "string", "description": "Name of the format."},
            "space": {"enum": ["b-w", "srgb", "cmyk"]},
            "hasAlpha": {"type": "boolean"},
            "hasProfile": {"type": "boolean"},
            "channels": {"type": "integer", "minimum": 1, "maximum": 4},
            "orientation": {"type": "integer", "minimum": 0, "maximum": 8, "description": "Of EXIF; 0 where it says none."},
            "displayWidth": {"type": "integer", "minimum": 1, "description": "Upright."},
            "displayHeight": {"type": "integer", "minimum": 1},
            "bitDepth": whole(),
            "frames": {"type": "integer", "minimum": 1},
            "plays": {"type": ["integer", "null"], "description": "Of an animation; 0 is for ever."},
            "durationMs": {"type": ["integer", "null"]},
            "progressive": {"type": "boolean"},
            "detail": {"type": "string"},
            "profile": {"type": "string", "description": "Name of the colour profile."},
            "exif": {"type": "object"},
            "thumbhash": {"type": "string", "contentEncoding": "base64"},
            "blurhash": {"type": "string"},
            "colors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["color", "share"],
                    "properties": {
                        "color": {"type": "string", "pattern": "^#[0-9a-f]{6}$"},
                        "share": {"type": "number", "minimum": 0, "maximum": 1},
                    },
                },
            },
        },
    })
}
