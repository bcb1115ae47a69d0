//! What a real process writes into its log.

use rustix::process::Signal;

use crate::cli::Served;
use crate::fixtures::{jpeg, photo};
use crate::support::request;

/// What takes no time worth a line has none, and nothing has where nothing is slow.
#[test]
fn only_what_is_slow_has_a_line_that_says_so() {
    for (slow, lines) in [("0s", 0), ("1h", 0), ("1ms", 1)] {
        let served = Served::start(&["--log-slow", slow]);
        let post = request("POST", "/resize?width=300", &[], &jpeg(&photo(900, 700)));
        assert!(served.ask(&post).starts_with(b"HTTP/1.1 200"));
        served.signal(Signal::TERM);
        let (_, log) = served.ended();
        assert_eq!(
            log.matches("\"slow request\"").count(),
            lines,
            "{slow}: {log}"
        );
    }
}
