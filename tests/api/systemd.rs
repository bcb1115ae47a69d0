//! The service manager, played by the test: it holds the socket, hears the news, and restarts the process.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr as Place, UnixDatagram};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use crate::fixtures::{jpeg, photo};
use crate::support::request;

/// No news takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// As `pixmill`, with a file as number 3, meant for this very process: `exec` keeps the shell's number.
fn handed_over(file: impl Into<OwnedFd>) -> Command {
    let mut command = Command::new("/bin/sh");
    command
        .args([
            "-c",
            "exec 3<&0 </dev/null; export LISTEN_PID=$$; exec \"$@\"",
            "sh",
        ])
        .args([
            env!("CARGO_BIN_EXE_pixmill"),
            "--host",
            "127.0.0.1",
            "--port",
            "0",
        ])
        .args(["--log", "warn"])
        .env_clear()
        .env("LISTEN_FDS", "1")
        .stdin(Stdio::from(file.into()))
        .stdout(Stdio::null());
    command
}

/// The manager's ear, under an abstract name.
struct Ear {
    name: String,
    socket: UnixDatagram,
}

impl Ear {
    fn new(test: &str) -> Self {
        let name = format!("pixmill-{test}-{}", std::process::id());
        let place = Place::from_abstract_name(&name).unwrap();
        let socket = UnixDatagram::bind_addr(&place).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self {
            name: format!("@{name}"),
            socket,
        }
    }

    fn hear(&self) -> String {
        let mut news = [0; 200];
        let length = self.socket.recv(&mut news).expect("news in time");
        String::from_utf8(news[..length].to_vec()).unwrap()
    }
}

fn terminate(child: &Child) {
    let pid = rustix::process::Pid::from_child(child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
}

fn ask(address: SocketAddr, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}

/// Clients that ask without pause, each on a new connection, until told to stop.
struct Clients {
    stop: Arc<AtomicBool>,
    answered: mpsc::Receiver<()>,
    threads: Vec<std::thread::JoinHandle<usize>>,
}

impl Clients {
    fn start(address: SocketAddr, number: usize) -> Self {
        let stop = Arc::<AtomicBool>::default();
        let (tell, answered) = mpsc::channel();
        let post = request("POST", "/resize?width=20", &[], &jpeg(&photo(40, 30)));
        let threads = (0..number)
            .map(|_| {
                let (stop, tell, post) = (Arc::clone(&stop), tell.clone(), post.clone());
                std::thread::spawn(move || {
                    let mut lost = 0;
                    while !stop.load(Ordering::Relaxed) {
                        let answer = ask(address, &post).unwrap_or_default();
                        lost += usize::from(!answer.starts_with(b"HTTP/1.1 200 "));
                        tell.send(()).unwrap();
                    }
                    lost
                })
            })
            .collect();
        Self {
            stop,
            answered,
            threads,
        }
    }

    /// Waits for so many answers from now on.
    fn go_on_for(&self, more: usize) {
        let _before = self.answered.try_iter().count();
        for _ in 0..more {
            self.answered
                .recv_timeout(PATIENCE)
                .expect("an answer in time");
        }
    }

    /// How many requests weren't answered as they should be.
    fn lost(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        self.threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    }
}

#[test]
fn a_restart_under_load_loses_nothing() {
    let ear = Ear::new("restart");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let ready = format!("READY=1\nSTATUS=Serving on {address}");
    let start = || {
        let mut command = handed_over(listener.try_clone().unwrap());
        command.env("NOTIFY_SOCKET", &ear.name).spawn().unwrap()
    };
    let mut child = start();
    assert_eq!(ear.hear(), ready);
    let clients = Clients::start(address, 4);
    for _ in 0..5 {
        clients.go_on_for(50);
        terminate(&child);
        assert!(ear.hear().starts_with("STOPPING=1\n"));
        assert_eq!(child.wait().unwrap().code(), Some(0));
        // While nobody runs, clients connect and send all the same.
        let early = TcpStream::connect(address).unwrap();
        (&early)
            .write_all(&request("GET", "/ready", &[], &[]))
            .unwrap();
        child = start();
        assert_eq!(ear.hear(), ready);
        let mut answer = Vec::new();
        (&early).read_to_end(&mut answer).unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 "), "{answer:?}");
    }
    clients.go_on_for(50);
    assert_eq!(clients.lost(), 0);
    terminate(&child);
    child.wait().unwrap();
}

#[test]
fn a_watchdog_hears_signs_of_life() {
    let ear = Ear::new("watchdog");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut child = handed_over(listener)
        .env("NOTIFY_SOCKET", &ear.name)
        .env("WATCHDOG_USEC", "100000")
        .spawn()
        .unwrap();
    let news: Vec<String> = (0..6).map(|_| ear.hear()).collect();
    let signs = news.iter().filter(|news| *news == "WATCHDOG=1").count();
    assert!(signs >= 5, "{news:?}");
    terminate(&child);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn what_is_no_listening_socket_is_refused_in_words() {
    let run = |command: &mut Command| {
        let Output { status, stderr, .. } = command.output().unwrap();
        (status.code(), String::from_utf8_lossy(&stderr).into_owned())
    };
    let file = std::fs::File::open("/dev/null").unwrap();
    let (code, words) = run(&mut handed_over(file));
    assert_eq!(code, Some(1), "{words}");
    assert!(
        words.contains("it is no TCP socket that listens"),
        "{words}"
    );
    let connected = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        TcpStream::connect(listener.local_addr().unwrap()).unwrap()
    };
    let (code, words) = run(&mut handed_over(connected));
    assert_eq!(code, Some(1), "{words}");
    let two = TcpListener::bind("127.0.0.1:0").unwrap();
    let (code, words) = run(handed_over(two).env("LISTEN_FDS", "2"));
    assert_eq!(code, Some(1), "{words}");
    assert!(words.contains("2 sockets"), "{words}");
    let (code, words) = run(Command::new(env!("CARGO_BIN_EXE_pixmill"))
        .env_clear()
        // The usual port may be taken by whoever tries pixmill beside the tests.
        .env("PIXMILL_PORT", "0")
        .env("NOTIFY_SOCKET", "/nowhere/at/all"));
    assert_eq!(code, Some(1), "{words}");
    assert!(words.contains("NOTIFY_SOCKET"), "{words}");
}
