//! Plans by table and by property.

#![expect(clippy::arithmetic_side_effects, reason = "small numbers")]

use proptest::prelude::*;

use super::*;
use crate::codecs::{Colour as Meaning, Format, Orientation};
use crate::pipeline::operation;
use crate::pipeline::parameter::Grammar;
use crate::pipeline::request;

const SETTINGS: Settings = Settings {
    max_frames: 1_000,
    drawings: true,
    documents: true,
    max_pixels: 100_000_000,
    max_output_side: 16_383,
    max_output_pixels: 50_000_000,
    linear: false,
};

const FOURTH: Model = Model::YCbCr { across: 2, down: 2 };

fn header(format: Format, width: u32, height: u32, model: Model) -> Header {
    Header {
        format,
        width,
        height,
        model,
        opaque: false,
        bit_depth: 8,
        orientation: Orientation::default(),
        stated: None,
        colour: Meaning::Srgb,
        progressive: false,
        deep: false,
        buffered: false,
        frames: 1,
        page: 0,
        animation: None,
        held: 0,
        reading: 0,
        detail: "",
    }
}

fn request(query: &str) -> Request {
    let pairs: Vec<(String, String)> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let rules = request::Rules {
        lenient: false,
        grammar: Grammar::Strict,
        // The plan's limits are tested here, not the parser's.
        max_side: u32::MAX,
    };
    request::parse(operation::named("resize").unwrap(), &pairs, &[], rules).unwrap()
}

fn planned(query: &str, header: &Header) -> Result<Plan, Error> {
    plan(&request(query), header, &SETTINGS)
}

#[test]
fn the_decoder_scales_as_far_as_the_margin_allows() {
    let photo = header(Format::Jpeg, 4000, 3000, FOURTH);
    for (query, eighths, chroma) in [
        ("width=4000", 8, 8),
        ("width=2600", 8, 8),
        ("width=1300", 4, 4),
        ("width=800", 4, 4),
        ("width=600", 2, 2),
        ("width=320", 1, 1),
        ("width=10", 1, 1),
        ("width=800&linear=true", 4, 4),
        ("width=801&linear=true", 8, 4),
        // To PNG, chroma gets the size of luma.
        ("width=600&type=png", 2, 4),
        // A cut counts by what is left of the picture.
        ("width=800&height=3000&fit=cover", 8, 8),
    ] {
        let scale = planned(query, &photo).unwrap().scale;
        assert_eq!(
            scale,
            Scale {
                eighths,
                chroma,
                part: None
            },
            "{query}"
        );
    }
    let drawing = header(Format::Png, 4000, 3000, Model::Rgb);
    assert_eq!(planned("width=10", &drawing).unwrap().scale, Scale::FULL);
}

#[expect(clippy::too_many_lines, reason = "a table")]
#[test]
fn formats_and_backgrounds_are_chosen() {
    for (query, source, model, format, end) in [
        ("width=9", Format::Jpeg, FOURTH, Format::Jpeg, FOURTH),
        (
            "width=9",
            Format::Jpeg,
            Model::Gray,
            Format::Jpeg,
            Model::Gray,
        ),
        ("width=9", Format::Jpeg, Model::Cmyk, Format::Jpeg, FOURTH),
        (
            "width=9",
            Format::Gif,
            Model::Rgba,
            Format::Gif,
            Model::Rgba,
        ),
        ("width=9", Format::Bmp, Model::Rgb, Format::Jpeg, FOURTH),
        (
            "width=9&type=jpeg",
            Format::Png,
            Model::Rgba,
            Format::Jpeg,
            FOURTH,
        ),
        (
            "width=9&type=png",
            Format::Png,
            Model::GrayAlpha,
            Format::Png,
            Model::GrayAlpha,
        ),
        (
            "width=9&type=webp",
            Format::Png,
            Model::GrayAlpha,
            Format::WebP,
            Model::Rgba,
        ),
        (
            "width=9&type=webp",
            Format::Png,
            Model::Gray,
            Format::WebP,
            Model::Rgb,
        ),
        (
            "width=9&background=fff",
            Format::Png,
            Model::Rgba,
            Format::Png,
            Model::Rgb,
        ),
        (
            "width=9&background=red",
            Format::Png,
            Model::GrayAlpha,
            Format::Png,
            Model::Rgb,
        ),
        (
            "width=9&height=9&fit=contain",
            Format::Png,
            Model::Rgb,
            Format::Png,
            Model::Rgba,
        ),
        (
            "width=9&height=9&fit=contain",
            Format::Jpeg,
            Model::Rgb,
            Format::Jpeg,
            FOURTH,
        ),
    ] {
        let plan = planned(query, &header(source, 40, 20, model)).unwrap();
        assert_eq!(plan.encoding.format, format, "{query} {source:?} {model:?}");
        assert_eq!(plan.final_model(), end, "{query} {source:?} {model:?}");
        assert!(
            codecs::accepts(Encoding::plain(format, 80), end),
            "{format:?} {end:?}"
        );
    }
}

