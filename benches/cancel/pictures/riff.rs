//! WebP that libwebp doesn't write: pixels without a bit of data, and an animation.

use pixmill::codecs;

use super::bits::Bits;

fn riff(chunks: &[u8]) -> Vec<u8> {
    let size = u32::try_from(chunks.len() + 4).expect("short");
    [b"RIFF", &size.to_le_bytes()[..], b"WEBP", chunks].concat()
}

fn riff_chunk(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    let size = u32::try_from(content.len()).expect("short").to_le_bytes();
    let padding = &[0][..content.len() % 2];
    [&kind, &size[..], content, padding].concat()
}

/// A VP8L picture whose codes have no bits, and whose pixels go through three transforms: as much work as any, in no bytes.
pub(crate) fn lossless(width: u32, height: u32) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(0x2f, 8);
    bits.put(width - 1, 14);
    bits.put(height - 1, 14);
    bits.put(1, 1);
    bits.put(0, 3);
    // No cache of colours, and five codes of one symbol, a number of one bit or of eight.
    let codes = |bits: &mut Bits, symbols: [u32; 5]| {
        for symbol in symbols {
            bits.put(1 | u32::from(symbol > 1) << 2, 3);
            bits.put(symbol, if symbol > 1 { 8 } else { 1 });
        }
    };
    // The predictor that averages most (10), and the colour transform, in blocks of 512 pixels; subtract green.
    for (kind, green) in [(0, Some(10)), (1, Some(3)), (2, None)] {
        bits.put(1, 1);
        bits.put(kind, 2);
        if let Some(green) = green {
            bits.put(7, 3);
            bits.put(0, 1);
            codes(&mut bits, [green, 3, 3, 0, 0]);
        }
    }
    bits.put(0, 1);
    bits.put(0, 1);
    bits.put(0, 1);
    codes(&mut bits, [3, 5, 7, 0, 0]);
    bits.put(0, 32);
    riff(&riff_chunk(*b"VP8L", &bits.bytes))
}

/// An animation of that picture alone.
pub(crate) fn animated(still: &[u8]) -> Vec<u8> {
    let header = codecs::probe(still).expect("a WebP file");
    let u24 = |value: u32| value.to_le_bytes()[..3].to_vec();
    let sides = [u24(header.width - 1), u24(header.height - 1)].concat();
    let mut chunks = &still[12..];
    if chunks.starts_with(b"VP8X") {
        chunks = &chunks[18..];
    }
    let frame = [&[0; 6][..], &sides, &u24(100), &[0], chunks].concat();
    let canvas = [&[0x12, 0, 0, 0][..], &sides].concat();
    riff(
        &[
            riff_chunk(*b"VP8X", &canvas),
            riff_chunk(*b"ANIM", &[0; 6]),
            riff_chunk(*b"ANMF", &frame),
        ]
        .concat(),
    )
}
