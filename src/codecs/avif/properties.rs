//! Properties of an item that a picture is made by: size, colour, cut and turns (ISO/IEC 23008-12, 6.5; ISO/IEC 14496-12, 12.1.5).

use super::boxes::versioned;
use super::broken;
use super::items::{Item, Items};
use crate::codecs::bytes::Reader;
use crate::codecs::{Error, Orientation};

/// Code points of ITU-T H.273.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cicp {
    pub(super) primaries: u8,
    pub(super) transfer: u8,
    pub(super) matrix: u8,
    pub(super) full_range: bool,
}

/// A part of the stored picture, in whole pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// The longest side of a picture. That of a frame is 65536, and a grid has more of them.
const LONGEST: u32 = 1 << 20;

/// Properties that say what is done here: a reader that doesn't know an essential one may not show the item.
const KNOWN: [[u8; 4]; 13] = [
    *b"a1lx", *b"a1op", *b"auxC", *b"av1C", *b"clap", *b"colr", *b"hvcC", *b"imir", *b"irot",
    *b"ispe", *b"lsel", *b"pasp", *b"pixi",
];

/// Refuses an item that can't be shown without knowing more.
///
/// # Errors
/// `Invalid`.
pub(super) fn check(items: &Items<'_>, item: &Item) -> Result<(), Error> {
    let mut properties = items.properties(item);
    if properties.any(|(essential, (kind, _))| essential && !KNOWN.contains(&kind)) {
        return Err(broken("it needs a property that is not known here"));
    }
    Ok(())
}

/// `ispe`: width and height, each at least 1.
///
/// # Errors
/// `Invalid` for sides of 0.
pub(super) fn size(items: &Items<'_>, item: &Item) -> Result<Option<(u32, u32)>, Error> {
    let Some(content) = items.property(item, *b"ispe") else {
        return Ok(None);
    };
    let read = || {
        let (_, _, mut reader) = versioned(content)?;
        Some((reader.u32_be()?, reader.u32_be()?))
    };
    match read() {
        Some((width, height)) if width > 0 && height > 0 && width.max(height) <= LONGEST => {
            Ok(Some((width, height)))
        }
        _ => Err(broken("it has no size, or no sane one")),
    }
}

/// `colr`: an ICC profile, and code points.
pub(super) fn colour<'a>(items: &Items<'a>, item: &Item) -> (Option<&'a [u8]>, Option<Cicp>) {
    let mut profile = None;
    let mut cicp = None;
    for (_, (kind, content)) in items.properties(item) {
        let mut reader = Reader::new(content);
        match (&kind, reader.array::<4>().as_ref()) {
            (b"colr", Some(b"prof" | b"rICC")) if profile.is_none() => {
                profile = Some(reader.rest());
            }
            (b"colr", Some(b"nclx")) if cicp.is_none() => cicp = nclx(&mut reader),
            _ => {}
        }
    }
    (profile, cicp)
}

fn nclx(reader: &mut Reader<'_>) -> Option<Cicp> {
    let mut code = || reader.u16_be().and_then(|code| u8::try_from(code).ok());
    let (primaries, transfer, matrix) = (code()?, code()?, code()?);
    Some(Cicp {
        primaries,
        transfer,
        matrix,
        full_range: reader.u8()? >> 7 == 1,
    })
}

/// `clap`, `irot` and `imir`: what is cut out of a picture of that size, and how that is turned. A cut comes first.
///
/// # Errors
/// `Invalid` for a cut that lies outside, or comes behind a turn.
pub(super) fn shown(
    items: &Items<'_>,
    item: &Item,
    size: (u32, u32),
) -> Result<(Option<Cut>, Orientation), Error> {
    let mut cut = None;
    let mut turn = Orientation::default();
    let mut turned = false;
    for (_, (kind, content)) in items.properties(item) {
        let first = content.first().copied().unwrap_or_default();
        let next = match &kind {
            b"clap" if turned || cut.is_some() => {
                return Err(broken("it is cut after it is turned"));
            }
            b"clap" => {
                let outside = || broken("what is to be cut out lies outside");
                cut = Some(clean_aperture(content, size).ok_or_else(outside)?);
                continue;
            }
            // Quarters of a turn the other way.
            b"irot" => Orientation {
                mirror: false,
                quarters: (4 - (first & 3)) % 4,
            },
            // Left and right change places by 1, top and bottom by 0.
            b"imir" => Orientation {
                mirror: true,
                quarters: if first & 1 == 1 { 0 } else { 2 },
            },
            _ => continue,
        };
        turned = true;
        turn = turn.then(next);
    }
    Ok((cut, turn))
}

