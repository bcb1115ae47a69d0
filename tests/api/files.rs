//! Files that no encoder at hand writes, byte by byte.

use libdeflater::{CompressionLvl, Compressor, Crc};

/// Bits from the highest down.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    free: u32,
}

impl Bits {
    fn push(&mut self, value: u32, count: u32) {
        for bit in (0..count).rev() {
            if self.free == 0 {
                self.bytes.push(0);
                self.free = 8;
            }
            self.free -= 1;
            *self.bytes.last_mut().unwrap() |= u8::try_from(value >> bit & 1).unwrap() << self.free;
        }
    }

    /// As JPEG wants it: filled up with ones, and a zero behind each 0xff.
    fn stuffed(mut self) -> Vec<u8> {
        let free = self.free;
        self.push((1 << free) - 1, free);
        let pairs = self.bytes.iter().flat_map(|&byte| [byte, 0]);
        let kept = pairs.enumerate().filter_map(|(at, byte)| {
            let stuffing = at % 2 == 1 && self.bytes[at / 2] != 0xff;
            (!stuffing).then_some(byte)
        });
        kept.collect()
    }
}

/// How many bits follow each code of a mean value.
const COUNTS: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

/// What kind of JPEG to write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Jpeg {
    /// In scans: all of the mean values but their last bit, that bit, then the waves of each component.
    pub(crate) progressive: bool,
    /// Adobe's number of the transform.
    pub(crate) adobe: Option<u8>,
    pub(crate) components: u8,
}

impl Jpeg {
    /// A picture of blocks of 8×8, each of one colour.
    pub(crate) fn blocks(
        self,
        (across, down): (u16, u16),
        samples: impl Fn(u16, u16) -> Vec<u8>,
    ) -> Vec<u8> {
        let mut file = vec![0xff, 0xd8];
        let mut segment = |marker: u8, content: &[u8]| {
            let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
            file.extend([&[0xff, marker], &length[..], content].concat());
        };
        if let Some(transform) = self.adobe {
            segment(0xee, &[b"Adobe\0\x64\0\0\0\0", &[transform][..]].concat());
        }
        segment(0xdb, &[&[0][..], &[1; 64]].concat());
        let [h1, h0] = (down * 8).to_be_bytes();
        let [w1, w0] = (across * 8).to_be_bytes();
        let mut frame = vec![8, h1, h0, w1, w0, self.components];
        (1..=self.components).for_each(|id| frame.extend([id, 0x11, 0]));
        segment(if self.progressive { 0xc2 } else { 0xc0 }, &frame);
        // Twelve codes of four bits for how many bits follow; and one bit for "no waves".
        let dc = [&[0, 0, 0, 0, 12][..], &[0; 12], &COUNTS].concat();
        segment(0xc4, &dc);
        segment(0xc4, &[&[0x10, 1][..], &[0; 15], &[0]].concat());
        let blocks: Vec<Vec<i32>> = (0..down)
            .flat_map(|y| (0..across).map(move |x| (x, y)))
            .map(|(x, y)| samples(x, y))
            .map(|block| block.iter().map(|&s| (i32::from(s) - 128) * 8).collect())
            .collect();
        let all: Vec<u8> = (1..=self.components).collect();
        if self.progressive {
            scan(&mut file, &all, [0, 0, 0x01], means(&blocks, 1, false));
            let mut last = Bits::default();
            for value in blocks.iter().flatten() {
                last.push(u32::from(value & 1 != 0), 1);
            }
            scan(&mut file, &all, [0, 0, 0x10], last);
            for id in all {
                let mut none = Bits::default();
                for _ in &blocks {
                    none.push(0, 1);
                }
                scan(&mut file, &[id], [1, 63, 0], none);
            }
        } else {
            scan(&mut file, &all, [0, 63, 0], means(&blocks, 0, true));
        }
        file.extend([0xff, 0xd9]);
        file
    }
}

fn scan(file: &mut Vec<u8>, ids: &[u8], spectrum: [u8; 3], data: Bits) {
    let count = u8::try_from(ids.len()).unwrap();
    file.extend([0xff, 0xda, 0, 6 + 2 * count, count]);
    for &id in ids {
        file.extend([id, 0]);
    }
    file.extend(spectrum);
    file.extend(data.stuffed());
}

