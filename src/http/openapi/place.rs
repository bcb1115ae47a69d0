//! A route asked by a method, and what can go wrong there.

use crate::http::State;
use crate::http::problem::Kind;
use crate::http::routes::What;
use crate::pipeline::description::{self, Description};

/// A route asked by a method.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) what: What<'a>,
    /// By GET.
    pub(super) is_get: bool,
}

impl Place<'_> {
    /// The operation, where it works on a picture.
    pub(super) fn asked(self) -> Option<Description> {
        match self.what {
            What::Picture(asked) => Some(asked),
            What::Preset(preset) => description::described(preset.operation()),
            _ => None,
        }
    }

    /// Whether a picture comes of it.
    pub(super) fn makes_picture(self) -> bool {
        self.asked().is_some_and(|asked| asked.makes_picture)
    }

    /// Whether a client may say by a tag that it has the answer already.
    pub(super) fn is_tagged(self) -> bool {
        self.is_get && (self.makes_picture() || self.what.is_tagged())
    }

    /// Whether balancers and scrapers ask it, which are answered at any load.
    pub(super) fn is_cheap(self) -> bool {
        matches!(self.what, What::Health | What::Ready | What::Metrics)
    }
}

/// Whether that can go wrong there under this configuration.
pub(super) fn occurs(kind: Kind, place: Place<'_>, state: &State) -> bool {
    let (settings, sources) = (&state.0.settings, state.0.service.sources());
    let asked = place.asked();
    let is_picture = asked.is_some();
    let is_sent = is_picture && !place.is_get;
    let draws = asked.is_some_and(|asked| asked.draws);
    let is_named = is_picture && place.is_get;
    let is_limited = settings.access.rate.is_some() && !place.is_cheap();
    match kind {
        Kind::InvalidRequest | Kind::Internal => true,
        Kind::InvalidParameter
        | Kind::MissingImage
        | Kind::BodyTooLarge
        | Kind::UnsupportedFormat
        | Kind::InvalidImage
        | Kind::ImageTooLarge
        | Kind::TooComplex
        | Kind::QueueTimeout
        | Kind::WorkTimeout => is_picture,
        Kind::MissingParameter | Kind::TooManyFrames | Kind::OutputTooLarge => {
            place.makes_picture()
        }
        Kind::UnknownParameter => is_picture && !settings.lenient_parameters,
        Kind::InvalidMultipart | Kind::UploadTimeout => is_sent,
        Kind::ForbiddenSource | Kind::SourceFailed | Kind::SourceTimeout => {
            is_named || draws && (kind == Kind::ForbiddenSource || sources.has_remote())
        }
        Kind::MissingObject => is_named && sources.has_objects(),
        Kind::Unauthorized => {
            state.0.access.is_locked() && !place.what.endpoint().is_open(settings.compat)
        }
        Kind::ForbiddenSignature => is_picture && state.0.access.wants_signature(),
        Kind::RateLimited => is_limited || is_picture && settings.max_per_client > 0,
        Kind::Overloaded => !place.is_cheap(),
        Kind::Draining => matches!(place.what, What::Ready),
        Kind::NotFound => matches!(place.what, What::Problem | What::PageFile),
        // Of paths and methods that aren't described, and of the listener for operators.
        Kind::Disabled | Kind::MethodNotAllowed | Kind::ForbiddenPage | Kind::ProfileRunning => {
            false
        }
    }
}
