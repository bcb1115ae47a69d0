//! The parser, by tables of queries.

use super::*;
use crate::pipeline::operation::{OPERATIONS, named};
use crate::pipeline::parameter::PARAMETERS;
use crate::pipeline::value::{Colour, Enlarge, Fit, Gravity};

#[path = "request_rules_tests.rs"]
mod rules;

fn pairs(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

const RULES: Rules = Rules {
    lenient: false,
    grammar: Grammar::Strict,
    max_side: 16_383,
};

fn resize(query: &str) -> Result<Request, ParameterError> {
    parse(named("resize").unwrap(), &pairs(query), &[], RULES)
}

#[expect(clippy::too_many_lines, reason = "a table")]
#[test]
fn values_are_understood() {
    let check = |query: &str, seen: &dyn Fn(&Step) -> bool| {
        let request = resize(query).unwrap_or_else(|error| panic!("{query}: {error:?}"));
        assert!(seen(&request.steps[0]), "{query}: {request:?}");
    };
    check("width=300", &|r| {
        r.sizing.width == Some(300) && r.sizing.height.is_none()
    });
    check("w=300&h=200", &|r| {
        (r.sizing.width, r.sizing.height) == (Some(300), Some(200))
    });
    check("size=300x200", &|r| {
        (r.sizing.width, r.sizing.height) == (Some(300), Some(200))
    });
    check("s=x200", &|r| {
        (r.sizing.width, r.sizing.height) == (None, Some(200))
    });
    check("s=300x&h=20", &|r| {
        (r.sizing.width, r.sizing.height) == (Some(300), Some(20))
    });
    check("w=1&width=1", &|r| r.sizing.width == Some(1));
    check("w=1", &|r| {
        r.sizing.fit == Fit::Inside && r.sizing.enlarge == Enlarge::Never
    });
    check("w=1&fit=scale-down", &|r| r.sizing.fit == Fit::Inside);
    check("w=1&fit=crop", &|r| r.sizing.fit == Fit::Cover);
    check("w=1&fit=pad", &|r| r.sizing.fit == Fit::Contain);
    check("w=1&fit=squeeze", &|r| r.sizing.fit == Fit::Fill);
    check("w=1&fit=outside", &|r| r.sizing.fit == Fit::Outside);
    check("w=1&enlarge", &|r| r.sizing.enlarge == Enlarge::Always);
    check("w=1&el=YES", &|r| r.sizing.enlarge == Enlarge::Always);
    check("w=1&we=off", &|r| r.sizing.enlarge == Enlarge::Always);
    check("w=1&withoutEnlargement", &|r| {
        r.sizing.enlarge == Enlarge::Never
    });
    check("w=7&dpr=15e-1", &|r| r.sizing.width == Some(11));
    // As programs write what is small.
    for tiny in ["1e-7", "1E-07", "0.0000001"] {
        check(&format!("w=7&sigma={tiny}"), &|r| {
            (r.effects.blur - 1e-7).abs() < 1e-20
        });
    }
    check("w=7&dpr=1.5", &|r| r.sizing.width == Some(11));
    check("w=1&q=100", &|r| r.writing.quality == Some(100));
    check("w=1&type=JPG", &|r| {
        r.writing.output == Some(Type::Named(Format::Jpeg))
    });
    check("w=1&f=webp", &|r| {
        r.writing.output == Some(Type::Named(Format::WebP))
    });
    check("w=1&output=auto", &|r| r.writing.output == Some(Type::Auto));
    check("w=1", &|r| r.writing.output.is_none());
    check("w=1&g=nw", &|r| {
        r.sizing.gravity == Gravity::Side { x: 0.0, y: 0.0 }
    });
    check("w=1&position=bottom", &|r| {
        r.sizing.gravity == Gravity::Side { x: 0.5, y: 1.0 }
    });
    check("w=1&g=0.3,0.7", &|r| {
        r.sizing.gravity == Gravity::Focus { x: 0.3, y: 0.7 }
    });
    let colour = |text: &str, rgba: [u8; 4]| {
        check(&format!("w=1&bg={text}"), &|r| {
            r.background == Some(Colour { rgba })
        });
    };
    colour("255,128,0", [255, 128, 0, 255]);
    colour("1, 2,3,4", [1, 2, 3, 4]);
    colour("fff", [255, 255, 255, 255]);
    colour("#ff8000", [255, 128, 0, 255]);
    colour("ff800080", [255, 128, 0, 128]);
    colour("RebeccaPurple", [0x66, 0x33, 0x99, 255]);
    check("w=1&linear=no", &|r| r.linear == Some(false));
}

#[test]
fn nonsense_is_named() {
    for (query, parameter) in [
        ("width=0", "width"),
        ("width=-5", "width"),
        ("width=+5", "width"),
        ("width=1e2", "width"),
        ("width=10.5", "width"),
        ("width=", "width"),
        ("w=abc", "w"),
        ("w=99999999999999999999", "w"),
        ("w=1000001", "w"),
        ("width=1&w=2", "w"),
        ("size=x", "size"),
        ("size=300", "size"),
        ("size=3x4&w=5", "width"),
        ("size=3x4&h=5", "height"),
        ("w=1&fit=around", "fit"),
        ("w=1&enlarge=maybe", "enlarge"),
        ("w=1&enlarge=1&we=1", "enlarge"),
        ("w=1&dpr=0", "dpr"),
        ("w=1&dpr=9", "dpr"),
        ("w=1&dpr=NaN", "dpr"),
        ("w=1&dpr=1e", "dpr"),
        ("w=1&dpr=e0", "dpr"),
        ("w=1&dpr=1e9", "dpr"),
        ("w=1&dpr=1e99999", "dpr"),
        ("w=1&dpr=1e-99999", "dpr"),
        ("w=1&dpr=1e0.5", "dpr"),
        ("w=1&dpr=1ee0", "dpr"),
        ("w=1&dpr=+1", "dpr"),
        ("w=1&q=0", "q"),
        ("w=1&quality=101", "quality"),
        ("w=1&type=bmp", "type"),
        ("w=1&type=exe", "type"),
        ("w=1&gravity=up", "gravity"),
        ("w=1&gravity=1.1,0", "gravity"),
        ("w=1&bg=1,2", "bg"),
        ("w=1&bg=256,0,0", "bg"),
        ("w=1&bg=blurple", "bg"),
    ] {
        match resize(query) {
            Err(ParameterError::Invalid {
                parameter: named,
                allowed,
                ..
            }) => {
                assert_eq!(named, parameter, "{query}");
                assert!(!allowed.is_empty(), "{query}");
            }
            other => panic!("{query}: {other:?}"),
        }
    }
}

#[test]
fn what_is_needed_must_be_there() {
    let missing =
        |name: &str, query: &str| match parse(named(name).unwrap(), &pairs(query), &[], RULES)
            .and_then(|request| request.complete())
        {
            Err(ParameterError::Missing { parameter, .. }) => parameter,
            other => panic!("{name} {query}: {other:?}"),
        };
    assert_eq!(missing("resize", "fit=fill"), "width or height");
    assert_eq!(missing("convert", "width=3"), "type");
    assert_eq!(missing("fit", "width=3"), "width and height");
    assert_eq!(missing("crop", "gravity=n"), "width or height");
    assert_eq!(
        missing("extract", "areawidth=3"),
        "areawidth and areaheight"
    );
    assert_eq!(missing("zoom", ""), "factor");
    assert_eq!(
        missing("zoom", "factor=1&left=2"),
        "areawidth or areaheight"
    );
    assert_eq!(missing("rotate", "rotate=0"), "rotate");
    assert_eq!(missing("blur", "sigma=0"), "sigma");
    assert_eq!(missing("pipeline", ""), "operations");
}

#[test]
fn an_unknown_name_gets_the_nearest_known_one() {
    for (written, expected) in [
        ("widht", Some("width")),
        ("hieght", Some("height")),
        ("Quality", Some("quality")),
        ("hue", None),
        ("x", None),
    ] {
        match resize(&format!("w=1&{written}=1")) {
            Err(ParameterError::Unknown { parameter, nearest }) => {
                assert_eq!((parameter.as_str(), nearest), (written, expected));
            }
            other => panic!("{written}: {other:?}"),
        }
    }
    let row = named("resize").unwrap();
    let lenient = Rules {
        lenient: true,
        ..RULES
    };
    assert!(parse(row, &pairs("w=1&x=1"), &[], lenient).is_ok());
}

#[test]
fn the_query_wins_over_form_fields() {
    let row = named("resize").unwrap();
    for (query, fields, width, height) in [
        ("w=10", "width=20&height=30", Some(10), Some(30)),
        ("w=10", "size=20x30", Some(10), Some(30)),
        ("size=10x", "width=20&height=30", Some(10), Some(30)),
        ("size=10x40", "size=20x30", Some(10), Some(40)),
        ("size=10x40", "width=20", Some(10), Some(40)),
        // What is overruled needn't even be readable.
        ("w=10", "width=none", Some(10), None),
        ("w=10&h=40", "size=none", Some(10), Some(40)),
        ("fit=fill", "size=20x30", Some(20), Some(30)),
    ] {
        let request = parse(row, &pairs(query), &pairs(fields), RULES)
            .unwrap_or_else(|error| panic!("{query} {fields}: {error:?}"));
        let sizing = request.steps[0].sizing;
        let sides = (sizing.width, sizing.height);
        assert_eq!(sides, (width, height), "{query} {fields}");
    }
    for (query, fields, enlarge) in [
        ("w=1&enlarge=true", "we=true", true),
        ("w=1&we=true", "enlarge=true", false),
        ("w=1&enlarge=true", "we=perhaps", true),
        ("w=1", "we=false", true),
    ] {
        let request = parse(row, &pairs(query), &pairs(fields), RULES).unwrap();
        let grows = request.steps[0].sizing.enlarge == Enlarge::Always;
        assert_eq!(grows, enlarge, "{query} {fields}");
    }
    // Within one source a contradiction is one.
    assert!(parse(row, &pairs("w=1"), &pairs("h=2&size=3x4"), RULES).is_err());
}

#[test]
fn auto_is_seen_through_other_mistakes() {
    for (query, seen) in [
        ("w=none&f=auto", true),
        ("what=ever&type=AUTO", true),
        ("w=1&type=png", false),
        ("auto", false),
    ] {
        assert_eq!(negotiates(&pairs(query)), seen, "{query}");
    }
}

#[test]
fn names_are_unique_and_rows_are_complete() {
    let mut names: Vec<_> = PARAMETERS
        .iter()
        .flat_map(|row| [row.name].into_iter().chain(row.aliases.iter().copied()))
        .collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    for row in PARAMETERS {
        assert!(!row.allowed.is_empty() && !row.default.is_empty() && row.about.ends_with('.'));
    }
    assert!(OPERATIONS.iter().all(|row| row.about.ends_with('.')));
}
