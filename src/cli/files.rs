//! Operations on files.

use std::cell::RefCell;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use pixmill::batch::{self, Done, Drafts, Failure, Found, Input, Maker, Reader, Target};
use pixmill::service::Service;

use super::operations::{Place, Work};
use super::report::Report;
use super::session::{self, Outcome, Reach};
use super::wrong;
use crate::FAILURE;

/// Does it.
pub(super) fn run(work: &Work) -> ExitCode {
    let out = matches!(work.place, Place::Out);
    if out && io::stdout().is_terminal() {
        return wrong("a picture is nothing for a terminal: say a file, or send it to a program");
    }
    let spared = match &work.place {
        Place::Files(names) => names.folder().filter(|folder| folder != Path::new("./")),
        Place::Out => None,
    };
    let found = Found::of(&work.files, work.deep, spared.as_deref());
    if found.inputs.is_empty() && found.failed.is_empty() {
        return wrong("there is no picture in what was named");
    }
    let drafts = Drafts::default();
    let target = match &work.place {
        Place::Out => Target::Caller,
        Place::Files(names) => Target::Files {
            names: names.clone(),
            replace: work.replace,
            drafts: drafts.clone(),
        },
    };
    let total = found.inputs.len() + found.failed.len();
    let report = RefCell::new(Report::new(work.json, out, total));
    let reach = match reach(work, &found) {
        Ok(reach) => reach,
        Err(error) => {
            eprintln!("pixmill: {error}");
            return ExitCode::from(FAILURE);
        }
    };
    let code = session::run(&work.config, &reach, &drafts, async |service| {
        all(work, found, target, service, &report).await
    });
    report.into_inner().end();
    code
}

/// What is read and written. The folder of all answers is made, so that it can be told from others.
fn reach(work: &Work, found: &Found) -> Result<Reach, String> {
    let mut reach = Reach::of(&work.files);
    if let Some(image) = &work.image {
        reach.reads(image);
    }
    let Place::Files(names) = &work.place else {
        return Ok(reach);
    };
    match names.folder() {
        Some(folder) => {
            let made = fs::create_dir_all(&folder);
            made.map_err(|error| format!("{}: {error}", folder.display()))?;
            reach.writes(&folder);
        }
        None => {
            for input in &found.inputs {
                let folder = input.path.as_deref().and_then(Path::parent);
                reach.writes(folder.unwrap_or(Path::new("")));
            }
        }
    }
    Ok(reach)
}

async fn all(
    work: &Work,
    found: Found,
    target: Target,
    service: Service,
    report: &RefCell<Report>,
) -> Result<Outcome, Failure> {
    let threads = |error: io::Error| Failure::unreadable(&error);
    let reader = Reader::new(service).map_err(threads)?;
    let at_once = reader.at_once();
    let image = work.image.as_deref().map(named);
    let request = work.request.clone();
    let maker = Maker::new(reader, request, image.as_ref(), target).await?;
    for (path, failure) in found.failed {
        let told = report
            .borrow_mut()
            .failed(&path.display().to_string(), &failure);
        if told.is_err() {
            return Ok(Outcome::Unread);
        }
    }
    let names = match &work.place {
        Place::Files(names) => Some(names),
        Place::Out => None,
    };
    let groups = batch::grouped(found.inputs, names);
    let make = move |input| {
        let maker = maker.clone();
        async move { maker.make(input).await }
    };
    let mut unread = false;
    batch::each(groups, at_once, make, |done: Done| {
        if deliver(&done)
            .and_then(|()| report.borrow_mut().done(&done))
            .is_ok()
        {
            return ControlFlow::Continue(());
        }
        unread = true;
        ControlFlow::Break(())
    })
    .await;
    Ok(match report.borrow().is_clean() {
        _ if unread => Outcome::Unread,
        true => Outcome::Clean,
        false => Outcome::Failed,
    })
}

fn named(path: &Path) -> Input {
    Input {
        path: (path.as_os_str() != "-").then(|| path.to_owned()),
        below: PathBuf::new(),
        number: 1,
    }
}

/// Writes what is for standard output.
fn deliver(done: &Done) -> io::Result<()> {
    let Ok(made) = &done.made else { return Ok(()) };
    let Some(bytes) = &made.bytes else {
        return Ok(());
    };
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}
