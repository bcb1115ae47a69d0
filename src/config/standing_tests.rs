//! What a running server takes over, and what it doesn't.

use super::*;
use crate::config::tests::{MACHINE, sources};

/// Another value for each key, and whether a running server takes it over.
const OTHERS: &[(&str, &str, bool)] = &[
    ("host", "\"127.0.0.1\"", false),
    ("port", "8081", false),
    ("admin_address", "\"127.0.0.1:9091\"", false),
    ("admin_public", "true", false),
    ("workers", "2", false),
    ("worker_nice", "9", false),
    ("queue", "63", false),
    ("memory_limit", "\"512MiB\"", false),
    ("upload_memory", "\"100MiB\"", false),
    ("pixel_memory", "\"100MiB\"", false),
    ("isolation", "\"process\"", false),
    ("svg", "\"true\"", true),
    ("pdf", "\"false\"", true),
    ("max_body", "\"32MiB\"", false),
    ("max_pixels", "1_000_000", true),
    ("max_output_side", "1_000", true),
    ("max_output_pixels", "1_000_000", true),
    ("max_frames", "10", true),
    ("linear", "false", true),
    ("lenient_parameters", "true", true),
    ("compat", "\"imaginary\"", false),
    ("max_per_client", "3", true),
    ("client_header", "\"x-real-ip\"", true),
    ("mount", "\"/tmp\"", false),
    ("object_store", "\"s3://other\"", false),
    ("object_store_metadata", "true", true),
    ("allow_remote", "false", false),
    ("allowed_origins", "\"https://a.example\"", false),
    ("private_origins", "\"http://10.0.0.1\"", false),
    ("remote_ports", "\"80\"", false),
    ("max_source", "\"1MiB\"", false),
    ("max_redirects", "4", false),
    ("connect_timeout", "\"4s\"", false),
    ("source_timeout", "\"20s\"", false),
    ("remote_ca", "\"/none\"", false),
    ("forward_headers", "\"x-a\"", true),
    ("forward_authorization", "true", true),
    ("source_authorization", "\"Bearer a\"", true),
    ("cache_ttl", "\"1h\"", true),
    ("api_keys", "[\"a\"]", true),
    (
        "url_signature_key",
        "\"a-key-of-more-than-32-characters-in-all\"",
        true,
    ),
    ("cors", "[\"https://a.example\"]", true),
    ("disabled", "[\"crop\"]", true),
    ("presets", "[\"a=resize?width=9\"]", true),
    ("presets_only", "true", true),
    ("path_prefix", "\"/images\"", true),
    ("playground", "false", true),
    ("placeholder", "\"builtin\"", true),
    ("placeholder_status", "200", true),
    ("rate_limit", "5", true),
    ("rate_burst", "5", true),
    ("max_connections", "4000", false),
    ("header_timeout", "\"9s\"", false),
    ("idle_timeout", "\"9s\"", false),
    ("body_timeout", "\"9s\"", true),
    ("min_upload_rate", "\"2KiB\"", false),
    ("request_timeout", "\"9s\"", true),
    ("write_timeout", "\"9s\"", false),
    ("min_download_rate", "\"2KiB\"", false),
    ("drain_delay", "\"1s\"", false),
    ("drain_timeout", "\"9s\"", false),
    ("sandbox", "\"off\"", false),
    ("log", "\"debug\"", true),
    ("log_format", "\"json\"", false),
    ("log_slow", "\"9s\"", true),
];

#[test]
fn what_a_running_server_takes_over_is_known() {
    // Where nothing is fetched, it is nothing to the server how.
    let before = [
        "admin_address = \"127.0.0.1:9090\"",
        "allow_remote = true",
        "allowed_origins = \"https://b.example\"",
        "object_store = \"s3://bucket\"",
        "presets = [\"b=flip\"]",
    ];
    let environment = [("AWS_SKIP_SIGNATURE", "true")];
    let standing = Standing::load(sources(&before.join("\n"), &environment, &[]), MACHINE).unwrap();
    for key in KEYS.iter() {
        let row = OTHERS.iter().find(|(name, ..)| *name == key.name);
        let &(name, value, taken) =
            row.unwrap_or_else(|| panic!("{} has no other value", key.name));
        let line = format!("{name} = {value}");
        let others = before
            .iter()
            .filter(|other| !other.starts_with(&format!("{name} =")));
        let lines: Vec<&str> = others.copied().chain([line.as_str()]).collect();
        match standing.reread(lines.join("\n")) {
            Ok(new) => {
                assert!(taken, "{name} is taken over");
                assert_eq!(standing.changed(&new), [name]);
            }
            Err(mistakes) => {
                let told: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
                assert!(!taken, "{name}: {told:?}");
                assert_eq!(told.len(), 1, "{told:?}");
                assert!(
                    told[0].contains(&format!("pixmill.toml: {name}: ")),
                    "{told:?}"
                );
                assert!(told[0].contains("new start"), "{told:?}");
            }
        }
    }
}

#[test]
fn what_is_decided_at_the_start_is_so_where_nothing_is_fetched() {
    let before = "max_source = \"1MiB\"";
    let standing = Standing::load(sources(before, &[], &[]), MACHINE).unwrap();
    for name in ["compat", "max_body", "min_upload_rate"] {
        let (_, value, _) = OTHERS.iter().find(|row| row.0 == name).unwrap();
        let new = standing.reread(format!("{before}\n{name} = {value}"));
        assert!(new.is_err(), "{name}");
    }
}

#[test]
fn the_readme_says_what_is_decided_at_the_start() {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once("Decided at the start: ").unwrap();
    let (told, _) = rest.split_once(".\n").unwrap();
    let told: Vec<_> = told
        .split(", ")
        .map(|name| name.trim_matches('`'))
        .collect();
    let fixed = OTHERS.iter().filter(|(_, _, taken)| !taken);
    let fixed: Vec<_> = fixed.map(|(name, ..)| *name).collect();
    assert_eq!(told, fixed);
}

#[test]
fn a_file_that_is_read_again_holds_as_a_whole_or_not_at_all() {
    let flags = [("max_frames", "7")];
    let standing = Standing::load(sources("api_keys = [\"a\"]", &[], &flags), MACHINE).unwrap();
    assert_eq!(standing.file(), Some("pixmill.toml"));
    for (text, told) in [
        (
            "api_keys = [\"b\"]\nworkers = 2\nport = 1",
            &["port", "workers"][..],
        ),
        (
            "api_keys = [\"b\"]\nmax_pixel = 2",
            &["did you mean max_pixels?"],
        ),
        ("api_keys = [", &["isn't TOML"]),
    ] {
        let mistakes = standing.reread(text.to_owned()).unwrap_err();
        assert_eq!(mistakes.len(), told.len(), "{mistakes:?}");
        for (mistake, told) in mistakes.iter().zip(told) {
            assert!(mistake.to_string().contains(told), "{mistake}");
        }
    }
    let new = standing.reread("max_frames = 9".to_owned()).unwrap();
    // The flag says otherwise.
    assert_eq!(standing.changed(&new), ["api_keys"]);
    assert_eq!(new.config().pipeline.max_frames, 7);
}
