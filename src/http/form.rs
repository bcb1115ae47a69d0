//! A page with one form for each preset and operation that is switched on, to try them in a browser. No script, no style, nothing from elsewhere.

use std::fmt::Write as _;

use axum::extract::State as Extract;
use axum::http::Uri;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::{IntoResponse, Response};

use super::{Compat, State, extract};
use crate::pipeline::operation::{Needs, OPERATIONS};
use crate::pipeline::parameter::PARAMETERS;

/// As on every answer, but that its own forms may be sent, and to this server alone.
const POLICY: &str = "default-src 'none'; form-action 'self'; sandbox allow-forms";

type Values = &'static [(&'static str, &'static str)];

/// Values to begin with, for what an operation can't do without.
fn samples(needs: Needs) -> Values {
    match needs {
        // A picture is no text: it has its own part.
        Needs::Nothing | Needs::Image => &[],
        Needs::Side | Needs::Sides => &[("width", "300"), ("height", "200")],
        Needs::Text => &[("text", "Hello")],
        Needs::Type => &[("type", "png")],
        Needs::Area => &[("areawidth", "100"), ("areaheight", "100")],
        Needs::Factor => &[("factor", "1")],
        Needs::Rotate => &[("rotate", "90")],
        Needs::Blur => &[("sigma", "5")],
        Needs::Sharpen => &[("sharpen", "1")],
        Needs::Tone => &[("brightness", "1.2")],
        Needs::Square => &[("pixelate", "16")],
        Needs::Border => &[("pad", "20")],
        Needs::Radius => &[("radius", "30")],
        Needs::Operations => &[(
            "operations",
            r#"[{"operation": "crop", "params": {"width": 300, "height": 260}}, {"operation": "convert", "params": {"type": "webp"}}]"#,
        )],
    }
}

/// The page.
pub(super) async fn page(Extract(state): Extract<State>, uri: Uri) -> Response {
    // Whoever opened the page with a key opens the operations with it.
    let key = extract::pairs(&uri).find(|(name, _)| name == "key");
    let key = key.map(|(_, key)| key.into_owned());
    let mut page = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>pixmill</title><h1>pixmill</h1>".to_owned();
    if state.0.access.wants_signature() {
        page.push_str("<p>This server wants signed URLs, and those of these forms aren't.</p>");
    }
    let presets = state.0.settings.presets.iter().map(|preset| {
        let about = format!("/{}, as this server is configured.", preset.operation());
        let needs = if preset.wants_image() {
            Needs::Image
        } else {
            Needs::Nothing
        };
        (format!("preset/{}", preset.name()), about, needs)
    });
    let rows = OPERATIONS
        .iter()
        .map(|row| (row.name.to_owned(), row.about.to_owned(), row.needs));
    let info = (
        "info".to_owned(),
        "Tells what the picture is.".to_owned(),
        Needs::Nothing,
    );
    for (name, about, needs) in presets.chain(rows).chain([info]) {
        if !state.0.access.is_off(&state.route(&format!("/{name}"))) {
            form(&mut page, &state, (&name, &about), (needs, key.as_deref()));
        }
    }
    parameters(&mut page);
    page.push_str("</html>");
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        // There may be a key in its address, and in itself.
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ];
    (headers, page).into_response()
}

/// Text fields count as parameters; for imaginary only the query does.
fn form(
    page: &mut String,
    state: &State,
    (name, about): (&str, &str),
    (needs, key): (Needs, Option<&str>),
) {
    let in_query = state.0.settings.compat == Compat::Imaginary;
    let mut query = form_urlencoded::Serializer::new(String::new());
    let mut inputs = String::new();
    for (name, value) in samples(needs) {
        if in_query {
            query.append_pair(name, value);
            continue;
        }
        let row = PARAMETERS.iter().find(|row| row.name == *name);
        let allowed = escaped(row.map_or("", |row| row.allowed));
        let value = escaped(value);
        // Writing to a string can't fail.
        let _ok = write!(
            inputs,
            "<p><label>{name} <input name=\"{name}\" value=\"{value}\" title=\"{allowed}\" size=\"{}\" required></label></p>",
            value.len().clamp(6, 80)
        );
    }
    if needs == Needs::Image {
        inputs
            .push_str("<p><label>image <input type=\"file\" name=\"image\" required></label></p>");
    }
    if let Some(key) = key {
        query.append_pair("key", key);
    }
    let query = query.finish();
    let mark = if query.is_empty() { "" } else { "?" };
    let action = escaped(&format!(
        "{}{mark}{query}",
        state.route(&format!("/{name}"))
    ));
    let about = escaped(&about.replace('`', ""));
    let _ok = write!(
        page,
        "<h2>{name}</h2><p>{about}</p><form method=\"post\" enctype=\"multipart/form-data\" action=\"{action}\">{inputs}\
         <p><input type=\"file\" name=\"file\" required> <button>{name}</button></p></form>"
    );
}

fn parameters(page: &mut String) {
    page.push_str(
        "<h2>Parameters</h2><p>Any of these may stand in the query of an operation.</p>\
         <table><tr><th>name<th>what<th>values<th>default</tr>",
    );
    for row in PARAMETERS {
        let [about, allowed, default] = [row.about, row.allowed, row.default].map(escaped);
        let _ok = write!(
            page,
            "<tr><td>{}<td>{about}<td>{allowed}<td>{default}</tr>",
            row.name
        );
    }
    page.push_str("</table>");
}

/// As HTML has it, in a text and in quotes.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
