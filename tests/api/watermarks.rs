//! Texts drawn over pictures: where, how strongly, on which pictures.

use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};

use crate::fixtures::{disc, encoded, jpeg, photo, png};
use crate::support::{Picture, TestServer};

const PNG: &str = "image/png";

fn plain(width: u32, height: u32, colour: [u8; 4]) -> RgbaImage {
    RgbaImage::from_pixel(width, height, Rgba(colour))
}

const WHITE: [u8; 4] = [255; 4];

/// Left, top, right and bottom of what differs from white; its ends are not included.
fn inked(picture: &Picture) -> Option<[u32; 4]> {
    let mut found: Option<[u32; 4]> = None;
    for y in 0..picture.height {
        for x in 0..picture.width {
            if picture.at(x, y) != WHITE {
                let [l, t, r, b] = found.unwrap_or([x, y, x, y]);
                found = Some([l.min(x), t.min(y), r.max(x + 1), b.max(y + 1)]);
            }
        }
    }
    found
}

async fn drawn(server: &TestServer, query: &str, (width, height): (u32, u32)) -> Picture {
    let body = png(&plain(width, height, WHITE));
    let answer = server.post(&format!("/watermark?{query}"), &body).await;
    answer.picture(PNG, width, height)
}

#[tokio::test]
async fn a_text_begins_at_its_corner_and_is_repeated() {
    let server = TestServer::start().await;
    let size = (700, 500);
    let once = drawn(&server, "text=Hello%20world&noreplicate=true", size).await;
    let [left, top, right, bottom] = inked(&once).unwrap();
    assert_eq!((left, top), (100, 100));
    // 21 pixels high, and two lines of it in a sixth of 700 pixels.
    assert!((50..=117).contains(&(right - left)), "{left} to {right}");
    let all = drawn(&server, "text=Hello%20world", size).await;
    let margin = 700 / 6;
    let step = (right - left + margin, bottom - top + margin);
    for y in 0..size.1 {
        for x in 0..size.0 {
            let before = (100..).step_by(step.0 as usize).take_while(|&at| at <= x);
            let above = (100..).step_by(step.1 as usize).take_while(|&at| at <= y);
            let expected = match (before.last(), above.last()) {
                (Some(corner), Some(edge))
                    if x - corner < right - left && y - edge < bottom - top =>
                {
                    once.at(100 + x - corner, 100 + y - edge)
                }
                _ => WHITE,
            };
            assert_eq!(all.at(x, y), expected, "{x},{y}");
        }
    }
}

#[tokio::test]
async fn a_picture_without_room_has_its_text_in_the_middle() {
    let server = TestServer::start().await;
    for (query, size) in [
        ("text=Hello&noreplicate=1&margin=1000", (150, 400)),
        ("text=Hello&noreplicate=1&margin=1000", (400, 60)),
        ("text=Hello&noreplicate=1&margin=1000", (80, 40)),
    ] {
        let picture = drawn(&server, query, size).await;
        let [left, top, right, bottom] = inked(&picture).unwrap();
        let place = |start: u32, end: u32, side: u32| {
            let free = side - (end - start);
            if free < 100 { free / 2 } else { 100 }
        };
        let corner = (place(left, right, size.0), place(top, bottom, size.1));
        assert_eq!((left, top), corner, "{size:?}");
    }
    // No narrower margin cuts it.
    let wide = drawn(&server, "text=Hello&noreplicate=1", (800, 300)).await;
    let [left, top, right, bottom] = inked(&wide).unwrap();
    let narrow = drawn(&server, "text=Hello&margin=7&noreplicate=1", (800, 300)).await;
    let ink = (right - left, bottom - top);
    assert_eq!(inked(&narrow), Some([7, 7, 7 + ink.0, 7 + ink.1]));
    // Pictures that are smaller than any letter.
    for size in [(1, 1), (1, 300), (300, 1), (3, 2), (9, 9)] {
        drawn(&server, "text=Hello%20world", size).await;
    }
}

#[tokio::test]
async fn lines_are_broken_at_the_width() {
    let server = TestServer::start().await;
    let text =
        "text=one%20two%20three%20four%20five&noreplicate=1&font=sans%2020px&opacity=1&margin=500";
    let mut heights = Vec::new();
    for width in [1000, 150, 90, 1] {
        let query = format!("{text}&textwidth={width}");
        let [left, top, right, bottom] = inked(&drawn(&server, &query, (900, 500)).await).unwrap();
        heights.push(bottom - top);
        // No word of it is longer than 60 pixels.
        assert!(right - left <= width.max(60), "{width}: {left} to {right}");
    }
    assert!(heights.is_sorted_by(|a, b| a < b), "{heights:?}");
    let given = drawn(
        &server,
        "text=a%0Aa&noreplicate=1&textwidth=500",
        (300, 300),
    )
    .await;
    let other = drawn(&server, "text=a&noreplicate=1&textwidth=500", (300, 300)).await;
    let height = |picture| {
        inked(picture)
            .map(|[_, top, _, bottom]| bottom - top)
            .unwrap()
    };
    // 20.8 pixels high, by the font's own distance of lines.
    assert_eq!(height(&given) - height(&other), 24);
}

