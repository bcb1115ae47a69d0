//! What files are.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgMatches, Command};
use pixmill::batch::{self, Drafts, Failure, Found, Reader, Teller, Told};
use pixmill::config::Config;
use pixmill::http::local;
use pixmill::pipeline::gist::Wanted;
use pixmill::pipeline::parameter::PARAMETERS;
use pixmill::service::Service;
use serde_json::{Map, Value, json};

use super::operations::{common, flag, pairs, paths};
use super::session::{self, Outcome, Reach};
use super::settings::local_settings;
use super::wrong;

/// Files to tell of.
pub(crate) struct Info {
    config: Config,
    wanted: Wanted,
    files: Vec<PathBuf>,
    deep: bool,
    json: bool,
}

/// Parameters of `/info`.
const PARAMETERS_OF_INFO: [&str; 3] = ["hash", "colors", "page"];

pub(super) fn command() -> Command {
    Command::new("info")
        .about("Tells what pictures are, as /info does.")
        .defer(|command| {
            let own = PARAMETERS.iter();
            let own = own.filter(|row| PARAMETERS_OF_INFO.contains(&row.name));
            command
                .args(common(
                    "What to read; a folder stands for the pictures in it, - for standard input.",
                ))
                .args(own.map(flag))
                .args(local_settings())
                .after_help("Exit codes: 0 all were read, 1 some weren't, 64 usage.")
        })
}

/// What is asked.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn read(arguments: &ArgMatches, config: &Config) -> Result<Info, String> {
    let wanted = local::asked_about(&pairs(arguments), config.pipeline.max_output_side);
    Ok(Info {
        config: config.clone(),
        wanted: wanted.map_err(|problem| problem.detail().to_owned())?,
        files: paths(arguments, "files"),
        deep: arguments.get_flag("recursive"),
        json: arguments.get_flag("json"),
    })
}

/// Tells it.
pub(super) fn run(info: &Info) -> ExitCode {
    let found = Found::of(&info.files, info.deep, None);
    if found.inputs.is_empty() && found.failed.is_empty() {
        return wrong("there is no picture in what was named");
    }
    let reach = Reach::of(&info.files);
    session::run(&info.config, &reach, &Drafts::default(), async |service| {
        all(info, found, service).await
    })
}

async fn all(info: &Info, found: Found, service: Service) -> Result<Outcome, Failure> {
    let reader = Reader::new(service).map_err(|error| Failure::unreadable(&error))?;
    let at_once = reader.at_once();
    let teller = Teller::new(reader, info.wanted);
    let mut page = Page {
        json: info.json,
        is_clean: true,
        rows: BTreeMap::new(),
        left: found.inputs.len(),
    };
    let mut read = Ok(());
    for (path, failure) in &found.failed {
        read = read.and_then(|()| page.failed(&path.display().to_string(), failure));
    }
    let tell = move |input| {
        let teller = teller.clone();
        async move { teller.tell(input).await }
    };
    batch::each(batch::grouped(found.inputs, None), at_once, tell, |told| {
        let ended = std::mem::replace(&mut read, Ok(()));
        read = ended.and_then(|()| page.told(told));
        if read.is_ok() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    })
    .await;
    if let Err(error) = read.and_then(|()| page.end()) {
        return session::unwritten(&error);
    }
    Ok(if page.is_clean && page.left == 0 {
        Outcome::Clean
    } else {
        Outcome::Failed
    })
}

/// What is told, in order where that is for a person.
struct Page {
    json: bool,
    is_clean: bool,
    rows: BTreeMap<usize, Row>,
    /// Files that nothing has been told of.
    left: usize,
}

