//! What `/openapi.json` says, held to what the server does.

use std::collections::{BTreeMap, BTreeSet};

use pixmill::config::Config;
use pixmill::http::{self, Readiness};
use pixmill::pipeline::description::{Description, described};
use pixmill::pipeline::parameter::Taken;
use pixmill::telemetry::{Metrics, Snapshot};
use serde_json::Value;

use crate::fixtures::{jpeg, photo, png, quarters};
use crate::support::{Answer, TestServer, form};

async fn document(server: &TestServer, path: &str) -> Value {
    let answer = server.get(path).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    answer.json()
}

/// What stands at the end of a reference, or the value itself.
#[track_caller]
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(place) => {
            let found = document.pointer(place.trim_start_matches('#'));
            resolved(
                document,
                found.unwrap_or_else(|| panic!("{place} leads nowhere")),
            )
        }
        None => value,
    }
}

type Methods = BTreeMap<String, BTreeSet<String>>;

/// Paths with their methods, as the document has them; HEAD goes without saying.
fn described_routes(document: &Value) -> Methods {
    let paths = document["paths"].as_object().unwrap();
    let methods = |item: &Value| {
        let names = item.as_object().unwrap().keys();
        names.map(|name| name.to_ascii_uppercase()).collect()
    };
    paths
        .iter()
        .map(|(path, item)| (path.clone(), methods(item)))
        .collect()
}

/// The same of the router itself, which shows them to whoever debugs it.
fn routed(router: &axum::Router) -> Methods {
    let shown = format!("{router:?}");
    // What answers where nothing else does has numbers of its own.
    let shown = shown.split("fallback_router").next().unwrap();
    let (mut paths, mut methods) = (BTreeMap::new(), BTreeMap::new());
    for piece in shown.split("RouteId(").skip(1) {
        let (id, rest) = piece.split_once("): ").unwrap();
        if let Some(path) = rest.strip_prefix('"') {
            paths.insert(id, path.split_once('"').unwrap().0.to_owned());
        } else if let Some((_, allowed)) = rest.split_once("allow_header: Bytes(b\"") {
            let allowed = allowed.split_once('"').unwrap().0.split(',');
            let allowed = allowed.filter(|name| *name != "HEAD").map(str::to_owned);
            methods.insert(id, allowed.collect::<BTreeSet<_>>());
        }
    }
    assert!(paths.len() > 10, "{shown}");
    paths
        .into_iter()
        .map(|(id, path)| (path, methods.remove(id).unwrap_or_default()))
        .collect()
}

#[tokio::test]
async fn the_router_and_the_document_have_the_same_routes() {
    let folder = env!("CARGO_MANIFEST_DIR");
    for (file, off) in [
        (String::new(), &[][..]),
        ("path_prefix = \"/api\"".to_owned(), &[]),
        (
            "disabled = [\"crop\", \"metrics\", \"readyz\"]".to_owned(),
            &["/crop", "/metrics", "/readyz"],
        ),
        (
            format!("mount = \"{folder}\"\npresets = [\"a=resize?width=3\"]"),
            &[],
        ),
        ("compat = \"imaginary\"\napi_keys = [\"k\"]".to_owned(), &[]),
    ] {
        let config = TestServer::configured(&file);
        let router = router(&config).await;
        let mut expected = routed(&router);
        for path in off {
            assert!(expected.remove(*path).is_some(), "{path}");
        }
        let server = TestServer::start_with(|own| {
            own.http = config.http.clone();
            own.source = config.source.clone();
        })
        .await;
        let path = format!("{}/openapi.json?key=k", config.http.path_prefix);
        let document = document(&server, &path).await;
        assert_eq!(described_routes(&document), expected, "{file}");
    }
}

async fn router(config: &Config) -> axum::Router {
    let server = TestServer::start_with(|own| own.source = config.source.clone()).await;
    http::router(http::State::new(
        server.service,
        config.http.clone(),
        Readiness::default(),
        Metrics::new(),
        Snapshot::default,
    ))
}

