//! What bytes are, by their signature alone.

use super::{Format, avif, jxl, svg};

/// The format whose signature the bytes bear, of those that are read.
pub(super) fn sniff(bytes: &[u8]) -> Option<Format> {
    Some(match bytes {
        [0xff, 0xd8, 0xff, ..] => Format::Jpeg,
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Format::Png,
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Format::WebP,
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Format::Gif,
        [b'I', b'I', b'*' | b'+', 0, ..] | [b'M', b'M', 0, b'*' | b'+', ..] => Format::Tiff,
        [b'B', b'M', ..] if bytes.len() >= 26 => Format::Bmp,
        [0, 0, 1, 0, count, _, ..] if *count > 0 => Format::Ico,
        [b'q', b'o', b'i', b'f', ..] => Format::Qoi,
        [b'8', b'B', b'P', b'S', ..] => Format::Psd,
        [b'%', b'P', b'D', b'F', b'-', ..] => Format::Pdf,
        [0xff, 0x0a, ..] => Format::Jxl,
        _ if bytes.starts_with(jxl::SIGNATURE) => Format::Jxl,
        [b'P', b'1'..=b'7', space, ..] if space.is_ascii_whitespace() => Format::Pnm,
        _ if bytes.starts_with(b"#?RADIANCE\n") || bytes.starts_with(b"#?RGBE\n") => Format::Hdr,
        _ if has_brand(bytes, &[b"avif", b"avis"]) => Format::Avif,
        _ if avif::READS_HEIC && has_brand(bytes, &HEIC) => Format::Heic,
        // Its frames may be of AV1.
        _ if !has_brand(bytes, &HEIC) && has_brand(bytes, &[b"mif1", b"msf1"]) => Format::Avif,
        _ if svg::starts(bytes) => Format::Svg,
        // It has no signature at its beginning.
        _ if is_tga(bytes) => Format::Tga,
        _ => return None,
    })
}

/// Whether a header says what only TGA's do, in fields that hold few values each, of a kind that is read, and there is room for what it says.
fn is_tga(bytes: &[u8]) -> bool {
    let Some((&header, rest)) = bytes.split_first_chunk::<18>() else {
        return false;
    };
    let [
        words,
        map,
        kind,
        start @ ..,
        w,
        width,
        h,
        height,
        depth,
        description,
    ] = header;
    let [first, second, low, high, entry, ..] = start;
    let colours = usize::from(u16::from_le_bytes([low, high]));
    let is_grey = matches!(kind, 3 | 11);
    let bits = match (kind, map) {
        (1 | 9, 1) if colours > 0 && matches!(depth, 8 | 16) && depth <= entry => entry,
        (2 | 10, 0 | 1) | (3 | 11, 0) => depth,
        _ => return false,
    };
    // What of those is alpha, and what isn't.
    let alpha = description & 0x0f;
    let is_read = match (alpha, bits) {
        (0 | 8, 8) | (8, 16) => is_grey,
        (0, 15 | 16 | 24 | 32) | (1, 16) | (8, 32) => !is_grey,
        _ => false,
    };
    let mapped = if map == 1 {
        matches!(entry, 15 | 16 | 24 | 32)
    } else {
        // Nothing is said of a palette that isn't there: cursors begin alike.
        [first, second, low, high] == [0; 4]
    };
    let palette = colours * usize::from(entry.div_ceil(8));
    // No interleaving, which nobody has.
    is_read
        && mapped
        && description & 0xc0 == 0
        && (w, width) != (0, 0)
        && (h, height) != (0, 0)
        && rest.len() > usize::from(words) + palette
}

/// Brands that a file is looked at for, at most.
const BRANDS: usize = 64;

/// Brands of files whose frames are of HEVC.
const HEIC: [&[u8; 4]; 6] = [b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis"];

/// Whether HEIF's first box names one of those, as the file's own brand or as one that it also is.
fn has_brand(bytes: &[u8], wanted: &[&[u8; 4]]) -> bool {
    let Some((size, rest)) = bytes.split_first_chunk::<4>() else {
        return false;
    };
    let size = usize::try_from(u32::from_be_bytes(*size)).unwrap_or(0);
    let content = rest.strip_prefix(b"ftyp").unwrap_or_default();
    let content = content.get(..size.saturating_sub(8)).unwrap_or(content);
    // Behind the first brand stands its version.
    let (brands, _) = content.as_chunks::<4>();
    let brands = brands.iter().take(BRANDS).enumerate();
    brands
        .filter(|(at, _)| *at != 1)
        .any(|(_, brand)| wanted.contains(&brand))
}

/// What the bytes look like when they are nothing that is read.
pub(super) fn looks_like(bytes: &[u8]) -> Option<&'static str> {
    if has_brand(bytes, &HEIC) {
        return Some(avif::UNREAD_HEIC);
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        return Some("a video");
    }
    Some(match bytes {
        [b'%', b'P', b'D', b'F', ..] => "a PDF document",
        [0, 0, 0, 0x0c, b'j', b'P', ..] => "a JPEG 2000 image",
        [b'P', b'K', 3, 4, ..] => "a ZIP archive",
        [0x1f, 0x8b, ..] => "gzip-compressed data",
        [0x1a, 0x45, 0xdf, 0xa3, ..] => "a video",
        _ => return text(bytes),
    })
}

