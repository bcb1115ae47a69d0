//! What the configuration says of sources, and what has to be opened before the sandbox is up.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::Origin;
use super::connect::{Connect, Tcp, Tls};
use super::dial::Dialler;
use super::folder::Mount;
use super::guard::Guard;
use super::remote::Remote;
use super::resolve::{Resolve, System};
use crate::admission::{Admission, Aside};
use crate::os::Folder;

/// Which sources there are besides a request's own body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The folder whose files may be named.
    pub mount: Option<PathBuf>,
    /// How URLs are fetched, if they are.
    pub remote: Option<RemoteSettings>,
    /// Bytes of a source, at most.
    pub max_bytes: u64,
}

/// How URLs are fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteSettings {
    /// The only origins that may be named; none given is all.
    pub allowed: Option<Vec<Origin>>,
    /// Origins that may be at private addresses.
    pub private: Vec<Origin>,
    /// Ports of origins that nobody has named.
    pub ports: Vec<u16>,
    /// Redirects that are followed.
    pub max_redirects: usize,
    /// For one connection, with TLS.
    pub connect_timeout: Duration,
    /// For the whole.
    pub timeout: Duration,
    /// PEM file with authorities besides those that are compiled in.
    pub authorities: Option<PathBuf>,
}

/// Threads that read files.
const READERS: usize = 4;

/// The port of name servers.
const DNS: u16 = 53;

/// What sources need of the system, opened.
pub struct Opened {
    settings: Settings,
    folder: Option<Arc<Folder>>,
    resolver: Option<Arc<dyn Resolve>>,
    connector: Arc<dyn Connect>,
    tls: Option<Tls>,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Opened").field(&self.settings).finish()
    }
}

impl Opened {
    /// Opens what the settings want.
    ///
    /// # Errors
    /// There is no such folder, or no such file of authorities.
    pub fn open(settings: Settings) -> io::Result<Self> {
        let resolver = settings
            .remote
            .as_ref()
            .map(|_| System::open())
            .transpose()?;
        Self::open_with(
            settings,
            resolver.map(|system| Arc::new(system) as _),
            Arc::new(Tcp),
        )
    }

    /// The same, with names and connections of the caller's own.
    ///
    /// # Errors
    /// As [`Opened::open`].
    pub fn open_with(
        settings: Settings,
        resolver: Option<Arc<dyn Resolve>>,
        connector: Arc<dyn Connect>,
    ) -> io::Result<Self> {
        let folder = match &settings.mount {
            None => None,
            Some(path) => Some(Arc::new(Folder::open(path).map_err(|error| {
                io::Error::new(error.kind(), format!("mount: {}: {error}", path.display()))
            })?)),
        };
        let tls = match &settings.remote {
            None => None,
            Some(remote) => Some(Tls::open(remote.authorities.as_deref())?),
        };
        Ok(Self {
            settings,
            folder,
            resolver,
            connector,
            tls,
        })
    }

    /// The folder, for whoever has to be told that it is read.
    pub fn folder(&self) -> Option<BorrowedFd<'_>> {
        self.folder.as_ref().map(|folder| folder.as_fd())
    }

    /// The TCP ports that may be connected to; none if there is no need to connect at all.
    pub fn ports(&self) -> Option<Vec<u16>> {
        let remote = self.settings.remote.as_ref()?;
        let named = remote.allowed.iter().flatten().chain(&remote.private);
        let mut ports: Vec<u16> = named.flat_map(Origin::ports).collect();
        ports.extend(&remote.ports);
        // An answer that doesn't fit into a packet comes over TCP.
        ports.push(DNS);
        ports.sort_unstable();
        ports.dedup();
        Some(ports)
    }

    pub(super) fn into_parts(
        self,
        admission: &Admission,
    ) -> io::Result<(Option<Remote>, Option<Mount>)> {
        let max_bytes = self.settings.max_bytes;
        let mount = match self.folder {
            None => None,
            Some(folder) => Some(Mount {
                folder,
                aside: Aside::start(READERS)?,
                admission: admission.clone(),
                max_bytes,
            }),
        };
        let remote = match (self.settings.remote, self.resolver, self.tls) {
            (Some(settings), Some(resolver), Some(tls)) => Some(Remote {
                guard: Guard {
                    allowed: settings.allowed,
                    private: settings.private,
                    ports: settings.ports,
                },
                dialler: Dialler {
                    resolver,
                    connector: self.connector,
                    tls,
                    timeout: settings.connect_timeout,
                },
                max_redirects: settings.max_redirects,
                timeout: settings.timeout,
                admission: admission.clone(),
                max_bytes,
            }),
            _ => None,
        };
        Ok((remote, mount))
    }
}
