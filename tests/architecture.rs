//! The layers, the homes of libraries, and the rules of the house, held by reading the source.
//!
//! It reads text, not types: a macro could hide a path from it.
#![cfg(test)]
#![expect(clippy::string_slice, reason = "slices at matches, in our own source")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Layers from top to bottom: each with the layers it may name. Those are all further down, so that there is no cycle.
const LAYERS: &[(&str, &[&str])] = &[
    (
        "app",
        &[
            "config",
            "http",
            "server",
            "service",
            "source",
            "admission",
            "isolation",
            "pipeline",
            "codecs",
            "checkpoint",
            "systemd",
            "telemetry",
            "sandbox",
            "os",
        ],
    ),
    (
        "trial",
        &[
            "batch",
            "http",
            "service",
            "source",
            "isolation",
            "pipeline",
            "codecs",
            "checkpoint",
            "os",
        ],
    ),
    (
        "batch",
        &[
            "http",
            "service",
            "source",
            "admission",
            "pipeline",
            "codecs",
            "checkpoint",
            "os",
        ],
    ),
    // Of each layer only its settings.
    (
        "config",
        &[
            "http",
            "server",
            "source",
            "admission",
            "isolation",
            "pipeline",
            "systemd",
            "telemetry",
            "sandbox",
        ],
    ),
    (
        "http",
        &[
            "service",
            "source",
            "admission",
            "pipeline",
            "codecs",
            "checkpoint",
            "pace",
            "profile",
            "telemetry",
            "os",
        ],
    ),
    ("server", &["os"]),
    (
        "service",
        &[
            "source",
            "admission",
            "isolation",
            "pipeline",
            "codecs",
            "checkpoint",
        ],
    ),
    (
        "source",
        &["admission", "checkpoint", "pace", "telemetry", "os"],
    ),
    ("admission", &["checkpoint", "os"]),
    (
        "isolation",
        &["pipeline", "codecs", "checkpoint", "sandbox", "os"],
    ),
    ("pipeline", &["codecs", "checkpoint", "typeface"]),
    ("codecs", &["checkpoint", "typeface"]),
    ("systemd", &[]),
    ("telemetry", &["protobuf"]),
    ("checkpoint", &[]),
    ("pace", &[]),
    ("typeface", &[]),
    ("sandbox", &["os"]),
    ("profile", &["os", "protobuf"]),
    ("protobuf", &[]),
    ("os", &[]),
];

