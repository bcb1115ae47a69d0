//! A picture in the place of a failure, for clients that show whatever comes.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Request, State as Extract};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;

use super::problem::{Picture, Problem};
use super::{State, extract, negotiate, operate};
use crate::codecs;
use crate::pipeline::operation;
use crate::pipeline::parameter::{Grammar, PARAMETERS};
use crate::pipeline::request;
use crate::service::Source;

/// What is shown in the place of a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholder {
    file: Bytes,
    size: (u32, u32),
    status: Option<StatusCode>,
}

/// 400 by 400 pixels.
const BUILT_IN: &[u8] = include_bytes!("../../config/placeholder.jpg");

/// What may be said of the size and the format.
const HEEDED: [&str; 4] = ["width", "height", "size", "type"];

/// Whose word it is.
#[derive(Clone, Debug)]
pub(super) enum Word {
    /// The client's, in its query.
    Client,
    /// The configuration's: these parameters, whatever the client says.
    Settled(Arc<[(String, String)]>),
}

impl Word {
    /// What is said, in a request that fails.
    fn pairs(&self, parts: &Parts) -> Vec<(String, String)> {
        match self {
            Self::Client => extract::query(parts),
            Self::Settled(given) => given.to_vec(),
        }
    }
}

impl Placeholder {
    /// Its file.
    pub fn file(&self) -> &Bytes {
        &self.file
    }

    /// The status of whatever is answered with it, where that isn't the failure's own.
    pub(super) fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// This file, under that status; under the failure's own if there is none.
    ///
    /// # Errors
    /// What is wrong with the file, in words.
    pub fn new(file: Bytes, status: Option<StatusCode>) -> Result<Self, String> {
        let described = |error: codecs::Error| Problem::from(error).detail().to_owned();
        let header = codecs::probe(&file).map_err(described)?;
        Ok(Self {
            file,
            size: header.displayed(),
            status,
        })
    }

    /// The one that is built in.
    pub fn built_in(status: Option<StatusCode>) -> Self {
        Self::new(Bytes::from_static(BUILT_IN), status).expect("it is a picture, see the test")
    }

    /// Makes it as large as the picture would have been by those words, each side that they don't say as it is;
    /// nothing where that can't be done, or not now.
    async fn drawn(
        &self,
        state: &State,
        parts: &Parts,
        mut pairs: Vec<(String, String)>,
    ) -> Option<Picture> {
        let rules = state.rules();
        let aliased = rules.grammar == Grammar::Strict;
        let is_heeded = |(written, _): &(String, String)| {
            let name = |name: &str| HEEDED.contains(&name);
            name(written)
                || aliased
                    && PARAMETERS
                        .iter()
                        .any(|row| name(row.name) && row.aliases.contains(&written.as_str()))
        };
        pairs.retain(is_heeded);
        // Both sides are given to it, and so it is stretched.
        let row = operation::named("thumbnail")?;
        let asked = request::parse(row, &pairs, &[], rules).ok()?;
        let sizing = asked.steps.first()?.sizing;
        for (name, given, own) in [
            ("width", sizing.width, self.size.0),
            ("height", sizing.height, self.size.1),
        ] {
            if given.is_none() {
                pairs.retain(|(written, _)| written != name);
                pairs.push((name.to_owned(), own.to_string()));
            }
        }
        let request = request::parse(row, &pairs, &[], rules)
            .ok()?
            .accepting(negotiate::accepted(&parts.headers, rules.grammar));
        let context = operate::context(parts).ok()?;
        let service = &state.0.service;
        let source = Source {
            bytes: self.file.clone(),
            // Its entity tag is told to nobody.
            digest: [0; 32],
            // No upload: these bytes are there for good.
            lease: Arc::new(service.admission().upload(0).ok()?),
        };
        let answer = service
            .transform(source, request.into(), &context)
            .await
            .ok()?;
        Some(Picture {
            bytes: answer.bytes,
            media_type: answer.format.row().media_type,
            status: self.status,
        })
    }
}

/// Has a picture shown for what fails below. Under overload, and when time is up, it is no time to draw.
pub(super) async fn stand_in(
    Extract((state, word)): Extract<(State, Word)>,
    request: Request,
    next: Next,
) -> Response {
    let Some(placeholder) = &state.0.settings.placeholder else {
        return next.run(request).await;
    };
    let (parts, body) = request.into_parts();
    let mut response = next.run(Request::from_parts(parts.clone(), body)).await;
    let problem = response.extensions_mut().remove::<Problem>();
    if let Some(problem) = problem {
        let status = problem.status();
        let too_much = matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT
        );
        let picture = if too_much || problem.is_client_gone() {
            None
        } else {
            let said = word.pairs(&parts);
            placeholder.drawn(&state, &parts, said).await
        };
        response.extensions_mut().insert(problem.shown_as(picture));
    }
    response
}

/// A document as a header can hold it: JSON has escapes for all that isn't ASCII.
pub(super) fn in_ascii(document: &str) -> String {
    let mut text = String::with_capacity(document.len());
    for c in document.chars() {
        if c.is_ascii_graphic() || c == ' ' {
            text.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing to a string can't fail.
            let _ok = write!(text, "\\u{unit:04x}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_in_is_a_picture() {
        assert_eq!(Placeholder::built_in(None).size, (400, 400));
    }

    #[test]
    fn a_header_holds_any_document() {
        let document = serde_json::json!({"detail": "4×3 \u{1f600} \"\n\u{7f}"}).to_string();
        let text = in_ascii(&document);
        assert!(axum::http::HeaderValue::from_str(&text).is_ok(), "{text}");
        let again: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(again.to_string(), document);
    }
}
