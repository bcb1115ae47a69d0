//! Values as they are written: lists in either way, and secrets as stars.

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
