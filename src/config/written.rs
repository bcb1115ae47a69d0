//! Values as they are written: lists in either way, and secrets as stars.

use super::keys::Key;

/// The items of a list, written in either way.
pub(super) fn items(text: &str) -> Option<Vec<String>> {
    if !text.starts_with('[') {
        return Some(text.split(',').map(|item| item.trim().to_owned()).collect());
    }
    let table: toml::Table = format!("items = {text}").parse().ok()?;
    let items = table.get("items")?.as_array()?.iter();
    items.map(|item| item.as_str().map(str::to_owned)).collect()
}

/// Keys whose values nobody else should see.
const SECRETS: [&str; 3] = ["api_keys", "source_authorization", "url_signature_key"];

/// A value as it may be printed.
pub(super) fn shown<'a>(name: &str, text: &'a str) -> &'a str {
    let is_secret = SECRETS.contains(&name) && text != "none" && text != "[]";
    if is_secret { "***" } else { text }
}

/// Names below `PIXMILL_` that are no settings: the file's own path, the tests' images, and what
/// Kubernetes sets for a service of that name (`PIXMILL_PORT=tcp://…`, `PIXMILL_SERVICE_HOST`).
pub(super) fn is_not_ours(name: &str, text: &str) -> bool {
    matches!(name, "config" | "corpus")
        || name.starts_with("service_")
        || name.starts_with("port_")
        || (name == "port" && text.starts_with("tcp://"))
}

/// A key's value as TOML.
pub(super) fn in_toml(key: &Key, text: &str) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.escape_default());
    // A word may stand in the place of some lists, and has to be one when it is read again.
    if key.default.starts_with('[') || text.starts_with('[') {
        let items = items(text).unwrap_or_default();
        let items: Vec<_> = items
            .iter()
            .map(|item| quoted(shown(key.name, item)))
            .collect();
        format!("[{}]", items.join(", "))
    } else if key.default.starts_with('"') {
        quoted(shown(key.name, text))
    } else {
        text.to_owned()
    }
}
