//! Inside a codec process: an order in, a picture out, again and again.

use std::io;
use std::os::fd::OwnedFd;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Settings;
use super::memory::Memory;
use super::wire::{self, Failure, Hello, Made, Order, Reply, STAGES, Task};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{self, pdf};
use crate::os;
use crate::pipeline::plan::Plan;
use crate::pipeline::{self, Picture, Scratch};
use crate::sandbox::{self, Mode, Profile};

/// Without an order for so long, buffers are let go.
const IDLE: Duration = Duration::from_secs(10);

/// Does what is ordered until the server has gone.
pub(super) fn serve(socket: &OwnedFd, memory: &Memory, settings: Settings) {
    os::become_helper("pixmill-codec");
    os::lower_priority(settings.nice);
    os::be_the_first_to_go();
    os::limit_address_space(settings.address_space);
    os::open_own_figures();
    note_panics();
    os::silence();
    let enforced = sandbox::apply(settings.sandbox, Profile::Codec);
    let refused = settings.sandbox == Mode::Require && !enforced.missing.is_empty();
    // The server knows as well as we do what it means that something is missing.
    if wire::send(socket, &Hello { enforced }, &[]).is_err() || refused {
        return;
    }
    let mut buffers = Buffers::default();
    let mut trimmed = true;
    loop {
        match wire::wait(socket, IDLE) {
            Ok(true) => {}
            Ok(false) => {
                if !std::mem::replace(&mut trimmed, true) {
                    buffers = Buffers::default();
                    os::trim();
                }
                continue;
            }
            Err(_) => return,
        }
        let Ok(Some(order)) = wire::receive::<Order>(socket) else {
            return;
        };
        trimmed = false;
        let reply = obey(&order, memory, &mut buffers);
        buffers.trim(settings.kept);
        if wire::send(socket, &reply, &[]).is_err() {
            return;
        }
    }
}

/// What outlives an order, so that the next one needn't ask the system for it.
#[derive(Default)]
struct Buffers {
    source: Vec<u8>,
    scratch: Scratch,
}

impl Buffers {
    /// Lets go of each that has more than `kept` bytes.
    fn trim(&mut self, kept: u64) {
        if self.source.capacity() as u64 > kept {
            self.source = Vec::new();
        }
        if self.scratch.bytes() as u64 > kept {
            self.scratch = Scratch::default();
        }
    }
}

fn obey(order: &Order, memory: &Memory, buffers: &mut Buffers) -> Reply {
    let checkpoint = Checkpoint::new();
    let made = caught(|| done(order, memory, buffers, &checkpoint)).unwrap_or_else(Err);
    let ran: Vec<_> = checkpoint.ran().collect();
    let stages = STAGES.map(|stage| {
        let (_, ran) = ran.iter().find(|(known, _)| *known == stage)?;
        Some([ran.begin, ran.end, ran.busy].map(nanoseconds))
    });
    Reply {
        made,
        stages,
        elapsed: nanoseconds(checkpoint.age()),
        resident_bytes: os::resident_bytes(),
    }
}

/// What the last panic said. It is told to the server, whose log it belongs to, and not written on standard error: that would
/// be no line of the log, and wait for whoever reads it.
static PANIC: Mutex<String> = Mutex::new(String::new());

/// Characters of a panic's words that are told: they go into a packet.
const MOST_WORDS: usize = 1_000;

fn note_panics() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let place = place.unwrap_or_default();
        let words = panic.payload_as_str().unwrap_or("without a message");
        let told = format!("{place}: {words}");
        *PANIC.lock().unwrap_or_else(PoisonError::into_inner) =
            told.chars().take(MOST_WORDS).collect();
    }));
}

fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Failure> {
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|_payload| {
        let mut told = PANIC.lock().unwrap_or_else(PoisonError::into_inner);
        Failure::Panicked(std::mem::take(&mut told))
    })
}

