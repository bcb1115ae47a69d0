//! Kinds of file × what is asked of them.

use super::counter;
use super::pictures::{self, Content};
use super::trial::{Table, asked, took};

/// Large enough that what grows with the picture outweighs what doesn't.
const SIZE: (u32, u32) = (1600, 1200);

/// Pictures whose decoder holds what is stored beside what becomes of it: two bytes a pixel, and a row that is all there is.
#[test]
fn what_is_stored_is_counted_beside_what_becomes_of_it() {
    let _alone = counter::alone();
    let mut table = Table::default();
    let low = pictures::tga((4000, 3000), Content::Noise);
    table.row("tga 15 bit", &low, "resize?width=200&type=jpeg");
    table.row(
        "hdr of a row",
        &row_of_light(6_000_000),
        "resize?width=200&type=jpeg",
    );
    let lines = lines_of_light(2_000);
    table.row("hdr of many lines", &lines, "convert?type=jpeg");
    table.check();
}

/// A Radiance file of one row, in runs, and one of many lines before its picture.
fn row_of_light(width: u32) -> Vec<u8> {
    let start = format!("#?RGBE\n\n-Y 1 +X {width}\n");
    let mut file = [start.as_bytes(), &[128, 32, 0, 128]].concat();
    let mut left = width - 1;
    while left > 0 {
        // A mark behind a mark would count 256 times as much: a pixel lies between.
        let run = left.min(255);
        file.extend([1, 1, 1, run as u8]);
        left -= run;
        if left > 0 {
            file.extend([128, 32, 0, 128]);
            left -= 1;
        }
    }
    file
}

fn lines_of_light(lines: usize) -> Vec<u8> {
    let start = format!("#?RGBE\n{}\n-Y 1 +X 1\n", "a\n".repeat(lines));
    [start.as_bytes(), &[128, 32, 0, 128]].concat()
}

/// Every kind of file, once to a small picture, once to one of the same size, which strips and encoders hold.
#[test]
fn decoders_keep_to_their_estimates() {
    let _alone = counter::alone();
    let mut table = Table::default();
    for (name, file) in pictures::kinds(SIZE, Content::Noise) {
        table.row(&name, &file, "resize?width=200&type=jpeg");
        table.row(&name, &file, "convert?type=jpeg");
    }
    table.check();
}

/// A file of each layout.
fn layouts() -> Vec<(&'static str, Vec<u8>)> {
    let (size, noise) = ((1000, 800), Content::Noise);
    vec![
        ("jpeg 4:2:0", pictures::jpeg(size, noise, &pictures::PLAIN)),
        ("jpeg turned", pictures::turned(size, noise, 6)),
        ("jpeg mirrored", pictures::turned(size, noise, 5)),
        ("jpeg cmyk", pictures::jpeg(size, noise, &pictures::INKS)),
        ("png grey", pictures::png(size, noise, 1, false)),
        ("png grey alpha", pictures::png(size, noise, 2, false)),
        ("png rgb", pictures::png(size, noise, 3, false)),
        ("png rgba", pictures::png(size, noise, 4, false)),
    ]
}

