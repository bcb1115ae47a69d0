//! Failures as imaginary's clients see them: its statuses and its sentences, where it has one.

use axum::http::Method;
use serde_json::{Value, json};

use super::{Kind, Problem};

/// What imaginary says where a client did nothing that it knows better.
const ABOUT_THE_IMAGE: &str = "Error while processing the image: ";

/// The status that imaginary has for it.
pub(super) fn status(problem: &Problem) -> u16 {
    match problem.kind {
        // What it says of a watermark is all the same to it.
        _ if problem.is_mark => 400,
        Kind::UnsupportedFormat => 406,
        Kind::InvalidImage | Kind::TooComplex | Kind::OutputTooLarge | Kind::ForbiddenSource => 400,
        Kind::BodyTooLarge if problem.url.is_some() => 400,
        Kind::SourceFailed => match problem.members.get("source_status").map(Value::as_u64) {
            None => 400,
            // What is no failure to speak of isn't passed on.
            Some(status) => status
                .and_then(|status| u16::try_from(status).ok())
                .filter(|status| (400..=511).contains(status))
                .unwrap_or(503),
        },
        Kind::Disabled => 501,
        kind => kind.row().status,
    }
}

/// The document, two members and no more, and its media type; who asks too often gets plain text.
pub(super) fn document(problem: &Problem) -> (String, &'static str) {
    let message = message(problem);
    if problem.kind == Kind::RateLimited {
        return (message, "text/plain; charset=utf-8");
    }
    let document = json!({"message": message, "status": status(problem)});
    (document.to_string(), "application/json")
}

fn message(problem: &Problem) -> String {
    let text = |name: &str| problem.members.get(name).and_then(Value::as_str);
    let parameter = text("parameter").unwrap_or_default();
    match problem.kind {
        _ if problem.is_mark => not_drawn(problem),
        Kind::UnsupportedFormat => "Unsupported media type".to_owned(),
        Kind::ImageTooLarge => "Image resolution is too big".to_owned(),
        Kind::MissingImage if !parameter.is_empty() => {
            "Cannot process the image due to missing or invalid params".to_owned()
        }
        Kind::InvalidParameter if parameter == "file" => "Invalid file path".to_owned(),
        Kind::MissingImage | Kind::InvalidMultipart => "Empty or unreadable image".to_owned(),
        Kind::Unauthorized => "Invalid or missing API key".to_owned(),
        Kind::ForbiddenSignature => "URL signature mismatch".to_owned(),
        Kind::Disabled => "Not implemented endpoint".to_owned(),
        Kind::RateLimited => "limit exceeded".to_owned(),
        Kind::NotFound => "Not found".to_owned(),
        Kind::InvalidImage => format!("{ABOUT_THE_IMAGE}{}", problem.detail),
        Kind::MissingParameter => {
            let operation = text("operation").unwrap_or_default();
            format!("{ABOUT_THE_IMAGE}{}", missing(operation, parameter))
        }
        Kind::InvalidParameter => {
            let value = text("value").unwrap_or_default();
            invalid(parameter, value, problem.members.contains_key("step"))
        }
        Kind::BodyTooLarge if problem.url.is_some() => too_large(problem),
        Kind::ForbiddenSource | Kind::SourceFailed => match &problem.url {
            Some(url) => not_fetched(problem, url),
            None => problem.detail.clone(),
        },
        _ => problem.detail.clone(),
    }
}

/// A source that has announced its length, or one that has gone on beyond the limit.
fn too_large(problem: &Problem) -> String {
    let number = |name: &str| problem.members.get(name).and_then(Value::as_u64);
    match (number("actual"), number("limit")) {
        (Some(actual), Some(limit)) => {
            format!("Content-Length {actual} exceeds maximum allowed {limit} bytes")
        }
        _ => problem.detail.clone(),
    }
}

/// It takes whatever an error page is made of for the picture.
fn not_drawn(problem: &Problem) -> String {
    let url = problem.url.as_deref().unwrap_or_default();
    if problem.members.contains_key("source_status") {
        return format!("{ABOUT_THE_IMAGE}Unsupported image format");
    }
    format!("{ABOUT_THE_IMAGE}Unable to retrieve watermark image. {url}")
}

fn not_fetched(problem: &Problem, url: &str) -> String {
    let place = url.split_once("://").map_or(url, |(_, place)| place);
    let place = place.split(['?', '#']).next().unwrap_or_default();
    match problem.members.get("source_status") {
        Some(status) => {
            format!("error fetching remote http image: (status={status}) (url={url})")
        }
        None if problem.kind == Kind::ForbiddenSource => {
            format!("not allowed remote URL origin: {place}")
        }
        None => format!("error fetching remote http image: {}", problem.detail),
    }
}

/// What a method is told that an endpoint doesn't take.
pub(in crate::http) fn method_not_allowed(method: &Method) -> &'static str {
    if method == Method::GET {
        "GET method not allowed. Make sure remote URL source is enabled by using the flag: -enable-url-source"
    } else {
        "HTTP method not allowed. Try with a POST or GET method (-enable-url-source flag must be defined)"
    }
}

fn missing(operation: &str, parameter: &str) -> String {
    let words = match (operation, parameter) {
        ("thumbnail", _) => "params: width or height",
        ("resize" | "crop" | "smartcrop", _) => "param: height or width",
        ("fit" | "enlarge", _) => "params: height, width",
        ("extract", _) => "params: areawidth or areaheight",
        ("zoom", "areawidth or areaheight") => "params: areawidth, areaheight",
        ("blur", _) => "param: sigma or minampl",
        ("pipeline", _) => return "Missing or invalid pipeline operations JSON".to_owned(),
        _ => return format!("Missing required param: {parameter}"),
    };
    format!("Missing required {words}")
}

fn invalid(parameter: &str, value: &str, in_step: bool) -> String {
    let about = format!(
        "error while processing parameter \"{parameter}\" with value \"{value}\", error: no valid value"
    );
    match (parameter, in_step) {
        ("operation", _) => format!("{ABOUT_THE_IMAGE}Unsupported operation name: {value}"),
        ("operations", false) if value.is_empty() => {
            format!("{ABOUT_THE_IMAGE}Missing or invalid pipeline operations JSON")
        }
        ("operations", false) if value == "too many" => {
            format!("{ABOUT_THE_IMAGE}Maximum allowed pipeline operations exceeded")
        }
        ("areawidth", false) => format!("{ABOUT_THE_IMAGE}bad extract area"),
        ("sign", false) => "Invalid URL signature".to_owned(),
        ("type", _) if matches!(value, "gif" | "svg" | "pdf") => {
            format!("{ABOUT_THE_IMAGE}Unsupported image output type")
        }
        ("type", false) => "Unsupported output image format".to_owned(),
        ("type", true) if !value.is_empty() => {
            format!("{ABOUT_THE_IMAGE}Invalid image type: {value}")
        }
        (_, true) => format!("{ABOUT_THE_IMAGE}{about}"),
        (_, false) => format!("Error while processing parameters, {about}"),
    }
}
