//! This program as it lies in memory, by what the system told it at its start: its code, its tables for unwinding, what its build is known by.
#![expect(
    unsafe_code,
    reason = "the program's own headers are found by addresses"
)]

use std::fs::File;
use std::ops::Range;
use std::ptr::with_exposed_provenance;
use std::slice;
use std::sync::LazyLock;

use libc::{Elf64_Phdr, PF_R, PF_W, PF_X, PT_GNU_EH_FRAME, PT_LOAD, PT_NOTE, PT_PHDR};

/// The files that may have this program's symbols; opened once, since in the sandbox nothing is opened any more.
static FILES: LazyLock<Vec<File>> = LazyLock::new(|| {
    let own = "/proc/self/exe";
    // Where what is shipped has none, whoever built it has kept them beside it.
    let beside = std::fs::read_link(own).ok().map(|path| {
        let mut path = path.into_os_string();
        path.push(".debug");
        path
    });
    let beside = beside.and_then(|path| File::open(path).ok());
    File::open(own).ok().into_iter().chain(beside).collect()
});

/// Where code lies in memory, and in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// Addresses in memory, by whole pages.
    pub addresses: Range<u64>,
    /// Where the first of them is in the file.
    pub offset: u64,
    /// By how much addresses in memory are larger than those that the file has.
    pub bias: u64,
    /// What tells this build from others; empty if the linker gave it nothing.
    pub build_id: &'static [u8],
}

/// This program's own file, and one of its name and `.debug` beside it, as far as they could be opened. The second may be anybody's.
pub fn program_files() -> &'static [File] {
    &FILES
}

/// The code of this program; `None` where the system doesn't say where it is.
pub fn program_code() -> Option<Code> {
    Headers::own().and_then(|headers| headers.code())
}

/// What functions are unwound by: the sorted table, and what it leads to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tables {
    pub(super) index: &'static [u8],
    /// From the index's own segment, which has the entries, too: up to its end.
    pub(super) segment: &'static [u8],
}

/// The program's own headers.
pub(super) struct Headers {
    rows: &'static [Elf64_Phdr],
    bias: u64,
}

/// The least that a page has.
const PAGE: u64 = 4096;

impl Headers {
    pub(super) fn own() -> Option<Self> {
        // SAFETY: the call reads what the system has left on the stack at the start, and takes any number.
        let (at, count) = unsafe {
            (
                libc::getauxval(libc::AT_PHDR),
                libc::getauxval(libc::AT_PHNUM),
            )
        };
        if at == 0 {
            return None;
        }
        let first = with_exposed_provenance::<Elf64_Phdr>(usize::try_from(at).ok()?);
        // SAFETY: the system has mapped so many headers there with the program, for as long as that lives, and nobody writes to them.
        let rows = unsafe { slice::from_raw_parts(first, usize::try_from(count).ok()?) };
        // A program that isn't moved needn't say where its headers are; one that is moved isn't found where it doesn't.
        let said = rows.iter().find(|row| row.p_type == PT_PHDR);
        let bias = said.map_or(0, |row| at.wrapping_sub(row.p_vaddr));
        let own = Self { rows, bias };
        own.segment(&(at..at + 1)).is_some().then_some(own)
    }

