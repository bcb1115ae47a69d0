//! Origins as a configuration names them, and which URLs are of them.

use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use url::Url;

/// `scheme://host`, perhaps with a port and the beginning of a path; the host may begin with `*.`.
///
/// As in imaginary, schemes are not compared. Host and port have to be equal, or with `*.` the host be that domain or below it. The
/// path has to begin with the origin's, which ends with a slash, or with what stands before a `*` at its end.
#[derive(Clone, PartialEq, Eq)]
pub struct Origin {
    url: Url,
    /// The host, without `*.` and without a dot at its end.
    host: String,
    /// Domains below it are of it, too.
    is_wide: bool,
    /// What paths begin with.
    path: String,
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin({})", self.url)
    }
}

/// It isn't `http://…` or `https://…`, or it has what an origin can't have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoOrigin;

impl FromStr for Origin {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<Self, NoOrigin> {
        let url = Url::parse(text).map_err(|_syntax| NoOrigin)?;
        let plain = matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if !plain {
            return Err(NoOrigin);
        }
        let host = url.host_str().ok_or(NoOrigin)?.trim_end_matches('.');
        let (host, is_wide) = match host.strip_prefix("*.") {
            Some(rest) => (rest.to_owned(), true),
            None => (host.to_owned(), false),
        };
        if host.is_empty() || host.contains('*') {
            return Err(NoOrigin);
        }
        let path = match url.path().strip_suffix('*') {
            Some(prefix) => prefix.to_owned(),
            None if url.path().ends_with('/') => url.path().to_owned(),
            None => format!("{}/", url.path()),
        };
        Ok(Self {
            url,
            host,
            is_wide,
            path,
        })
    }
}

impl Origin {
    /// The ports that its URLs may have.
    pub(super) fn ports(&self) -> Vec<u16> {
        // Both schemes' own, where it names none.
        self.url
            .port()
            .map_or_else(|| vec![80, 443], |port| vec![port])
    }

    /// Whether this URL is of it.
    pub(super) fn has(&self, url: &Url) -> bool {
        self.has_host(url) && self.has_port(url) && self.has_path(url)
    }

    fn has_host(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default().trim_end_matches('.');
        let below = || {
            host.strip_suffix(self.host.as_str())
                .is_some_and(|rest| rest.ends_with('.'))
        };
        host == self.host || (self.is_wide && below())
    }

    /// Where neither names a port, the schemes' own count as equal.
    fn has_port(&self, url: &Url) -> bool {
        self.url.port() == url.port()
            || self.url.port_or_known_default() == url.port_or_known_default()
    }

    fn has_path(&self, url: &Url) -> bool {
        url.path().starts_with(&self.path) && (self.path == "/" || !climbs(url.path()))
    }
}

/// How often some server might decode a path before it looks at its steps.
const DECODINGS: usize = 3;

/// Whether a path could still lead upwards when a server has decoded it, though none of its steps is `..` as it stands.
pub(super) fn climbs(path: &str) -> bool {
    let mut decoded = path.to_owned();
    for _ in 0..DECODINGS {
        let is_step_up = |step: &str| {
            // Some servers take what follows a semicolon for a parameter.
            let name = step.split(';').next().unwrap_or_default();
            name == ".."
        };
        if decoded.split(['/', '\\']).any(is_step_up) || decoded.contains('\0') {
            return true;
        }
        decoded = percent_decode_str(&decoded)
            .decode_utf8_lossy()
            .into_owned();
    }
    decoded.split(['/', '\\']).any(|step| step == "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[(&str, &str, bool)] = &[
        ("http://example.org", "http://example.org/a.png", true),
        ("http://example.org", "https://example.org/a.png", true),
        ("http://example.org", "http://EXAMPLE.org./a.png", true),
        ("http://example.org", "http://example.org:80/a.png", true),
        ("https://example.org", "https://example.org:443/a", true),
        ("http://example.org", "http://example.org:8080/a", false),
        ("http://example.org:8080", "http://example.org:8080/a", true),
        ("http://example.org:8080", "http://example.org/a", false),
        ("http://example.org", "http://www.example.org/a", false),
        (
            "http://example.org",
            "http://example.org.evil.test/a",
            false,
        ),
        ("http://example.org", "http://evil.test/example.org", false),
        ("http://*.example.org", "http://example.org/a", true),
        ("http://*.example.org", "http://a.b.example.org/a", true),
        ("http://*.example.org", "http://evilexample.org/a", false),
        ("http://bücher.test", "http://xn--bcher-kva.test/a", true),
        ("http://127.0.0.1:9", "http://2130706433:9/a", true),
        ("http://x.test/ok", "http://x.test/ok/a", true),
        ("http://x.test/ok", "http://x.test/ok", false),
        ("http://x.test/ok", "http://x.test/okay/a", false),
        ("http://x.test/ok/", "http://x.test/ok/a/b", true),
        ("http://x.test/need/*", "http://x.test/need/a", true),
        ("http://x.test/ne*", "http://x.test/need/a", true),
        ("http://x.test/ok", "http://x.test/ok/../elsewhere/a", false),
        (
            "http://x.test/ok",
            "http://x.test/ok/%2e%2e/elsewhere/a",
            false,
        ),
        (
            "http://x.test/ok",
            "http://x.test/ok/..%2felsewhere/a",
            false,
        ),
        (
            "http://x.test/ok",
            "http://x.test/ok/..%5celsewhere/a",
            false,
        ),
        (
            "http://x.test/ok",
            "http://x.test/ok/%252e%252e%252felse/a",
            false,
        ),
        (
            "http://x.test/ok",
            "http://x.test/ok/%25252e%25252e%25252felse/a",
            false,
        ),
        (
            "http://x.test/ok",
            "http://x.test/ok/..;/elsewhere/a",
            false,
        ),
        ("http://x.test/ok", "http://x.test/ok/..%00/a", false),
        ("http://x.test/ok", "http://x.test/ok/a..b", true),
        ("http://x.test", "http://x.test/a/..%2fb", true),
    ];

    #[test]
    fn the_table() {
        for &(origin, url, has) in TABLE {
            let origin: Origin = origin.parse().unwrap();
            let url = Url::parse(url).unwrap();
            assert_eq!(origin.has(&url), has, "{origin:?} {url}");
        }
    }

    #[test]
    fn what_is_no_origin() {
        for text in [
            "",
            "example.org",
            "ftp://example.org",
            "http://",
            "http://a@example.org",
            "http://example.org/?q",
            "http://example.org/#f",
            "http://*",
            "http://*.",
            "http://a.*.org",
        ] {
            assert_eq!(text.parse::<Origin>(), Err(NoOrigin), "{text}");
        }
    }
}
