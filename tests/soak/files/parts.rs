//! Bits, files of chunks and streams, by hand.

pub(crate) use super::chunk::chunk;

/// Bits from the lowest up, as deflate and lossless WebP have them.
#[derive(Default)]
pub(crate) struct Bits {
    pub(crate) bytes: Vec<u8>,
    used: u32,
}

impl Bits {
    /// The lowest `count` bits of `value`, the lowest first.
    pub(crate) fn push(&mut self, value: u32, count: u32) {
        for bit in 0..count {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let byte = self.bytes.last_mut().unwrap();
            *byte |= u8::from(value >> bit & 1 == 1) << (self.used % 8);
            self.used += 1;
        }
    }

    /// A code of a prefix code, whose highest bit comes first (RFC 1951, 3.1.1).
    fn code(&mut self, value: u32, count: u32) {
        for bit in (0..count).rev() {
            self.push(value >> bit & 1, 1);
        }
    }
}

/// So many zero bytes as a zlib stream, of a 1032nd of their length (RFC 1951, 3.2.7).
///
/// One block whose code for "258 times the byte before" has one bit, as the distance has.
pub(crate) fn zeros(length: u64) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.push(0b101, 3);
    // 286 codes of lengths, one of distances, 18 lengths of the code that says these.
    bits.push(29, 5);
    bits.push(0, 5);
    bits.push(14, 4);
    // In the order 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1.
    for length in [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2] {
        bits.push(length, 3);
    }
    let none = |bits: &mut Bits, count: u32| {
        bits.code(0, 1);
        bits.push(count - 11, 7);
    };
    let one = |bits: &mut Bits| bits.code(0b10, 2);
    let two = |bits: &mut Bits| bits.code(0b11, 2);
    // The literal 0, the end and "258 times" are all there is.
    two(&mut bits);
    none(&mut bits, 138);
    none(&mut bits, 117);
    two(&mut bits);
    none(&mut bits, 28);
    one(&mut bits);
    // The one distance.
    one(&mut bits);
    let literals = 1 + (length - 1) % 258;
    for _ in 0..literals {
        bits.code(0b10, 2);
    }
    let mut repeats = (length - literals) / 258;
    while repeats > 0 && !bits.used.is_multiple_of(8) {
        bits.push(0, 2);
        repeats -= 1;
    }
    // Two bits each, both zero.
    let whole = usize::try_from(repeats / 4).unwrap();
    bits.bytes.resize(bits.bytes.len() + whole, 0);
    bits.push(0, 2 * u32::try_from(repeats % 4).unwrap());
    bits.code(0b11, 2);
    let sum = u32::try_from(length % 65_521).unwrap() << 16 | 1;
    [&[0x78, 0x9c], &bits.bytes[..], &sum.to_be_bytes()].concat()
}

/// A PNG of a header's fields, chunks before its data, and the data.
pub(crate) fn png(size: (u32, u32), depth: u8, kind: u8, more: &[u8], data: &[u8]) -> Vec<u8> {
    png_file(size, [depth, kind, 0, 0, 0], more, data)
}

/// The same, all fields given: depth, colour, compression, filter, interlace.
pub(crate) fn png_file(
    (width, height): (u32, u32),
    fields: [u8; 5],
    more: &[u8],
    data: &[u8],
) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &fields].concat();
    [
        &b"\x89PNG\r\n\x1a\n"[..],
        &chunk(*b"IHDR", &header),
        more,
        &chunk(*b"IDAT", data),
        &chunk(*b"IEND", &[]),
    ]
    .concat()
}

/// A PNG of this size whose pixels are all zero.
pub(crate) fn zero_png((width, height): (u32, u32), depth: u8, kind: u8) -> Vec<u8> {
    let channels = match kind {
        2 => 3,
        4 => 2,
        6 => 4,
        _ => 1,
    };
    let row = 1 + (u64::from(width) * channels * u64::from(depth)).div_ceil(8);
    png(
        (width, height),
        depth,
        kind,
        &[],
        &zeros(row * u64::from(height)),
    )
}

/// A chunk of a RIFF file.
pub(crate) fn riff(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_le_bytes();
    let padding = &[0][..content.len() % 2];
    [&kind, &length[..], content, padding].concat()
}

pub(crate) fn webp(chunks: &[u8]) -> Vec<u8> {
    riff(*b"RIFF", &[b"WEBP", chunks].concat())
}

/// A lossless WebP stream of one colour: each code has one symbol, so that no pixel takes a bit.
pub(crate) fn plain_vp8l(width: u32, height: u32) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.push(0x2f, 8);
    bits.push(width - 1, 14);
    bits.push(height - 1, 14);
    // No alpha, version 0; no transform, no cache of colours, no picture of codes.
    bits.push(0, 1 + 3 + 1 + 1 + 1);
    for _ in 0..5 {
        // A simple code of one symbol of one bit, 0.
        bits.push(1, 4);
    }
    riff(*b"VP8L", &bits.bytes)
}

/// A segment of a JPEG file.
pub(crate) fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker], &length[..], content].concat()
}

/// A bomb that is none would prove nothing.
pub(crate) fn zeros_are_zeros() {
    for length in [1, 2, 258, 259, 1000, 70_000] {
        let mut out = vec![1; length];
        let read =
            libdeflater::Decompressor::new().zlib_decompress(&zeros(length as u64), &mut out);
        assert_eq!(read, Ok(length));
        assert!(out.iter().all(|&byte| byte == 0));
    }
}
