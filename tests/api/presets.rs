//! Operations by names that the configuration gives.

use crate::fixtures::{jpeg, photo, png, quarters};
use crate::origin::{Origin, Reply};
use crate::remote::remote;
use crate::support::{TestServer, form};
use crate::watermark_images::{form_type, parts};

const PRESETS: &str = r#"
presets = [
    "avatar=smartcrop?width=48&height=48&type=webp",
    "dot=/resize?width=3&bg=255,0,0",
    "resize=flip",
    "steps=pipeline?operations=%5B%7B%22operation%22:%22resize%22,%22params%22:%7B%22width%22:20%7D%7D,%7B%22operation%22:%22flip%22%7D%5D",
    "marked=watermarkimage?left=1",
    "best=resize?width=20&type=auto",
]
"#;

#[tokio::test]
async fn a_preset_is_the_request_that_it_stands_for() {
    let server = TestServer::start_as(PRESETS).await;
    let file = png(&photo(120, 90));
    for (path, same) in [
        ("/preset/avatar", "/smartcrop?width=48&height=48&type=webp"),
        ("/preset/dot", "/resize?width=3&background=f00"),
        // A name is no operation's.
        ("/preset/resize", "/flip"),
        (
            "/preset/steps",
            "/pipeline?operations=[%7B%22operation%22:%22resize%22,%22params%22:%7B%22width%22:20%7D%7D,%7B%22operation%22:%22flip%22%7D]",
        ),
    ] {
        let (made, expected) = (
            server.post(path, &file).await,
            server.post(same, &file).await,
        );
        assert_eq!(made.status, 200, "{path}");
        assert_eq!(made.body, expected.body, "{path}");
        assert_eq!(made.header("etag"), expected.header("etag"), "{path}");
    }
    let files: [(&str, &[u8]); 2] = [("file", &file), ("image", &png(&quarters(20, 20)))];
    let body = parts(&[], &files);
    let marked = server
        .send("POST", "/preset/marked", &[form_type()], &body)
        .await;
    marked.picture("image/png", 120, 90);
    let best = server
        .send("POST", "/preset/best", &[("Accept", "image/webp")], &file)
        .await;
    best.picture("image/webp", 20, 15);
    assert_eq!(best.header("vary"), Some("Accept"));
}

#[tokio::test]
async fn nothing_is_left_to_who_sends_the_picture() {
    let server = TestServer::start_as(PRESETS).await;
    let file = jpeg(&photo(120, 90));
    for query in ["width=500", "type=png", "nonsense", "operations=[]"] {
        let answer = server.post(&format!("/preset/dot?{query}"), &file).await;
        answer.problem(400, "unknown-parameter");
    }
    server
        .post("/preset/dot?key=&url=x", &file)
        .await
        .picture("image/jpeg", 3, 2);
    // Nor to the fields of a form.
    let body = form(&[("height", "80"), ("width", "70")], Some(("file", &file)));
    let answer = server
        .send("POST", "/preset/dot", &[form_type()], &body)
        .await;
    answer.picture("image/jpeg", 3, 2);
    server
        .post("/preset/none", &file)
        .await
        .problem(404, "not-found");
    server
        .get("/preset/dot")
        .await
        .problem(405, "method-not-allowed");
}

#[tokio::test]
async fn presets_may_be_all_there_is() {
    let origin = Origin::start([("/a.png", Reply::picture(png(&photo(60, 40))))]).await;
    let settings = format!("{PRESETS}\npresets_only = true");
    let given = TestServer::configured(&settings);
    let server = TestServer::start_with(|config| {
        config.http = given.http;
        config.source.remote = Some(remote(&[&origin]));
    })
    .await;
    let file = png(&photo(60, 40));
    for path in ["/resize?width=3", "/flip", "/pipeline?operations=[]"] {
        server.post(path, &file).await.problem(404, "disabled");
    }
    server
        .post("/preset/resize", &file)
        .await
        .picture("image/png", 60, 40);
    let put = server.send("PUT", "/preset/resize", &[], &file).await;
    put.problem(405, "method-not-allowed");
    assert_eq!(server.post("/info", &file).await.status, 200);
    let path = format!("/preset/dot?url={}", origin.url("/a.png"));
    let answer = server.get(&path).await;
    answer.picture("image/png", 3, 2);
    let held = [("If-None-Match", answer.header("etag").unwrap())];
    assert_eq!(server.send("GET", &path, &held, &[]).await.status, 304);
}

#[test]
fn mistakes_are_named() {
    for (presets, wrong) in [
        (r#"["avatar"]"#, "NAME=OPERATION?PARAMETERS"),
        (r#"["a b=flip"]"#, "a name has letters"),
        (r#"["=flip"]"#, "a name has letters"),
        (r#"["a=enlarg?width=3"]"#, "there is no operation enlarg"),
        (r#"["a=resize?widht=3"]"#, "Did you mean width?"),
        (r#"["a=resize?width=0"]"#, "allowed is a whole number"),
        (r#"["a=resize"]"#, "resize needs width or height"),
        (r#"["a=flip", "a=flop"]"#, "there are two of the name a"),
        ("[]\npresets_only = true", "as long as there are no presets"),
    ] {
        let mistakes = TestServer::mistakes(&format!("presets = {presets}"));
        assert_eq!(mistakes.len(), 1, "{presets}: {mistakes:?}");
        assert!(mistakes[0].contains(wrong), "{presets}: {mistakes:?}");
    }
}

#[tokio::test]
async fn where_its_mark_is_stays_untold() {
    let settings = r#"
        compat = "imaginary"
        presets = ["logo=watermarkimage?image=http://127.0.0.1:9/secret.png"]
    "#;
    let server = TestServer::start_as(settings).await;
    let answer = server.post("/preset/logo", &png(&photo(30, 20))).await;
    assert_eq!(answer.status, 400);
    assert!(!String::from_utf8(answer.body).unwrap().contains("secret"));
}
