//! The API's words without HTTP, for the command line: the same parameters, documents and problems.

use serde_json::Value;

use super::problem::Problem;
use super::{info, marks, operate};
use crate::pipeline::gist::Wanted;
use crate::pipeline::operation::OperationRow;
use crate::pipeline::parameter::Grammar;
use crate::pipeline::request::{Request as Operation, Rules};
use crate::service::{Context, Order, Service, Source};
use crate::source::{self, Refusal};

fn rules(max_side: u32) -> Rules {
    Rules {
        lenient: false,
        grammar: Grammar::Strict,
        max_side,
    }
}

/// What these parameters ask of an operation, where a picture to draw comes beside them or not, and sides have so many pixels at most.
///
/// # Errors
/// What is wrong with them, or missing. A URL of a picture to draw is wrong, since nothing is fetched.
pub fn asked(
    row: &'static OperationRow,
    pairs: &[(String, String)],
    has_beside: bool,
    max_side: u32,
) -> Result<Operation, Problem> {
    let operation = operate::parse(row, pairs, &[], rules(max_side))?;
    let found = operation.clone();
    let found = found.drawing(|place| (has_beside && place.is_none()).then_some(0));
    found.complete()?;
    if let Some(url) = operation.images().find_map(|(place, _)| place) {
        let nothing = source::Error::Forbidden(Refusal::Kind);
        return Err(Problem::from(nothing).about_the_mark(url));
    }
    Ok(operation)
}

/// The operation that knows what it draws.
///
/// # Errors
/// The picture beside isn't one, or there is none.
pub async fn ordered(
    operation: Operation,
    beside: Option<Source>,
    service: &Service,
    context: &Context,
) -> Result<Order, Problem> {
    marks::found(operation, beside, service, context).await
}

/// What these parameters ask of `/info`.
///
/// # Errors
/// What is wrong with them.
pub fn asked_about(pairs: &[(String, String)], max_side: u32) -> Result<Wanted, Problem> {
    Ok(Wanted::parse(pairs, &[], rules(max_side))?)
}

/// What `/info` tells of a picture.
///
/// # Errors
/// The picture can't be read, or is out of limits.
pub async fn described(
    service: &Service,
    source: Source,
    wanted: Wanted,
    context: &Context,
) -> Result<Value, Problem> {
    let header = service.info(&source, wanted.page(), context).await?;
    wanted.check(&header)?;
    info::all(service, source, header, wanted, context).await
}
