//! What can be asked: each route with its methods, parameters and bodies.

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::answers::Answers;
use super::parameters;
use super::place::Place;
use super::schema::{self, refer, set};
use crate::codecs::{FORMATS, Format};
use crate::http::routes::What;
use crate::http::{Compat, State};
use crate::pipeline::description::Description;
use crate::pipeline::operation::Needs;
use crate::pipeline::parameter::Kind;

/// Kinds of routes, with what is said of each.
const TAGS: [(&str, &str); 4] = [
    (
        "presets",
        "Operations by names that this server's configuration gives.",
    ),
    ("operations", "A picture in, a picture out."),
    ("facts", "A picture in, what it is out."),
    ("service", "What the server says of itself."),
];

pub(super) fn tags() -> Value {
    let rows = TAGS.iter();
    rows.map(|(name, about)| json!({"name": name, "description": about}))
        .collect()
}

/// What opens the server, by name; none where nothing has to.
pub(super) fn schemes(state: &State) -> Map<String, Value> {
    let mut schemes = Map::new();
    if state.0.access.is_locked() {
        schemes.insert(
            "KeyInHeader".to_owned(),
            json!({"type": "apiKey", "in": "header", "name": "API-Key", "description": "One of the server's keys."}),
        );
        schemes.insert(
            "KeyInQuery".to_owned(),
            json!({"type": "apiKey", "in": "query", "name": "key", "description": "The same, where there is no such header. Addresses end up in logs; headers don't."}),
        );
    }
    if state.0.access.wants_signature() {
        schemes.insert(
            "Signature".to_owned(),
            json!({"type": "apiKey", "in": "query", "name": "sign", "description": "HMAC-SHA256 of path and sorted query, in base64url, as the README says."}),
        );
    }
    schemes
}

/// Any of these is enough.
fn security(state: &State, what: What<'_>) -> Value {
    let is_open = what.endpoint().is_open(state.0.settings.compat);
    let is_signed = what.is_picture() && state.0.access.wants_signature();
    let mut keys: Vec<Map<String, Value>> = if state.0.access.is_locked() && !is_open {
        ["KeyInHeader", "KeyInQuery"]
            .map(|name| Map::from_iter([(name.to_owned(), json!([]))]))
            .into()
    } else {
        Vec::new()
    };
    if is_signed {
        if keys.is_empty() {
            keys.push(Map::new());
        }
        for all in &mut keys {
            all.insert("Signature".to_owned(), json!([]));
        }
    }
    keys.into_iter().map(Value::from).collect()
}

/// All methods of a route.
pub(super) fn item(state: &State, path: &str, what: What<'_>, answers: &mut Answers<'_>) -> Value {
    let mut item = Map::new();
    for method in what.methods(state) {
        if *method == Method::HEAD {
            continue;
        }
        let is_get = *method == Method::GET;
        let place = Place { what, is_get };
        let (tag, about, more) = words(place);
        let mut operation = json!({
            "operationId": id(state, path, place),
            "tags": [tag],
            "summary": about,
            "parameters": parameters::of(state, place),
            "responses": answers.of(place),
            "security": security(state, what),
        });
        if !more.is_empty() {
            set(&mut operation, "description", more);
        }
        if what.is_picture() && !is_get {
            set(&mut operation, "requestBody", body(state, place));
        }
        item.insert(method.as_str().to_ascii_lowercase(), operation);
    }
    item.into()
}

/// A name for programs, unlike all others.
fn id(state: &State, path: &str, place: Place<'_>) -> String {
    let prefix = state.route("");
    let (below, is_below) = match path.strip_prefix(&prefix) {
        Some(below) => (below, true),
        None => (path, false),
    };
    let words = below.split(|c: char| !c.is_ascii_alphanumeric() && !"-_".contains(c));
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    let name = if words.is_empty() {
        "index".to_owned()
    } else {
        words.join("_")
    };
    let name = if is_below {
        name
    } else {
        format!("root_{name}")
    };
    match (place.what, place.is_get) {
        (What::Picture(_) | What::Preset(_), false) => name,
        (_, true) => format!("get_{name}"),
        (_, false) => format!("post_{name}"),
    }
}

