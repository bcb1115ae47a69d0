//! Where the processor spends its time: each thread is interrupted after every 10 ms on it, and its stack is looked at.
//!
//! Each has a timer of its own, by its own time: of timers for all of them, older systems give most interruptions to the first. The
//! handler walks the stack (`stack.rs`) and puts it into one of many slots that are there already; who profiles
//! empties them. While nobody does, there are no timers, and the signal is ignored.
#![expect(
    unsafe_code,
    reason = "signals and timers of threads have no safe wrappers"
)]

mod machine;
mod program;
mod stack;
mod threads;
mod timer;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::mem;
use std::ptr::null_mut;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use libc::{c_int, c_void};

use self::program::Headers;
pub use self::program::{Code, build_id, program_code, program_files};
use self::stack::Unwinder;
use self::timer::Timer;

/// Processor time between two looks at a thread.
pub const PERIOD: Duration = Duration::from_millis(10);

/// Callers that are kept of a stack; it is cut off at its beginning.
const DEPTH: usize = 128;

/// Looks that are kept until somebody takes them: far more than a large machine's threads make in a moment. A mebibyte, which stays.
const SLOTS: usize = 1024;

/// Opens what a profile reads, for a process that soon can't.
pub fn open_for_sampling() {
    threads::open();
    let _opened = program_files();
}

/// What the handler works with; made once.
struct Equipment {
    unwinder: Unwinder,
    slots: Box<[Slot]>,
}

/// One look at a stack.
struct Slot {
    state: AtomicU8,
    /// Periods that it stands for.
    weight: AtomicU32,
    length: AtomicUsize,
    addresses: [AtomicU64; DEPTH],
}

const FREE: u8 = 0;
const TAKEN: u8 = 1;
const FULL: u8 = 2;

static EQUIPMENT: OnceLock<Option<Equipment>> = OnceLock::new();

/// Whether somebody profiles: there is one signal, and one set of slots.
static BUSY: AtomicBool = AtomicBool::new(false);

/// Where the next look goes.
static NEXT: AtomicUsize = AtomicUsize::new(0);

/// Periods of looks for which there was no slot.
static LOST: AtomicU64 = AtomicU64::new(0);

fn equipment() -> Option<&'static Equipment> {
    let made = EQUIPMENT.get_or_init(|| {
        let code = program_code()?;
        let unwinder = Unwinder::new(code.addresses, Headers::own()?.tables()?)?;
        let slot = |_| Slot {
            state: AtomicU8::new(FREE),
            weight: AtomicU32::new(0),
            length: AtomicUsize::new(0),
            addresses: [const { AtomicU64::new(0) }; DEPTH],
        };
        let slots = (0..SLOTS).map(slot).collect();
        Some(Equipment { unwinder, slots })
    });
    made.as_ref()
}

/// All threads of the process, looked at until this is dropped. There is one of them at a time.
#[derive(Debug)]
pub struct Sampler {
    /// By their threads.
    timers: BTreeMap<i32, Timer>,
}

impl Sampler {
    /// Begins; `None` while another one is at work.
    ///
    /// # Errors
    /// The program has no tables to unwind it by, or the system refuses timers.
    pub fn start() -> io::Result<Option<Self>> {
        if BUSY.swap(true, Ordering::AcqRel) {
            return Ok(None);
        }
        // From here on it is given back when this is dropped.
        let mut sampler = Self {
            timers: BTreeMap::new(),
        };
        if equipment().is_none() {
            return Err(io::Error::other("this program can't be unwound"));
        }
        // What the last one didn't take.
        sampler.take(|_, _| ());
        LOST.store(0, Ordering::Relaxed);
        handle(on_signal as *const () as usize)?;
        sampler.follow()?;
        Ok(Some(sampler))
    }