/// Sums of rows that aren't complete, pictures of 16 bit a sample, and what their encoders hold.
#[test]
fn answers_of_16_bit_keep_to_their_estimates() {
    let _alone = counter::alone();
    let mut table = Table::default();
    let (size, noise) = ((1000, 800), Content::Noise);
    let of_16_bit = |(name, _): &(String, Vec<u8>)| name.ends_with(" 16") && name != "tiff cmyk 16";
    let deep = pictures::kinds(size, noise).into_iter().filter(of_16_bit);
    let plain = layouts()
        .into_iter()
        .map(|(name, file)| (name.to_owned(), file));
    let files = plain.filter(|(name, _)| name != "jpeg cmyk").chain(deep);
    for (name, file) in files {
        for ask in [
            "resize?width=200",
            "resize?width=1500&enlarge=true",
            "convert?rotate=90",
            "convert?colorspace=p3",
        ] {
            for format in ["png", "tiff"] {
                table.row(&name, &file, &format!("{ask}&type={format}&bitdepth=16"));
            }
        }
        let ask = "convert?type=avif&quality=100&speed=9&bitdepth=12";
        table.row(&name, &file, ask);
        if ["png rgb", "png rgba 16"].contains(&&*name) {
            table.row(&name, &file, &format!("{ask}&subsampling=4:4:4"));
        }
    }
    // Weights of a million rows, and of as many columns.
    for (name, size) in [("tall", (1, 1_000_000)), ("wide", (1_000_000, 1))] {
        let file = pictures::deep_png(size, Content::Flat, 1, false, 16);
        for target in ["1x10", "10x1"] {
            let ask = format!("resize?size={target}&fit=fill&type=png&bitdepth=16");
            table.row(name, &file, &ask);
        }
    }
    for (name, file) in pictures::avifs((900, 700), noise) {
        table.row(&name, &file, "resize?width=200&type=png&bitdepth=16");
        table.row(&name, &file, "convert?type=png&bitdepth=16");
    }
    table.check();
}

/// Every operation, on one file of each layout, to every format.
#[test]
fn operations_and_encoders_keep_to_their_estimates() {
    let _alone = counter::alone();
    let mut table = Table::default();
    let files = layouts();
    let asks = [
        "convert?",
        "resize?width=900",
        "resize?width=300&linear=false",
        "resize?width=300&height=300&fit=cover&gravity=north",
        "resize?width=400&height=400&fit=cover&gravity=0.3,0.7&background=fff",
        "resize?width=1500&height=1500&fit=contain&background=ff000080",
        "resize?width=1400&height=300&fit=contain&background=red&enlarge=true",
        "resize?width=1600&height=200&fit=fill&enlarge=true",
        "resize?width=100&height=1600&fit=fill&enlarge=true",
        "resize?width=700&height=700&fit=outside&dpr=2&enlarge=true",
        "watermark?text=Hello world&opacity=1&color=red",
        "watermark?text=Hello&font=sans bold 900&dpi=400&textwidth=5000&margin=0",
    ];
    for (name, file) in &files {
        for ask in asks {
            for format in ["jpeg&quality=100", "png", "webp&quality=100"] {
                table.row(name, file, &format!("{ask}&type={format}"));
            }
        }
    }
    table.check();
}

/// A JPEG with a sample of chroma for each pixel, as imaginary makes them of high quality.
#[test]
fn fine_colour_keeps_to_its_estimate() {
    let _alone = counter::alone();
    let mut table = Table::default();
    for (name, file) in &layouts() {
        for ask in [
            "convert?",
            "resize?width=900&",
            "resize?width=300&",
            "blur?sigma=2&",
        ] {
            for more in ["", "&interlace=true"] {
                table.row(
                    name,
                    file,
                    &format!("imaginary/{ask}type=jpeg&quality=100{more}"),
                );
            }
        }
    }
    table.check();
}

/// What changes a picture's look or shape on the way.
#[test]
fn stages_keep_to_their_estimates() {
    let _alone = counter::alone();
    let mut table = Table::default();
    let mut files = layouts();
    files.retain(|(name, _)| ["jpeg 4:2:0", "png grey", "png rgba"].contains(name));
    for (name, file) in &files {
        for ask in [
            "blur?sigma=5",
            "blur?sigma=60",
            "sharpen?sharpen=0.5",
            "sharpen?sharpen=10",
            "modulate?brightness=1.3&saturation=2",
            "pixelate?pixelate=2",
            "pixelate?pixelate=1000",
            "pad?pad=300&background=ff000080",
            "round?radius=300",
            "round?radius=9&pad=10&pixelate=3&sharpen=1&sigma=2",
            "resize?width=900&colorspace=bw",
            "resize?width=900&colorspace=p3",
            "pad?pad=300&background=f00&colorspace=p3",
            "trim?trim=10",
            "rotate?rotate=90",
            "rotate?rotate=90&norotation=true&flip=true",
            "zoom?factor=1",
            "zoom?factor=30&left=900&top=900&areawidth=1200&areaheight=900",
            "smartcrop?width=700&height=300",
            "extract?left=100&top=100&areawidth=600&areaheight=500&width=900",
            "resize?width=1200&height=1200&embed=true&extend=mirror",
        ] {
            for format in ["jpeg", "png"] {
                table.row(name, file, &format!("{ask}&type={format}"));
            }
        }
    }
    table.check();
}

