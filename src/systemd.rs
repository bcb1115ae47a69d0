//! The service manager: what it hands over, and what it wants to hear, by systemd's protocols.
//!
//! `sd_listen_fds(3)` and `sd_notify(3)` are a handful of lines each. A leaf: it opens one
//! socket, before anything may be forbidden, and only sends on it later.

use std::io;
use std::net::SocketAddr;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr as Place, UnixDatagram};
use std::time::Duration;

/// The first file that is handed over; the others follow.
pub const FIRST_SOCKET: i32 = 3;

/// What the manager has said, in the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Listening sockets that this process has been started with, from [`FIRST_SOCKET`] on.
    pub sockets: u32,
    /// Where it listens for news: a path, or with `@` in front an abstract name.
    pub notify: Option<String>,
    /// Without a sign of life for so long, it ends the process.
    pub watchdog: Option<Duration>,
}

/// Tells the manager how it goes, or nobody, where there is none.
///
/// The socket is connected, so that sending takes no right but to send. It doesn't wait
/// either: a manager that reads nothing must not hold requests up.
#[derive(Debug, Default)]
pub struct Manager {
    socket: Option<UnixDatagram>,
    watchdog: Option<Duration>,
}

impl Manager {
    /// Opens the way to it.
    ///
    /// # Errors
    /// It isn't where it said.
    pub fn connect(settings: &Settings) -> io::Result<Self> {
        let socket = settings.notify.as_deref().map(connected).transpose();
        let socket = socket.map_err(|error| {
            io::Error::new(error.kind(), format!("can't reach NOTIFY_SOCKET: {error}"))
        })?;
        Ok(Self {
            socket,
            watchdog: settings.watchdog,
        })
    }

    /// New work is welcome.
    pub fn ready(&self, address: SocketAddr) {
        self.tell(&format!("READY=1\nSTATUS=Serving on {address}"));
    }

    /// A drain has begun.
    pub fn stopping(&self) {
        self.tell("STOPPING=1\nSTATUS=Finishing what has been accepted");
    }

    /// A sign of life.
    pub fn alive(&self) {
        self.tell("WATCHDOG=1");
    }

    /// How often it wants one: twice in the time after which it would give up. Nothing if it doesn't ask.
    pub fn sign_every(&self) -> Option<Duration> {
        self.watchdog.map(|patience| patience / 2)
    }

    fn tell(&self, news: &str) {
        if let Some(socket) = &self.socket
            && let Err(error) = socket.send(news.as_bytes())
        {
            tracing::warn!(%error, news, "the service manager doesn't listen");
        }
    }
}

fn connected(place: &str) -> io::Result<UnixDatagram> {
    let address = match place.strip_prefix('@') {
        Some(name) => Place::from_abstract_name(name)?,
        None => Place::from_pathname(place)?,
    };
    let socket = UnixDatagram::unbound()?;
    socket.connect_addr(&address)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_come_by_path_and_by_abstract_name() {
        let name = format!("pixmill-notify-{}", std::process::id());
        let path = std::env::temp_dir().join(&name);
        let path = path.to_str().unwrap();
        for (notify, place) in [
            (path.to_owned(), Place::from_pathname(path)),
            (format!("@{name}"), Place::from_abstract_name(&name)),
        ] {
            let socket = UnixDatagram::bind_addr(&place.unwrap()).unwrap();
            let manager = Manager::connect(&Settings {
                notify: Some(notify),
                watchdog: Some(Duration::from_secs(3)),
                ..Settings::default()
            })
            .unwrap();
            manager.ready("127.0.0.1:80".parse().unwrap());
            manager.alive();
            manager.stopping();
            for news in [
                "READY=1\nSTATUS=Serving on 127.0.0.1:80",
                "WATCHDOG=1",
                "STOPPING=1\nSTATUS=Finishing what has been accepted",
            ] {
                let mut heard = [0; 100];
                let length = socket.recv(&mut heard).unwrap();
                assert_eq!(&heard[..length], news.as_bytes());
            }
            assert_eq!(manager.sign_every(), Some(Duration::from_millis(1500)));
            // Nobody there any more is no failure.
            drop(socket);
            manager.alive();
        }
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn without_a_manager_nothing_is_said() {
        let manager = Manager::connect(&Settings::default()).unwrap();
        manager.stopping();
        assert_eq!(manager.sign_every(), None);
        let nowhere = Settings {
            notify: Some("/nowhere/at/all".to_owned()),
            ..Settings::default()
        };
        let error = Manager::connect(&nowhere).unwrap_err();
        assert!(error.to_string().starts_with("can't reach NOTIFY_SOCKET"));
    }
}
