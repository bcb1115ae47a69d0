//! What a picture says beside its pixels, and what of that its answer says.

use pixmill::http::Compat;

use crate::files::{deflated, png_chunk, with_png_chunk};
use crate::fixtures::{jpeg, oriented, photo, png, segment};
use crate::support::{Picture, TestServer};

/// A block in the order of Intel's processors: an orientation, an artist, a place; and a directory for a thumbnail.
fn block(orientation: u8) -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        let head = [tag.to_le_bytes(), kind.to_le_bytes()].concat();
        [&head[..], &count.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    [
        &b"II*\0\x08\0\0\0\x03\0"[..],
        &entry(0x0112, 3, 1, orientation.into()),
        &entry(0x013b, 2, 9, 100),
        &entry(0x8825, 4, 1, 60),
        &80_u32.to_le_bytes(),
        &[0; 10],
        // At 60, the place.
        &b"\x01\0"[..],
        &entry(2, 2, 10, 110),
        &[0; 6],
        // At 80, the thumbnail.
        &b"\x01\0"[..],
        &entry(0x010e, 2, 10, 120),
        &[0; 6],
        // Their words.
        b"an artist\0a place..\0a thumb..\0",
    ]
    .concat()
}

const PACKET: &[u8] =
    b"<x:xmpmeta><a exif:GPSLatitude=\"north\" tiff:Orientation='6'/>its story</x:xmpmeta>";

const WORDS: [&str; 5] = ["an artist", "a place..", "a thumb..", "north", "its story"];

/// The same picture with the same metadata in each format that has room for it, turned left.
fn sources() -> [(&'static str, Vec<u8>); 3] {
    let upright = photo(60, 40);
    let exif = [b"Exif\0\0", &block(6)[..]].concat();
    let xmp = [b"http://ns.adobe.com/xap/1.0/\0", PACKET].concat();
    let file = segment(&segment(&jpeg(&upright), 0xe1, &exif), 0xe1, &xmp);
    let plain = png(&upright);
    let text = [b"XML:com.adobe.xmp\0\x01\0\0\0", &deflated(PACKET)[..]].concat();
    let (head, end) = plain.split_at(plain.len() - 12);
    // Many writers put it behind the pixels.
    let late = [head, &png_chunk(*b"iTXt", &text), end].concat();
    let with_both = with_png_chunk(&late, *b"eXIf", &block(6));
    let mut webp = std::io::Cursor::new(Vec::new());
    upright
        .write_to(&mut webp, image::ImageFormat::WebP)
        .unwrap();
    let webp = webp.into_inner();
    let chunk = |name: &[u8; 4], content: &[u8]| {
        let length = u32::try_from(content.len()).unwrap().to_le_bytes();
        [name, &length[..], content, &[0][..content.len() % 2]].concat()
    };
    let first = chunk(b"VP8X", &[0x0c, 0, 0, 0, 59, 0, 0, 39, 0, 0]);
    let chunks = [
        b"WEBP",
        &first[..],
        &webp[12..],
        &chunk(b"EXIF", &block(6)),
        &chunk(b"XMP ", PACKET),
    ];
    let webp = chunk(b"RIFF", &chunks.concat());
    [("jpeg", file), ("png", with_both), ("webp", webp)]
}

fn says(body: &[u8]) -> Vec<&'static str> {
    let has = |word: &&str| memchr::memmem::find(body, word.as_bytes()).is_some();
    WORDS.into_iter().filter(has).collect()
}

#[tokio::test]
async fn only_what_is_asked_for_stays() {
    let server = TestServer::start().await;
    let imaginary = TestServer::start_with(|config| config.http.compat = Compat::Imaginary).await;
    let all: &[&str] = &["an artist", "a place..", "north", "its story"];
    for (source, body) in &sources() {
        for format in ["jpeg", "png", "webp"] {
            for (server, word, stays) in [
                (&server, "", &[][..]),
                (&server, "metadata=none", &[]),
                (&server, "metadata=copyright", &["an artist"]),
                (&server, "metadata=keep", &["an artist", "its story"]),
                (&server, "metadata=keep-all", all),
                (&server, "stripmeta=true", &[]),
                (&imaginary, "", all),
                (&imaginary, "noprofile=true", all),
                (&imaginary, "stripmeta=true", &[]),
                (&imaginary, "metadata=keep", &["an artist", "its story"]),
                (&imaginary, "metadata=what", all),
            ] {
                let ask = format!("/resize?width=20&type={format}&{word}");
                let answer = server.post(&ask, body).await;
                // It is turned, and doesn't ask to be turned again.
                answer.picture(&format!("image/{format}"), 20, 30);
                assert_eq!(says(&answer.body), stays, "{source}: {ask}");
                let info = server.post("/info", &answer.body).await.json();
                assert!(
                    matches!(info["orientation"].as_u64(), Some(0 | 1)),
                    "{source}: {ask} {info}"
                );
            }
            // As it was stored, the tag has to stay as well.
            for (word, tag) in [
                ("metadata=keep", 6),
                ("metadata=none", 6),
                ("stripmeta=true", 0),
            ] {
                let ask = format!("/resize?width=20&type={format}&norotation=true&{word}");
                let answer = server.post(&ask, body).await;
                let info = server.post("/info", &answer.body).await.json();
                assert_eq!(info["orientation"], tag, "{source}: {ask}");
                answer.picture(&format!("image/{format}"), 20, 13);
            }
        }
        // A TIFF is written without.
        let answer = server
            .post("/convert?type=tiff&metadata=keep-all", body)
            .await;
        assert!(says(&answer.body).is_empty());
    }
}

