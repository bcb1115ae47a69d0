//! What a request does, one after the other or by turns.

use std::time::Duration;

/// What a request is doing, in the order in which it does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Reading the body.
    Receive,
    /// Waiting for a worker and memory.
    Queue,
    /// Turning bytes into pixels.
    Decode,
    /// Everything between decode and encode: resize, turn, colour.
    Resize,
    /// Turning pixels into bytes.
    Encode,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Self; 5] = [
        Self::Receive,
        Self::Queue,
        Self::Decode,
        Self::Resize,
        Self::Encode,
    ];

    /// The name used in `Server-Timing` and in logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Receive => "recv",
            Self::Queue => "queue",
            Self::Decode => "decode",
            Self::Resize => "resize",
            Self::Encode => "encode",
        }
    }

    pub(super) fn from_index(index: u8) -> Option<Self> {
        Self::ALL.get(usize::from(index)).copied()
    }
}

/// When a stage ran, by time after the checkpoint was made. Stages take turns, so that it may have been others' turn between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ran {
    /// When it first began.
    pub begin: Duration,
    /// When it was last left.
    pub end: Duration,
    /// For how long of this it was its turn.
    pub busy: Duration,
}
