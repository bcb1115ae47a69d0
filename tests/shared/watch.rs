//! The files in `deploy/` that watch a server: the dashboard, the recording rules, the alerts.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

pub(crate) fn file(path: &str) -> String {
    let path = format!("{}/deploy/{path}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A rule: what stands behind each of its keys, whatever that is below.
pub(crate) type Rule = BTreeMap<String, String>;

/// The rules of a file that is written as `alerts.yml` is: one key a line, longer texts behind a bar.
pub(crate) fn rules(text: &str) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let depth = indent(line);
        let line = line.trim();
        let is_new = line.starts_with("- alert:") || line.starts_with("- record:");
        if is_new {
            rules.push(Rule::new());
        }
        let line = line.trim_start_matches("- ");
        let (Some(rule), Some((key, value))) = (rules.last_mut(), line.split_once(':')) else {
            continue;
        };
        let mut value = value.trim().trim_matches('"').to_owned();
        if value == "|" {
            value.clear();
            while let Some(more) = lines.next_if(|more| indent(more) > depth) {
                value.push_str(more.trim());
                value.push('\n');
            }
        }
        rule.insert(key.to_owned(), value);
    }
    rules
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// A query of the dashboard, and what is shown of each of its series.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) panel: String,
    pub(crate) query: String,
    pub(crate) legend: String,
}

pub(crate) fn dashboard() -> Value {
    serde_json::from_str(&file("grafana/pixmill.json")).expect("the dashboard is JSON")
}

/// Every query of the dashboard, for whatever job and instance there is.
pub(crate) fn shown(dashboard: &Value) -> Vec<Shown> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let of = |panel: String, query: &Value, legend: &Value| Shown {
        panel,
        query: text(query)
            .replace("$__rate_interval", "1m")
            .replace("$job", ".*")
            .replace("$instance", ".*"),
        legend: text(legend),
    };
    let mut all = Vec::new();
    for panel in list(&dashboard["panels"]) {
        for target in list(&panel["targets"]) {
            let legend = &target["legendFormat"];
            all.push(of(text(&panel["title"]), &target["expr"], legend));
        }
    }
    for annotation in list(&dashboard["annotations"]["list"]) {
        if annotation["expr"].is_string() {
            let legend = &annotation["titleFormat"];
            all.push(of(text(&annotation["name"]), &annotation["expr"], legend));
        }
    }
    all
}
