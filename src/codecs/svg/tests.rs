//! Sizes, limits and attacks: what may pass, and what is refused before it costs.

use std::time::{Duration, Instant};

use super::*;
use crate::codecs::{Band, Part};

fn svg(inner: &str) -> Vec<u8> {
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' width='100' height='100'>{inner}</svg>"
    )
    .into_bytes()
}

fn read(file: &[u8], pixels: Option<(u32, u32)>) -> Result<Vec<u8>, Error> {
    let header = probe(file)?;
    let part = pixels.map(|pixels| Part {
        left: 0.0,
        top: 0.0,
        width: f64::from(header.width),
        height: f64::from(header.height),
        pixels,
    });
    let scale = Scale {
        part,
        ..Scale::FULL
    };
    let checkpoint = Checkpoint::new();
    let mut rows = open(file, &header, scale, &checkpoint);
    let mut band = Band::new(rows.shape());
    rows.next(&mut band, 1)?;
    Ok(band.planes.remove(0).samples)
}

#[test]
fn sizes_are_told_from_the_first_tag() {
    for (tag, expected) in [
        ("<svg width='30' height='20'>", Some((30.0, 20.0))),
        ("<svg width=\"30px\" height=\" 2e1 \">", Some((30.0, 20.0))),
        ("<svg:svg height='1in' width='1in'/>", Some((96.0, 96.0))),
        ("<svg width='72pt' height='25.4mm'>", Some((96.0, 96.0))),
        ("<svg width='2em' height='2ex'>", Some((24.0, 12.0))),
        ("<svg viewBox='0 0 30 20'>", Some((30.0, 20.0))),
        ("<svg viewBox='1,2, 30,-20'>", None),
        ("<svg width='60' viewBox='0 0 30 20'>", Some((60.0, 40.0))),
        ("<svg height='10' viewBox='0 0 30 20'>", Some((15.0, 10.0))),
        (
            "<svg width='50%' height='100%' viewBox='0 0 30 20'>",
            Some((15.0, 20.0)),
        ),
        ("<svg width='100%' height='100%'>", None),
        ("<svg stroke-width='9' width='30'>", None),
        (
            "<svg title='width=\"7\" > ' width='3' height='4'>",
            Some((3.0, 4.0)),
        ),
        (
            "<?xml version='1.0'?><!-- <svg width='1'> --><svg width='3' height='4'>",
            Some((3.0, 4.0)),
        ),
        (
            "<!DOCTYPE svg [<!ENTITY a '<svg>'>]><svg width='3' height='4'>",
            Some((3.0, 4.0)),
        ),
        ("\u{feff}\n <svg width='3' height='4'>", Some((3.0, 4.0))),
    ] {
        assert_eq!(head::size(tag.as_bytes()), Ok(expected), "{tag}");
    }
    for other in [
        "",
        "<svgx>",
        "<html><svg>",
        "svg",
        "<!--<svg>",
        "<svg width='3",
    ] {
        assert!(!starts(other.as_bytes()), "{other}");
    }
    // What would have to be laid out to be known isn't.
    let unsized_one = b"<svg xmlns='http://www.w3.org/2000/svg'><path d='M5 5H40V30H5'/></svg>";
    let error = probe(unsized_one).unwrap_err().to_string();
    assert!(error.contains("viewBox"), "{error}");
}

