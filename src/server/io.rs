//! A socket with a clock: no read of a head, and no write, waits for ever; closing lingers.

use std::io::{self, IoSlice, Read};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

use super::activity::{Activity, State};
use super::clock::Clock;
use super::outflow::Outflow;
use super::refusal::{Refusal, Unreadable};
use super::{Hurry, Settings};
use crate::os;

/// How long a client may go on sending after an early answer, so that a reset doesn't overtake it (RFC 9112, 9.6).
///
/// What comes is read and dropped. Many clients look for an answer only when they have
/// sent everything, and an upload that is refused for its size is a large one.
const LINGER_TIME: Duration = Duration::from_secs(10);

/// How long it may be silent meanwhile.
const LINGER_SILENCE: Duration = Duration::from_secs(2);

/// Dropping bytes is cheap, but not free.
const LINGER_BYTES: usize = 1 << 30;

pub(super) struct ClockedStream {
    stream: TcpStream,
    settings: Settings,
    activity: Activity,
    read_clock: Clock,
    outflow: Outflow,
    refusal: Refusal,
    /// Nothing is written since the last flush, which is where a message begins: what follows may look like anything.
    fresh: bool,
    /// Whether the end may take time: not on one of the few spare places.
    lingers: bool,
    linger: Option<Linger>,
    /// The client has closed its side.
    ended: bool,
}

struct Linger {
    end: Instant,
    silence: Pin<Box<Sleep>>,
    left: usize,
}

impl Linger {
    fn new() -> Self {
        let now = Instant::now();
        Self {
            end: now + LINGER_TIME,
            silence: Box::pin(sleep_until(now + LINGER_SILENCE)),
            left: LINGER_BYTES,
        }
    }

    fn heard(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes);
        let until = (Instant::now() + LINGER_SILENCE).min(self.end);
        self.silence.as_mut().reset(until);
    }

    /// Asked of the clock itself: a client that always has more to send leaves no moment for a timer.
    fn is_over(&self) -> bool {
        self.left == 0 || Instant::now() >= self.end
    }
}

impl ClockedStream {
    pub(super) fn new(
        stream: TcpStream,
        settings: Settings,
        activity: Activity,
        lingers: bool,
        (unreadable, hurry): (Unreadable, Hurry),
    ) -> Self {
        Self {
            stream,
            outflow: Outflow::new(&settings, hurry),
            settings,
            activity,
            read_clock: Clock::default(),
            refusal: Refusal::new(unreadable),
            fresh: true,
            lingers,
            linger: None,
            ended: false,
        }
    }

    /// What isn't sent yet is the system's once we are gone, which would keep it for as long as the client's own says that it lives.
    fn bound_what_is_unsent(&self) {
        let patience = Some(self.settings.write_timeout);
        let _bounded = SockRef::from(&self.stream).set_tcp_user_timeout(patience);
    }

    /// How long the client may take for what it has to send now.
    fn patience(&self, state: State) -> Option<Duration> {
        match state {
            // First it has to take its answer, which has clocks of its own.
            _ if self.outflow.is_waiting() => None,
            State::Idle if self.activity.answered() > 0 => Some(self.settings.idle_timeout),
            State::Idle | State::Head => Some(self.settings.header_timeout),
            State::Request => None,
        }
    }

    /// hyper has looked for the next head already, and doesn't look again before
    /// it is woken: the clock that will wake it has to be started after a write.
    fn restart_read_clock(&mut self, cx: &mut Context<'_>) {
        let state = self.activity.state();
        let patience = self.patience(state);
        self.read_clock.stop();
        if self.read_clock.poll(state, patience, cx).is_ready() {
            cx.waker().wake_by_ref();
        }
    }

    /// After each try to write some of `left` bytes. Progress starts the clock of what comes next anew.
    fn wrote(
        &mut self,
        left: usize,
        result: Poll<io::Result<usize>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(result) = result {
            self.fresh = false;
            let written = *result.as_ref().unwrap_or(&0);
            self.outflow.wrote(written);
            self.activity.connections().sent(written);
            self.restart_read_clock(cx);
            return Poll::Ready(result);
        }
        self.activity.answer_waits(true);
        // Where the system doesn't say, what it took is taken.
        let stream = &self.stream;
        let unacknowledged = || os::unacknowledged(stream).unwrap_or(0);
        ready!(self.outflow.poll_late(left, unacknowledged, cx));
        // What it holds for a client that was given up would stay in its memory for minutes.
        let _kept = SockRef::from(stream).set_linger(Some(Duration::ZERO));
        Poll::Ready(Err(late("the client doesn't take its answer")))
    }
}

/// A connection that ends by an error isn't shut down before.
impl Drop for ClockedStream {
    fn drop(&mut self) {
        if self.linger.is_none() {
            self.bound_what_is_unsent();
        }
    }
}

impl AsyncRead for ClockedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let this = &mut *self;
        let mut polled = Pin::new(&mut this.stream).poll_read(cx, buf);
        if polled.is_pending() && this.activity.is_last_look() {
            polled = unannounced(&this.stream, buf);
        }
        match polled {
            Poll::Ready(result) => {
                let read = buf.filled().len() - before;
                if read > 0 {
                    this.activity.bytes_read(read);
                } else {
                    this.ended = true;
                }
                Poll::Ready(result)
            }
            Poll::Pending => {
                let state = this.activity.state();
                let patience = this.patience(state);
                match this.read_clock.poll(state, patience, cx) {
                    Poll::Ready(()) => Poll::Ready(Err(late("the client doesn't send a head"))),
                    Poll::Pending => Poll::Pending,
                }
            }
        }
    }
}

impl AsyncWrite for ClockedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let result = this
            .refusal
            .poll_write(&mut this.stream, cx, buf, this.fresh)
            .unwrap_or_else(|| Pin::new(&mut this.stream).poll_write(cx, buf));
        this.wrote(buf.len(), result, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [only] = bufs {
            return self.poll_write(cx, only);
        }
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        let left = bufs.iter().map(|buf| buf.len()).sum();
        self.wrote(left, result, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.outflow.flushed() {
            self.activity.answer_waits(false);
            self.restart_read_clock(cx);
        }
        self.fresh = true;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.linger.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
            this.bound_what_is_unsent();
            if this.lingers {
                this.linger = Some(Linger::new());
            }
        }
        let Some(linger) = &mut this.linger else {
            return Poll::Ready(Ok(()));
        };
        let mut scrap = [const { MaybeUninit::uninit() }; 16 << 10];
        while !this.ended && !linger.is_over() {
            let mut buf = ReadBuf::uninit(&mut scrap);
            match Pin::new(&mut this.stream).poll_read(cx, &mut buf) {
                Poll::Ready(Ok(())) if !buf.filled().is_empty() => {
                    linger.heard(buf.filled().len());
                    this.activity.connections().received(buf.filled().len());
                }
                // The end, or an error, which here is an end too.
                Poll::Ready(_) => this.ended = true,
                Poll::Pending => {
                    ready!(linger.silence.as_mut().poll(cx));
                    break;
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// What is in the socket although the runtime hasn't been told yet.
fn unannounced(stream: &TcpStream, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
    let mut bytes = [0; 1 << 10];
    let room = buf.remaining().min(bytes.len());
    let read = bytes
        .get_mut(..room)
        .map_or(Ok(0), |bytes| (&*SockRef::from(stream)).read(bytes));
    match read {
        Ok(count) => {
            buf.put_slice(bytes.get(..count).unwrap_or_default());
            Poll::Ready(Ok(()))
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
        Err(error) => Poll::Ready(Err(error)),
    }
}

fn late(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, what)
}
