//! The files for load balancers, systemd, Kubernetes and containers: their times fit pixmill's own, and README shows what they say.
//! What other programs make of them is looked at by `make deploy-check`.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use pixmill::config::{Config, KEYS, Machine, Sources};
use serde_json::Value;

fn read(path: &str) -> String {
    fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn load(sources: &Sources) -> Config {
    let machine = Machine {
        cpus: 2,
        memory: 1 << 30,
    };
    Config::load(sources, machine).unwrap()
}

/// What stands behind a balancer.
fn production() -> Config {
    let path = "config/production.toml";
    load(&Sources {
        file: Some((path.to_owned(), read(path))),
        ..Sources::default()
    })
}

/// The number that follows these words, of which there is only one.
#[track_caller]
fn number(file: &str, words: &str) -> u64 {
    let mut parts = file.split(words).skip(1);
    let rest = parts.next().unwrap_or_else(|| panic!("no {words}"));
    assert_eq!(parts.next(), None, "{words}");
    let rest = rest.trim_start();
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap();
    digits
        .parse()
        .unwrap_or_else(|_| panic!("no number after {words}"))
}

#[track_caller]
fn seconds(file: &str, words: &str) -> Duration {
    Duration::from_secs(number(file, words))
}

#[test]
fn haproxy_turns_away_before_connections_end() {
    let (file, pixmill) = (read("config/haproxy.cfg"), production());
    let inter = seconds(&file, " inter");
    // The drain begins just after a check, and each check may take as long as the pause between two.
    let seen = inter * (u32::try_from(number(&file, " fall")).unwrap() + 1);
    assert!(seen < pixmill.drain_delay, "{seen:?}");
    assert!(seconds(&file, "timeout server") > pixmill.http.request_timeout);
}

#[test]
fn nginx_ends_idle_connections_before_pixmill_does() {
    let (file, pixmill) = (read("config/nginx.conf"), production());
    let idle = seconds(&file, "\n    keepalive_timeout");
    assert!(idle < pixmill.drain_delay && idle < pixmill.server.idle_timeout);
    assert!(seconds(&file, "proxy_read_timeout") > pixmill.http.request_timeout);
    assert_eq!(
        number(&file, "client_max_body_size") << 20,
        pixmill.http.max_body
    );
    // The one that was restarted before counts as alive again when the next one refuses.
    assert!(seconds(&file, "2:8080 max_fails=1 fail_timeout=") < pixmill.drain_delay);
}

#[test]
fn systemd_waits_for_the_drain() {
    let unit = read("deploy/systemd/pixmill.service");
    let mut sources = Sources::default();
    for line in unit
        .lines()
        .filter_map(|line| line.strip_prefix("Environment="))
    {
        for (name, value) in line.split(' ').filter_map(|pair| pair.split_once('=')) {
            sources
                .environment
                .insert(name.to_owned(), value.to_owned());
        }
    }
    assert!(!sources.environment.is_empty());
    let pixmill = load(&sources);
    let drain = pixmill.drain_delay + pixmill.drain_timeout;
    assert!(seconds(&unit, "TimeoutStopSec=") > drain);
    let socket = read("deploy/systemd/pixmill.socket");
    assert_eq!(
        number(&socket, "ListenStream="),
        u64::from(pixmill.listen.port())
    );
    let files = number(&unit, "LimitNOFILE=");
    assert!(files > pixmill.server.max_connections as u64 + 64);
}

/// The settings that a pod has, from its config map.
fn in_a_pod(manifests: &str) -> Config {
    let map = manifests.split("pixmill.toml: |\n").nth(1).unwrap();
    let lines = map.lines().map_while(|line| line.strip_prefix("    "));
    let file = lines.collect::<Vec<_>>().join("\n");
    load(&Sources {
        file: Some(("pixmill.toml".to_owned(), file)),
        ..Sources::default()
    })
}

#[test]
fn kubernetes_waits_for_the_drain() {
    let manifests = read("deploy/kubernetes/pixmill.yaml");
    let pixmill = in_a_pod(&manifests);
    let drain = pixmill.drain_delay + pixmill.drain_timeout;
    assert!(seconds(&manifests, "terminationGracePeriodSeconds:") > drain);
    // Nothing that was accepted is cut off.
    assert!(pixmill.drain_timeout > pixmill.http.request_timeout);
    assert_eq!(
        number(&manifests, "containerPort:"),
        u64::from(pixmill.listen.port())
    );
}

/// A setting that the chart doesn't know would be refused by helm: `make deploy-write` adds it.
#[test]
fn the_chart_has_each_setting() {
    let schema = read("deploy/helm/pixmill/values.schema.json");
    let schema = serde_json::from_str::<Value>(&schema).unwrap();
    let properties = schema["properties"]["config"]["properties"].as_object();
    let known = properties.unwrap().keys().map(String::as_str);
    // The chart writes these itself, or has them in its secret.
    let own = [
        "port",
        "drain_delay",
        "drain_timeout",
        "api_keys",
        "url_signature_key",
        "source_authorization",
    ];
    let settings = KEYS.iter().map(|key| key.name);
    assert_eq!(
        known.chain(own).collect::<BTreeSet<_>>(),
        settings.collect::<BTreeSet<_>>()
    );
}

#[test]
fn compose_waits_for_the_drain() {
    let (file, pixmill) = (read("deploy/compose/compose.yaml"), production());
    let pixmills = file.split("\nservices:").next().unwrap();
    let drain = pixmill.drain_delay + pixmill.drain_timeout;
    assert!(seconds(pixmills, "stop_grace_period:") > drain);
    assert!(number(pixmills, "nofile:") > pixmill.server.max_connections as u64 + 64);
}

/// Each block that README shows of one of these files has its lines from there, in their order.
#[test]
fn readme_shows_what_the_files_say() {
    let readme = read("README.md");
    for (language, path) in [
        ("haproxy", "config/haproxy.cfg"),
        ("nginx", "config/nginx.conf"),
    ] {
        let block = readme.split(&format!("```{language}\n")).nth(1).unwrap();
        let block = block.split("```").next().unwrap();
        let file = read(path);
        let mut lines = file.lines();
        for shown in block.lines() {
            assert!(lines.any(|line| line == shown), "{path}: {shown}");
        }
        assert!(readme.contains(&format!("`{path}`")));
    }
}
