//! What folds, and what doesn't.

use super::*;
use crate::pipeline::operation;
use crate::pipeline::parameter::{Given, Grammar};
use crate::pipeline::request::{self, Draft, Rules};

/// Steps as `crop width=3 height=4; flip`.
fn folded(source: Size, tag: u16, steps: &str) -> Folded {
    let drafts: Vec<Draft> = steps
        .split("; ")
        .map(|step| {
            let mut words = step.split(' ');
            Draft {
                operation: words.next().unwrap().to_owned(),
                given: words
                    .map(|word| {
                        let (name, value) = word.split_once('=').unwrap();
                        (name.to_owned(), Given::Text(value.to_owned()))
                    })
                    .collect(),
                ignore_failure: false,
            }
        })
        .collect();
    let rules = Rules {
        lenient: false,
        grammar: Grammar::Strict,
        max_side: 16_383,
    };
    let row = operation::named("pipeline").unwrap();
    let beside = [("operations".to_owned(), "x".to_owned())];
    let request = request::parse_steps(row, &drafts, &beside, &[], rules).unwrap();
    let mut sketch = Sketch::new(source, Orientation::from_exif(tag), Sizes::Exact);
    for step in &request.steps {
        sketch.step(step, &[]).unwrap();
    }
    sketch.finish()
}

#[expect(clippy::too_many_lines, reason = "a table")]
#[test]
fn geometry_in_a_row_is_one_resampling() {
    let window = |left: f64, top: f64, width: f64, height: f64| Window {
        left,
        top,
        width,
        height,
    };
    for (tag, steps, expected, target, exif) in [
        (
            1,
            "resize width=200",
            window(0.0, 0.0, 400.0, 300.0),
            (200, 150),
            1,
        ),
        (
            1,
            "resize width=200; resize width=100",
            window(0.0, 0.0, 400.0, 300.0),
            (100, 75),
            1,
        ),
        (
            1,
            "resize width=200; extract left=50 top=25 areawidth=100 areaheight=50",
            window(100.0, 50.0, 200.0, 100.0),
            (100, 50),
            1,
        ),
        (
            1,
            "rotate rotate=90; extract left=0 top=0 areawidth=300 areaheight=100",
            window(0.0, 0.0, 100.0, 300.0),
            (100, 300),
            6,
        ),
        (
            1,
            "extract left=10 top=20 areawidth=100 areaheight=50; flip; flop",
            window(10.0, 20.0, 100.0, 50.0),
            (100, 50),
            3,
        ),
        // Stored on its side: the upper left corner shown is the lower left one stored.
        (
            6,
            "extract left=0 top=0 areawidth=30 areaheight=10",
            window(0.0, 270.0, 10.0, 30.0),
            (10, 30),
            6,
        ),
        (
            6,
            "rotate rotate=270",
            window(0.0, 0.0, 400.0, 300.0),
            (400, 300),
            1,
        ),
        (5, "flip", window(0.0, 0.0, 400.0, 300.0), (400, 300), 6),
        (
            1,
            "crop width=100 height=100; thumbnail width=50",
            window(50.0, 0.0, 300.0, 300.0),
            (50, 50),
            1,
        ),
        (
            1,
            "thumbnail width=800; thumbnail width=200",
            window(0.0, 0.0, 400.0, 300.0),
            (200, 150),
            1,
        ),
    ] {
        let folded = folded((400, 300), tag, steps);
        assert!(folded.stages.is_empty(), "{steps}: {folded:?}");
        assert_eq!(folded.first.window, expected, "{steps}");
        assert_eq!(folded.first.target, target, "{steps}");
        assert_eq!(folded.first.turn, Orientation::from_exif(exif), "{steps}");
    }
}

#[test]
fn what_would_show_again_what_is_gone_is_a_stage() {
    let folded = folded((400, 300), 1, "resize width=40; thumbnail width=400");
    assert_eq!(folded.first.target, (40, 30));
    match *folded.stages {
        [Stage::Reshape(second)] => {
            assert_eq!(second.window, Window::whole((40, 30)));
            assert_eq!(second.target, (400, 300));
        }
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn what_needs_pixels_is_a_stage() {
    for (steps, count, size) in [
        ("blur sigma=2", 1, (400, 300)),
        ("blur sigma=2; rotate rotate=90", 2, (300, 400)),
        ("zoom factor=1", 1, (800, 600)),
        (
            "zoom factor=2 left=10 top=0 areawidth=50 areaheight=20",
            1,
            (50, 20),
        ),
        ("zoom factor=1 width=100", 2, (100, 75)),
        ("smartcrop width=100 height=100", 1, (100, 100)),
        ("smartcrop width=100", 1, (100, 300)),
        ("resize width=50 height=60 embed=true", 1, (50, 60)),
        ("resize width=50 height=60 extend=mirror; flip", 2, (50, 60)),
    ] {
        let folded = folded((400, 300), 1, steps);
        assert_eq!(folded.stages.len(), count, "{steps}: {folded:?}");
        let sizes = folded.stages.iter();
        let end = sizes.fold(folded.first.size(), |size, stage| stage.size(size));
        assert_eq!(end, size, "{steps}");
    }
}

#[test]
fn an_area_lies_in_the_picture() {
    let rules = Rules {
        lenient: false,
        grammar: Grammar::Strict,
        max_side: 16_383,
    };
    for (query, fine) in [
        ("areawidth=400&areaheight=300", true),
        ("areawidth=401&areaheight=300", false),
        ("areawidth=400&areaheight=300&left=1", false),
        ("areawidth=1&areaheight=1&left=399&top=299", true),
        ("areawidth=1&areaheight=1&left=399&top=300", false),
        ("areawidth=100&areaheight=50&width=50", false),
        ("areawidth=100&areaheight=50&left=1000000", false),
    ] {
        let pairs: Vec<_> = query
            .split('&')
            .map(|pair| pair.split_once('=').unwrap())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let row = operation::named("extract").unwrap();
        let request = request::parse(row, &pairs, &[], rules).unwrap();
        let mut sketch = Sketch::new((400, 300), Orientation::default(), Sizes::Exact);
        assert_eq!(sketch.step(&request.steps[0], &[]).is_ok(), fine, "{query}");
    }
}
