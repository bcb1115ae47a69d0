//! What stands before the codes: tables, frame and scan, as T.81 annex B has them.

use super::huffman::Codes;
use super::transform::ZIGZAG;
use crate::codecs::{Model, Shape};

/// JFIF 1.01, without a density or a small picture.
const JFIF: [u8; 14] = *b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0";

/// The start of a file: all that is known before the picture is. Steps are in rows.
pub(super) fn begin(shape: Shape, steps: &[[u16; 64]; 3], progressive: bool) -> Vec<u8> {
    let planes = shape.model.planes();
    let mut file = vec![0xff, 0xd8];
    segment(&mut file, 0xe0, &JFIF);
    for (slot, steps) in (0..).zip(steps.iter().take(planes)) {
        let steps = ZIGZAG.iter().map(|&place| {
            let (x, y) = (usize::from(place / 8), usize::from(place % 8));
            let step = steps.get(y * 8 + x).copied().unwrap_or_default();
            u8::try_from(step).unwrap_or(u8::MAX)
        });
        let table: Vec<u8> = std::iter::once(slot).chain(steps).collect();
        segment(&mut file, 0xdb, &table);
    }
    frame(&mut file, shape, progressive);
    file
}

fn frame(file: &mut Vec<u8>, shape: Shape, progressive: bool) {
    let side = |side: u32| u16::try_from(side).unwrap_or(u16::MAX).to_be_bytes();
    let mut frame = vec![8];
    frame.extend(side(shape.height));
    frame.extend(side(shape.width));
    let planes = u8::try_from(shape.model.planes()).unwrap_or(u8::MAX);
    frame.push(planes);
    for slot in 0..planes {
        let factors = match shape.model {
            Model::YCbCr { across, down } if slot == 0 => across << 4 | down,
            _ => 0x11,
        };
        frame.extend([slot + 1, factors, slot]);
    }
    segment(file, if progressive { 0xc2 } else { 0xc0 }, &frame);
}

/// The codes of a table, whose number has 16 added for those of other coefficients than means.
pub(super) fn codes(file: &mut Vec<u8>, number: u8, codes: &Codes) {
    if codes.symbols.is_empty() {
        return;
    }
    let mut table = vec![number];
    table.extend_from_slice(&codes.lengths);
    table.extend_from_slice(&codes.symbols);
    segment(file, 0xc4, &table);
}

/// The head of a scan of these planes: its first and last place, and its lowest bit, which may refine those above it.
///
/// Both planes of chroma share their codes, where luma has its own.
pub(super) fn scan(
    file: &mut Vec<u8>,
    planes: &[usize],
    (first, last): (u8, u8),
    (low, again): (u8, bool),
) {
    let planes: Vec<u8> = planes
        .iter()
        .filter_map(|&p| u8::try_from(p).ok())
        .collect();
    let mut head = vec![u8::try_from(planes.len()).unwrap_or_default()];
    for &plane in &planes {
        let shared = plane > 0 && planes.len() > 1;
        head.extend([plane + 1, if shared { 0x11 } else { 0 }]);
    }
    let high = if again { low + 1 } else { 0 };
    head.extend([first, last, high << 4 | low]);
    segment(file, 0xda, &head);
}

fn segment(file: &mut Vec<u8>, marker: u8, body: &[u8]) {
    let length = u16::try_from(body.len() + 2).unwrap_or(u16::MAX);
    file.extend([0xff, marker]);
    file.extend(length.to_be_bytes());
    file.extend_from_slice(body);
}
