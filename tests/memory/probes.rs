//! Headers that ask for much: a probe runs before anything is granted, so it may hold next to nothing.

use pixmill::codecs;

use super::counter;
use super::pictures::{self, Content, Size};

/// What a probe may hold besides the profile that it hands out.
const MOST: u64 = 6 << 20;

/// Probes the file, which may be refused; what that held at its peak.
fn probed(file: &[u8]) -> u64 {
    let (header, peak) = counter::peak_of(|| codecs::probe(file));
    // The profile lies twice for a moment: as it was read, and as it is handed out.
    peak.saturating_sub(header.map_or(0, |header| 2 * header.held_bytes()))
}

#[test]
fn headers_of_every_kind_take_little() {
    let _alone = counter::alone();
    for (name, file) in pictures::kinds((640, 480), Content::Noise) {
        let held = probed(&file);
        let most = if name.contains("iCCP") { MOST } else { 1 << 20 };
        assert!(held < most, "{name}: {held}");
    }
}

/// A little-endian TIFF of 8×8 greys, or of the size that is given, with more entries behind its own: tag, type,
/// count; each has its values where the file ends, which is `tail` bytes behind the directory.
fn tiff((width, height): Size, more: &[(u16, u16, u32)], tail: usize) -> Vec<u8> {
    let own: [(u16, u32); 7] = [
        (256, width),
        (257, height),
        (258, 8),
        (259, 1),
        (262, 1),
        (277, 1),
        (278, 1),
    ];
    let count = own.len() + more.len();
    let end = u32::try_from(8 + 2 + count * 12 + 4).unwrap();
    let mut entries: Vec<(u16, u16, u32, u32)> = own
        .iter()
        .map(|&(tag, value)| (tag, 4, 1, value))
        .chain(
            more.iter()
                .map(|&(tag, kind, count)| (tag, kind, count, end)),
        )
        .collect();
    entries.sort_unstable();
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    file.extend(u16::try_from(count).unwrap().to_le_bytes());
    for (tag, kind, count, value) in entries {
        file.extend(tag.to_le_bytes());
        file.extend(kind.to_le_bytes());
        file.extend(count.to_le_bytes());
        file.extend(value.to_le_bytes());
    }
    file.extend([0; 4]);
    file.resize(file.len() + tail, 1);
    file
}

/// Types of TIFF values.
const BYTE: u16 = 1;
const SHORT: u16 = 3;
const LONG: u16 = 4;

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn a_tiff_directory_cannot_ask_for_memory() {
    let _alone = counter::alone();
    let mib = 1 << 20;
    let files = [
        // More strips than a picture has rows, with and without the bytes for them.
        tiff((8, 8), &[(273, LONG, 8 << 20), (279, LONG, 8 << 20)], 0),
        tiff(
            (8, 8),
            &[(273, BYTE, 8 << 20), (279, BYTE, 8 << 20)],
            8 * mib,
        ),
        tiff(
            (8, 1 << 20),
            &[(273, LONG, 1 << 20), (279, LONG, 1 << 20)],
            4 * mib,
        ),
        // As many strips as are read, in a file that has them.
        tiff(
            (8, 1 << 16),
            &[(273, LONG, 1 << 16), (279, LONG, 1 << 16)],
            mib,
        ),
        // Numbers where one or four are meant.
        tiff(
            (8, 8),
            &[(339, SHORT, 4 << 20), (273, LONG, 8), (279, LONG, 8)],
            8 * mib,
        ),
        tiff(
            (8, 8),
            &[(338, BYTE, 8 << 20), (273, LONG, 8), (279, LONG, 8)],
            8 * mib,
        ),
        tiff(
            (8, 8),
            &[(530, SHORT, 4 << 20), (273, LONG, 8), (279, LONG, 8)],
            8 * mib,
        ),
        tiff(
            (8, 8),
            &[(274, SHORT, 4 << 20), (273, LONG, 8), (279, LONG, 8)],
            8 * mib,
        ),
        // A tile, and pixels, that are wider than any picture.
        tiff(
            (8, 8),
            &[
                (322, LONG, 1),
                (323, LONG, 1),
                (324, LONG, 1),
                (325, LONG, 1),
            ],
            64,
        ),
        // A profile, which the library reads value by value.
        tiff(
            (8, 8),
            &[(34675, BYTE, 4 << 20), (273, LONG, 8), (279, LONG, 8)],
            8 * mib,
        ),
        tiff(
            (8, 8),
            &[(34675, 7, 40 << 20), (273, LONG, 8), (279, LONG, 8)],
            40 * mib,
        ),
    ];
    for (index, file) in files.iter().enumerate() {
        let held = probed(file);
        assert!(held <= MOST, "file {index} took {held} bytes");
    }
}

#[test]
fn packed_profiles_and_promised_sizes_take_no_memory() {
    let _alone = counter::alone();
    let files = [
        // Profiles that grow a thousand times: one that is read, one that is too long.
        pictures::profiled_png((8, 8), 4 << 20),
        pictures::profiled_png((8, 8), 64 << 20),
        pictures::ico(&pictures::profiled_png((8, 8), 64 << 20)),
        // A GIF with a profile beside its picture.
        [
            &b"GIF89a\x08\0\x08\0\0\0\0\x21\xff\x0bICCRGBG1012"[..],
            &vec![255; 256 * 80_000],
            &b"\0\x2c\0\0\0\0\x08\0\x08\0\0\x02\0\x3b"[..],
        ]
        .concat(),
        // A GIF, a BMP, a PNM and a QOI of the largest sizes there are.
        b"GIF89a\xff\xff\xff\xff\xf7\0\0".to_vec(),
        [
            &b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\xff\xff\xff\x7f\xff\xff\xff\x7f\x01\0\x18\0"
                [..],
            &[0; 24],
        ]
        .concat(),
        b"P6 4294967295 4294967295 65535\n".to_vec(),
        b"qoif\xff\xff\xff\xff\xff\xff\xff\xff\x04\0".to_vec(),
    ];
    for (index, file) in files.iter().enumerate() {
        let held = probed(file);
        assert!(held <= MOST, "file {index} took {held} bytes");
    }
}

/// Chunks, lines and pieces of any length, which libraries would hold.
#[test]
fn what_is_long_is_not_held() {
    let _alone = counter::alone();
    let long = vec![b'x'; 16 << 20];
    let mut exif = pictures::profiled_png((8, 8), 16);
    let chunk = [&b"eXIfMM\0*\0\0\0\x08"[..], &long].concat();
    let length = u32::try_from(chunk.len() - 4).unwrap().to_be_bytes();
    // Behind the header, which is 25 bytes long. The checksum is never reached.
    exif.splice(33..33, [&length[..], &chunk, &[0; 4]].concat());
    let piece = b"\xff\xe2\0\x10ICC_PROFILE\0\x01\x01";
    let files = [
        exif,
        [
            &b"P7\n#"[..],
            &long,
            b"\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nENDHDR\n\0",
        ]
        .concat(),
        [&b"P6\n#"[..], &long, b"\n1 1 255\n\0\0\0"].concat(),
        [&b"\xff\xd8"[..], &piece.repeat(1 << 20)].concat(),
    ];
    for (index, file) in files.iter().enumerate() {
        let held = probed(file);
        assert!(held <= 1 << 20, "file {index} took {held} bytes");
    }
}
