//! What comes back: by which status, of which type, with which headers.

use serde_json::{Map, Value, json};

use super::place::{Place, occurs};
use super::schema::{refer, set};
use crate::codecs::FORMATS;
use crate::http::problem::{Kind, Problem};
use crate::http::routes::What;
use crate::http::{Compat, Placeholder, State, page};

/// Answers that several routes have are kept once.
pub(super) struct Answers<'a> {
    state: &'a State,
    kept: Vec<(String, Value)>,
}

impl<'a> Answers<'a> {
    pub(super) fn new(state: &'a State) -> Self {
        Self {
            state,
            kept: Vec::new(),
        }
    }

    /// Those that were kept.
    pub(super) fn into_components(self) -> Value {
        self.kept.into_iter().collect::<Map<_, _>>().into()
    }

    /// Every answer of that place, by status.
    pub(super) fn of(&mut self, place: Place<'_>) -> Value {
        let mut answers = Map::new();
        answers.insert("200".to_owned(), self.success(place));
        if place.is_tagged() {
            answers.insert("304".to_owned(), self.unchanged(place));
        }
        self.add_failures(place, &mut answers);
        self.add_placeholder(place, &mut answers);
        answers.into()
    }

    fn keep(&mut self, status: &str, answer: Value) -> Value {
        let known = self.kept.iter().find(|(_, known)| *known == answer);
        if let Some((name, _)) = known {
            return refer("responses", name);
        }
        let count = self
            .kept
            .iter()
            .filter(|(name, _)| name.starts_with(status));
        let name = format!("{status}-{}", count.count() + 1);
        let reference = refer("responses", &name);
        self.kept.push((name, answer));
        reference
    }

    /// The headers of that place's answers: those of every answer, and these.
    fn with_headers(&self, place: Place<'_>, more: &[&str]) -> Value {
        let is_counted = self.state.0.settings.access.rate.is_some() && !place.is_cheap();
        let counted: &[&str] = if is_counted {
            &[
                "X-RateLimit-Limit",
                "X-RateLimit-Remaining",
                "X-RateLimit-Reset",
            ]
        } else {
            &[]
        };
        let always = ["X-Request-Id", "Server-Timing"];
        let names = always.iter().chain(more).chain(counted);
        let row = |name: &&str| ((*name).to_owned(), refer("headers", name));
        names.map(row).collect::<Map<_, _>>().into()
    }

    fn success(&mut self, place: Place<'_>) -> Value {
        let json = |schema: Value| json!({"application/json": {"schema": schema}});
        let html = || json!({"text/html": {"schema": {"type": "string"}}});
        let text = || json!({"schema": {"type": "string"}});
        let both = |schema: Value| {
            let mut content = json(schema);
            set(&mut content, "text/html", text());
            content
        };
        let (about, content) = match place.what {
            _ if place.makes_picture() => ("The picture.", pictures()),
            What::Picture(_) | What::Preset(_) => {
                ("What the picture is.", json(refer("schemas", "Info")))
            }
            What::Index if place.is_get && page::is_at_the_root(self.state) => (
                "Name and version; or the page for browsers.",
                both(refer("schemas", "Index")),
            ),
            What::Index => ("Name and version.", json(refer("schemas", "Index"))),
            What::Page => ("The page for browsers.", html()),
            What::PageFile => ("A file of that page.", page_files()),
            What::PageTable => (
                "What this server does, for that page.",
                json(json!({"type": "object"})),
            ),
            What::Form => ("A page with a form for each operation.", html()),
            What::Problems => {
                let rows = json!({"type": "array", "items": refer("schemas", "ProblemRow")});
                ("Every problem there is.", both(rows))
            }
            What::Problem => (
                "What it means and what to do.",
                both(refer("schemas", "ProblemRow")),
            ),
            What::Document => ("This document.", json(json!({"type": "object"}))),
            What::Health => ("The process lives.", json(refer("schemas", "Health"))),
            What::Ready => ("New work is welcome.", json(refer("schemas", "Ready"))),
            What::Metrics => (
                "What is going on, for Prometheus.",
                json!({"text/plain": text(), "application/openmetrics-text": text()}),
            ),
        };
        let headers: &[&str] = match place.what {
            _ if place.makes_picture() => &["ETag", "Image-Width", "Image-Height"],
            what if what.is_tagged() => &["ETag"],
            _ => &[],
        };
        let headers = self.with_headers(place, headers);
        let answer = json!({"description": about, "headers": headers, "content": content});
        self.keep("200", answer)
    }

