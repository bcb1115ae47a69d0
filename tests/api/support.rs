//! A server for one test, and a client with the API's verbs.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use pixmill::app::{App, Outcome, Prepared};
use pixmill::config::{Config, Machine, Sources};
use pixmill::sandbox::Enforced;
use pixmill::service::{self, Executor, Service};
use pixmill::source::{Connect, Opened, Resolve};
use pixmill::systemd::Manager;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) use crate::answer::Answer;

/// No test waits longer for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

const MACHINE: Machine = Machine {
    cpus: 2,
    memory: 1 << 30,
};

pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    /// Where operators ask, if they may.
    pub(crate) admin: Option<SocketAddr>,
    pub(crate) service: Service,
    pub(crate) connections: pixmill::server::Connections,
    shutdown: Option<oneshot::Sender<()>>,
    running: JoinHandle<std::io::Result<Outcome>>,
}

impl TestServer {
    /// With the defaults of a small machine.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// With settings of the test's own.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::start_executor(change, service::in_process()).await
    }

    /// With settings for requests and pictures as a file has them.
    pub(crate) async fn start_as(file: &str) -> Self {
        let given = Self::configured(file);
        Self::start_with(|config| {
            config.http = given.http;
            config.pipeline = given.pipeline;
        })
        .await
    }

    /// What a file makes of the configuration.
    pub(crate) fn configured(file: &str) -> Config {
        Config::load(&Self::written(file), MACHINE).unwrap()
    }

    /// What is wrong with a file.
    pub(crate) fn mistakes(file: &str) -> Vec<String> {
        let mistakes = Config::load(&Self::written(file), MACHINE).unwrap_err();
        mistakes.iter().map(ToString::to_string).collect()
    }

    fn written(file: &str) -> Sources {
        Sources {
            file: Some(("pixmill.toml".to_owned(), file.to_owned())),
            ..Sources::default()
        }
    }

    /// With pixel work of the test's own.
    #[expect(clippy::unused_async, reason = "a server is started inside a runtime")]
    pub(crate) async fn start_executor(
        change: impl FnOnce(&mut Config),
        executor: Executor,
    ) -> Self {
        Self::run(App::build_with(configured(change), executor).unwrap())
    }

    /// With names and connections of the test's own.
    #[expect(clippy::unused_async, reason = "a server is started inside a runtime")]
    pub(crate) async fn start_fetching(
        change: impl FnOnce(&mut Config),
        resolver: Arc<dyn Resolve>,
        connector: Arc<dyn Connect>,
    ) -> Self {
        let config = configured(change);
        let settings = config.source.clone();
        let prepared = Prepared {
            listener: pixmill::server::bind(config.listen).unwrap(),
            enforced: Enforced::default(),
            manager: Manager::default(),
            sources: Opened::open_with(settings, Some(resolver), connector).unwrap(),
            admin: None,
            effective: String::new(),
        };
        let app = App::build_on(config, prepared, |parts| {
            Service::new(parts, service::in_process())
        });
        Self::run(app.unwrap())
    }

    fn run(app: App) -> Self {
        let (shutdown, signal) = oneshot::channel();
        Self {
            address: app.address(),
            admin: app.admin_address(),
            service: app.service().clone(),
            connections: app.connections().clone(),
            shutdown: Some(shutdown),
            running: tokio::spawn(app.run(async move {
                // A test that forgets its server ends it too.
                let _told = signal.await;
            })),
        }
    }

    /// As SIGTERM does.
    pub(crate) fn terminate(&mut self) {
        if let Some(shutdown) = self.shutdown.take() {
            shutdown.send(()).unwrap();
        }
    }

    /// How the run ended.
    pub(crate) async fn outcome(self) -> Outcome {
        let ended = tokio::time::timeout(PATIENCE, self.running).await;
        ended.expect("the server never ended").unwrap().unwrap()
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], &[]).await
    }

    /// Asserts that the file is worked on, or that it is said what it takes for that: another process, or this setting.
    pub(crate) async fn reads_or_tells(&self, file: &[u8], reads: bool, setting: &str) {
        for path in [
            "/resize?width=8",
            "/convert?type=webp",
            "/trim",
            "/info?hash=thumbhash",
        ] {
            let answer = self.post(path, file).await;
            if reads {
                assert_eq!(answer.status, 200, "{setting} {path}");
                continue;
            }
            let problem = answer.problem(415, "unsupported-format");
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains("isolation = \"process\""), "{detail}");
            assert!(detail.contains(setting), "{detail}");
        }
    }

    pub(crate) async fn post(&self, path: &str, body: &[u8]) -> Answer {
        self.send("POST", path, &[], body).await
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut stream = self.connect().await;
        stream
            .write_all(&request(method, path, headers, body))
            .await
            .unwrap();
        Answer::read(&mut stream, method == "HEAD").await
    }

    /// A form with one file and the fields before it.
    pub(crate) async fn post_form(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        file: Option<(&str, &[u8])>,
    ) -> Answer {
        let body = form(fields, file);
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        self.send("POST", path, &[("Content-Type", &content_type)], &body)
            .await
    }

    /// Waits until the metrics have this line.
    pub(crate) async fn shows(&self, line: &str) {
        let end = tokio::time::Instant::now() + PATIENCE;
        while !String::from_utf8(self.get("/metrics").await.body)
            .unwrap()
            .contains(line)
        {
            assert!(tokio::time::Instant::now() < end, "never: {line}");
        }
    }

    /// Waits until admission's figures are as the test wants them.
    #[track_caller]
    pub(crate) fn settled(
        &self,
        until: impl Fn(pixmill::admission::Figures) -> bool + 'static,
    ) -> impl Future<Output = ()> {
        let admission = self.service.admission().clone();
        eventually(move || until(admission.figures()))
    }
}