fn done(
    order: &Order,
    memory: &Memory,
    buffers: &mut Buffers,
    checkpoint: &Checkpoint,
) -> Result<Made, Failure> {
    let Buffers { source, scratch } = buffers;
    let length = order.lengths.iter().sum();
    memory
        .read(length, source)
        .map_err(|error| system(&error))?;
    let files = parts(source, &order.lengths);
    let Some((first, beside)) = files.split_first() else {
        let nothing = "an order without a file".to_owned();
        return Err(Failure::Pipeline(pipeline::Error::Internal(nothing)));
    };
    match &order.task {
        Task::Look(page) => {
            let _room = Room::of(first, pdf::look_bytes(length));
            checkpoint.enter(Stage::Decode);
            let page = pdf::look(first, *page).map_err(failed)?;
            checkpoint.leave();
            Ok(Made::Page(page))
        }
        Task::Make(plan, paper) => {
            // Address space has gaps that no estimate of what is held knows.
            let peak = plan.cost.peak_bytes;
            let _room = Room::of(first, peak.saturating_add(peak / 8 + GAPS));
            let header = match paper {
                Some(paper) => Ok(pdf::header(*paper, first.len() as u64)),
                None => codecs::probe_page(first, plan.page()),
            };
            let header = header.map_err(failed)?;
            let first = Picture {
                file: first,
                header: &header,
            };
            let picture = make(first, beside, plan, scratch, checkpoint)?;
            checkpoint.leave();
            memory.write(&[&picture]).map_err(|error| system(&error))?;
            Ok(Made::Picture(picture.len() as u64))
        }
    }
}

fn make(
    first: Picture<'_>,
    beside: &[&[u8]],
    plan: &Plan,
    scratch: &mut Scratch,
    checkpoint: &Checkpoint,
) -> Result<Vec<u8>, Failure> {
    let headers = beside.iter().map(|file| codecs::probe(file));
    let headers: Vec<_> = headers.collect::<Result<_, _>>().map_err(failed)?;
    let pictures = beside.iter().zip(&headers);
    let pictures: Vec<_> = pictures
        .map(|(file, header)| Picture { file, header })
        .collect();
    pipeline::run_with(first, &pictures, plan, scratch, checkpoint).map_err(Failure::Pipeline)
}

/// Bytes of address space beside an eighth of what is granted.
const GAPS: u64 = 16 << 20;

/// As long as it is there, no more address space can be had than what is granted: what reads documents counts nothing itself.
/// Whoever wants more is ended by its allocator.
struct Room(bool);

impl Room {
    /// For work on that file which may take so many bytes; others' work keeps to what was reckoned by itself.
    fn of(file: &[u8], bytes: u64) -> Self {
        Self(pdf::is(file) && os::bound_address_space(bytes))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if self.0 {
            os::unbound_address_space();
            // What the next document may have begins where this process is mapped then.
            os::trim();
        }
    }
}

fn failed(error: codecs::Error) -> Failure {
    Failure::Pipeline(error.into())
}

fn system(error: &io::Error) -> Failure {
    Failure::Pipeline(pipeline::Error::Internal(format!("memory: {error}")))
}

/// The files that lie one behind the other.
fn parts<'a>(bytes: &'a [u8], lengths: &[u64]) -> Vec<&'a [u8]> {
    let mut rest = bytes;
    let part = |length: &u64| {
        let length = usize::try_from(*length).ok()?;
        let (part, after) = rest.split_at_checked(length)?;
        rest = after;
        Some(part)
    };
    lengths.iter().map_while(part).collect()
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_with_its_place() {
        let usual = panic::take_hook();
        note_panics();
        let short = caught(|| panic!("planted {}", 7));
        let long = caught(|| panic!("{}", "ä".repeat(20_000)));
        panic::set_hook(usual);
        let Err(Failure::Panicked(short)) = short else {
            panic!("{short:?}");
        };
        assert!(short.starts_with(file!()), "{short}");
        assert!(short.ends_with(": planted 7"), "{short}");
        let Err(Failure::Panicked(long)) = long else {
            panic!("not caught");
        };
        assert_eq!(long.chars().count(), MOST_WORDS);
    }
}
