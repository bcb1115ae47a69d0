//! What a GIF's blocks before its first picture say of transparency, which its decoder always hands out.

use super::bytes::Reader;

/// Whether nothing of a still picture is transparent: no colour says so, and the frame fills the canvas.
///
/// One that moves counts as transparent: what comes later isn't looked at. So does a broken one.
pub(super) fn is_opaque(bytes: &[u8]) -> bool {
    opaque(bytes).unwrap_or(false)
}

fn opaque(bytes: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(bytes);
    let [_, _, _, _, _, _, w0, w1, h0, h1, flags, _, _] = reader.array()?;
    if flags & 0x80 != 0 {
        reader.take(3 << ((flags & 7) + 1))?;
    }
    let mut opaque = true;
    loop {
        match reader.u8()? {
            0x21 => {}
            0x2c => break,
            _ => return None,
        }
        let label = reader.u8()?;
        let mut first = true;
        loop {
            let length = usize::from(reader.u8()?);
            if length == 0 {
                break;
            }
            let block = reader.take(length)?;
            opaque &= match label {
                // Of a graphic control's flags the lowest.
                0xf9 => block.first()? & 1 == 0,
                // How often an animation is shown.
                0xff => !(first && block == b"NETSCAPE2.0"),
                _ => true,
            };
            first = false;
        }
    }
    let frame: [u8; 8] = reader.array()?;
    Some(opaque && frame == [0, 0, 0, 0, w0, w1, h0, h1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_transparent_is_not_opaque() {
        let head = b"GIF89a\x09\0\x07\0\x80\0\0\0\0\0\xff\xff\xff";
        let frame = b"\x2c\0\0\0\0\x09\0\x07\0\0";
        let whole = |extensions: &[u8], frame: &[u8]| [&head[..], extensions, frame].concat();
        for (extensions, opaque) in [
            (&b""[..], true),
            (b"\x21\xf9\x04\0\0\0\0\0", true),
            (b"\x21\xf9\x04\x01\0\0\x03\0", false),
            (b"\x21\xfe\x02hi\0\x21\xf9\x04\x04\0\0\0\0", true),
            (b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0", false),
            (b"\x21\xff\x0bXMP DataXMP\x03\x01\0\0\0", true),
            (b"\x77", false),
        ] {
            let file = whole(extensions, frame);
            assert_eq!(is_opaque(&file), opaque, "{extensions:?}");
            for length in 0..file.len() - 1 {
                assert!(!is_opaque(&file[..length]));
            }
        }
        let smaller = b"\x2c\0\0\0\0\x08\0\x07\0\0";
        assert!(!is_opaque(&whole(b"", smaller)));
    }
}
