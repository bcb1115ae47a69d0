//! The dashboard, the recording rules and the alerts, against what a server tells: every series and every label that they name is there.

use std::collections::{BTreeMap, BTreeSet};

use pixmill::http::problem::{Limit, PROBLEMS};
use serde_json::Value;

use crate::fixtures::{jpeg, photo};
use crate::promql::{Query, Selector};
use crate::scrape::Scrape;
use crate::support::TestServer;
use crate::watch::{Rule, dashboard, file, rules, shown};

/// Whoever scrapes adds them.
const OF_THE_TARGET: [&str; 2] = ["job", "instance"];

/// What there is to be named.
#[derive(Default)]
struct Told {
    /// Series, each with its labels.
    series: BTreeMap<String, BTreeSet<String>>,
    /// What labels are, where the scrape has seen it.
    values: BTreeSet<(String, String)>,
}

impl Told {
    /// What a server tells that has been asked for a little of everything.
    async fn by_a_server() -> Self {
        let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
        let mount = |config: &mut pixmill::config::Config| {
            config.source.mount = Some(fixtures.into());
        };
        let server = TestServer::start_with(mount).await;
        let picture = jpeg(&photo(200, 150));
        assert_eq!(server.post("/resize?width=20", &picture).await.status, 200);
        assert_eq!(server.post("/resize?width=0", &picture).await.status, 400);
        let named = server.get("/resize?width=20&file=drawing.png").await;
        assert_eq!(named.status, 200);
        let page = String::from_utf8(server.get("/metrics").await.body).unwrap();
        let mut told = Self::default();
        for sample in Scrape::parse(&page).samples {
            let labels = told.series.entry(sample.name).or_default();
            labels.extend(sample.labels.keys().cloned());
            told.values.extend(sample.labels);
        }
        told.series.insert("up".to_owned(), BTreeSet::new());
        told
    }

    /// What a rule records is there, too, with the labels that it is grouped by.
    fn add(&mut self, rule: &Rule) {
        if let Some(name) = rule.get("record") {
            let query = Query::parse(&rule["expr"]).unwrap();
            self.series.insert(name.clone(), query.grouped);
        }
    }

    /// The labels of all series that a query names.
    fn labels(&self, query: &Query) -> BTreeSet<String> {
        let of = |selector: &Selector| self.series.get(&selector.name).cloned();
        let own = query.selectors.iter().filter_map(of).flatten();
        own.chain(OF_THE_TARGET.map(str::to_owned)).collect()
    }

    fn has_value(&self, label: &str, value: &str) -> bool {
        let is_outcome = || {
            let fetches = include_str!("../../src/telemetry/fetches.rs");
            let is_code = PROBLEMS.iter().any(|row| row.code == value);
            is_code || value == "cancelled" || fetches.contains(&format!("\"{value}\""))
        };
        let is_limit = || Limit::ALL.iter().any(|limit| limit.setting() == value);
        let is_known = match label {
            "outcome" => is_outcome(),
            "limit" => is_limit(),
            _ => false,
        };
        is_known || self.values.contains(&(label.to_owned(), value.to_owned()))
    }

    /// What a query names that isn't there.
    fn mistakes(&self, text: &str) -> Vec<String> {
        let query = match Query::parse(text) {
            Ok(query) => query,
            Err(mistake) => return vec![mistake],
        };
        let mut mistakes = Vec::new();
        for Selector { name, matchers } in &query.selectors {
            let Some(labels) = self.series.get(name) else {
                mistakes.push(format!("there is no {name}"));
                continue;
            };
            for (label, operator, value) in matchers {
                if OF_THE_TARGET.contains(&label.as_str()) {
                    continue;
                }
                if !labels.contains(label) {
                    mistakes.push(format!("{name} has no {label}"));
                }
                // A regular expression that is a list of words, or else of routes.
                let words = value.split('|').filter(|_| label != "route");
                for word in words.filter(|word| !self.has_value(label, word)) {
                    mistakes.push(format!("{label} {operator} {word} is never so"));
                }
            }
        }
        let labels = self.labels(&query);
        for label in query
            .grouped
            .iter()
            .filter(|label| !labels.contains(*label))
        {
            mistakes.push(format!("there is no {label} to group by"));
        }
        if query.selectors.is_empty() {
            mistakes.push("it asks for nothing".to_owned());
        }
        mistakes
    }
}

/// Names in `{{name}}`, or `{{ $labels.name }}`.
fn placeholders(text: &str, prefix: &str) -> Vec<String> {
    let parts = text.split("{{").skip(1);
    let inside = parts.filter_map(|part| part.split_once("}}"));
    let names = inside.filter_map(|(inside, _)| inside.trim().strip_prefix(prefix));
    names.map(str::to_owned).collect()
}

/// The labels that are left in the answer to a query: those it is grouped by at last, or all.
fn left(told: &Told, text: &str) -> BTreeSet<String> {
    let query = Query::parse(text).unwrap();
    if query.grouped.is_empty() {
        told.labels(&query)
    } else {
        query.grouped
    }
}

