//! The configuration's file, read again when somebody says so: SIGHUP, as `systemctl reload` sends it.

use std::ffi::OsString;
use std::io::{self, Error, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::sync::Arc;

use pixmill::app::Front;
use pixmill::config::Standing;
use pixmill::os::Folder;
use pixmill::source::Opened;
use pixmill::telemetry;
use tokio::signal::unix::Signal;
use tokio::sync::oneshot;

/// Bytes of a file, at most.
const LONGEST: u64 = 1 << 20;

/// The file, by the folder that it lies in: editors and orchestrators put another file in its place.
pub(crate) struct File {
    folder: Folder,
    name: OsString,
}

impl File {
    /// That of a configuration, if it has one whose folder can be opened; that can't be done once the sandbox is up.
    pub(crate) fn of(standing: &Standing) -> Option<Self> {
        let path = standing.file()?;
        Self::open(Path::new(path))
            .inspect_err(|error| {
                tracing::warn!(path, %error, "the configuration can't be read again while the server runs");
            })
            .ok()
    }

    fn open(path: &Path) -> io::Result<Self> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let folder = path.parent().filter(|parent| *parent != Path::new(""));
        Ok(Self {
            folder: Folder::open(folder.unwrap_or(Path::new(".")))?,
            name: name.to_owned(),
        })
    }

    fn read(&self) -> io::Result<String> {
        let opened = self.folder.open_file(&self.name)?;
        let (file, _) = opened.ok_or_else(|| {
            Error::other("there is no such file that may be read, or it lies in another folder")
        })?;
        let mut text = String::new();
        file.take(LONGEST + 1).read_to_string(&mut text)?;
        if text.len() as u64 > LONGEST {
            return Err(Error::other("it has more than a mebibyte"));
        }
        Ok(text)
    }
}

/// The folders beneath which a server reads files.
pub(crate) fn folders<'a>(sources: &'a Opened, file: Option<&'a File>) -> Vec<BorrowedFd<'a>> {
    let own = file.map(|file| file.folder.as_fd());
    sources.folder().into_iter().chain(own).collect()
}

/// Reads the file at each signal, and has the front door take over what it says; all of it, or nothing and why. Without a
/// file that can be read again, that is why.
pub(crate) async fn follow(
    mut signal: Signal,
    file: Option<File>,
    mut standing: Standing,
    front: Front,
) {
    let file = file.map(Arc::new);
    while signal.recv().await.is_some() {
        match again(file.as_ref(), &standing).await {
            Ok(new) => {
                let changed = standing.changed(&new).join(", ");
                front.take_over(new.config(), new.effective());
                telemetry::filter(&new.config().telemetry.filter);
                standing = new;
                tracing::info!(changed, "the configuration was read again");
            }
            Err(mistakes) => {
                let mistakes = mistakes.join("; ");
                front.stay();
                tracing::error!(mistakes, "the configuration stays as it is");
            }
        }
    }
}

/// On a thread of its own: a disk may take its time.
async fn again(file: Option<&Arc<File>>, standing: &Standing) -> Result<Standing, Vec<String>> {
    let Some(file) = file else {
        return Err(vec![
            "its folder couldn't be opened at the start".to_owned(),
        ]);
    };
    let (tell, told) = oneshot::channel();
    let (file, standing) = (Arc::clone(file), standing.clone());
    let read = move || {
        let text = file.read().map_err(|error| vec![error.to_string()]);
        let read = text.and_then(|text| {
            let told = |mistakes: Vec<_>| mistakes.iter().map(ToString::to_string).collect();
            standing.reread(text).map_err(told)
        });
        drop(tell.send(read));
    };
    let thread = std::thread::Builder::new().name("pixmill-reload".to_owned());
    thread
        .spawn(read)
        .map_err(|error| vec![error.to_string()])?;
    told.await
        .unwrap_or_else(|_panic| Err(vec!["it couldn't be read".to_owned()]))
}