impl Page {
    fn told(&mut self, told: Told) -> io::Result<()> {
        self.left -= 1;
        let input = told.input.shown();
        match told.said {
            Err(failure) => self.failed(&input, &failure),
            Ok((size, said)) if self.json => {
                let pairs = [("input", json!(input)), ("bytes", json!(size))];
                let mut line: Map<String, Value> = pairs
                    .map(|(name, value)| (name.to_owned(), value))
                    .into_iter()
                    .collect();
                if let Value::Object(said) = said {
                    line.extend(said);
                }
                print(&format!("{}\n", Value::Object(line)))
            }
            Ok((size, said)) => {
                self.rows.insert(told.input.number, (input, size, said));
                Ok(())
            }
        }
    }

    fn failed(&mut self, input: &str, failure: &Failure) -> io::Result<()> {
        self.is_clean = false;
        if self.json {
            let line = json!({"input": input, "problem": failure.document()});
            return print(&format!("{line}\n"));
        }
        eprintln!("pixmill: {input}: {}", failure.detail());
        Ok(())
    }

    /// One file has all of its facts below each other, several have a row of a table each.
    fn end(&self) -> io::Result<()> {
        let rows: Vec<_> = self.rows.values().collect();
        match rows.as_slice() {
            [] => Ok(()),
            [(input, size, said)] => {
                let mut facts = vec![
                    ["file".to_owned(), input.clone()],
                    ["bytes".to_owned(), size.to_string()],
                ];
                facts_of("", said, &mut facts);
                print(&aligned(&facts))
            }
            several => {
                let head = COLUMNS.map(|(title, _)| title.to_owned());
                let body = several.iter().map(|row| COLUMNS.map(|(_, cell)| cell(row)));
                let lines: Vec<_> = std::iter::once(head).chain(body).collect();
                print(&aligned(&lines))
            }
        }
    }
}

/// A file's name, its bytes, and what is said of it.
type Row = (String, u64, Value);

/// A title, and what stands below it.
type Column = (&'static str, fn(&Row) -> String);

const COLUMNS: [Column; 9] = [
    ("format", |row| text(row, "type")),
    ("size", |row| {
        let [width, height] = ["displayWidth", "displayHeight"].map(|name| text(row, name));
        format!("{width}x{height}")
    }),
    ("bytes", |row| row.1.to_string()),
    ("depth", |row| text(row, "bitDepth")),
    ("space", |row| text(row, "space")),
    ("alpha", |row| text(row, "hasAlpha")),
    ("frames", |row| text(row, "frames")),
    ("detail", |row| text(row, "detail")),
    ("file", |row| row.0.clone()),
];

fn text(row: &Row, name: &str) -> String {
    row.2.get(name).map(shown).unwrap_or_default()
}

/// A value for a person.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(truth) => if *truth { "yes" } else { "no" }.to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What is said, name by name, what is in something under both names; what is empty isn't.
fn facts_of(outer: &str, said: &Value, facts: &mut Vec<[String; 2]>) {
    let Value::Object(said) = said else { return };
    for (name, value) in said {
        let name = format!("{outer}{name}");
        match value {
            Value::Object(_) => facts_of(&format!("{name}."), value, facts),
            Value::Array(items) => {
                for item in items {
                    let parts = item.as_object().into_iter().flat_map(Map::values);
                    let parts: Vec<_> = parts.map(shown).collect();
                    facts.push([name.clone(), parts.join(" ")]);
                }
            }
            value if shown(value).is_empty() => {}
            value => facts.push([name, shown(value)]),
        }
    }
}

/// Lines whose columns begin below each other, with nothing in them that a terminal would obey.
pub(super) fn aligned<const N: usize>(lines: &[[String; N]]) -> String {
    let lines: Vec<_> = lines
        .iter()
        .map(|line| {
            line.each_ref()
                .map(|cell| crate::plain(cell).replace('\n', "\\n"))
        })
        .collect();
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..N).map(width).collect();
    let mut page = String::new();
    for line in &lines {
        let cells = line.iter().zip(&widths);
        let cells: Vec<_> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        page.push_str(cells.join("  ").trim_end());
        page.push('\n');
    }
    page
}

fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