/// Libraries with the only places that may name them.
const HOMES: &[(&str, &[&str])] = &[
    ("axum", &["app/", "http/"]),
    ("blurhash", &["pipeline/gist.rs"]),
    (
        "blake3",
        &[
            "http/access/keys.rs",
            "http/openapi/",
            "http/page/",
            "service/",
            "source/",
        ],
    ),
    ("clap", &["cli/"]),
    ("clap_complete", &["cli/scripts.rs"]),
    ("clap_mangen", &["cli/scripts.rs"]),
    ("csscolorparser", &["pipeline/value.rs"]),
    (
        "data_encoding",
        &[
            "codecs/svg/data.rs",
            "http/access/signature.rs",
            "http/info.rs",
        ],
    ),
    (
        "fast_image_resize",
        &["pipeline/mod.rs", "pipeline/transform.rs"],
    ),
    ("fdeflate", &["codecs/tiff/unpack/deflate.rs"]),
    ("form_urlencoded", &["http/extract.rs", "http/form.rs"]),
    (
        "futures_core",
        &[
            "http/inflow.rs",
            "http/layers/unread.rs",
            "http/multipart.rs",
            "source/store/mod.rs",
        ],
    ),
    ("gimli", &["os/sampler/stack.rs"]),
    ("harfrust", &["pipeline/text/font.rs"]),
    ("heifer_hevc_dec", &["codecs/avif/hevc/"]),
    ("hickory_resolver", &["source/resolve.rs"]),
    ("hmac", &["http/access/signature.rs"]),
    ("httpdate", &["http/named.rs"]),
    ("hyper", &["server/", "source/"]),
    ("hyper_util", &["server/", "source/exchange.rs"]),
    ("image", &["codecs/bridge.rs"]),
    ("indicatif", &["cli/report.rs"]),
    // The first four have the module of that name in mind.
    (
        "jxl",
        &[
            "codecs/deep.rs",
            "codecs/metadata/",
            "codecs/mod.rs",
            "codecs/sniff.rs",
            "codecs/jxl/",
        ],
    ),
    ("jxl_bitstream", &["codecs/jxl/"]),
    ("jxl_coding", &["codecs/jxl/profile.rs"]),
    ("jxl_frame", &["codecs/jxl/frames.rs"]),
    ("jxl_image", &["codecs/jxl/"]),
    ("jxl_oxide_common", &["codecs/jxl/"]),
    ("landlock", &["sandbox/landlock.rs"]),
    // The sandbox names calls and makes none.
    ("libc", &["os/", "sandbox/"]),
    (
        "libaom_sys",
        &[
            "codecs/avif/aom.rs",
            "codecs/avif/av1.rs",
            "codecs/avif/room.rs",
        ],
    ),
    (
        "libdeflater",
        &[
            "codecs/png/",
            "codecs/svg/packed.rs",
            "profile/write.rs",
            "source/collector.rs",
        ],
    ),
    ("libwebp_sys", &["codecs/webp/"]),
    ("moxcms", &["pipeline/color/"]),
    ("multer", &["http/extract.rs", "http/multipart.rs"]),
    ("object_store", &["source/store/"]),
    (
        "percent_encoding",
        &[
            "codecs/svg/data.rs",
            "config/collector.rs",
            "source/folder.rs",
            "source/origin.rs",
        ],
    ),
    // But for the folder's own these have the module of that name in mind.
    (
        "png",
        &[
            "codecs/deep.rs",
            "codecs/metadata/",
            "codecs/moving.rs",
            "codecs/png/",
            "codecs/svg/shown.rs",
        ],
    ),
    ("prometheus_client", &["telemetry/"]),
    ("postcard", &["isolation/wire.rs"]),
    ("resvg", &["codecs/svg/"]),
    ("ruzstd", &["codecs/tiff/unpack/zstd.rs"]),
    ("rustix", &["isolation/", "os/"]),
    ("rustls", &["source/connect.rs"]),
    (
        "serde",
        &["codecs/", "isolation/wire.rs", "pipeline/", "sandbox/"],
    ),
    ("sha2", &["http/access/signature.rs"]),
    ("seccompiler", &["sandbox/filter.rs"]),
    ("serde_json", &["batch/", "cli/", "http/"]),
    ("socket2", &["server/io.rs", "server/listener.rs"]),
    (
        "tokio",
        &[
            "main.rs",
            "reload.rs",
            "pace.rs",
            "runtime.rs",
            "telemetry/traces/",
            "app/",
            "batch/",
            "cli/session.rs",
            "trial/",
            "server/",
            "http/",
            "source/",
            "admission/",
        ],
    ),
    (
        "skrifa",
        &["pipeline/text/font.rs", "pipeline/text/outline.rs"],
    ),
    ("thumbhash", &["pipeline/gist.rs"]),
    ("tokio_rustls", &["source/connect.rs"]),
    ("toml", &["config/reader.rs", "config/written.rs"]),
    ("tower", &["app/", "http/"]),
    ("tower_http", &["http/"]),
    ("tracing_subscriber", &["telemetry/logs.rs"]),
    ("turbojpeg_sys", &["codecs/jpeg/"]),
    ("unicode_bidi", &["pipeline/text/layout.rs"]),
    ("unicode_linebreak", &["pipeline/text/layout.rs"]),
    ("unicode_script", &["pipeline/text/font.rs"]),
    ("url", &["source/"]),
    ("webpki_roots", &["source/connect.rs"]),
    (
        "weezl",
        &["codecs/gif/codes.rs", "codecs/tiff/unpack/lzw.rs"],
    ),
];

