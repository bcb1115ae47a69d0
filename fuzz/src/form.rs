//! A form, in pieces of several sizes.

use axum::body::Bytes;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST};
use axum::http::{Method, Request, Response};
use serde_json::Value;

use super::{request, server};

/// The first byte is the size of the pieces, the rest a form whose boundary is `x`.
///
/// However the form is cut into pieces, the answer is the same.
pub(crate) fn multipart(input: &[u8]) -> bool {
    let Some((&size, form)) = input.split_first() else {
        return false;
    };
    let (whole, cut) = (send(form, 0), send(form, usize::from(size).max(1)));
    assert_eq!(whole.status(), cut.status());
    if whole.status().is_client_error() {
        let code = |answer: &Response<Bytes>| -> Value {
            let mut problem: Value = serde_json::from_slice(answer.body()).expect("JSON");
            problem["code"].take()
        };
        assert_eq!(code(&whole), code(&cut));
    } else {
        assert_eq!(whole.body(), cut.body());
    }
    request::check(&cut, &Method::POST);
    request::check(&whole, &Method::POST)
}

fn send(form: &[u8], size: usize) -> Response<Bytes> {
    let mut request = Request::post("/resize")
        .header(HOST, "fuzz")
        .header(CONTENT_TYPE, "multipart/form-data; boundary=x");
    if size == 0 {
        request = request.header(CONTENT_LENGTH, form.len());
    }
    let request = request.body(server::body(form, size)).expect("a request");
    server::answer(request)
}