fn configured(change: impl FnOnce(&mut Config)) -> Config {
    let machine = Machine {
        cpus: 2,
        memory: 1 << 30,
    };
    let mut config = Config::defaults(machine).unwrap();
    config.listen = "127.0.0.1:0".parse().unwrap();
    change(&mut config);
    config
}

/// Polls until `done`, or panics when patience ends.
#[track_caller]
pub(crate) fn eventually(done: impl Fn() -> bool) -> impl Future<Output = ()> {
    let place = std::panic::Location::caller();
    async move {
        let end = tokio::time::Instant::now() + PATIENCE;
        while !done() {
            assert!(tokio::time::Instant::now() < end, "never happened, {place}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

const BOUNDARY: &str = "----test-boundary";

/// A form's body.
pub(crate) fn form(fields: &[(&str, &str)], file: Option<(&str, &[u8])>) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(
            format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )
            .into_bytes(),
        );
    }
    if let Some((name, bytes)) = file {
        body.extend(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n").into_bytes());
        body.extend(bytes);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").into_bytes());
    body
}

/// A request on the wire, for a connection that is closed after it.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n");
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    if !body.is_empty() || method == "POST" {
        write!(head, "Content-Length: {}\r\n", body.len()).unwrap();
    }
    head.push_str("\r\n");
    [head.as_bytes(), body].concat()
}

impl Answer {
    /// Reads one answer.
    pub(crate) async fn read(stream: &mut TcpStream, is_head: bool) -> Self {
        tokio::time::timeout(PATIENCE, Self::try_read(stream, is_head))
            .await
            .expect("no answer")
            .expect("the connection ended before the answer did")
    }

    /// Reads one answer; `None` when the connection ends before.
    pub(crate) async fn try_read(stream: &mut TcpStream, is_head: bool) -> Option<Self> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.ok()?);
        }
        let (mut answer, _) = Self::head(&head).unwrap();
        if answer.status != 100 && !is_head {
            answer.body = vec![0; answer.length()];
            stream.read_exact(&mut answer.body).await.ok()?;
        }
        Some(answer)
    }

    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// Asserts that it is a problem of this kind, with everything that goes with one.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> serde_json::Value {
        let text = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, status, "{text}");
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        assert_eq!(self.header("cache-control"), Some("no-store"));
        let document = self.json();
        assert_eq!(document["code"], code, "{text}");
        assert_eq!(document["status"], status);
        assert_eq!(document["type"], format!("/problems/{code}"));
        assert_eq!(document["detail"], document["message"]);
        assert_eq!(document["request_id"].as_str(), self.header("x-request-id"));
        if status == 503 {
            let seconds: u64 = self
                .header("retry-after")
                .expect("Retry-After")
                .parse()
                .unwrap();
            assert!((1..=60).contains(&seconds));
        }
        document
    }

    /// Asserts that it is a picture of this type and size, and decodes it.
    #[track_caller]
    pub(crate) fn picture(&self, media_type: &str, width: u32, height: u32) -> Picture {
        let text = String::from_utf8_lossy(&self.body);
        let text: String = text.chars().take(300).collect();
        assert_eq!(self.status, 200, "{text}");
        assert_eq!(self.header("content-type"), Some(media_type));
        assert_eq!(self.header("image-width"), Some(width.to_string().as_str()));
        assert_eq!(
            self.header("image-height"),
            Some(height.to_string().as_str())
        );
        let picture = Picture::decode(&self.body);
        assert_eq!((picture.width, picture.height), (width, height));
        picture
    }
}