/// Markup and plain text.
fn text(bytes: &[u8]) -> Option<&'static str> {
    let start = bytes.get(..bytes.len().min(1024))?;
    let lower = start.to_ascii_lowercase();
    let has = |word: &[u8]| lower.windows(word.len()).any(|window| window == word);
    // Pages have drawings in them.
    if has(b"<html") || has(b"<!doctype html") {
        Some("an HTML page")
    } else if has(b"<svg") {
        Some("an SVG drawing")
    } else if !start.is_empty()
        && start
            .iter()
            .all(|b| matches!(b, b'\t' | b'\n' | b'\r' | 0x20..=0x7e))
    {
        Some("plain text")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn signatures_are_told_apart() {
        for (bytes, expected) in [
            (&b"\xff\xd8\xff\xe0"[..], Some(Format::Jpeg)),
            (b"\x89PNG\r\n\x1a\n", Some(Format::Png)),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Some(Format::WebP)),
            (b"RIFF\x10\0\0\0WAVEfmt ", None),
            (b"GIF89a", Some(Format::Gif)),
            (b"II*\0", Some(Format::Tiff)),
            (b"MM\0*", Some(Format::Tiff)),
            (b"BM", None),
            (b"\0\0\x01\0\x02\0", Some(Format::Ico)),
            (b"\0\0\x01\0\0\0", None),
            (b"qoif", Some(Format::Qoi)),
            (b"P6\n1 1", Some(Format::Pnm)),
            (b"8BPS\0\x01", Some(Format::Psd)),
            (b"P8\n1 1", None),
            (b"#?RADIANCE\n", Some(Format::Hdr)),
            (b"#?RGBE\nFORMAT", Some(Format::Hdr)),
            (b"#?RADIANCES", None),
            (
                b"\0\0\x02\0\0\0\0\0\0\0\0\0\x05\0\x05\0\x18\0abc",
                Some(Format::Tga),
            ),
            (
                b"\x03\x01\x09\0\0\x02\0\x18\0\0\0\0\x05\0\x05\0\x08\x20wrdabcdefg",
                Some(Format::Tga),
            ),
            (b"\0\0\x02\0\0\0\0\0\0\0\0\0\x05\0\0\0\x18\0abc", None),
            (
                b"\0\0\x02\0\x01\0\x20\x20\0\0\x05\0\x05\0\x05\0\x18\0abc",
                None,
            ),
            (b"\0\0\x04\0\0\0\0\0\0\0\0\0\x05\0\x05\0\x18\0abc", None),
            (b"\0\0\x02\0\0\0\0\0\0\0\0\0\x05\0\x05\0\x11\0abc", None),
            (b"\xff\x0a", Some(Format::Jxl)),
            (b"\0\0\0\x0cJXL \r\n\x87\n", Some(Format::Jxl)),
            (b"\0\0\0\x0cJXL \n\n\x87\n", None),
            (b"\0\0\0\x20ftypavif", Some(Format::Avif)),
            (b"\0\0\0\x14ftypmif1\0\0\0\0avis", Some(Format::Avif)),
            (
                b"\0\0\0\x14ftypmif1avifheic",
                avif::READS_HEIC.then_some(Format::Heic),
            ),
            (b"\0\0\0\x10ftypavi1\0\0\0\0avif", None),
            (b"", None),
        ] {
            assert_eq!(sniff(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn what_is_not_read_is_named() {
        for (bytes, expected) in [
            (&b"%PDF-1.7"[..], Some("a PDF document")),
            (b"\0\0\0\x20ftypheic", Some(avif::UNREAD_HEIC)),
            (b"\0\0\0\x20ftypisom", Some("a video")),
            (b"<?xml version='1.0'?><SVG>", Some("an SVG drawing")),
            (b"<!DOCTYPE html>", Some("an HTML page")),
            (b"<html><svg></svg>", Some("an HTML page")),
            (b"hello", Some("plain text")),
            (b"\x01\x02", None),
            (b"", None),
        ] {
            assert_eq!(looks_like(bytes), expected, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            std::hint::black_box((sniff(&bytes), looks_like(&bytes)));
        }
    }
}
