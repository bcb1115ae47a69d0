//! A run of the server, from the first connection to the end of the last.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tower::ServiceExt;

use super::tidy::Tidying;
use super::traces::Telling;
use super::{App, Front, Outcome, admin};
use crate::http::{self, ClientAddress};
use crate::isolation::Isolation;
use crate::os;
use crate::server::{self, Crowded, Handlers, Incoming, Peer, Phase};
use crate::service::Service;
use crate::systemd::Manager;

/// How often buffers that nobody uses are let go.
const TRIM_EVERY: Duration = Duration::from_secs(5);

/// How often it is asked whether pixel work can be done at all.
const ASK_EVERY: Duration = Duration::from_secs(5);

/// How soon the self-test is tried again when the server is busy already.
const SELF_TEST_AGAIN: Duration = Duration::from_millis(100);

impl App {
    /// Serves until `shutdown` is ready, then drains.
    ///
    /// # Errors
    /// The listener can't be used, the system refuses a thread, or a codec fails its self-test.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> io::Result<Outcome> {
        let (phases, phase) = watch::channel(Phase::Serving);
        let settings = self.config.server;
        let admin = admin::Serving::start(self.admin, settings, self.front.clone());
        let (front, unreadable) = (self.front.clone(), self.front);
        let admission = self.service.admission().clone();
        let handlers = Handlers {
            request: move |mut request: Request<Incoming>| {
                let router = respondent(&front, &mut request);
                async move { answered(router.oneshot(request.map(Body::new)).await) }
            },
            unreadable: Arc::new(move |status| {
                Box::pin(http::answer_unreadable(unreadable.unreadable(), status))
            }),
            hurry: Arc::new(move || admission.is_clogged()),
        };
        let serving = server::serve(self.listener, settings, phase, self.connections, handlers);
        tokio::pin!(serving);
        let telling = self.collector.map(Telling::start);
        let (readiness, service, manager) = (self.readiness, self.service, self.manager);
        let tidied = service.clone();
        let _tidying = Tidying::start(TRIM_EVERY, move || {
            tidied.trim();
            os::trim_everywhere();
        })?;
        // Among the requests, so that where they get no turn it gets none.
        let mut signs = JoinSet::new();
        signs.spawn(give_signs(Arc::clone(&manager)));
        let ready = || {
            readiness.ready();
            manager.ready(self.address);
        };
        let failure = tokio::select! {
            ended = &mut serving => return ended.map(|()| Outcome::Drained),
            // What has been accepted is answered all the same.
            error = watch_work(service, ready) => Some(error),
            () = shutdown => None,
            () = self.leave.notified() => None,
        };
        // Health checks have to see it before connections are refused.
        readiness.draining();
        manager.stopping();
        phases.send_replace(Phase::Draining);
        admin.drain();
        tracing::info!(delay = ?self.config.drain_delay, timeout = ?self.config.drain_timeout, "draining");
        tokio::select! {
            ended = &mut serving => return ended.map(|()| Outcome::Drained),
            () = tokio::time::sleep(self.config.drain_delay) => {}
        }
        phases.send_replace(Phase::Closing);
        let end = Instant::now() + self.config.drain_timeout;
        let ended = tokio::time::timeout_at(end, serving).await;
        if let Some(telling) = telling {
            telling.finish(end).await;
        }
        admin.end().await;
        match (failure, ended) {
            (Some(error), _) => Err(error),
            (None, Ok(ended)) => ended.map(|()| Outcome::Drained),
            (None, Err(_elapsed)) => Ok(Outcome::CutOff),
        }
    }
}

/// Who answers a request; it says who has sent it.
fn respondent(front: &Front, request: &mut Request<Incoming>) -> Router {
    if let Some(&Peer(peer)) = request.extensions().get() {
        request.extensions_mut().insert(ClientAddress(peer.ip()));
    }
    front.router(request.extensions().get::<Crowded>().is_some())
}

/// The self-test, and then a look at whether there is still somebody to work. Ends only with why the server can't serve.
async fn watch_work(service: Service, ready: impl FnOnce()) -> io::Error {
    while let Err(error) = service.self_test().await {
        if !error.is_passing() {
            tracing::error!(?error, "a codec failed its self-test");
            return io::Error::other("a codec failed its self-test");
        }
        // The first requests have come before the self-test.
        tokio::time::sleep(SELF_TEST_AGAIN).await;
    }
    ready();
    loop {
        tokio::time::sleep(ASK_EVERY).await;
        if service.isolation().is_some_and(Isolation::is_broken) {
            return io::Error::other("no process for pixel work can be had any more");
        }
    }
}

/// Signs of life, for as long as the runtime gives turns.
async fn give_signs(manager: Arc<Manager>) {
    let Some(pause) = manager.sign_every() else {
        return;
    };
    loop {
        manager.alive();
        tokio::time::sleep(pause).await;
    }
}

/// What is never an error.
pub(super) fn answered(result: Result<Response, Infallible>) -> Response {
    match result {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
