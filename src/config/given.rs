//! Settings of pictures, of sources, and of what goes with fetches.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::reader::Reader;
use super::{MOMENT, count, narrow, value};
use crate::http::{self, Compat, FetchSettings, HeaderName, HeaderValue};
use crate::pipeline::plan;
use crate::source::{Bucket, Origin, RemoteSettings, Settings, StoreSettings};

const NONE: &str = "none";

pub(super) fn picture_settings(
    reader: &mut Reader,
    compat: Compat,
    is_isolated: bool,
) -> plan::Settings {
    let max_pixels = reader.whole_or_auto("max_pixels", 1..=1 << 40);
    plan::Settings {
        max_pixels: max_pixels.unwrap_or(match compat {
            Compat::None => 100_000_000,
            Compat::Imaginary => 18_000_000,
        }),
        max_output_side: narrow(reader.whole("max_output_side", 1..=1 << 20)),
        max_output_pixels: reader.whole("max_output_pixels", 1..=1 << 40),
        max_frames: narrow(reader.whole("max_frames", 1..=1 << 20)),
        drawings: contained(reader, "svg", is_isolated),
        documents: documents(reader, is_isolated),
        linear: reader.boolean("linear"),
    }
}

/// Whether something is read whose reader has no limits but those of the process that it is in.
fn contained(reader: &mut Reader, key: &'static str, is_isolated: bool) -> bool {
    match reader.text(key).as_str() {
        "auto" => is_isolated,
        text => value::boolean(text).unwrap_or_else(|| {
            reader.complain(key, "auto, true or false");
            false
        }),
    }
}

fn documents(reader: &mut Reader, is_isolated: bool) -> bool {
    let are_read = contained(reader, "pdf", is_isolated);
    if !plan::READS_DOCUMENTS && are_read && reader.text("pdf") != "auto" {
        reader.complain(
            "pdf",
            "auto or false in a program that is built without the feature pdf",
        );
    }
    are_read && plan::READS_DOCUMENTS
}

pub(super) fn source_settings(
    reader: &mut Reader,
    environment: &BTreeMap<String, String>,
    http: &http::Settings,
    upload_memory: u64,
) -> Settings {
    let max_bytes = reader.size_or_auto("max_source");
    if max_bytes.is_some_and(|bytes| bytes > upload_memory) {
        reader.complain("max_source", "at most upload_memory, where it has to fit");
    }
    let max_redirects = reader.whole_or_auto("max_redirects", 0..=20);
    let is_remote = reader.boolean("allow_remote");
    let origin = "origins such as https://*.example.org/photos, separated by commas";
    let remote = RemoteSettings {
        allowed: reader.list(
            "allowed_origins",
            "any",
            &format!("any, or {origin}"),
            |text| text.parse().ok(),
        ),
        private: reader
            .list(
                "private_origins",
                NONE,
                &format!("none, or {origin}"),
                |text| text.parse::<Origin>().ok(),
            )
            .unwrap_or_default(),
        ports: reader
            .list(
                "remote_ports",
                NONE,
                "none, or ports separated by commas",
                |text| text.parse().ok().filter(|&port| port > 0),
            )
            .unwrap_or_default(),
        max_redirects: count(max_redirects.unwrap_or(match http.compat {
            Compat::None => 5,
            Compat::Imaginary => 10,
        })),
        connect_timeout: reader.duration("connect_timeout", MOMENT),
        timeout: reader.duration("source_timeout", MOMENT),
        min_rate: http.min_upload_rate,
        authorities: path(reader, "remote_ca"),
    };
    let mut store = store_settings(reader, environment);
    if let Some(store) = &mut store {
        store.connect_timeout = remote.connect_timeout;
        store.timeout = remote.timeout;
        store.authorities.clone_from(&remote.authorities);
    }
    Settings {
        mount: path(reader, "mount"),
        store,
        collector: None,
        remote: is_remote.then_some(remote),
        max_bytes: max_bytes.unwrap_or(http.max_body),
    }
}

/// The one key whose other half, credentials and endpoint, has names that others gave, and is in the environment alone.
fn store_settings(
    reader: &mut Reader,
    environment: &BTreeMap<String, String>,
) -> Option<StoreSettings> {
    const KEY: &str = "object_store";
    let has_metadata = reader.boolean("object_store_metadata");
    let text = reader.text(KEY);
    if text == NONE {
        return None;
    }
    let Ok(bucket) = text.parse::<Bucket>() else {
        reader.complain(
            KEY,
            "none, s3://bucket/prefix, gs://bucket/prefix or az://container/prefix",
        );
        return None;
    };
    StoreSettings::new(bucket, environment, has_metadata)
        .map_err(|lack| reader.complain(KEY, &format!("reachable {lack}")))
        .ok()
}

pub(super) fn fetch_settings(reader: &mut Reader) -> FetchSettings {
    let settings = FetchSettings {
        forwarded: reader
            .list(
                "forward_headers",
                NONE,
                "none, or names of headers that say nothing of the connection or of this request alone",
                |text| text.parse().ok().filter(may_be_forwarded),
            )
            .unwrap_or_default(),
        forward_authorization: reader.boolean("forward_authorization"),
        authorization: authorization(reader),
        cache_ttl: cache_ttl(reader),
    };
    if settings.authorization.is_some() && reader.text("allowed_origins") == "any" {
        reader.complain(
            "source_authorization",
            "safe without allowed_origins: any client could have it sent to a server of its own",
        );
    }
    settings
}

/// What is ours to say, or holds for one connection only, is no client's to set; credentials have a setting of their own.
fn may_be_forwarded(name: &HeaderName) -> bool {
    const OURS: [&str; 21] = [
        "accept",
        "accept-encoding",
        "authorization",
        "cdn-loop",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "keep-alive",
        "range",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    let name = name.as_str();
    !OURS.contains(&name) && !name.starts_with("proxy-")
}

fn authorization(reader: &mut Reader) -> Option<HeaderValue> {
    let text = reader.text("source_authorization");
    if text == NONE {
        return None;
    }
    let value = HeaderValue::from_str(&text).ok();
    if value.is_none() {
        reader.complain("source_authorization", "none, or the value of a header");
    }
    value.map(|mut value| {
        value.set_sensitive(true);
        value
    })
}

fn cache_ttl(reader: &mut Reader) -> Option<Duration> {
    let text = reader.text("cache_ttl");
    if text == NONE {
        return None;
    }
    let longest = Duration::from_hours(366 * 24);
    let ttl = value::duration(&text).filter(|ttl| *ttl <= longest);
    if ttl.is_none() {
        reader.complain("cache_ttl", "none, or a time such as 30s, a year at most");
    }
    ttl
}

/// An absolute path that isn't the root.
fn path(reader: &mut Reader, name: &'static str) -> Option<PathBuf> {
    let text = reader.text(name);
    if text == NONE {
        return None;
    }
    let path = PathBuf::from(&text);
    if path.is_absolute() && path.file_name().is_some() {
        return Some(path);
    }
    reader.complain(name, "none, or an absolute path below the root");
    None
}
