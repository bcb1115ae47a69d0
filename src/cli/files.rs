//! Operations on files.

use std::cell::RefCell;
use std::collections::BTreeSet;
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
    let sources = found
        .inputs
        .iter()
        .filter_map(|input| input.path.as_deref());
    let drafts = Drafts::sparing(sources.chain(work.image.as_deref()));
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

/// What is read and written. Folders of answers are made, as far as that doesn't take to know them, so that they can be told from others.
fn reach(work: &Work, found: &Found) -> Result<Reach, String> {
    let mut reach = Reach::of(&work.files);
    if let Some(image) = &work.image {
        reach.reads(image);
    }
    let Place::Files(names) = &work.place else {
        return Ok(reach);
    };
    let folders = found.inputs.iter().map(|input| names.folder_for(input));
    for folder in names
        .folder()
        .into_iter()
        .chain(folders)
        .collect::<BTreeSet<_>>()
    {
        let made = fs::create_dir_all(&folder);
        made.map_err(|error| format!("{}: {error}", folder.display()))?;
        reach.writes(&folder);
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
        if let Err(error) = told {
            return session::unwritten(&error);
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
    let mut unwritten = None;
    batch::each(groups, at_once, make, |done: Done| {
        match deliver(&done).and_then(|()| report.borrow_mut().done(&done)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                unwritten = Some(error);
                ControlFlow::Break(())
            }
        }
    })
    .await;
    if let Some(error) = unwritten {
        return session::unwritten(&error);
    }
    Ok(if report.borrow().is_clean() {
        Outcome::Clean
    } else {
        Outcome::Failed
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
