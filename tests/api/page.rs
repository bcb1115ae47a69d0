//! The page for browsers: who gets it, what goes with it, and what its form is made of.

use std::collections::BTreeSet;
use std::path::Path;

use pixmill::pipeline::description::described;
use pixmill::pipeline::operation::OPERATIONS;
use serde_json::Value;

use crate::fixtures::{jpeg, photo};
use crate::support::{Answer, TestServer};
use crate::watermark_images::{form_type, parts};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
    connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'";
const BROWSER: (&str, &str) = (
    "Accept",
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
);
const HTML: &str = "text/html; charset=utf-8";
const KEY: &str = "0123456789abcdef0123456789abcdef";

/// Every file that lies beside the page, with its bytes.
fn files() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http/page/files");
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let files: Vec<_> = entries
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect();
    assert!(files.len() > 5);
    files
}

/// Asserts that it is the page, with all that keeps it harmless.
#[track_caller]
fn shown(answer: &Answer) -> String {
    assert_eq!(answer.status, 200);
    for (name, value) in [
        ("content-type", HTML),
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-cache"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    String::from_utf8(answer.body.clone()).unwrap()
}

#[tokio::test]
async fn the_root_is_the_page_for_browsers_alone() {
    let server = TestServer::start().await;
    for (method, accept, is_page) in [
        ("GET", BROWSER.1, true),
        ("GET", "text/html", true),
        ("GET", "TEXT/HTML;q=0.1", true),
        ("GET", "text/html;q=0", false),
        ("GET", "*/*", false),
        ("GET", "text/*", false),
        ("GET", "application/json", false),
        ("GET", "", false),
        // As imaginary's: whoever posts to it wants no page.
        ("POST", "text/html", false),
    ] {
        let answer = server.send(method, "/", &[("Accept", accept)], &[]).await;
        assert_eq!(answer.header("vary"), Some("Accept"), "{accept}");
        if is_page {
            shown(&answer);
        } else {
            assert_eq!(answer.json()["name"], "pixmill", "{method} {accept}");
        }
    }
    let head = server.send("HEAD", "/", &[BROWSER], &[]).await;
    assert_eq!(
        (head.status, head.header("content-type")),
        (200, Some(HTML))
    );
    shown(&server.get("/page").await);
}

#[tokio::test]
async fn imaginary_has_no_page_at_its_root() {
    let server = TestServer::start_as("compat = \"imaginary\"").await;
    let answer = server.send("GET", "/", &[BROWSER], &[]).await;
    assert_eq!(answer.json()["imaginary"], env!("CARGO_PKG_VERSION"));
    assert_eq!(answer.header("vary"), None);
    shown(&server.get("/page").await);
}

#[tokio::test]
async fn without_a_playground_there_is_none() {
    let server = TestServer::start_as("playground = false").await;
    let answer = server.send("GET", "/", &[BROWSER], &[]).await;
    assert_eq!(answer.json()["name"], "pixmill");
    assert_eq!(answer.header("vary"), None);
    for path in ["/page", "/page/app.js", "/page/operations.json"] {
        server.get(path).await.problem(404, "not-found");
    }
}

#[tokio::test]
async fn every_file_is_served_as_it_is_and_kept_until_it_changes() {
    let server = TestServer::start().await;
    for (name, bytes) in files().iter().filter(|(name, _)| name != "index.html") {
        let path = format!("/page/{name}");
        let answer = server.get(&path).await;
        assert_eq!(answer.status, 200, "{name}");
        let media_type = match name.rsplit('.').next() {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            other => panic!("{other:?}"),
        };
        assert_eq!(answer.header("content-type"), Some(media_type), "{name}");
        assert_eq!(answer.header("cache-control"), Some("no-cache"));
        assert!(answer.body == *bytes, "{name}");
        let tag = answer.header("etag").unwrap();
        for (held, status) in [(tag, 304), ("*", 304), ("\"another\"", 200)] {
            let again = server
                .send("GET", &path, &[("If-None-Match", held)], &[])
                .await;
            assert_eq!(again.status, status, "{name} {held}");
            assert_eq!(again.header("etag"), Some(tag));
            assert_eq!(again.body.is_empty(), status == 304);
        }
    }
    let page = server.get("/page").await;
    let held = [("If-None-Match", page.header("etag").unwrap())];
    let again = server.send("GET", "/page", &held, &[]).await;
    assert_eq!(again.status, 304);
    server
        .get("/page/index.html")
        .await
        .problem(404, "not-found");
}

/// What the policy would stop isn't there to be stopped, and what is named exists.
#[test]
fn nothing_is_from_elsewhere_and_nothing_in_line() {
    let files = files();
    let names: BTreeSet<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    for (name, bytes) in &files {
        let text = std::str::from_utf8(bytes).unwrap();
        let ours = text.replace("http://www.w3.org/2000/svg", "");
        let words = ["https:", "http:", "innerHTML", "eval(", "@import"];
        // In a script that would be curl's name.
        let of_style = (name == "style.css").then_some("url(");
        for word in words.into_iter().chain(of_style) {
            assert!(!ours.contains(word), "{name}: {word}");
        }
        let imports = text.split("from \"./").skip(1);
        let files_of_page = text.split("{base}page/").skip(1);
        for rest in imports.chain(files_of_page) {
            let file = rest.split('"').next().unwrap();
            assert!(names.contains(file), "{name} names {file}");
        }
    }
    let page = include_str!("../../src/http/page/files/index.html");
    for word in [
        "<style",
        " style=",
        "<script>",
        "javascript:",
        " onclick",
        " onload",
    ] {
        assert!(!page.contains(word), "{word}");
    }
    assert_eq!(page.matches("<script").count(), 1);
}

#[tokio::test]
async fn the_page_needs_no_key_and_what_it_tells_does() {
    let server = TestServer::start_as(&format!("api_keys = [\"{KEY}\"]")).await;
    shown(&server.send("GET", "/", &[BROWSER], &[]).await);
    shown(&server.get("/page").await);
    assert_eq!(server.get("/page/app.js").await.status, 200);
    for path in ["/", "/page/operations.json"] {
        server.get(path).await.problem(401, "unauthorized");
        let with_key = server.send("GET", path, &[("API-Key", KEY)], &[]).await;
        assert_eq!(with_key.status, 200, "{path}");
    }
    server
        .send("POST", "/", &[BROWSER], &[])
        .await
        .problem(401, "unauthorized");
}

#[tokio::test]
async fn the_page_is_counted_as_any_other() {
    let server = TestServer::start_as("rate_limit = 1\nrate_burst = 0").await;
    for path in ["/page", "/"] {
        assert_eq!(server.send("GET", path, &[BROWSER], &[]).await.status, 200);
        let again = server.send("GET", path, &[BROWSER], &[]).await;
        assert_eq!(again.status, 429, "{path}");
    }
}

/// Its links lead below the prefix from either place, whatever is in front of that.
#[tokio::test]
async fn the_page_works_below_a_prefix() {
    for (prefix, at, base) in [
        ("/", "/", ""),
        ("/", "/page", ""),
        ("/images", "/images", "images/"),
        ("/a/b.c", "/a/b.c", "b.c/"),
        ("/a/b.c", "/a/b.c/page", ""),
    ] {
        let server = TestServer::start_as(&format!("path_prefix = \"{prefix}\"")).await;
        let page = shown(&server.send("GET", at, &[BROWSER], &[]).await);
        assert!(!page.contains("{base}"));
        assert!(page.contains(&format!("src=\"{base}page/app.js\"")), "{at}");
        let script = format!("{}/page/app.js", prefix.trim_end_matches('/'));
        assert_eq!(server.get(&script).await.status, 200, "{script}");
    }
}

async fn table(server: &TestServer) -> Value {
    let answer = server.get("/page/operations.json").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.json()
}

fn names(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap();
    list.iter()
        .map(|row| row["name"].as_str().unwrap())
        .collect()
}

/// As a row says, with its example, each gives a picture.
#[tokio::test]
async fn the_form_has_every_operation_with_all_that_it_takes() {
    for compat in ["none", "imaginary"] {
        let server = TestServer::start_as(&format!("compat = \"{compat}\"")).await;
        let table = table(&server).await;
        let all: Vec<_> = OPERATIONS.iter().map(|row| row.name).collect();
        assert_eq!(names(&table["operations"]), all);
        let fields = names(&table["parameters"]);
        let file = jpeg(&photo(130, 110));
        for row in table["operations"].as_array().unwrap() {
            let name = row["name"].as_str().unwrap();
            let taken: BTreeSet<_> = described(name)
                .unwrap()
                .parameters()
                .map(|row| row.name)
                .collect();
            let offered = row["parameters"].as_array().unwrap();
            let mut offered: BTreeSet<_> =
                offered.iter().map(|name| name.as_str().unwrap()).collect();
            assert!(offered.iter().all(|name| fields.contains(name)));
            if row["needs_mark"] == true {
                assert!(offered.insert("image"), "a picture has its own field");
            }
            assert_eq!(offered, taken, "{name}");
            let mut query = url_of(row["path"].as_str().unwrap());
            for (name, value) in row["example"].as_object().unwrap() {
                query.append_pair(name, value.as_str().unwrap());
            }
            let body = parts(&[], &[("image", &file), ("file", &file)]);
            let answer = server
                .send("POST", &query.finish(), &[form_type()], &body)
                .await;
            assert_eq!(answer.status, 200, "{compat} {name}");
        }
    }
}

/// A path that pairs can be added to.
fn url_of(path: &str) -> form_urlencoded::Serializer<'static, String> {
    let start = format!("/{path}?");
    let length = start.len();
    form_urlencoded::Serializer::for_suffix(start, length)
}

