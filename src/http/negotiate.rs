//! What a client accepts, for `type=auto` (RFC 9110, 12.5.1).

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

use crate::codecs::{FORMATS, Format};

/// Formats that are written, best compression first; the order of what a client likes equally.
const PREFERENCE: [Format; 3] = [Format::WebP, Format::Jpeg, Format::Png];

/// The written formats that `Accept` names, the most wanted first.
///
/// Wildcards select nothing: every old client sends them, also those that can't read WebP.
pub(super) fn accepted(headers: &HeaderMap) -> Vec<Format> {
    let mut wanted: Vec<(Format, f32)> = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(range)
        .collect();
    let place = |format: &Format| PREFERENCE.iter().position(|other| other == format);
    wanted.sort_by(|(a, qa), (b, qb)| qb.total_cmp(qa).then(place(a).cmp(&place(b))));
    wanted.into_iter().map(|(format, _)| format).collect()
}

/// One media range that names a format, with its weight above 0.
fn range(text: &str) -> Option<(Format, f32)> {
    let mut parts = text.split(';').map(str::trim);
    let media_type = parts.next()?;
    let row = FORMATS
        .iter()
        .find(|row| row.writes && row.media_type.eq_ignore_ascii_case(media_type))?;
    let weight = parts
        .find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim()
                .eq_ignore_ascii_case("q")
                .then(|| value.trim().parse().unwrap_or(0.0))
        })
        .unwrap_or(1.0_f32);
    (weight > 0.0).then_some((row.format, weight.min(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table() {
        use Format::{Jpeg, Png, WebP};
        for (accept, expected) in [
            ("image/avif,image/webp,image/apng,*/*;q=0.8", &[WebP][..]),
            ("*/*", &[]),
            ("image/*", &[]),
            ("", &[]),
            ("image/webp;q=0, image/png", &[Png]),
            ("image/png;q=0.9, image/webp;q=0.5", &[Png, WebP]),
            ("image/png, image/jpeg, image/webp", &[WebP, Jpeg, Png]),
            ("IMAGE/WEBP ; Q=0.3", &[WebP]),
            ("image/webp;q=nonsense", &[]),
            ("image/gif", &[]),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, accept.parse().unwrap());
            assert_eq!(accepted(&headers), expected, "{accept}");
        }
    }
}