#[tokio::test]
async fn opacity_and_colour_are_obeyed() {
    let server = TestServer::start().await;
    let size = (300, 200);
    for (query, strongest) in [
        ("", [191, 191, 191, 255]),
        ("&opacity=0", [191, 191, 191, 255]),
        ("&opacity=0.5", [127, 127, 127, 255]),
        ("&opacity=1", [0, 0, 0, 255]),
        ("&opacity=5", [0, 0, 0, 255]),
        ("&opacity=1&color=255,0,40", [255, 0, 40, 255]),
        ("&opacity=1&colour=00f", [0, 0, 255, 255]),
        ("&opacity=0.5&color=ff000080", [255, 191, 191, 255]),
    ] {
        // Large enough that a pixel lies within a stroke.
        let query = format!("text=HI&font=sans%2060px&textwidth=200{query}");
        let picture = drawn(&server, &query, size).await;
        let sum = |pixel: &&[u8; 4]| pixel.iter().map(|&v| u32::from(v)).sum::<u32>();
        assert_eq!(
            picture.rgba.iter().min_by_key(sum),
            Some(&strongest),
            "{query}"
        );
    }
}

#[tokio::test]
async fn every_kind_of_picture_takes_a_text() {
    let server = TestServer::start().await;
    let grey = |alpha: bool| {
        let image = DynamicImage::ImageRgba8(plain(
            200,
            120,
            [200, 200, 200, if alpha { 90 } else { 255 }],
        ));
        let image = if alpha {
            DynamicImage::ImageLumaA8(image.to_luma_alpha8())
        } else {
            DynamicImage::ImageLuma8(image.to_luma8())
        };
        let mut bytes = std::io::Cursor::new(Vec::new());
        image.write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    };
    let files = [
        ("grey", grey(false), PNG, false),
        ("grey alpha", grey(true), PNG, true),
        ("rgb jpeg", jpeg(&photo(200, 120)), "image/jpeg", false),
        ("rgba", png(&disc(120)), PNG, true),
        (
            "webp",
            encoded(&photo(200, 120), ImageFormat::WebP),
            "image/webp",
            false,
        ),
        (
            "bmp",
            encoded(&photo(200, 120), ImageFormat::Bmp),
            PNG,
            false,
        ),
    ];
    for (name, file, media_type, alpha) in files {
        for colour in ["0,0,0", "255,0,0"] {
            let bare = server.post("/convert?type=png", &file).await;
            let bare = Picture::decode(&bare.body);
            let path = format!("/watermark?text=Hello&opacity=1&color={colour}");
            let answer = server.post(&path, &file).await;
            let picture = answer.picture(media_type, bare.width, bare.height);
            assert_eq!(picture.alpha, alpha, "{name}");
            let path = format!("/watermark?text=Hello&opacity=1&color={colour}&type=png");
            let picture = server
                .post(&path, &file)
                .await
                .picture(PNG, bare.width, bare.height);
            let changed = (0..picture.rgba.len()).filter(|&i| picture.rgba[i] != bare.rgba[i]);
            let share = changed.count() as f64 / picture.rgba.len() as f64;
            assert!((0.005..0.4).contains(&share), "{name}: {share}");
            // Within a stroke it hides all that is behind it, nothing included.
            let rgb: Vec<u8> = colour.split(',').map(|v| v.parse().unwrap()).collect();
            let full = [rgb[0], rgb[1], rgb[2], 255];
            assert!(picture.rgba.contains(&full), "{name}: {colour}");
        }
    }
}

/// What Pillow draws with the same font, by `FreeType` and Raqm: twenty times as large, without the font's instructions then
/// showing, and made smaller by means.
static REFERENCE: &[u8] = include_bytes!("watermark.png");

#[tokio::test]
async fn letters_are_those_of_another_renderer() {
    let server = TestServer::start().await;
    let text = "Hello,%20W%C3%B6rld%20%26%20%CE%A9%CE%BC%CE%AD%CE%B3%CE%B1,%20%D0%9F%D1%80%D0%B8%D0%B2%D0%B5%D1%82,%20%D9%85%D8%B1%D8%AD%D8%A8%D8%A7%200123";
    let query =
        format!("text={text}&font=sans%2048px&textwidth=2000&opacity=1&margin=2000&noreplicate=1");
    let picture = drawn(&server, &query, (1400, 300)).await;
    let reference = Picture::decode(REFERENCE);
    let [left, top, right, bottom] = inked(&picture).unwrap();
    let size = (right - left, bottom - top);
    assert!(
        size.0.abs_diff(reference.width) <= 1 && size.1.abs_diff(reference.height) <= 1,
        "{size:?}"
    );
    let (mut both, mut either) = (0_u64, 0_u64);
    for y in 0..reference.height.min(size.1) {
        for x in 0..reference.width.min(size.0) {
            let ours = 255 - picture.at(left + x, top + y)[0];
            let theirs = reference.at(x, y)[0];
            both += u64::from(ours.min(theirs));
            either += u64::from(ours.max(theirs));
        }
    }
    let overlap = both as f64 / either as f64;
    assert!(overlap > 0.95, "{overlap}");
}

