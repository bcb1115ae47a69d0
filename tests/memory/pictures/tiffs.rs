//! TIFFs of every kind, by hand.

use super::{Content, PLAIN, Size, jpeg, samples};
use crate::wrapped::zlib;

/// How to write a TIFF.
pub(crate) struct Tiff {
    photometric: u32,
    samples: u32,
    bits: u32,
    float: bool,
    compression: u32,
    /// Sides of a tile; strips of 16 rows without.
    tile: Option<Size>,
    /// Each channel for itself.
    planar: bool,
    /// Bits of bytes the other way round.
    reversed: bool,
    /// Rows of a strip.
    rows: u32,
}

impl Tiff {
    pub(crate) const PLAIN: Self = Self {
        photometric: 2,
        samples: 3,
        bits: 8,
        float: false,
        compression: 1,
        tile: None,
        planar: false,
        reversed: false,
        rows: 16,
    };
}

const FAX_4: u32 = 4;
const LZW: u32 = 5;
const JPEG: u32 = 7;
const DEFLATE: u32 = 8;
const PACK_BITS: u32 = 32_773;
const ZSTD: u32 = 50_000;

/// Every kind of TIFF, by name.
pub(super) const TIFFS: &[(&str, Tiff)] = &[
    ("tiff rgb", Tiff::PLAIN),
    (
        "tiff grey",
        Tiff {
            photometric: 1,
            samples: 1,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff rgba",
        Tiff {
            samples: 4,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff cmyk",
        Tiff {
            photometric: 5,
            samples: 4,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff cmyk 16",
        Tiff {
            photometric: 5,
            samples: 4,
            bits: 16,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff rgb 16",
        Tiff {
            bits: 16,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff rgb float",
        Tiff {
            bits: 32,
            float: true,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff rgba float",
        Tiff {
            samples: 4,
            bits: 32,
            float: true,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff planar",
        Tiff {
            planar: true,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff planar 16",
        Tiff {
            planar: true,
            bits: 16,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff deflate",
        Tiff {
            compression: DEFLATE,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff lzw",
        Tiff {
            compression: LZW,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff tiles",
        Tiff {
            tile: Some((256, 256)),
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff tiles 16",
        Tiff {
            tile: Some((256, 256)),
            bits: 16,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff tiles deflate",
        Tiff {
            tile: Some((256, 256)),
            compression: DEFLATE,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff one tile",
        Tiff {
            tile: Some((2048, 2048)),
            compression: DEFLATE,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff one strip lzw",
        Tiff {
            compression: LZW,
            rows: u32::MAX,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff planar deflate",
        Tiff {
            planar: true,
            compression: DEFLATE,
            rows: u32::MAX,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff reversed",
        Tiff {
            compression: LZW,
            reversed: true,
            rows: 400,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff lab",
        Tiff {
            photometric: 8,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff packbits",
        Tiff {
            compression: PACK_BITS,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff zstd",
        Tiff {
            compression: ZSTD,
            rows: u32::MAX,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff fax",
        Tiff {
            photometric: 0,
            samples: 1,
            bits: 1,
            compression: FAX_4,
            rows: u32::MAX,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff jpeg",
        Tiff {
            photometric: 6,
            compression: JPEG,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff one strip jpeg",
        Tiff {
            photometric: 6,
            compression: JPEG,
            rows: u32::MAX,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff tiles jpeg",
        Tiff {
            photometric: 6,
            compression: JPEG,
            tile: Some((256, 256)),
            ..Tiff::PLAIN
        },
    ),
];

pub(crate) fn tiff(size: Size, content: Content, kind: &Tiff) -> Vec<u8> {
    let mut file = b"II*\0\0\0\0\0".to_vec();
    let (mut offsets, mut lengths) = (Vec::new(), Vec::new());
    let (width, height) = kind.tile.unwrap_or((size.0, kind.rows.min(size.1)));
    let planes = if kind.planar { kind.samples } else { 1 };
    let bytes = (kind.samples / planes * kind.bits).div_ceil(8);
    let tiles = size.0.div_ceil(width) * size.1.div_ceil(height) * planes;
    for tile in 0..tiles {
        // The last strip is shorter; tiles are whole.
        let rows = if kind.tile.is_some() {
            height
        } else {
            height.min(size.1 - tile % size.1.div_ceil(height) * height)
        };
        let data = samples((width, rows), content, bytes);
        let mut data = match kind.compression {
            DEFLATE => zlib(&data),
            LZW => lzw(&data),
            PACK_BITS => data.chunks(128).flat_map(literal).collect(),
            ZSTD => zstd(&data),
            JPEG => jpeg((width, rows), content, &PLAIN),
            // Rows that are as the one above, eight in a byte.
            FAX_4 => vec![0xff; rows as usize / 8 + 1],
            _ => data,
        };
        if kind.reversed {
            for byte in &mut data {
                *byte = byte.reverse_bits();
            }
        }
        offsets.push(file.len() as u32);
        lengths.push(data.len() as u32);
        file.extend(data);
    }
    let bits = vec![kind.bits; kind.samples as usize];
    let format = vec![if kind.float { 3 } else { 1 }; kind.samples as usize];
    let mut tags: Vec<(u16, Vec<u32>)> = vec![
        (256, vec![size.0]),
        (257, vec![size.1]),
        (258, bits),
        (259, vec![kind.compression]),
        (262, vec![kind.photometric]),
        (277, vec![kind.samples]),
        (284, vec![if kind.planar { 2 } else { 1 }]),
    ];
    if kind.tile.is_some() {
        tags.extend([
            (322, vec![width]),
            (323, vec![height]),
            (324, offsets),
            (325, lengths),
        ]);
    } else {
        tags.extend([(273, offsets), (278, vec![height]), (279, lengths)]);
    }
    if kind.photometric == 2 && kind.samples == 4 {
        tags.push((338, vec![2]));
    }
    tags.push((339, format));
    tags.extend(kind.reversed.then(|| (266, vec![2])));
    directory(file, tags)
}

/// The file with its directory behind what it has.
fn directory(mut file: Vec<u8>, mut tags: Vec<(u16, Vec<u32>)>) -> Vec<u8> {
    let long = |values: &[u32]| {
        values
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect::<Vec<u8>>()
    };
    tags.sort_by_key(|&(tag, _)| tag);
    let mut entries = Vec::new();
    for (tag, values) in &tags {
        entries.extend(tag.to_le_bytes());
        // Extra samples have to be short numbers, the rest may be long ones.
        entries.extend(if *tag == 338 { 3_u16 } else { 4 }.to_le_bytes());
        entries.extend((values.len() as u32).to_le_bytes());
        if let [value] = values[..] {
            entries.extend(value.to_le_bytes());
        } else {
            entries.extend((file.len() as u32).to_le_bytes());
            file.extend(long(values));
        }
    }
    let directory = (file.len() as u32).to_le_bytes();
    file[4..8].copy_from_slice(&directory);
    file.extend((tags.len() as u16).to_le_bytes());
    file.extend(entries);
    file.extend([0; 4]);
    file
}

/// Codes of nine bits, most significant first, the table cleared before it grows.
fn lzw(bytes: &[u8]) -> Vec<u8> {
    let (mut out, mut pending, mut bits) = (Vec::new(), 0_u32, 0);
    let mut put = |code: u32| {
        pending = pending << 9 | code;
        bits += 9;
        while bits >= 8 {
            bits -= 8;
            out.push((pending >> bits) as u8);
        }
        pending &= 0xff;
    };
    for some in bytes.chunks(250) {
        put(256);
        for &byte in some {
            put(byte.into());
        }
    }
    put(257);
    put(0);
    out
}

/// Bytes behind their number.
fn literal(bytes: &[u8]) -> Vec<u8> {
    [&[(bytes.len() - 1) as u8], bytes].concat()
}

/// A frame with a window of eight megabytes, of blocks that are stored.
fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 13 << 3];
    let blocks = bytes.chunks(128 << 10);
    let last = blocks.len() - 1;
    for (index, block) in blocks.enumerate() {
        let head = (block.len() as u32) << 3 | u32::from(index == last);
        frame.extend(&head.to_le_bytes()[..3]);
        frame.extend(block);
    }
    frame
}
