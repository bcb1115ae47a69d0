//! Configuration: defaults, file, environment and flags become each layer's own settings, or a list of every mistake.
//!
//! `config/default.toml` is the one table of keys: flags, environment names, help
//! and the known names are made from it. Past this module nothing reads the environment.

mod access;
mod admin;
mod collector;
mod given;
mod keys;
mod manager;
mod mistake;
mod reader;
mod sources;
mod standing;
mod value;
mod written;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

pub use self::admin::Admin;
pub use self::keys::{KEYS, Key};
pub use self::mistake::Mistake;
use self::reader::Reader;
pub use self::sources::Sources;
pub use self::standing::Standing;
use crate::pipeline::{LEAST_BYTES, plan};
use crate::telemetry::LogFormat;
use crate::{admission, http, isolation, sandbox, server, source, systemd, telemetry};

/// The whole configuration, each layer's part in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where to listen, unless the service manager hands a socket over.
    pub listen: SocketAddr,
    /// Where to listen for operators; `None` is nowhere.
    pub admin: Option<Admin>,
    /// What the service manager hands over and wants to hear.
    pub systemd: systemd::Settings,
    /// Connections.
    pub server: server::Settings,
    /// Requests.
    pub http: http::Settings,
    /// Pictures that requests name.
    pub source: source::Settings,
    /// Work.
    pub admission: admission::Settings,
    /// Processes for pixel work; `None` is none.
    pub isolation: Option<isolation::Settings>,
    /// Pictures.
    pub pipeline: plan::Settings,
    /// Logs.
    pub telemetry: telemetry::Settings,
    /// Which traces are told, if there is somebody who collects them.
    pub traces: Option<telemetry::traces::Settings>,
    /// What the process gives up before it serves.
    pub sandbox: sandbox::Mode,
    /// How long connections are accepted after SIGTERM.
    pub drain_delay: Duration,
    /// How long accepted requests may take after that.
    pub drain_timeout: Duration,
}

/// What the machine, or the container, grants; `auto` is made from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Cores.
    pub cpus: usize,
    /// Bytes of memory.
    pub memory: u64,
}

impl Config {
    /// Reads everything.
    ///
    /// # Errors
    /// Every mistake there is, not only the first.
    pub fn load(sources: &Sources, machine: Machine) -> Result<Self, Vec<Mistake>> {
        let mut reader = Reader::new(sources);
        let host: IpAddr = reader.parsed("host", "an IP address");
        let port = reader.whole("port", 0..=65_535);
        let http = http_settings(&mut reader);
        let max_body = http.max_body;
        let admission = admission_settings(&mut reader, machine, max_body);
        let sandbox = sandbox_mode(&mut reader);
        let systemd = manager::settings(&sources.environment, std::process::id())
            .unwrap_or_else(|mistake| reader.note(mistake));
        let isolation = isolation_settings(&mut reader, &admission, max_body, sandbox);
        let mut config = Self {
            listen: SocketAddr::new(host, u16::try_from(port).unwrap_or(0)),
            admin: admin::read(&mut reader),
            server: server_settings(&mut reader, systemd.sockets > 0),
            systemd,
            source: given::source_settings(
                &mut reader,
                &sources.environment,
                &http,
                admission.upload_memory,
            ),
            pipeline: given::picture_settings(&mut reader, http.compat, isolation.is_some()),
            isolation,
            admission,
            http,
            telemetry: telemetry_settings(&mut reader),
            traces: None,
            sandbox,
            drain_delay: reader.duration("drain_delay", Duration::ZERO),
            drain_timeout: reader.duration("drain_timeout", MOMENT),
        };
        let traces = collector::traces(&sources.environment);
        if let Some((told, collector)) = traces.unwrap_or_else(|mistake| reader.note(mistake)) {
            config.traces = Some(told);
            config.source.collector = Some(collector);
        }
        let rules = config.http.rules(config.pipeline.max_output_side);
        access::add_presets(&mut reader, rules, &mut config.http);
        if reader.uses("max_body") && config.http.max_body > config.admission.upload_memory {
            reader.complain(
                "upload_memory",
                "at least max_body, or no large upload would ever be read",
            );
        }
        reader.finish(config)
    }

    /// The defaults on this machine.
    ///
    /// # Errors
    /// None, unless the defaults don't fit so small a machine.
    pub fn defaults(machine: Machine) -> Result<Self, Vec<Mistake>> {
        Self::load(&Sources::default(), machine)
    }
}

/// A wait of nothing would end every request at once.
const MOMENT: Duration = Duration::from_millis(1);

