//! Attacks by number and by size: what would take long, or much memory.

use std::time::{Duration, Instant};

use super::tests::{many, nested, read, rects, refused, svg};
use super::*;

/// Each level uses the one before ten times.
fn laughs(levels: usize, element: &str) -> String {
    let level = |level: usize| {
        let use_it = element.replace('N', &level.to_string());
        format!("<g id='e{}'>{}</g>", level + 1, use_it.repeat(10))
    };
    "<rect id='e0' width='9' height='9'/>".to_owned() + &many(levels, level)
}

/// A pattern that is filled with a pattern, and so on, each several times.
fn patterns(levels: usize) -> String {
    let level = |level: usize| {
        let fill = format!("<rect width='9' height='9' fill='url(#p{})'/>", level + 1).repeat(8);
        format!(
            "<pattern id='p{level}' width='9' height='9' patternUnits='userSpaceOnUse'>{fill}</pattern>"
        )
    };
    many(levels, level) + "<rect width='99' height='99' fill='url(#p0)'/>"
}

#[test]
fn a_shape_may_be_much_larger_than_the_picture() {
    let file = svg("<circle cx='9' cy='9' r='6e7' fill='red'/>");
    let samples = read(&file, Some((4, 4))).unwrap();
    assert_eq!(samples, [255, 0, 0, 255].repeat(16));
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn attacks() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let entities = |inner: &str, end: &str| {
        let doctype = format!("<!DOCTYPE svg [{inner}]>");
        [doctype.as_bytes(), &svg(end)].concat()
    };
    let zigzag = "9 0 0 99 ".repeat(100_000);
    let dense = "V99V0".repeat(160_000);
    let marks = "<marker id='m'><path d='M0 0H9'/><path d='M0 0V9'/></marker>";
    let big = |filter: &str| {
        svg(&format!(
            "<filter id='f' x='-9' y='-9' width='19' height='19'>{filter}</filter><rect width='100' height='100' filter='url(#f)'/>"
        ))
    };
    vec![
        (
            "uses",
            "elements with all that they refer to",
            svg(&laughs(9, "<use xlink:href='#eN'/>")),
        ),
        (
            "quoted uses",
            "elements with all that they refer to",
            svg(&laughs(9, "<use href=\"#eN\"/>")),
        ),
        (
            "deep",
            "elements inside of each other",
            svg(&nested(30_000, "")),
        ),
        ("elements", "elements", svg(&"<g/>".repeat(60_000))),
        (
            "far",
            "pixels to the end of a shape",
            svg("<circle r='3e9'/>"),
        ),
        (
            "broad",
            "pixels to the end of a shape",
            svg("<rect width='9' height='9' stroke='red' stroke-width='4e8'/>"),
        ),
        (
            "masked far away",
            "pixels to the end of a shape",
            svg(
                "<mask id='m' maskUnits='userSpaceOnUse' x='-1e9' y='-1e9' width='3e9' height='3e9'><rect width='9' height='9'/></mask><rect width='9' height='9' mask='url(#m)'/>",
            ),
        ),
        (
            "far by its group",
            "pixels to the end of a shape",
            svg("<g transform='scale(1e6)'><rect x='-4' y='-4' width='1e3' height='9'/></g>"),
        ),
        (
            "attributes",
            "attributes of one element",
            svg(&format!("<g {}/>", many(9_999, |i| format!("a{i}='' ")))),
        ),
        (
            "namespaces",
            "declarations of namespaces",
            svg(&many(2_000, |i| format!("<g xmlns:a{i}='b'/>"))),
        ),
        (
            "patterns",
            "elements with all that they refer to",
            svg(&patterns(9)),
        ),
        (
            "markers",
            "elements with all that they refer to",
            svg(&format!(
                "{marks}<path style='marker:url(#m)' d='M{zigzag}'/>"
            )),
        ),
        (
            "inherited markers",
            "elements with all that they refer to",
            svg(&format!(
                "{marks}<g marker-mid='url(#m)'><path d='M{zigzag}'/></g>"
            )),
        ),
        (
            "entities",
            "bytes that entities stand for",
            entities(
                &format!("<!ENTITY a '{}'>", "a".repeat(9_999)),
                &"&a;".repeat(9_999),
            ),
        ),
        (
            "nested entities",
            "bytes that entities stand for",
            entities(
                "<!ENTITY a 'aaaaaaaaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;'>",
                &"&c;".repeat(999),
            ),
        ),
        (
            "zigzag",
            "milliseconds of drawing",
            svg(&format!("<path stroke='red' stroke-dasharray='1' d='M0 0H9{dense}'/>").repeat(4)),
        ),
        (
            "dashes",
            "milliseconds of drawing",
            svg(&"<path stroke='red' stroke-dasharray='.01' d='M0 0H9999'/>".repeat(99)),
        ),
        (
            "octaves",
            "milliseconds of drawing",
            big("<feTurbulence baseFrequency='.1' numOctaves='99999'/>"),
        ),
        (
            "morphology",
            "milliseconds of drawing",
            big("<feMorphology radius='99999'/>"),
        ),
        ("results", "KiB of layers", big(&"<feFlood/>".repeat(9_999))),
        (
            "pattern of a gigapixel",
            "milliseconds of drawing",
            svg(
                "<pattern id='p' width='99999' height='99999' patternUnits='userSpaceOnUse'><rect width='9' height='9'/></pattern><rect width='9' height='9' fill='url(#p)'/>",
            ),
        ),
        (
            "declared in a document type",
            "bytes that entities stand for",
            entities(&"<!ENTITY a ''>".repeat(70_000), &"&a;".repeat(99_999)),
        ),
        (
            "one id for many selectors",
            "bytes of references in style sheets",
            svg(&format!(
                "<style>{}g{{fill:url(#{})}}</style>",
                "a,".repeat(20_000),
                "i".repeat(100_000)
            )),
        ),
        (
            "references in references",
            "bytes beside references, each time",
            svg(&format!(
                "<style>g{{fill:{}}}</style>",
                "url(#".repeat(30_000)
            )),
        ),
        (
            "references in a style",
            "bytes beside references, each time",
            svg(&format!("<g style='fill:{}'/>", "url(#".repeat(6_000))),
        ),
        (
            "inherited again and again",
            "bytes beside references, each time",
            svg(&format!("<g style='fill:{}'/>", "inherit ".repeat(20_000))),
        ),
        (
            "circles",
            "references in a circle",
            svg(&many(99, |i| {
                format!("<mask id='m{i}'><g mask='url(#m{i})'/></mask>")
            })),
        ),
        (
            "selectors",
            "elements times style rules",
            svg(&format!(
                "<style>{}</style>{}",
                "g g g g g g g g x{fill:red}".repeat(99),
                nested(90, "")
            )),
        ),
        (
            "styled",
            "elements times style rules",
            svg(&format!(
                "<style>{}</style>{}",
                "g{fill:red}".repeat(20_000),
                "<g/>".repeat(20_000)
            )),
        ),
    ]
}

