//! Pages in an operator's browser may not ask here: what listens on this machine alone is within reach of each of them.

use std::net::IpAddr;

use axum::extract::{Request, State as Extract};
use axum::http::header::{ACCEPT_LANGUAGE, HOST, ORIGIN};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::http::problem::{Kind, Problem};

/// Refuses what a browser sends on behalf of a page. It has to be asked for by address or as `localhost`, too: a name of a page's own can
/// be made to mean this machine. Where the listener is for others, what isn't a browser may use any name; and one is known by the
/// languages that it always sends (Fetch), since to what isn't secure it says nothing of where a request comes from.
pub(super) async fn refuse(
    Extract(is_public): Extract<bool>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let is_fixed = host.is_none_or(|host| is_fixed(host, is_public));
    let may_be_a_page = !is_public || headers.contains_key(ACCEPT_LANGUAGE);
    let by_name = !is_fixed && may_be_a_page;
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

/// Whether a Host can't be a name that somebody else decides on: an address of this machine's own, or, where it is public, any.
fn is_fixed(host: &str, is_public: bool) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|address| is_public || address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_and_localhost_are_this_machine() {
        for (host, expected) in [("0.0.0.0:9090", true), ("10.0.0.5", true), ("a.b", false)] {
            assert_eq!(is_fixed(host, true), expected, "{host}");
        }
        for (host, expected) in [
            ("0.0.0.0:9090", false),
            ("10.0.0.5", false),
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
            assert_eq!(is_fixed(host, false), expected, "{host}");
        }
    }
}
