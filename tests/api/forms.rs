//! Forms: which part is the picture, what is bounded, and that they are read to their end.

use std::sync::{Arc, Mutex, mpsc};

use pixmill::service::{self, Executor};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::access::{SIGNING, signed};
use crate::fixtures::{jpeg, photo, png, quarters};
use crate::support::{Answer, TestServer, eventually, form};
use crate::targets;

const HEAD: &str = "POST /resize?width=20 HTTP/1.1\r\nHost: test\r\n\
    Content-Type: multipart/form-data; boundary=----test-boundary\r\n\
    Transfer-Encoding: chunked\r\n\r\n";

/// One part with a file name.
fn part(name: &str, bytes: &[u8]) -> Vec<u8> {
    let whole = form(&[], Some((name, bytes)));
    whole[..whole.len() - "------test-boundary--\r\n".len()].to_vec()
}

async fn chunk(stream: &mut TcpStream, bytes: &[u8]) {
    let size = format!("{:x}\r\n", bytes.len());
    let framed = [size.as_bytes(), bytes, b"\r\n"].concat();
    stream.write_all(&framed).await.unwrap();
}

#[tokio::test]
async fn forms_are_bounded() {
    let server = TestServer::start().await;
    let file = jpeg(&photo(20, 20));
    let many: Vec<_> = (0..70).map(|_| ("w", "10")).collect();
    server
        .post_form("/resize?width=9", &many, Some(("file", &file)))
        .await
        .problem(400, "invalid-multipart");
    let long = "x".repeat(70_000);
    server
        .post_form("/resize?width=9", &[("w", &long)], Some(("file", &file)))
        .await
        .problem(400, "invalid-multipart");
}

/// Imaginary's clients, and those with a signed URL or a preset, say nothing by a field, whatever is in it and wherever it is.
#[tokio::test]
async fn fields_that_have_no_say_refuse_nothing() {
    let signature = format!("url_signature_key = \"{SIGNING}\"");
    let preset = "presets = [\"small=resize?width=20\"]";
    let imaginary = "compat = \"imaginary\"";
    let file = part("file", &jpeg(&photo(40, 30)));
    let field = |value: &[u8]| {
        let head = "------test-boundary\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\n";
        [head.as_bytes(), value, b"\r\n"].concat()
    };
    let fields = [field(b"no UTF-8: \xff"), field(&vec![b'x'; 70_000])];
    let headers = [(
        "Content-Type",
        "multipart/form-data; boundary=----test-boundary",
    )];
    for (settings, path, has_say) in [
        ("", "/resize?width=20", true),
        ("", "/info", true),
        (imaginary, "/resize?width=20", false),
        (imaginary, "/info", false),
        (&signature, &signed(1), false),
        (&signature, &signed(5), false),
        (preset, "/preset/small", false),
    ] {
        let server = TestServer::start_as(settings).await;
        for field in &fields {
            for parts in [[&file, field], [field, &file]] {
                let parts = [&parts[0][..], parts[1]].concat();
                let body = [&parts[..], b"------test-boundary--\r\n"].concat();
                let answer = server.send("POST", path, &headers, &body).await;
                if has_say {
                    answer.problem(400, "invalid-multipart");
                } else {
                    assert_eq!(answer.status, 200, "{settings} {path}");
                }
            }
        }
        server.settled(|figures| figures.upload_memory.0 == 0).await;
    }
}

#[tokio::test]
async fn what_has_no_parts_is_refused_while_it_comes() {
    let server = TestServer::start().await;
    let open_head = "------test-boundary\r\nContent-Disposition: form-data; name=\"file\"\r\nX: ";
    for start in ["preamble", open_head] {
        let mut stream = server.connect().await;
        stream.write_all(HEAD.as_bytes()).await.unwrap();
        chunk(&mut stream, start.as_bytes()).await;
        // What is held before there is a picture is accounted for.
        server
            .settled(|figures| figures.upload_memory.0 >= 64 << 10)
            .await;
        // Much less than a body may have, and it never ends.
        for _ in 0..100 {
            chunk(&mut stream, &[b'x'; 2048]).await;
        }
        Answer::read(&mut stream, false)
            .await
            .problem(400, "invalid-multipart");
        server.settled(|figures| figures.upload_memory.0 == 0).await;
    }
}

