//! What is said of parameters, held to the parser.

use proptest::prelude::*;
use proptest::string::string_regex;

use super::*;
use crate::pipeline::gist::Wanted;
use crate::pipeline::operation::named;
use crate::pipeline::parameter::{Grammar, Kind};
use crate::pipeline::request::{self, Rules};

const MAX_SIDE: u32 = 99_999;

const RULES: Rules = Rules {
    lenient: false,
    grammar: Grammar::Strict,
    max_side: MAX_SIDE,
};

/// Whether that is understood with this value.
fn takes(asked: Description, name: &str, value: &str) -> bool {
    let is_it = |row: &&ParameterRow| row.name == name || row.aliases.contains(&name);
    let meant = PARAMETERS.iter().find(is_it).expect("a parameter").name;
    // It says both, and may say other things than they do.
    let is_side = |other: &str| meant == "size" && matches!(other, "width" | "height");
    let is_other = |other: &str| other != meant && !is_side(other);
    let mut pairs: Vec<_> = asked
        .example()
        .filter(|(other, _)| is_other(other))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    pairs.push((name.to_owned(), value.to_owned()));
    match named(asked.name) {
        Some(row) => request::parse(row, &pairs, &[], RULES).is_ok(),
        None => Wanted::parse(&pairs, &[], RULES).is_ok(),
    }
}

/// Every operation with every parameter that it takes.
fn all() -> impl Iterator<Item = (Description, &'static ParameterRow)> {
    descriptions().flat_map(|asked| asked.parameters().map(move |row| (asked, row)))
}

/// Values that are still allowed, and values that aren't any more.
type Ends = (Vec<String>, Vec<String>);

fn texts(within: &[&str], beyond: &[&str]) -> Ends {
    let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    (owned(within), owned(beyond))
}

fn numbers(least: u32, most: u32) -> Ends {
    let beyond = u64::from(most) + 1;
    let mut beyond = vec![beyond.to_string(), "-1".to_owned()];
    beyond.extend(least.checked_sub(1).map(|below| below.to_string()));
    (vec![least.to_string(), most.to_string()], beyond)
}

fn ends(kind: Kind) -> Ends {
    match kind {
        Kind::Side => numbers(1, MAX_SIDE),
        Kind::Whole { least, most, step } => {
            let (within, mut beyond) = numbers(least, most);
            beyond.extend((step > 1).then(|| (least + step - 1).to_string()));
            (within, beyond)
        }
        Kind::WholeOr { least, most, word } => {
            let (mut within, beyond) = numbers(least, most);
            within.push(word.to_owned());
            (within, beyond)
        }
        Kind::Decimal { least, most } => (
            vec![least.to_string(), most.to_string()],
            vec![(least - 0.01).to_string(), (most + 0.01).to_string()],
        ),
        Kind::Boolean => texts(
            &["true", "false", "1", "0", "yes", "no", "on", "off", ""],
            &["perhaps"],
        ),
        Kind::Choice(choice) => texts(&[choice.words, choice.also].concat(), &["nonsense", ""]),
        Kind::Colour => texts(&["fff", "ffffff80", "255,255,255", "tomato"], &["nonsense"]),
        Kind::Form(_) => texts(&[], &["nonsense", ""]),
        Kind::Lengths { most, .. } => texts(
            &["0", "1,2", &most.to_string()],
            &["1,2,3", &(most + 1).to_string(), ""],
        ),
        Kind::Text(None) | Kind::Steps => texts(&[], &[]),
        Kind::Text(Some(most)) => {
            let long = |length: u32| "x".repeat(length as usize);
            (vec![long(1), long(most)], vec![long(most + 1)])
        }
    }
}

#[test]
fn examples_and_ends_are_taken_and_what_is_beyond_is_not() {
    for (asked, row) in all() {
        assert!(
            takes(asked, row.name, row.example),
            "/{}?{}={}",
            asked.name,
            row.name,
            row.example
        );
        let (within, beyond) = ends(row.kind);
        for value in within {
            let place = format!("/{}?{}={value:.40}", asked.name, row.name);
            assert!(takes(asked, row.name, &value), "{place}");
            for alias in row.aliases {
                assert_eq!(
                    takes(asked, alias, &value),
                    takes(asked, row.name, &value),
                    "{place} {alias}"
                );
            }
        }
        for value in beyond {
            let place = format!("/{}?{}={value:.40}", asked.name, row.name);
            assert!(!takes(asked, row.name, &value), "{place}");
        }
    }
}

#[test]
fn examples_are_complete() {
    for row in OPERATIONS {
        let asked = described(row.name).expect("an operation");
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let pairs: Vec<_> = asked.example().map(owned).collect();
        assert_eq!(pairs.len(), row.needs.parameters().len());
        let parsed = request::parse(row, &pairs, &[], RULES).expect("parameters");
        assert_eq!(parsed.complete(), Ok(()), "{}", row.name);
        for index in 0..pairs.len() {
            let mut fewer = pairs.clone();
            fewer.remove(index);
            let parsed = request::parse(row, &fewer, &[], RULES).expect("parameters");
            // Of two sides one is enough, where not both are needed.
            let is_enough = row.needs == Needs::Side;
            assert_eq!(parsed.complete().is_ok(), is_enough, "{}", row.name);
        }
    }
}

