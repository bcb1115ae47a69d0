//! What work holds in processes of its own: the server's share and the codec process's, counted together, and the memory
//! that they share, against what admission grants for it.
//!
//! A program of its own: who has threads, as a test harness does, can't fork. It says what tests there are where one asks.
#![cfg(test)]
#![cfg(target_env = "gnu")]
#![expect(clippy::print_stdout, reason = "what a harness would print")]

/// A chunk of a PNG.
#[path = "../shared/chunk.rs"]
mod chunk;
/// Live bytes of the processes, and the most there were.
#[expect(dead_code, reason = "there is one test")]
mod counter;
/// Pictures as files.
mod pictures;
/// The table of rows.
#[expect(dead_code, reason = "rows are run by the other tests' means")]
mod trial;
/// Zlib streams, and turned JPEGs.
#[path = "../shared/wrapped.rs"]
mod wrapped;

use pixmill::checkpoint::Checkpoint;
use pixmill::isolation::{self, Isolation, Settings, Side};
use pixmill::pipeline::plan;
use pixmill::{codecs, sandbox};

use self::pictures::Content;
use self::trial::{SETTINGS, Table, asked};

const NAME: &str = "isolated_work_keeps_to_what_it_is_granted";

fn main() {
    let asks = |flag: &str| std::env::args().any(|argument| argument == flag);
    if asks("--list") {
        if !asks("--ignored") {
            println!("{NAME}: test");
        }
        return;
    }
    let settings = Settings {
        sandbox: sandbox::Mode::Off,
        nice: 0,
        address_space: 2 << 30,
        // What is kept between orders is in no request's budget.
        kept: 0,
    };
    counter::share();
    match isolation::start(settings, ()).expect("a process") {
        Side::Ended => {}
        Side::Server(isolation, ()) => {
            run(&isolation);
            println!("test {NAME} ... ok");
        }
    }
}

fn run(isolation: &Isolation) {
    let mut table = Table::default();
    let noise = Content::Noise;
    let mut row = |name: &str, file: &[u8], ask: &str| {
        let took = took(isolation, file, ask);
        table.note(name, ask, took);
    };
    // The first makes the process.
    let small = pictures::png((64, 48), noise, 3, false);
    took(isolation, &small, "convert?type=png");
    for (name, file) in pictures::kinds((1600, 1200), noise) {
        row(&name, &file, "resize?width=200&type=jpeg");
        row(&name, &file, "convert?type=jpeg");
    }
    let turned = pictures::turned((1000, 800), noise, 6);
    row("jpeg turned", &turned, "convert?type=png");
    for content in Content::ALL {
        let file = pictures::png((1000, 800), content, 4, false);
        for format in ["jpeg", "png", "webp"] {
            let name = format!("png rgba {content:?}");
            row(&name, &file, &format!("convert?type={format}"));
        }
    }
    for (name, file) in pictures::svgs((1000, 800)) {
        row(&name, &file, "convert?type=png");
    }
    let film = pictures::film((400, 300), noise, (400, 300), 8);
    row("film", &film, "resize?width=300&animated=true&type=gif");
    // The answer may be the larger one, and goes through the same memory.
    let files = [
        ("png", pictures::png((400, 300), noise, 4, false)),
        ("jpeg", pictures::jpeg((400, 300), noise, &pictures::PLAIN)),
    ];
    for (name, file) in &files {
        for format in ["jpeg&quality=100", "png", "webp&quality=100"] {
            let ask = format!("resize?width=1600&enlarge=true&type={format}");
            row(name, file, &ask);
        }
    }
    table.check();
}

/// What is granted for the work, and the most that it held.
fn took(isolation: &Isolation, file: &[u8], ask: &str) -> (u64, u64) {
    let header = codecs::probe(file).expect("a picture");
    let plan = plan::plan(&asked(ask), &header, &SETTINGS).expect("a plan");
    let checkpoint = Checkpoint::new();
    let (made, peak) = counter::peak_of(|| isolation.run(&[file], &header, &plan, &checkpoint));
    let answer = made.expect("an answer").len() as u64;
    let source = file.len() as u64;
    // As `service` asks for it: both copies of the source. In the shared memory lies the one or, later, the answer.
    let granted = plan.cost.peak_bytes + 2 * source;
    (granted, peak + source.max(answer))
}
