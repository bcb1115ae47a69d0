//! What stands before the codes: tables, frame and scan, as T.81 annex B has them.

use super::huffman::Codes;
use super::transform::ZIGZAG;
use crate::codecs::{Model, Shape};

/// JFIF 1.01, without a density or a small picture.
const JFIF: [u8; 14] = *b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0";

/// The start of a file: all that is known before the picture is. Steps are in rows.
pub(super) fn begin(shape: Shape, steps: &[[u16; 64]; 3], codes: &[[Codes; 2]]) -> Vec<u8> {
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
    frame(&mut file, shape);
    for (slot, codes) in (0..).zip(codes) {
        for (class, codes) in [0, 0x10].into_iter().zip(codes) {
            let mut table = vec![class | slot];
            table.extend_from_slice(&codes.lengths);
            table.extend_from_slice(&codes.symbols);
            segment(&mut file, 0xc4, &table);
        }
    }
    scan(&mut file, planes);
    file
}

fn frame(file: &mut Vec<u8>, shape: Shape) {
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
    segment(file, 0xc0, &frame);
}

/// All planes in one scan; both of chroma share their codes.
fn scan(file: &mut Vec<u8>, planes: usize) {
    let components: &[u8] = match planes {
        1 => &[1, 1, 0],
        _ => &[3, 1, 0, 2, 0x11, 3, 0x11],
    };
    segment(file, 0xda, &[components, &[0, 63, 0]].concat());
}

fn segment(file: &mut Vec<u8>, marker: u8, body: &[u8]) {
    let length = u16::try_from(body.len() + 2).unwrap_or(u16::MAX);
    file.extend([0xff, marker]);
    file.extend(length.to_be_bytes());
    file.extend_from_slice(body);
}
