//! The allocator that the whole test binary calls, Rust's and the C codecs': glibc's, with a count.
//!
//! A static binary takes these functions before glibc's of the same names (`build.rs` lets tests have both). What
//! counts is what a block can hold, which is up to some bytes more than was asked for. A block that grows counts
//! twice for a moment, as if it had to move, so that the figures don't depend on where there was room.
#![expect(
    unsafe_code,
    reason = "it stands in front of the C library's allocator"
)]

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicIsize, AtomicPtr, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes.
struct Counts {
    live: AtomicIsize,
    peak: AtomicIsize,
}

static OWN: Counts = Counts {
    live: AtomicIsize::new(0),
    peak: AtomicIsize::new(0),
};

/// Where several processes count together; null for [`OWN`].
static SHARED: AtomicPtr<Counts> = AtomicPtr::new(std::ptr::null_mut());

fn counts() -> &'static Counts {
    // SAFETY: null, or what `share` has made, which is never unmapped.
    unsafe { SHARED.load(Ordering::Relaxed).as_ref() }.unwrap_or(&OWN)
}

/// From here on, processes that are forked from this one count together with it.
pub(crate) fn share() {
    use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};
    let access = ProtFlags::READ | ProtFlags::WRITE;
    let size = size_of::<Counts>();
    // SAFETY: new memory, at a place that the system picks.
    let page = unsafe { mmap_anonymous(std::ptr::null_mut(), size, access, MapFlags::SHARED) };
    // It is all zeros, and what is counted are differences.
    SHARED.store(page.expect("a page").cast(), Ordering::Relaxed);
}

/// The count is the process's, so that only one test may run: `cargo test` runs them on threads.
static ALONE: Mutex<()> = Mutex::new(());

/// Held by a test as long as it counts, or allocates anything of size.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does the work; its result, and the most bytes that were live at once beyond those at the start.
pub(crate) fn peak_of<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let Counts { live, peak } = counts();
    let before = live.load(Ordering::SeqCst);
    peak.store(before, Ordering::SeqCst);
    let made = work();
    let most = peak.load(Ordering::SeqCst) - before;
    (made, u64::try_from(most).unwrap_or(0))
}

unsafe extern "C" {
    fn __libc_malloc(size: usize) -> *mut c_void;
    fn __libc_calloc(count: usize, size: usize) -> *mut c_void;
    fn __libc_realloc(block: *mut c_void, size: usize) -> *mut c_void;
    fn __libc_memalign(alignment: usize, size: usize) -> *mut c_void;
    fn __libc_free(block: *mut c_void);
    fn malloc_usable_size(block: *mut c_void) -> usize;
}

/// Bytes that the block can hold; 0 for null.
fn room(block: *mut c_void) -> isize {
    // SAFETY: every caller has the block from glibc's allocator and owns it, or it is null.
    let bytes = unsafe { malloc_usable_size(block) };
    isize::try_from(bytes).unwrap_or(isize::MAX)
}

fn add(bytes: isize) {
    let Counts { live, peak } = counts();
    let now = live.fetch_add(bytes, Ordering::Relaxed) + bytes;
    peak.fetch_max(now, Ordering::Relaxed);
}

fn subtract(bytes: isize) {
    counts().live.fetch_sub(bytes, Ordering::Relaxed);
}

fn counted(block: *mut c_void) -> *mut c_void {
    add(room(block));
    block
}

// Nothing below may allocate or use thread-locals: it runs before `main`, too.

// SAFETY: glibc's malloc with a count, so it keeps malloc's contract; the same holds for those that follow.
#[unsafe(no_mangle)]
unsafe extern "C" fn malloc(size: usize) -> *mut c_void {
    // SAFETY: it may be called at any time.
    counted(unsafe { __libc_malloc(size) })
}

// SAFETY: as above.
#[unsafe(no_mangle)]
unsafe extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    // SAFETY: it may be called at any time.
    counted(unsafe { __libc_calloc(count, size) })
}

// SAFETY: as above.
#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(block: *mut c_void, size: usize) -> *mut c_void {
    let before = room(block);
    // SAFETY: the caller owns the block, as realloc demands.
    let moved = unsafe { __libc_realloc(block, size) };
    if moved.is_null() {
        // A size of nothing frees; else the block is as it was.
        if size == 0 {
            subtract(before);
        }
        return moved;
    }
    let after = room(moved);
    if after > before {
        add(after);
        subtract(before);
    } else {
        subtract(before - after);
    }
    moved
}

// SAFETY: as above.
#[unsafe(no_mangle)]
unsafe extern "C" fn free(block: *mut c_void) {
    subtract(room(block));
    // SAFETY: the caller owns the block and gives it up.
    unsafe { __libc_free(block) };
}

// SAFETY: as above.
#[unsafe(no_mangle)]
unsafe extern "C" fn memalign(alignment: usize, size: usize) -> *mut c_void {
    // SAFETY: it may be called at any time.
    counted(unsafe { __libc_memalign(alignment, size) })
}

// SAFETY: as above.
#[unsafe(no_mangle)]
unsafe extern "C" fn aligned_alloc(alignment: usize, size: usize) -> *mut c_void {
    // SAFETY: it may be called at any time.
    counted(unsafe { __libc_memalign(alignment, size) })
}

// SAFETY: as above.
#[unsafe(no_mangle)]
unsafe extern "C" fn posix_memalign(
    place: *mut *mut c_void,
    alignment: usize,
    size: usize,
) -> c_int {
    const NO_MEMORY: c_int = 12;
    // SAFETY: it may be called at any time.
    let block = counted(unsafe { __libc_memalign(alignment, size) });
    if block.is_null() {
        return NO_MEMORY;
    }
    // SAFETY: the caller's place for a pointer, as posix_memalign demands.
    unsafe { *place = block };
    0
}

#[test]
fn it_sees_what_rust_and_c_allocate() {
    let _alone = alone();
    let near = |bytes: u64| (1 << 20..(1 << 20) + 8192).contains(&bytes);
    let (block, peak) = peak_of(|| vec![1_u8; 1 << 20]);
    assert!(near(peak), "{peak}");
    drop(block);
    let (mut block, peak) = peak_of(|| vec![1_u8; 1 << 19]);
    assert!(peak < 1 << 20, "{peak}");
    // Growing counts as if the block had to move.
    let ((), peak) = peak_of(|| block.reserve_exact(1 << 19));
    assert!(near(peak), "{peak}");
    drop(block);
    let ((), peak) = peak_of(|| {
        // SAFETY: allocated and freed by the same library; null may be freed.
        unsafe { turbojpeg_sys::tj3Free(turbojpeg_sys::tj3Alloc(1 << 20)) };
    });
    assert!(near(peak), "{peak}");
    let ((), peak) = peak_of(|| ());
    assert_eq!(peak, 0);
}