/// Programs that read descriptions fill in all of them at once.
#[test]
fn examples_go_together() {
    for row in OPERATIONS {
        let asked = described(row.name).expect("an operation");
        let rows = asked.parameters();
        let pairs: Vec<_> = rows
            .map(|row| (row.name.to_owned(), row.example.to_owned()))
            .collect();
        let parsed = request::parse(row, &pairs, &[], RULES).expect("parameters");
        assert_eq!(parsed.complete(), Ok(()), "{}", row.name);
    }
}

#[test]
fn every_parameter_is_somewhere() {
    for row in PARAMETERS {
        let names: Vec<_> = descriptions()
            .filter(|asked| row.taken.by(asked.name))
            .collect();
        let asks = row.taken == Taken::WhoeverAsks;
        assert!(asks == names.is_empty(), "{}", row.name);
        if let Taken::Only(only) = row.taken {
            assert_eq!(names.len(), only.len(), "{}", row.name);
        }
    }
    assert_eq!(of_whoever_asks().count(), 3);
}

/// Words and figures of one row say the same.
#[test]
fn what_is_allowed_is_said_in_words_too() {
    let says = |row: &ParameterRow, what: &str| {
        let words: Vec<_> = row
            .allowed
            .split([' ', ',', '(', ')', ':'])
            .filter(|word| !word.is_empty())
            .collect();
        assert!(
            words.contains(&what) || what.contains(':') && row.allowed.contains(what),
            "{}: {what} in {}",
            row.name,
            row.allowed
        );
    };
    for row in PARAMETERS {
        let is_bare = row.allowed.contains("or the bare name");
        assert_eq!(row.may_be_bare(), is_bare, "{}", row.name);
        match row.kind {
            Kind::Side => says(row, "max_output_side"),
            Kind::Whole { least, most, step } => {
                for number in [least, most] {
                    // Of a page there is no largest; of a turn it goes without saying that 0 is none.
                    if number != u32::MAX && (step == 1 || number > 0) {
                        says(row, &number.to_string());
                    }
                }
            }
            Kind::WholeOr { least, most, .. } => {
                says(row, &least.to_string());
                says(row, &most.to_string());
            }
            Kind::Decimal { least, most } => {
                says(row, &least.to_string());
                says(row, &most.to_string());
            }
            Kind::Choice(choice) => choice.words.iter().for_each(|word| says(row, word)),
            _ => {}
        }
        // The one is never without effect, nor ever with one; the other would contradict what others show.
        let is_bound = matches!(row.name, "noprofile" | "stripmeta");
        let value = row.default_value().filter(|_| !is_bound);
        if let Some(value) = value {
            assert_ne!(
                value, row.example,
                "{}: the example shows nothing",
                row.name
            );
        }
    }
}

#[test]
fn types_are_the_formats_that_are_written() {
    let formats = crate::codecs::FORMATS.iter().filter(|row| row.writes);
    let mut written: Vec<_> = formats
        .flat_map(|row| [row.name].into_iter().chain(row.aliases.iter().copied()))
        .chain(["auto"])
        .collect();
    let Some(Kind::Choice(choice)) = parameter("type").map(|row| row.kind) else {
        panic!("a type is one of some words");
    };
    let mut said: Vec<_> = choice.words.iter().chain(choice.also).copied().collect();
    written.sort_unstable();
    said.sort_unstable();
    assert_eq!(said, written);
}

/// Any text that one of the regular expressions matches.
fn formed() -> impl Strategy<Value = (&'static str, String)> {
    let forms: Vec<_> = PARAMETERS
        .iter()
        .filter_map(|row| match row.kind {
            Kind::Form(form) | Kind::Lengths { form, .. } => Some((row.name, form)),
            Kind::Choice(choice) => Some((row.name, choice.or?)),
            _ => None,
        })
        .collect();
    assert!(forms.len() > 3);
    let texts = forms.into_iter().map(|(name, form)| {
        let text = string_regex(form).expect("a regular expression");
        text.prop_map(move |text| (name, text)).boxed()
    });
    proptest::strategy::Union::new(texts)
}

proptest! {
    #[test]
    fn what_has_the_form_is_taken((name, text) in formed()) {
        let resize = described("resize").expect("an operation");
        // Numbers that have the form may be too large for what they are: that is said in words.
        let small = |part: &str| part.parse::<f64>().is_ok_and(|part| part <= 65_535.0);
        let is_small = text.split([':', 'x', ',']).all(|part| part.is_empty() || small(part));
        prop_assume!(is_small || matches!(name, "sign" | "expires"));
        prop_assert!(takes(resize, name, &text), "{}={}", name, text);
    }
}
