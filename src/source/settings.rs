//! What the configuration says of sources, and what has to be opened before the sandbox is up.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::Origin;
use super::collector::{Collector, CollectorSettings};
use super::connect::{Connect, Tcp, Tls};
use super::dial::Dialler;
use super::folder::Mount;
use super::guard::Guard;
use super::remote::Remote;
use super::resolve::{Resolve, System};
use super::store::{OpenStore, Store, StoreSettings};
use crate::admission::{Admission, Aside};
use crate::os::Folder;

/// Which sources there are besides a request's own body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The folder whose files may be named.
    pub mount: Option<PathBuf>,
    /// How URLs are fetched, if they are.
    pub remote: Option<RemoteSettings>,
    /// The store whose objects may be named.
    pub store: Option<StoreSettings>,
    /// Who collects traces, which has nothing to do with pictures but the connections.
    pub collector: Option<CollectorSettings>,
    /// Bytes of a source, at most.
    pub max_bytes: u64,
}

impl Settings {
    /// Whether anybody is connected to.
    pub fn connects(&self) -> bool {
        self.remote.is_some() || self.store.is_some() || self.collector.is_some()
    }
}

/// For one connection to who collects traces, with TLS.
const COLLECTOR_PATIENCE: Duration = Duration::from_secs(5);

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
    /// Bytes a second that a picture has to come at after some seconds, an announced length evenly besides; 0 is no pace.
    pub min_rate: u64,
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
    dialler: Option<Dialler>,
    store: Option<OpenStore>,
    tokens: Option<Folder>,
    collector: Option<Collector>,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Opened").field(&self.settings).finish()
    }
}

/// What connections of either kind are made by.
struct Lines {
    resolver: Arc<dyn Resolve>,
    connector: Arc<dyn Connect>,
}

impl Lines {
    fn dialler(&self, authorities: Option<&Path>, timeout: Duration) -> io::Result<Dialler> {
        Ok(Dialler {
            resolver: Arc::clone(&self.resolver),
            connector: Arc::clone(&self.connector),
            tls: Tls::open(authorities)?,
            timeout,
        })
    }
}

fn named(key: &str, path: &Path) -> impl Fn(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("{key}: {}: {error}", path.display()))
}

impl Opened {
    /// Opens what the settings want.
    ///
    /// # Errors
    /// There is no such folder, or no such file of authorities or credentials.
    pub fn open(settings: Settings) -> io::Result<Self> {
        let is_connected = settings.connects();
        let resolver = is_connected.then(System::open).transpose()?;
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
        let mount = settings.mount.as_deref();
        let open = |path| {
            Folder::open(path)
                .map_err(named("mount", path))
                .map(Arc::new)
        };
        let folder = mount.map(open).transpose()?;
        let lines = resolver.map(|resolver| Lines {
            resolver,
            connector,
        });
        let (mut dialler, mut store, mut tokens) = (None, None, None);
        if let (Some(lines), Some(remote)) = (&lines, &settings.remote) {
            let authorities = remote.authorities.as_deref();
            dialler = Some(lines.dialler(authorities, remote.connect_timeout)?);
        }
        if let (Some(lines), Some(wanted)) = (&lines, &settings.store) {
            let authorities = wanted.authorities.as_deref();
            let dialler = lines.dialler(authorities, wanted.connect_timeout)?;
            store = Some(OpenStore::open(wanted, dialler)?);
            let open = |path| Folder::open(path).map_err(named("object_store", path));
            tokens = wanted.token_folder().map(open).transpose()?;
        }
        let mut collector = None;
        if let (Some(lines), Some(wanted)) = (&lines, &settings.collector) {
            let authorities = wanted.authorities.as_deref();
            collector = Some(Collector {
                settings: wanted.clone(),
                dialler: lines.dialler(authorities, COLLECTOR_PATIENCE)?,
            });
        }
        Ok(Self {
            settings,
            folder,
            dialler,
            store,
            tokens,
            collector,
        })
    }

    /// Who collects traces.
    pub fn collector(&self) -> Option<Collector> {
        self.collector.clone()
    }

    /// The folder, for whoever has to be told that it is read.
    pub fn folder(&self) -> Option<BorrowedFd<'_>> {
        self.folder.as_ref().map(|folder| folder.as_fd())
    }

    /// The folder of a file that is opened by its path, again and again: a token for the store.
    pub fn tokens(&self) -> Option<BorrowedFd<'_>> {
        self.tokens.as_ref().map(AsFd::as_fd)
    }

    /// The TCP ports that may be connected to; none if there is no need to connect at all.
    pub fn ports(&self) -> Option<Vec<u16>> {
        let Settings {
            remote,
            store,
            collector,
            ..
        } = &self.settings;
        if !self.settings.connects() {
            return None;
        }
        // An answer of a name server that doesn't fit into a packet comes over TCP.
        let mut ports = vec![DNS];
        if let Some(remote) = remote {
            let named = remote.allowed.iter().flatten().chain(&remote.private);
            ports.extend(named.flat_map(Origin::ports));
            ports.extend(&remote.ports);
        }
        ports.extend(store.iter().flat_map(StoreSettings::ports));
        ports.extend(collector.iter().filter_map(CollectorSettings::port));
        ports.sort_unstable();
        ports.dedup();
        Some(ports)
    }

    pub(super) fn into_parts(
        self,
        admission: &Admission,
    ) -> io::Result<(Option<Remote>, Option<Mount>, Option<Store>)> {
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
        let remote = self.settings.remote.zip(self.dialler);
        let remote = remote.map(|(settings, dialler)| Remote {
            guard: Guard {
                allowed: settings.allowed,
                private: settings.private,
                ports: settings.ports,
            },
            dialler,
            max_redirects: settings.max_redirects,
            timeout: settings.timeout,
            min_rate: settings.min_rate,
            admission: admission.clone(),
            max_bytes,
        });
        let store = self
            .store
            .map(|store| store.within(admission.clone(), max_bytes));
        Ok((remote, mount, store))
    }
}
