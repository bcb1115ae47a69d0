//! Pictures that are drawn over a request's own: the second part of its form, or what `image` names.
//!
//! Those that are named are fetched by a plain GET, like any source and under the same guard, but nothing of the
//! client's head goes with it.

use axum::http::HeaderMap;

use super::problem::Problem;
use crate::pipeline::request::Request as Operation;
use crate::service::{self, Context, Order, Service, Source};
use crate::source::{self, Refusal, Wanted};

/// Refuses what can't be fetched, whoever answers there: before the body is read.
pub(super) fn check(operation: &Operation, service: &Service) -> Result<(), Problem> {
    for (place, is_needed) in operation.images() {
        if let Some(place) = place.filter(|_| is_needed) {
            wanted(place, service).map_err(|error| failed(error.into(), place))?;
        }
    }
    Ok(())
}

/// The operation that knows its pictures, with those: `sent` has come with the request.
///
/// What is drawn by steps alone whose failure is ignored may be left out.
pub(super) async fn found(
    operation: Operation,
    sent: Option<Source>,
    service: &Service,
    context: &Context,
) -> Result<Order, Problem> {
    let (mut places, mut sources) = (Vec::new(), Vec::new());
    let mut sent = sent;
    for (place, is_needed) in operation.images() {
        if places.contains(&place) {
            continue;
        }
        let picture = match place {
            Some(place) => match fetched(place, service, context).await {
                Ok(picture) => Some(picture),
                Err(error) if is_needed || error.is_passing() => return Err(failed(error, place)),
                Err(_ignored) => None,
            },
            None => sent.take(),
        };
        let draws = |picture: &Source| is_needed || is_picture(picture, service);
        if let Some(picture) = picture.filter(draws) {
            places.push(place);
            sources.push(picture);
        }
    }
    let places: Vec<_> = places
        .into_iter()
        .map(|place| place.map(str::to_owned))
        .collect();
    let place_of = |wanted: Option<&str>| {
        let mut places = places.iter();
        places.position(|place| place.as_deref() == wanted)
    };
    Ok(Order {
        request: operation.drawing(place_of),
        beside: sources,
    })
}

fn is_picture(source: &Source, service: &Service) -> bool {
    let header = service.header(source);
    header.is_ok_and(|header| service.check(&header).is_ok())
}

fn wanted(place: &str, service: &Service) -> Result<Wanted, source::Error> {
    if !service.sources().has_remote() {
        return Err(source::Error::Forbidden(Refusal::Kind));
    }
    Wanted::url(place, HeaderMap::new())
}

async fn fetched(
    place: &str,
    service: &Service,
    context: &Context,
) -> Result<Source, service::Error> {
    service.fetch(&wanted(place, service)?, context).await
}

/// Says that it isn't the request's own picture that couldn't be had.
fn failed(error: service::Error, place: &str) -> Problem {
    let is_source = matches!(error, service::Error::Source(_));
    let problem = Problem::from(error);
    if is_source {
        problem.about_the_mark(place)
    } else {
        problem
    }
}