/// The differences of the mean values of all components, block by block.
fn means(blocks: &[Vec<i32>], shift: u32, waves: bool) -> Bits {
    let mut bits = Bits::default();
    let mut before = vec![0; blocks[0].len()];
    for block in blocks {
        for (before, value) in before.iter_mut().zip(block) {
            let value = value >> shift;
            let difference = value - std::mem::replace(before, value);
            let count = 32 - difference.unsigned_abs().leading_zeros();
            bits.push(count, 4);
            // Negative numbers are written less one, without their sign.
            let low = difference - i32::from(difference < 0);
            bits.push(low.cast_unsigned() & ((1 << count) - 1), count);
            if waves {
                bits.push(0, 1);
            }
        }
    }
    bits
}

/// What kind of PNG to write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interlaced {
    pub(crate) colour_type: u8,
    pub(crate) depth: u8,
    pub(crate) channels: u32,
}

impl Interlaced {
    /// A picture in seven passes, with a grey palette where one is needed.
    pub(crate) fn file(
        self,
        width: u32,
        height: u32,
        sample: impl Fn(u32, u32, u32) -> u32,
    ) -> Vec<u8> {
        // The first column and row of each pass, and the steps.
        const PASSES: [[u32; 4]; 7] = [
            [0, 0, 8, 8],
            [4, 0, 8, 8],
            [0, 4, 4, 8],
            [2, 0, 4, 4],
            [0, 2, 2, 4],
            [1, 0, 2, 2],
            [0, 1, 1, 2],
        ];
        let mut rows = Vec::new();
        for [left, top, across, down] in PASSES {
            for y in (top..height).step_by(down as usize) {
                let mut bits = Bits::default();
                for x in (left..width).step_by(across as usize) {
                    for channel in 0..self.channels {
                        let most = (1_u32 << self.depth) - 1;
                        bits.push(sample(x, y, channel) & most, u32::from(self.depth));
                    }
                }
                if !bits.bytes.is_empty() {
                    rows.push(0);
                    rows.extend(bits.bytes);
                }
            }
        }
        let header = [
            &width.to_be_bytes()[..],
            &height.to_be_bytes(),
            &[self.depth, self.colour_type, 0, 0, 1],
        ]
        .concat();
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        file.extend(png_chunk(*b"IHDR", &header));
        if self.colour_type == 3 {
            let greys: Vec<u8> = (0..=255_u8).flat_map(|grey| [grey; 3]).collect();
            file.extend(png_chunk(*b"PLTE", &greys[..3 << self.depth]));
        }
        file.extend(png_chunk(*b"IDAT", &deflated(&rows)));
        file.extend(png_chunk(*b"IEND", &[]));
        file
    }
}

pub(crate) fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut compressor = Compressor::new(CompressionLvl::default());
    let mut stream = vec![0; compressor.zlib_compress_bound(bytes.len())];
    let length = compressor.zlib_compress(bytes, &mut stream).unwrap();
    stream.truncate(length);
    stream
}

pub(crate) fn png_chunk(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(&kind);
    crc.update(content);
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length[..], &kind, content, &crc.sum().to_be_bytes()].concat()
}

/// The PNG with a chunk more, right behind its header.
pub(crate) fn with_png_chunk(png: &[u8], kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    let (header, rest) = png.split_at(8 + 25);
    [header, &png_chunk(kind, content), rest].concat()
}

/// An animation whose frames are these still WebP files, each as large as the canvas.
pub(crate) fn animated_webp(width: u8, height: u8, frames: &[Vec<u8>]) -> Vec<u8> {
    let size = [width - 1, 0, 0, height - 1, 0, 0];
    let mut chunks = riff(*b"VP8X", &[&[0x12, 0, 0, 0][..], &size].concat());
    chunks.extend(riff(*b"ANIM", &[0; 6]));
    for frame in frames {
        // At 0,0, for a tenth of a second.
        let head = [&[0; 6][..], &size, &[100, 0, 0, 0]].concat();
        chunks.extend(riff(*b"ANMF", &[&head, &frame[12..]].concat()));
    }
    riff(*b"RIFF", &[b"WEBP", &chunks[..]].concat())
}

pub(crate) fn riff(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_le_bytes();
    let padding = &[0][..content.len() % 2];
    [&kind, &length[..], content, padding].concat()
}
