//! Where the processor's time goes: under the paths where tools for Go's servers look.

use std::io;
use std::sync::mpsc;
use std::time::Duration;

use axum::extract::{Request, State as Extract};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use tokio::sync::oneshot;

use crate::http::problem::{Kind, Problem};
use crate::http::{State, extract};
use crate::pipeline::parameter::ParameterError;
use crate::profile::{self, Error};

/// What tools ask for that don't say how long.
const USUAL: u64 = 30;

/// Seconds of a profile, at most.
const MOST: u64 = 60;

/// What is there.
pub(super) const INDEX: &str = "\
/debug/pprof/profile?seconds=30   processor time of all threads, 1 to 60 s of it, for go tool pprof
";

/// A profile of the next seconds, in pprof's format.
pub(super) async fn profile(
    Extract(state): Extract<State>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    let time = Duration::from_secs(seconds(&extract::query(&parts))?);
    let mut notes = vec![concat!("pixmill ", env!("CARGO_PKG_VERSION")).to_owned()];
    if state.0.service.isolation().is_some() {
        notes
            .push("isolation = \"process\": pixel work is done elsewhere, and not seen".to_owned());
    }
    // Dropped with this future, when whoever asked has gone.
    let (_keep, wanted) = mpsc::channel();
    let (tell, told) = oneshot::channel::<io::Result<Vec<u8>>>();
    let tell = move |made| {
        // Whoever has gone hears nothing.
        let _unheard = tell.send(made);
    };
    profile::start(time, notes, wanted, tell).map_err(|error| match error {
        Error::Busy => Problem::new(
            Kind::ProfileRunning,
            "A profile is being made. There is one at a time; ask again when it has ended.",
        ),
        Error::Refused(error) => Problem::internal(format!("no profile: {error}")),
    })?;
    match told.await {
        Ok(Ok(file)) => {
            let headers = [
                (CONTENT_TYPE, "application/octet-stream"),
                (CONTENT_DISPOSITION, "attachment; filename=\"cpu.pb.gz\""),
            ];
            Ok((headers, file).into_response())
        }
        Ok(Err(error)) => Err(Problem::internal(format!("no profile: {error}"))),
        Err(_ended) => Err(Problem::internal("the thread of a profile has ended")),
    }
}

fn seconds(query: &[(String, String)]) -> Result<u64, Problem> {
    let Some((name, value)) = query.iter().find(|(name, _)| name == "seconds") else {
        return Ok(USUAL);
    };
    let seconds = value
        .parse()
        .ok()
        .filter(|seconds| (1..=MOST).contains(seconds));
    seconds.ok_or_else(|| {
        ParameterError::Invalid {
            parameter: name.clone(),
            value: value.clone(),
            allowed: format!("a whole number from 1 to {MOST}"),
        }
        .into()
    })
}
