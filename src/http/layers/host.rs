//! HTTP/1.1 wants exactly one Host (RFC 9112, 3.2); hyper doesn't mind.

use axum::extract::Request;
use axum::http::Version;
use axum::http::header::HOST;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::http::problem::{Kind, Problem};

pub(in crate::http) async fn check_host(request: Request, next: Next) -> Response {
    let hosts = request.headers().get_all(HOST).iter().count();
    let needed = usize::from(request.version() == Version::HTTP_11);
    if hosts > 1 || hosts < needed {
        return Problem::new(
            Kind::InvalidRequest,
            "A request has exactly one Host header.",
        )
        .into_response();
    }
    next.run(request).await
}
