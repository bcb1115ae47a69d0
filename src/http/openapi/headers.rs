//! The headers that answers have.

use serde_json::{Map, Value, json};

/// Name, what it says, JSON type of that.
const HEADERS: &[(&str, &str, &str)] = &[
    (
        "ETag",
        "Stands for the answer; for `If-None-Match`.",
        "string",
    ),
    (
        "Error",
        "The problem document, where a picture is shown in its place.",
        "string",
    ),
    ("Image-Height", "Pixels.", "integer"),
    ("Image-Width", "Pixels.", "integer"),
    (
        "Retry-After",
        "Seconds after which to try again.",
        "integer",
    ),
    (
        "Server-Timing",
        "Milliseconds of each stage, and in total.",
        "string",
    ),
    ("WWW-Authenticate", "What kind of key is wanted.", "string"),
    (
        "X-RateLimit-Limit",
        "Requests that may come at once.",
        "integer",
    ),
    (
        "X-RateLimit-Remaining",
        "Requests that may still come at once.",
        "integer",
    ),
    (
        "X-RateLimit-Reset",
        "Seconds until all of them may.",
        "integer",
    ),
    (
        "X-Request-Id",
        "The client's own, or a new one; the log has it.",
        "string",
    ),
];

/// All of them, for answers to refer to.
pub(super) fn headers() -> Value {
    let row = |(name, about, kind): &(&str, &str, &str)| {
        let header = json!({"description": about, "schema": {"type": kind}});
        ((*name).to_owned(), header)
    };
    HEADERS.iter().map(row).collect::<Map<_, _>>().into()
}
