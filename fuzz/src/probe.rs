//! What a header says.

use pixmill::codecs::{self, Error, Scale};

/// Whatever a header says is possible, and adds up; what can't be read is the client's fault.
pub(crate) fn probe(file: &[u8]) -> bool {
    let header = match codecs::probe(file) {
        Ok(header) => header,
        Err(Error::Unsupported { .. } | Error::Invalid { .. } | Error::TooComplex { .. }) => {
            return false;
        }
        Err(error) => panic!("{error:?}"),
    };
    assert!(header.width > 0 && header.height > 0 && header.frames > 0);
    assert!((1..=32).contains(&header.bit_depth), "{header:?}");
    assert!(header.held_bytes() <= 4 << 20);
    // Sums of hostile sizes; debug builds find those that overflow.
    assert!(codecs::decode_bytes(&header, Scale::FULL) > 0);
    for &eighths in codecs::scales(&header) {
        let scale = Scale {
            eighths,
            chroma: eighths,
            part: None,
        };
        let shape = codecs::scaled(&header, scale);
        assert!(shape.width > 0 && shape.width <= header.width);
        assert!(shape.height > 0 && shape.height <= header.height);
    }
    // What was read once is read again.
    assert_eq!(codecs::probe(file).as_ref(), Ok(&header));
    true
}