/// A decoded picture as RGBA, by decoders that the server doesn't use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) alpha: bool,
    pub(crate) rgba: Vec<[u8; 4]>,
}

impl Picture {
    #[track_caller]
    #[expect(
        clippy::disallowed_methods,
        reason = "an independent decoder of our own answers"
    )]
    pub(crate) fn decode(bytes: &[u8]) -> Self {
        let image = image::load_from_memory(bytes).expect("a picture");
        let alpha = image.color().has_alpha();
        let rgba = image.to_rgba8();
        Self {
            width: rgba.width(),
            height: rgba.height(),
            alpha,
            rgba: rgba.pixels().map(|pixel| pixel.0).collect(),
        }
    }

    pub(crate) fn at(&self, x: u32, y: u32) -> [u8; 4] {
        self.rgba[(y * self.width + x) as usize]
    }

    /// Asserts that a pixel is this colour, give or take what lossy formats do.
    #[track_caller]
    pub(crate) fn assert_at(&self, x: u32, y: u32, expected: [u8; 4], tolerance: u8) {
        let got = self.at(x, y);
        let near = got
            .iter()
            .zip(expected)
            .all(|(a, b)| a.abs_diff(b) <= tolerance);
        assert!(near, "at {x},{y} is {got:?}, not {expected:?}");
    }

    /// Peak signal to noise ratio against another picture of the same size, in dB, over what is visible on white.
    #[track_caller]
    pub(crate) fn psnr(&self, other: &Self) -> f64 {
        self.psnr_on(other, 255.0)
    }

    /// The same over what is visible on black.
    #[track_caller]
    pub(crate) fn psnr_on_black(&self, other: &Self) -> f64 {
        self.psnr_on(other, 0.0)
    }

    #[track_caller]
    fn psnr_on(&self, other: &Self, paper: f64) -> f64 {
        assert_eq!((self.width, self.height), (other.width, other.height));
        let visible = |[r, g, b, a]: [u8; 4]| {
            [r, g, b]
                .map(|c| (f64::from(c) * f64::from(a) + paper * (255.0 - f64::from(a))) / 255.0)
        };
        let sum: f64 = self
            .rgba
            .iter()
            .zip(&other.rgba)
            .flat_map(|(a, b)| {
                let (a, b) = (visible(*a), visible(*b));
                (0..3).map(move |i| (a[i] - b[i]).powi(2))
            })
            .sum();
        let mean = sum / (self.rgba.len() * 3) as f64;
        if mean < 1e-9 {
            99.0
        } else {
            10.0 * (255.0_f64.powi(2) / mean).log10()
        }
    }
}
