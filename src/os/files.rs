//! Files by their names.

use std::fs::Metadata;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, RenameFlags, renameat_with};
use rustix::io::Errno;

/// Gives a file another name in the same folder, unless there is something by that name: nothing is ever replaced.
///
/// # Errors
/// `AlreadyExists`, or the system's.
pub fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // File systems of other machines, and old kernels, don't know how.
        Err(Errno::INVAL | Errno::NOSYS) => {
            match linked_new(from, to) {
                // Some know no links either.
                Err(error) if knows_no_links(&error) => moved_new(from, to),
                ended => ended,
            }
        }
        ended => Ok(ended?),
    }
}

fn linked_new(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::hard_link(from, to)?;
    std::fs::remove_file(from)
}

fn knows_no_links(error: &io::Error) -> bool {
    let known = [Errno::PERM, Errno::OPNOTSUPP, Errno::NOSYS, Errno::MLINK];
    let number = error.raw_os_error();
    known
        .iter()
        .any(|errno| Some(errno.raw_os_error()) == number)
}

/// By a file that is empty for a moment, and that nobody else can make by then.
fn moved_new(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::File::create_new(to)?;
    std::fs::rename(from, to).inspect_err(|_| {
        // It is ours, and empty.
        let _left = std::fs::remove_file(to);
    })
}

/// A file or folder as a place alone: nothing can be read or written by it.
///
/// # Errors
/// There is none, or it can't be got at.
pub fn place(path: &Path) -> io::Result<OwnedFd> {
    Ok(rustix::fs::open(
        path,
        OFlags::PATH | OFlags::CLOEXEC,
        Mode::empty(),
    )?)
}

/// What tells a file from every other: device and number on it.
pub type Identity = (u64, u64);

/// Which file it is.
pub fn identity(metadata: &Metadata) -> Identity {
    (metadata.dev(), metadata.ino())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_replaced() {
        let folder = std::env::temp_dir().join(format!("pixmill-files-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let [from, to, link] = ["from", "to", "link"].map(|name| folder.join(name));
        std::fs::write(&from, b"new").unwrap();
        std::fs::write(&to, b"old").unwrap();
        std::os::unix::fs::symlink("nowhere", &link).unwrap();
        for taken in [&to, &link] {
            let error = rename_new(&from, taken).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        }
        std::fs::remove_file(&to).unwrap();
        rename_new(&from, &to).unwrap();
        assert_eq!(std::fs::read(&to).unwrap(), b"new");
        assert!(!from.exists() && !folder.join("nowhere").exists());
        for by in [linked_new, moved_new] {
            let error = by(&to, &link).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
            by(&to, &from).unwrap();
            assert_eq!(std::fs::read(&from).unwrap(), b"new");
            by(&from, &to).unwrap();
            assert!(to.exists() && !from.exists());
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
