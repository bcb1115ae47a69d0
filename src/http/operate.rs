//! Operations: a picture in, a picture out.

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State as Extract};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_TYPE, ETAG, HeaderName, VARY};
use axum::http::request::Parts;
use axum::response::Response;

use super::layers::{self, Facts};
use super::problem::Problem;
use super::{State, extract, get, marks, named, negotiate, steps};
use crate::admission::Deadline;
use crate::checkpoint::Checkpoint;
use crate::pipeline::operation::{OperationRow, Verb};
use crate::pipeline::parameter::{Grammar, ParameterError};
use crate::pipeline::request::{self, Request as Operation, Rules};
use crate::service::{Answer, Context, Kept, Name};

const IMAGE_WIDTH: HeaderName = HeaderName::from_static("image-width");
const IMAGE_HEIGHT: HeaderName = HeaderName::from_static("image-height");

/// A picture in, a picture out.
pub(super) async fn operate(
    row: &'static OperationRow,
    Extract(state): Extract<State>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let mut query = extract::query(&parts);
    let source = named::split(&mut query);
    let asked = Asked {
        query,
        source,
        // In what is signed nothing is left to a form.
        is_settled: state.0.access.wants_signature(),
    };
    answered(row, &state, &parts, asked, body).await
}

/// What a request says before its body.
pub(super) struct Asked {
    pub(super) query: Vec<(String, String)>,
    /// The picture that a GET names.
    pub(super) source: named::Values,
    /// A form's fields have no say.
    pub(super) is_settled: bool,
}

/// The answer to what is asked, by POST or GET.
pub(super) async fn answered(
    row: &'static OperationRow,
    state: &State,
    parts: &Parts,
    asked: Asked,
    body: Body,
) -> Result<Response, Problem> {
    let varies = request::negotiates(&asked.query);
    let answered = if named::names_its_picture(&parts.method) {
        get::operated(row, state, parts, asked).await
    } else {
        operated(row, state, parts, asked, body).await
    };
    answered.map_err(|problem| problem.varying(varies))
}

async fn operated(
    row: &'static OperationRow,
    state: &State,
    parts: &Parts,
    asked: Asked,
    body: Body,
) -> Result<Response, Problem> {
    let query = &asked.query;
    let context = context(parts)?;
    let service = &state.0.service;
    let rules = state.rules();
    let imaginary = rules.grammar == Grammar::Imaginary;
    let in_query = imaginary || asked.is_settled;
    let draws = matches!(row.verb, Verb::WatermarkImage | Verb::Pipeline);
    let in_form = draws || !in_query;
    // Before the body is read; what is missing may still come as a field of a form.
    let asked = parse(row, query, &[], rules);
    match asked.and_then(|operation| operation.complete().map(|()| operation)) {
        // There, what the body is comes first.
        _ if imaginary => {}
        Err(error) if error.is_missing() && in_form && extract::boundary(parts).is_some() => {}
        Err(error) => return Err(error.into()),
        Ok(operation) => marks::check(&operation, service)?,
    }
    let wanted = extract::Wanted {
        second: draws,
        fields: !in_query,
    };
    let upload = extract::upload(parts, body, wanted, state, &context).await?;
    if imaginary {
        service.recognise(&upload.source)?;
    }
    let operation = parse(row, query, &upload.fields, rules)
        .map_err(|error| Problem::from(error).varying(request::negotiates(&upload.fields)))?
        .accepting(negotiate::accepted(&parts.headers, rules.grammar));
    let varies = operation.negotiates();
    let order = marks::found(operation, upload.beside, service, &context)
        .await
        .map_err(|problem| problem.varying(varies))?;
    let sources = order.beside.iter().chain([&upload.source]);
    let bytes_in = sources.map(|source| source.bytes.len() as u64).sum();
    service
        .transform(upload.source, order, &context)
        .await
        .map(|answer| picture(answer, bytes_in, varies))
        .map_err(|error| Problem::from(error).varying(varies))
}

/// What the query and the fields of a form ask for.
pub(super) fn parse(
    row: &'static OperationRow,
    query: &[(String, String)],
    fields: &[(String, String)],
    rules: Rules,
) -> Result<Operation, ParameterError> {
    if row.verb != Verb::Pipeline {
        if rules.grammar == Grammar::Imaginary
            && let Some(text) = request::operations(query, fields)
        {
            steps::check(text)?;
        }
        return request::parse(row, query, fields, rules);
    }
    match request::operations(query, fields) {
        Some(text) => request::parse_steps(row, &steps::parse(text)?, query, fields, rules),
        None => request::parse(row, query, fields, rules),
    }
}

/// What the layers have put into the extensions.
pub(super) fn context(parts: &Parts) -> Result<Context, Problem> {
    let deadline = parts.extensions.get::<Deadline>().copied();
    let checkpoint = parts.extensions.get::<Checkpoint>().cloned();
    let route = parts.extensions.get::<MatchedPath>();
    match (deadline, checkpoint) {
        (Some(deadline), Some(checkpoint)) => Ok(Context {
            deadline,
            checkpoint,
            kept: parts.extensions.get::<Kept>().cloned(),
            name: Name {
                request: layers::of(&parts.headers).into(),
                operation: route.map(MatchedPath::as_str).unwrap_or_default().into(),
            },
            onward: layers::onward(parts.extensions.get()),
        }),
        _ => Err(Problem::internal("a layer is missing from the stack")),
    }
}

pub(super) fn picture(answer: Answer, bytes_in: u64, varies: bool) -> Response {
    let facts = Facts {
        bytes_in,
        source: answer.source.format.name(),
        source_size: (answer.source.width, answer.source.height),
        format: Some(answer.format.name()),
        size: (answer.width, answer.height),
    };
    let mut response = Response::new(Body::from(answer.bytes));
    let headers = response.headers_mut();
    let media_type = answer.format.row().media_type;
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    if let Ok(etag) = HeaderValue::from_str(&answer.etag) {
        headers.insert(ETAG, etag);
    }
    headers.insert(IMAGE_WIDTH, HeaderValue::from(answer.width));
    headers.insert(IMAGE_HEIGHT, HeaderValue::from(answer.height));
    if varies {
        headers.insert(VARY, HeaderValue::from_static("Accept"));
    }
    response.extensions_mut().insert(facts);
    response
}
