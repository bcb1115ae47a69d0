//! The page for browsers: a picture, an operation, and what comes of them.
//!
//! What is served lies in `files/` as it is, without a build. The page itself has nothing in it that a key would guard, so
//! that it can ask for one; what this server does, of which its form is made, is in `table`, behind the key.

mod files;
mod table;

use axum::Router;
use axum::extract::Path;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName, REFERRER_POLICY, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing;

use self::files::PAGE;
pub(super) use self::files::{media_types, names};
use self::table::table;
use super::problem::{Kind, Problem};
use super::{Compat, State, named, negotiate};

/// Its own files and this server alone, and no text is ever run. Pictures have names that the browser gives them.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
    connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'";

/// The page and its files, which need no key; none where it is switched off.
pub(super) fn shell(state: &State) -> Option<Router<State>> {
    let routes = Router::new()
        .route(&state.route("/page"), routing::get(page))
        .route(&state.route("/page/{file}"), routing::get(file));
    state.0.settings.playground.then_some(routes)
}

/// What its form is made of, where there is one.
pub(super) fn behind_the_key(state: &State) -> Router<State> {
    let path = state.route("/page/operations.json");
    let routes = Router::new();
    if state.0.settings.playground {
        routes.route(&path, routing::get(table))
    } else {
        routes
    }
}

/// Whether the root shows the page to anybody; to clients of imaginary it is what it was there.
pub(super) fn is_at_the_root(state: &State) -> bool {
    let settings = &state.0.settings;
    settings.playground && settings.compat == Compat::None
}

/// Whether a request for the root is for the page.
pub(super) fn is_asked(state: &State, method: &Method, headers: &HeaderMap) -> bool {
    let reads = matches!(*method, Method::GET | Method::HEAD);
    reads && is_at_the_root(state) && negotiate::names(headers, "text/html")
}

/// The page, as it is at the root.
pub(super) fn at_the_root(state: &State, headers: &HeaderMap) -> Response {
    // A path such as `/a/images` has no slash at its end: what is below it is beside it for a browser.
    let last = state.0.settings.path_prefix.rsplit('/').next();
    let base = match last.unwrap_or_default() {
        "" => String::new(),
        last => format!("{last}/"),
    };
    let mut response = written(&base, headers);
    let vary = HeaderValue::from_static("Accept");
    response.headers_mut().append(VARY, vary);
    response
}

async fn page(headers: HeaderMap) -> Response {
    written("", &headers)
}

fn written(base: &str, headers: &HeaderMap) -> Response {
    let text = PAGE.replace("{base}", base);
    let mut response = kept("text/html; charset=utf-8", text.into(), headers);
    let policy = HeaderValue::from_static(POLICY);
    let own = response.headers_mut();
    own.insert(CONTENT_SECURITY_POLICY, policy);
    // There may be a key in its address, until the page has read it.
    own.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

async fn file(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let file = files::named(&name)
        .ok_or_else(|| Problem::new(Kind::NotFound, "The page has no such file."))?;
    Ok(kept(file.media_type, file.bytes.into(), &headers))
}

/// With a tag by its bytes, so that a browser keeps it and asks only whether it is still the same.
fn kept(media_type: &'static str, bytes: Vec<u8>, headers: &HeaderMap) -> Response {
    // A few kilobytes are hashed in microseconds.
    let digest = blake3::hash(&bytes).to_hex();
    let tag = format!("\"{}\"", digest.get(..32).unwrap_or_default());
    let own: [(HeaderName, &str); 3] = [
        (CONTENT_TYPE, media_type),
        (CACHE_CONTROL, "no-cache"),
        (ETAG, &tag),
    ];
    if named::holds(headers).has(&tag) {
        return (StatusCode::NOT_MODIFIED, own).into_response();
    }
    (own, bytes).into_response()
}
