//! pixmill resizes, crops and converts images over HTTP, without ever stalling.

pub mod admission;
pub mod checkpoint;
pub mod codecs;
pub mod http;
pub mod os;
pub mod pipeline;
pub mod server;
pub mod service;
pub mod telemetry;