#[tokio::test]
async fn all_that_is_asked_for_is_told() {
    let mut told = Told::by_a_server().await;
    let rules = rules(&file("prometheus/alerts.yml"));
    for rule in &rules {
        told.add(rule);
    }
    let mut mistakes = Vec::new();
    for rule in &rules {
        let name = rule.get("alert").or(rule.get("record")).unwrap();
        for mistake in told.mistakes(&rule["expr"]) {
            mistakes.push(format!("{name}: {mistake}"));
        }
        for key in ["summary", "description"] {
            let text = rule.get(key).map_or("", String::as_str);
            for label in placeholders(text, "$labels.") {
                if !left(&told, &rule["expr"]).contains(&label) {
                    mistakes.push(format!("{name}: {key} has no {label}"));
                }
            }
        }
    }
    let dashboard = dashboard();
    let all = shown(&dashboard);
    assert!(all.len() > 50 && rules.len() > 30);
    for shown in all {
        for mistake in told.mistakes(&shown.query) {
            mistakes.push(format!("{}: {mistake}", shown.panel));
        }
        for label in placeholders(&shown.legend, "") {
            if !left(&told, &shown.query).contains(&label) {
                mistakes.push(format!("{}: the legend has no {label}", shown.panel));
            }
        }
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

#[tokio::test]
async fn mistakes_in_queries_are_seen() {
    let mut told = Told::by_a_server().await;
    told.add(
        &rules("- record: job:x:rate5m\n  expr: sum by (job) (rate(pixmill_requests_total[5m]))\n")
            [0],
    );
    for (query, mistake) in [
        ("rate(pixmill_requests[5m])", "there is no pixmill_requests"),
        ("pixmill_workers{kind=\"a\"}", "pixmill_workers has no kind"),
        ("pixmill_connections{state=\"asleep\"}", "is never so"),
        (
            "pixmill_requests_total{outcome=~\"ok|fine\"}",
            "fine is never so",
        ),
        ("sum by (colour) (pixmill_workers)", "no colour to group by"),
        ("sums(pixmill_workers)", "there is no function sums"),
        ("sum(pixmill_workers))", "closes nothing"),
        ("sum(pixmill_workers", "is open at the end"),
        ("job:x:rate1h", "there is no job:x:rate1h"),
        ("{state=\"idle\"}", "has no name"),
        ("1 + 1", "asks for nothing"),
        ("pixmill_workers{state=idle}", "can't be read"),
        ("pixmill_workers # a", "has no place"),
    ] {
        let found = told.mistakes(query).join("; ");
        assert!(found.contains(mistake), "{query}: {found}");
    }
    for query in [
        "job:x:rate5m > 0.1 and on (job) up{job=~\"a.*\"} == 1",
        "histogram_quantile(0.5, sum by (le) (rate(pixmill_stage_seconds_bucket{stage=\"queue\"}[5m] offset 1h)))",
    ] {
        assert_eq!(told.mistakes(query), Vec::<String>::new(), "{query}");
    }
}

/// Who is woken up has to know what it is about and what to do.
#[test]
fn every_alert_says_what_to_do_and_is_tried() {
    let rules = rules(&file("prometheus/alerts.yml"));
    let tests = file("prometheus/alerts_test.yml");
    let mut alerts = 0;
    for rule in rules.iter().filter(|rule| rule.contains_key("alert")) {
        let name = &rule["alert"];
        alerts += 1;
        let severity = rule["severity"].as_str();
        assert!(
            ["critical", "warning", "info"].contains(&severity),
            "{name}"
        );
        for (key, least) in [("summary", 20), ("description", 40), ("runbook", 100)] {
            assert!(rule[key].len() >= least, "{name} has no {key}");
        }
        let fires = format!("{{alertname=\"{name}\", severity=\"{severity}\"}}");
        assert!(tests.contains(&fires), "{name} is never seen to fire");
    }
    assert!(alerts > 15);
    // Each case begins in silence, which is that of all of them.
    for case in tests.split("  - name: ").skip(1) {
        assert!(case.contains("exp_samples: []"), "{case}");
    }
}

#[test]
fn the_dashboard_is_whole() {
    let dashboard = dashboard();
    let panels = dashboard["panels"].as_array().unwrap();
    let number = |value: &Value| value.as_u64().unwrap();
    let mut ids = BTreeSet::new();
    let mut taken = BTreeSet::new();
    for panel in panels {
        let title = panel["title"].as_str().unwrap();
        assert!(
            ids.insert(number(&panel["id"])),
            "{title}: its id is there twice"
        );
        let place = &panel["gridPos"];
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|side| number(&place[side]));
        assert!(w > 0 && h > 0 && x + w <= 24, "{title}");
        for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
            assert!(taken.insert(cell), "{title} lies over another");
        }
        if panel["type"] == "row" {
            continue;
        }
        let description = panel["description"].as_str().unwrap_or_default();
        assert!(description.len() > 8, "{title} has no description");
        let targets = panel["targets"].as_array().unwrap();
        let names: BTreeSet<_> = targets
            .iter()
            .map(|target| target["refId"].to_string())
            .collect();
        assert_eq!(names.len(), targets.len(), "{title}");
        for target in targets {
            assert_eq!(target["datasource"]["uid"], "${datasource}", "{title}");
            let query = target["expr"].as_str().unwrap();
            let [job, instance] = ["job=~\"$job\"", "instance=~\"$instance\""];
            assert!(query.contains(job) && query.contains(instance), "{title}");
        }
    }
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    let names: Vec<_> = variables.iter().map(|variable| &variable["name"]).collect();
    assert_eq!(names, ["datasource", "job", "instance"]);
}
