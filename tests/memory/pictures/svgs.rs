//! Drawings, of what holds most.

use data_encoding::BASE64;

use super::{Content, PLAIN, Size, jpeg, png, profiled_png};

/// A drawing of that size of these elements.
pub(crate) fn svg((width, height): Size, inner: &str) -> Vec<u8> {
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' viewBox='0 0 100 100' preserveAspectRatio='none'>{inner}</svg>"
    )
    .into_bytes()
}

/// What asks for layers, each as large as the picture.
const LAYERED: &str = "<filter id='f'><feGaussianBlur stdDeviation='3'/><feOffset dx='2'/></filter>\
    <mask id='m'><rect width='90' height='90' fill='#888'/></mask>\
    <clipPath id='c'><circle cx='50' cy='50' r='50'/></clipPath>\
    <pattern id='p' width='50' height='50' patternUnits='userSpaceOnUse'><rect width='30' height='30'/></pattern>\
    <g opacity='.5' clip-path='url(#c)'><rect width='100' height='100' fill='url(#p)' mask='url(#m)'/></g>\
    <rect width='100' height='100' fill='red' opacity='.5' filter='url(#f)'/>";

/// Drawings that cost by their pixels, and by what they are made of.
pub(crate) fn svgs(size: Size) -> Vec<(String, Vec<u8>)> {
    let repeated = |element: &str, count: usize| svg(size, &element.repeat(count));
    let letters = "<text font-size='2'>How quickly daft jumping zebras vex. <tspan fill='red'>Again</tspan></text>";
    let gradient = "<linearGradient id='g'><stop/><stop offset='1'/></linearGradient>";
    let painted = "<circle r='9' stroke='red' stroke-dasharray='.5' fill='url(#g)'/>";
    let symbol = format!(
        "<g id='s'>{}</g>",
        "<rect width='1' height='1'/>".repeat(60)
    );
    vec![
        ("svg layers".to_owned(), svg(size, LAYERED)),
        ("svg elements".to_owned(), repeated("<g/>", 20_000)),
        (
            "svg shapes".to_owned(),
            repeated("<path d='M1 1H9'/>", 20_000),
        ),
        (
            "svg styled".to_owned(),
            repeated("<path d='M1 1H9V9z' style='fill:red;stroke:blue'/>", 5_000),
        ),
        (
            "svg curves".to_owned(),
            svg(
                size,
                &format!("<path d='M0 0{}'/>", "c1 1 2 2 1 1".repeat(50_000)),
            ),
        ),
        ("svg text".to_owned(), repeated(letters, 200)),
        (
            "svg painted".to_owned(),
            svg(size, &format!("{gradient}{}", painted.repeat(500))),
        ),
        (
            "svg uses".to_owned(),
            svg(size, &format!("{symbol}{}", "<use href='#s'/>".repeat(150))),
        ),
    ]
    .into_iter()
    .chain(with_pictures(size))
    .collect()
}

/// Drawings with pictures in them: large ones, which are made smaller, many, and in layers.
fn with_pictures(size: Size) -> Vec<(String, Vec<u8>)> {
    let url = |file: &[u8]| format!("data:;base64,{}", BASE64.encode(file));
    let image = |file: &[u8]| format!("<image width='100' height='100' href='{}'/>", url(file));
    let noise = Content::Noise;
    let large = jpeg((2000, 1500), noise, &PLAIN);
    let buffered = png((1000, 800), noise, 4, true);
    let small = png((90, 70), noise, 4, false);
    let inner = svg((300, 200), LAYERED);
    let escaped = image(&large).replace("base64,", "base64,&#10;");
    let cases = [
        ("jpeg", image(&large)),
        ("escaped jpeg", escaped),
        ("interlaced png", image(&buffered)),
        ("profiled png", image(&profiled_png((300, 200), 3 << 20))),
        (
            "pictures",
            image(&small).replace("'100'", "'9'").repeat(150),
        ),
        ("drawing", image(&inner)),
        (
            "texts",
            format!(
                "{}{}",
                "<text font-size='2'>@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@</text>".repeat(300),
                image(&small)
            ),
        ),
        (
            "thin ones",
            image(&png((9_000, 1), noise, 4, false))
                .replace("height='100'", "height='.01'")
                .repeat(150),
        ),
        (
            "large drawings",
            format!(
                "<g transform='scale(400)'>{}</g><g transform='scale(3e3)'>{}</g>",
                image(&svg((9_999, 9_999), "")),
                image(&svg((99, 99), ""))
            ),
        ),
        ("layer", format!("<g opacity='.5'>{}</g>", image(&large))),
        (
            "pattern",
            format!(
                "<pattern id='p' width='1' height='1'>{}</pattern><rect width='100' height='100' fill='url(#p)'/>",
                image(&large)
            ),
        ),
    ];
    let cases = cases.map(|(name, inner)| (format!("svg with {name}"), svg(size, &inner)));
    cases.into()
}
