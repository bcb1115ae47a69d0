//! What pictures cost: CPU time of one thread, from bytes to bytes and stage by stage.
//!
//! `make bench` makes its own pictures; `cargo bench -- FILE…` takes others, and `--task=light` only tasks of that
//! name. Of many rounds the fastest counts, since a machine's other work only ever adds.
#![expect(clippy::print_stdout, reason = "it prints a table")]

use std::time::{Duration, Instant};

use pixmill::checkpoint::{Checkpoint, Stage};
use pixmill::codecs::{self, Encoding, Format, Model, Raster, Shape};
use pixmill::pipeline::parameter::Grammar;
use pixmill::pipeline::{self, Scratch, operation, plan, request};

/// What is asked of each picture: a name and a query.
const TASKS: &[(&str, &str)] = &[
    ("jpeg 720, light", "width=720&type=jpeg&linear=true"),
    ("jpeg 720, plain", "width=720&type=jpeg&linear=false"),
    ("jpeg 320, light", "width=320&type=jpeg&linear=true"),
    ("jpeg 320, plain", "width=320&type=jpeg&linear=false"),
    ("webp 720, light", "width=720&type=webp&linear=true"),
    ("png 720, light", "width=720&type=png&linear=true"),
    ("png 720, plain", "width=720&type=png&linear=false"),
];

const ROUNDS: u32 = 15;

fn main() {
    let files: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with("--"))
        .collect();
    if files.is_empty() {
        for (name, format, model) in [
            (
                "photo.jpg",
                Format::Jpeg,
                Model::YCbCr { across: 2, down: 2 },
            ),
            ("drawing.png", Format::Png, Model::Rgba),
        ] {
            report(name, &made(format, model));
        }
    }
    for file in files {
        match std::fs::read(&file) {
            Ok(bytes) => report(&file, &bytes),
            Err(error) => println!("{file}: {error}"),
        }
    }
}

/// A picture of waves and noise, 2725 by 2225 pixels.
fn made(format: Format, model: Model) -> Vec<u8> {
    let shape = Shape {
        width: 2725,
        height: 2225,
        model,
    };
    let mut state = 1_u32;
    let mut raster = Raster::new(shape);
    for plane in &mut raster.planes {
        let width = plane.stride;
        for (index, sample) in plane.samples.iter_mut().enumerate() {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (x, y) = ((index % width) as f64, (index / width) as f64);
            let wave = (x / 90.0).sin() + (y / 40.0).cos();
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between 28 and 243"
            )]
            let level = (128.0 + wave * 50.0) as u8 + (state >> 28) as u8;
            *sample = level;
        }
    }
    let encoding = Encoding::plain(format, 90);
    let checkpoint = Checkpoint::new();
    let mut sink = codecs::create(encoding, raster.shape(), &checkpoint).expect("an encoder");
    sink.push(&raster).expect("room");
    sink.finish().expect("a file")
}

fn report(name: &str, bytes: &[u8]) {
    println!("{name}, {} KB", bytes.len() / 1000);
    let wanted = std::env::args().find_map(|a| a.strip_prefix("--task=").map(str::to_owned));
    let wanted = wanted.unwrap_or_default();
    for (task, query) in TASKS.iter().filter(|(task, _)| task.contains(&wanted)) {
        let mut best: Option<(Duration, Checkpoint, usize)> = None;
        let mut scratch = Scratch::default();
        for _ in 0..ROUNDS {
            let checkpoint = Checkpoint::new();
            let start = Instant::now();
            let length = once(bytes, query, &mut scratch, &checkpoint);
            let time = start.elapsed();
            checkpoint.leave();
            if best.as_ref().is_none_or(|(fastest, ..)| time < *fastest) {
                best = Some((time, checkpoint, length));
            }
        }
        if let Some((time, checkpoint, length)) = best {
            let stages: Vec<String> = Stage::ALL
                .iter()
                .zip(checkpoint.times())
                .filter(|(_, time)| !time.is_zero())
                .map(|(stage, time)| format!("{} {:5.2}", stage.name(), millis(time)))
                .collect();
            println!(
                "  {task:16} {:6.2} ms   {}   {:4} KB",
                millis(time),
                stages.join("  "),
                length / 1000
            );
        }
    }
}

fn once(bytes: &[u8], query: &str, scratch: &mut Scratch, checkpoint: &Checkpoint) -> usize {
    let header = codecs::probe(bytes).expect("a picture");
    let pairs: Vec<(String, String)> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let operation = operation::named("resize").expect("an operation");
    let rules = request::Rules {
        lenient: false,
        grammar: Grammar::Strict,
        max_side: u32::MAX,
    };
    let request = request::parse(operation, &pairs, &[], rules).expect("parameters");
    let settings = plan::Settings {
        max_frames: 1_000,
        drawings: true,
        documents: true,
        max_pixels: 1 << 30,
        max_output_side: 1 << 14,
        max_output_pixels: 1 << 28,
        linear: false,
    };
    let plan = plan::plan(&request, &header, &settings).expect("a plan");
    pipeline::run(bytes, &header, &plan, scratch, checkpoint)
        .expect("an answer")
        .len()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
