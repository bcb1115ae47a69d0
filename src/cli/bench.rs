//! What this machine can do, measured.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use pixmill::batch::{Drafts, Failure, Input, Reader};
use pixmill::config::Config;
use pixmill::os;
use pixmill::service::Service;
use pixmill::trial::{Figures, TASKS, Trial, WISHES, Wish};
use serde_json::json;

use super::operations::paths;
use super::session::{self, Outcome, Reach};
use super::settings::local_settings;

/// What to measure.
pub(crate) struct Bench {
    config: Config,
    time: Duration,
    /// Pictures of the user's own; none is those that are made.
    files: Vec<PathBuf>,
    /// Only tasks with this in their name.
    only: Option<String>,
    json: bool,
}

/// Seconds of a day, at most.
const LONGEST: f64 = 86_400.0;

pub(super) fn command() -> Command {
    Command::new("bench")
        .about("Measures what this machine can do, through what a server works through, on all workers.")
        .defer(|command| {
            command
                .arg(
                    Arg::new("seconds")
                        .long("seconds")
                        .value_name("SECONDS")
                        .default_value("3")
                        .value_parser(|text: &str| {
                            let seconds = text.parse::<f64>().ok();
                            let fits = |seconds: &f64| (0.0..=LONGEST).contains(seconds);
                            let seconds = seconds.filter(fits);
                            seconds.ok_or("a number of seconds, up to a day")
                        })
                        .help("How long each task is measured."),
                )
                .arg(
                    Arg::new("file")
                        .long("file")
                        .value_name("FILE")
                        .action(ArgAction::Append)
                        .value_parser(value_parser!(PathBuf))
                        .help("A picture of your own in place of those that are made; may be given again."),
                )
                .arg(
                    Arg::new("task")
                        .long("task")
                        .value_name("TEXT")
                        .help("Only tasks that have this in their name, such as AVIF."),
                )
                .arg(
                    Arg::new("json")
                        .long("json")
                        .action(ArgAction::SetTrue)
                        .help("Say what came of each task in a line of JSON."),
                )
                .args(local_settings())
        })
}

/// What is asked.
pub(super) fn read(arguments: &ArgMatches, config: &Config) -> Bench {
    let seconds = arguments.get_one::<f64>("seconds").copied();
    Bench {
        config: config.clone(),
        time: Duration::from_secs_f64(seconds.unwrap_or(0.0)),
        files: paths(arguments, "file"),
        only: arguments.get_one::<String>("task").cloned(),
        json: arguments.get_flag("json"),
    }
}

/// Measures it.
pub(super) fn run(bench: &Bench) -> ExitCode {
    os::open_peak();
    let reach = Reach::of(&bench.files);
    session::run(&bench.config, &reach, &Drafts::default(), async |service| {
        all(bench, service).await
    })
}

async fn all(bench: &Bench, service: Service) -> Result<Outcome, Failure> {
    let workers = service.admission().figures().workers;
    let mut page = Page {
        json: bench.json,
        workers,
        bars: Vec::new(),
    };
    let wanted = |picture: &str, wish: &Wish| {
        let name = format!("{picture} {}", wish.name);
        let is_wanted = bench.only.as_ref().is_none_or(|only| name.contains(only));
        is_wanted.then_some(name)
    };
    let mut told = page.begin();
    if bench.files.is_empty() {
        for task in TASKS {
            if let Some(name) = wanted(task.name, &task.wish) {
                let trial = Trial::made(&service, task.motif)?;
                let figures = trial.run(&task.wish, bench.time).await?;
                told = told.and_then(|()| page.task(name, &trial, &figures));
            }
        }
    } else {
        let reader = Reader::new(service).map_err(|error| Failure::unreadable(&error))?;
        for file in &bench.files {
            let input = Input {
                path: Some(file.clone()),
                below: PathBuf::new(),
                number: 1,
            };
            let trial = Trial::read(&reader, &input).await;
            let trial = trial.map_err(|failure| failure.of(&input.shown()))?;
            for wish in &WISHES {
                if let Some(name) = wanted(&input.shown(), wish) {
                    let figures = trial.run(wish, bench.time).await?;
                    told = told.and_then(|()| page.task(name, &trial, &figures));
                }
            }
        }
    }
    if page.bars.is_empty() {
        let only = bench.only.as_deref().unwrap_or_default();
        return Err(Failure::no_task(only));
    }
    match told.and_then(|()| page.end()) {
        Ok(()) => Ok(Outcome::Clean),
        Err(error) => session::unwritten(&error),
    }
}

struct Page {
    json: bool,
    workers: usize,
    /// Tasks with their pictures a second.
    bars: Vec<(String, f64)>,
}

/// Columns that a task's name gets.
const NAME: usize = 30;

/// Columns of the longest bar.
const BAR: usize = 40;

impl Page {
    fn begin(&self) -> io::Result<()> {
        if self.json {
            return Ok(());
        }
        say(&format!(
            "{} workers\n\n{:NAME$} {:>9} {:>9} {:>9} {:>9} {:>9}\n",
            self.workers, "task", "images/s", "CPU ms", "p50 ms", "p99 ms", "peak MiB"
        ))
    }

    fn task(&mut self, name: String, trial: &Trial, figures: &Figures) -> io::Result<()> {
        let [median, late] =
            [50, 99].map(|percent| figures.percentile(percent).as_secs_f64() * 1e3);
        let (rate, cpu) = (figures.rate(), figures.cpu_milliseconds());
        if self.json {
            let header = &trial.header;
            let line = json!({
                "task": name,
                "source": {
                    "format": header.format.name(),
                    "width": header.width,
                    "height": header.height,
                    "bytes": trial.bytes(),
                },
                "workers": self.workers,
                "images": figures.images,
                "seconds": rounded(figures.took.as_secs_f64()),
                "images_per_second": rounded(rate),
                "cpu_ms": rounded(cpu),
                "p50_ms": rounded(median),
                "p99_ms": rounded(late),
                "peak_bytes": figures.peak_bytes,
            });
            self.bars.push((name, rate));
            return say(&format!("{line}\n"));
        }
        let peak = figures.peak_bytes.map(|bytes| bytes >> 20);
        let peak = peak.map_or_else(|| "-".to_owned(), |mib| mib.to_string());
        let line =
            format!("{name:NAME$} {rate:>9.1} {cpu:>9.1} {median:>9.1} {late:>9.1} {peak:>9}\n");
        self.bars.push((name, rate));
        say(&line)
    }

    /// The chart: pictures a second.
    fn end(&self) -> io::Result<()> {
        if self.json {
            return Ok(());
        }
        let most = self.bars.iter().map(|(_, rate)| *rate).fold(0.0, f64::max);
        let bars = self.bars.iter().map(|(name, rate)| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between 0 and the columns of a bar"
            )]
            let eighths = (rate / most * (BAR * 8) as f64) as usize;
            format!("{name:NAME$} {} {rate:.1}\n", bar(eighths))
        });
        let bars: String = bars.collect();
        say(&format!("\n{bars}"))
    }
}

/// A bar of so many eighths of a column, at least one.
fn bar(eighths: usize) -> String {
    let eighths = eighths.max(1);
    let rest = " ▏▎▍▌▋▊▉"
        .chars()
        .nth(eighths % 8)
        .filter(|&part| part != ' ');
    std::iter::repeat_n('█', eighths / 8).chain(rest).collect()
}

fn rounded(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}

fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