/// Bindings and the calls to the system; nothing else may opt in to `unsafe`.
const UNSAFE_HOMES: &[&str] = &[
    "codecs/avif/aom.rs",
    "codecs/avif/av1.rs",
    "codecs/avif/room.rs",
    "codecs/jpeg/",
    "codecs/webp/",
    "pipeline/kernel_avx2.rs",
    "pipeline/interleaved_vbmi.rs",
    "os/",
];

/// Lines of a file before its tests, at most.
const LONGEST_FILE: usize = 300;

struct Source {
    /// Below `src`, with `/`.
    path: String,
    text: String,
}

impl Source {
    /// The first folder or file name: the layer.
    fn layer(&self) -> &str {
        self.path.split(['/', '.']).next().unwrap_or_default()
    }

    /// The text without its tests and without comments.
    fn code(&self) -> String {
        let body = self.text.split("#[cfg(test)]").next().unwrap_or_default();
        body.lines()
            .map(|line| line.split("//").next().unwrap_or_default())
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn is_test(&self) -> bool {
        self.path.ends_with("tests.rs")
    }

    fn lives_in(&self, homes: &[&str]) -> bool {
        homes.iter().any(|home| self.path.starts_with(home))
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(Source {
                    path: path
                        .strip_prefix(&root)
                        .unwrap()
                        .to_string_lossy()
                        .replace('\\', "/"),
                    text: fs::read_to_string(&path).unwrap(),
                });
            }
        }
    }
    assert!(found.len() > 30);
    found
}

/// What `root::` is followed by in the code, in `root::a`, `root::{a, b::c}` and over several lines.
fn named_after(code: &str, root: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices(&format!("{root}::")) {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let rest = &code[at + root.len() + 2..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut word = String::new();
            let mut first = true;
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => first = true,
                    ':' if depth == 0 => first = false,
                    c if first && depth == 0 && (c.is_alphanumeric() || c == '_') => {
                        word.push(c);
                        continue;
                    }
                    _ => {}
                }
                if !word.is_empty() {
                    names.insert(std::mem::take(&mut word));
                }
            }
            if !word.is_empty() {
                names.insert(word);
            }
        } else {
            names.insert(
                rest.chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect(),
            );
        }
    }
    names
}

/// Whether the code names a library: `use png…`, `png::`, but not `crate::codecs::png::`.
fn names_library(code: &str, library: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    code.match_indices(library).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = &code[at + library.len()..];
        let is_path = after.starts_with("::");
        let is_import = code[..at].ends_with("use ") && !after.starts_with(word);
        !before.is_some_and(word) && (is_path || is_import)
    })
}

fn upward(source: &Source) -> Vec<String> {
    let layer = source.layer();
    let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
        return Vec::new();
    };
    named_after(&source.code(), "crate")
        .into_iter()
        .filter(|name| name != layer && !allowed.contains(&name.as_str()))
        .map(|name| format!("{}: {layer} may not name {name}", source.path))
        .collect()
}

fn strays(source: &Source) -> Vec<String> {
    let code = source.code();
    HOMES
        .iter()
        .filter(|(library, homes)| names_library(&code, library) && !source.lives_in(homes))
        // A module of ours may have a library's name.
        .filter(|(library, _)| !code.contains(&format!("mod {library};")))
        .map(|(library, _)| format!("{}: {library} has its home elsewhere", source.path))
        .collect()
}

