//! Settings of who may ask.

use super::reader::Reader;
use crate::http::access::{ApiKey, Settings};

pub(super) fn access_settings(reader: &mut Reader) -> Settings {
    Settings {
        api_keys: reader.items(
            "api_keys",
            "a list of keys, each of printable ASCII without spaces and commas",
            |text| is_key(text).then(|| ApiKey::new(text.as_bytes())),
        ),
    }
}

/// What a header and a query can hold, and a list with commas.
fn is_key(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && b != b',')
}
