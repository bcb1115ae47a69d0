//! Names of functions, from this program's own file or from one that was kept of the same build.
//!
//! Only what is asked for is read of it, a piece at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use crate::os::{self, Code};

/// Sections of symbols, and of notes.
const SYMBOLS: u32 = 2;
const NOTES: u32 = 7;

/// Bytes of notes that are read.
const MOST_NOTES: u64 = 4096;

/// Bytes of one symbol, and of the head of a section.
const SYMBOL: usize = 24;
const SECTION: usize = 64;

/// Symbols that are read at a time.
const AT_ONCE: usize = 4096;

/// No name is longer; what is longer is cut.
const LONGEST: usize = 4096;

/// The functions that these addresses are in, by address; of none of them, where the file has no symbols.
///
/// # Errors
/// The file can't be read, contradicts itself, or is of another build.
pub(super) fn found(
    file: &impl FileExt,
    code: &Code,
    addresses: &BTreeSet<u64>,
) -> io::Result<BTreeMap<u64, String>> {
    let mut names = BTreeMap::new();
    let sections = sections(file)?;
    if build_of(file, &sections)? != code.build_id {
        return Err(broken("it is of another build"));
    }
    let Some((symbols, texts)) = tables(&sections)? else {
        return Ok(names);
    };
    let mut at = symbols.start;
    while at < symbols.end {
        let left = usize::try_from(symbols.end - at).unwrap_or(usize::MAX);
        let mut piece = vec![0; left.min(SYMBOL * AT_ONCE)];
        file.read_exact_at(&mut piece, at)?;
        at += piece.len() as u64;
        for symbol in piece.as_chunks::<SYMBOL>().0 {
            let Some((name, lies)) = function(symbol, code.bias) else {
                continue;
            };
            let inside = addresses.range(lies);
            let unnamed: Vec<u64> = inside
                .copied()
                .filter(|address| !names.contains_key(address))
                .collect();
            if let Some(place) = texts
                .start
                .checked_add(name)
                .filter(|_| !unnamed.is_empty())
            {
                let name = text(file, place..texts.end)?;
                names.extend(unnamed.into_iter().map(|address| (address, name.clone())));
            }
        }
    }
    Ok(names)
}

fn broken(how: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, how)
}

/// The head of a section.
type Section = [u8; SECTION];

/// A number in a table of the file.
fn number<const BYTES: usize>(table: &[u8], at: usize) -> Option<[u8; BYTES]> {
    table.get(at..)?.first_chunk().copied()
}

fn word(table: &[u8], at: usize) -> Option<u32> {
    number(table, at).map(u32::from_ne_bytes)
}

fn long(table: &[u8], at: usize) -> Option<u64> {
    number(table, at).map(u64::from_ne_bytes)
}

/// The heads of all sections.
fn sections(file: &impl FileExt) -> io::Result<Vec<Section>> {
    const CLASS_64: u8 = 2;
    let mut head = [0; 64];
    file.read_exact_at(&mut head, 0)?;
    if !head.starts_with(b"\x7fELF") || head.get(4) != Some(&CLASS_64) {
        return Err(broken("it is no program's file"));
    }
    let start = long(&head, 0x28).unwrap_or(0);
    let count = number(&head, 0x3c).map_or(0, u16::from_ne_bytes);
    let mut table = vec![0; SECTION * usize::from(count)];
    file.read_exact_at(&mut table, start)?;
    Ok(table.as_chunks::<SECTION>().0.to_vec())
}

fn is_of(section: &Section, kind: u32) -> bool {
    word(section, 4) == Some(kind)
}

/// Where a section lies in the file.
fn lies(section: &Section) -> Option<Range<u64>> {
    let (start, size) = (long(section, 0x18)?, long(section, 0x20)?);
    Some(start..start.checked_add(size)?)
}

/// What tells the file's build from others; nothing if nothing does.
fn build_of(file: &impl FileExt, sections: &[Section]) -> io::Result<Vec<u8>> {
    let notes = sections.iter().filter(|section| is_of(section, NOTES));
    for notes in notes.filter_map(lies) {
        let length = (notes.end - notes.start).min(MOST_NOTES);
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        file.read_exact_at(&mut bytes, notes.start)?;
        if let Some(build) = os::build_id(&bytes) {
            return Ok(build.to_vec());
        }
    }
    Ok(Vec::new())
}

/// Where the symbols lie in the file, and their names.
fn tables(sections: &[Section]) -> io::Result<Option<(Range<u64>, Range<u64>)>> {
    let Some(symbols) = sections.iter().find(|section| is_of(section, SYMBOLS)) else {
        return Ok(None);
    };
    let texts = word(symbols, 0x28).and_then(|link| sections.get(usize::try_from(link).ok()?));
    let found = lies(symbols).zip(texts.and_then(lies));
    found
        .map(Some)
        .ok_or_else(|| broken("its symbols have no names"))
}

