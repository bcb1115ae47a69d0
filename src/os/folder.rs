//! A folder that is open, and files beneath it: whatever a path says, nothing outside is ever opened.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags, ResolveFlags, fstat, openat2};
use rustix::io::Errno;

/// A folder that was opened once. Paths are looked up from it by the kernel, which refuses each step outside: `..`, a link, an
/// absolute path.
#[derive(Debug)]
pub struct Folder(OwnedFd);

/// What a file was when it was opened. The same figures mean the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// Bytes.
    pub size: u64,
    /// Device and number on it.
    pub identity: (u64, u64),
    /// When its bytes changed, and when anything of it did, each in seconds and nanoseconds.
    pub changed: [(i64, u64); 2],
}

/// How often a look-up is begun again because something was renamed meanwhile.
const TRIES: usize = 4;

const BENEATH: ResolveFlags = ResolveFlags::BENEATH.union(ResolveFlags::NO_MAGICLINKS);

impl Folder {
    /// Opens it.
    ///
    /// # Errors
    /// There is no such folder, or the kernel (before Linux 5.6) can't keep paths beneath one: there is no weaker way.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
        let folder = rustix::fs::open(path, flags, Mode::empty())?;
        let _beneath = openat2(&folder, ".", flags, Mode::empty(), BENEATH)?;
        Ok(Self(folder))
    }

    /// Opens a regular file beneath it for reading; `None` if there is none that may be read, or the path leads outside. `path` is
    /// relative to the folder.
    ///
    /// # Errors
    /// The disk's, or that no more files may be open.
    pub fn open_file(&self, path: &OsStr) -> io::Result<Option<(File, FileFacts)>> {
        // A pipe without a writer must not hold a thread up, and a terminal not become the process's own.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let mut opened = Err(Errno::AGAIN);
        for _ in 0..TRIES {
            opened = openat2(&self.0, path, flags, Mode::empty(), BENEATH);
            if !matches!(opened, Err(Errno::AGAIN | Errno::INTR)) {
                break;
            }
        }
        match opened {
            Ok(file) => Ok(facts(file.as_fd())?.map(|facts| (File::from(file), facts))),
            Err(
                Errno::NOENT
                | Errno::NOTDIR
                | Errno::ISDIR
                | Errno::ACCESS
                | Errno::PERM
                | Errno::XDEV
                | Errno::LOOP
                | Errno::NAMETOOLONG
                | Errno::INVAL
                | Errno::NXIO
                | Errno::NODEV,
            ) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

fn facts(file: BorrowedFd<'_>) -> io::Result<Option<FileFacts>> {
    let stat = fstat(file)?;
    let is_regular = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
    Ok(is_regular.then(|| FileFacts {
        size: u64::try_from(stat.st_size).unwrap_or(0),
        identity: (stat.st_dev, stat.st_ino),
        changed: [
            (stat.st_mtime, stat.st_mtime_nsec),
            (stat.st_ctime, stat.st_ctime_nsec),
        ],
    }))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn nothing_outside_is_opened() {
        let place = std::env::temp_dir().join(format!("pixmill-folder-{}", std::process::id()));
        let (inside, sibling) = (place.join("images"), place.join("images-private"));
        std::fs::create_dir_all(inside.join("sub")).unwrap();
        std::fs::create_dir_all(&sibling).unwrap();
        std::fs::write(inside.join("a.png"), b"inside").unwrap();
        std::fs::write(inside.join("sub/b.png"), b"deeper").unwrap();
        std::fs::write(sibling.join("secret.png"), b"secret").unwrap();
        symlink("a.png", inside.join("link.png")).unwrap();
        symlink("../images-private/secret.png", inside.join("out.png")).unwrap();
        symlink(&sibling, inside.join("outside")).unwrap();
        symlink("/proc/self/fd", inside.join("magic")).unwrap();
        rustix::fs::mkfifoat(
            rustix::fs::CWD,
            inside.join("pipe"),
            Mode::from_raw_mode(0o600),
        )
        .unwrap();
        let folder = Folder::open(&inside).unwrap();
        for (path, size) in [
            ("a.png", Some(6)),
            ("./a.png", Some(6)),
            ("sub/b.png", Some(6)),
            ("sub/../a.png", Some(6)),
            ("link.png", Some(6)),
            ("out.png", None),
            ("outside/secret.png", None),
            ("../images-private/secret.png", None),
            ("../images/a.png", None),
            ("sub/../../images/a.png", None),
            ("/etc/hostname", None),
            ("magic/0", None),
            ("sub", None),
            (".", None),
            ("", None),
            ("pipe", None),
            ("a.png/", None),
            ("none.png", None),
        ] {
            let opened = folder.open_file(OsStr::new(path)).unwrap();
            let got = opened.map(|(_, facts)| facts.size);
            assert_eq!(got, size, "{path}");
        }
        let facts = || folder.open_file(OsStr::new("a.png")).unwrap().unwrap().1;
        let before = facts();
        assert_eq!(before, facts());
        std::fs::write(inside.join("a.png"), b"INSIDE").unwrap();
        assert_ne!(before, facts());
        std::fs::remove_dir_all(place).unwrap();
    }
}