#[test]
fn a_part_is_rendered_in_its_own_pixels() {
    let file = svg(
        "<path fill='#f00' d='M50 0H100V50H50'/><path fill='#00f' fill-opacity='.5' d='M0 50H50V100H0'/>",
    );
    let samples = read(&file, Some((4, 4))).unwrap();
    let at = |x: usize, y: usize| &samples[(y * 4 + x) * 4..][..4];
    assert_eq!(at(3, 0), [255, 0, 0, 255]);
    assert_eq!(at(0, 0), [0; 4]);
    // Alpha isn't multiplied in.
    assert_eq!(at(0, 3), [0, 0, 255, 128]);
    let header = probe(&file).unwrap();
    let part = Part {
        left: 50.0,
        top: 0.0,
        width: 50.0,
        height: 100.0,
        pixels: (5, 10),
    };
    let scale = Scale {
        part: Some(part),
        ..Scale::FULL
    };
    let checkpoint = Checkpoint::new();
    let mut rows = open(&file, &header, scale, &checkpoint);
    let mut band = Band::new(rows.shape());
    assert_eq!(rows.next(&mut band, 1), Ok(true));
    let red = band.planes[0]
        .samples
        .chunks(4)
        .filter(|pixel| pixel == &[255, 0, 0, 255]);
    assert_eq!(red.count(), 25);
}

/// Lines straight across or down, which have no area, and others of that shape: ten pixels in the middle; and whether down.
fn lines() -> Vec<(&'static str, String, bool)> {
    let gradient = "<linearGradient id='g' gradientUnits='userSpaceOnUse' x1='0' x2='100'><stop stop-color='red'/><stop offset='1' stop-color='red'/></linearGradient>";
    let pattern = "<pattern id='p' width='9' height='9' patternUnits='userSpaceOnUse'><path fill='red' d='M0 0H9V9H0'/></pattern>";
    let group = |attributes: &str, inner: &str| format!("<g {attributes}>{inner}</g>");
    let path = |d: &str, stroke: &str, more: &str| {
        format!("<path d='{d}' stroke='{stroke}' stroke-width='10' {more}/>")
    };
    let across = &path("M0 50H100", "red", "");
    let thin = path("M0 10H100", "red", "").replace("'10' ", "'2' ");
    let lower = path("M0 30H100", "red", "");
    let line = "<line y1='50' x2='100' y2='50' stroke='red' stroke-width='10'/>";
    let polyline = "<polyline points='0,50 40,50 100,50' stroke='red' stroke-width='10'/>";
    vec![
        ("path", across.clone(), false),
        ("down", path("M50 0V100", "red", ""), true),
        ("line", line.into(), false),
        ("polyline", polyline.into(), false),
        ("group", group("", across), false),
        ("moved", group("transform='translate(0 20)'", &lower), false),
        (
            "turned",
            group("transform='rotate(90 50 50)'", across),
            true,
        ),
        ("stretched", group("transform='scale(1 5)'", &thin), false),
        ("layer", group("opacity='.999'", across), false),
        (
            "dashed",
            path("M0 50H100", "red", "stroke-dasharray='99'"),
            false,
        ),
        (
            "gradient",
            gradient.to_owned() + &path("M0 50H100", "url(#g)", ""),
            false,
        ),
        (
            "pattern",
            pattern.to_owned() + &path("M0 50H100", "url(#p)", ""),
            false,
        ),
        (
            "beside others",
            format!("<rect width='1' height='1' fill='none'/>{across}"),
            false,
        ),
        (
            "far out",
            "<path d='M-3e7 45H100V55H-3e7z' fill='red'/>".into(),
            false,
        ),
    ]
}

/// Such lines are drawn all the same; what is stroked with anything is where its geometry says.
#[test]
fn lines_along_the_axes_are_drawn() {
    for (name, inner, turned) in lines() {
        let samples = read(&svg(&inner), None).unwrap();
        for (x, y) in (0..98).flat_map(|x| (0..100).map(move |y| (x, y))) {
            let (across, down) = if turned { (y, x) } else { (x, y) };
            let at = &samples[(down * 100 + across) * 4..][..4];
            let expected = if (45..55).contains(&y) { 255 } else { 0 };
            assert!(at[3].abs_diff(expected) <= 1, "{name} at {x}, {y}: {at:?}");
            assert!(
                expected == 0 || at[0] >= 254 && at[1] <= 1,
                "{name}: {at:?}"
            );
        }
    }
    let hidden = "<path d='M0 50H100' stroke='red' visibility='hidden'/><path d='M0 9H100'/>";
    let samples = read(&svg(hidden), None).unwrap();
    assert!(samples.iter().all(|&sample| sample == 0));
}

