//! Formats whose pixels lie there, packed or as they are: GIF, TIFF, BMP, QOI, PNM.

use super::bits::Bits;
use crate::wrapped::zlib;

/// One colour, in the longest codes that LZW has.
pub(crate) fn gif(width: u16, height: u16) -> Vec<u8> {
    let mut left = usize::from(width) * usize::from(height);
    let mut bits = Bits::default();
    while left > 0 {
        // Clear, the colour, and then each code as soon as it is there: 1, 2, 3 … pixels.
        bits.put(256, if bits.count == 0 { 9 } else { 12 });
        bits.put(0, 9);
        left -= 1;
        let (mut code, mut run) = (258_u32, 2);
        while code < 4095 && left > 0 {
            let length = run.min(left);
            // The last run may be too long by some pixels, which decoders leave out.
            bits.put(code, 32 - code.leading_zeros());
            left -= length;
            code += 1;
            run += 1;
        }
        if left > 0 {
            bits.put(4094, 12);
            left = left.saturating_sub(run - 1);
        }
    }
    bits.put(257, 12);
    let [w, h] = [width, height].map(u16::to_le_bytes);
    let mut file = [&b"GIF89a"[..], &w, &h, &[0xf7, 0, 0]].concat();
    file.extend(vec![100; 768]);
    file.extend([&[0x2c, 0, 0, 0, 0][..], &w, &h, &[0, 8]].concat());
    for block in bits.bytes.chunks(255) {
        file.push(u8::try_from(block.len()).expect("short"));
        file.extend(block);
    }
    file.extend([0, 0x3b]);
    file
}

/// RGBA in one strip.
pub(crate) fn tiff(width: u32, height: u32, depth: u16, deflate: bool) -> Vec<u8> {
    let bytes = width as usize * height as usize * 4 * usize::from(depth / 8);
    let strip = if deflate {
        zlib(&vec![0; bytes])
    } else {
        vec![77; bytes]
    };
    let length = u32::try_from(strip.len()).expect("short");
    let depths = [depth; 4].map(u16::to_le_bytes).concat();
    let entries: [(u16, u16, u32, u32); 11] = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 4, 8),
        (259, 3, 1, if deflate { 8 } else { 1 }),
        (262, 3, 1, 2),
        (273, 4, 1, 16),
        (277, 3, 1, 4),
        (278, 4, 1, height),
        (279, 4, 1, length),
        (317, 3, 1, if deflate { 2 } else { 1 }),
        (338, 3, 1, 2),
    ];
    let mut file = b"II\x2a\0".to_vec();
    file.extend((16 + length).to_le_bytes());
    file.extend(depths);
    file.extend(strip);
    file.extend(11_u16.to_le_bytes());
    for (tag, kind, count, value) in entries {
        file.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        file.extend([count.to_le_bytes(), value.to_le_bytes()].concat());
    }
    file.extend([0; 4]);
    file
}

fn bmp(width: u32, height: u32, depth: u16, method: u32, rows: &[u8]) -> Vec<u8> {
    let colours = 1_usize << depth;
    let start = 54 + 4 * colours;
    let mut file = b"BM".to_vec();
    let words = |file: &mut Vec<u8>, words: &[usize]| {
        for &word in words {
            file.extend(u32::try_from(word).expect("small").to_le_bytes());
        }
    };
    words(
        &mut file,
        &[
            start + rows.len(),
            0,
            start,
            40,
            width as usize,
            height as usize,
        ],
    );
    file.extend([1_u16.to_le_bytes(), depth.to_le_bytes()].concat());
    words(
        &mut file,
        &[method as usize, rows.len(), 2_835, 2_835, colours, 0],
    );
    file.extend(vec![90; 4 * colours]);
    file.extend(rows);
    file
}

pub(crate) fn bmp_runs(width: u32, height: u32) -> Vec<u8> {
    let (whole, rest) = (
        width as usize / 255,
        u8::try_from(width % 255).expect("small"),
    );
    let row = [&[255, 1].repeat(whole)[..], &[rest, 1, 0, 0]].concat();
    bmp(width, height, 8, 1, &row.repeat(height as usize))
}

pub(crate) fn bmp_bits(width: u32, height: u32) -> Vec<u8> {
    let row = (width as usize).div_ceil(32) * 4;
    bmp(width, height, 1, 0, &vec![0; row * height as usize])
}

pub(crate) fn qoi(width: u32, height: u32) -> Vec<u8> {
    let mut file = b"qoif".to_vec();
    file.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
    file.extend([4, 0]);
    let pixels = width as usize * height as usize;
    file.extend(vec![0xfd; pixels / 62]);
    file.extend(vec![0xc0; pixels % 62]);
    file.extend([0, 0, 0, 0, 0, 0, 0, 1]);
    file
}

pub(crate) fn pnm(width: usize, height: usize) -> Vec<u8> {
    let mut file = format!("P5\n{width} {height}\n255\n").into_bytes();
    file.extend(vec![50; width * height]);
    file
}

pub(crate) fn pnm_bits(width: usize, height: usize) -> Vec<u8> {
    let mut file = format!("P4\n{width} {height}\n").into_bytes();
    file.extend(vec![50; width.div_ceil(8) * height]);
    file
}