#[tokio::test]
async fn the_form_has_presets_and_nothing_that_is_switched_off() {
    let presets = "presets = [\"small=resize?width=20\", \"marked=watermarkimage?left=1\"]";
    let server = TestServer::start_as(&format!(
        "{presets}\ndisabled = [\"crop\", \"info\", \"form\"]\nmax_body = \"3MiB\"\npath_prefix = \"/x\""
    ))
    .await;
    let answer = server.get("/x/page/operations.json").await.json();
    let listed = names(&answer["operations"]);
    assert_eq!(listed[..2], ["preset/small", "preset/marked"]);
    assert!(!listed.contains(&"crop") && listed.contains(&"resize"));
    assert_eq!(answer["info"], false);
    assert_eq!(answer["off"], serde_json::json!(["form"]));
    assert_eq!(answer["max_body"], 3 << 20);
    assert_eq!(answer["signed"], false);
    let draws: Vec<_> = (0..2)
        .map(|at| &answer["operations"][at]["needs_mark"])
        .collect();
    assert_eq!(draws, [false, true]);

    let key = "a-key-of-more-than-32-characters-in-all";
    let server = TestServer::start_as(&format!(
        "{presets}\npresets_only = true\nurl_signature_key = \"{key}\""
    ))
    .await;
    let table = table(&server).await;
    assert_eq!(
        names(&table["operations"]),
        ["preset/small", "preset/marked"]
    );
    assert_eq!(table["signed"], true);
}