/// What is in a picture decides what encoders hold.
#[test]
fn contents_keep_to_their_estimates() {
    let _alone = counter::alone();
    let mut table = Table::default();
    for content in Content::ALL {
        for channels in 1..=4 {
            let name = format!("png {channels} {content:?}");
            let file = pictures::png(SIZE, content, channels, false);
            for format in ["jpeg", "png", "webp"] {
                table.row(&name, &file, &format!("convert?type={format}"));
            }
        }
    }
    table.check();
}

/// JPEG XL: each way to code, with what is decoded before it, and small ones, of which tables are the most.
#[test]
fn jxls_keep_to_their_estimates() {
    let _alone = counter::alone();
    let mut table = Table::default();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/jxl");
    for name in [
        "large-vardct",
        "large-alpha",
        "large-squeezed",
        "large-lossless",
        "large-coarse-first",
        "patches",
        "progressive",
        "lossless-grey",
    ] {
        let file = std::fs::read(folder.join(format!("{name}.jxl"))).unwrap();
        table.row(&format!("jxl {name}"), &file, "resize?width=200&type=jpeg");
        table.row(&format!("jxl {name}"), &file, "convert?type=png");
    }
    // 256 codes of 32767 words each.
    let codes = std::fs::read(folder.join("codes.jxl")).unwrap();
    table.broken("jxl codes", &codes, "convert?type=png");
    table.check();
}

/// AVIF by itself, since it takes long to write: each layout of the smallest size, one that is a single frame, and a grid.
#[test]
fn avifs_keep_to_their_estimates() {
    let _alone = counter::alone();
    let mut table = Table::default();
    for (name, file) in pictures::avifs((900, 700), Content::Noise) {
        table.row(&name, &file, "resize?width=200&type=jpeg");
        table.row(&name, &file, "convert?type=jpeg");
    }
    for (size, speed) in [
        ((9, 9), 6),
        ((640, 480), 6),
        ((640, 480), 9),
        ((760, 720), 5),
    ] {
        for channels in [1, 2, 3, 4] {
            let name = format!("png {channels} {}", size.0);
            let file = pictures::png(size, Content::Noise, channels, false);
            let ask = format!("convert?type=avif&quality=100&speed={speed}");
            table.row(&name, &file, &ask);
            table.row(&name, &file, &format!("{ask}&subsampling=4:4:4"));
        }
    }
    table.check();
}

/// Files that are written in another way than the usual one, with all metadata there may be.
#[test]
fn ways_to_write_keep_to_their_estimates() {
    let _alone = counter::alone();
    let mut table = Table::default();
    let ways = [
        "jpeg&quality=100&interlace=true",
        "png&interlace=true",
        "png&palette=true",
        "png&palette=true&interlace=true&quality=50",
        "png&compression=9",
        "webp&lossless=true",
    ];
    for size in [(40, 30), SIZE] {
        for content in Content::ALL {
            for channels in 1..=4 {
                let name = format!("png {channels} {content:?} {}", size.0);
                let file = pictures::png(size, content, channels, false);
                for way in ways {
                    table.row(&name, &file, &format!("convert?type={way}"));
                }
            }
        }
    }
    let noise = Content::Noise;
    let file = pictures::jpeg(SIZE, noise, &pictures::PLAIN);
    for way in ways {
        table.row("jpeg 4:2:0", &file, &format!("convert?type={way}"));
    }
    let turned = pictures::turned(SIZE, noise, 6);
    for format in ["jpeg", "png", "webp"] {
        let ask = format!("resize?width=90&type={format}&metadata=keep-all");
        table.row("jpeg turned", &turned, &ask);
        table.row("jpeg turned", &turned, &format!("{ask}&norotation=true"));
    }
    table.check();
}