/// Every reference leads somewhere, every component is referred to, and names are unique.
#[tokio::test]
async fn references_and_names_hold() {
    fn walk<'a>(value: &'a Value, see: &mut dyn FnMut(&'a Value)) {
        see(value);
        match value {
            Value::Object(members) => members.values().for_each(|member| walk(member, see)),
            Value::Array(items) => items.iter().for_each(|item| walk(item, see)),
            _ => {}
        }
    }
    let server = TestServer::start_as(
        "rate_limit = 1000\nmax_per_client = 9\napi_keys = [\"k\"]\nplaceholder = \"builtin\"\n\
         url_signature_key = \"0123456789abcdef0123456789abcdef\"",
    )
    .await;
    let document = document(&server, "/openapi.json?key=k").await;
    let mut referred = BTreeSet::new();
    walk(&document, &mut |value| {
        resolved(&document, value);
        referred.extend(value["$ref"].as_str().map(str::to_owned));
    });
    for kind in ["headers", "parameters", "responses"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            let place = format!("#/components/{kind}/{name}");
            assert!(
                referred.contains(&place),
                "{place} is referred to by nothing"
            );
        }
    }
    let mut names = BTreeSet::new();
    for item in document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name), "{name} is there twice");
        }
    }
    let security = &document["paths"]["/resize"]["post"]["security"];
    assert_eq!(security[0].as_object().unwrap().len(), 2, "{security}");
    assert_eq!(
        document["paths"]["/ready"]["get"]["security"],
        serde_json::json!([])
    );
}

/// Asserts that an answer is as the document has it for this operation.
#[track_caller]
fn conforms(document: &Value, path: &str, method: &str, answer: &Answer) {
    let operation = &document["paths"][path][method];
    let status = answer.status.to_string();
    let text = String::from_utf8_lossy(&answer.body);
    let known = &operation["responses"][status.as_str()];
    assert!(known.is_object(), "{method} {path}: {status} {text:.300}");
    let known = resolved(document, known);
    for (name, header) in known["headers"].as_object().unwrap() {
        let is_there = answer.header(&name.to_ascii_lowercase()).is_some();
        assert!(is_there, "{method} {path}: {status} without {name}");
        resolved(document, header);
    }
    let media_type = answer.header("content-type").unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default();
    match known["content"].as_object() {
        Some(content) => assert!(content.contains_key(essence), "{path}: {media_type}"),
        None => assert_eq!(answer.body.len(), 0, "{path}"),
    }
    let schema = resolved(document, &known["content"][essence]["schema"]);
    for name in schema["required"].as_array().into_iter().flatten() {
        let name = name.as_str().unwrap();
        assert!(
            !answer.json()[name].is_null(),
            "{path}: no {name} in {text}"
        );
    }
}

