//! README's tables say what the code's tables say.

use pixmill::codecs::FORMATS;
use pixmill::config::KEYS;
use pixmill::http::problem::PROBLEMS;
use pixmill::pipeline::operation::OPERATIONS;
use pixmill::pipeline::parameter::PARAMETERS;
use pixmill::telemetry::CATALOGUE;

const README: &str = include_str!("../../README.md");

/// Asserts that README has this row, and shows how it should be.
#[track_caller]
fn has(row: &str) {
    assert!(
        README.lines().any(|line| line == row),
        "README lacks this row:\n{row}"
    );
}

fn quoted(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

#[test]
fn operations_are_listed() {
    for row in OPERATIONS {
        has(&format!("| `POST /{}` | {} |", row.name, row.about));
    }
}

#[test]
fn parameters_are_listed() {
    for row in PARAMETERS {
        let aliases = quoted(row.aliases);
        has(&format!(
            "| `{}` | {} | {} | {} | {} |",
            row.name, aliases, row.about, row.allowed, row.default
        ));
    }
}

#[test]
fn settings_are_listed() {
    for key in KEYS.iter() {
        has(&format!(
            "| `{}` | `{}` | {} |",
            key.name,
            key.default.trim_matches('"'),
            key.about
        ));
    }
}

#[test]
fn problems_are_listed() {
    for row in PROBLEMS {
        has(&format!(
            "| {} | `{}` | {} |",
            row.status, row.code, row.title
        ));
    }
}

#[test]
fn metrics_are_listed() {
    for row in CATALOGUE {
        has(&format!("| `{}` | {} | {} |", row.name, row.kind, row.help));
    }
}

#[test]
fn formats_are_listed() {
    for row in FORMATS {
        has(&format!(
            "| {} | yes | {} |",
            row.name,
            if row.writes { "yes" } else { "no" }
        ));
    }
}