    /// Looks at threads that have been started since, too. To be called now and then.
    ///
    /// # Errors
    /// The system refuses timers for every thread, or doesn't tell which there are.
    pub fn follow(&mut self) -> io::Result<()> {
        let threads = threads::threads();
        self.timers.retain(|thread, _| threads.contains(thread));
        let mut refused = io::Error::other("the system doesn't tell which threads there are");
        for thread in threads {
            if let Entry::Vacant(place) = self.timers.entry(thread) {
                match Timer::start(thread) {
                    Ok(timer) => {
                        place.insert(timer);
                    }
                    // It has ended meanwhile, as a rule.
                    Err(error) => refused = error,
                }
            }
        }
        if self.timers.is_empty() {
            return Err(refused);
        }
        Ok(())
    }

    /// Takes what was seen: the addresses of a stack, the innermost first, and the periods that they stand for. To be called often.
    pub fn take(&self, mut see: impl FnMut(&[u64], u64)) {
        let Some(equipment) = equipment() else { return };
        for slot in &equipment.slots {
            if slot.state.load(Ordering::Acquire) != FULL {
                continue;
            }
            let mut stack = [0; DEPTH];
            for (address, stored) in stack.iter_mut().zip(&slot.addresses) {
                *address = stored.load(Ordering::Relaxed);
            }
            let length = slot.length.load(Ordering::Relaxed);
            let weight = slot.weight.load(Ordering::Relaxed);
            slot.state.store(FREE, Ordering::Release);
            see(stack.get(..length).unwrap_or(&stack), weight.into());
        }
    }

    /// Periods that were missed, since there was no slot.
    pub fn lost(&self) -> u64 {
        LOST.load(Ordering::Relaxed)
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.timers.clear();
        // A signal that is still under way is dropped with this. By default it would end the process.
        let _ignored = handle(libc::SIG_IGN);
        BUSY.store(false, Ordering::Release);
    }
}

/// Has the signal handled so, by a function or one of the system's ways.
fn handle(how: usize) -> io::Result<()> {
    // SAFETY: of plain numbers, for all of which zero is a value.
    let mut action: libc::sigaction = unsafe { mem::zeroed() };
    action.sa_sigaction = how;
    // What the thread has asked of the system goes on where it can; and nothing interrupts the handler.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
    // SAFETY: the set is a local of ours.
    unsafe { libc::sigfillset(&raw mut action.sa_mask) };
    // SAFETY: `how` is a function of the right kind that may interrupt anything, see there, or one of the system's numbers.
    match unsafe { libc::sigaction(libc::SIGPROF, &raw const action, null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Looks at the stack of the thread that it interrupts.
///
/// It may come between any two instructions, and so calls nothing that takes a lock or memory, or that sets `errno`.
extern "C" fn on_signal(_signal: c_int, info: *const libc::siginfo_t, context: *const c_void) {
    // Not made yet, or not for this program: then nobody has asked for it.
    let Some(Some(equipment)) = EQUIPMENT.get() else {
        return;
    };
    // SAFETY: the system hands both to the handler, and they live through it. What a timer has sent has the count.
    let (from_a_timer, missed) = unsafe {
        let from_a_timer = !info.is_null() && (*info).si_code == libc::SI_TIMER;
        (
            from_a_timer,
            if from_a_timer {
                (*info).si_overrun()
            } else {
                0
            },
        )
    };
    if !from_a_timer {
        return;
    }
    let weight = u32::try_from(missed).unwrap_or(0).saturating_add(1);
    let turn = NEXT.fetch_add(1, Ordering::Relaxed);
    let slot = equipment.slots.get(turn % SLOTS).filter(|slot| {
        let taken = slot
            .state
            .compare_exchange(FREE, TAKEN, Ordering::Acquire, Ordering::Relaxed);
        taken.is_ok()
    });
    let Some(slot) = slot else {
        LOST.fetch_add(weight.into(), Ordering::Relaxed);
        return;
    };
    let mut length = 0;
    let mut room = slot.addresses.iter();
    let see = |address| {
        let Some(place) = room.next() else {
            return false;
        };
        place.store(address, Ordering::Relaxed);
        length += 1;
        true
    };
    // SAFETY: it is what the system has handed to this handler.
    unsafe { equipment.unwinder.walk(context.cast(), see) };
    slot.length.store(length, Ordering::Relaxed);
    slot.weight.store(weight, Ordering::Relaxed);
    slot.state.store(FULL, Ordering::Release);
}

#[cfg(test)]
mod tests;
