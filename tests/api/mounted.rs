//! `file=`: what is below the mounted folder, and nothing else.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::fixtures::{jpeg, photo, png, quarters};
use crate::support::TestServer;

/// A folder of pictures, with a neighbour whose name begins the same.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let place = std::env::temp_dir().join(format!("pixmill-{name}-{}", std::process::id()));
        let (images, private) = (place.join("images"), place.join("images-private"));
        std::fs::create_dir_all(images.join("sub dir")).unwrap();
        std::fs::create_dir_all(&private).unwrap();
        let picture = png(&quarters(60, 40));
        for path in ["odd.png", "sub dir/50%25.png", "ü.png"] {
            std::fs::write(images.join(path), &picture).unwrap();
        }
        std::fs::write(images.join("large.jpg"), jpeg(&photo(400, 300))).unwrap();
        std::fs::write(images.join("notes.txt"), "notes").unwrap();
        std::fs::write(images.join("empty.bin"), "").unwrap();
        std::fs::write(private.join("secret.png"), &picture).unwrap();
        symlink("odd.png", images.join("inside.png")).unwrap();
        symlink("../images-private/secret.png", images.join("link.png")).unwrap();
        symlink(private.join("secret.png"), images.join("absolute.png")).unwrap();
        symlink(&private, images.join("door")).unwrap();
        Self(place)
    }

    fn images(&self) -> PathBuf {
        self.0.join("images")
    }

    async fn serve(&self) -> TestServer {
        let images = self.images();
        TestServer::start_with(|config| config.source.mount = Some(images)).await
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

#[tokio::test]
async fn a_get_without_any_source_is_no_method() {
    let server = TestServer::start().await;
    for path in ["/resize?width=5&file=odd.png", "/info?url=http://a.test/"] {
        for method in ["GET", "HEAD"] {
            let answer = server.send(method, path, &[], &[]).await;
            assert_eq!(answer.status, 405, "{path}");
            assert_eq!(answer.header("allow"), Some("POST"), "{path}");
        }
    }
}

#[tokio::test]
async fn files_below_the_folder_are_read_and_no_others() {
    let place = Place::new("mounted");
    let server = place.serve().await;
    for file in [
        "odd.png",
        "/odd.png",
        "//odd.png",
        "./odd.png",
        "%2Fodd.png",
        "inside.png",
        "sub%20dir/../odd.png",
        "sub%20dir/50%252525.png",
        "sub%2520dir/50%252525.png",
        "%C3%BC.png",
        "%25C3%25BC.png",
    ] {
        let answer = server.get(&format!("/resize?width=30&file={file}")).await;
        answer.picture("image/png", 30, 20);
        let answer = server.get(&format!("/info?file={file}")).await;
        assert_eq!(answer.json()["width"], 60, "{file}");
    }
    let absolute = place.images().join("odd.png");
    let absolute = absolute.to_str().unwrap();
    for file in [
        "none.png",
        "..%2Fimages-private%2Fsecret.png",
        "%252e%252e%252fimages-private%252fsecret.png",
        "sub%20dir/../../images-private/secret.png",
        "..%2Fimages%2Fodd.png",
        "..%2F..%2F..%2F..%2F..%2Fetc%2Fpasswd",
        "%2Fetc%2Fpasswd",
        absolute,
        "link.png",
        "absolute.png",
        "door/secret.png",
        ".",
        "..",
        "/",
        "sub%20dir",
        "odd.png/",
        "odd.png%2500.jpg",
        "odd.png%00",
        "%FF%FE",
        &"a/".repeat(3000),
        &"a".repeat(300),
    ] {
        let answer = server.get(&format!("/resize?width=30&file={file}")).await;
        let document = answer.problem(400, "invalid-parameter");
        assert_eq!(document["parameter"], "file", "{file}");
        // Nothing in it tells one from the other.
        let text = document["detail"].as_str().unwrap();
        assert!(
            text.ends_with("below the folder that this server reads."),
            "{text}"
        );
    }
}

#[tokio::test]
async fn what_a_get_may_say_and_what_not() {
    let place = Place::new("said");
    let server = place.serve().await;
    for (query, status, code) in [
        ("width=30", 400, "missing-image"),
        ("width=30&file=", 400, "missing-image"),
        ("width=30&url=", 400, "missing-image"),
        ("file=odd.png", 400, "missing-parameter"),
        ("width=30&file=empty.bin", 400, "missing-image"),
        ("width=30&file=notes.txt", 415, "unsupported-format"),
        ("width=30&wdth=3&file=odd.png", 400, "unknown-parameter"),
        (
            "width=30&file=odd.png&url=http://a.test/",
            400,
            "invalid-parameter",
        ),
        // Nothing but files is read here.
        ("width=30&url=http://1.1.1.1/", 403, "forbidden-source"),
    ] {
        let answer = server.get(&format!("/resize?{query}")).await;
        answer.problem(status, code);
    }
    let answer = server.get("/resize?width=30&file=odd.png&key=").await;
    answer.picture("image/png", 30, 20);
    // A POST has its picture with it, and a name means nothing.
    let path = "/resize?width=30&file=large.jpg&url=x&key=";
    let answer = server.post(path, &png(&quarters(60, 40))).await;
    answer.picture("image/png", 30, 20);
    server.post(path, b"").await.problem(400, "missing-image");

    let got = server.get("/resize?width=30&file=odd.png").await;
    let head = server
        .send("HEAD", "/resize?width=30&file=odd.png", &[], &[])
        .await;
    assert_eq!(head.status, 200);
    for name in ["content-type", "content-length", "etag", "image-width"] {
        assert_eq!(head.header(name), got.header(name), "{name}");
    }
    let answer = server.send("DELETE", "/resize", &[], &[]).await;
    answer.problem(405, "method-not-allowed");
    let allowed = answer.header("allow").unwrap();
    assert!(
        ["GET", "HEAD", "POST"]
            .iter()
            .all(|method| allowed.contains(method)),
        "{allowed}"
    );
}

#[tokio::test]
async fn a_file_is_held_to_the_limits_of_a_body() {
    let place = Place::new("limits");
    let images = place.images();
    let size = std::fs::metadata(images.join("large.jpg")).unwrap().len();
    let server = TestServer::start_with(|config| {
        config.source.mount = Some(images.clone());
        config.source.max_bytes = size - 1;
        config.admission.upload_memory = 100_000;
    })
    .await;
    let document = server.get("/resize?width=30&file=large.jpg").await;
    let document = document.problem(413, "body-too-large");
    assert_eq!(document["limit"], size - 1);
    assert_eq!(document["actual"], size);
    // More than there is upload memory.
    std::fs::write(place.images().join("odd.png"), vec![0; 200_000]).unwrap();
    let server = TestServer::start_with(|config| {
        config.source.mount = Some(images);
        config.admission.upload_memory = 100_000;
    })
    .await;
    let answer = server.get("/resize?width=30&file=odd.png").await;
    answer.problem(503, "overloaded");
    server.settled(|figures| figures.upload_memory.0 == 0).await;
}

#[tokio::test]
async fn who_has_the_answer_is_told_so() {
    let place = Place::new("known");
    let images = place.images();
    let server = TestServer::start_with(|config| {
        config.source.mount = Some(images.clone());
        config.http.fetch.cache_ttl = Some(std::time::Duration::from_hours(1));
    })
    .await;
    let path = "/resize?width=30&file=odd.png";
    let first = server.get(path).await;
    first.picture("image/png", 30, 20);
    let etag = first.header("etag").unwrap().to_owned();
    for (path, tags, status) in [
        (path, etag.clone(), 304),
        (path, format!("W/{etag}"), 304),
        (path, format!("\"other\", {etag}"), 304),
        (path, "*".to_owned(), 304),
        (path, "\"other\"".to_owned(), 200),
        // Another picture of the same source.
        ("/resize?width=31&file=odd.png", etag.clone(), 200),
        // Another source of the same picture is not known yet, and read to see.
        ("/resize?width=30&file=inside.png", etag.clone(), 304),
    ] {
        let headers = [("If-None-Match", tags.as_str())];
        let answer = server.send("GET", path, &headers, &[]).await;
        assert_eq!(answer.status, status, "{path} {tags}");
        let control = "public, s-maxage=3600, max-age=3600, no-transform";
        assert_eq!(answer.header("cache-control"), Some(control));
        assert!(answer.header("expires").unwrap().ends_with(" GMT"));
        if status == 304 {
            assert!(answer.body.is_empty());
            assert_eq!(answer.header("etag"), Some(etag.as_str()));
        }
    }
    let page = String::from_utf8(server.get("/metrics").await.body).unwrap();
    let unchanged = "pixmill_fetches_total{source=\"file\",outcome=\"unchanged\"} 4\n";
    assert!(page.contains(unchanged), "{page}");
    // A file that is written anew is a new one, also where it is as long.
    let longer = png(&quarters(61, 40));
    std::fs::write(images.join("odd.png"), longer).unwrap();
    let headers = [("If-None-Match", etag.as_str())];
    let answer = server.send("GET", path, &headers, &[]).await;
    assert_eq!(answer.status, 200);
    assert_ne!(answer.header("etag"), Some(etag.as_str()));
    // Errors are never kept.
    let answer = server.get("/resize?width=30&file=none.png").await;
    answer.problem(400, "invalid-parameter");
    assert_eq!(answer.header("expires"), None);
}

#[test]
fn a_folder_that_is_none_is_told_at_the_start() {
    let place = Place::new("none");
    for path in [place.0.join("nowhere"), place.images().join("odd.png")] {
        assert_refused(&path);
    }
}

fn assert_refused(path: &Path) {
    let path = path.to_str().unwrap();
    let output = crate::cli::run(&["--port", "0", "--mount", path]);
    assert_eq!(output.status.code(), Some(1));
    let said = crate::cli::text(&output.stderr);
    assert!(said.contains(path), "{said}");
}
