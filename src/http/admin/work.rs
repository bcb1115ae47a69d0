//! Who waits for a worker and who has one.

use std::fmt::Write as _;
use std::time::Duration;

use axum::extract::{Request, State as Extract};
use axum::response::Response;
use serde_json::{Value, json};

use super::shown;
use crate::checkpoint::{Stage, Stop};
use crate::http::{State, extract};
use crate::service::Entry;

/// Those who wait that are listed; of the others there is a count.
const MOST: usize = 1000;

pub(super) async fn table(Extract(state): Extract<State>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let service = &state.0.service;
    let admission = service.admission();
    let figures = admission.figures();
    let (working, waiting): (Vec<_>, Vec<_>) = service
        .going_on()
        .into_iter()
        .partition(|entry| entry.worked.is_some());
    let unlisted = waiting.len().saturating_sub(MOST);
    let list = |entries: &[Entry]| -> Vec<Value> {
        let entries = entries.iter().take(MOST);
        entries
            .map(|entry| document(entry, admission.class(entry.subject.demand)))
            .collect()
    };
    let (working, waiting) = (list(&working), list(&waiting));
    let told = json!({
        "workers": figures.workers,
        "working": working,
        "waiting": waiting,
        "waiting_unlisted": unlisted,
    });
    let table = || {
        let mut text = format!("{} of {} workers\n", working.len(), figures.workers);
        text += &lines(&working);
        let _ok = writeln!(text, "\n{} waiting", waiting.len() + unlisted);
        text += &lines(&waiting);
        text
    };
    shown(&parts.headers, &extract::query(&parts), told, table)
}

fn document(entry: &Entry, class: &str) -> Value {
    let subject = &entry.subject;
    let (width, height) = subject.size;
    json!({
        "request_id": &*subject.name.request,
        "operation": &*subject.name.operation,
        "format": subject.format.name(),
        "width": width,
        "height": height,
        "bytes": subject.bytes,
        "class": class,
        "memory_bytes": subject.demand.bytes,
        "waited_ms": millis(entry.waited),
        "worked_ms": entry.worked.map(millis),
        "stage": entry.stage.map(Stage::name),
        "stopping": entry.stop.map(|stop| match stop {
            Stop::Cancelled => "cancelled",
            Stop::Deadline => "deadline",
        }),
    })
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// What a table has of each, and how wide that is.
const COLUMNS: [(&str, &str, usize); 10] = [
    ("request", "request_id", 16),
    ("operation", "operation", 18),
    ("picture", "format", 7),
    ("width", "width", 6),
    ("height", "height", 6),
    ("bytes", "bytes", 10),
    ("memory", "memory_bytes", 11),
    ("waited ms", "waited_ms", 9),
    ("worked ms", "worked_ms", 9),
    ("class, stage, stopping", "class", 0),
];

fn lines(entries: &[Value]) -> String {
    let mut text = String::new();
    if entries.is_empty() {
        return text;
    }
    for (title, _, wide) in COLUMNS {
        let _ok = write!(text, "{title:wide$}  ");
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    for entry in entries {
        for (_, name, wide) in COLUMNS {
            let _ok = match entry.get(name) {
                Some(Value::String(word)) => write!(text, "{word:wide$}  "),
                Some(Value::Null) | None => write!(text, "{:>wide$}  ", "-"),
                Some(number) => write!(text, "{:>wide$}  ", number.to_string()),
            };
        }
        for name in ["stage", "stopping"] {
            if let Some(word) = entry.get(name).and_then(Value::as_str) {
                text.truncate(text.trim_end().len());
                let _ok = write!(text, ", {word}");
            }
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}
