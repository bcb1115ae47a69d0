//! Every mistake, and all of them at once.

use super::*;

#[test]
fn five_mistakes_are_five_lines() {
    let sources = sources(
        "quue = 3\nworkers = 0\nlinear = \"maybe\"",
        &[("PIXMILL_MAX_BODY", "lots")],
        &[("drain_timeout", "soon")],
    );
    let mistakes = Config::load(&sources, MACHINE).unwrap_err();
    let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    insta::assert_json_snapshot!(lines, @r#"
    [
      "pixmill.toml: quue: there is no such setting; did you mean queue?",
      "PIXMILL_MAX_BODY: 'lots' is not a size such as 64MiB",
      "pixmill.toml: workers: '0' is not auto or a whole number from 1 to 1024",
      "pixmill.toml: linear: 'maybe' is not true or false",
      "--drain-timeout: 'soon' is not a time above 0 such as 30s"
    ]
    "#);
}

#[expect(clippy::too_many_lines, reason = "a table")]
#[test]
fn mistakes_of_every_kind_are_seen() {
    for (file, environment, seen) in [
        ("host = \"localhost\"", &[][..], "an IP address"),
        ("port = 70000", &[], "65535"),
        ("port = [1]", &[], "can't be array"),
        ("nonsense", &[], "isn't TOML"),
        (
            "admin_address = \"localhost:1\"",
            &[],
            "an IP address with a port",
        ),
        ("admin_address = \"9090\"", &[], "an IP address with a port"),
        ("admin_address = \"0.0.0.0:1\"", &[], "a loopback address"),
        (
            "admin_address = \"[2001:db8::1]:1\"",
            &[],
            "a loopback address",
        ),
        ("log = \"pixmill=loud\"", &[], "debug, trace or off"),
        ("log = \"verbose\"", &[], "debug, trace or off"),
        ("log = \"info,\"", &[], "debug, trace or off"),
        ("log = \"info,=debug\"", &[], "debug, trace or off"),
        (
            "log = \"pixmill[request]=debug\"",
            &[],
            "debug, trace or off",
        ),
        ("log_format = \"xml\"", &[], "auto, json or pretty"),
        ("sandbox = false", &[], "require, prefer or off"),
        ("upload_memory = \"1MiB\"", &[], "at least max_body"),
        ("pixel_memory = \"7MiB\"", &[], "at least 8MiB"),
        ("upload_memory = \"2GiB\"", &[], "what upload_memory leaves"),
        ("request_timeout = \"0s\"", &[], "a time above 0"),
        ("mount = \"/\"", &[], "below the root"),
        ("mount = \"images\"", &[], "an absolute path"),
        ("allowed_origins = \"example.org\"", &[], "any, or origins"),
        ("private_origins = \"any\"", &[], "none, or origins"),
        (
            "remote_ports = \"80,http\"",
            &[],
            "ports separated by commas",
        ),
        ("forward_headers = \"x-a,host\"", &[], "names of headers"),
        ("forward_headers = \"Proxy-X\"", &[], "names of headers"),
        (
            "source_authorization = \"k\"",
            &[],
            "without allowed_origins",
        ),
        ("max_source = \"2GiB\"", &[], "at most upload_memory"),
        ("cache_ttl = \"3600\"", &[], "none, or a time"),
        ("object_store = \"photos\"", &[], "s3://bucket/prefix"),
        ("object_store = \"s3://b/../c\"", &[], "s3://bucket/prefix"),
        (
            "object_store = \"s3://b\"",
            &[("AWS_REGION", "eu-west-1")],
            "without credentials in the environment",
        ),
        (
            "object_store = \"s3://b\"",
            &[("AWS_ACCESS_KEY_ID", "k"), ("AWS_ENDPOINT_URL", "s3")],
            "no URL of http or https",
        ),
        ("object_store_metadata = \"no way\"", &[], "true or false"),
        ("api_keys = [1]", &[], "a list of keys"),
        ("api_keys = [\"\"]", &[], "a list of keys"),
        ("", &[("PIXMILL_API_KEYS", "")], "a list of keys"),
        ("", &[("PIXMILL_API_KEYS", "a,,b")], "a list of keys"),
        ("url_signature_key = \"short\"", &[], "32 characters"),
        ("cors = \"https://a.example/\"", &[], "a list of origins"),
        ("disabled = [\"cropp\"]", &[], "a list of endpoints"),
        (
            "placeholder = \"/nowhere/at/all\"",
            &[],
            "the path of a picture",
        ),
        ("placeholder = \"Cargo.toml\"", &[], "Read here are"),
        ("placeholder_status = 99", &[], "200 to 599"),
        ("path_prefix = \"api\"", &[], "a path such as"),
        ("path_prefix = \"/api/\"", &[], "a path such as"),
        ("path_prefix = \"/{a}\"", &[], "a path such as"),
        ("path_prefix = \"/../a\"", &[], "a path such as"),
        (
            "path_prefix = \"/readyz\"",
            &[],
            "not one that balancers ask",
        ),
        (
            "",
            &[("PIXMILL_WORKER", "3")],
            "did you mean PIXMILL_WORKERS?",
        ),
    ] {
        let mistakes = Config::load(&sources(file, environment, &[]), MACHINE).unwrap_err();
        assert_eq!(mistakes.len(), 1, "{file}: {mistakes:?}");
        assert!(
            mistakes[0].to_string().contains(seen),
            "{file}: {}",
            mistakes[0]
        );
    }
}