    /// The part of the file, mapped to be read alone, that has all of these addresses.
    fn segment(&self, addresses: &Range<u64>) -> Option<&'static Elf64_Phdr> {
        let mut loaded = self.rows.iter().filter(|row| row.p_type == PT_LOAD);
        loaded.find(|row| {
            let own = self.addresses(row);
            let readable = row.p_flags & PF_R != 0 && row.p_flags & PF_W == 0;
            readable && own.start <= addresses.start && addresses.end <= own.end
        })
    }

    /// Where a row's bytes lie.
    fn addresses(&self, row: &Elf64_Phdr) -> Range<u64> {
        let start = row.p_vaddr.wrapping_add(self.bias);
        start..start.saturating_add(row.p_filesz)
    }

    fn bytes(&self, row: &Elf64_Phdr) -> Option<&'static [u8]> {
        let addresses = self.addresses(row);
        self.segment(&addresses)?;
        let length = usize::try_from(row.p_filesz).ok()?;
        let first = with_exposed_provenance(usize::try_from(addresses.start).ok()?);
        // SAFETY: all of it is part of a segment that the system has mapped with the program to be read, for as long as that lives, and
        // that isn't written to.
        Some(unsafe { slice::from_raw_parts(first, length) })
    }

    fn row(&self, kind: u32) -> Option<&'static Elf64_Phdr> {
        self.rows.iter().find(|row| row.p_type == kind)
    }

    fn code(&self) -> Option<Code> {
        let mut loaded = self.rows.iter().filter(|row| row.p_type == PT_LOAD);
        let row = loaded.find(|row| row.p_flags & PF_X != 0)?;
        let addresses = self.addresses(row);
        let before = addresses.start % PAGE;
        Some(Code {
            addresses: addresses.start - before..addresses.end.next_multiple_of(PAGE),
            offset: row.p_offset.saturating_sub(before),
            bias: self.bias,
            build_id: self.build_id(),
        })
    }

    /// The tables, if the linker has made an index.
    pub(super) fn tables(&self) -> Option<Tables> {
        let index = self.row(PT_GNU_EH_FRAME)?;
        let segment = self.segment(&self.addresses(index))?;
        Some(Tables {
            index: self.bytes(index)?,
            segment: self.bytes(segment)?,
        })
    }

    fn build_id(&self) -> &'static [u8] {
        let notes = self.rows.iter().filter(|row| row.p_type == PT_NOTE);
        let found = notes.map(|row| build_id(self.bytes(row)?));
        found.flatten().next().unwrap_or_default()
    }
}

/// What tells a build from others, among the notes of a file.
pub fn build_id(mut notes: &[u8]) -> Option<&[u8]> {
    const BUILD_ID: u32 = 3;
    loop {
        let (head, rest) = notes.split_at_checked(12)?;
        let word = |at: usize| Some(u32::from_ne_bytes(head.get(at..at + 4)?.try_into().ok()?));
        let (name, content, kind) = (word(0)? as usize, word(4)? as usize, word(8)?);
        let (words, rest) = rest.split_at_checked(name.next_multiple_of(4))?;
        if kind == BUILD_ID && words.get(..name)? == b"GNU\0" {
            return rest.get(..content);
        }
        notes = rest.get(content.next_multiple_of(4)..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_program_is_found() {
        let code = program_code().unwrap();
        let own = this_program_is_found as fn() as usize as u64;
        assert!(code.addresses.contains(&own), "{code:?} {own:x}");
        assert_eq!(code.addresses.start % PAGE, code.offset % PAGE);
        let tables = Headers::own().unwrap().tables().unwrap();
        assert_eq!(tables.index[0], 1);
        assert!(tables.segment.len() > tables.index.len());
        assert!(!program_files().is_empty());
    }

    #[test]
    fn the_build_is_told_by_its_own_note() {
        let note = |name: &[u8], kind: u32, content: &[u8]| {
            let padded = |bytes: &[u8]| {
                let mut bytes = bytes.to_vec();
                bytes.resize(bytes.len().next_multiple_of(4), 0);
                bytes
            };
            let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap().to_ne_bytes();
            let head = [length(name), length(content), kind.to_ne_bytes()].concat();
            [head, padded(name), padded(content)].concat()
        };
        let abi = note(b"GNU\0", 1, &[0; 16]);
        let id = note(b"GNU\0", 3, b"abcde");
        let other = note(b"Other\0", 3, b"x");
        assert_eq!(
            build_id(&[&*abi, &*other, &*id].concat()),
            Some(&b"abcde"[..])
        );
        for length in 0..abi.len() + id.len() - 3 {
            assert_eq!(build_id(&[&*abi, &*id].concat()[..length]), None);
        }
    }
}
