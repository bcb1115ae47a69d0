//! Documents: their pages become pictures, where the program reads them.

#[cfg(feature = "pdf")]
use crate::isolation::{isolated, metric, post, status, until, whole};
use crate::support::TestServer;
#[cfg(feature = "pdf")]
use crate::support::{Answer, Picture};
#[cfg(feature = "pdf")]
use crate::wrapped::zlib;

const PAGES: &[u8] = include_bytes!("../fixtures/pdf/pages.pdf");
#[cfg(feature = "pdf")]
const LOCKED: &[u8] = include_bytes!("../fixtures/pdf/locked.pdf");
/// What `PDFium` makes of the pages, two pixels for each point.
#[cfg(feature = "pdf")]
const REFERENCES: [&[u8]; 3] = [
    include_bytes!("../fixtures/pdf/page-1.png"),
    include_bytes!("../fixtures/pdf/page-2.png"),
    include_bytes!("../fixtures/pdf/page-3.png"),
];

#[cfg(not(feature = "pdf"))]
#[tokio::test]
async fn a_program_without_a_reader_says_so() {
    let server = TestServer::start_as("").await;
    for path in ["/resize?width=8", "/info"] {
        let problem = server.post(path, PAGES).await;
        let problem = problem.problem(415, "unsupported-format");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("without a reader"), "{detail}");
    }
    let mistakes = TestServer::mistakes("pdf = true");
    assert!(mistakes[0].contains("the feature pdf"), "{mistakes:?}");
}

#[cfg(feature = "pdf")]
async fn server() -> TestServer {
    TestServer::start_as("pdf = true").await
}

/// What reads documents has no limits of its own, and is kept out of the server's process unless that is asked for.
#[cfg(feature = "pdf")]
#[tokio::test]
async fn documents_are_read_where_they_can_do_no_harm() {
    for (file, reads) in [
        ("", false),
        ("pdf = \"auto\"", false),
        ("pdf = true", true),
        ("pdf = false", false),
        ("isolation = \"process\"\npdf = false", false),
    ] {
        let server = TestServer::start_as(file).await;
        server.reads_or_tells(PAGES, reads, "pdf = true").await;
        let info = server.post("/info", PAGES).await;
        assert_eq!(info.status, if reads { 200 } else { 415 }, "{file}");
    }
    let compat = TestServer::start_as("compat = \"imaginary\"").await;
    assert_eq!(compat.post("/resize?width=8", PAGES).await.status, 406);
    let mistakes = TestServer::mistakes("pdf = \"maybe\"");
    assert!(mistakes[0].contains("auto, true or false"), "{mistakes:?}");
}

#[cfg(feature = "pdf")]
#[tokio::test]
async fn pages_are_what_another_renderer_makes_of_them() {
    let server = server().await;
    let sizes = [(200, 150), (70, 100), (12, 9)];
    for (page, ((width, height), reference)) in sizes.into_iter().zip(REFERENCES).enumerate() {
        let info = server.post(&format!("/info?page={page}"), PAGES).await;
        let info = info.json();
        assert_eq!(info["type"], "pdf");
        assert_eq!(
            (&info["width"], &info["height"]),
            (&width.into(), &height.into())
        );
        assert_eq!(info["frames"], 3);
        let size = format!("width={}&height={}", 2 * width, 2 * height);
        let path = format!("/enlarge?{size}&type=png&page={page}");
        let answer = server.post(&path, PAGES).await;
        let made = answer.picture("image/png", 2 * width, 2 * height);
        let psnr = made.psnr(&Picture::decode(reference));
        // Text is put on pixels' edges by one and not by the other.
        assert!(psnr > 29.0, "page {page}: {psnr} dB");
    }
    server
        .post("/convert?type=png&page=3", PAGES)
        .await
        .problem(400, "invalid-parameter");
    // It can't be written; text is kept without loss where nothing is said.
    let kept = server.post("/resize?width=100", PAGES).await;
    kept.picture("image/png", 100, 75)
        .assert_at(0, 60, [255; 4], 0);
    let jpeg = server.post("/resize?width=100&type=jpeg", PAGES).await;
    jpeg.picture("image/jpeg", 100, 75)
        .assert_at(20, 15, [0xcc, 0x20, 0x20, 255], 4);
}

/// A cut is rendered alone, from the place on the page that it is cut from; and all at its size, not scaled up.
#[cfg(feature = "pdf")]
#[tokio::test]
async fn parts_are_rendered_at_their_size() {
    let server = server().await;
    let picture = |answer: Answer| Picture::decode(&answer.body);
    let path = "/enlarge?width=800&height=600&type=png";
    let large = picture(server.post(path, PAGES).await);
    // Between the paper and the red square is a column of both, at most.
    let is_paper = |x: &u32| large.at(*x, 200) == [255; 4];
    let is_red = |x: &u32| large.at(*x, 200) == [0xcc, 0x20, 0x20, 255];
    assert!(is_paper(&30) && is_red(&50));
    let between = (30..50).filter(|x| !is_paper(x) && !is_red(x));
    assert!(between.count() <= 1);
    let whole = picture(server.post("/convert?type=png", PAGES).await);
    let path = "/extract?left=40&top=30&areawidth=100&areaheight=75&type=png";
    let cut = server.post(path, PAGES).await.picture("image/png", 100, 75);
    let places = (0..100).flat_map(|x| (0..75).map(move |y| (x, y)));
    let far = places.filter(|&(x, y)| {
        let (a, b) = (cut.at(x, y), whole.at(x + 40, y + 30));
        a.iter().zip(b).any(|(a, b)| a.abs_diff(b) > 3)
    });
    assert!(far.count() <= 20);
}

