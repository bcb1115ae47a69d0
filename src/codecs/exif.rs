//! The orientation in an EXIF block, from its first directory.

use super::Orientation;

/// The orientation that a TIFF structure states, with or without `Exif\0\0` before it, 1 to 8; nonsense is none.
pub(super) fn stated(block: &[u8]) -> Option<u16> {
    let tiff = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
    tag(tiff).filter(|tag| (1..=8).contains(tag))
}

/// The turn of a stated orientation; none is upright.
pub(super) fn turn(stated: Option<u16>) -> Orientation {
    stated.map_or_else(Orientation::default, Orientation::from_exif)
}

/// A TIFF structure that says nothing else; its length is even.
pub(super) fn block(orientation: Orientation) -> Vec<u8> {
    let [high, low] = orientation.exif().to_be_bytes();
    // Its directory lies at 8, has one entry, of one short number, and no other follows.
    let entry = [0x01, 0x12, 0, 3, 0, 0, 0, 1, high, low, 0, 0];
    let directory = [&[0, 1], &entry[..], &[0; 4]].concat();
    [b"MM\0*\0\0\0\x08", &directory[..]].concat()
}

const ORIENTATION: u16 = 0x0112;
const SHORT: u16 = 3;

fn tag(tiff: &[u8]) -> Option<u16> {
    let big = match tiff.first_chunk()? {
        b"MM\0*" => true,
        b"II*\0" => false,
        _ => return None,
    };
    let u16_at = |at: usize| {
        let bytes = *tiff.get(at..)?.first_chunk()?;
        Some(if big {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        })
    };
    let u32_at = |at: usize| {
        let bytes = *tiff.get(at..)?.first_chunk()?;
        Some(if big {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        })
    };
    let directory = usize::try_from(u32_at(4)?).ok()?;
    let entries = usize::from(u16_at(directory)?);
    let first = directory.checked_add(2)?;
    (0..entries)
        .map_while(|index| first.checked_add(index * 12))
        .take_while(|&at| at < tiff.len())
        .find(|&at| u16_at(at) == Some(ORIENTATION) && u16_at(at + 2) == Some(SHORT))
        .and_then(|at| u16_at(at + 8))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn orientation(block: &[u8]) -> Orientation {
        turn(stated(block))
    }

    #[test]
    fn what_is_written_is_read() {
        for tag in 1..=8 {
            let wanted = Orientation::from_exif(tag);
            assert_eq!(orientation(&super::block(wanted)), wanted);
        }
    }

    fn block(big: bool, value: u16) -> Vec<u8> {
        let u16 = |v: u16| {
            if big {
                v.to_be_bytes()
            } else {
                v.to_le_bytes()
            }
        };
        let u32 = |v: u32| {
            if big {
                v.to_be_bytes()
            } else {
                v.to_le_bytes()
            }
        };
        let mut tiff = if big {
            b"MM\0*".to_vec()
        } else {
            b"II*\0".to_vec()
        };
        tiff.extend(u32(8));
        tiff.extend(u16(2));
        for (tag, value) in [(0x0100, 7), (ORIENTATION, value)] {
            tiff.extend(u16(tag));
            tiff.extend(u16(SHORT));
            tiff.extend(u32(1));
            tiff.extend(u16(value));
            tiff.extend([0, 0]);
        }
        tiff
    }

    #[test]
    fn both_byte_orders_and_both_forms() {
        for value in 1..=8 {
            for big in [false, true] {
                let tiff = block(big, value);
                assert_eq!(orientation(&tiff).exif(), value);
                let prefixed = [b"Exif\0\0", &tiff[..]].concat();
                assert_eq!(orientation(&prefixed).exif(), value);
            }
        }
        assert_eq!(orientation(&block(true, 9)), Orientation::default());
    }

    proptest! {
        #[test]
        fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64), big in any::<bool>()) {
            std::hint::black_box(orientation(&bytes).exif());
            let mut tiff = block(big, 6);
            for (at, byte) in bytes.iter().enumerate() {
                let length = tiff.len();
                tiff[4 + at % (length - 4)] ^= byte;
            }
            std::hint::black_box(orientation(&tiff).exif());
        }
    }
}
