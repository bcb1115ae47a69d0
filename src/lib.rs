//! pixmill resizes, crops and converts images over HTTP, without ever stalling.

pub mod checkpoint;
pub mod codecs;
pub mod pipeline;