/// So many elements, each a little different.
fn many(count: usize, element: impl Fn(usize) -> String) -> String {
    (0..count).map(element).collect::<Vec<_>>().concat()
}

/// Groups inside of each other.
fn nested(depth: usize, inner: &str) -> String {
    format!("{}{inner}{}", "<g>".repeat(depth), "</g>".repeat(depth))
}

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

#[expect(clippy::too_many_lines, reason = "a table")]
fn attacks() -> Vec<(&'static str, Vec<u8>)> {
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
        ("uses", svg(&laughs(9, "<use xlink:href='#eN'/>"))),
        ("quoted uses", svg(&laughs(9, "<use href=\"#eN\"/>"))),
        ("deep", svg(&nested(30_000, ""))),
        ("elements", svg(&"<g/>".repeat(60_000))),
        (
            "attributes",
            svg(&format!("<g {}/>", many(9_999, |i| format!("a{i}='' ")))),
        ),
        (
            "namespaces",
            svg(&many(2_000, |i| format!("<g xmlns:a{i}='b'/>"))),
        ),
        ("patterns", svg(&patterns(9))),
        (
            "markers",
            svg(&format!(
                "{marks}<path style='marker:url(#m)' d='M{zigzag}'/>"
            )),
        ),
        (
            "inherited markers",
            svg(&format!(
                "{marks}<g marker-mid='url(#m)'><path d='M{zigzag}'/></g>"
            )),
        ),
        (
            "entities",
            entities(
                &format!("<!ENTITY a '{}'>", "a".repeat(9_999)),
                &"&a;".repeat(9_999),
            ),
        ),
        (
            "nested entities",
            entities(
                "<!ENTITY a 'aaaaaaaaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;'>",
                &"&c;".repeat(999),
            ),
        ),
        (
            "zigzag",
            svg(&format!("<path stroke='red' stroke-dasharray='1' d='M0 0H9{dense}'/>").repeat(4)),
        ),
        (
            "dashes",
            svg(&"<path stroke='red' stroke-dasharray='.01' d='M0 0H9999'/>".repeat(99)),
        ),
        (
            "octaves",
            big("<feTurbulence baseFrequency='.1' numOctaves='99999'/>"),
        ),
        ("morphology", big("<feMorphology radius='99999'/>")),
        ("results", big(&"<feFlood/>".repeat(9_999))),
        (
            "pattern of a gigapixel",
            svg(
                "<pattern id='p' width='99999' height='99999' patternUnits='userSpaceOnUse'><rect width='9' height='9'/></pattern><rect width='9' height='9' fill='url(#p)'/>",
            ),
        ),
        (
            "layers",
            svg(&"<g opacity='.5'>".repeat(99).replace("</g>", "")),
        ),
        (
            "circles",
            svg(&many(99, |i| {
                format!("<mask id='m{i}'><g mask='url(#m{i})'/></mask>")
            })),
        ),
        (
            "selectors",
            svg(&format!(
                "<style>{}</style>{}",
                "g g g g g g g g x{fill:red}".repeat(99),
                nested(90, "")
            )),
        ),
        (
            "styled",
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
    for (name, file) in attacks() {
        let start = Instant::now();
        let got = read(&file, None);
        assert!(
            matches!(got, Err(Error::TooComplex { .. } | Error::Invalid { .. })),
            "{name}: {:?}",
            got.map(|samples| samples.len())
        );
        let took = start.elapsed();
        assert!(took < Duration::from_secs(5), "{name}: {took:?}");
    }
}

/// So many rectangles.
fn rects(count: usize) -> String {
    "<path d='M0 0H9V9'/>".repeat(count)
}

/// References that `usvg` follows without end or as often as it likes: each is seen before, for what it is.
#[expect(clippy::too_many_lines, reason = "a table")]
fn hidden_attacks() -> Vec<(&'static str, String, &'static str)> {
    let pattern = |attributes: &str, count: usize| {
        format!(
            "<pattern {attributes} width='9' height='9'>{}</pattern>",
            rects(count)
        )
    };
    let circle = |one: &str, other: &str| {
        format!("{one}{other}<path d='M0 0H9V9' mask='url(#a)' fill='url(#a)'/>")
    };
    let mask = |id: &str, of: &str| format!("<mask id='{id}'><path d='M0 0H9V9' {of}/></mask>");
    let paint = |id: &str, of: &str| {
        format!("<pattern id='{id}' width='9' height='9'><path d='M0 0H9V9' {of}/></pattern>")
    };
    let many = "elements with all that they refer to";
    let round = "circle";
    let filled = |fill: &str| format!("<g fill=\"{fill}\">{}</g>", rects(500));
    let styled = |style: &str, inner: &str| {
        format!("<style>{style}</style>{}{inner}", pattern("id='p'", 100))
    };
    let dashes = "1 ".repeat(20_000);
    let families = "x".repeat(200_000);
    vec![
        (
            "three masks",
            mask("a", "mask='url(#b)'") + &mask("b", "mask='url(#c)'") + &mask("c", "mask='url(#a)'"),
            round,
        ),
        ("fill and stroke", circle(&paint("a", "fill='url(#b)'"), &paint("b", "stroke='url(#a)'")), round),
        ("mask and pattern", circle(&mask("a", "fill='url(#b)'"), &paint("b", "mask='url(#a)'")), round),
        (
            "shown by a filter",
            "<filter id='f'><feImage href='#g'/></filter><g id='g'><path d='M0 0H9V9' filter='url(#f)'/></g>".into(),
            round,
        ),
        (
            "by a style",
            "<style>.b{mask:url(#a)}</style><mask id='a'><g class='b'/></mask><g class='b'/>".into(),
            round,
        ),
        ("first decoy", "<g id='p'/>".to_owned() + &pattern("id='p'", 100) + &filled("url(#p)"), many),
        ("last decoy", pattern("id='p'", 100) + "<g id='p'/>" + &filled("url(#p)"), many),
        ("foreign id", pattern("xmlns:z='z' z:id='decoy' id='p'", 100) + &filled("url(#p)"), many),
        ("semicolon", pattern("id='a;b'", 100) + &filled("url(#a;b)"), many),
        ("space", pattern("id='a b'", 100) + &filled("url( '#a b ' )"), many),
        (
            "chain",
            self::many(150, |i| format!("<clipPath id='c{}' clip-path='url(#c{i})'><path d='M0 0H9V9'/></clipPath>", i + 1)),
            "inside of each other",
        ),
        (
            "long path",
            format!("<path id='a' d='M0 0{}'/>{}", "h1v1".repeat(20_000), "<use href='#a'/>".repeat(5_000)),
            many,
        ),
        (
            "long transform",
            format!("<g id='a' transform='{}'/>{}", "scale(1)".repeat(9_000), "<use href='#a'/>".repeat(5_000)),
            many,
        ),
        ("dashes below", format!("<g stroke-dasharray='{dashes}'>{}</g>", rects(2_000)), many),
        ("dashes in a style", format!("<g style='stroke-dasharray:{dashes}'>{}</g>", rects(2_000)), many),
        ("dashes in a sheet", format!("<style>g{{stroke-dasharray:{dashes}}}</style><g>{}</g>", rects(2_000)), many),
        (
            "selectors and declarations",
            format!("<style>{}a{{{}}}</style>", "a,".repeat(2_000), "fill:red;".repeat(2_000)),
            "declarations times selectors",
        ),
        (
            "value for all",
            format!("<style>g{{font-family:{families}}}</style>{}", "<g/>".repeat(2_000)),
            many,
        ),
        (
            "values by many classes",
            format!(
                "<style>{}</style>{}",
                self::many(90, |i| format!(".a{i}{{font-family:{}}}", "x".repeat(900))),
                format!("<g class='{}'/>", self::many(90, |i| format!("a{i} "))).repeat(900)
            ),
            many,
        ),
        (
            "used and painted",
            format!("{}<g id='big'>{}</g><use href='#big' fill='url(#p)'/>", pattern("id='p'", 100), rects(500)),
            many,
        ),
        ("commented", styled(".a{/**/fill:url(#p)}", &format!("<g class='a'>{}</g>", rects(500))), many),
        ("commented out", styled(".a{mask/*;x:*/:url(#p)}", &format!("<g class='a'>{}</g>", rects(500))), many),
        (
            "below a class",
            styled(".a rect{fill:url(#p)}", &format!("<g class='a'>{}</g>", "<rect width='9' height='9'/>".repeat(500))),
            many,
        ),
        ("braces in strings", styled(".a{x:'}.b{';fill:url(#p)}", ""), "strings with braces"),
        ("inherited", "<mask id='m'/><g mask='url(#m)'><g mask='inherit'/></g>".into(), "inherited"),
        ("inherited by style", "<g style='fill:red; mask :inherit'/>".into(), "inherited"),
    ]
}

#[test]
fn what_hides_is_found() {
    for (name, inner, words) in hidden_attacks() {
        let start = Instant::now();
        let got = read(&svg(&inner), None);
        let Err(Error::TooComplex { what, .. }) = &got else {
            panic!("{name}: {:?}", got.map(|samples| samples.len()));
        };
        assert!(what.contains(words), "{name}: {what}");
        let took = start.elapsed();
        assert!(took < Duration::from_secs(5), "{name}: {took:?}");
    }
}

/// Whatever stands in a document type, tags behind it are counted.
#[test]
fn document_types_hide_nothing() {
    let attributes = many(400, |i| format!(" a{i}=''"));
    for before in [
        "<!DOCTYPE svg SYSTEM \"<!--\">",
        "<!DOCTYPE svg PUBLIC '<?' \"<!--\">",
        "<!DOCTYPE svg [<!ENTITY a \"<!--\">]>",
        "<!DOCTYPE svg [<!ENTITY a '<?'>]>",
        "<!DOCTYPE svg [<!ELEMENT <!-- >]>",
        "<!DOCTYPE svg [<!ELEMENT ' ><!-- ' -->]>",
        "<!DOCTYPE svg [<!ELEMENT ' ><!-- ' ]> <? -->]>",
        "<!DOCTYPE svg [<!ATTLIST a b CDATA \"<!--\">]>",
        "<!DOCTYPE svg [<!NOTATION a '] > <?x ]> ?> ] >",
    ] {
        let file = format!(
            "{before}<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'{attributes}/><!-- --><?a ?>"
        );
        let got = probe(file.as_bytes());
        let Err(Error::TooComplex { what, .. }) = &got else {
            panic!("{before}: {got:?}");
        };
        assert_eq!(what, "attributes of one element", "{before}");
        let plain = file.replace(&attributes, "");
        assert!(read(plain.as_bytes(), None).is_ok(), "{before}");
    }
    let inside = format!(
        "<!DOCTYPE svg [<!ENTITY a '<g{}/>'>]>",
        attributes.replace('\'', "\"")
    );
    let file = [inside.as_bytes(), &svg("&a;")].concat();
    assert!(matches!(probe(&file), Err(Error::TooComplex { .. })));
    for wrong in [
        "<!DOCTYPE svg [<!a>]>",
        "<!DOCTYPE svg [ ] svg>",
        "<!DOCTYPE svg [<!-- ]>",
    ] {
        let file = [wrong.as_bytes(), &svg("")].concat();
        assert!(probe(&file).is_err(), "{wrong}");
    }
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
        let start = Instant::now();
        let got = read(file.as_bytes(), None);
        let Err(Error::TooComplex { what, .. }) = &got else {
            panic!("{name}: {:?}", got.map(|samples| samples.len()));
        };
        assert!(what.contains(words), "{name}: {what}");
        let took = start.elapsed();
        assert!(took < Duration::from_secs(5), "{name}: {took:?}");
    }
}

