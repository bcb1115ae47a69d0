//! Pages in an operator's browser may not ask here: what listens on this machine alone is within reach of each of them.

use std::net::IpAddr;

use axum::extract::{Request, State as Extract};
use axum::http::header::{HOST, ORIGIN};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::http::problem::{Kind, Problem};

/// Refuses what a browser sends on behalf of a page. Where the listener is for this machine, it has to be asked
/// for by address or as `localhost`, too: a name of a page's own can be made to mean this machine.
pub(super) async fn refuse(
    Extract(is_public): Extract<bool>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let by_name = !is_public && !host.is_none_or(is_this_machine);
    let site = headers.get("sec-fetch-site");
    let of_a_page =
        headers.contains_key(ORIGIN) || site.is_some_and(|site| site.as_bytes() != b"none");
    if by_name || of_a_page {
        return Problem::new(
            Kind::ForbiddenPage,
            "Web pages may not ask here. Use localhost or an address in the URL, and nothing that sends Origin.",
        )
        .into_response();
    }
    next.run(request).await
}

/// Whether a Host can't be a name that somebody else decides on.
fn is_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_and_localhost_are_this_machine() {
        for (host, expected) in [
            ("localhost", true),
            ("LocalHost:9090", true),
            ("127.0.0.1", true),
            ("127.0.0.1:9090", true),
            ("[::1]:9090", true),
            ("[::1]", true),
            ("evil.example", false),
            ("evil.example:9090", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example:9090", false),
            ("", false),
        ] {
            assert_eq!(is_this_machine(host), expected, "{host}");
        }
    }
}