/// Its kind, one line, and what else there is to say.
fn words(place: Place<'_>) -> (&'static str, String, String) {
    let service = |about: &str| ("service", about.to_owned(), String::new());
    match place.what {
        What::Picture(asked) => {
            let tag = if asked.makes_picture {
                "operations"
            } else {
                "facts"
            };
            (
                tag,
                asked.about.replace('`', ""),
                needs(asked, place.is_get),
            )
        }
        What::Preset(preset) => {
            let about = format!("/{}, as this server is configured.", preset.operation());
            ("presets", about, String::new())
        }
        What::Index => service("Name and version."),
        What::Page => {
            service("The page for browsers, which is at / as well for who asks for HTML.")
        }
        What::PageFile => service("A file of that page."),
        What::PageTable => service("What this server does, of which that page makes its form."),
        What::Form => service("A page with a form for each operation."),
        What::Problems => service("Every problem there is."),
        What::Problem => service("What a problem means and what to do."),
        What::Document => service("This document."),
        What::Health => service("200 while the process lives; never waits behind work."),
        What::Ready => service("200 while new work is welcome."),
        What::Metrics => service("What is going on, for Prometheus."),
    }
}

fn needs(asked: Description, is_get: bool) -> String {
    let needed = match asked.needs {
        Needs::Side => "Needs width or height, or size. ",
        Needs::Sides => "Needs width and height, or size. ",
        Needs::Blur => "Needs sigma or minampl, above 0. ",
        Needs::Tone => "Needs brightness, contrast, saturation or gamma, and not 1. ",
        _ => "",
    };
    let sent = if is_get {
        "The picture is the one that the query names."
    } else {
        "In a form, text fields count as parameters, too; the query wins."
    };
    format!("{needed}{sent}")
}

/// A picture as it is, in any format that is read, or in a form.
fn body(state: &State, place: Place<'_>) -> Value {
    let reads_documents = state.0.service.reads_documents();
    let reads_drawings = state.0.service.reads_drawings() || !place.makes_picture();
    let rows = FORMATS.iter();
    let rows = rows.filter(|row| row.format != Format::Svg || reads_drawings);
    let rows = rows.filter(|row| row.format != Format::Pdf || reads_documents);
    let rows = rows.filter(|row| row.format.is_built());
    let types: Vec<_> = rows.map(|row| row.media_type).collect();
    let mut content: Map<String, Value> = types
        .iter()
        .map(|media_type| ((*media_type).to_owned(), json!({})))
        .collect();
    content.insert("application/octet-stream".to_owned(), json!({}));
    let types = json!({"contentType": types.join(", ")});
    let draws = place.asked().is_some_and(|asked| asked.draws);
    // What the configuration settles, or a signature, leaves nothing to a form.
    let is_settled = matches!(place.what, What::Preset(_))
        || state.0.access.wants_signature()
        || state.0.settings.compat == Compat::Imaginary;
    let schema = match place.asked() {
        Some(_) if is_settled => schema::bare_form(draws),
        Some(asked) if !asked.makes_picture => {
            schema::form(state, draws, |row| row.taken.by(asked.name))
        }
        Some(asked) if asked.parameters().any(|row| row.kind == Kind::Steps) => {
            schema::form(state, draws, |row| row.taken.by_pictures())
        }
        _ if draws => refer("schemas", "FormOfTwo"),
        _ => refer("schemas", "Form"),
    };
    let mut encoding = json!({"file": types});
    if draws {
        set(&mut encoding, "image", types);
    }
    let form = json!({"schema": schema, "encoding": encoding});
    content.insert("multipart/form-data".to_owned(), form);
    json!({
        "required": true,
        "description": "The format is told by the bytes, whatever the type says.",
        "content": content,
    })
}
