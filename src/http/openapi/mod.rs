//! The description of every route for machines and people (`OpenAPI` 3.1), made of the tables that the server works by.
//!
//! It tells of what is on under the configuration of the moment, and of nothing else. Reading order: [`Document`], `paths` (what can be
//! asked), `answers` (what comes back), `schema` (values), `bodies`.

mod answers;
mod bodies;
mod headers;
mod parameters;
mod paths;
mod place;
mod schema;

use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use self::answers::Answers;
use super::routes::{Route, routes};
use super::{Compat, State, named};

/// The description as it is sent.
#[derive(Clone, Debug)]
pub(super) struct Document {
    json: Bytes,
    etag: String,
}

impl Document {
    /// That of this configuration.
    pub(super) fn of(state: &State) -> Self {
        let json = described(state).to_string();
        let digest = blake3::hash(json.as_bytes()).to_hex();
        Self {
            json: json.into(),
            etag: format!("\"{:.32}\"", digest.as_str()),
        }
    }
}

/// The route.
pub(super) async fn page(Extract(state): Extract<State>, headers: HeaderMap) -> Response {
    let document = state.document();
    let etag = HeaderValue::from_str(&document.etag);
    let etag = etag.map(|etag| [(ETAG, etag)]).ok();
    // Another configuration has another one.
    let cache = [(CACHE_CONTROL, "no-cache")];
    if named::holds(&headers).has(&document.etag) {
        return (StatusCode::NOT_MODIFIED, etag, cache).into_response();
    }
    let json = [(CONTENT_TYPE, "application/json")];
    (etag, cache, json, document.json.clone()).into_response()
}

const ABOUT: &str = "Resizes, crops and converts images. A picture is sent as the body of a POST, whatever its \
    Content-Type says, or as the part `file` of a form, whose text fields count as parameters, too. \
    Every failure is a problem document (RFC 9457) that says what to do. HEAD is answered wherever GET is, OPTIONS everywhere.";

const ABOUT_COMPAT: &str = " This server answers as imaginary's clients are used to: names it doesn't know are ignored, \
    numbers are read in any spelling, and failures are JSON with `message` and `status`.";

/// The whole of it.
fn described(state: &State) -> Value {
    let settings = &state.0.settings;
    let imaginary = settings.compat == Compat::Imaginary;
    let mut answers = Answers::new(state);
    let mut paths: Map<String, Value> = Map::new();
    for Route { path, what } in routes(state) {
        let item = paths::item(state, &path, what, &mut answers);
        paths.insert(path, item);
    }
    let mut components = Map::new();
    components.insert("parameters".to_owned(), schema::parameters(state, &paths));
    components.insert("schemas".to_owned(), bodies::schemas(state));
    components.insert("headers".to_owned(), headers::headers());
    components.insert("responses".to_owned(), answers.into_components());
    let security = paths::schemes(state);
    if !security.is_empty() {
        components.insert("securitySchemes".to_owned(), security.into());
    }
    let more = if imaginary { ABOUT_COMPAT } else { "" };
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "pixmill",
            "version": env!("CARGO_PKG_VERSION"),
            "description": format!("{ABOUT}{more}"),
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": paths::tags(),
        "paths": paths,
        "components": components,
    })
}