/// Where a size is hidden from who reads the first tag alone, nothing is stretched.
#[test]
fn sizes_that_arent_stated_plainly_are_refused() {
    let file = b"<!DOCTYPE svg [<!ENTITY w '50'>]><svg xmlns='http://www.w3.org/2000/svg' width='&w;' height='10' viewBox='0 0 100 100'/>";
    let error = read(file, None).unwrap_err().to_string();
    assert!(error.contains("size plainly"), "{error}");
    for plain in [
        "width='2em' height='2ex'",
        "width='50%' viewBox='0 0 30 20'",
        "height='.3' viewBox='0 0 30 20'",
        "viewBox='0 0 3.5 2.5'",
        "width='1in' height='25.4mm'",
    ] {
        let file = format!("<svg xmlns='http://www.w3.org/2000/svg' {plain}/>");
        assert!(read(file.as_bytes(), None).is_ok(), "{plain}");
    }
}

/// What has a size of its own isn't taken for an attack.
#[test]
fn large_drawings_pass() {
    let shapes = "<path class='a' fill='url(#g)' d='M1 1C2 2 3 3 4 4L9 9z'/>".repeat(5_000);
    let gradient = "<linearGradient id='g'><stop/><stop offset='1'/></linearGradient>";
    let style = many(200, |i| format!(".a{i}{{fill:#00{i:02x}ff}}"));
    let symbol = format!(
        "<g id='s'>{}</g>",
        "<rect width='1' height='1'/>".repeat(50)
    );
    for (name, inner) in [
        (
            "shapes",
            format!("<style>{style}</style>{gradient}{shapes}"),
        ),
        (
            "uses",
            format!("{symbol}{}", "<use href='#s'/>".repeat(150)),
        ),
        ("deep", nested(80, "<rect width='9' height='9'/>")),
        (
            "marked",
            format!(
                "<style>/* .x{{}} don't */ .link{{marker-end:url(\"#m\");stroke:#000}} line, .axis path:hover{{fill:none}}</style><marker id='m'><path d='M0 0H9'/></marker>{}",
                "<path class='link' d='M0 0L9 9'/>".repeat(300)
            ),
        ),
        (
            "font",
            format!(
                "<style>@font-face{{font-family:'A';src:url('data:font/woff2;base64,{}')}}g{{font:9px 'A'}}</style><g>{}</g>",
                "A".repeat(99_999),
                rects(99)
            ),
        ),
        (
            "text",
            format!("<text y='9'>{}</text>", "many letters ".repeat(500)),
        ),
    ] {
        let got = read(&svg(&inner), None);
        assert!(got.is_ok(), "{name}: {got:?}");
    }
}

/// Whatever a drawing names outside of itself is left out.
#[test]
fn nothing_is_loaded() {
    let outside = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/drawing.png");
    for place in [
        outside.to_owned(),
        format!("file://{outside}"),
        "http://127.0.0.1:9/x.png".to_owned(),
        "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9'/></svg>".replace('\'', "&apos;").replace('<', "&lt;"),
    ] {
        let file = svg(&format!("<image width='100' height='100' href='{place}'/>"));
        let samples = read(&file, None).unwrap();
        assert!(samples.iter().all(|&sample| sample == 0), "{place}");
    }
    let style = svg(
        "<style>@import url('file:///etc/passwd'); @font-face { src: url(file:///etc/passwd) }</style>",
    );
    assert!(read(&style, None).is_ok());
}