#[tokio::test]
async fn any_text_is_drawn() {
    let server = TestServer::start().await;
    let long = "x".repeat(1000);
    let marks = format!("e{}", "\u{301}\u{20dd}".repeat(300));
    for text in [
        "שלום עולם, hello! مرحبا بالعالم 123",
        "a\u{301}\u{327}\u{20dd}",
        "漢字かな 한국어 ไทย हिन्दी",
        "👩‍👩‍👧‍👦 🏳️‍🌈",
        "<b>open & shut",
        "\u{0}\u{1}\t\r\n\u{7f}\u{85}\u{2028}x",
        "\u{202e}backwards\u{202c} \u{2066}isolated\u{2069}",
        "\u{fdfa}\u{200d}\u{200c}\u{feff}",
        " ",
        "\n\n\n",
        "\u{10ffff}\u{e000}",
        &long,
        &marks,
    ] {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("text", text)
            .append_pair("font", "sans bold italic 20")
            .finish();
        drawn(&server, &query, (300, 200)).await;
    }
    // A letter that the font hasn't is a box, not nothing.
    let missing = drawn(&server, "text=%E6%BC%A2&opacity=1", (300, 200)).await;
    assert!(inked(&missing).is_some());
}

#[tokio::test]
async fn styles_make_a_difference() {
    let server = TestServer::start().await;
    let ink = |picture: &Picture| {
        picture
            .rgba
            .iter()
            .map(|p| u64::from(255 - p[0]))
            .sum::<u64>()
    };
    let size = (400, 300);
    let query = |font: &str| format!("text=Hill&opacity=1&noreplicate=1&textwidth=300&font={font}");
    let regular = drawn(&server, &query("sans%2030"), size).await;
    let bold = drawn(&server, &query("sans%20bold%2030"), size).await;
    let italic = drawn(&server, &query("sans%20italic%2030"), size).await;
    assert!(ink(&bold) * 10 > ink(&regular) * 13);
    assert!(ink(&italic).abs_diff(ink(&regular)) * 50 < ink(&regular));
    assert_ne!(italic, regular);
    // Twice the inch, twice the letters.
    let large = drawn(&server, &format!("{}&dpi=300", query("sans%2030")), size).await;
    let height = |picture| {
        inked(picture)
            .map(|[_, top, _, bottom]| bottom - top)
            .unwrap()
    };
    assert!(height(&large).abs_diff(2 * height(&regular)) <= 1);
}

#[tokio::test]
async fn texts_are_bounded_and_needed() {
    let server = TestServer::start().await;
    let body = png(&plain(40, 30, WHITE));
    let long = "x".repeat(1001);
    for (query, code) in [
        ("", "missing-parameter"),
        ("text=", "missing-parameter"),
        (&format!("text={long}"), "invalid-parameter"),
        ("text=a&textwidth=0", "invalid-parameter"),
        ("text=a&dpi=0", "invalid-parameter"),
        ("text=a&dpi=1201", "invalid-parameter"),
        ("text=a&margin=-1", "invalid-parameter"),
        ("text=a&font=sans%200", "invalid-parameter"),
        ("text=a&opacity=x", "invalid-parameter"),
        ("text=a&color=1,2", "invalid-parameter"),
        ("text=a&noreplicate=maybe", "invalid-parameter"),
        ("txet=a", "unknown-parameter"),
    ] {
        let answer = server.post(&format!("/watermark?{query}"), &body).await;
        answer.problem(400, code);
    }
    // Known elsewhere, and without effect.
    let with = server
        .post("/convert?type=png&text=Hello&opacity=1", &body)
        .await;
    let without = server.post("/convert?type=png", &body).await;
    assert_eq!(with.body, without.body);
}

#[tokio::test]
async fn a_pipeline_draws_in_its_order() {
    let server = TestServer::start().await;
    let body = png(&plain(600, 400, WHITE));
    let steps = r#"[{"operation":"watermark","params":{"text":"Hi","opacity":1,"noreplicate":true,"font":"sans 40"}},{"operation":"extract","params":{"left":90,"top":90,"areawidth":200,"areaheight":150}}]"#;
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("operations", steps)
        .finish();
    let answer = server.post(&format!("/pipeline?{query}"), &body).await;
    let picture = answer.picture(PNG, 200, 150);
    let [left, top, ..] = inked(&picture).unwrap();
    assert_eq!((left, top), (10, 10));
}
