//! A whole request: what comes back is a picture, an answer in words, or a problem that is not ours.

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName};
use axum::http::{HeaderValue, Method, Request, Response, StatusCode};
use pixmill::codecs::FORMATS;

use super::{answer, server};

/// The first line is method and target, `POST` if only a target; then headers; behind an empty line the body.
///
/// A header `pieces` says of how many bytes the pieces of the body are.
pub(crate) fn request(input: &[u8]) -> bool {
    let Some((request, method)) = parse(input) else {
        return false;
    };
    let response = server::answer(request);
    check(&response, &method)
}

/// Panics unless it is what is promised; whether it is a picture.
pub(crate) fn check(response: &Response<Bytes>, method: &Method) -> bool {
    let text = String::from_utf8_lossy(response.body());
    let status = response.status();
    let id = header(response, "x-request-id").expect("an id");
    if status.is_client_error() || status == StatusCode::SERVICE_UNAVAILABLE {
        if method != Method::HEAD {
            assert_eq!(
                header(response, "content-type"),
                Some("application/problem+json"),
                "{text}"
            );
            let problem: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(problem["status"], status.as_u16(), "{text}");
            assert_eq!(problem["request_id"], id, "{text}");
        }
        return false;
    }
    assert!(status.is_success(), "{status}: {text}");
    let kind = header(response, "content-type").unwrap_or_default();
    let Some(row) = FORMATS.iter().find(|row| row.media_type == kind) else {
        if kind == "application/json" && method != Method::HEAD {
            let _document: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        }
        return false;
    };
    let side = |name| -> u32 {
        let side = header(response, name).expect("the picture's size");
        side.parse().expect("a number")
    };
    let (width, height) = (side("image-width"), side("image-height"));
    answer::check(response.body(), row.format, width, height);
    true
}

fn header<'a>(response: &'a Response<Bytes>, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

/// The request and its method; `None` for what the HTTP library wouldn't hand on.
fn parse(input: &[u8]) -> Option<(Request<Body>, Method)> {
    let end = input.windows(2).position(|pair| pair == b"\n\n")?;
    let (head, body) = (input.get(..end)?, input.get(end + 2..)?);
    let mut lines = head.split(|&byte| byte == b'\n');
    let first = std::str::from_utf8(lines.next()?).ok()?;
    let (method, target) = first.split_once(' ').unwrap_or(("POST", first));
    let method = Method::from_bytes(method.as_bytes()).ok()?;
    let mut request = Request::builder().method(method.clone()).uri(target);
    let headers = request.headers_mut()?;
    let mut pieces = 0;
    for line in lines {
        let at = line.iter().position(|&byte| byte == b':')?;
        let (name, value) = (line.get(..at)?, line.get(at + 1..)?.trim_ascii());
        if name == b"pieces" {
            pieces = std::str::from_utf8(value).ok()?.parse().ok()?;
            continue;
        }
        let name = HeaderName::from_bytes(name).ok()?;
        // The HTTP library's own business.
        if name != CONTENT_LENGTH {
            headers.append(name, HeaderValue::from_bytes(value).ok()?);
        }
    }
    if !headers.contains_key(HOST) {
        headers.insert(HOST, HeaderValue::from_static("fuzz"));
    }
    if !headers.contains_key(CONTENT_TYPE) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("image/*"));
    }
    if pieces == 0 {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    let request = request.body(server::body(body, pieces)).ok()?;
    Some((request, method))
}
