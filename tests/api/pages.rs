//! What is shown in the place of failures, and forms to try operations by.

use std::path::PathBuf;

use pixmill::pipeline::operation::OPERATIONS;
use pixmill::pipeline::parameter::PARAMETERS;
use serde_json::Value;

use crate::fixtures::{jpeg, photo, png, quarters};
use crate::support::{Answer, Picture, TestServer};
use crate::watermark_images::{form_type, parts};

/// Asserts that it is a picture under that status, with this document in the header.
#[track_caller]
fn shown(answer: &Answer, status: u16, media_type: &str, size: (u32, u32)) -> Value {
    let text = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.status, status, "{text}");
    assert_eq!(answer.header("content-type"), Some(media_type));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let picture = Picture::decode(&answer.body);
    assert_eq!((picture.width, picture.height), size);
    serde_json::from_str(answer.header("error").unwrap()).unwrap()
}

#[tokio::test]
async fn failures_are_shown_as_a_picture() {
    let server = TestServer::start_as("placeholder = \"builtin\"").await;
    let file = jpeg(&photo(40, 30));
    let (unsupported, missing) = ((415, "unsupported-format"), (400, "missing-parameter"));
    let unknown = (400, "unknown-parameter");
    let text = &b"text"[..];
    for (path, body, (status, code), format, size) in [
        ("/resize", &file[..], missing, "jpeg", (400, 400)),
        (
            "/resize?width=80&height=60",
            text,
            unsupported,
            "jpeg",
            (80, 60),
        ),
        ("/crop?w=80", text, unsupported, "jpeg", (80, 400)),
        ("/fit?size=30x20&f=png", text, unsupported, "png", (30, 20)),
        (
            "/crop?size=x20&format=webp",
            text,
            unsupported,
            "webp",
            (400, 20),
        ),
        (
            "/resize?width=20&hue=red",
            &file,
            unknown,
            "jpeg",
            (20, 400),
        ),
        ("/info", text, unsupported, "jpeg", (400, 400)),
    ] {
        let answer = server.post(path, body).await;
        let document = shown(&answer, status, &format!("image/{format}"), size);
        assert_eq!(document["code"], code, "{path}");
        let id = answer.header("x-request-id");
        assert_eq!(document["request_id"].as_str(), id);
    }
    // The log and the counts have the failure.
    let page = String::from_utf8(server.get("/metrics").await.body).unwrap();
    assert!(
        page.contains("{route=\"/fit\",status=\"415\",outcome=\"unsupported-format\"} 1"),
        "{page}"
    );
}

#[tokio::test]
async fn some_failures_stay_documents() {
    let server = TestServer::start_as("placeholder = \"builtin\"").await;
    let file = jpeg(&photo(40, 30));
    // What can't be drawn as it is wanted stays a document, and so does what is no picture at all.
    server
        .post("/resize?width=abc", &file)
        .await
        .problem(400, "invalid-parameter");
    server
        .post("/resize?width=20&type=tga", &file)
        .await
        .problem(400, "invalid-parameter");
    server.get("/nothing").await.problem(404, "not-found");
    server
        .get("/resize")
        .await
        .problem(405, "method-not-allowed");
    server
        .post("/resize?width=20", &file)
        .await
        .picture("image/jpeg", 20, 15);
}

#[tokio::test]
async fn a_document_goes_into_a_header_whatever_is_in_it() {
    let server = TestServer::start_as("placeholder = \"builtin\"").await;
    let answer = server
        .post("/resize?width=20&%c3%a9%0d%0aSet-Cookie:x=1", b"")
        .await;
    let document = shown(&answer, 400, "image/jpeg", (20, 400));
    assert_eq!(document["parameter"], "\u{e9}Set-Cookie:x");
    assert_eq!(answer.header("set-cookie"), None);
    let answer = server
        .post(
            "/resize?width=20",
            &crate::fixtures::giant_png(30_000, 30_000),
        )
        .await;
    let document = shown(&answer, 422, "image/jpeg", (20, 400));
    assert!(
        document["detail"]
            .as_str()
            .unwrap()
            .contains("30000\u{d7}30000")
    );
}

/// Whoever may only send pictures doesn't say by the back door what is drawn, and how large.
#[tokio::test]
async fn presets_say_themselves_how_their_failures_look() {
    let presets = r#"
        placeholder = "builtin"
        presets = ["avatar=smartcrop?width=48&height=40&type=webp", "dot=resize?w=30&f=auto", "plain=flip"]
    "#;
    let only = format!("{presets}presets_only = true");
    let lenient = format!("{presets}lenient_parameters = true");
    let large = "width=300&height=90&type=avif";
    let accept = [("Accept", "image/webp")];
    for (settings, path, status, format, size) in [
        (presets, "/preset/avatar", 400, "webp", (48, 40)),
        (presets, "/preset/dot", 400, "webp", (30, 400)),
        (presets, "/preset/plain", 400, "jpeg", (400, 400)),
        (&lenient, "/preset/avatar", 415, "webp", (48, 40)),
        (&only, "/preset/avatar", 400, "webp", (48, 40)),
        (&only, "/info", 415, "jpeg", (400, 400)),
        // Where all operations are open, a failure looks as it was asked for.
        (presets, "/info", 415, "avif", (300, 90)),
    ] {
        let server = TestServer::start_as(settings).await;
        let path = format!("{path}?{large}");
        let answer = server.send("POST", &path, &accept, b"text").await;
        assert_eq!(answer.status, status, "{path}");
        let header = pixmill::codecs::probe(&answer.body).unwrap();
        assert_eq!((header.width, header.height), size, "{path}");
        let media_type = format!("image/{format}");
        assert_eq!(
            answer.header("content-type"),
            Some(media_type.as_str()),
            "{path}"
        );
    }
}

