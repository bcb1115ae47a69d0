//! What the library says of a failure, by fault; the operator is told what the store has said of it, the client is not.

use std::error::Error as _;

use object_store::client::{HttpError, HttpErrorKind};

use crate::source::{Error, Failure};

/// How stores name a bucket that isn't there, whose status is that of an object that isn't.
const NO_BUCKET: [&str; 2] = ["NoSuchBucket", "ContainerNotFound"];

/// Characters of others' words that are logged.
const LONGEST_WORD: usize = 256;

/// What went wrong, with a last answer of this status.
pub(super) fn failed(error: &object_store::Error, status: Option<u16>) -> Error {
    // Not the error's own text: a client's key is in it, which may look like a code.
    let texts: Vec<_> = causes(error).map(ToString::to_string).collect();
    let text = texts.join(" ");
    let code = code(&text);
    let is_absent = matches!(error, object_store::Error::NotFound { .. });
    if is_absent && !code.is_some_and(|code| NO_BUCKET.contains(&code)) {
        return Error::Absent;
    }
    let status = status.filter(|status| *status >= 300);
    // Which object it was is as little for the log as a query is. With an answer, there is a code; without, a cause.
    let cause = status.is_none().then(|| innermost(error));
    tracing::warn!(status, code, cause, "a store fails");
    match (status, on_the_way(error)) {
        (Some(status), _) => Error::Failed(Failure::Status(status)),
        (None, Some(HttpErrorKind::Timeout)) => Error::Timeout,
        (None, Some(HttpErrorKind::Connect)) => Error::Failed(Failure::Unreachable),
        (None, _) => Error::Failed(Failure::Broken),
    }
}

/// The code in an answer's document; all stores have it in the same element.
fn code(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    let is_word =
        code.len() <= LONGEST_WORD && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_word.then_some(code)
}

fn causes(error: &object_store::Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(error.source(), |&error| error.source())
}

fn innermost(error: &object_store::Error) -> String {
    let cause = causes(error).last().map(ToString::to_string);
    cause
        .unwrap_or_default()
        .chars()
        .take(LONGEST_WORD)
        .collect()
}

/// How it failed before there was an answer, or behind its head, if it did.
fn on_the_way(error: &object_store::Error) -> Option<HttpErrorKind> {
    causes(error)
        .find_map(|error| error.downcast_ref::<HttpError>())
        .map(HttpError::kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_words_of_a_document() {
        for (text, expected) in [
            (
                "403: <Error><Code>AccessDenied</Code><Resource>/b/k</Resource>",
                Some("AccessDenied"),
            ),
            ("<Code></Code>", Some("")),
            ("<Code>a b</Code>", None),
            ("<Code>AccessDenied", None),
            ("AccessDenied", None),
        ] {
            assert_eq!(code(text), expected, "{text}");
        }
    }
}
