//! Operations that the configuration has named, with all that they are asked to do.
//!
//! `avatar=smartcrop?width=128&height=128` is `POST /preset/avatar`: nothing of what it does is left to who sends the picture.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State as Extract};
use axum::middleware::from_fn_with_state;
use axum::response::Response;

use super::operate::{Asked, answered, parse};
use super::placeholder::{Word, stand_in};
use super::problem::{Kind, Problem};
use super::{State, extract, get, named};
use crate::pipeline::operation;
use crate::pipeline::request::Rules;

/// A named operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preset {
    name: String,
    operation: &'static str,
    given: Vec<(String, String)>,
}

impl Preset {
    /// `NAME=OPERATION?PARAMETERS`, the latter two as in a URL.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str, rules: Rules) -> Result<Self, String> {
        const FORM: &str = "NAME=OPERATION?PARAMETERS, as in avatar=smartcrop?width=128&height=128";
        let (name, request) = text.split_once('=').ok_or(FORM)?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
        if name.is_empty() || !name.bytes().all(plain) {
            return Err(format!("{FORM}; a name has letters, digits, - and _"));
        }
        let (operation, query) = request.split_once('?').unwrap_or((request, ""));
        let operation = operation.trim_start_matches('/');
        let row = operation::named(operation)
            .ok_or_else(|| format!("{name}: there is no operation {operation}"))?;
        let pairs = extract::decoded(query);
        let given: Vec<_> = pairs.into_owned().collect();
        let parsed = parse(row, &given, &[], rules);
        match parsed.and_then(|request| request.complete()) {
            // A picture to draw may come with the request.
            Err(error) if error.is_missing() && row.needs == operation::Needs::Image => {}
            Err(error) => return Err(format!("{name}: {}", Problem::from(error).detail())),
            Ok(()) => {}
        }
        Ok(Self {
            name: name.to_owned(),
            operation: row.name,
            given,
        })
    }

    /// By what it is asked for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is done.
    pub(super) fn operation(&self) -> &'static str {
        self.operation
    }

    /// Whether a second picture has to come with the request.
    pub(super) fn wants_image(&self) -> bool {
        let row = operation::named(self.operation);
        let named = self.given.iter().any(|(name, _)| name == "image");
        row.is_some_and(|row| row.needs == operation::Needs::Image) && !named
    }
}

/// A route for each; how a failure looks is as settled as all the rest.
pub(super) fn routes(state: &State) -> Router<State> {
    let mut routes = Router::new();
    for preset in &state.0.settings.presets {
        let path = state.route(&format!("/preset/{}", preset.name));
        let preset = Arc::new(preset.clone());
        let word = Word::Settled(preset.given.as_slice().into());
        let handler = move |state, request| made(preset.clone(), state, request);
        let route = get::route(handler, state.0.service.sources());
        let layer = from_fn_with_state((state.clone(), word), stand_in);
        routes = routes.route(&path, route.route_layer(layer));
    }
    routes
}

async fn made(
    preset: Arc<Preset>,
    Extract(state): Extract<State>,
    request: Request,
) -> Result<Response, Problem> {
    /// Who asks, not what.
    const BESIDE: [&str; 3] = ["key", "sign", "expires"];
    let (parts, body) = request.into_parts();
    let mut query = extract::query(&parts);
    let source = named::split(&mut query);
    let other = query
        .iter()
        .find(|(name, _)| !BESIDE.contains(&name.as_str()));
    if let Some((name, _)) = other.filter(|_| !state.rules().lenient) {
        return Err(Problem::new(
            Kind::UnknownParameter,
            "A preset has all of its parameters; only the names of a picture and of who asks go with it.",
        )
        .with("parameter", name.chars().take(64).collect::<String>()));
    }
    let row = operation::named(preset.operation)
        .ok_or_else(|| Problem::internal("a preset lost its operation"))?;
    let asked = Asked {
        query: preset.given.clone(),
        source,
        is_settled: true,
    };
    let answered = answered(row, &state, &parts, asked, body).await;
    answered.map_err(Problem::hiding_the_mark)
}
