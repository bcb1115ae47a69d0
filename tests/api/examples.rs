//! The examples: each one runs, ends by itself, and shows what it is about.

use std::process::Command;

/// What an example prints.
fn run(name: &str, arguments: &[&str]) -> Vec<String> {
    // Cargo builds examples with the tests, into a folder beside theirs.
    let tests = std::env::current_exe().unwrap();
    let built = tests.parent().and_then(|deps| deps.parent()).unwrap();
    let program = built.join("examples").join(name);
    assert!(program.exists(), "{} isn't built", program.display());
    let ended = Command::new(program).args(arguments).output().unwrap();
    let errors = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.status.success(), "{name}: {errors}");
    let printed = String::from_utf8(ended.stdout).unwrap();
    printed.lines().map(str::to_owned).collect()
}

/// The number behind a word.
fn number(line: &str, word: &str) -> f64 {
    let (_, rest) = line.split_once(word).unwrap_or_else(|| panic!("{line}"));
    let number = rest.split_whitespace().next().unwrap();
    number.trim_end_matches(',').parse().unwrap()
}

#[test]
fn a_resize_in_the_handler_stalls_health_checks() {
    let lines = run("broken_deployment", &["3"]);
    let [handler, pool] = &lines[..] else {
        panic!("{lines:?}");
    };
    assert!(handler.starts_with("resize in the handler"), "{handler}");
    assert!(pool.starts_with("resize on the pool"), "{pool}");
    assert!(
        number(handler, "p50") > number(pool, "p50"),
        "{handler}\n{pool}"
    );
    assert!(number(handler, "ms;") > 0.0 && number(pool, "ms;") > 0.0);
}

#[test]
fn three_computations_run_at_once() {
    let lines = run("concurrent_tasks", &[]);
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(lines[3].starts_with("3 computations on 3 threads"));
}

#[test]
fn requests_that_wait_wait_together() {
    let lines = run("io_wait", &["200"]);
    // One after the other they would take two seconds.
    assert!(number(&lines[0], "each:") < 1_900.0, "{lines:?}");
}

#[test]
fn a_consumer_ends_and_leaks_nothing() {
    let lines = run("cancellation", &[]);
    let ends = ["Closed after 2 of 2", "Cancelled after 0 of 0", "of 5"];
    assert_eq!(lines.len(), ends.len());
    for (line, end) in lines.iter().zip(ends) {
        let nothing = "left: 0 orders, 0 workers busy, 0 queued, 0 bytes of pixels";
        assert!(line.contains(end) && line.ends_with(nothing), "{line}");
    }
}

#[test]
fn each_failure_is_told_from_the_others() {
    let lines = run("fetch", &[]);
    let expected = [
        "a wrong parameter: problem: 400 invalid-parameter",
        "no picture: problem: 415 unsupported-format",
        "nobody there: unreachable: connection refused",
        "a silent server: timed out after 200 ms",
        "half an answer: broken: unexpected end of file",
        "another protocol: garbled: no HTTP/1.1",
    ];
    assert!(number(&lines[0], "a picture:") > 100.0);
    assert_eq!(lines[1..], expected);
}