#[tokio::test]
async fn pieces_of_any_size_make_the_same_form() {
    let server = TestServer::start().await;
    let file = jpeg(&photo(60, 40));
    let body = form(&[("height", "10"), ("fit", "fill")], Some(("file", &file)));
    for size in [1, 7, 1000, body.len()] {
        let mut stream = server.connect().await;
        stream.write_all(HEAD.as_bytes()).await.unwrap();
        for piece in body.chunks(size) {
            chunk(&mut stream, piece).await;
        }
        stream.write_all(b"0\r\n\r\n").await.unwrap();
        Answer::read(&mut stream, false)
            .await
            .picture("image/jpeg", 20, 10);
    }
}

/// The parser takes in two pieces before it looks at what it has: however large they are, that is no form without parts.
#[test]
fn large_pieces_make_the_same_form() {
    let file = jpeg(&photo(600, 400));
    let body = form(&[("height", "10")], Some(("file", &file)));
    assert!(body.len() > 71_000, "{}", body.len());
    for size in [65_536, 65_537, 70_000, body.len()] {
        let head = format!(
            "/resize\ncontent-type: multipart/form-data; boundary=----test-boundary\npieces: {size}\n\n"
        );
        let request = [head.as_bytes(), &body].concat();
        assert!(targets::run("request", &request), "in pieces of {size}");
    }
}

#[tokio::test]
async fn a_form_is_read_to_its_end() {
    let server = TestServer::start().await;
    let mut stream = server.connect().await;
    // Twice on one connection, with something after the last boundary.
    for _ in 0..2 {
        stream.write_all(HEAD.as_bytes()).await.unwrap();
        let body = form(&[], Some(("file", &jpeg(&photo(60, 40)))));
        chunk(&mut stream, &body).await;
        chunk(&mut stream, b"epilogue").await;
        stream.write_all(b"0\r\n\r\n").await.unwrap();
        let answer = Answer::read(&mut stream, false).await;
        assert_eq!(answer.header("connection"), None);
        answer.picture("image/jpeg", 20, 13);
    }
}

#[tokio::test]
async fn who_leaves_after_a_form_takes_its_work_with_it() {
    let (end, ended) = mpsc::channel::<()>();
    let ended = Mutex::new(ended);
    let real = service::in_process();
    let executor: Executor = Arc::new(move |job, scratch, checkpoint| {
        if job.source.len() > 1_000 {
            let _told = ended.lock().unwrap().recv();
        }
        real(job, scratch, checkpoint)
    });
    let server = TestServer::start_executor(|_| {}, executor).await;
    // Else the self-test could be who is busy.
    while server.get("/ready").await.status != 200 {
        tokio::task::yield_now().await;
    }
    let mut stream = server.connect().await;
    stream.write_all(HEAD.as_bytes()).await.unwrap();
    let body = form(&[], Some(("file", &jpeg(&photo(200, 150)))));
    chunk(&mut stream, &body).await;
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    server.settled(|figures| figures.busy == 1).await;
    drop(stream);
    let connections = server.connections.clone();
    eventually(move || connections.open() == 0).await;
    end.send(()).unwrap();
    server
        .settled(|figures| figures.busy == 0 && figures.cancelled == 1)
        .await;
}

#[tokio::test]
async fn the_part_named_file_is_the_picture_else_the_first_with_a_file_name() {
    let server = TestServer::start().await;
    let (wide, tall) = (png(&quarters(120, 60)), png(&quarters(60, 120)));
    let text = |name: &str, value: &str| {
        let whole = form(&[(name, value)], None);
        whole[..whole.len() - "------test-boundary--\r\n".len()].to_vec()
    };
    let end = b"------test-boundary--\r\n".to_vec();
    let named = || part("file", &wide);
    let other = || part("photo", &tall);
    for (parts, width, height) in [
        (vec![named(), other()], 20, 10),
        (vec![other(), named()], 20, 10),
        (vec![other(), part("another", &wide)], 10, 20),
        // Fields count wherever they are.
        (vec![other(), text("fit", "fill"), named()], 20, 20),
        (vec![text("fit", "fill"), other()], 20, 20),
        (vec![named(), text("fit", "fill")], 20, 20),
        (vec![other(), text("fit", "fill")], 20, 20),
    ] {
        let body = [parts.concat(), end.clone()].concat();
        let headers = [(
            "Content-Type",
            "multipart/form-data; boundary=----test-boundary",
        )];
        server
            .send("POST", "/resize?size=20x20", &headers, &body)
            .await
            .picture("image/png", width, height);
    }
}
