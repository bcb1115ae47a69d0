//! The properties of a file's items, as they are written.

use super::mux::{Item, Parts, Role, full, plain};
use super::sequence::sequence;
use crate::codecs::Orientation;

/// A property, the roles that have it, and whether a reader has to know it.
type Property = (Vec<u8>, &'static [Role], bool);

/// `iprp`: properties of picture and alpha.
pub(super) fn properties(parts: &Parts<'_>, items: &[Item<'_>]) -> Option<Vec<u8>> {
    let list = list(parts)?;
    let mut associations = Vec::new();
    let mut count = 0_u32;
    let pictures = items.iter().zip(1_u16..);
    for (item, id) in pictures.filter(|(item, _)| item.role != Role::Said) {
        let of_item: Vec<u8> = list
            .iter()
            .zip(1_u8..)
            .filter(|((_, roles, _), _)| roles.contains(&item.role))
            .map(|((_, _, essential), at)| at | u8::from(*essential) << 7)
            .collect();
        associations.extend(id.to_be_bytes());
        associations.push(u8::try_from(of_item.len()).ok()?);
        associations.extend(of_item);
        count += 1;
    }
    let associations = [&count.to_be_bytes()[..], &associations].concat();
    let list: Vec<u8> = list.into_iter().flat_map(|(made, ..)| made).collect();
    let content = [plain(*b"ipco", &list)?, full(*b"ipma", 0, &associations)?];
    plain(*b"iprp", &content.concat())
}

/// All properties.
fn list(parts: &Parts<'_>) -> Option<Vec<Property>> {
    use Role::{Alpha, AlphaCell, Colour, ColourCell};
    const ALPHA: &[u8] = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0";
    let size = |(width, height): (u32, u32)| {
        let sides = [width.to_be_bytes(), height.to_be_bytes()].concat();
        full(*b"ispe", 0, &sides)
    };
    let (of_colour, channels) = configuration(parts.colour.first()?)?;
    let (primaries, transfer) = parts.profile.map_or(SRGB, |profile| profile.points);
    let points = [&b"nclx"[..], &[0, primaries, 0, transfer, 0, 6, 0x80]].concat();
    let mut list: Vec<Property> = vec![
        (size(parts.canvas())?, &[Colour, Alpha], false),
        (size(parts.cell)?, &[ColourCell, AlphaCell], false),
        (full(*b"pixi", 0, &channels)?, &[Colour, ColourCell], false),
        (plain(*b"colr", &points)?, &[Colour, ColourCell], false),
    ];
    if let Some(profile) = parts.profile {
        let profile = plain(*b"colr", &[&b"prof"[..], &profile.bytes].concat())?;
        list.push((profile, &[Colour], false));
    }
    if let Some(stream) = parts.alpha.first() {
        let (of_alpha, channels) = configuration(stream)?;
        let role: &[Role] = if parts.alpha.len() > 1 {
            &[AlphaCell]
        } else {
            &[Alpha]
        };
        list.push((full(*b"pixi", 0, &channels)?, &[Alpha, AlphaCell], false));
        list.push((full(*b"auxC", 0, ALPHA)?, &[Alpha], false));
        list.push((of_alpha, role, true));
    }
    let role: &[Role] = if parts.colour.len() > 1 {
        &[ColourCell]
    } else {
        &[Colour]
    };
    list.push((of_colour, role, true));
    let cut = cut(parts)?;
    if !cut.is_empty() {
        list.push((cut, &[Colour, Alpha], true));
    }
    let Orientation { mirror, quarters } = parts.turn;
    // A file's turn comes before its mirror, and goes the other way.
    let turn = if mirror { quarters } else { (4 - quarters) % 4 };
    if turn > 0 {
        list.push((plain(*b"irot", &[turn])?, &[Colour], true));
    }
    if mirror {
        list.push((plain(*b"imir", &[1])?, &[Colour], true));
    }
    Some(list)
}

/// `clap`: what is shown of a grid, its upper left. The middle of that is half as far off as its sides are shorter.
/// Empty where all of it is.
fn cut(parts: &Parts<'_>) -> Option<Vec<u8>> {
    let (width, height) = parts.canvas();
    if (width, height) == (parts.width, parts.height) {
        return Some(Vec::new());
    }
    let off = |shown: u32, whole: u32| [shown.wrapping_sub(whole), 2];
    let fractions = [
        [parts.width, 1],
        [parts.height, 1],
        off(parts.width, width),
        off(parts.height, height),
    ];
    let content: Vec<u8> = fractions
        .iter()
        .flatten()
        .flat_map(|n| n.to_be_bytes())
        .collect();
    plain(*b"clap", &content)
}

/// Code points of sRGB's primaries and curve; the matrix is BT.601's, and all values are used.
const SRGB: (u8, u8) = (1, 13);

/// `av1C`, and what is in `pixi`, of a stream.
fn configuration(stream: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let sequence = sequence(stream)?;
    let (profile, level) = sequence.grade;
    let (mono, chroma): (u8, u8) = match sequence.chroma {
        None => (1, 0b11),
        Some((2, 2)) => (0, 0b11),
        Some((2, _)) => (0, 0b10),
        Some(_) => (0, 0),
    };
    let depth = sequence.depth;
    let (high, twelve) = (u8::from(depth > 8), u8::from(depth > 10));
    let of_samples = high << 6 | twelve << 5 | mono << 4 | chroma << 2;
    let content = [0x81, profile << 5 | level, of_samples, 0];
    let made = plain(*b"av1C", &content)?;
    let planes = if mono == 1 { 1 } else { 3 };
    let mut channels = vec![planes];
    channels.resize(1 + usize::from(planes), depth);
    Some((made, channels))
}
