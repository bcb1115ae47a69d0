//! glibc's allocator: how many arenas there are, and what becomes of free memory.
//!
//! An arena is a heap behind one lock. With a single one all threads that accept, read and drop connections queue for it, asleep:
//! with 20,000 clients in a few seconds that left in the middle of an upload, a quarter of the processor time went there, and a request
//! waited up to 0.7 s behind theirs.
#![cfg_attr(
    target_env = "gnu",
    expect(unsafe_code, reason = "mallopt and malloc_trim have no safe wrapper")
)]

pub use self::system::{trim, trim_everywhere, tune_allocator};

#[cfg(target_env = "gnu")]
mod system {
    use std::hint::black_box;
    use std::sync::mpsc;
    use std::sync::{OnceLock, RwLock};
    use std::thread;

    use crate::os::{cpus, memory};

    /// From this size on a block is a mapping of its own. Below it a picture's buffers come back warm: mapping each anew costs a
    /// fault for every page.
    const MAP_FROM: u32 = 8 << 20;

    /// What may be free at an arena's end before it gives that back by itself: more than pictures of usual sizes leave there.
    const KEPT: u32 = 32 << 20;

    /// The same while memory is given back.
    const KEPT_AT_REST: u32 = 256 << 10;

    /// A block that makes its arena look at its end when it is freed: glibc does from 64 KiB on.
    const NUDGE: usize = 128 << 10;

    /// More than one for each processor helps little.
    const MOST_ARENAS: usize = 8;

    /// The part of the memory that the free ends of all arenas together may take, until they are trimmed: half of what the budgets leave.
    const ENDS_SHARE: u64 = 8;

    static ARENAS: OnceLock<usize> = OnceLock::new();

    /// Settles how many arenas there are, and thresholds that don't move. To be called before there are other threads.
    ///
    /// Left alone, glibc makes eight arenas for each processor, and raises the threshold for mappings after the first large block is
    /// freed, so that buffers of tens of megabytes stay in the heaps for ever.
    pub fn tune_allocator() {
        let arenas = *ARENAS.get_or_init(|| arenas(cpus(), memory()));
        set(libc::M_ARENA_MAX, u32::try_from(arenas).unwrap_or(1));
        set(libc::M_MMAP_THRESHOLD, MAP_FROM);
        set(libc::M_TRIM_THRESHOLD, KEPT);
    }

    /// Gives free memory back to the system, but for the free ends of all arenas but the first, which only a process with
    /// several threads has.
    pub fn trim() {
        // SAFETY: malloc_trim may be called at any time, from any thread.
        unsafe {
            libc::malloc_trim(0);
        }
    }

    /// Gives free memory of all arenas back to the system.
    ///
    /// Those but the first look at their ends only when a large block of their own is freed. Which arena a block comes from
    /// is a matter of its thread; glibc gives threads that are there at the same time different ones. So each of a few threads frees
    /// a block. One that can't be started, or shares its arena with another, leaves an end for the next time.
    pub fn trim_everywhere() {
        set(libc::M_TRIM_THRESHOLD, KEPT_AT_REST);
        let (gate, (came, coming)) = (RwLock::new(()), mpsc::channel::<()>());
        thread::scope(|scope| {
            let closed = gate.write();
            for _ in 0..*ARENAS.get().unwrap_or(&1) {
                let (gate, came) = (&gate, came.clone());
                let nudge = move || {
                    let block = black_box(vec![1_u8; NUDGE]);
                    drop(came);
                    let _open = gate.read();
                    drop(block);
                };
                let _refused = thread::Builder::new().spawn_scoped(scope, nudge);
            }
            drop(came);
            // Nothing is ever sent: it ends when all have their block.
            let _all_came = coming.recv();
            drop(closed);
        });
        trim();
        set(libc::M_TRIM_THRESHOLD, KEPT);
    }

    /// How many there are, by processors and bytes of memory.
    fn arenas(processors: usize, memory: u64) -> usize {
        let room = memory / ENDS_SHARE / u64::from(KEPT);
        let room = usize::try_from(room).unwrap_or(MOST_ARENAS);
        (processors + 1).min(MOST_ARENAS).min(room).max(1)
    }

    fn set(what: libc::c_int, value: u32) {
        let value = libc::c_int::try_from(value).unwrap_or(libc::c_int::MAX);
        // SAFETY: mallopt takes numbers and reads no memory of ours. It holds the first arena's lock meanwhile, and what others
        // read of these numbers without it is one word, old or new.
        unsafe {
            libc::mallopt(what, value);
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn arenas_are_for_processors_and_leave_memory_to_pictures() {
            for (processors, megabytes, count) in [
                (1, 4096, 2),
                (2, 24_000, 3),
                (16, 24_000, 8),
                (16, 1024, 4),
                (16, 512, 2),
                (2, 100, 1),
            ] {
                let said = arenas(processors, megabytes << 20);
                assert_eq!(said, count, "{processors} processors, {megabytes} MiB");
            }
        }
    }
}

/// Other allocators have nothing to settle.
#[cfg(not(target_env = "gnu"))]
mod system {
    pub fn tune_allocator() {}
    pub fn trim() {}
    pub fn trim_everywhere() {}
}
