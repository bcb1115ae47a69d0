//! Whether an answer is one of those that are promised: a true picture of at most the size that was asked for,
//! a problem in words that is the client's, or 503 with a time to come back.

use std::io::Cursor;

use image::{ImageFormat, ImageReader};

use crate::wire::Answer;

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asked {
    /// A picture of at most this width and height.
    Picture(u32, u32),
    /// A description.
    Info,
}

/// What is wrong with the answer; `None` if nothing is.
pub(crate) fn fault(answer: &Answer, asked: Asked) -> Option<String> {
    let wrong = |what: &str| Some(format!("{}: {what}", answer.status));
    match answer.status {
        200 => match asked {
            Asked::Picture(width, height) => picture(answer, width, height).err(),
            Asked::Info => {
                let known = serde_json::from_slice::<serde_json::Value>(&answer.body)
                    .is_ok_and(|d| d["type"].is_string() && d["width"].as_u64() > Some(0));
                if known { None } else { wrong("no description") }
            }
        },
        503 if !answer.is_honest_refusal() => wrong("no Retry-After"),
        400..500 | 503 => match problem(answer) {
            Some(_code) => None,
            None => wrong("no problem document"),
        },
        _ => wrong(&String::from_utf8_lossy(&answer.body)),
    }
}

/// The problem's code, if the answer is a whole document of one.
pub(crate) fn problem(answer: &Answer) -> Option<String> {
    let document: serde_json::Value = serde_json::from_slice(&answer.body).ok()?;
    let whole = answer.header("content-type") == Some("application/problem+json")
        && document["status"] == answer.status
        && document["detail"].is_string()
        && document["request_id"].as_str() == answer.header("x-request-id");
    whole.then(|| document["code"].as_str().map(str::to_owned))?
}

/// Decodes it with decoders that the server doesn't use.
fn picture(answer: &Answer, width: u32, height: u32) -> Result<(), String> {
    let format = answer
        .header("content-type")
        .and_then(ImageFormat::from_mime_type)
        .ok_or("no picture's type")?;
    let picture = ImageReader::with_format(Cursor::new(&answer.body), format)
        .decode()
        .map_err(|error| format!("no picture: {error}"))?;
    let size = (picture.width(), picture.height());
    let told = |name| answer.header(name).and_then(|text| text.parse().ok());
    if told("image-width") != Some(size.0) || told("image-height") != Some(size.1) {
        return Err(format!("{size:?} is not what the headers say"));
    }
    if size.0 > width || size.1 > height {
        return Err(format!("{size:?} is more than {width}x{height}"));
    }
    Ok(())
}
