//! pixmill resizes, crops and converts images over HTTP, without ever stalling.
//!
//! The modules in reading order; each names only modules below it:
//!
//! - [`app`] puts the parts together: build, run, drain.
//! - [`trial`] measures what the service can do on this machine.
//! - [`batch`] has the service make pictures of many files.
//! - [`config`] makes settings of defaults, file, environment and flags.
//! - [`server`] accepts connections and puts a deadline on every wait on a socket.
//! - [`http`] is the contract with clients: routes, layers, parameters, problems.
//! - [`service`] is the one use case: fetch, probe, plan, admit, run.
//! - [`source`] is where pictures come from: bodies, URLs, files, and which of these may be asked.
//! - [`admission`] decides who may work and when, and owns the worker pool.
//! - [`isolation`] runs pixel work in processes of its own, where that is asked for.
//! - [`pipeline`] is the pixel work, pure and synchronous.
//! - [`codecs`] reads and writes formats.
//! - [`sandbox`] is what the process gives up before it serves.
//! - [`profile`] finds out where the processor's time goes, when somebody asks.
//! - [`telemetry`], [`systemd`], [`typeface`], [`os`], [`pace`] and [`checkpoint`] are leaves.

pub mod admission;
pub mod app;
pub mod batch;
pub mod checkpoint;
pub mod codecs;
pub mod config;
pub mod http;
pub mod isolation;
pub mod os;
pub mod pace;
pub mod pipeline;
pub mod profile;
mod protobuf;
pub mod sandbox;
pub mod server;
pub mod service;
pub mod source;
pub mod systemd;
pub mod telemetry;
pub mod trial;
pub mod typeface;