/// Drawings, which are held as a document, and rendered in layers.
#[test]
fn drawings_keep_to_their_estimates() {
    let _alone = counter::alone();
    let mut table = Table::default();
    for size in [(100, 100), SIZE] {
        for (name, file) in pictures::svgs(size) {
            let name = format!("{name} {}", size.0);
            for ask in [
                "convert?type=png",
                "resize?width=90&type=jpeg",
                "resize?width=2000&enlarge=true&type=webp",
                "extract?left=10&top=10&areawidth=50&areaheight=50&type=png",
            ] {
                table.row(&name, &file, ask);
            }
        }
    }
    table.check();
}

/// Formats that move.
const MOVING: &[&str] = &["gif", "png", "webp&quality=100", "webp&lossless=true"];

/// Frames of every content, by what is done to each of them, in every format that moves.
#[test]
fn films_keep_to_their_estimates() {
    let _alone = counter::alone();
    let mut table = Table::default();
    let size = (200, 150);
    let mark = pictures::png((100, 75), Content::Noise, 4, false);
    for content in Content::ALL {
        let file = pictures::film(size, content, size, 7);
        for format in MOVING {
            let name = format!("film {content:?}");
            for ask in [
                "flip?",
                "resize?width=50",
                "resize?width=300&enlarge=true",
                "blur?sigma=9",
                "pad?pad=40",
                "smartcrop?width=100&height=100",
            ] {
                table.row(&name, &file, &format!("{ask}&type={format}&animated=true"));
            }
            let ask = format!("watermarkimage?left=20&type={format}&animated=true");
            table.drawn(&name, &file, &mark, &ask);
        }
        let still = pictures::png((600, 400), content, 4, false);
        for way in ["gif", "gif&interlace=true&quality=50"] {
            let name = format!("png {content:?}");
            table.row(&name, &still, &format!("convert?type={way}"));
        }
        table.row(
            &format!("film {content:?}"),
            &file,
            "resize?width=150&page=5&type=png",
        );
    }
    table.check();
}

/// A GIF with the frames of another behind its own.
fn joined(first: &[u8], second: &[u8]) -> Vec<u8> {
    // The head, and its table.
    let frames = &second[13 + 3 * 128..];
    [&first[..first.len() - 1], frames].concat()
}

/// What a film takes is one file, and nothing else that grows with its frames.
#[test]
fn a_long_film_takes_no_more_than_a_short_one() {
    let _alone = counter::alone();
    let size = (400, 300);
    for format in MOVING {
        // Nothing changes but a corner, so that the file stays small.
        let ask = format!("resize?width=300&type={format}&animated=true");
        let peak = |frames| {
            let whole = pictures::film(size, Content::Photo, size, 1);
            let file = joined(
                &whole,
                &pictures::film(size, Content::Photo, (9, 9), frames),
            );
            let (_, peak) = took("film", &file, &asked(&ask)).unwrap();
            peak
        };
        let (short, long) = (peak(10), peak(200));
        assert!(
            long < short + (200 << 10),
            "{format}: {short} and {long} bytes"
        );
    }
}

/// Pictures of every kind, drawn over a larger and over a smaller one.
#[test]
fn watermarks_keep_to_their_estimates() {
    let _alone = counter::alone();
    let mut table = Table::default();
    let large = pictures::jpeg((1600, 1200), Content::Noise, &pictures::PLAIN);
    let small = pictures::png((300, 200), Content::Noise, 1, false);
    for (name, mark) in pictures::kinds((800, 600), Content::Noise) {
        for (picture, file) in [("large", &large), ("small", &small)] {
            let name = format!("{name} over {picture}");
            table.drawn(&name, file, &mark, "watermarkimage?left=50&type=jpeg");
            table.drawn(&name, file, &mark, "watermarkimage?width=700&type=png");
        }
    }
    table.check();
}

