//! Commands that ask how it is: a server that runs on this machine, and the sandbox that one would have here.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use pixmill::config::Standing;
use pixmill::sandbox::check::{self, Attempt};
use pixmill::sandbox::{self, Needs};
use pixmill::source::Opened;

use crate::{FAILURE, reload, say};

/// Asks `/health` of the server that listens on this address.
pub(crate) fn healthcheck(listen: SocketAddr) -> ExitCode {
    match ask(listen) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("pixmill: the server is not well");
            ExitCode::from(FAILURE)
        }
        Err(error) => {
            eprintln!("pixmill: no answer: {error}");
            ExitCode::from(FAILURE)
        }
    }
}

fn ask(listen: SocketAddr) -> std::io::Result<bool> {
    let host: IpAddr = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let patience = Duration::from_secs(3);
    let mut stream = TcpStream::connect_timeout(&SocketAddr::new(host, listen.port()), patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut status = [0; 12];
    stream.read_exact(&mut status)?;
    // Where it is locked or switched off, that is an answer of one who lives, too.
    let answers = [b"200", b"401", b"404", b"501"];
    let status = status.strip_prefix(b"HTTP/1.1 ");
    Ok(status.is_some_and(|status| answers.iter().any(|answer| status == *answer)))
}

/// Tries everything that the sandbox is there to refuse, each in a process of its own.
pub(crate) fn check_sandbox() -> ExitCode {
    let mut all_refused = true;
    let mut told = "";
    for attempt in check::ATTEMPTS {
        let outcome = match check::try_apart(attempt, std::env::args_os().skip(1)) {
            Ok(outcome) => outcome,
            Err(error) => {
                eprintln!("pixmill: can't try: {error}");
                return ExitCode::from(FAILURE);
            }
        };
        let process = attempt.process();
        if process != told {
            let gap = if told.is_empty() { "" } else { "\n" };
            say(format!("{gap}{process}: {}\n\n", outcome.enforced));
            told = process;
        }
        let word = if outcome.refused {
            "refused"
        } else {
            "allowed"
        };
        say(format!("{:43} {word}  {}\n", attempt.about, outcome.how));
        all_refused &= outcome.refused;
    }
    if all_refused {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FAILURE)
    }
}

/// Makes one attempt, in this process, inside of what a server with this configuration would give up.
pub(crate) fn try_here(attempt: &Attempt, standing: &Standing) -> ExitCode {
    let said = |enforced: &sandbox::Enforced| say(enforced.to_string());
    let sources = match Opened::open(standing.config().source.clone()) {
        Ok(sources) => sources,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(FAILURE);
        }
    };
    let ports = sources.ports();
    let file = reload::File::of(standing);
    let folders = reload::folders(&sources, file.as_ref());
    // What a server gives up that works on pictures itself.
    let needs = Needs {
        children: false,
        folders: &folders,
        written: &[],
        tokens: sources.tokens(),
        profiles: standing.config().admin.is_some(),
        ports: ports.as_deref(),
    };
    let (code, how) = check::try_here(attempt, needs, said);
    eprintln!("{how}");
    ExitCode::from(code)
}
