//! What this binary was built of.

use super::page::Page;

/// Labels of the one metric that says so.
const BUILD: [(&str, &str); 4] = [
    ("version", env!("CARGO_PKG_VERSION")),
    // Known only where whoever builds says it: a build is the same whatever folder it is made in.
    (
        "commit",
        match option_env!("BUILD_COMMIT") {
            Some(commit) => commit,
            None => "unknown",
        },
    ),
    ("rustc", env!("BUILD_RUSTC")),
    ("target", env!("BUILD_TARGET")),
];

pub(super) fn tell(page: &mut Page) {
    page.tell("pixmill_build_info", &[(&BUILD, 1.0)]);
}
