//! Files that are being written: nobody sees half of one, and nothing is replaced unasked.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Failure;
use crate::os::{self, Identity};

/// Files on their way to their names. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Drafts(Arc<Mutex<Books>>);

#[derive(Debug, Default)]
struct Books {
    /// Names of drafts that are there.
    open: BTreeSet<PathBuf>,
    /// What is read.
    sources: BTreeSet<Identity>,
    /// What was written to the end.
    written: BTreeSet<Identity>,
    /// For the next draft's name.
    count: u64,
    /// Nothing is begun or finished any more.
    is_closed: bool,
}

/// The name of an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) to: &'a Path,
    /// The picture's own source, if that is a file.
    pub(super) own: Option<&'a Path>,
    /// Whether a file that is there is replaced.
    pub(super) replace: bool,
}

impl Place<'_> {
    fn shown(&self) -> String {
        self.to.display().to_string()
    }

    fn broken(&self, error: &io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::AlreadyExists => Failure::exists(&self.shown()),
            _ => Failure::unwritable(&self.shown(), error),
        }
    }
}

impl Books {
    /// What is there and may be replaced.
    fn replaced(&self, place: Place<'_>) -> Result<Option<Metadata>, Failure> {
        // A link counts, wherever it leads.
        let Ok(there) = fs::symlink_metadata(place.to) else {
            return Ok(None);
        };
        let identity = os::identity(&there);
        let is_own = || {
            place
                .own
                .is_some_and(|own| identities(own).contains(&identity))
        };
        if self.written.contains(&identity) {
            Err(Failure::same_name(&place.shown()))
        } else if !(there.is_file() || there.is_symlink()) {
            Err(Failure::no_file(&place.shown()))
        } else if !place.replace {
            Err(Failure::exists(&place.shown()))
        } else if self.sources.contains(&identity) && !is_own() {
            Err(Failure::is_source(&place.shown()))
        } else {
            Ok(Some(there))
        }
    }
}

/// What is found under that name: a link, and what it leads to.
fn identities(path: &Path) -> Vec<Identity> {
    let found = [fs::symlink_metadata(path), fs::metadata(path)];
    let found = found.iter().flatten();
    found.map(os::identity).collect()
}