/// Nothing takes long: a file that would is refused.
#[test]
fn attacks_are_refused_at_once() {
    for (name, words, file) in attacks() {
        refused(name, &file, words);
    }
}

/// A probe runs before anything is admitted, so what it looks for is looked for once.
#[test]
fn what_is_declared_again_and_again_is_read_once() {
    let start = Instant::now();
    let file = svg(&"<!ENTITY".repeat(128 << 10));
    probe(&file).unwrap();
    let got = read(&file, None);
    assert!(matches!(got, Err(Error::Invalid { .. })));
    let took = start.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");
}

/// What takes long to draw, or much memory, is seen where `resvg` would do it.
#[test]
fn bills_are_those_of_the_renderer() {
    let large = |inner: &str| {
        format!("<svg xmlns='http://www.w3.org/2000/svg' width='5000' height='5000'>{inner}</svg>")
    };
    let small = |inner: &str| String::from_utf8(svg(inner)).unwrap();
    let stops = many(3_000, |i| {
        format!("<stop offset='.{i:04}' stop-color='#{:03x}'/>", i % 4096)
    });
    let gradient = format!("<linearGradient id='g'>{stops}</linearGradient>");
    let layers =
        "<g opacity='.9'>".repeat(90) + "<path d='M299 299H900V900H299'/>" + &"</g>".repeat(90);
    let turned =
        "<g transform='rotate(45)' filter='url(#f)'>".repeat(16) + &rects(1) + &"</g>".repeat(16);
    let kernel = "1 ".repeat(40_000);
    for (name, file, words) in [
        (
            "stops",
            large(&format!(
                "{gradient}<path fill='url(#g)' d='M0 0H5000V5000H0'/>"
            )),
            "milliseconds",
        ),
        (
            "stroked stops",
            large(&format!(
                "{gradient}<path stroke='url(#g)' stroke-width='9000' d='M0 0L5000 5000'/>"
            )),
            "milliseconds",
        ),
        ("layers far out", small(&layers), "layers"),
        (
            "turned layers",
            small(&format!(
                "<filter id='f' filterUnits='userSpaceOnUse' x='-500000' y='-500000' width='1000000' height='1000000'><feFlood/></filter>{turned}"
            )),
            "layers",
        ),
        (
            "wrapped",
            small(&format!(
                "<filter id='f' x='0' y='0' width='1' height='1'><feConvolveMatrix order='40000,1' targetX='39999' edgeMode='wrap' kernelMatrix='{kernel}'/></filter><path d='M0 0H1V9H0' filter='url(#f)'/>"
            )),
            "milliseconds",
        ),
    ] {
        refused(name, file.as_bytes(), words);
    }
}
