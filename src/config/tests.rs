//! Which source wins, and what is in force then.

use super::*;

#[path = "mistake_tests.rs"]
mod mistake;

pub(super) const MACHINE: Machine = Machine {
    cpus: 3,
    memory: 1 << 30,
};

pub(super) fn sources(
    file: &str,
    environment: &[(&str, &str)],
    flags: &[(&'static str, &str)],
) -> Sources {
    Sources {
        file: (!file.is_empty()).then(|| ("pixmill.toml".to_owned(), file.to_owned())),
        environment: environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        flags: flags
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect(),
        ..Sources::default()
    }
}

fn effective(sources: &Sources) -> String {
    Reader::new(sources).to_toml()
}

#[test]
fn defaults_are_valid_and_shared_out() {
    let config = Config::defaults(MACHINE).unwrap();
    assert_eq!(config.listen.to_string(), "0.0.0.0:8080");
    assert_eq!(config.admission.workers, 3);
    assert_eq!(config.admission.upload_memory, 256 << 20);
    assert_eq!(config.admission.pixel_memory, 512 << 20);
    assert_eq!(config.http.max_body, 64 << 20);
    assert_eq!(config.drain_delay, Duration::ZERO);
}

#[test]
fn a_small_container_starts_with_the_defaults() {
    for (megabytes, upload, pixels) in [
        (128, 64, 32),
        (192, 64, 80),
        (256, 64, 128),
        (4096, 1024, 2048),
    ] {
        let memory = megabytes << 20;
        let config = Config::defaults(Machine { cpus: 1, memory }).unwrap();
        let admission = config.admission;
        assert_eq!(admission.upload_memory, upload << 20);
        assert_eq!(admission.pixel_memory, pixels << 20);
        assert!(admission.upload_memory + admission.pixel_memory <= memory - memory / 4);
    }
}

#[test]
fn production_is_valid() {
    let text = include_str!("../../config/production.toml");
    let config = Config::load(&sources(text, &[], &[]), MACHINE).unwrap();
    assert_eq!(config.drain_delay, Duration::from_secs(5));
}

#[test]
fn later_sources_win() {
    let port = |file: &str, environment: &[(&str, &str)], flags: &[(&'static str, &str)]| {
        Config::load(&sources(file, environment, flags), MACHINE)
            .unwrap()
            .listen
            .port()
    };
    let file = "port = 1";
    assert_eq!(port(file, &[], &[]), 1);
    assert_eq!(port(file, &[("PORT", "2")], &[]), 2);
    assert_eq!(port(file, &[("PORT", "2"), ("PIXMILL_PORT", "3")], &[]), 3);
    assert_eq!(port(file, &[("PIXMILL_PORT", "3")], &[("port", "4")]), 4);
}

#[test]
fn what_kubernetes_sets_for_a_service_of_our_name_is_no_setting() {
    let environment = [
        ("PIXMILL_PORT", "tcp://10.0.0.1:8080"),
        ("PIXMILL_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ("PIXMILL_SERVICE_HOST", "10.0.0.1"),
        ("PIXMILL_CORPUS", "/images"),
    ];
    let config = Config::load(&sources("", &environment, &[]), MACHINE).unwrap();
    assert_eq!(config, Config::defaults(MACHINE).unwrap());
}

#[test]
fn lists_are_arrays_or_have_commas() {
    let listed = |file: &str, environment: &[(&str, &str)]| {
        let config = Config::load(&sources(file, environment, &[]), MACHINE).unwrap();
        config.http.access.disabled
    };
    let both = ["crop", "info"];
    assert_eq!(listed("disabled = [\"crop\", \"info\"]", &[]), both);
    assert_eq!(listed("disabled = \"crop,info\"", &[]), both);
    assert_eq!(listed("", &[("PIXMILL_DISABLED", "crop, info")]), both);
    assert_eq!(
        listed("", &[("PIXMILL_DISABLED", "[\"crop\", \"info\"]")]),
        both
    );
    let none: [&str; 0] = [];
    assert_eq!(
        listed("disabled = [\"crop\"]", &[("PIXMILL_DISABLED", "[]")]),
        none
    );
}

#[test]
fn secrets_are_shown_to_nobody() {
    let file = "api_keys = [\"secret-1\", \"secret-2\"]\nurl_signature_key = \"secret-3-of-more-than-32-characters\"";
    let given = sources(file, &[], &[]);
    let text = effective(&given);
    assert!(
        text.contains("api_keys = [\"***\", \"***\"]  # pixmill.toml: api_keys\n"),
        "{text}"
    );
    assert!(text.contains("url_signature_key = \"***\""), "{text}");
    let config = Config::load(&given, MACHINE).unwrap();
    assert!(!text.contains("secret") && !format!("{config:?}").contains("secret"));
    let wrong = sources(
        "url_signature_key = \"secret\"\napi_keys = \"secret,,\"",
        &[],
        &[],
    );
    for mistake in Config::load(&wrong, MACHINE).unwrap_err() {
        assert!(!mistake.to_string().contains("secret"), "{mistake}");
    }
}

#[test]
fn every_key_has_one_comment_and_one_reader() {
    assert!(KEYS.len() > 20);
    for key in KEYS.iter() {
        assert!(key.about.ends_with('.'), "{}: {}", key.name, key.about);
        // A value that no kind of key takes must be noticed.
        let sources = sources("", &[(&key.variable, "\u{1}")], &[]);
        assert!(
            Config::load(&sources, MACHINE).is_err(),
            "{} is read by nobody",
            key.name
        );
    }
}

#[test]
fn the_effective_configuration_is_one() {
    let given = sources("queue = 7", &[("PIXMILL_LINEAR", "true")], &[]);
    let text = effective(&given);
    assert!(text.contains("queue = 7  # pixmill.toml: queue\n"));
    assert!(text.contains("linear = true  # PIXMILL_LINEAR\n"));
    let again = Config::load(&sources(&text, &[], &[]), MACHINE).unwrap();
    assert_eq!(again, Config::load(&given, MACHINE).unwrap());
}

#[test]
fn sources_are_off_until_they_are_named() {
    let config = Config::defaults(MACHINE).unwrap();
    assert_eq!((config.source.mount, config.source.remote), (None, None));
    assert_eq!(config.source.store, None);
    assert_eq!(config.http.fetch, http::FetchSettings::default());
    let file = r#"
        mount = "/images"
        allow_remote = true
        allowed_origins = "https://*.example.org/photos, http://a.test:81"
        private_origins = "http://a.test:81"
        remote_ports = "80, 8080"
        forward_headers = "X-Custom, x-token"
        cache_ttl = "1h"
    "#;
    let config = Config::load(&sources(file, &[], &[]), MACHINE).unwrap();
    // Lists of any key are written in either way, and what is printed is read again.
    let lists = file
        .replace("photos, http", "photos\", \"http")
        .replace("\"https:", "[\"https:")
        .replace(
            "http://a.test:81\"\n        private",
            "http://a.test:81\"]\n        private",
        )
        .replace("\"80, 8080\"", "[\"80\", \"8080\"]")
        .replace("\"X-Custom, x-token\"", "[\"X-Custom\", \"x-token\"]");
    let listed = sources(&lists, &[], &[]);
    assert_eq!(Config::load(&listed, MACHINE).unwrap(), config);
    let printed = sources(&effective(&listed), &[], &[]);
    assert_eq!(Config::load(&printed, MACHINE).unwrap(), config);
    let remote = config.source.remote.unwrap();
    assert_eq!(config.source.mount, Some("/images".into()));
    assert_eq!(remote.allowed.map(|origins| origins.len()), Some(2));
    assert_eq!((remote.private.len(), remote.ports), (1, vec![80, 8080]));
    assert_eq!(config.http.fetch.forwarded.len(), 2);
    assert_eq!(config.http.fetch.cache_ttl, Some(Duration::from_hours(1)));
}

#[test]
fn a_store_is_told_by_its_clouds_own_variables() {
    let variables = [
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "hush"),
    ];
    let file = "object_store = \"s3://b/photos\"\nsource_timeout = \"7s\"\nconnect_timeout = \"1s\"\nremote_ca = \"/ca.pem\"";
    let given = sources(file, &variables, &[]);
    let config = Config::load(&given, MACHINE).unwrap();
    let store = config.source.store.as_ref().unwrap();
    assert_eq!(store.timeout, Duration::from_secs(7));
    assert_eq!(store.connect_timeout, Duration::from_secs(1));
    assert_eq!(store.authorities, Some("/ca.pem".into()));
    assert!(!format!("{config:?}").contains("hush"));
    assert!(!effective(&given).contains("hush"));
    // The machine itself is asked only where that is said.
    assert!(Config::load(&sources(file, &[], &[]), MACHINE).is_err());
    let allowed = format!("{file}\nobject_store_metadata = true");
    assert!(Config::load(&sources(&allowed, &[], &[]), MACHINE).is_ok());
}

#[test]
fn secrets_are_not_printed() {
    let word = "Basic c2VjcmV0";
    let allowed = "allowed_origins = \"http://a.test\"";
    let given = sources(allowed, &[("PIXMILL_SOURCE_AUTHORIZATION", word)], &[]);
    let config = Config::load(&given, MACHINE).unwrap();
    assert_eq!(config.http.fetch.authorization.as_ref().unwrap(), word);
    assert!(!format!("{config:?}").contains(word));
    assert!(!effective(&given).contains(word));
    let refused = sources("", &[("PIXMILL_SOURCE_AUTHORIZATION", word)], &[]);
    let mistakes = Config::load(&refused, MACHINE).unwrap_err();
    assert!(!mistakes[0].to_string().contains(word), "{}", mistakes[0]);
}
