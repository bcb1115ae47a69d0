//! Attacks by reference: what is copied, followed or looked for again and again.

use super::tests::{rects, refused, svg};

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
            super::tests::many(150, |i| format!("<clipPath id='c{}' clip-path='url(#c{i})'><path d='M0 0H9V9'/></clipPath>", i + 1)),
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
                super::tests::many(90, |i| format!(".a{i}{{font-family:{}}}", "x".repeat(900))),
                format!("<g class='{}'/>", super::tests::many(90, |i| format!("a{i} "))).repeat(900)
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
        refused(name, &svg(&inner), words);
    }
}
