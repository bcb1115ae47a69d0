//! A chunk of a PNG, for files written by hand.

use libdeflater::Crc;

/// Length, kind, content and checksum.
pub(crate) fn chunk(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).expect("a chunk's length");
    let mut crc = Crc::new();
    crc.update(&kind);
    crc.update(content);
    [
        &length.to_be_bytes()[..],
        &kind,
        content,
        &crc.sum().to_be_bytes(),
    ]
    .concat()
}
