//! GET of what takes a picture: the one that its query names, where this server reads any such.

use axum::handler::Handler;
use axum::http::header::{ETAG, VARY};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};

use super::operate::{Asked, context, parse, picture};
use super::problem::Problem;
use super::{State, marks, named, negotiate};
use crate::pipeline::operation::OperationRow;
use crate::pipeline::parameter::Grammar;
use crate::service::Named;
use crate::source::Sources;

/// A route that takes a picture by POST, and by GET where there is something that a GET could name.
pub(super) fn route<H, T>(handler: H, sources: &Sources) -> MethodRouter<State>
where
    H: Handler<T, State>,
    T: 'static,
{
    let route = post(handler.clone());
    if sources.has_any() {
        route.get(handler)
    } else {
        route
    }
}

/// A picture that the query names in, a picture out; or nothing new.
pub(super) async fn operated(
    row: &'static OperationRow,
    state: &State,
    parts: &Parts,
    asked: Asked,
) -> Result<Response, Problem> {
    let Asked { query, source, .. } = asked;
    let context = context(parts)?;
    let (service, settings) = (&state.0.service, &state.0.settings);
    let rules = state.rules();
    let is_imaginary = rules.grammar == Grammar::Imaginary;
    let wanted = || named::wanted(source, parts, &settings.fetch, service.sources());
    let (operation, wanted) = match parse(row, &query, &[], rules) {
        Ok(operation) if is_imaginary => (operation, wanted()?),
        Ok(operation) => {
            operation.complete()?;
            (operation, wanted()?)
        }
        // There, what the picture is comes first.
        Err(error) if is_imaginary => {
            let wanted = wanted()?;
            let fetched = service.fetch(&wanted, &context).await;
            let source = fetched.map_err(|error| named::about(error, &wanted))?;
            service.recognise(&source)?;
            return Err(error.into());
        }
        Err(error) => return Err(error.into()),
    };
    let operation = operation.accepting(negotiate::accepted(&parts.headers, rules.grammar));
    let varies = operation.negotiates();
    let holds = named::holds(&parts.headers);
    let order = marks::found(operation, None, service, &context)
        .await
        .map_err(|problem| problem.varying(varies))?;
    let made = service
        .transform_named(&wanted, order, &holds, &context)
        .await
        .map_err(|error| named::about(error, &wanted).varying(varies))?;
    let mut response = match made {
        Named::Made(answer, bytes_in) => picture(*answer, bytes_in, varies),
        Named::Unchanged(etag) => unchanged(&etag, varies),
    };
    let headers = response.headers_mut();
    named::cached(headers, parts, &settings.fetch, &state.0.access);
    Ok(response)
}

/// What the client has is what it would get.
fn unchanged(etag: &str, varies: bool) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    let headers = response.headers_mut();
    if let Ok(etag) = HeaderValue::from_str(etag) {
        headers.insert(ETAG, etag);
    }
    if varies {
        headers.insert(VARY, HeaderValue::from_static("Accept"));
    }
    response
}
