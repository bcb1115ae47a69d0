//! What a step asks of the file: format, quality, how it is coded, what of the source's metadata stays.

use crate::codecs::{Format, Keep};
use crate::pipeline::parameter::{self, Grammar, ParameterError, Values};
use crate::pipeline::request::Type;
use crate::pipeline::value::Space;

/// What a step says of the file; what isn't said is the format's default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Writing {
    /// The format, if one is named.
    pub output: Option<Type>,
    /// 1 to 100.
    pub quality: Option<u8>,
    /// Coarse first: JPEG and PNG.
    pub interlaced: Option<bool>,
    /// At most 256 colours: PNG.
    pub palette: Option<bool>,
    /// Effort, 1 to 9: PNG.
    pub compression: Option<u8>,
    /// Bits of a sample, of which the answer has what its format can: PNG, TIFF, AVIF.
    pub depth: Option<u8>,
    /// Every sample stays: WebP.
    pub lossless: Option<bool>,
    /// How near samples stay in a file without loss, 0 to 100: WebP.
    pub near: Option<u8>,
    /// Columns and rows of pixels that share their colour: JPEG and AVIF.
    pub chroma: Option<(u8, u8)>,
    /// Haste, 0 to 10: AVIF.
    pub speed: Option<u8>,
    /// What of the source's metadata stays.
    pub keep: Option<Keep>,
    /// No metadata is left, an orientation that isn't obeyed included.
    pub strips: bool,
    /// The colour profile is left out.
    pub without_profile: bool,
    /// What the answer's samples mean.
    pub space: Option<Space>,
    /// All frames of an animation are made, or one alone.
    pub animated: Option<bool>,
    /// That one, from 0.
    pub page: Option<u32>,
}

/// Parses it.
///
/// # Errors
/// The first thing that is wrong.
pub(super) fn parse(values: &Values<'_>) -> Result<Writing, ParameterError> {
    let mut writing = Writing {
        output: output(values)?,
        quality: within(values, "quality", 1..=100)?,
        interlaced: values.boolean("interlace")?,
        palette: values.boolean("palette")?,
        compression: within(values, "compression", 1..=9)?,
        depth: within(values, "bitdepth", 8..=16)?,
        lossless: values.boolean("lossless")?,
        near: within(values, "nearlossless", 0..=100)?,
        chroma: values.get("subsampling", chroma)?,
        speed: within(values, "speed", 0..=10)?,
        keep: keep(values)?,
        strips: values.boolean("stripmeta")?.unwrap_or(false),
        without_profile: values.boolean("noprofile")?.unwrap_or(false),
        space: space(values)?,
        animated: values.boolean("animated")?,
        page: values.get("page", parameter::whole)?,
    };
    if writing.animated == Some(true) && writing.page.is_some() {
        values.conflict("page", "animated")?;
        writing.animated = None;
    }
    if writing.lossless == Some(false) && writing.near.is_some() {
        values.conflict("nearlossless", "lossless")?;
    }
    if writing.without_profile && writing.space.is_some_and(|space| space != Space::Srgb) {
        values.conflict("noprofile", "colorspace")?;
    }
    if writing.strips && writing.keep.is_some_and(|keep| keep != Keep::Nothing) {
        values.conflict("metadata", "stripmeta")?;
        writing.keep = None;
    }
    Ok(writing)
}

/// A whole number in a range; imaginary has numbers of any spelling, and takes those outside for none.
fn within(
    values: &Values<'_>,
    name: &'static str,
    range: std::ops::RangeInclusive<u8>,
) -> Result<Option<u8>, ParameterError> {
    let strict = values.grammar() == Grammar::Strict;
    let number = values.get(name, |text| {
        if strict {
            let number = parameter::whole(text)?;
            return range.contains(&number).then_some(Some(number));
        }
        let number = (parameter::loose(text)? + 0.5).floor();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a float saturates, and is not negative"
        )]
        let number = number.min(1000.0) as u16;
        Some(u8::try_from(number).ok().filter(|n| range.contains(n)))
    })?;
    Ok(number.flatten())
}

/// Imaginary's clients name what pixmill has besides grey, and are ignored.
fn space(values: &Values<'_>) -> Result<Option<Space>, ParameterError> {
    let strict = values.grammar() == Grammar::Strict;
    let space = values.get("colorspace", |text| match text {
        "srgb" if strict => Some(Some(Space::Srgb)),
        "p3" if strict => Some(Some(Space::P3)),
        "keep" if strict => Some(Some(Space::Source)),
        // That is a matter of the picture.
        "bw" => Some(None),
        _ => (!strict).then_some(None),
    })?;
    Ok(space.flatten())
}

/// Columns and rows of pixels that share their chroma.
fn chroma(text: &str) -> Option<(u8, u8)> {
    Some(match text {
        "4:4:4" | "444" => (1, 1),
        "4:2:2" | "422" => (2, 1),
        "4:2:0" | "420" => (2, 2),
        _ => return None,
    })
}

fn keep(values: &Values<'_>) -> Result<Option<Keep>, ParameterError> {
    values.get("metadata", |text| {
        Some(match text {
            "none" => Keep::Nothing,
            "copyright" => Keep::Copyright,
            "keep" => Keep::Harmless,
            "keep-all" => Keep::All,
            _ => return None,
        })
    })
}

/// The format. Imaginary knows fewer names, and an empty one is none.
fn output(values: &Values<'_>) -> Result<Option<Type>, ParameterError> {
    if values.grammar() == Grammar::Strict {
        return values.get("type", parse_type);
    }
    let output = values.get("type", |text| match text.to_ascii_lowercase().as_str() {
        "" => Some(None),
        "auto" => Some(Some(Type::Auto)),
        // GIF can't be written there.
        "gif" => None,
        name if is_imaginarys(name) => parse_type(name).map(Some),
        _ => None,
    })?;
    Ok(output.flatten())
}

/// Whether imaginary knows a type of that name, in any case, be it one that it can't write. `auto` is none, but the choice of one.
pub(in crate::pipeline) fn is_imaginarys(name: &str) -> bool {
    const NAMES: [&str; 7] = ["jpeg", "png", "webp", "tiff", "gif", "svg", "pdf"];
    NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// A format that can be written, or `auto`, in any case.
pub(in crate::pipeline) fn parse_type(text: &str) -> Option<Type> {
    if text.eq_ignore_ascii_case("auto") {
        return Some(Type::Auto);
    }
    Format::named(text)
        .filter(|row| row.writes)
        .map(|row| Type::Named(row.format))
}