/// If it is a function, where its name is, and its addresses in memory.
fn function(symbol: &[u8; SYMBOL], bias: u64) -> Option<(u64, Range<u64>)> {
    const FUNCTION: u8 = 2;
    let (name, kind) = (word(symbol, 0)?, symbol.get(4)? & 0xf);
    let (value, size) = (long(symbol, 8)?, long(symbol, 16)?);
    let start = value.wrapping_add(bias);
    let lies = start..start.checked_add(size)?;
    (kind == FUNCTION && value != 0 && !lies.is_empty()).then_some((name.into(), lies))
}

/// A text that ends with a zero.
fn text(file: &impl FileExt, lies: Range<u64>) -> io::Result<String> {
    let left = lies.end.saturating_sub(lies.start);
    let mut bytes = vec![0; usize::try_from(left).unwrap_or(LONGEST).min(LONGEST)];
    file.read_exact_at(&mut bytes, lies.start)?;
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    bytes.truncate(end);
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file in memory.
    struct Bytes<'a>(&'a [u8]);

    impl FileExt for Bytes<'_> {
        fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
            let start = usize::try_from(offset).unwrap_or(usize::MAX);
            let rest = self.0.get(start..).unwrap_or_default();
            let length = rest.len().min(buf.len());
            buf[..length].copy_from_slice(&rest[..length]);
            Ok(length)
        }

        fn write_at(&self, _buf: &[u8], _offset: u64) -> io::Result<usize> {
            Err(io::ErrorKind::Unsupported.into())
        }
    }

    #[test]
    fn functions_of_this_program_are_found_by_addresses_in_them() {
        let code = os::program_code().unwrap();
        let address = |function: fn(&str) -> io::Error| function as usize as u64 + 3;
        let nowhere = code.addresses.end + 7;
        let addresses = BTreeSet::from([address(broken), nowhere]);
        let names = found(&os::program_files()[0], &code, &addresses).unwrap();
        assert!(names[&address(broken)].contains("broken"), "{names:?}");
        assert!(!names.contains_key(&nowhere));
    }

    const BUILD: &[u8] = b"1234";

    /// A file of that build with one function, `f` from 0x1000 to 0x1010.
    fn program() -> Vec<u8> {
        let mut file = vec![0; 64];
        file[..5].copy_from_slice(b"\x7fELF\x02");
        let texts = file.len() as u64;
        file.extend(b"\0f\0");
        file.resize(file.len().next_multiple_of(8), 0);
        let symbols = file.len() as u64;
        file.extend([0; SYMBOL]);
        file.extend([&1_u32.to_ne_bytes()[..], &[2, 0, 1, 0]].concat());
        file.extend([0x1000_u64, 0x10].map(u64::to_ne_bytes).concat());
        let notes = file.len() as u64;
        file.extend([4_u32, 4, 3].map(u32::to_ne_bytes).concat());
        file.extend([b"GNU\0", BUILD].concat());
        file.resize(file.len().next_multiple_of(8), 0);
        let sections = file.len() as u64;
        for (kind, start, size, link) in [
            (0, 0, 0, 0),
            (SYMBOLS, symbols, 2 * SYMBOL as u64, 2),
            (3, texts, 3, 0_u32),
            (NOTES, notes, 20, 0),
        ] {
            let mut row = [0; SECTION];
            row[4..8].copy_from_slice(&kind.to_ne_bytes());
            row[0x18..0x20].copy_from_slice(&start.to_ne_bytes());
            row[0x20..0x28].copy_from_slice(&size.to_ne_bytes());
            row[0x28..0x2c].copy_from_slice(&link.to_ne_bytes());
            file.extend(row);
        }
        file[0x28..0x30].copy_from_slice(&sections.to_ne_bytes());
        file[0x3c..0x3e].copy_from_slice(&4_u16.to_ne_bytes());
        file
    }

    #[test]
    fn a_file_that_is_cut_or_changed_is_no_more_than_an_error() {
        let code = Code {
            addresses: 0x5000..0x9000,
            offset: 0,
            bias: 0x5000,
            build_id: BUILD,
        };
        let addresses = BTreeSet::from([0x5fff, 0x6000, 0x600f, 0x6010]);
        let read = |file: &[u8]| found(&Bytes(file), &code, &addresses);
        let file = program();
        let expected = BTreeMap::from([(0x6000, "f".to_owned()), (0x600f, "f".to_owned())]);
        assert_eq!(read(&file).unwrap(), expected);
        let other = Code {
            build_id: b"1235",
            ..code.clone()
        };
        let error = found(&Bytes(&file), &other, &addresses).unwrap_err();
        assert!(error.to_string().contains("another build"), "{error}");
        for length in 0..file.len() {
            assert!(read(&file[..length]).is_err(), "{length}");
        }
        for at in 0..file.len() {
            for value in [0, 1, 0x7f, 0xff] {
                let mut changed = file.clone();
                changed[at] = value;
                // Whatever comes of it, it comes soon and without a panic.
                drop(read(&changed));
            }
        }
    }
}
