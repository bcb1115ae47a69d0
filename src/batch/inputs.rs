//! Which pictures there are: files that were named, and those in folders that were.

use std::ffi::OsStr;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

use super::Failure;
use crate::codecs::Format;
use crate::os;

/// A picture to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Where it is; `None` is standard input.
    pub path: Option<PathBuf>,
    /// In which folder below the one that was named; empty for a file that was named itself.
    pub below: PathBuf,
    /// Its place among all, from 1.
    pub number: usize,
}

impl Input {
    /// Its name for a person.
    pub fn shown(&self) -> String {
        self.path
            .as_ref()
            .map_or_else(|| "-".to_owned(), |path| path.display().to_string())
    }
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Pictures, in the order in which they were named, those of a folder by their names.
    pub inputs: Vec<Input>,
    /// Folders that can't be read.
    pub failed: Vec<(PathBuf, Failure)>,
}

impl Found {
    /// Looks for the pictures that these name: `-` is standard input, a folder stands for what lies in it.
    ///
    /// Of a folder's files only those count whose ending is that of a format that is read. Hidden ones don't, and links
    /// aren't followed, so that no walk leads round, or out of the folder. `deep` is whether folders in folders count; `spared`
    /// is a folder that doesn't in any case.
    pub fn of(named: &[PathBuf], deep: bool, spared: Option<&Path>) -> Self {
        let spared = spared.and_then(|folder| fs::metadata(folder).ok());
        let mut walk = Walk {
            found: Self::default(),
            deep,
            spared: spared.map(|folder| os::identity(&folder)),
        };
        for path in named {
            if path.as_os_str() == "-" {
                walk.add(None, PathBuf::new());
            } else if path.is_dir() {
                walk.folder(path, &PathBuf::new());
            } else {
                // If it isn't there, reading it says so.
                walk.add(Some(path.clone()), PathBuf::new());
            }
        }
        walk.found
    }
}

struct Walk {
    found: Found,
    deep: bool,
    spared: Option<(u64, u64)>,
}

impl Walk {
    fn add(&mut self, path: Option<PathBuf>, below: PathBuf) {
        let number = self.found.inputs.len() + 1;
        self.found.inputs.push(Input {
            path,
            below,
            number,
        });
    }

    /// A folder that was named, and those below it, the first before the second.
    fn folder(&mut self, named: &Path, below: &Path) {
        let mut left = vec![below.to_owned()];
        while let Some(below) = left.pop() {
            let folder = named.join(&below);
            match self.entries(&folder, &below) {
                Ok(mut folders) => {
                    folders.reverse();
                    left.extend(folders);
                }
                Err(error) => {
                    let failure = Failure::unreadable(&error);
                    self.found.failed.push((folder, failure));
                }
            }
        }
    }

    /// Adds the pictures of one folder; the folders in it, if they count.
    fn entries(&mut self, folder: &Path, below: &Path) -> io::Result<Vec<PathBuf>> {
        let entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
        let mut entries: Vec<_> = entries.into_iter().filter(is_shown).collect();
        entries.sort_by_key(DirEntry::file_name);
        let mut folders = Vec::new();
        for entry in entries {
            let kind = entry.file_type()?;
            if kind.is_dir() && self.deep && !self.is_spared(&entry)? {
                folders.push(below.join(entry.file_name()));
            } else if kind.is_file() && is_picture(&entry.path()) {
                self.add(Some(entry.path()), below.to_owned());
            }
        }
        Ok(folders)
    }

    fn is_spared(&self, entry: &DirEntry) -> io::Result<bool> {
        let Some(spared) = self.spared else {
            return Ok(false);
        };
        Ok(os::identity(&entry.metadata()?) == spared)
    }
}

fn is_shown(entry: &DirEntry) -> bool {
    !entry.file_name().as_encoded_bytes().starts_with(b".")
}

/// Endings of formats beside their names.
const ENDINGS: [(&str, Format); 7] = [
    ("jpe", Format::Jpeg),
    ("jfif", Format::Jpeg),
    ("apng", Format::Png),
    ("ppm", Format::Pnm),
    ("pgm", Format::Pnm),
    ("pbm", Format::Pnm),
    ("pic", Format::Hdr),
];

/// The format that files of that ending have.
pub(super) fn format_of(ending: &str) -> Option<Format> {
    let beside = ENDINGS.iter();
    let beside = beside.filter(|(name, _)| name.eq_ignore_ascii_case(ending));
    let named = Format::named(ending).map(|row| row.format);
    named.or(beside.map(|(_, format)| *format).next())
}

/// Whether its name says so.
fn is_picture(path: &Path) -> bool {
    let ending = path.extension().and_then(OsStr::to_str);
    let format = ending.and_then(format_of);
    format.is_some_and(Format::is_built)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn folders_are_walked_and_nothing_leads_round() {
        let place = std::env::temp_dir().join(format!("pixmill-inputs-{}", std::process::id()));
        for folder in ["a/deep/deeper", "a/out", "a/.hidden", "b"] {
            fs::create_dir_all(place.join(folder)).unwrap();
        }
        for file in [
            "a/2.png",
            "a/1.JPG",
            "a/notes.txt",
            "a/.x.png",
            "a/deep/3.webp",
            "a/deep/deeper/4.ppm",
            "a/out/old.png",
            "a/.hidden/5.png",
            "b/6.gif",
        ] {
            fs::write(place.join(file), b"x").unwrap();
        }
        symlink(place.join("a"), place.join("a/deep/loop")).unwrap();
        symlink(place.join("b/6.gif"), place.join("a/link.gif")).unwrap();
        let out = place.join("a/out");
        let names = |named: &[&str], deep| -> Vec<(String, String)> {
            let named: Vec<_> = named.iter().map(|name| place.join(name)).collect();
            let found = Found::of(&named, deep, Some(&out));
            assert!(found.failed.is_empty());
            for (index, input) in found.inputs.iter().enumerate() {
                assert_eq!(input.number, index + 1);
            }
            let name = |input: Input| {
                let path = input.path.unwrap();
                let path = path.strip_prefix(&place).unwrap();
                let below = input.below.display().to_string();
                (path.display().to_string(), below)
            };
            found.inputs.into_iter().map(name).collect()
        };
        let own = |list: &[(&str, &str)]| -> Vec<(String, String)> {
            let own = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
            list.iter().map(own).collect()
        };
        assert_eq!(
            names(&["b/6.gif", "a"], false),
            own(&[("b/6.gif", ""), ("a/1.JPG", ""), ("a/2.png", "")])
        );
        assert_eq!(
            names(&["a", "none.png"], true),
            own(&[
                ("a/1.JPG", ""),
                ("a/2.png", ""),
                ("a/deep/3.webp", "deep"),
                ("a/deep/deeper/4.ppm", "deep/deeper"),
                ("none.png", ""),
            ])
        );
        fs::remove_dir_all(place).unwrap();
    }
}