/// Sides of one pixel, the longest sides there are, and little pictures that become large ones.
#[test]
fn extremes_keep_to_their_estimates() {
    let _alone = counter::alone();
    let mut table = Table::default();
    let noise = Content::Noise;
    for size in [(1, 1), (16_383, 1), (1, 16_383)] {
        let files = [
            ("jpeg", pictures::jpeg(size, noise, &pictures::PLAIN)),
            (
                "jpeg progressive",
                pictures::jpeg(size, noise, &pictures::PROGRESSIVE),
            ),
            ("png", pictures::png(size, noise, 4, false)),
            ("png interlaced", pictures::png(size, noise, 3, true)),
            ("webp", pictures::webp(size, noise, pictures::WebP::Lossy)),
            (
                "webp lossless",
                pictures::webp(size, noise, pictures::WebP::Lossless),
            ),
            ("tiff", pictures::tiff(size, noise, &pictures::Tiff::PLAIN)),
        ];
        for (name, file) in &files {
            let name = format!("{name} {}x{}", size.0, size.1);
            for ask in [
                "convert?type=jpeg",
                "convert?type=png",
                "convert?type=webp",
                "resize?width=50&height=50&fit=fill&enlarge=true&type=jpeg",
                "resize?width=10&height=16000&fit=fill&enlarge=true&type=png",
            ] {
                table.row(&name, file, ask);
            }
        }
    }
    let dot = pictures::png((1, 1), noise, 4, false);
    for format in ["jpeg", "png", "webp"] {
        let ask = format!("resize?width=2000&height=1500&fit=fill&enlarge=true&type={format}");
        table.row("png 1x1", &dot, &ask);
    }
    table.check();
}

/// Beyond four megapixels WebP's encoder keeps no tokens; its alpha goes through the lossless encoder.
#[test]
fn large_webp_keeps_to_its_estimate() {
    let _alone = counter::alone();
    let mut table = Table::default();
    let size = (2400, 2000);
    let file = pictures::png(size, Content::Noise, 4, false);
    table.row("png rgba 4.8 MP", &file, "convert?type=webp");
    let file = pictures::png(size, Content::Noise, 3, false);
    table.row("png rgb 4.8 MP", &file, "convert?type=webp&quality=100");
    let file = pictures::jpeg(size, Content::Noise, &pictures::PLAIN);
    table.row("jpeg 4.8 MP", &file, "convert?type=webp&quality=100");
    table.check();
}

/// Tens of megapixels.
#[test]
fn large_pictures_keep_to_their_estimates() {
    let _alone = counter::alone();
    let mut table = Table::default();
    let photo = Content::Photo;
    let size = (6000, 4000);
    let large = (8000, 5000);
    let ask = "resize?width=720&type=jpeg";
    let row = |table: &mut Table, name, file: Vec<u8>| table.row(name, &file, ask);
    row(
        &mut table,
        "jpeg 40 MP",
        pictures::jpeg(large, photo, &pictures::PLAIN),
    );
    row(
        &mut table,
        "jpeg 24 MP progressive",
        pictures::jpeg(size, photo, &pictures::PROGRESSIVE),
    );
    row(
        &mut table,
        "png 40 MP",
        pictures::png(large, photo, 3, false),
    );
    row(
        &mut table,
        "png 24 MP interlaced",
        pictures::png(size, photo, 3, true),
    );
    row(
        &mut table,
        "webp 24 MP",
        pictures::webp(size, photo, pictures::WebP::Lossy),
    );
    row(
        &mut table,
        "tiff 24 MP",
        pictures::tiff(size, photo, &pictures::Tiff::PLAIN),
    );
    table.check();
}