#[test]
fn limits_are_kept() {
    let small = header(Format::Png, 100, 100, Model::Rgb);
    let large = header(Format::Png, 100_000, 1_001, Model::Rgb);
    assert!(matches!(
        planned("width=9", &large),
        Err(Error::ImageTooLarge { .. })
    ));
    assert!(matches!(
        planned("width=16384&enlarge=1", &small),
        Err(Error::SideTooLong { limit: 16_383, .. })
    ));
    assert!(matches!(
        planned("width=9000&enlarge=1", &small),
        Err(Error::OutputTooLarge { .. })
    ));
    assert!(matches!(
        planned("width=20000&height=9&fit=contain", &small),
        Err(Error::SideTooLong { actual: 20_000, .. })
    ));
    // A large box without enlarging asks for nothing.
    assert_eq!(planned("width=1000000", &small).unwrap().width, 100);
}

#[test]
fn a_hundred_megapixels_stream_in_little_memory() {
    let png = header(Format::Png, 10_000, 10_000, Model::Rgba);
    let bytes = planned("width=1000", &png).unwrap().cost.peak_bytes;
    assert!(bytes < 60 << 20, "{bytes}");
    let interlaced = Header {
        progressive: true,
        deep: false,
        buffered: true,
        ..png
    };
    assert!(planned("width=1000", &interlaced).unwrap().cost.peak_bytes > 400_000_000);
}

proptest! {
    #[test]
    fn plans_are_sound(
        (width, height) in (1_u32..9_000, 1_u32..9_000),
        (w, h) in (1_u32..3_000, 1_u32..3_000),
        fit in prop_oneof!["inside", "cover", "contain", "fill", "outside"],
        tag in 1_u16..=8,
        (format, model) in prop_oneof![
            Just((Format::Jpeg, FOURTH)),
            Just((Format::Png, Model::Rgb)),
            Just((Format::WebP, Model::Rgb)),
        ],
        linear in any::<bool>(),
    ) {
        let header = Header {
            orientation: Orientation::from_exif(tag),
            stated: None,
            ..header(format, width, height, model)
        };
        let query = format!("width={w}&height={h}&fit={fit}&linear={linear}");
        let plan = planned(&query, &header).unwrap();
        let decoded = codecs::scaled(&header, plan.scale);
        let (window, target) = (plan.resampling.window, plan.resampling.target);
        prop_assert!(window.left >= 0.0 && window.left + window.width <= f64::from(decoded.width));
        prop_assert!(window.top >= 0.0 && window.top + window.height <= f64::from(decoded.height));
        // The decoder never makes it smaller than the answer, unless it is only cut or enlarged.
        if plan.scale.eighths < 8 {
            prop_assert!(window.width >= f64::from(target.0));
            prop_assert!(window.height >= f64::from(target.1));
        }
        prop_assert!(plan.width <= w.max(target.0).max(target.1));
        let answer = u64::from(plan.width) * u64::from(plan.height) * 3;
        prop_assert!(plan.cost.peak_bytes > answer);
        prop_assert_eq!(planned(&query, &header).unwrap().canonical(), plan.canonical());
    }
}
