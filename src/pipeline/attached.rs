//! What an answer says beside its pixels, and so what they mean: metadata that stays, a colour space, a profile.

use serde::{Deserialize, Serialize};

use super::color;
use super::motion::Motion;
use super::output::last;
use super::parameter::{self, Grammar, ParameterError};
use super::request::Request;
use super::value::{Colour, Space};
use crate::codecs::{self, Encoding, Header, Keep, Kind, Model};

/// What the answer says beside its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Attached {
    /// What of the source's metadata stays.
    pub(super) keep: Keep,
    /// What the samples mean.
    pub(super) space: Space,
    /// Whether a profile says so.
    pub(super) profile: bool,
}

impl Attached {
    /// Of pixels that nobody sees.
    pub(super) const NOTHING: Self = Self {
        keep: Keep::Nothing,
        space: Space::Srgb,
        profile: false,
    };

    /// How long a profile that goes with it is, at most, of a source with that header.
    pub(super) fn profile_bytes(self, header: &Header) -> u64 {
        if self.profile {
            header.held_bytes().max(WRITTEN_BYTES)
        } else {
            0
        }
    }

    /// Appends it as text that is equal for equal answers.
    pub(super) fn write(self, text: &mut String) {
        for (set, word) in [
            (self.keep == Keep::Copyright, " with copyright"),
            (self.keep == Keep::Harmless, " with metadata"),
            (self.keep == Keep::All, " with all metadata"),
            (self.profile, " with profile"),
            (self.space == Space::P3, " in p3"),
            (self.space == Space::Source, " in the source's space"),
            (self.space == Space::Stored, " unconverted"),
        ] {
            text.push_str(if set { word } else { "" });
        }
    }
}

/// No profile that is written here is longer: three curves of samples are.
const WRITTEN_BYTES: u64 = 32 << 10;

/// What the answer is made of: what is drawn, and what lies behind it.
#[derive(Clone, Copy)]
pub(super) struct Drawn {
    /// The layout behind all stages.
    pub(super) model: Model,
    pub(super) background: Colour,
    pub(super) motion: Motion,
}

/// What the answer says beside its pixels, and how it is encoded for that.
///
/// # Errors
/// A space is asked for that files of the answer's format can't name.
pub(super) fn attached(
    request: &Request,
    header: &Header,
    drawn: Drawn,
    encoding: Encoding,
) -> Result<(Attached, Encoding), ParameterError> {
    let (space, profile) = space(request, header, drawn, encoding)?;
    let loose = request.grammar == Grammar::Imaginary;
    let usual = if loose { Keep::All } else { Keep::Nothing };
    // Metadata is of a picture that was taken; a film has none of it here.
    let none = request.strips()
        || !codecs::writes_metadata(encoding.format)
        || matches!(drawn.motion, Motion::All { .. });
    let keep = if none {
        Keep::Nothing
    } else {
        last(request, |writing| writing.keep).unwrap_or(usual)
    };
    let attached = Attached {
        keep,
        space,
        profile,
    };
    let kind = if profile { Kind::Own } else { Kind::Smallest };
    Ok((attached, Encoding { kind, ..encoding }.meant()))
}

/// What the samples mean, and whether a profile says so.
///
/// Imaginary's clients get the source's profile in the place of a conversion: without one where they ask for that by name.
fn space(
    request: &Request,
    header: &Header,
    drawn: Drawn,
    encoding: Encoding,
) -> Result<(Space, bool), ParameterError> {
    let is_grey = matches!(drawn.model, Model::Gray | Model::GrayAlpha);
    // One for inks or for grey says nothing of the RGB that they become.
    let fits = match header.model {
        Model::Cmyk => false,
        Model::Gray | Model::GrayAlpha => {
            // So it says of a palette's colours.
            let stays = is_grey && drawn.background.is_grey() && !encoding.palette;
            stays && codecs::accepts(encoding, Model::Gray)
        }
        _ => !is_grey,
    };
    let held = fits && codecs::holds_profile(header, encoding.format);
    if request.grammar == Grammar::Imaginary {
        let moves = matches!(drawn.motion, Motion::All { .. });
        let has = matches!(header.colour, codecs::Colour::Icc(_));
        let without = request
            .steps
            .iter()
            .any(|step| step.writing.without_profile);
        let copied = has && held && !request.strips() && !moves;
        return Ok(if copied {
            (Space::Stored, !without)
        } else {
            (Space::Srgb, false)
        });
    }
    Ok(
        match last(request, |writing| writing.space).unwrap_or_default() {
            Space::P3 if !codecs::writes_profile(encoding.format) => {
                return Err(nameless(encoding));
            }
            // Greys are the same in both.
            Space::P3 if is_grey && drawn.background.is_grey() => (Space::Srgb, false),
            Space::P3 => (Space::P3, true),
            Space::Source if held && color::stays(&header.colour, header.model) => {
                (Space::Source, true)
            }
            _ => (Space::Srgb, false),
        },
    )
}

fn nameless(encoding: Encoding) -> ParameterError {
    let format = encoding.format.name();
    let rows = codecs::FORMATS.iter();
    let rows = rows.filter(|row| codecs::writes_profile(row.format));
    let holding: Vec<_> = rows.map(|row| row.name).collect();
    parameter::outside(
        "colorspace",
        "p3",
        format!(
            "srgb, bw or keep for type={format}, which holds no profile; p3 with type={}",
            holding.join(", ")
        ),
    )
}