/// A value of a query as it is written.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The queries of an operation's examples: with what it needs alone, and with one parameter more. Those that every operation takes are
/// tried on one.
fn queries(
    document: &Value,
    asked: Option<Description>,
    operation: &Value,
) -> Vec<(String, String)> {
    let parameters: Vec<_> = operation["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|parameter| resolved(document, parameter))
        .filter(|parameter| parameter["in"] == "query")
        .collect();
    let example = |parameter: &Value| {
        let content = &parameter["content"]["application/json"]["example"];
        let own = &parameter["example"];
        assert!(!own.is_null() || !content.is_null(), "{parameter}");
        written(if own.is_null() { content } else { own })
    };
    let name = |parameter: &Value| parameter["name"].as_str().unwrap().to_owned();
    let needed = asked
        .map(|asked| asked.needs.parameters())
        .unwrap_or_default();
    let is_needed = |parameter: &&&Value| {
        parameter["required"] == true
            || needed.contains(&name(parameter).as_str()) && name(parameter) != "image"
    };
    let base: Vec<_> = parameters
        .iter()
        .filter(is_needed)
        .map(|parameter| (name(parameter), example(parameter)))
        .collect();
    let query = |pairs: &[(String, String)]| {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish()
    };
    let mut all = vec![(String::new(), query(&base))];
    for parameter in &parameters {
        let row = pixmill::pipeline::description::parameter(&name(parameter));
        let is_particular = row.is_none_or(|row| matches!(row.taken, Taken::Only(_)));
        if is_needed(&parameter)
            || !is_particular && asked.is_none_or(|asked| asked.name != "resize")
        {
            continue;
        }
        let mut pairs = base.clone();
        if name(parameter) == "size" {
            pairs.retain(|(name, _)| name != "width" && name != "height");
        }
        pairs.push((name(parameter), example(parameter)));
        // A place is that of an area, where there is one.
        let areas = parameters
            .iter()
            .filter(|area| name(area).starts_with("area"));
        let is_place = matches!(name(parameter).as_str(), "left" | "top");
        for area in areas.filter(|_| is_place) {
            if !pairs.iter().any(|(known, _)| *known == name(area)) {
                pairs.push((name(area), example(area)));
            }
        }
        all.push((name(parameter), query(&pairs)));
    }
    all
}

/// A form with a picture, and one to draw over it.
fn two_pictures(picture: &[u8], mark: &[u8]) -> Vec<u8> {
    let mark = form(&[], Some(("image", mark)));
    let rest = form(&[], Some(("file", picture)));
    let end = form(&[], None).len();
    [&mark[..mark.len() - end], &rest].concat()
}

#[tokio::test]
async fn every_example_is_answered_as_it_says() {
    let folder = std::env::temp_dir().join(format!("pixmill-openapi-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let picture = jpeg(&photo(130, 110));
    std::fs::write(folder.join("photo.jpg"), &picture).unwrap();
    let given = TestServer::configured(&format!(
        "mount = \"{}\"\npresets = [\"small=resize?width=20\"]",
        folder.display()
    ));
    let server = TestServer::start_with(|config| {
        config.source = given.source;
        config.http = given.http;
    })
    .await;
    // It takes a moment until new work is welcome.
    while server.get("/ready").await.status != 200 {}
    let document = document(&server, "/openapi.json").await;
    let form_type = (
        "Content-Type",
        "multipart/form-data; boundary=----test-boundary",
    );
    let both = two_pictures(&picture, &png(&quarters(20, 10)));
    let mut asked = 0;
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap();
        methods
            .iter()
            .map(move |(name, operation)| (path, name, operation))
    });
    for (path, method, operation) in all {
        let what = described(path.trim_start_matches('/'));
        let content = operation["requestBody"]["content"].as_object();
        let draws = |content: &serde_json::Map<String, Value>| {
            content["multipart/form-data"]["encoding"]["image"].is_object()
        };
        let (headers, body): (&[_], &[u8]) = match content {
            Some(content) if draws(content) => (&[form_type], &both),
            Some(_) => (&[], &picture),
            None => (&[], b""),
        };
        for (name, query) in queries(&document, what, operation) {
            let place = path
                .replace("{code}", "overloaded")
                .replace("{file}", "app.js");
            let target = format!("{place}?{query}");
            let method_name = method.to_ascii_uppercase();
            let answer = server.send(&method_name, &target, headers, body).await;
            conforms(&document, path, method, &answer);
            // Nothing is fetched here.
            let is_fetched =
                name == "image" || query.starts_with("image=") || query.contains("&image=");
            let expected = if is_fetched { 403 } else { 200 };
            let text = String::from_utf8_lossy(&answer.body);
            assert_eq!(answer.status, expected, "{method} {target}: {text:.300}");
            asked += 1;
        }
    }
    assert!(asked > 120, "{asked}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn failures_are_as_it_says() {
    let server = TestServer::start_with(|config| config.http.max_body = 50_000).await;
    let description = document(&server, "/openapi.json").await;
    let picture = jpeg(&photo(40, 30));
    for (path, query, body, status) in [
        ("/resize", "width=none", &picture[..], 400),
        ("/resize", "", &picture, 400),
        ("/resize", "widht=3", &picture, 400),
        ("/resize", "width=3", b"", 400),
        ("/info", "colors=99", &picture, 400),
        ("/resize", "width=3", &vec![0; 60_000], 413),
        ("/crop", "width=3", b"%PDF-1.7", 415),
        ("/info", "", b"%PDF-1.7", 415),
        ("/flip", "", &picture[..picture.len() - 30], 422),
        ("/resize", "width=9000&dpr=4&enlarge", &picture, 422),
    ] {
        let answer = server.post(&format!("{path}?{query}"), body).await;
        assert_eq!(answer.status, status, "{path}?{query}");
        conforms(&description, path, "post", &answer);
    }
    let locked = TestServer::start_as("api_keys = [\"k\"]\nrate_limit = 1\nrate_burst = 1").await;
    let description = document(&locked, "/openapi.json?key=k").await;
    let answer = locked.post("/flip", &picture).await;
    assert_eq!(answer.status, 401);
    // Who isn't let in isn't told how often others ask.
    let known = resolved(
        &description,
        &description["paths"]["/flip"]["post"]["responses"]["401"],
    );
    assert!(
        known["headers"]["WWW-Authenticate"].is_object()
            && answer.header("www-authenticate").is_some()
    );
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let answer = locked.post("/flip?key=k", &picture).await;
        conforms(&description, "/flip", "post", &answer);
        statuses.push(answer.status);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
}

#[tokio::test]
async fn it_is_kept_by_its_tag_and_shared_like_the_rest() {
    let server = TestServer::start_as("cors = [\"https://a.example\"]").await;
    let answer = server.get("/openapi.json").await;
    let etag = answer.header("etag").expect("a tag").to_owned();
    assert_eq!(answer.header("cache-control"), Some("no-cache"));
    for (held, status) in [(etag.as_str(), 304), ("\"other\"", 200), ("*", 304)] {
        let headers = [("If-None-Match", held), ("Origin", "https://a.example")];
        let answer = server.send("GET", "/openapi.json", &headers, b"").await;
        assert_eq!(answer.status, status, "{held}");
        assert_eq!(answer.header("etag"), Some(etag.as_str()));
        let origin = answer.header("access-control-allow-origin");
        assert_eq!(origin, Some("https://a.example"));
    }
    let head = server.send("HEAD", "/openapi.json", &[], b"").await;
    assert_eq!(
        (head.status, head.header("etag")),
        (200, Some(etag.as_str()))
    );
    let other = TestServer::start_as("disabled = [\"crop\"]").await;
    assert_ne!(
        other.get("/openapi.json").await.header("etag"),
        Some(etag.as_str())
    );
    let off = TestServer::start_as("disabled = [\"openapi.json\"]").await;
    off.get("/openapi.json").await.problem(404, "disabled");
    let hidden = off.get("/nothing").await.problem(404, "not-found");
    assert_eq!(hidden["detail"], "There is nothing at this path.");
}

/// Whoever asks for what isn't there is told what is.
#[tokio::test]
async fn hints_lead_to_what_there_is() {
    let more = "GET /openapi.json describes every path.";
    let server = TestServer::start().await;
    for (path, nearest) in [
        ("/resize/", Some("/resize")),
        ("/Resize", Some("/resize")),
        ("/rezise", Some("/resize")),
        ("/api/resize", None),
        ("/helth", Some("/health")),
        ("/openapi.yaml", Some("/openapi.json")),
        ("/nothing", None),
        ("/x", None),
    ] {
        let problem = server.post(path, b"").await.problem(404, "not-found");
        assert_eq!(problem["allowed"].as_str(), nearest, "{path}");
        let hint = nearest.map_or_else(String::new, |path| format!(" Did you mean {path}?"));
        assert_eq!(
            problem["detail"],
            format!("There is nothing at this path.{hint} {more}")
        );
    }
    let below = TestServer::start_as("path_prefix = \"/api\"").await;
    let answer = below.post("/resize?width=3", b"").await;
    assert_eq!(answer.json()["allowed"], "/api/resize");
    assert!(
        answer.json()["detail"]
            .as_str()
            .unwrap()
            .ends_with("GET /api/openapi.json describes every path.")
    );
    for (method, path, allowed, detail) in [
        (
            "DELETE",
            "/health",
            vec!["GET", "HEAD", "POST"],
            "This path takes GET, HEAD, POST, not that method.",
        ),
        (
            "GET",
            "/resize",
            vec!["POST"],
            "This path takes POST, not that method. Send the picture as the body: this server isn't set to read any that a GET names.",
        ),
    ] {
        let problem = server.send(method, path, &[], b"").await;
        assert_eq!(problem.header("allow"), Some(allowed.join(",").as_str()));
        let problem = problem.problem(405, "method-not-allowed");
        assert_eq!(problem["allowed"], serde_json::json!(allowed));
        assert_eq!(problem["detail"], format!("{detail} {more}"));
    }
}
