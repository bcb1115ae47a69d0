//! Names to addresses. The home of `hickory_resolver`: the C library's own resolver loads modules at run time, which a static
//! binary can't, and reads files whenever it likes, which the sandbox forbids.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use hickory_resolver::config::{LookupIpStrategy, ResolveHosts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::system_conf::read_system_conf;
use hickory_resolver::{Hosts, TokioResolver};

/// What a name stands for, some time later.
pub type Resolving<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// Finds every address that a name stands for.
pub trait Resolve: fmt::Debug + Send + Sync {
    /// All of them; none, or an error, if there are none.
    fn resolve<'a>(&'a self, name: &'a str) -> Resolving<'a>;
}

/// The servers that `/etc/resolv.conf` names, after what `/etc/hosts` says; both are read once.
pub(super) struct System(TokioResolver);

impl fmt::Debug for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("System")
    }
}

impl System {
    /// Reads the system's files.
    ///
    /// # Errors
    /// The library's; no file that is missing is one.
    pub(super) fn open() -> io::Result<Self> {
        let (config, options) = read_system_conf().unwrap_or_else(|error| {
            tracing::warn!(%error, "no name server: only names in /etc/hosts have addresses");
            Default::default()
        });
        let mut builder =
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
                .with_options(options);
        let options = builder.options_mut();
        options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
        // Set below, so that a missing file is no error.
        options.use_hosts_file = ResolveHosts::Never;
        let mut resolver = builder.build().map_err(io::Error::other)?;
        if let Ok(hosts) = Hosts::from_system() {
            resolver.set_hosts(Arc::new(hosts));
        }
        Ok(Self(resolver))
    }
}

impl Resolve for System {
    fn resolve<'a>(&'a self, name: &'a str) -> Resolving<'a> {
        Box::pin(async move {
            // A dot at the end: names are whole, and nothing is looked for in the machine's own domain.
            let whole = format!("{}.", name.trim_end_matches('.'));
            let found = self.0.lookup_ip(whole).await.map_err(io::Error::other)?;
            Ok(found.iter().collect())
        })
    }
}
