//! Settings of who may ask, and how answers are framed.

use super::reader::Reader;
use crate::http::access::{self, ApiKey, Rate, Settings, SignatureKey};
use crate::http::{self, Placeholder, Preset, StatusCode};
use crate::pipeline::operation::OPERATIONS;
use crate::pipeline::request::Rules;

pub(super) fn access_settings(reader: &mut Reader) -> Settings {
    Settings {
        api_keys: reader.items(
            "api_keys",
            "a list of keys, each of printable ASCII without spaces and commas",
            |text| is_key(text).then(|| ApiKey::new(text.as_bytes())),
        ),
        signature_key: signature_key(reader),
        origins: reader.items(
            "cors",
            "a list of origins such as https://example.org, without a slash at the end, or *",
            |text| text.parse().ok(),
        ),
        disabled: reader.items(
            "disabled",
            "a list of endpoints, each by the last part of its path",
            |text| {
                access::endpoints()
                    .find(|name| *name == text)
                    .map(str::to_owned)
            },
        ),
        rate: rate(reader),
    }
}

/// What a header and a query can hold, and a list with commas.
fn is_key(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && b != b',')
}

fn signature_key(reader: &mut Reader) -> Option<SignatureKey> {
    let text = reader.text("url_signature_key");
    if text == "none" {
        return None;
    }
    let key = SignatureKey::new(&text);
    if key.is_none() {
        reader.complain("url_signature_key", "none, or 32 characters at least");
    }
    key
}

/// Nothing for the root.
pub(super) fn path_prefix(reader: &mut Reader) -> String {
    let text = reader.text("path_prefix");
    let plain = |part: &str| {
        let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
        !matches!(part, "" | "." | "..") && part.bytes().all(unreserved)
    };
    match text.strip_prefix('/') {
        Some("") => String::new(),
        // The root of what is below would be the same route.
        Some(_) if http::is_probe(&text) => {
            reader.complain("path_prefix", "a path, but not one that balancers ask");
            String::new()
        }
        Some(parts) if parts.split('/').all(plain) => text,
        _ => {
            reader.complain(
                "path_prefix",
                "a path such as /images, without a slash at the end, of letters, digits and - . _ ~",
            );
            String::new()
        }
    }
}

/// Operations by names of their own; where they are all there is, the others are switched off.
pub(super) fn add_presets(reader: &mut Reader, rules: Rules, http: &mut http::Settings) {
    let mut presets: Vec<Preset> = Vec::new();
    let texts = reader.items("presets", "a list of presets", |text| Some(text.to_owned()));
    for text in texts {
        match Preset::parse(&text, rules) {
            Ok(preset) if presets.iter().any(|known| known.name() == preset.name()) => {
                reader.object(
                    "presets",
                    format!("there are two of the name {}", preset.name()),
                );
            }
            Ok(preset) => presets.push(preset),
            Err(error) => reader.object("presets", error),
        }
    }
    http.presets_only = reader.boolean("presets_only");
    if http.presets_only {
        let operations = OPERATIONS.iter().map(|row| row.name.to_owned());
        http.access.disabled.extend(operations);
        if presets.is_empty() {
            reader.complain("presets_only", "false, as long as there are no presets");
        }
    }
    http.presets = presets;
}

/// The file is read here: what serves can't open any.
pub(super) fn placeholder(reader: &mut Reader) -> Option<Placeholder> {
    let status = reader
        .whole_or_auto("placeholder_status", 200..=599)
        .and_then(|status| StatusCode::from_u16(u16::try_from(status).ok()?).ok());
    let path = reader.text("placeholder");
    let read = match path.as_str() {
        "none" => return None,
        "builtin" => return Some(Placeholder::built_in(status)),
        path => reader.file(path).map_err(|error| error.to_string()),
    };
    read.and_then(|file| Placeholder::new(file, status))
        .map_err(|error| {
            reader.complain(
                "placeholder",
                &format!("none, builtin, or the path of a picture: {error}"),
            );
        })
        .ok()
}

fn rate(reader: &mut Reader) -> Option<Rate> {
    let rate = Rate {
        per_second: super::narrow(reader.whole("rate_limit", 0..=1_000_000)),
        burst: super::narrow(reader.whole("rate_burst", 0..=1_000_000)),
    };
    (rate.per_second > 0).then_some(rate)
}
