//! The fields of each log line, as `deploy/log-schema.json` has them: against the source, and against what a real process logs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;

use rustix::process::Signal;
use serde_json::Value;

use crate::cli::Served;
use crate::fixtures::{jpeg, photo};
use crate::support::request;

/// What the schema says of a line.
struct Entry {
    level: String,
    fields: BTreeMap<String, Value>,
    required: BTreeSet<String>,
}

struct Schema {
    common: Entry,
    lines: BTreeMap<String, Entry>,
}

fn names(list: &Value) -> BTreeSet<String> {
    let names = list.as_array().unwrap().iter();
    names
        .map(|name| name.as_str().unwrap().to_owned())
        .collect()
}

impl Entry {
    fn new(schema: &Value) -> Self {
        let fields = schema["properties"].as_object().unwrap();
        Self {
            level: schema["properties"]["level"]["const"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            fields: fields.clone().into_iter().collect(),
            required: names(&schema["required"]),
        }
    }
}

impl Schema {
    fn read() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/log-schema.json");
        let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        assert_eq!(schema["unevaluatedProperties"], false);
        let mut lines = BTreeMap::new();
        for line in schema["oneOf"].as_array().unwrap() {
            let message = line["properties"]["message"]["const"].as_str().unwrap();
            assert_eq!(line["title"], message);
            assert!(line["description"].is_string(), "{message}");
            let earlier = lines.insert(message.to_owned(), Entry::new(line));
            assert!(earlier.is_none(), "{message} is there twice");
        }
        Self {
            common: Entry::new(&schema),
            lines,
        }
    }

    /// What is wrong with a line.
    fn mistakes(&self, line: &Value) -> Vec<String> {
        let Some(entry) = self.lines.get(line["message"].as_str().unwrap_or_default()) else {
            return vec!["there is no such line".to_owned()];
        };
        let line = line.as_object().unwrap();
        let mut mistakes = Vec::new();
        for (name, value) in line {
            let rules = [&entry.fields, &self.common.fields];
            let rules: Vec<_> = rules.iter().filter_map(|all| all.get(name)).collect();
            if rules.is_empty() {
                mistakes.push(format!("{name} isn't in the schema"));
            }
            if !rules.iter().all(|rule| fits(rule, value)) {
                mistakes.push(format!("{name} is {value}"));
            }
        }
        for name in entry.required.iter().chain(&self.common.required) {
            if !line.contains_key(name) {
                mistakes.push(format!("{name} is missing"));
            }
        }
        mistakes
    }
}

/// Whether a value is what one of the schema's rules wants; only what the schema uses is known.
fn fits(rule: &Value, value: &Value) -> bool {
    let is_of_type = match rule["type"].as_str() {
        Some("string") => value.is_string(),
        Some("integer") => value.is_u64(),
        Some("number") => value.as_f64().is_some_and(|number| number >= 0.0),
        Some("array") => value
            .as_array()
            .is_some_and(|items| items.iter().all(|item| fits(&rule["items"], item))),
        Some("object") => value.as_object().is_some_and(|object| {
            let has_all = names(&rule["required"])
                .iter()
                .all(|name| object.contains_key(name));
            has_all
                && object
                    .iter()
                    .all(|(name, value)| fits(&rule["properties"][name], value))
        }),
        // Nothing is said of it: then it mustn't be there.
        None => rule.get("const").is_some() || rule.get("enum").is_some(),
        Some(other) => panic!("{other} isn't known here"),
    };
    let is_const = rule.get("const").is_none_or(|only| only == value);
    let is_listed = rule
        .get("enum")
        .is_none_or(|list| list.as_array().unwrap().contains(value));
    is_of_type && is_const && is_listed
}

/// One call of tracing's in the source.
#[derive(Debug)]
struct Call {
    level: String,
    message: String,
    /// Names, each with whether it is text whatever it was.
    fields: BTreeMap<String, bool>,
}

/// The arguments up to the end of a macro's parentheses, apart.
fn arguments(text: &str) -> Vec<String> {
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    let mut arguments = vec![String::new()];
    for c in text.chars() {
        let is_end = match c {
            _ if escaped => {
                escaped = false;
                false
            }
            '\\' if quoted => {
                escaped = true;
                false
            }
            '"' => {
                quoted = !quoted;
                false
            }
            _ if quoted => false,
            '(' | '[' | '{' => {
                depth += 1;
                false
            }
            ')' | ']' | '}' if depth == 0 => break,
            ')' | ']' | '}' => {
                depth -= 1;
                false
            }
            ',' => depth == 0,
            _ => false,
        };
        if is_end {
            arguments.push(String::new());
        } else {
            arguments.last_mut().unwrap().push(c);
        }
    }
    let arguments = arguments.iter().map(|text| text.trim().to_owned());
    arguments.filter(|text| !text.is_empty()).collect()
}

fn calls(text: &str) -> Vec<Call> {
    let code = text.split("#[cfg(test)]").next().unwrap();
    let mut calls = Vec::new();
    for level in ["error", "warn", "info", "debug", "trace"] {
        for rest in code.split(&format!("tracing::{level}!(")).skip(1) {
            let mut arguments = arguments(rest);
            let message = arguments.pop().unwrap();
            let fields = arguments.iter().map(|argument| {
                let (name, value) = argument.split_once('=').unwrap_or((argument, argument));
                let is_text = value.trim().starts_with(['%', '?']);
                (name.trim().trim_matches(['%', '?']).to_owned(), is_text)
            });
            calls.push(Call {
                level: level.to_uppercase(),
                message: message.trim_matches('"').to_owned(),
                fields: fields.collect(),
            });
        }
    }
    calls
}

fn sources(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                sources(&path)
            } else {
                vec![fs::read_to_string(path).unwrap_or_default()]
            }
        })
        .collect()
}

