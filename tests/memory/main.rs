//! What work holds at its peak, counted allocation by allocation, in Rust and in C, against what its plan says it will hold.
//!
//! Only where the C library is glibc, whose allocator the counter stands in front of. `PIXMILL_MEMORY_TABLE` may name a
//! file that gets each row's estimate and peak.
#![cfg(test)]
#![cfg(target_env = "gnu")]

/// A chunk of a PNG.
#[path = "../shared/chunk.rs"]
mod chunk;
/// Live bytes of the process, and the most there were.
#[expect(dead_code, reason = "another program counts in several processes")]
mod counter;
/// Kinds of file × what is asked.
mod estimates;
/// Pictures as files of every kind that is read.
mod pictures;
/// Headers that ask for much.
mod probes;
/// Plans at random.
mod sweep;
/// One row: a file, what is asked of it, and what that took.
mod trial;
/// Zlib streams, and turned JPEGs.
#[path = "../shared/wrapped.rs"]
mod wrapped;
