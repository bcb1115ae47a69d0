//! What the C library's allocator holds, which serves Rust and the codecs alike.
#![cfg_attr(
    target_env = "gnu",
    expect(unsafe_code, reason = "mallinfo2 has no safe wrapper")
)]

/// What the allocator holds, in bytes but for the two counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heap {
    /// What the system has given it for blocks of any size but the largest.
    pub arena: u64,
    /// Of that, what is in use.
    pub used: u64,
    /// Of that, what is free, and kept for what comes next.
    pub free: u64,
    /// Of what is free, what lies at the end and could go back to the system at once.
    pub releasable: u64,
    /// Free pieces.
    pub free_pieces: u64,
    /// Large blocks, each with a mapping of its own.
    pub mapped: u64,
    /// How many.
    pub mappings: u64,
}

/// What the allocator holds now. Its lock is held while free pieces are counted: for people, not for every request.
#[cfg(target_env = "gnu")]
pub fn heap() -> Option<Heap> {
    // SAFETY: mallinfo2 takes nothing, may be called at any time from any thread, and returns numbers.
    let told = unsafe { libc::mallinfo2() };
    Some(Heap {
        arena: told.arena as u64,
        used: told.uordblks as u64,
        free: told.fordblks as u64,
        releasable: told.keepcost as u64,
        free_pieces: told.ordblks as u64,
        mapped: told.hblkhd as u64,
        mappings: told.hblks as u64,
    })
}

/// Other allocators aren't asked.
#[cfg(not(target_env = "gnu"))]
pub fn heap() -> Option<Heap> {
    None
}

#[cfg(all(test, target_env = "gnu"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_seen() {
        const BYTES: usize = 96 << 20;
        let before = heap().unwrap();
        let taken = vec![7_u8; BYTES];
        let after = heap().unwrap();
        assert_eq!(before.used + before.free, before.arena);
        // So large a block has a mapping of its own, unless a test has settled that otherwise.
        let all = |heap: Heap| heap.used + heap.mapped;
        assert!(
            all(after) - all(before) >= taken.len() as u64 / 2,
            "{before:?} {after:?}"
        );
    }
}
