//! What a client accepts, for `type=auto` (RFC 9110, 12.5.1).

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

use crate::codecs::{FORMATS, Format};
use crate::pipeline::parameter::Grammar;
use crate::pipeline::request::Accept;

/// Formats that are better than any input's, best first. Only who names them gets them:
/// every old client sends wildcards, also those that can't read these.
const BETTER: [Format; 2] = [Format::Avif, Format::WebP];

/// What `Accept` says, as clients that write parameters like that mean it.
pub(super) fn accepted(headers: &HeaderMap, grammar: Grammar) -> Accept {
    match grammar {
        Grammar::Strict => accept(headers),
        Grammar::Imaginary => first_named(headers),
    }
}

/// What `Accept` says of the formats that are written.
///
/// The order among the others says little: browsers have sent `image/png` first for
/// twenty years, and a photograph as PNG serves none of them. A weight of 0 is a no.
fn accept(headers: &HeaderMap) -> Accept {
    let ranges = ranges(headers);
    let weight = |range: &str| {
        let of_range = ranges.iter().filter(|(name, _)| name == range);
        of_range.map(|(_, weight)| *weight).max_by(f32::total_cmp)
    };
    let refused = |media_type: &str| {
        let most_specific = weight(media_type)
            .or_else(|| weight("image/*"))
            .or_else(|| weight("*/*"));
        most_specific == Some(0.0)
    };
    let named = |format: &Format| weight(format.row().media_type).is_some_and(|q| q > 0.0);
    Accept {
        better: BETTER.into_iter().filter(named).collect(),
        refused: FORMATS
            .iter()
            .filter(|row| row.writes && refused(row.media_type))
            .map(|row| row.format)
            .collect(),
    }
}

/// The same as imaginary sees it: the first that is named of three, whatever its weight; a wildcard is none.
fn first_named(headers: &HeaderMap) -> Accept {
    const KNOWN: [Format; 3] = [Format::WebP, Format::Png, Format::Jpeg];
    let known = |(name, _): &(String, f32)| {
        let mut formats = KNOWN.into_iter();
        formats.find(|format| format.row().media_type == name)
    };
    Accept {
        better: ranges(headers).iter().find_map(known).into_iter().collect(),
        refused: Vec::new(),
    }
}

/// Whether `Accept` names this media type and wants it.
pub(super) fn names(headers: &HeaderMap, media_type: &str) -> bool {
    ranges(headers)
        .iter()
        .any(|(name, weight)| name == media_type && *weight > 0.0)
}

/// The media ranges in small letters, each with its weight. One whose weight can't be read says nothing.
fn ranges(headers: &HeaderMap) -> Vec<(String, f32)> {
    headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(range)
        .collect()
}

fn range(text: &str) -> Option<(String, f32)> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next()?.to_ascii_lowercase();
    let weight = parts.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("q")
            .then(|| value.trim().parse::<f32>())
    });
    match weight {
        None => Some((name, 1.0)),
        Some(Ok(weight)) if (0.0..=1.0).contains(&weight) => Some((name, weight)),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table() {
        use Format::{Avif, Gif, Jpeg, Png, Tiff, WebP};
        for (value, better, refused) in [
            (
                "image/avif,image/webp,image/apng,*/*;q=0.8",
                &[Avif, WebP][..],
                &[][..],
            ),
            ("image/avif;q=0.1, image/webp;q=0.9", &[Avif, WebP], &[]),
            ("image/avif;q=0, image/webp", &[WebP], &[Avif]),
            ("*/*", &[], &[]),
            ("image/*", &[], &[]),
            ("", &[], &[]),
            ("image/webp;q=0, image/png", &[], &[WebP]),
            ("image/png;q=0.9, image/webp;q=0.5", &[WebP], &[]),
            ("IMAGE/WEBP ; Q=0.3", &[WebP], &[]),
            ("image/webp;q=nonsense", &[], &[]),
            ("image/webp;q=-1", &[], &[]),
            ("image/gif", &[], &[]),
            ("image/png;q=0.0, image/jpeg;q=0", &[], &[Jpeg, Png]),
            // The most specific range counts.
            (
                "image/*;q=0, image/png;q=0.1",
                &[],
                &[Jpeg, WebP, Gif, Tiff, Avif],
            ),
            ("*/*;q=0, image/*", &[], &[]),
            ("image/png;q=0, image/png", &[], &[]),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, value.parse().unwrap());
            let accept = accept(&headers);
            assert_eq!(accept.better, better, "{value}");
            assert_eq!(accept.refused, refused, "{value}");
        }
    }
}
