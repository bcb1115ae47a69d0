//! Where the processor's time goes, as a file that pprof reads.
//!
//! A leaf: it knows stacks and names, nothing of what they are about.

mod names;
mod write;

use std::collections::HashMap;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use self::write::Facts;
use crate::os::{self, Sampler};

/// How often what was seen is taken, and new threads are looked for.
const TURN: Duration = Duration::from_millis(50);

/// Different stacks that are counted; of more it is only counted how many there were.
const MOST_STACKS: usize = 1 << 16;

/// Why there is no profile.
#[derive(Debug)]
pub enum Error {
    /// Another one is being made.
    Busy,
    /// The system doesn't let us.
    Refused(io::Error),
}

/// Looks for so long at what all threads do, on a thread of its own.
///
/// Then `tell` is told: the profile, in gzip, or why there is none. It ends early, and tells nothing, when the other end of `wanted` has gone. `notes` are for who reads it.
///
/// # Errors
/// [`Error`].
pub fn start(
    time: Duration,
    notes: Vec<String>,
    wanted: Receiver<()>,
    tell: impl FnOnce(io::Result<Vec<u8>>) + Send + 'static,
) -> Result<(), Error> {
    let sampler = Sampler::start().map_err(Error::Refused)?;
    let sampler = sampler.ok_or(Error::Busy)?;
    let look = move || {
        if let Some((seen, facts)) = looked(sampler, time, notes, &wanted) {
            tell(write::profile(&seen, &facts));
        }
    };
    let thread = thread::Builder::new().name("pixmill-profile".to_owned());
    thread.spawn(look).map_err(Error::Refused)?;
    Ok(())
}

/// Stacks, the innermost address first, and the periods that each was seen for.
type Seen = HashMap<Vec<u64>, u64>;

fn looked(
    mut sampler: Sampler,
    time: Duration,
    mut notes: Vec<String>,
    wanted: &Receiver<()>,
) -> Option<(Seen, Facts)> {
    let (since, start) = (SystemTime::now(), Instant::now());
    let mut seen = Seen::new();
    let mut uncounted = 0;
    loop {
        let left = time.saturating_sub(start.elapsed());
        if wanted.recv_timeout(TURN.min(left)) == Err(RecvTimeoutError::Disconnected) {
            return None;
        }
        sampler.take(|stack, periods| {
            if let Some(count) = seen.get_mut(stack) {
                *count += periods;
            } else if seen.len() < MOST_STACKS {
                seen.insert(stack.to_vec(), periods);
            } else {
                uncounted += periods;
            }
        });
        if left.is_zero() {
            break;
        }
        // What can't be followed isn't seen; what is followed already is.
        let _refused = sampler.follow();
    }
    let missing = sampler.lost() + uncounted;
    if missing > 0 {
        notes.push(format!("{missing} samples are missing"));
    }
    let facts = Facts {
        since,
        time: start.elapsed(),
        period: os::PERIOD,
        notes,
    };
    Some((seen, facts))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn there_is_one_at_a_time_and_it_ends_with_who_wanted_it() {
        let keep = loop {
            let (keep, wanted) = mpsc::channel();
            let unheard = |_| unreachable!("nobody listens");
            match start(Duration::from_mins(1), Vec::new(), wanted, unheard) {
                Ok(()) => break keep,
                // Another test's.
                Err(Error::Busy) => thread::yield_now(),
                Err(error) => panic!("{error:?}"),
            }
        };
        let (again, wanted) = mpsc::channel();
        let second = start(Duration::ZERO, Vec::new(), wanted, |_| ());
        assert!(matches!(second, Err(Error::Busy)), "{second:?}");
        drop(keep);
        let (tell, told) = mpsc::channel();
        loop {
            let (keep, wanted) = mpsc::channel();
            let tell = tell.clone();
            let made = move |made| tell.send(made).unwrap();
            match start(Duration::from_millis(30), Vec::new(), wanted, made) {
                Ok(()) => {
                    let made: io::Result<Vec<u8>> = told.recv().unwrap();
                    assert!(made.unwrap().starts_with(&[0x1f, 0x8b]));
                    drop(keep);
                    break;
                }
                // It looks as often as it takes what was seen.
                Err(Error::Busy) => thread::yield_now(),
                Err(error) => panic!("{error:?}"),
            }
        }
        drop(again);
    }
}
