//! Prometheus and its tool, as processes; both are on the path.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::load;

const RULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/prometheus");

/// What promtool says in the folder of the rules, of this on its standard input. Whatever it finds, it says on the other side.
pub(crate) fn promtool(arguments: &[&str], input: &str) -> Result<String, String> {
    let mut child = Command::new("promtool")
        .args(arguments)
        .current_dir(RULES)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("promtool: {error}"))?;
    let mut pipe = child.stdin.take().expect("it is piped");
    pipe.write_all(input.as_bytes())
        .map_err(|error| error.to_string())?;
    drop(pipe);
    let output = child
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (said, complained) = (text(&output.stdout), text(&output.stderr));
    if output.status.success() && complained.is_empty() {
        Ok(said)
    } else {
        Err(format!("{said}{complained}"))
    }
}

pub(crate) struct Prometheus {
    address: SocketAddr,
    child: Child,
}

impl Prometheus {
    /// Scrapes the target every second, and evaluates the rules as often.
    pub(crate) fn start(place: &Path, target: SocketAddr) -> Self {
        let config = place.join("prometheus.yml");
        let text = format!(
            "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [\"{RULES}/alerts.yml\"]\nscrape_configs: [{{job_name: pixmill, static_configs: [{{targets: [\"{target}\"]}}]}}]\n"
        );
        std::fs::write(&config, text).expect("a file");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = free.expect("a free port");
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                place.join("data").display()
            ))
            .arg(format!("--web.listen-address={address}"))
            .args(["--storage.tsdb.retention.time=1h", "--log.level=error"])
            .stderr(Stdio::piped())
            .spawn()
            .expect("prometheus is on the path");
        Self { address, child }
    }

    fn ask(&self, path: &str) -> Result<Value, String> {
        let body = load::get(self.address, path).map_err(|error| error.to_string())?;
        let answer: Value = serde_json::from_str(&body).map_err(|error| error.to_string())?;
        if answer["status"] == "success" {
            Ok(answer["data"].clone())
        } else {
            Err(answer["error"].as_str().unwrap_or("no word").to_owned())
        }
    }

    /// How many series come of a query.
    pub(crate) fn query(&self, query: &str) -> Result<usize, String> {
        let mut encoded = String::new();
        for byte in query.bytes() {
            write!(encoded, "%{byte:02X}").map_err(|error| error.to_string())?;
        }
        let found = self.ask(&format!("/api/v1/query?query={encoded}"))?;
        Ok(found["result"].as_array().map_or(0, Vec::len))
    }

    /// Whether it could evaluate every rule.
    pub(crate) fn rules(&self) -> Result<String, String> {
        let told = self.ask("/api/v1/rules")?;
        let groups = told["groups"].as_array().cloned().unwrap_or_default();
        let rules = groups.iter().filter_map(|group| group["rules"].as_array());
        let rules: Vec<_> = rules.flatten().collect();
        let bad = rules.iter().filter(|rule| rule["health"] != "ok");
        let bad: Vec<_> = bad
            .map(|rule| format!("{}: {}", rule["name"], rule["lastError"]))
            .collect();
        if bad.is_empty() && rules.len() > 30 {
            Ok(format!("{} of them", rules.len()))
        } else {
            Err(format!("{} rules: {}", rules.len(), bad.join("\n")))
        }
    }

    /// Whether nothing fires.
    pub(crate) fn silence(&self) -> Result<String, String> {
        let told = self.ask("/api/v1/alerts")?;
        let alerts = told["alerts"].as_array().cloned().unwrap_or_default();
        let fire = alerts.iter().filter(|alert| alert["state"] == "firing");
        let fire: Vec<_> = fire.map(ToString::to_string).collect();
        if fire.is_empty() {
            Ok("none of them fires".to_owned())
        } else {
            Err(fire.join("\n"))
        }
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        if std::thread::panicking()
            && let Some(mut log) = self.child.stderr.take()
        {
            let mut text = String::new();
            let _read = log.read_to_string(&mut text);
            println!("{text}");
        }
    }
}