#[cfg(feature = "pdf")]
#[tokio::test]
async fn what_is_no_document_is_refused() {
    let server = server().await;
    for (file, word) in [
        (LOCKED.to_vec(), "locked with a password"),
        (b"%PDF-1.7\nnothing".to_vec(), "no document"),
        (document("[0 0 1e9 1e9]", b""), "no pages"),
    ] {
        let problem = server.post("/resize?width=9", &file).await;
        let problem = problem.problem(422, "invalid-image");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(word), "{detail}");
    }
    for end in (0..PAGES.len()).step_by(97) {
        let answer = server.post("/resize?width=9", &PAGES[..end]).await;
        assert!(
            [200, 400, 415, 422].contains(&answer.status),
            "{end}: {}",
            answer.status
        );
    }
}

/// A document of one page with that box and content.
#[cfg(feature = "pdf")]
fn document(frame: &str, content: &[u8]) -> Vec<u8> {
    let packed = zlib(content);
    let mut file = b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n".to_vec();
    let page = format!(
        "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox{frame}/Resources<</XObject<</A 5 0 R>>>>/Contents 4 0 R>>endobj\n4 0 obj<</Length {}/Filter/FlateDecode>>stream\n",
        packed.len()
    );
    file.extend(page.bytes());
    file.extend(&packed);
    let rest = b"\nendstream endobj\n5 0 obj<</Type/XObject/Subtype/Form/BBox[0 0 50 50]/Resources<</XObject<</A 5 0 R>>>>/Length 5>>stream\n/A Do\nendstream endobj\ntrailer<</Root 1 0 R>>\n";
    file.extend(rest);
    file
}

/// Each is read in a process of its own, which may have what was reckoned for a document of its length, and as much time as the request.
#[cfg(feature = "pdf")]
#[test]
fn bombs_cost_their_own_request() {
    let served = isolated(&["--request-timeout", "3s", "--memory-limit", "2GiB"]);
    let ask = |body: &[u8]| whole(&served.ask(&post("/resize?width=40&type=png", body)));
    assert_eq!(ask(PAGES).status, 200);
    // 800 MB of content in 800 KB.
    let swollen = document("[0 0 100 100]", &vec![b' '; 800 << 20]);
    let answer = ask(&swollen);
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    assert_eq!(answer.status, 422, "{text}");
    assert!(text.contains("more memory"), "{text}");
    // As was meant: nobody is woken for it.
    assert_eq!(metric(&served, "pixmill_codec_stops_total"), 1);
    assert_eq!(metric(&served, "pixmill_codec_crashes_total"), 0);
    // A form that shows itself, and squares without end.
    let itself = ask(&document("[0 0 100 100]", b"/A Do"));
    assert!([200, 422].contains(&itself.status), "{}", itself.status);
    let squares = b"0 0 90 90 re f ".repeat(4 << 20);
    let endless = ask(&document("[0 0 100 100]", &squares)).status;
    assert!([422, 503, 504].contains(&endless), "{endless}");
    // One that takes nothing but time is ended when that is up.
    assert_eq!(ask(&doubling()).status, 504);
    until("the worker is free", || {
        metric(&served, "pixmill_workers_busy") == 0
    });
    assert_eq!(ask(PAGES).status, 200);
    assert_eq!(
        status(&served.ask(&crate::support::request("GET", "/health", &[], &[]))),
        200
    );
    served.signal(rustix::process::Signal::TERM);
    let (code, log) = served.ended();
    assert_eq!(code, Some(0));
    // What an allocator says as it gives up is no line of the log.
    assert!(!log.contains("memory allocation"), "{log}");
}

/// A page of a form that shows another twice, which shows another twice, and so on.
#[cfg(feature = "pdf")]
fn doubling() -> Vec<u8> {
    let mut file = b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<</XObject<</A 5 0 R>>>>/Contents 4 0 R>>endobj\n4 0 obj<</Length 5>>stream\n/A Do\nendstream endobj\n".to_vec();
    for form in 5..40 {
        let next = form + 1;
        let object = format!(
            "{form} 0 obj<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</A {next} 0 R>>>>/Length 11>>stream\n/A Do /A Do\nendstream endobj\n"
        );
        file.extend(object.bytes());
    }
    file.extend(b"trailer<</Root 1 0 R>>\n");
    file
}
