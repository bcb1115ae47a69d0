//! One short function for each route.

use axum::extract::{MatchedPath, Request, State as Extract};
use axum::http::header::CACHE_CONTROL;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::problem::{Kind, Limit, Problem, method_not_allowed as method_not_allowed_there};
use super::routes::{self, Route};
use super::{Compat, State, Unreadable};

pub(super) async fn not_found(Extract(state): Extract<State>, method: Method, uri: Uri) -> Problem {
    let common = matches!(method, Method::GET | Method::HEAD | Method::POST);
    if state.0.settings.compat == Compat::Imaginary && !common {
        // It looks at the method first.
        return Problem::new(Kind::MethodNotAllowed, method_not_allowed_there(&method));
    }
    let more = routes::more(&state);
    match routes::nearest(&state, uri.path()) {
        Some(Route { path, .. }) => Problem::new(
            Kind::NotFound,
            format!("There is nothing at this path. Did you mean {path}?{more}"),
        )
        .with("allowed", path),
        None => Problem::new(
            Kind::NotFound,
            format!("There is nothing at this path.{more}"),
        ),
    }
}

/// No request at all. The contract has one code and one status for that, whatever part of the head it was.
pub(super) async fn unreadable(request: Request) -> Problem {
    let detail = match request.extensions().get() {
        Some(Unreadable(431)) => {
            "The head has more headers, or more bytes, than this server reads."
        }
        Some(Unreadable(414)) => "The path and query are longer than this server reads.",
        _ => "The head is no proper HTTP/1.1.",
    };
    Problem::new(Kind::InvalidRequest, detail)
}

pub(super) async fn crowded(Extract(state): Extract<State>) -> Problem {
    let retry_after = state.0.service.admission().retry_after();
    Problem::beyond(
        Limit::Connections,
        "The server has more connections than it serves. Try again later.",
    )
    .retry_after(retry_after)
}

/// OPTIONS is answered here too: the framework adds `Allow` to either answer.
pub(super) async fn method_not_allowed(
    Extract(state): Extract<State>,
    route: Option<MatchedPath>,
    method: Method,
) -> Response {
    let imaginary = state.0.settings.compat == Compat::Imaginary;
    let enabled = state.0.access.enabled(route.as_ref());
    if let Some(problem) = enabled.err().filter(|_| !imaginary) {
        return problem.into_response();
    }
    if method == Method::OPTIONS {
        return (StatusCode::NO_CONTENT, [(CACHE_CONTROL, "no-store")]).into_response();
    }
    if imaginary {
        let detail = method_not_allowed_there(&method);
        return Problem::new(Kind::MethodNotAllowed, detail).into_response();
    }
    not_by(&state, route.as_ref(), &method).into_response()
}

/// What the methods are that a path takes. The framework adds them as `Allow`.
fn not_by(state: &State, route: Option<&MatchedPath>, method: &Method) -> Problem {
    let known = routes::routes(state);
    let here = route.and_then(|route| known.iter().find(|known| known.path == route.as_str()));
    let Some(Route { what, .. }) = here else {
        return Problem::new(
            Kind::MethodNotAllowed,
            "This path doesn't take that method; the Allow header has those that it takes.",
        );
    };
    let allowed: Vec<&str> = what.methods(state).iter().map(Method::as_str).collect();
    let names_a_picture = what.is_picture() && matches!(*method, Method::GET | Method::HEAD);
    let hint = if names_a_picture {
        " Send the picture as the body: this server isn't set to read any that a GET names."
    } else {
        ""
    };
    let more = routes::more(state);
    let detail = format!(
        "This path takes {}, not that method.{hint}{more}",
        allowed.join(", ")
    );
    Problem::new(Kind::MethodNotAllowed, detail).with("allowed", allowed)
}