fn check(rule: impl Fn(&Source) -> Vec<String>) {
    let broken: Vec<String> = sources()
        .iter()
        .filter(|s| !s.is_test())
        .flat_map(rule)
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn layers_name_only_layers_below() {
    for (index, (layer, allowed)) in LAYERS.iter().enumerate() {
        for name in *allowed {
            let below = LAYERS
                .iter()
                .skip(index + 1)
                .any(|(other, _)| other == name);
            assert!(below, "{layer} may name {name}, which isn't below it");
        }
    }
    check(upward);
}

#[test]
fn every_layer_is_in_the_table() {
    for source in sources() {
        let layer = source.layer();
        let known = matches!(
            layer,
            "main" | "checks" | "cli" | "reload" | "runtime" | "lib"
        ) || LAYERS.iter().any(|(name, _)| *name == layer);
        assert!(known, "{} is in no layer", source.path);
    }
}

#[test]
fn libraries_stay_at_home() {
    check(strays);
    let manifest = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
    for (library, _) in HOMES {
        let listed = [library.replace('_', "-"), (*library).to_owned()]
            .iter()
            .any(|name| manifest.contains(&format!("\n{name} = ")));
        assert!(listed, "{library} has a home but is no dependency");
    }
}

#[test]
fn only_admission_starts_work_and_only_bindings_are_unsafe() {
    check(|source| {
        let code = source.code();
        let mut broken = Vec::new();
        if code.contains("spawn_blocking") && !source.lives_in(&["admission/"]) {
            broken.push(format!(
                "{}: only admission may start CPU work",
                source.path
            ));
        }
        if code.contains("unsafe_code") && !source.lives_in(UNSAFE_HOMES) {
            broken.push(format!("{}: unsafe has its homes", source.path));
        }
        if code.contains("super::super") {
            broken.push(format!(
                "{}: super::super hides where a name is from",
                source.path
            ));
        }
        broken
    });
}

#[test]
fn pixel_code_is_synchronous() {
    check(|source| {
        let code = source.code();
        let pure = matches!(source.layer(), "pipeline" | "codecs" | "checkpoint");
        ["async ", "std::env", "std::fs", "std::net", "tracing::"]
            .iter()
            .filter(|word| pure && code.contains(*word))
            .map(|word| format!("{}: {word} has no place in pixel code", source.path))
            .collect()
    });
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    for source in sources() {
        assert!(
            source.text.starts_with("//!"),
            "{} doesn't say what it is for",
            source.path
        );
        let lines = source
            .text
            .split("#[cfg(test)]")
            .next()
            .unwrap()
            .lines()
            .count();
        assert!(
            lines <= LONGEST_FILE || source.is_test(),
            "{} has {lines} lines: split it by idea",
            source.path
        );
    }
}

#[test]
fn the_checker_sees_what_it_looks_for() {
    let source = |path: &str, text: &str| Source {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    for (path, text, seen) in [
        (
            "codecs/x.rs",
            "use crate::pipeline::plan;",
            "codecs may not name pipeline",
        ),
        (
            "pipeline/x.rs",
            "use crate::{\n    codecs::Error,\n    http::{a, b},\n};",
            "pipeline may not name http",
        ),
        (
            "admission/x.rs",
            "fn f() { crate::codecs::probe(b) }",
            "admission may not name codecs",
        ),
        ("os/x.rs", "use crate::{app};", "os may not name app"),
    ] {
        let broken = upward(&source(path, text));
        assert!(
            broken.iter().any(|line| line.contains(seen)),
            "{text}: {broken:?}"
        );
    }
    for (path, text) in [
        ("pipeline/x.rs", "use tokio::time;"),
        ("service/mod.rs", "let r = image::open(x);"),
        ("http/mod.rs", "use hyper::{Request};"),
    ] {
        assert_eq!(strays(&source(path, text)).len(), 1, "{text}");
    }
    let fine = "use crate::checkpoint::Stop;\n// crate::http is not named by a comment\n#[cfg(test)]\nuse crate::app;";
    assert!(upward(&source("codecs/x.rs", fine)).is_empty());
    assert!(strays(&source("codecs/mod.rs", "mod png;\nfn f() { png::open() }")).is_empty());
    assert!(strays(&source("http/x.rs", "use crate::codecs::png::x;")).is_empty());
}
