//! What each problem means and what to do: JSON, or a page for a browser.

use axum::Json;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::problem::{Kind, PROBLEMS, Problem};

/// Every problem there is.
pub(super) async fn problems(headers: HeaderMap) -> Response {
    let list: Vec<Value> = PROBLEMS
        .iter()
        .map(|row| json!({"code": row.code, "status": row.status, "title": row.title}))
        .collect();
    if wants_page(&headers) {
        let items: Vec<String> = PROBLEMS
            .iter()
            .map(|row| {
                format!(
                    "<li><a href=\"problems/{0}\">{0}</a>: {1}</li>",
                    row.code, row.title
                )
            })
            .collect();
        return page("Problems", &format!("<ul>{}</ul>", items.concat()));
    }
    Json(list).into_response()
}

/// What one problem means and what to do.
pub(super) async fn problem(
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let row = PROBLEMS
        .iter()
        .find(|row| row.code == code)
        .ok_or_else(|| Problem::new(Kind::NotFound, "There is no problem of that name."))?;
    if wants_page(&headers) {
        let text = format!("<p>Status {}.</p><p>{}</p>", row.status, row.advice);
        return Ok(page(row.title, &text));
    }
    Ok(Json(json!({
        "code": row.code,
        "status": row.status,
        "title": row.title,
        "advice": row.advice,
    }))
    .into_response())
}

fn wants_page(headers: &HeaderMap) -> bool {
    headers.get_all(ACCEPT).iter().any(|value| {
        value
            .as_bytes()
            .windows(9)
            .any(|window| window == b"text/html")
    })
}

/// A page of our own words: nothing in it comes from a client.
fn page(title: &str, content: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title><h1>{title}</h1>{content}</html>"
    );
    ([(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
}
