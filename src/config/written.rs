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
const SECRETS: [&str; 2] = ["api_keys", "url_signature_key"];

/// A value as it may be printed.
pub(super) fn shown<'a>(name: &str, text: &'a str) -> &'a str {
    let is_secret = SECRETS.contains(&name) && text != "none" && text != "[]";
    if is_secret { "***" } else { text }
}
