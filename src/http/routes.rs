//! What there is at which path, as a list: for whoever asks for what isn't there, and for the document that describes it.
//!
//! A test holds it to the router, in both directions.

use axum::http::Method;

use super::access::Endpoint;
use super::presets::Preset;
use super::{State, status};
use crate::pipeline::description::{self, Description};

/// What is at a path.
#[derive(Clone, Copy, Debug)]
pub(super) enum What<'a> {
    /// A picture in, a picture out; or what there is to tell of it.
    Picture(Description),
    /// The same by a name of the configuration's.
    Preset(&'a Preset),
    /// Name and version.
    Index,
    /// The page for browsers.
    Page,
    /// A file of that page.
    PageFile,
    /// What that page's form is made of.
    PageTable,
    /// A page with forms.
    Form,
    /// Every problem.
    Problems,
    /// One problem.
    Problem,
    /// The description of all of it.
    Document,
    /// Whether the process lives.
    Health,
    /// Whether new work is welcome.
    Ready,
    /// What is going on.
    Metrics,
}

/// A path and what is there.
#[derive(Clone, Debug)]
pub(super) struct Route<'a> {
    pub(super) path: String,
    pub(super) what: What<'a>,
}

/// Where the description of all routes is.
pub(super) const DOCUMENT: &str = "/openapi.json";

/// Every route that is switched on, in the order in which a reader wants them.
pub(super) fn routes(state: &State) -> Vec<Route<'_>> {
    let pictures = description::descriptions().map(|asked| {
        (
            state.route(&format!("/{}", asked.name)),
            What::Picture(asked),
        )
    });
    let presets = state.0.settings.presets.iter().map(|preset| {
        let path = format!("/preset/{}", preset.name());
        (state.route(&path), What::Preset(preset))
    });
    let pages = [
        ("/", What::Index),
        ("/form", What::Form),
        ("/problems", What::Problems),
        ("/problems/{code}", What::Problem),
        (DOCUMENT, What::Document),
    ];
    let health = status::HEALTH.map(|path| (path, What::Health));
    let ready = status::READY.map(|path| (path, What::Ready));
    // At the root, too.
    let has_prefix = !state.route("").is_empty();
    let both = health.into_iter().chain(ready).flat_map(|(path, what)| {
        let below = has_prefix.then(|| (state.route(path), what));
        [Some((path.to_owned(), what)), below]
    });
    let played = [
        ("/page", What::Page),
        ("/page/{file}", What::PageFile),
        ("/page/operations.json", What::PageTable),
    ];
    let played = played.into_iter().filter(|_| state.0.settings.playground);
    let pages = pages
        .into_iter()
        .chain(played)
        .map(|(path, what)| (state.route(path), what));
    let all = presets
        .chain(pictures)
        .chain(pages)
        .chain(both.flatten())
        .chain([(state.route("/metrics"), What::Metrics)]);
    all.filter(|(path, _)| !state.0.access.is_off(path))
        .map(|(path, what)| Route { path, what })
        .collect()
}

impl What<'_> {
    /// The methods that it takes beside OPTIONS.
    pub(super) fn methods(self, state: &State) -> &'static [Method] {
        const ASKED: &[Method] = &[Method::GET, Method::HEAD];
        const SENT: &[Method] = &[Method::POST];
        const BOTH: &[Method] = &[Method::GET, Method::HEAD, Method::POST];
        match self {
            Self::Picture(_) | Self::Preset(_) if state.0.service.sources().has_any() => BOTH,
            Self::Picture(_) | Self::Preset(_) => SENT,
            // As imaginary's do.
            Self::Index | Self::Form | Self::Health => BOTH,
            _ => ASKED,
        }
    }

    /// What it is to whoever guards it.
    pub(super) fn endpoint(self) -> Endpoint {
        match self {
            Self::Picture(_) | Self::Preset(_) => Endpoint::Picture,
            Self::Index => Endpoint::Index,
            Self::Page | Self::PageFile => Endpoint::Shell,
            Self::PageTable | Self::Form | Self::Problems | Self::Problem | Self::Document => {
                Endpoint::Page
            }
            Self::Health | Self::Ready => Endpoint::Probe,
            Self::Metrics => Endpoint::Metrics,
        }
    }

    /// Whether a client may say by a tag that it has the answer already.
    pub(super) fn is_tagged(self) -> bool {
        matches!(self, Self::Document | Self::Page | Self::PageFile)
    }

    /// Whether it works on a picture.
    pub(super) fn is_picture(self) -> bool {
        matches!(self, Self::Picture(_) | Self::Preset(_))
    }
}

/// The route that a client most likely meant who asked for that path: its prefix, small letters and a slash at the end
/// aside, at most a third of it differs.
pub(super) fn nearest<'a>(state: &'a State, path: &str) -> Option<Route<'a>> {
    let plain = |path: &str| path.trim_end_matches('/').to_ascii_lowercase();
    // Nobody mistypes more than that.
    let asked = Some(plain(path)).filter(|asked| asked.len() <= 64)?;
    let prefix = state.route("");
    let near = routes(state).into_iter().filter_map(|route| {
        let below = route.path.strip_prefix(&prefix).unwrap_or(&route.path);
        let names = [route.path.as_str(), below].into_iter();
        let distances = names.map(|name| strsim::damerau_levenshtein(&asked, &plain(name)));
        let distance = distances.min()?;
        let is_near = distance * 3 <= below.len().saturating_sub(1) && below.len() > 1;
        is_near.then_some((distance, route))
    });
    near.min_by_key(|(distance, _)| *distance)
        .map(|(_, route)| route)
}

/// What a client finds out more by, where that is switched on; ends a sentence.
pub(super) fn more(state: &State) -> String {
    let path = state.route(DOCUMENT);
    if state.0.access.is_off(&path) {
        String::new()
    } else {
        format!(" GET {path} describes every path.")
    }
}
