//! Operations on files.

use std::cell::RefCell;
use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use pixmill::batch::{self, Done, Drafts, Failure, Found, Input, Maker, Reader, Target};
use pixmill::service::Service;

use super::operations::{Place, Work};
use super::report::Report;
use super::session::{self, Outcome};
use super::{USAGE, wrong};

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
    let code = session::run(&work.config, &drafts, async |service| {
        all(work, found, target, service, &report).await
    });
    if code != ExitCode::from(USAGE) {
        report.into_inner().end();
    }
    code
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
    let asked = (work.row, work.parameters.as_slice());
    let maker = Maker::new(reader, asked, image.as_ref(), target).await?;
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