/// Width, height, and how far the middle is off the picture's, each a fraction. Sides are whole numbers, or nearly so.
fn clean_aperture(content: &[u8], (width, height): (u32, u32)) -> Option<Cut> {
    let mut reader = Reader::new(content);
    let mut fraction = || {
        let numerator = i64::from(reader.u32_be()?.cast_signed());
        let denominator = i64::from(reader.u32_be()?.cast_signed());
        (denominator > 0).then_some((numerator, denominator))
    };
    let (w, h) = (fraction()?, fraction()?);
    let (across, down) = (fraction()?, fraction()?);
    let side = |stored: u32, (n, d): (i64, i64), (off, of): (i64, i64)| {
        let length = u32::try_from((n + d / 2).div_euclid(d)).ok()?;
        // The middle of the picture, plus how far off it is, less half of the side, to the nearest.
        let spare = i64::from(stored) - i64::from(length);
        let start = (spare * of + 2 * off + of).div_euclid(2 * of);
        let start = u32::try_from(start).ok()?;
        (length > 0 && start.checked_add(length)? <= stored).then_some((start, length))
    };
    let (left, width) = side(width, w, across)?;
    let (top, height) = side(height, h, down)?;
    Some(Cut {
        left,
        top,
        width,
        height,
    })
}

/// `auxC`: whether the item is another one's alpha.
pub(super) fn is_alpha(items: &Items<'_>, item: &Item) -> bool {
    const ALPHA: [&[u8]; 2] = [
        b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
        b"urn:mpeg:hevc:2015:auxid:1",
    ];
    let said = items.property(item, *b"auxC").and_then(versioned);
    said.is_some_and(|(_, _, reader)| {
        let starts_with = |name: &[u8]| reader.rest().strip_prefix(name);
        let mut behind = ALPHA.into_iter().filter_map(starts_with);
        behind.any(|rest| rest.first().is_none_or(|&byte| byte == 0))
    })
}

/// `a1op` and `lsel`: which operating point is decoded; `None` where a layer below the last is asked for, which isn't done.
pub(super) fn operating_point(items: &Items<'_>, item: &Item) -> Option<u8> {
    let layer = items.property(item, *b"lsel").map(Reader::new);
    if let Some(mut layer) = layer
        && layer.u16_be()? != 0xffff
    {
        return None;
    }
    let point = items.property(item, *b"a1op");
    let point = point.and_then(|content| content.first().copied());
    Some(point.unwrap_or(0)).filter(|&point| point < 32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fractions(values: [(i32, i32); 4]) -> Vec<u8> {
        let numbers = values.iter().flat_map(|&(n, d)| [n, d]);
        numbers.flat_map(i32::to_be_bytes).collect()
    }

    #[test]
    fn cuts_are_placed_around_the_middle() {
        for (size, values, expected) in [
            (
                (100, 60),
                [(100, 1), (60, 1), (0, 1), (0, 1)],
                Some((0, 0, 100, 60)),
            ),
            (
                (100, 60),
                [(50, 1), (20, 1), (0, 1), (0, 1)],
                Some((25, 20, 50, 20)),
            ),
            (
                (100, 60),
                [(50, 1), (20, 1), (-25, 1), (20, 1)],
                Some((0, 40, 50, 20)),
            ),
            // A side less by one is half a pixel off.
            (
                (100, 60),
                [(99, 1), (60, 1), (-1, 2), (0, 1)],
                Some((0, 0, 99, 60)),
            ),
            (
                (100, 60),
                [(99, 1), (60, 1), (1, 2), (0, 1)],
                Some((1, 0, 99, 60)),
            ),
            ((100, 60), [(101, 1), (60, 1), (0, 1), (0, 1)], None),
            ((100, 60), [(50, 1), (20, 1), (-26, 1), (0, 1)], None),
            ((100, 60), [(50, 0), (20, 1), (0, 1), (0, 1)], None),
            ((100, 60), [(0, 1), (20, 1), (0, 1), (0, 1)], None),
        ] {
            let cut = clean_aperture(&fractions(values), size);
            let cut = cut.map(|c| (c.left, c.top, c.width, c.height));
            assert_eq!(cut, expected, "{size:?} {values:?}");
        }
    }

    proptest! {
        #[test]
        fn no_cut_lies_outside(
            values in any::<[(i32, i32); 4]>(),
            width in 1..70_000_u32,
            height in 1..70_000_u32,
        ) {
            if let Some(cut) = clean_aperture(&fractions(values), (width, height)) {
                prop_assert!(cut.width > 0 && cut.left + cut.width <= width);
                prop_assert!(cut.height > 0 && cut.top + cut.height <= height);
            }
        }
    }
}