/// As the operation would have chosen.
#[tokio::test]
async fn a_placeholder_is_in_a_format_that_the_client_accepts() {
    let accept = [("Accept", "image/png;q=0.5, image/webp, image/avif")];
    for (compat, media_type) in [("none", "image/avif"), ("imaginary", "image/png")] {
        let settings = format!("placeholder = \"builtin\"\ncompat = \"{compat}\"");
        let server = TestServer::start_as(&settings).await;
        let path = "/resize?width=20&height=20&type=auto";
        let answer = server.send("POST", path, &accept, b"text").await;
        assert_eq!(answer.header("content-type"), Some(media_type), "{compat}");
    }
}

struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        let _gone = std::fs::remove_file(&self.0);
    }
}

#[tokio::test]
async fn the_placeholder_may_be_ones_own() {
    let path = std::env::temp_dir().join(format!("pixmill-placeholder-{}.png", std::process::id()));
    std::fs::write(&path, png(&quarters(64, 48))).unwrap();
    let file = Removed(path);
    let settings = format!(
        "placeholder = \"{}\"\nplaceholder_status = 200\ncompat = \"imaginary\"",
        file.0.display()
    );
    let server = TestServer::start_as(&settings).await;
    // It has been read.
    drop(file);
    let answer = server.post("/resize", b"text").await;
    let document = shown(&answer, 200, "image/png", (64, 48));
    assert_eq!(document["status"], 406);
    assert_eq!(document["message"], "Unsupported media type");
    let picture = Picture::decode(&answer.body);
    picture.assert_at(2, 2, crate::fixtures::RED, 0);
    let answer = server
        .post("/fit?width=0&height=20&type=jpeg", b"text")
        .await;
    shown(&answer, 200, "image/jpeg", (64, 20));
}

#[tokio::test]
async fn who_may_not_ask_gets_no_picture() {
    let server = TestServer::start_as("placeholder = \"builtin\"\napi_keys = [\"k\"]").await;
    server
        .post("/resize?width=20", b"text")
        .await
        .problem(401, "unauthorized");
    let answer = server.post("/resize?width=20&key=k", b"text").await;
    shown(&answer, 415, "image/jpeg", (20, 400));
}

/// Of each form on the page: where it goes to, and its fields.
fn forms(page: &str) -> Vec<(String, Vec<(String, String)>)> {
    let unescaped = |text: &str| text.replace("&quot;", "\"").replace("&amp;", "&");
    let between = |text: &str, from: &str, to: &str| {
        let (_, rest) = text.split_once(from)?;
        rest.split_once(to).map(|(found, _)| unescaped(found))
    };
    page.split("<form ")
        .skip(1)
        .map(|form| {
            let form = form.split("</form>").next().unwrap();
            let inputs = form.split("<input name").skip(1);
            let fields = inputs.map(|input| {
                let field = |name| between(input, name, "\"").unwrap();
                (field("=\""), field("value=\""))
            });
            (between(form, "action=\"", "\"").unwrap(), fields.collect())
        })
        .collect()
}

/// Every form works as it stands on the page.
#[tokio::test]
async fn each_operation_has_a_form() {
    for (settings, query) in [
        ("", ""),
        ("compat = \"imaginary\"", ""),
        (
            "path_prefix = \"/api\"\napi_keys = [\"a&b\\\"c\"]",
            "?key=a%26b%22c",
        ),
    ] {
        let server = TestServer::start_as(settings).await;
        let path = if settings.contains("/api") {
            "/api/form"
        } else {
            "/form"
        };
        let answer = server.get(&format!("{path}{query}")).await;
        assert_eq!(answer.status, 200, "{settings}");
        assert_eq!(
            answer.header("content-security-policy"),
            Some("default-src 'none'; form-action 'self'; sandbox allow-forms")
        );
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        let page = String::from_utf8(answer.body).unwrap();
        let forms = forms(&page);
        assert_eq!(forms.len(), OPERATIONS.len() + 1);
        for (action, fields) in forms {
            let fields: Vec<_> = fields
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            let file = jpeg(&photo(130, 110));
            // One form has a place for a second picture; the others don't look at it.
            let body = parts(&fields, &[("image", &file), ("file", &file)]);
            let answer = server.send("POST", &action, &[form_type()], &body).await;
            assert_eq!(answer.status, 200, "{action} {fields:?}");
        }
        for row in PARAMETERS {
            assert!(
                page.contains(&format!("<td>{}<td>", row.name)),
                "{}",
                row.name
            );
        }
        assert_eq!(
            server.post(&format!("{path}{query}"), b"x").await.status,
            200
        );
    }
    // Elsewhere nothing may be sent from a page.
    let server = TestServer::start().await;
    let policy = "default-src 'none'; sandbox";
    let index = server.get("/").await;
    assert_eq!(index.header("content-security-policy"), Some(policy));
}

/// Presets have forms, too, and what is switched off has none.
#[tokio::test]
async fn each_preset_has_a_form() {
    let server = TestServer::start_as(
        "presets = [\"small=resize?width=20\", \"marked=watermarkimage?left=1\"]\npresets_only = true",
    )
    .await;
    let answer = server.get("/form").await;
    let forms = forms(&String::from_utf8(answer.body).unwrap());
    let actions: Vec<_> = forms.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(actions, ["/preset/small", "/preset/marked", "/info"]);
    for action in actions {
        let file = jpeg(&photo(130, 110));
        let body = parts(&[], &[("image", &file), ("file", &file)]);
        let answer = server.send("POST", action, &[form_type()], &body).await;
        assert_eq!(answer.status, 200, "{action}");
    }
}
