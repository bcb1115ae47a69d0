//! What a route takes beside a body: in its path, its query and its headers.

use serde_json::{Value, json};

use super::place::Place;
use super::schema::{self, refer};
use crate::http::problem::PROBLEMS;
use crate::http::routes::What;
use crate::http::{State, page};
use crate::pipeline::description;
use crate::pipeline::operation::Needs;

/// All of a place, as the document has them.
pub(super) fn of(state: &State, place: Place<'_>) -> Value {
    let mut all = Vec::new();
    if let What::Picture(asked) = place.what {
        let max_side = state.0.service.max_side();
        for row in asked.parameters() {
            let is_needed = asked.needs.is_strict() && asked.needs.parameters().contains(&row.name);
            // A picture to draw may come in the form.
            let is_needed = is_needed && (asked.needs != Needs::Image || place.is_get);
            all.push(if is_needed {
                schema::parameter(row, max_side, Some(asked.needs))
            } else {
                refer("parameters", row.name)
            });
        }
    }
    if place.asked().is_some() && state.0.access.wants_signature() {
        let rows = description::of_whoever_asks().filter(|row| row.name == "expires");
        all.extend(rows.map(|row| schema::parameter(row, 0, None)));
    }
    if place.asked().is_some() && place.is_get {
        all.extend(names(state));
    }
    if matches!(place.what, What::PageFile) {
        all.push(json!({
            "name": "file", "in": "path", "required": true,
            "description": "As the page names it.",
            "schema": {"type": "string", "enum": page::names().collect::<Vec<_>>()},
            "example": "app.js",
        }));
    }
    if matches!(place.what, What::Problem) {
        let codes: Vec<_> = PROBLEMS.iter().map(|row| row.code).collect();
        all.push(json!({
            "name": "code", "in": "path", "required": true,
            "description": "As a problem's document has it.",
            "schema": {"type": "string", "enum": codes},
            "example": "overloaded",
        }));
    }
    if place.is_tagged() {
        all.push(json!({
            "name": "If-None-Match", "in": "header", "required": false,
            "description": "The ETag of an earlier answer: 304 if nothing has changed.",
            "schema": {"type": "string"},
        }));
    }
    all.into()
}

/// What a GET may name its picture by.
fn names(state: &State) -> Vec<Value> {
    let sources = state.0.service.sources();
    let all = [
        (
            sources.has_remote(),
            "url",
            "https://www.example.org/photo.jpg",
            "An absolute URL of http or https that the picture is fetched from.",
        ),
        (
            sources.has_files(),
            "file",
            "photo.jpg",
            "The path of the picture below the server's folder.",
        ),
        (
            sources.has_objects(),
            "object",
            "2026/beach.jpg",
            "The picture's key in the server's object store.",
        ),
    ];
    let on: Vec<_> = all.into_iter().filter(|(is_on, ..)| *is_on).collect();
    let is_alone = on.len() == 1;
    on.into_iter()
        .map(|(_, name, example, about)| {
            json!({
                "name": name, "in": "query", "required": is_alone,
                "description": if is_alone { about.to_owned() } else { format!("{about} One of these has to be given.") },
                "schema": {"type": "string", "minLength": 1},
                "example": example,
            })
        })
        .collect()
}
