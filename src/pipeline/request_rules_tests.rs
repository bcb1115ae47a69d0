//! The parser under each of its rules: the longest side, the grammars, what is typed already; and any text under all of them.

use proptest::prelude::*;

use super::*;

#[test]
fn sides_end_where_the_server_says() {
    for (query, parameter) in [
        ("w=16384", "w"),
        ("height=16384", "height"),
        ("size=10x16384", "size"),
        ("s=99999999999x", "s"),
    ] {
        match resize(query) {
            Err(ParameterError::Invalid {
                parameter: named,
                allowed,
                ..
            }) => {
                assert_eq!(named, parameter);
                assert!(allowed.contains("1 to 16383"), "{allowed}");
            }
            other => panic!("{query}: {other:?}"),
        }
    }
    assert_eq!(
        resize("size=16383x1").unwrap().steps[0].sizing.width,
        Some(16_383)
    );
}

#[test]
fn imaginary_takes_any_spelling() {
    let imaginary = Rules {
        lenient: true,
        grammar: Grammar::Imaginary,
        ..RULES
    };
    for (text, width) in [
        ("width=1e2", Some(Some(100))),
        ("width=.5e2", Some(Some(50))),
        ("width=%2B80", None),
        ("width=+80", Some(Some(80))),
        ("width=1_0", Some(Some(10))),
        ("width=10.5", Some(Some(11))),
        ("width=-100", Some(Some(100))),
        ("width=", Some(None)),
        ("width=0", Some(None)),
        ("width=0.4", Some(None)),
        ("width=3&width=4", Some(Some(3))),
        ("w=3", Some(None)),
        ("width=abc", None),
        ("width=10px", None),
        ("width=0x20", None),
        ("width=1,5", None),
        ("width=NaN", None),
        ("width=Inf", None),
        ("width=1e999", None),
        ("width=99999999999", Some(Some(1_000_000))),
        ("width=5&force=yes", None),
        ("width=5&force=T", Some(Some(5))),
    ] {
        let parsed = parse(named("resize").unwrap(), &pairs(text), &[], imaginary);
        let got = parsed.ok().map(|request| request.steps[0].sizing.width);
        assert_eq!(got, width, "{text}");
    }
}

#[test]
fn typed_values_are_read_by_their_kind() {
    let row = named("pipeline").unwrap();
    for (grammar, name, value, fine) in [
        (Grammar::Strict, "width", Given::Number(60.0), true),
        (Grammar::Strict, "width", Given::Number(60.6), false),
        (Grammar::Imaginary, "width", Given::Number(60.6), true),
        (Grammar::Strict, "width", Given::Boolean(true), false),
        (Grammar::Strict, "width", Given::Text("60".into()), true),
        (Grammar::Strict, "force", Given::Boolean(true), true),
        (Grammar::Strict, "force", Given::Text("true".into()), true),
        (Grammar::Strict, "force", Given::Number(1.0), false),
        (Grammar::Strict, "gravity", Given::Number(1.0), false),
        (Grammar::Strict, "sigma", Given::Number(1.5), true),
        (Grammar::Strict, "radius", Given::Number(10.0), true),
        (Grammar::Strict, "radius", Given::Text("max".into()), true),
        (Grammar::Strict, "pad", Given::Number(10.0), true),
        (Grammar::Strict, "pad", Given::Number(10.5), false),
        (
            Grammar::Strict,
            "sigma",
            Given::Number(f64::INFINITY),
            false,
        ),
    ] {
        let draft = Draft {
            operation: "resize".to_owned(),
            given: vec![
                ("height".to_owned(), Given::Number(1.0)),
                (name.to_owned(), value.clone()),
            ],
            ignore_failure: false,
        };
        let rules = Rules { grammar, ..RULES };
        let parsed = parse_steps(row, &[draft], &pairs("operations=x"), &[], rules);
        assert_eq!(parsed.is_ok(), fine, "{name} {value:?} {grammar:?}");
    }
}

proptest! {
    #[test]
    fn no_query_panics(query in proptest::collection::vec(("[a-z]{0,12}", ".{0,12}"), 0..6)) {
        for row in OPERATIONS {
            drop(parse(row, &query, &[], RULES));
            let lenient = Rules { lenient: true, ..RULES };
            drop(parse(row, &query, &query, lenient));
            let imaginary = Rules { grammar: Grammar::Imaginary, ..lenient };
            drop(parse(row, &query, &query, imaginary));
        }
    }

    #[test]
    fn every_known_name_takes_any_text(index in 0..PARAMETERS.len(), value in ".{0,20}") {
        let pairs = [(PARAMETERS[index].name.to_owned(), value)];
        drop(parse(&OPERATIONS[0], &pairs, &[], RULES));
        let imaginary = Rules { grammar: Grammar::Imaginary, ..RULES };
        drop(parse(&OPERATIONS[0], &pairs, &[], imaginary));
    }
}
