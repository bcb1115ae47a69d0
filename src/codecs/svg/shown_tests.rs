//! Pictures in drawings: which size they are made in, and what they cost.

use std::time::{Duration, Instant};

use super::tests::{nested, read, refused, svg};
use crate::checkpoint::Checkpoint;
use crate::codecs::png;

/// A picture of 40×30 pixels.
fn picture() -> String {
    let file = png::stored((40, 30), &[9; 4 * 40 * 30], &Checkpoint::new()).unwrap();
    format!(
        "data:image/png;base64,{}",
        data_encoding::BASE64.encode(&file)
    )
}

/// Rectangles of the size that it was asked for, since that is what is drawn of it.
#[test]
fn a_picture_is_asked_for_in_the_size_that_it_is_shown_in() {
    // From a picture of 40×30 pixels to the pixels that are painted, and which of the answer's 100×100 they are.
    for (attributes, expected) in [
        ("width='40' height='30'", (40, 30)),
        ("width='20' height='15'", (20, 15)),
        ("width='80' height='60'", (80, 60)),
        ("width='80'", (80, 60)),
        ("height='15'", (20, 15)),
        ("", (40, 30)),
        ("width='auto' height='none'", (40, 30)),
        (
            "width='50%' height='50%' preserveAspectRatio='xMinYMin'",
            (50, 37),
        ),
        (
            "width='10' height='30' preserveAspectRatio='none'",
            (10, 30),
        ),
        (
            "width='20' height='20' preserveAspectRatio='xMinYMin slice'",
            (20, 20),
        ),
        ("width='20' height='15' visibility='hidden'", (0, 0)),
        ("width='0' height='15'", (0, 0)),
    ] {
        let url = picture();
        let file = svg(&format!("<image {attributes} href='{url}'/>"));
        let samples = read(&file, None).unwrap();
        let solid = |at: &&[u8]| at[3] > 250;
        let down = samples.chunks(400).filter(|row| solid(&&row[..4])).count();
        let across = samples[..400].chunks(4).filter(solid).count();
        assert_eq!((across, down), expected, "{attributes}");
    }
}

/// A drawing, as a URL's text, whose style rules may match each of its elements in many ways.
fn slow() -> String {
    let deep = nested(90, &"<rect/>".repeat(400));
    let style = "<style>q g rect{fill:red}q g rect{fill:red}q g rect{fill:red}</style>";
    let inner = format!("{style}{deep}");
    let drawing = svg(&inner);
    percent_encoding::percent_encode(&drawing, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// A filter that would be out of sight if the picture in its group were as wide as its element says.
fn moved(primitives: &str, url: &str) -> Vec<u8> {
    svg(&format!(
        "<filter id='f' x='-3' y='0' width='1' height='1'>{primitives}</filter><image width='1' height='1' href='{url}'/><g filter='url(#f)'><image visibility='hidden' width='9000000' height='100' preserveAspectRatio='none' href='{url}'/><rect x='300' width='100' height='100'/></g>"
    ))
}

/// What takes long by its pictures is refused.
#[test]
fn pictures_that_cost_too_much_are_refused() {
    for (name, words, file) in [
        (
            "a picture again and again",
            "milliseconds of drawing",
            svg(&format!(
                "<image id='i' width='100' height='75' href='{}'/>{}",
                picture(),
                "<use href='#i' x='.1'/>".repeat(20_000)
            )),
        ),
        (
            "many drawings that take long to be read",
            "milliseconds of drawing",
            svg(&format!(
                "<image width='9' height='9' href='data:image/svg+xml,{}'/>",
                slow()
            )
            .repeat(99)),
        ),
        (
            "a picture far away",
            "pixels to the end of a shape",
            svg(&format!(
                "<image width='9e8' height='9' preserveAspectRatio='none' href='{}'/>",
                picture()
            )),
        ),
    ] {
        refused(name, &file, words);
    }
}

/// A picture that isn't made keeps its place: a filter by the box of its group stays out of sight, where it costs nothing.
#[test]
fn what_is_not_shown_moves_nothing() {
    let dilated = "<feMorphology operator='dilate' radius='999'/>";
    for primitives in [dilated.to_owned(), "<feFlood/>".repeat(999)] {
        let start = Instant::now();
        let samples = read(&moved(&primitives, &picture()), None).unwrap();
        let seen = samples.chunks(4).filter(|pixel| pixel[3] > 0).count();
        assert!(seen <= 1, "{seen}");
        let took = start.elapsed();
        assert!(took < Duration::from_secs(2), "{took:?}");
    }
    // Within sight it is seen.
    let within = String::from_utf8(moved("<feFlood/>", &picture())).unwrap();
    let within = within.replace("9000000", "100").replace("x='-3'", "x='0'");
    let samples = read(within.as_bytes(), None).unwrap();
    assert!(samples.chunks(4).all(|pixel| pixel[3] == 255));
}
