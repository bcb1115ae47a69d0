//! What has to hold for any bytes: a function for each fuzz target.
//!
//! The tests run the same functions on the seeds and on what was found once, on stable Rust. Each
//! panics where a promise is broken, and says whether the input got as far as it is meant to:
//! a seed that is refused early tests nothing.

mod answer;
mod decode;
mod encode;
mod form;
mod parameters;
mod probe;
mod request;
mod server;

use pixmill::codecs::Format;
use pixmill::pipeline::plan;

#[cfg(test)]
pub(crate) use self::answer::check as check_answer;

/// A target: what it is called, its folder of seeds too, and what it does.
pub type Target = (&'static str, fn(&[u8]) -> bool);

/// Every target but `baseline`, which is a test of the codec's own: it looks inside.
pub const TARGETS: &[Target] = &[
    ("avif", |input| {
        decode::decode(input, |format| {
            matches!(format, Format::Avif | Format::Heic)
        })
    }),
    ("bridge", |input| {
        decode::decode(input, |format| {
            !matches!(
                format,
                Format::Jpeg
                    | Format::Png
                    | Format::WebP
                    | Format::Svg
                    | Format::Avif
                    | Format::Heic
                    | Format::Jxl
            )
        })
    }),
    ("encode", encode::encode),
    ("jpeg", |input| {
        decode::decode(input, |format| format == Format::Jpeg)
    }),
    ("jxl", |input| {
        decode::decode(input, |format| format == Format::Jxl)
    }),
    ("multipart", form::multipart),
    ("parameters", parameters::parameters),
    #[cfg(feature = "pdf")]
    ("pdf", decode::document),
    ("png", |input| {
        decode::decode(input, |format| format == Format::Png)
    }),
    ("probe", probe::probe),
    ("request", request::request),
    ("svg", |input| {
        decode::decode(input, |format| format == Format::Svg)
    }),
    ("webp", |input| {
        decode::decode(input, |format| format == Format::WebP)
    }),
];

/// Limits so low that an execution takes milliseconds; a file may still be as wide as its format allows.
const SETTINGS: plan::Settings = plan::Settings {
    max_frames: 1 << 6,
    drawings: true,
    documents: true,
    max_pixels: 1 << 18,
    max_output_side: 1 << 12,
    max_output_pixels: 1 << 14,
    linear: true,
};

/// Runs the target of that name.
///
/// # Panics
/// There is none, or a promise is broken.
pub fn run(name: &str, input: &[u8]) -> bool {
    let (_, target) = TARGETS
        .iter()
        .find(|(known, _)| *known == name)
        .expect("a target of that name");
    target(input)
}