#[tokio::test]
async fn entity_tags_tell_what_stays() {
    let server = TestServer::start().await;
    let body = oriented(6);
    let mut tags = Vec::new();
    for word in ["none", "copyright", "keep", "keep-all"] {
        let answer = server
            .post(&format!("/convert?type=png&metadata={word}"), &body)
            .await;
        tags.push(answer.header("etag").unwrap().to_owned());
    }
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 4);
}

/// Imaginary copies a profile and leaves colours as they are; without that they are converted.
#[tokio::test]
async fn a_profile_or_a_conversion_never_both() {
    let server = TestServer::start().await;
    let imaginary = TestServer::start_with(|config| config.http.compat = Compat::Imaginary).await;
    // The reddest of sRGB, as Display P3 has it.
    let pixel = image::Rgba([234, 51, 35, 255]);
    let plain = png(&image::RgbaImage::from_pixel(16, 16, pixel));
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let packed = [b"P3\0\0", &deflated(&profile)[..]].concat();
    let body = with_png_chunk(&plain, *b"iCCP", &packed);
    let (as_it_is, converted) = (pixel.0, [255, 0, 0, 255]);
    for (server, word, attached, shown) in [
        (&server, "", false, converted),
        (&server, "metadata=keep-all", false, converted),
        (&server, "noprofile=false", false, converted),
        (&imaginary, "", true, as_it_is),
        (&imaginary, "metadata=none", true, as_it_is),
        (&imaginary, "noprofile=true", false, as_it_is),
        (&imaginary, "stripmeta=true", false, converted),
    ] {
        for format in ["jpeg", "png", "webp", "tiff"] {
            let answer = server
                .post(&format!("/convert?type={format}&{word}"), &body)
                .await;
            let info = server.post("/info", &answer.body).await.json();
            assert_eq!(info["hasProfile"], attached, "{format} {word}");
            Picture::decode(&answer.body).assert_at(8, 8, shown, 7);
        }
        // Grey isn't what the profile speaks of.
        let answer = server
            .post(&format!("/convert?type=png&colorspace=bw&{word}"), &body)
            .await;
        let info = server.post("/info", &answer.body).await.json();
        assert_eq!(
            (&info["hasProfile"], &info["channels"]),
            (&false.into(), &1.into()),
            "{word}"
        );
    }
}

/// `camera.exif` was written by Pillow.
#[tokio::test]
async fn info_tells_how_a_picture_was_taken() {
    let server = TestServer::start().await;
    let block = include_bytes!("camera.exif");
    let plain = png(&photo(30, 20));
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let packed = [b"x\0\0", &deflated(&profile)[..]].concat();
    let tagged = with_png_chunk(&plain, *b"iCCP", &packed);
    let bare = block.strip_prefix(b"Exif\0\0").unwrap();
    for body in [
        segment(&jpeg(&photo(30, 20)), 0xe1, block),
        with_png_chunk(&tagged, *b"eXIf", bare),
    ] {
        let info = server.post("/info", &body).await.json();
        let expected = serde_json::json!({
            "make": "Maker & Son", "model": "Model 7", "software": "Editor 1.2", "artist": "A. Artist",
            "copyright": "(c) 2026", "taken": "2026-11-27T00:45:30+02:00", "lens": "35mm F2",
            "exposure": 0.004, "fNumber": 2.8, "iso": 400.0, "focalLength": 35.0, "hasLocation": true,
        });
        assert_eq!(info["exif"], expected);
        let is_tagged = info["type"] == "png";
        assert_eq!(
            info["profile"] == "Display P3",
            is_tagged,
            "{}",
            info["profile"]
        );
    }
    let info = server.post("/info", &plain).await.json();
    assert!(info.get("exif").is_none() && info.get("profile").is_none());
    // Version 2 has its names in another form.
    let packed = [
        b"x\0\0",
        &deflated(include_bytes!("colour/adobe-rgb.icc"))[..],
    ]
    .concat();
    let tagged = with_png_chunk(&plain, *b"iCCP", &packed);
    assert_eq!(
        server.post("/info", &tagged).await.json()["profile"],
        "patches"
    );
    // Every cut of a block, and bytes of it that lie, are read as far as they go.
    for end in (0..bare.len()).step_by(3) {
        let mut lying = bare[..end].to_vec();
        if let Some(byte) = lying.get_mut(end / 2) {
            *byte ^= 0xff;
        }
        let body = with_png_chunk(&plain, *b"eXIf", &lying);
        assert_eq!(server.post("/info", &body).await.status, 200, "{end}");
    }
}
