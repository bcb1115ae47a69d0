//! What goes around bytes: a zlib stream, and an orientation in front of a JPEG.

use libdeflater::{CompressionLvl, Compressor};

/// The bytes as a zlib stream.
pub(crate) fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut compressor = Compressor::new(CompressionLvl::default());
    let mut out = vec![0; compressor.zlib_compress_bound(bytes.len())];
    let length = compressor.zlib_compress(bytes, &mut out).expect("room");
    out.truncate(length);
    out
}

/// The JPEG with this orientation in its EXIF, 1 to 8.
pub(crate) fn oriented(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let exif = [
        &b"\xff\xe1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"[..],
        &[orientation, 0, 0, 0, 0, 0, 0],
    ]
    .concat();
    // Behind the marker that every JPEG begins with.
    let (start, rest) = jpeg.split_at(2);
    [start, &exif, rest].concat()
}