#[test]
fn every_line_of_the_source_is_in_the_schema_with_its_fields() {
    let schema = Schema::read();
    let sources = sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")));
    let mut found: BTreeMap<String, Vec<Call>> = BTreeMap::new();
    for call in sources.iter().flat_map(|text| calls(text)) {
        found.entry(call.message.clone()).or_default().push(call);
    }
    let messages: Vec<_> = found.keys().collect();
    assert_eq!(messages, schema.lines.keys().collect::<Vec<_>>());
    for (message, calls) in &found {
        let entry = &schema.lines[message];
        let own = |name: &&String| !matches!(name.as_str(), "message" | "level");
        let of_any: BTreeSet<_> = calls.iter().flat_map(|call| call.fields.keys()).collect();
        let listed: BTreeSet<_> = entry.fields.keys().filter(own).collect();
        assert_eq!(of_any, listed, "{message}");
        for call in calls {
            assert_eq!(call.level, entry.level, "{message}");
            for name in entry.required.iter().filter(own) {
                assert!(call.fields.contains_key(name), "{message}: {name}");
            }
            for (name, _) in call.fields.iter().filter(|(_, is_text)| **is_text) {
                assert_eq!(entry.fields[name]["type"], "string", "{message}: {name}");
            }
        }
    }
}

#[test]
fn the_reader_of_sources_sees_what_it_looks_for() {
    let text = r#"
        tracing::warn!(%error, wait = ?self.0.max(1, 2), count, "a, \"b\" (c");
        tracing::info!(
            "nothing"
        );
        #[cfg(test)]
        tracing::info!("in a test");
    "#;
    let calls = calls(text);
    let told: Vec<_> = calls
        .iter()
        .map(|call| (&*call.level, &*call.message))
        .collect();
    assert_eq!(told, [("WARN", r#"a, \"b\" (c"#), ("INFO", "nothing")]);
    let fields = [("count", false), ("error", true), ("wait", true)];
    let fields = fields.map(|(name, is_text)| (name.to_owned(), is_text));
    assert_eq!(calls[0].fields, fields.into());
}

#[test]
fn the_schema_refuses_what_is_not_in_it() {
    let schema = Schema::read();
    let line = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
    let whole = r#""timestamp":"2026-11-27T07:23:12Z","level":"WARN","target":"pixmill""#;
    let good =
        format!(r#"{{{whole},"message":"can't accept connections","error":"e","wait":"1s"}}"#);
    assert_eq!(schema.mistakes(&line(&good)), Vec::<String>::new());
    for (from, to) in [
        ("can't accept", "can accept"),
        ("\"error\":\"e\"", "\"error\":7"),
        ("\"error\":\"e\"", "\"error\":\"e\",\"more\":1"),
        (",\"wait\":\"1s\"", ""),
        ("WARN", "INFO"),
        ("\"target\"", "\"from\""),
        ("}", ",\"spans\":[{\"id\":\"a\"}]}"),
    ] {
        let bad = good.replace(from, to);
        assert_ne!(bad, good);
        assert!(!schema.mistakes(&line(&bad)).is_empty(), "{bad}");
    }
}

/// The log of a process that was asked for everything, from its start to its end.
fn log_of_everything() -> String {
    let served = Served::start(&[
        "--log",
        "pixmill=debug",
        "--log-slow",
        "1ms",
        "--allow-remote",
        "true",
        "--max-connections",
        "1048576",
    ]);
    let traced = [("traceparent", TRACEPARENT)];
    let file = jpeg(&photo(900, 700));
    let elsewhere = "/resize?width=9&url=http://127.0.0.1:18/a.png";
    for request in [
        request("POST", "/resize?width=300&type=png", &traced, &file),
        request("POST", "/info", &[], &file),
        request("GET", "/nowhere", &[], &[]),
        request("GET", elsewhere, &[], &[]),
        b"no HTTP at all\r\n\r\n".to_vec(),
    ] {
        assert!(served.ask(&request).starts_with(b"HTTP/1.1 "));
    }
    let cut = b"POST /resize?width=9 HTTP/1.1\r\nHost: test\r\nContent-Length: 999\r\n\r\nabc";
    let mut leaving = TcpStream::connect(served.address).unwrap();
    leaving.write_all(cut).unwrap();
    drop(leaving);
    served.signal(Signal::TERM);
    let (code, log) = served.ended();
    assert_eq!(code, Some(0));
    log
}

const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[test]
fn a_process_logs_what_the_schema_says() {
    let log = log_of_everything();
    let schema = Schema::read();
    let lines = log.lines().map(serde_json::from_str);
    let lines: Vec<Value> = lines.map(|line| line.expect("JSON")).collect();
    for line in &lines {
        let mistakes = schema.mistakes(line);
        assert!(mistakes.is_empty(), "{mistakes:?}: {line}");
    }
    let of = |message: &str| -> Vec<&Value> {
        let lines = lines.iter();
        lines.filter(|line| line["message"] == message).collect()
    };
    assert_eq!(of("request").len(), 6, "{log}");
    assert_eq!((of("not fetched").len(), of("draining").len()), (1, 1));
    let slow = of("slow request");
    let resized = slow.iter().find(|line| line["width"] == 300).unwrap();
    let time = |name: &str| resized[name].as_f64().unwrap();
    let stages = ["recv_ms", "queue_ms", "decode_ms", "resize_ms", "encode_ms"].map(time);
    assert!(stages[2] > 0.0 && stages[4] > 0.0, "{resized}");
    assert!(time("total_ms") + 0.1 >= stages.iter().sum::<f64>());
    assert!(TRACEPARENT.contains(resized["spans"][0]["trace_id"].as_str().unwrap()));
}

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
