//! A file and a wish, through plan and pipeline.

use pixmill::checkpoint::Checkpoint;
use pixmill::codecs::{self, Error as CodecError, Format, Header};
use pixmill::pipeline::operation;
use pixmill::pipeline::parameter::Grammar;
use pixmill::pipeline::plan::{self, Plan};
use pixmill::pipeline::request::{self, Request, Rules};
use pixmill::pipeline::{self, Error, Scratch};

use super::{SETTINGS, answer};

/// Bytes behind the file that say what is wished for. At the end, so that a format's own dictionary
/// and what is known of it work on the file.
const WISH: usize = 8;

/// Bits of a wish whose absence means that the work is done twice: a quarter of all inputs.
const TWICE: u8 = 0b1100;

/// Sides asked for, at most: a file's own size may be larger.
const MOST: u8 = 64;

/// The answer is the planned picture, the same each time, or the file is at fault.
pub(crate) fn decode(input: &[u8], wanted: impl Fn(Format) -> bool) -> bool {
    let Some((file, wish)) = input.split_last_chunk::<WISH>() else {
        return false;
    };
    let Ok(header) = codecs::probe(file) else {
        return false;
    };
    wanted(header.format) && made(file, &header, *wish)
}

/// The same of a document, whose reader panics, and is heard: that is the file's fault.
#[cfg(feature = "pdf")]
pub(crate) fn document(input: &[u8]) -> bool {
    use pixmill::codecs::pdf;

    // A fuzzer's own hook ends the process at any panic, heard or not.
    #[cfg(fuzzing)]
    std::panic::set_hook(Box::new(|_| {}));
    let Some((file, wish)) = input.split_last_chunk::<WISH>() else {
        return false;
    };
    if !pdf::is(file) {
        return false;
    }
    let Ok(paper) = pdf::look(file, 0) else {
        return false;
    };
    made(file, &pdf::header(paper, file.len() as u64), *wish)
}

/// Whether the picture that is wished for was made, as it was planned.
fn made(file: &[u8], header: &Header, wish: [u8; WISH]) -> bool {
    let request = request(wish);
    let Ok(plan) = plan::plan(&request, header, &SETTINGS) else {
        return false;
    };
    let mut scratch = Scratch::default();
    let first = run(file, header, &plan, &mut scratch);
    if wish.last().is_some_and(|dpr| dpr & TWICE == 0) {
        // With buffers that have been used: what isn't written over would show.
        let second = run(file, header, &plan, &mut scratch);
        assert!(first == second, "twice the same job, and two answers");
    }
    if let Some(made) = &first {
        answer::check(made, plan.encoding.format, plan.width, plan.height);
    }
    first.is_some()
}

/// The picture; `None` where the file is at fault.
fn run(file: &[u8], header: &Header, plan: &Plan, scratch: &mut Scratch) -> Option<Vec<u8>> {
    match pipeline::run(file, header, plan, scratch, &Checkpoint::new()) {
        Ok(made) => Some(made),
        Err(Error::Codec(CodecError::Invalid { .. } | CodecError::TooComplex { .. })) => None,
        Err(error) => panic!("{error:?}"),
    }
}

/// One of `choices`.
fn one<'a>(choices: &[&'a str], by: u8) -> &'a str {
    choices
        .get(usize::from(by) % choices.len())
        .copied()
        .unwrap_or_default()
}

/// A request in the words of the API; the same bytes are always the same one.
fn request(wish: [u8; WISH]) -> Request {
    let [width, height, how, gravity, background, kind, quality, dpr] = wish;
    let mut pairs = Vec::new();
    let mut say = |name: &str, value: String| pairs.push((name.to_owned(), value));
    for (name, side) in [("width", width), ("height", height)] {
        if side % (MOST + 1) > 0 {
            say(name, (side % (MOST + 1)).to_string());
        }
    }
    say(
        "fit",
        one(&["inside", "cover", "contain", "fill", "outside"], how >> 2).to_owned(),
    );
    say("linear", (how & 1 == 0).to_string());
    say("enlarge", (how & 2 == 0).to_string());
    say(
        "gravity",
        match gravity {
            // A focal point.
            128.. => format!("0.{},0.{}", gravity & 7, gravity >> 3 & 7),
            _ => one(
                &["centre", "north", "southeast", "west", "northwest"],
                gravity,
            )
            .to_owned(),
        },
    );
    if background > 0 {
        say(
            "background",
            format!("{background:02x}80ff{background:02x}"),
        );
    }
    // WebP takes longest to write, and is written by one call.
    let types = ["jpeg", "png", "webp", "jpeg", "png", "jpeg", "gif", "jpeg"];
    say("type", one(&types, kind).to_owned());
    // With something behind it that can't be.
    if kind & 16 == 16 && background == 0 {
        say("bitdepth", "16".to_owned());
    }
    // PNG moves only when it is told to.
    say("animated", (kind & 8 == 0).to_string());
    say("quality", (u32::from(quality) % 100 + 1).to_string());
    say("dpr", one(&["1", "0.5", "2", "0.1"], dpr & 3).to_owned());
    let rules = Rules {
        lenient: false,
        grammar: Grammar::Strict,
        max_side: SETTINGS.max_output_side,
    };
    // The one that has a meaning without sides.
    let row = operation::named("convert").expect("an operation of that name");
    request::parse(row, &pairs, &[], rules).expect("words that the API knows")
}