    fn unchanged(&mut self, place: Place<'_>) -> Value {
        let headers = self.with_headers(place, &["ETag"]);
        let about = "What the client has, by the tag in `If-None-Match`, is what it would get.";
        self.keep("304", json!({"description": about, "headers": headers}))
    }

    fn add_failures(&mut self, place: Place<'_>, answers: &mut Map<String, Value>) {
        if self.state.0.settings.compat == Compat::Imaginary {
            for status in ["4XX", "5XX"] {
                let failure = json!({"schema": refer("schemas", "Failure")});
                let answer = json!({
                    "description": "A failure, as imaginary's clients know it.",
                    "headers": self.with_headers(place, &[]),
                    "content": {"application/json": failure, "text/plain": {"schema": {"type": "string"}}},
                });
                let answer = self.shown(place, answer);
                answers.insert(status.to_owned(), self.keep(status, answer));
            }
            return;
        }
        let kinds = Kind::ALL.iter();
        let kinds: Vec<Kind> = kinds
            .copied()
            .filter(|kind| occurs(*kind, place, self.state))
            .collect();
        for kind in &kinds {
            let status = kind.row().status;
            if answers.contains_key(&status.to_string()) {
                continue;
            }
            let same = kinds.iter().filter(|kind| kind.row().status == status);
            let same: Vec<_> = same.copied().collect();
            let answer = self.failure(place, &same);
            let answer = self.shown(place, answer);
            let answer = self.keep(&status.to_string(), answer);
            answers.insert(status.to_string(), answer);
        }
    }

    /// Problems of one status.
    fn failure(&self, place: Place<'_>, kinds: &[Kind]) -> Value {
        let titles: Vec<_> = kinds
            .iter()
            .map(|kind| format!("`{}`: {}.", kind.row().code, kind.row().title))
            .collect();
        let prefix = self.state.route("");
        let example = |kind: &Kind| {
            let problem = Problem::new(*kind, format!("{}.", kind.row().title));
            let value = problem.document("9f86d081884c7d65", &prefix);
            (kind.row().code.to_owned(), json!({"value": value}))
        };
        let examples: Map<String, Value> = kinds.iter().map(example).collect();
        let headers: &[&str] = match kinds.first().map(|kind| kind.row().status) {
            Some(401) => &["WWW-Authenticate"],
            Some(429 | 503) => &["Retry-After"],
            _ => &[],
        };
        json!({
            "description": titles.join(" "),
            "headers": self.with_headers(place, headers),
            "content": {
                "application/problem+json": {
                    "schema": refer("schemas", "Problem"),
                    "examples": examples,
                },
            },
        })
    }

    /// With the picture that the configuration shows in its place.
    fn shown(&self, place: Place<'_>, mut answer: Value) -> Value {
        let is_shown = place.asked().is_some() && self.state.0.settings.placeholder.is_some();
        let content = answer.get_mut("content").and_then(Value::as_object_mut);
        if let (true, Some(content), Value::Object(more)) = (is_shown, content, pictures()) {
            content.extend(more);
            if let Some(headers) = answer.get_mut("headers") {
                set(headers, "Error", refer("headers", "Error"));
            }
        }
        answer
    }

    /// The status that such pictures have, where that is always the same.
    fn add_placeholder(&mut self, place: Place<'_>, answers: &mut Map<String, Value>) {
        let placeholder = self.state.0.settings.placeholder.as_ref();
        let status = placeholder.and_then(Placeholder::status);
        let Some(status) = status.filter(|_| place.asked().is_some()) else {
            return;
        };
        let mut content = pictures();
        if status == 200 && !place.makes_picture() {
            set(
                &mut content,
                "application/json",
                json!({"schema": refer("schemas", "Info")}),
            );
        } else if answers.contains_key(status.as_str()) {
            return;
        }
        let answer = json!({
            "description": "A picture in the place of a failure, whose document is in the header Error.",
            "headers": self.with_headers(place, &["Error"]),
            "content": content,
        });
        let answer = self.keep(status.as_str(), answer);
        answers.insert(status.as_str().to_owned(), answer);
    }
}

/// Every type that a picture may have.
fn pictures() -> Value {
    let formats = FORMATS.iter().filter(|row| row.writes);
    let row = |media_type: &str| (media_type.to_owned(), json!({}));
    formats
        .map(|row| row.media_type)
        .map(row)
        .collect::<Map<_, _>>()
        .into()
}

/// Every type that a file of the page has.
fn page_files() -> Value {
    let row = |media_type: &str| (media_type.to_owned(), json!({}));
    page::media_types().map(row).collect::<Map<_, _>>().into()
}
