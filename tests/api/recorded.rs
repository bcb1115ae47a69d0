//! What imaginary answered when it was asked, as far as it doesn't depend on whose picture it was: status, media type and size.

use image::{ImageFormat, Rgba};
use pixmill::codecs;

use crate::fixtures::{encoded, giant_png, jpeg, photo, png, with_exif};
use crate::support::{Answer, TestServer};

const ANSWERS: &str = include_str!("../fixtures/imaginary.tsv");

const README: &str = include_str!("../../README.md");

/// A picture of that kind and size.
fn picture(kind: &str, width: u32, height: u32) -> Vec<u8> {
    let plain = || photo(width, height);
    match kind {
        "jpeg" => jpeg(&plain()),
        "png" => png(&plain()),
        "alpha" => {
            let mut clear = plain();
            clear.put_pixel(0, 0, Rgba([9, 9, 9, 0]));
            png(&clear)
        }
        "webp" => encoded(&plain(), ImageFormat::WebP),
        "gif" => encoded(&plain(), ImageFormat::Gif),
        "tiff" => encoded(&plain(), ImageFormat::Tiff),
        "giant" => giant_png(width, height),
        "text" => b"Only some words.\n".to_vec(),
        "empty" => Vec::new(),
        turned => {
            let tag = turned.strip_prefix("exif").unwrap().parse().unwrap();
            with_exif(&jpeg(&plain()), tag)
        }
    }
}

/// The size that the answer's file says itself, where it is a picture.
fn size(answer: &Answer) -> Option<(u32, u32)> {
    let is_picture = answer.header("content-type")?.starts_with("image/");
    let header = codecs::probe(&answer.body).ok().filter(|_| is_picture)?;
    Some((header.width, header.height))
}

#[tokio::test]
async fn imaginarys_answers_come_again() {
    let server = TestServer::start_as("compat = \"imaginary\"").await;
    let mut wrong = Vec::new();
    let lines = ANSWERS.lines().filter(|line| !line.starts_with('#'));
    let claim = format!("{} answers of imaginary", lines.clone().count());
    assert!(README.contains(&claim), "{claim}");
    let mut made = (String::new(), Vec::new());
    for line in lines {
        let mut fields = line.split('\t');
        let (body, request) = (fields.next().unwrap(), fields.next().unwrap());
        let status: u16 = fields.next().unwrap().parse().unwrap();
        let media_type = fields.next().unwrap();
        let mut number = || fields.next().map(|text| text.parse::<u32>().unwrap());
        let expected = number().zip(number());
        if made.0 != body {
            let words: Vec<&str> = body.split(' ').collect();
            let (width, height) = (words[1].parse().unwrap(), words[2].parse().unwrap());
            made = (body.to_owned(), picture(words[0], width, height));
        }
        let answer = server.post(request, &made.1).await;
        let told = answer.header("content-type").unwrap_or_default();
        let is_right = answer.status == status
            && told.split(';').next() == Some(media_type)
            && expected.is_none_or(|expected| size(&answer) == Some(expected));
        if !is_right {
            wrong.push(format!(
                "{line}: {} {told:?} {:?}",
                answer.status,
                size(&answer)
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