fn narrow(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn count(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

fn admission_settings(reader: &mut Reader, machine: Machine, max_body: u64) -> admission::Settings {
    let memory = reader
        .size_or_auto("memory_limit")
        .unwrap_or(machine.memory);
    // A quarter stays for connections, idle buffers and the code itself. In a small container one
    // whole upload has to fit all the same, as far as it can, and pixels get what is left.
    let upload_memory = reader
        .size_or_auto("upload_memory")
        .unwrap_or((memory / 4).max(max_body.min(memory / 2)));
    let left = (memory - memory / 4).saturating_sub(upload_memory);
    let pixel_memory = reader
        .size_or_auto("pixel_memory")
        .unwrap_or((memory / 2).min(left));
    if pixel_memory < LEAST_BYTES {
        reader.complain(
            "pixel_memory",
            "at least 8MiB, which any picture needs; auto is half of memory_limit, and of three quarters what upload_memory leaves",
        );
    }
    admission::Settings {
        workers: reader
            .whole_or_auto("workers", 1..=1024)
            .map_or(machine.cpus, count),
        nice: u8::try_from(reader.whole("worker_nice", 0..=19)).unwrap_or(0),
        queue: count(reader.whole("queue", 0..=1 << 20)),
        upload_memory,
        pixel_memory,
    }
}

fn isolation_settings(
    reader: &mut Reader,
    admission: &admission::Settings,
    max_body: u64,
    sandbox: sandbox::Mode,
) -> Option<isolation::Settings> {
    match reader.text("isolation").as_str() {
        "off" => return None,
        "process" => {}
        _ => reader.complain("isolation", "off or process"),
    }
    // As idle buffers in one process, what is kept is a sixteenth of the pixel memory at most: three buffers in
    // each process, of which there is one more than workers.
    let each = admission.pixel_memory / 16 / 3 / (admission.workers as u64 + 1);
    Some(isolation::Settings {
        sandbox,
        nice: admission.nice,
        address_space: admission
            .pixel_memory
            .saturating_add(max_body.saturating_mul(2))
            .saturating_add(CODE),
        kept: each.min(8 << 20),
    })
}

/// Address space of a process that holds no picture: the program, its stack, the allocator's reserve.
const CODE: u64 = 256 << 20;

fn server_settings(reader: &mut Reader, shared_listener: bool) -> server::Settings {
    server::Settings {
        max_connections: count(reader.whole("max_connections", 1..=1 << 20)),
        header_timeout: reader.duration("header_timeout", MOMENT),
        idle_timeout: reader.duration("idle_timeout", MOMENT),
        write_timeout: reader.duration("write_timeout", MOMENT),
        min_download_rate: reader.size("min_download_rate"),
        shared_listener,
    }
}

fn http_settings(reader: &mut Reader) -> http::Settings {
    http::Settings {
        max_body: reader.size("max_body"),
        body_timeout: reader.duration("body_timeout", MOMENT),
        min_upload_rate: reader.size("min_upload_rate"),
        request_timeout: reader.duration("request_timeout", MOMENT),
        lenient_parameters: reader.boolean("lenient_parameters"),
        compat: compat(reader),
        max_per_client: count(reader.whole("max_per_client", 0..=1 << 20)),
        client_header: client_header(reader),
        fetch: given::fetch_settings(reader),
        access: access::access_settings(reader),
        path_prefix: access::path_prefix(reader),
        playground: reader.boolean("playground"),
        placeholder: access::placeholder(reader),
        log_slow: reader.duration("log_slow", Duration::ZERO),
        // They are read when the limits are known that they keep.
        presets: Vec::new(),
        presets_only: false,
    }
}

fn compat(reader: &mut Reader) -> http::Compat {
    match reader.text("compat").as_str() {
        "none" => http::Compat::None,
        "imaginary" => http::Compat::Imaginary,
        _ => {
            reader.complain("compat", "none or imaginary");
            http::Compat::None
        }
    }
}

fn client_header(reader: &mut Reader) -> Option<http::HeaderName> {
    let name = reader.text("client_header");
    if name == "none" {
        return None;
    }
    let parsed = name.parse().ok();
    if parsed.is_none() {
        reader.complain("client_header", "a header's name, or none");
    }
    parsed
}

fn telemetry_settings(reader: &mut Reader) -> telemetry::Settings {
    let filter = reader.text("log");
    if telemetry::Settings::check(&filter).is_err() {
        reader.complain("log", "error, warn, info, debug, trace or off, for modules too, as in warn,pixmill::source=debug");
    }
    let format = match reader.text("log_format").as_str() {
        "auto" => LogFormat::Auto,
        "json" => LogFormat::Json,
        "pretty" => LogFormat::Pretty,
        _ => {
            reader.complain("log_format", "auto, json or pretty");
            LogFormat::Auto
        }
    };
    telemetry::Settings { filter, format }
}

fn sandbox_mode(reader: &mut Reader) -> sandbox::Mode {
    match reader.text("sandbox").as_str() {
        "require" => sandbox::Mode::Require,
        "prefer" => sandbox::Mode::Prefer,
        "off" => sandbox::Mode::Off,
        _ => {
            reader.complain("sandbox", "require, prefer or off");
            sandbox::Mode::Prefer
        }
    }
}

#[cfg(test)]
mod tests;
