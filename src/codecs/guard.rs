//! What is looked at before the `image` crate's decoders see a file: what they would hold before they can be given a limit.
//!
//! A GIF's extensions are kept.

use super::bytes::Reader;

/// What a GIF's extensions before its first picture may hold.
const EXTENSION_BYTES: usize = 1 << 20;

/// Whether a GIF keeps to that. A broken one does: its decoder will say what is wrong.
pub(super) fn gif_is_modest(bytes: &[u8]) -> bool {
    let mut kept = 0;
    gif_extensions(bytes, |length| {
        kept += length;
        kept <= EXTENSION_BYTES
    });
    kept <= EXTENSION_BYTES
}

/// Tells the lengths of what is in the extensions before the first picture, as long as `go_on` says so.
fn gif_extensions(bytes: &[u8], mut go_on: impl FnMut(usize) -> bool) -> Option<()> {
    let mut reader = Reader::new(bytes);
    let [.., flags, _, _] = reader.array::<13>()?;
    if flags & 0x80 != 0 {
        reader.take(3 << ((flags & 7) + 1))?;
    }
    while reader.u8()? == 0x21 {
        let _label = reader.u8()?;
        loop {
            let length = usize::from(reader.u8()?);
            if length == 0 {
                break;
            }
            reader.take(length)?;
            if !go_on(length) {
                return None;
            }
        }
    }
    None
}
