//! Parameters, and the plans that they lead to.

use pixmill::codecs::{Colour, Format, Header, Model, Orientation};
use pixmill::http::problem::Problem;
use pixmill::pipeline::operation::OPERATIONS;
use pixmill::pipeline::parameter::Grammar;
use pixmill::pipeline::plan;
use pixmill::pipeline::request::{self, Request, Rules};

use super::SETTINGS;

/// The first line is a query, the others are fields of a form, `name=value` each as in a query.
///
/// What is understood doesn't depend on its order, and leads to a plan within the limits for any
/// picture, or to none.
pub(crate) fn parameters(input: &[u8]) -> bool {
    let (query, fields) = match input.iter().position(|&byte| byte == b'\n') {
        Some(at) => input.split_at(at),
        None => (input, &[][..]),
    };
    let query = pairs(query);
    let fields: Vec<_> = fields
        .split(|&byte| byte == b'\n')
        .flat_map(pairs)
        .collect();
    let mut understood = false;
    let grammars = [
        (false, Grammar::Strict),
        (true, Grammar::Strict),
        (true, Grammar::Imaginary),
    ];
    let rows = OPERATIONS.iter();
    for (row, (lenient, grammar)) in
        rows.flat_map(|row| grammars.into_iter().map(move |grammar| (row, grammar)))
    {
        let rules = Rules {
            lenient,
            grammar,
            max_side: SETTINGS.max_output_side,
        };
        let parsed = request::parse(row, &query, &fields, rules);
        if grammar == Grammar::Imaginary {
            // Of two values the first counts, so that order matters.
            if let Ok(request) = parsed {
                headers(input.len()).for_each(|header| check(&request, &header));
            }
            continue;
        }
        let backwards =
            |pairs: &[(String, String)]| pairs.iter().rev().cloned().collect::<Vec<_>>();
        let turned = request::parse(row, &backwards(&query), &backwards(&fields), rules);
        assert_eq!(parsed.as_ref().ok(), turned.as_ref().ok());
        match parsed {
            Ok(request) => {
                understood = true;
                headers(input.len()).for_each(|header| check(&request, &header));
            }
            Err(error) => {
                let problem = Problem::from(error);
                assert_eq!(problem.status().as_u16(), 400);
                assert!(problem.detail().chars().all(|c| !c.is_control()));
            }
        }
    }
    understood
}

fn pairs(line: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(line).into_owned().collect()
}

/// Pictures of sizes that are hard to divide, turned and not; which is which kind, `skip` says.
fn headers(skip: usize) -> impl Iterator<Item = Header> {
    let kinds = [
        (Format::Jpeg, Model::YCbCr { across: 2, down: 2 }, 1),
        (Format::Png, Model::Rgba, 6),
        (Format::WebP, Model::YCbCr { across: 2, down: 2 }, 7),
        (Format::Gif, Model::Rgb, 3),
    ];
    let sizes = [
        (1, 1),
        (1, 65_535),
        (512, 511),
        (65_535, 4),
        (60_000, 60_000),
    ];
    let kinds = kinds.into_iter().cycle().skip(skip % 4);
    sizes
        .into_iter()
        .zip(kinds)
        .map(|((width, height), (format, model, tag))| Header {
            format,
            width,
            height,
            model,
            opaque: false,
            bit_depth: 8,
            orientation: Orientation::from_exif(tag),
            stated: None,
            colour: Colour::Srgb,
            progressive: false,
            deep: false,
            buffered: false,
            frames: 1,
            page: 0,
            animation: None,
            held: 0,
            reading: 0,
            detail: "",
        })
}

fn check(request: &Request, header: &Header) {
    let Ok(plan) = plan::plan(request, header, &SETTINGS) else {
        return;
    };
    let (width, height) = (plan.width, plan.height);
    assert!(width > 0 && height > 0, "{request:?} {header:?}");
    assert!(width.max(height) <= SETTINGS.max_output_side);
    assert!(u64::from(width) * u64::from(height) <= SETTINGS.max_output_pixels);
    assert!(plan.encoding.format.row().writes);
    assert!((1..=100).contains(&plan.encoding.quality));
    if let Some(canvas) = plan.canvas {
        assert_eq!((canvas.width, canvas.height), (width, height));
    }
    let text = plan.canonical();
    assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
    // Pictures and answers are small: an estimate of more is a sum gone wrong.
    assert!(
        (1 << 20..1 << 30).contains(&plan.cost.peak_bytes),
        "{plan:?}"
    );
}
