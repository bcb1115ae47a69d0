//! Files that are being written: nobody sees half of one, and nothing is replaced unasked.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Failure;
use crate::os;

/// Files on their way to their names. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Drafts(Arc<Mutex<Books>>);

#[derive(Debug, Default)]
struct Books {
    /// Names of drafts that are there.
    open: BTreeSet<PathBuf>,
    /// What was written to the end.
    written: BTreeSet<PathBuf>,
    /// For the next draft's name.
    count: u64,
    /// Nothing is begun or finished any more.
    is_closed: bool,
}

impl Drafts {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there could be a file of that name now.
    ///
    /// # Errors
    /// `same-name` where this has written one, `exists` where there is one that isn't to be replaced.
    pub fn check(&self, to: &Path, replace: bool) -> Result<(), Failure> {
        let place = to.display().to_string();
        if self.books().written.contains(to) {
            return Err(Failure::same_name(&place));
        }
        // A link counts, wherever it leads.
        if !replace && fs::symlink_metadata(to).is_ok() {
            return Err(Failure::exists(&place));
        }
        Ok(())
    }

    /// Writes a file, and the folders it is in: under a name of its own, in the same folder, until all of it is there.
    /// What is replaced is the name, never what a link of that name leads to. Blocks.
    ///
    /// # Errors
    /// As [`Drafts::check`], and `unwritable`.
    pub fn write(&self, bytes: &[u8], to: &Path, replace: bool) -> Result<(), Failure> {
        self.check(to, replace)?;
        self.written(bytes, to, replace).map_err(|error| {
            let place = to.display().to_string();
            match error.kind() {
                io::ErrorKind::AlreadyExists => Failure::exists(&place),
                _ => Failure::unwritable(&place, &error),
            }
        })
    }

    fn written(&self, bytes: &[u8], to: &Path, replace: bool) -> io::Result<()> {
        let folder = to.parent().filter(|folder| *folder != Path::new(""));
        let folder = folder.unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(|error| match error.kind() {
            // It isn't the answer's own name that is taken.
            io::ErrorKind::AlreadyExists => io::ErrorKind::NotADirectory.into(),
            _ => error,
        })?;
        let (draft, mut file) = self.begin(folder)?;
        let ended = file
            .write_all(bytes)
            .and_then(|()| self.end(&draft, to, replace));
        if ended.is_err() {
            let mut books = self.books();
            if books.open.remove(&draft) {
                // What can't be removed stays under a name that nobody looks for.
                let _left = fs::remove_file(&draft);
            }
        }
        ended
    }

    fn begin(&self, folder: &Path) -> io::Result<(PathBuf, File)> {
        let mut books = self.books();
        if books.is_closed {
            return Err(io::ErrorKind::Interrupted.into());
        }
        loop {
            books.count += 1;
            let name = format!(".pixmill-{}-{}.part", std::process::id(), books.count);
            let draft = folder.join(name);
            match OpenOptions::new().write(true).create_new(true).open(&draft) {
                Ok(file) => {
                    books.open.insert(draft.clone());
                    return Ok((draft, file));
                }
                // Left by another process of that number.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn end(&self, draft: &Path, to: &Path, replace: bool) -> io::Result<()> {
        let mut books = self.books();
        if books.is_closed {
            return Err(io::ErrorKind::Interrupted.into());
        }
        if replace {
            fs::rename(draft, to)?;
        } else {
            os::rename_new(draft, to)?;
        }
        books.open.remove(draft);
        books.written.insert(to.to_owned());
        Ok(())
    }

    /// Removes what isn't finished, and lets nothing be begun any more. What is written stays.
    pub fn abandon(&self) {
        let mut books = self.books();
        books.is_closed = true;
        for draft in std::mem::take(&mut books.open) {
            let _left = fs::remove_file(draft);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn place(name: &str) -> PathBuf {
        let place = std::env::temp_dir().join(format!("pixmill-{name}-{}", std::process::id()));
        fs::create_dir_all(&place).unwrap();
        place
    }

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn nothing_is_replaced_unasked_and_no_link_is_followed() {
        let place = place("drafts");
        let [old, link, new] = ["old", "link", "deep/new"].map(|name| place.join(name));
        fs::write(&old, b"old").unwrap();
        symlink(&old, &link).unwrap();
        let drafts = Drafts::default();
        let code = |to: &Path, replace| {
            drafts
                .write(b"new", to, replace)
                .map_err(|f| f.code().to_owned())
        };
        for taken in [&old, &link] {
            assert_eq!(code(taken, false), Err("exists".to_owned()));
        }
        assert_eq!(code(&new, false), Ok(()));
        assert_eq!(code(&new, true), Err("same-name".to_owned()));
        assert_eq!(code(&old.join("x"), false), Err("unwritable".to_owned()));
        assert_eq!(code(&link, true), Ok(()));
        assert_eq!(fs::read(&old).unwrap(), b"old");
        assert_eq!(fs::read(&link).unwrap(), b"new");
        assert_eq!(names(&place), ["deep", "link", "old"]);
        assert_eq!(names(&place.join("deep")), ["new"]);
        fs::remove_dir_all(place).unwrap();
    }

    #[test]
    fn what_is_abandoned_leaves_nothing() {
        let place = place("abandoned");
        let drafts = Drafts::default();
        drafts.write(b"whole", &place.join("whole"), false).unwrap();
        let (draft, _file) = drafts.begin(&place).unwrap();
        assert!(draft.exists());
        drafts.abandon();
        assert!(!draft.exists());
        assert!(drafts.end(&draft, &place.join("half"), false).is_err());
        let late = drafts.write(b"late", &place.join("late"), false);
        assert_eq!(late.unwrap_err().code(), "unwritable");
        assert_eq!(names(&place), ["whole"]);
        fs::remove_dir_all(place).unwrap();
    }
}