impl Drafts {
    /// None yet. What lies under these names is read: it is replaced by nothing but what is made of it.
    pub fn sparing<'a>(sources: impl IntoIterator<Item = &'a Path>) -> Self {
        let sources = sources.into_iter().flat_map(identities).collect();
        Self(Arc::new(Mutex::new(Books {
            sources,
            ..Books::default()
        })))
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there could be a file of that name now.
    ///
    /// # Errors
    /// `same-name` where this has written one, `is-source` where another picture is, `exists` where there is what isn't to be replaced.
    pub(super) fn check(&self, place: Place<'_>) -> Result<(), Failure> {
        self.books().replaced(place).map(drop)
    }

    /// Writes a file, and the folders it is in: under a name of its own, in the same folder, until all of it is there.
    /// What is replaced is the name, never what a link of that name leads to. Blocks.
    ///
    /// # Errors
    /// As [`Drafts::check`], and `unwritable`.
    pub(super) fn write(&self, bytes: &[u8], place: Place<'_>) -> Result<(), Failure> {
        self.check(place)?;
        let folder = place.to.parent().filter(|folder| *folder != Path::new(""));
        let folder = folder.unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(|error| match error.kind() {
            // It isn't the answer's own name that is taken.
            io::ErrorKind::AlreadyExists => place.broken(&io::ErrorKind::NotADirectory.into()),
            _ => place.broken(&error),
        })?;
        let begun = self.begin(folder);
        let (draft, mut file) = begun.map_err(|error| place.broken(&error))?;
        let ended = filled(&mut file, bytes, place.replace)
            .map_err(|error| place.broken(&error))
            .and_then(|()| self.end(&draft, &file, place));
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

    fn end(&self, draft: &Path, file: &File, place: Place<'_>) -> Result<(), Failure> {
        let mut books = self.books();
        if books.is_closed {
            return Err(place.broken(&io::ErrorKind::Interrupted.into()));
        }
        // Others may have been written since it was looked at.
        let old = books.replaced(place)?;
        let identity = file.metadata().map(|facts| os::identity(&facts));
        let renamed = identity.and_then(|identity| {
            if place.replace {
                if let Some(old) = old.filter(Metadata::is_file) {
                    // Who may read it is still the owner's choice, where the file system knows of such.
                    let _unknown = file.set_permissions(old.permissions());
                }
                fs::rename(draft, place.to)?;
            } else {
                os::rename_new(draft, place.to)?;
            }
            Ok(identity)
        });
        let identity = renamed.map_err(|error| place.broken(&error))?;
        books.open.remove(draft);
        books.written.insert(identity);
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

/// What takes an old file's name is on the disk before: or there might be neither after a power cut.
fn filled(file: &mut File, bytes: &[u8], replaces: bool) -> io::Result<()> {
    file.write_all(bytes)?;
    if replaces { file.sync_data() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

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
            let place = Place {
                to,
                own: None,
                replace,
            };
            drafts.write(b"new", place).map_err(|f| f.code().to_owned())
        };
        for taken in [&old, &link] {
            assert_eq!(code(taken, false), Err("exists".to_owned()));
        }
        for replace in [false, true] {
            assert_eq!(
                code(Path::new("/dev/null"), replace),
                Err("exists".to_owned())
            );
        }
        assert_eq!(code(&new, false), Ok(()));
        assert_eq!(
            code(&place.join("deep/../deep/new"), true),
            Err("same-name".to_owned())
        );
        assert_eq!(code(&old.join("x"), false), Err("unwritable".to_owned()));
        fs::set_permissions(&old, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(code(&link, true), Ok(()));
        assert_eq!(fs::read(&old).unwrap(), b"old");
        assert_eq!(fs::read(&link).unwrap(), b"new");
        assert_eq!(code(&old, true), Ok(()));
        assert_eq!(fs::metadata(&old).unwrap().mode() & 0o777, 0o600);
        assert_eq!(names(&place), ["deep", "link", "old"]);
        assert_eq!(names(&place.join("deep")), ["new"]);
        fs::remove_dir_all(place).unwrap();
    }

    #[test]
    fn no_answer_replaces_what_another_is_made_of() {
        let place = place("sources");
        let [one, two, link] = ["one", "two", "link"].map(|name| place.join(name));
        fs::write(&one, b"one").unwrap();
        fs::write(&two, b"two").unwrap();
        symlink(&two, &link).unwrap();
        let drafts = Drafts::sparing([one.as_path(), &link]);
        let code = |to: &Path, own: &Path| {
            let place = Place {
                to,
                own: Some(own),
                replace: true,
            };
            drafts.write(b"new", place).map_err(|f| f.code().to_owned())
        };
        for (to, own) in [(&two, &one), (&link, &one), (&one, &link)] {
            assert_eq!(
                code(to, own),
                Err("is-source".to_owned()),
                "{to:?} of {own:?}"
            );
        }
        for (own, old) in [(&one, "one"), (&link, "two")] {
            assert_eq!(fs::read(own).unwrap(), old.as_bytes());
            assert_eq!(code(own, own), Ok(()));
        }
        assert_eq!(fs::read(&two).unwrap(), b"two");
        assert_eq!(names(&place), ["link", "one", "two"]);
        fs::remove_dir_all(place).unwrap();
    }

    #[test]
    fn what_is_abandoned_leaves_nothing() {
        let place = place("abandoned");
        let drafts = Drafts::default();
        let [whole, half, late] = ["whole", "half", "late"].map(|name| place.join(name));
        let at = |to| Place {
            to,
            own: None,
            replace: false,
        };
        drafts.write(b"whole", at(&whole)).unwrap();
        let (draft, file) = drafts.begin(&place).unwrap();
        assert!(draft.exists());
        drafts.abandon();
        assert!(!draft.exists());
        assert!(drafts.end(&draft, &file, at(&half)).is_err());
        let late = drafts.write(b"late", at(&late));
        assert_eq!(late.unwrap_err().code(), "unwritable");
        assert_eq!(names(&place), ["whole"]);
        fs::remove_dir_all(place).unwrap();
    }
}
