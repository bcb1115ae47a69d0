//! What is wrong with a PNG file, in words for a client.

use png::DecodingError;

use crate::codecs::{Error, Format};

/// How the library's sentences begin, and ours. Its own show Rust's names of things, and numbers
/// and letters out of the file; their kinds can't be had in another way.
const SENTENCES: [(&str, &str); 13] = [
    ("CRC error", "a checksum in it is wrong"),
    ("IDAT or f", "it has too little image data"),
    ("Missing palette", "its palette is missing"),
    ("Not enough palette", "its palette is too short"),
    (
        "Invalid image dimensions",
        "its width or height is impossible",
    ),
    (
        "Invalid color",
        "it has pixels of a kind that PNG doesn't know",
    ),
    (
        "Invalid bit depth",
        "it has pixels of a kind that PNG doesn't know",
    ),
    ("Unknown ", "it is packed in a way that PNG doesn't know"),
    ("Corrupt deflate stream", "its compressed data is corrupt"),
    (
        "Unrecognized critical",
        "it has a part that nobody may ignore and nothing here knows",
    ),
    (
        "Transparency chunk",
        "its kind of pixels can't have a transparent colour",
    ),
    (
        "Chunk length wrong",
        "a part of it has an impossible length",
    ),
    ("Chunk ", "its parts are doubled or in the wrong order"),
];

/// The library's finding, for a client.
pub(super) fn broken(error: &DecodingError, stage: &'static str) -> Error {
    let detail = match error {
        DecodingError::IoError(_) => "it is cut short",
        DecodingError::LimitsExceeded => "its chunks need more memory than any picture",
        DecodingError::Format(finding) => sentence(&finding.to_string()),
        DecodingError::Parameter(_) => "it can't be decoded",
    };
    invalid(stage, detail)
}

fn sentence(finding: &str) -> &'static str {
    SENTENCES
        .iter()
        .find(|(beginning, _)| finding.starts_with(beginning))
        .map_or("its data is corrupt", |&(_, sentence)| sentence)
}

pub(super) fn invalid(stage: &'static str, detail: &str) -> Error {
    Error::Invalid {
        format: Format::Png,
        stage: stage.into(),
        detail: detail.to_owned(),
    }
}
