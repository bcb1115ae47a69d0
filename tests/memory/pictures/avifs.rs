//! Kinds of AVIF: by our own encoder, and files of 1600×1200 pixels in layouts that it doesn't write.

use std::path::Path;

use pixmill::checkpoint::Checkpoint;
use pixmill::codecs::{self, Encoding, Format, Model, Raster, Shape};

use super::{Content, Size, samples};

fn avif((width, height): Size, content: Content, model: Model) -> Vec<u8> {
    let shape = Shape {
        width,
        height,
        model,
    };
    let pixels = samples((width, height), content, model.channels());
    let encoding = Encoding {
        speed: Some(9),
        ..Encoding::plain(Format::Avif, 50)
    };
    let checkpoint = Checkpoint::new();
    let mut sink = codecs::create(encoding, shape, &checkpoint).unwrap();
    sink.push(&Raster::interleaved(shape, pixels)).unwrap();
    sink.finish().unwrap()
}

/// HEIC of 1600×1200 pixels, where it is read.
fn heics() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/heic");
    let kinds: &[&str] = if Format::Heic.is_built() {
        &["", "-444", "-grid", "-noise", "-noise-444"]
    } else {
        &[]
    };
    let read = |kind: &&str| {
        let file = std::fs::read(folder.join(format!("large{kind}.heic"))).unwrap();
        (format!("heic{kind}"), file)
    };
    kinds.iter().map(read).collect()
}

/// A file of each kind, HEIC too.
pub(crate) fn avifs(size: Size, content: Content) -> Vec<(String, Vec<u8>)> {
    let ours = [
        ("avif grey", Model::Gray),
        ("avif grey alpha", Model::GrayAlpha),
        ("avif", Model::Rgb),
        ("avif alpha", Model::Rgba),
    ];
    let ours = ours.map(|(name, model)| (name.to_owned(), avif(size, content, model)));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/avif");
    let large = ["420-10", "444", "444-12", "grid", "frames"].map(|kind| {
        let file = std::fs::read(folder.join(format!("large-{kind}.avif"))).unwrap();
        (format!("avif {kind}"), file)
    });
    ours.into_iter().chain(large).chain(heics()).collect()
}
