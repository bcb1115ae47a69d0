//! The front door: the real application on a port of its own, and a client that talks HTTP to it.
#![cfg(test)]

/// Who may ask: keys, signatures, origins, rates.
mod access;
/// The operator's listener.
mod admin;
/// A full queue, deadlines, cancellation and panics, made deterministic by an executor of the test's own.
mod admission;
/// Pictures that move.
mod animations;
/// An answer on the wire.
#[path = "../shared/answer.rs"]
mod answer;
/// AVIF, in and out.
mod avif;
/// An S3 store that checks signatures.
mod bucket;
/// The binary itself: flags, exit codes, signals.
mod cli;
/// Colours of profiles, inks and bright films, against an independent engine.
mod colours;
/// Operations on files: folders, names, pipes, what is never overwritten.
mod commands;
/// Clients of imaginary.
mod compat;
/// A folder of real images, where `PIXMILL_CORPUS` names one.
mod corpus;
/// Queries of the dashboard and of alerts.
mod dashboards;
/// What balancers and systemd are told.
mod deployment;
/// Answers of 16 bit a sample.
mod depths;
/// What is different from imaginary.
mod differences;
/// Photoshop documents and rarer BMPs.
mod documents;
/// What is made of lines, not of pixels.
mod drawings;
/// What changes a picture's look or its edges.
mod effects;
/// Pictures in drawings.
mod embedded;
/// How files are written.
mod encoding;
/// The programs in `examples/`.
mod examples;
/// Files that no encoder at hand writes.
mod files;
/// Pictures for the tests, drawn and encoded here.
mod fixtures;
/// Every input format to every output format; orientations; broken files.
mod formats;
/// Forms: which part is the picture, and what is bounded.
mod forms;
/// Heads and bodies on the wire: chunks, forms, slow and broken clients.
mod framing;
/// What `/info` tells of the picture's looks.
mod gist;
/// Whom the server refuses to ask.
mod guard;
/// HEIC, in a program that reads it.
mod heic;
/// Pixel work in processes of its own.
mod isolation;
/// JPEG XL.
mod jxl;
/// Answers in the source's own space.
mod kept;
/// Rarer kinds of file: progressive, inks, interlaced, profiles, animation.
mod kinds;
/// Ready, draining, gone.
mod lifecycle;
/// The fields of log lines.
mod log_lines;
/// The log, and who doesn't read it.
mod logs;
/// EXIF, XMP and profiles.
mod metadata;
/// What is counted, and what the page of metrics tells.
mod metrics;
/// `file=`.
mod mounted;
/// `type=auto`.
mod negotiation;
/// `object=`.
mod objects;
/// The description of all routes, held to what they do.
mod openapi;
/// Each operation and each parameter.
mod operations;
/// A server that pictures are fetched from.
mod origin;
/// The container file and the files that it copies.
mod packaging;
/// The page for browsers.
mod page;
/// What is shown in the place of failures, and forms to try operations by.
mod pages;
/// Documents, in a program that reads them.
mod pdf;
/// A reader of profiles.
mod pprof;
/// Operations by names that the configuration gives.
mod presets;
/// Each problem code, and what goes with it.
mod problems;
/// pixmill as a process.
#[path = "../shared/process.rs"]
mod process;
/// Profiles, while it works.
mod profiles;
/// Queries of Prometheus, read.
#[path = "../shared/promql.rs"]
mod promql;
/// A reader of Protocol Buffers.
mod protobuf;
/// Operations at random.
mod random;
/// Who takes an answer slowly.
mod readers;
/// README's tables against the code's.
mod readme;
/// What imaginary has answered, asked again.
mod recorded;
/// Another configuration while it serves.
mod reload;
/// `url=`.
mod remote;
/// What the served process can't do any more, and that it serves all the same.
mod sandbox;
/// A page of metrics, read.
#[path = "../shared/scrape.rs"]
mod scrape;
/// `url=` by https.
mod secure;
/// The fuzz targets on their seeds.
mod seeds;
/// Operations on the shape of a picture, and pipelines.
mod shapes;
/// Requests that two readers would cut in different ways.
mod smuggling;
/// Answers in other spaces than sRGB.
mod spaces;
/// The server under test and the client.
mod support;
/// Sockets that are handed over, and what a service manager hears.
mod systemd;
/// What the fuzz targets do, from their own workspace.
#[path = "../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "a library there, a module here")]
mod targets;
/// TIFFs of every kind.
mod tiffs;
/// Traces, told to a collector.
mod traces;
/// Borders that go.
mod trimming;
/// The files that watch a server.
#[path = "../shared/watch.rs"]
mod watch;
/// Pictures drawn over pictures.
mod watermark_images;
/// Texts drawn over pictures.
mod watermarks;
/// What goes around bytes.
#[cfg(feature = "pdf")]
#[expect(dead_code, reason = "the rest is for the tests of memory")]
#[path = "../shared/wrapped.rs"]
mod wrapped;
