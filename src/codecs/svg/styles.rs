//! Which elements a drawing's style sheets make refer to others, and how much work it is to find out which rule is for which element.

use std::collections::HashMap;

use resvg::usvg::roxmltree::{Document, Node};

/// References in style sheets, by the class or id that has them: property and the id of what is referred to.
#[derive(Debug, Default)]
pub(super) struct Styles<'a> {
    named: HashMap<&'a str, Vec<(&'a str, &'a str)>>,
    /// By rules that name neither.
    any: Vec<(&'a str, &'a str)>,
    rules: Vec<&'a str>,
    declarations: u64,
}

impl<'a> Styles<'a> {
    /// Those of all style sheets.
    pub(super) fn new(document: &'a Document<'_>) -> Self {
        let mut styles = Self::default();
        let sheets = document
            .descendants()
            .filter(|node| node.tag_name().name() == "style");
        for sheet in sheets.filter_map(|node| node.text()) {
            for rule in sheet.split('}') {
                // Of what is nested, the outermost: too much is kept then, and not too little.
                let (selector, body) = rule.split_once('{').unwrap_or(("", rule));
                styles.rules.push(selector);
                styles.declarations += body.matches(';').count() as u64 + 1;
                if body.contains("url(") {
                    styles.note(selector, body);
                }
            }
        }
        styles
    }

    fn note(&mut self, selector: &'a str, body: &'a str) {
        let found: Vec<_> = references("", body).collect();
        let words = selector.split(['.', '#']).skip(1).map(|word| {
            let end = word.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_')));
            end.and_then(|end| word.get(..end)).unwrap_or(word)
        });
        let mut named = false;
        for word in words {
            named = true;
            self.named.entry(word).or_default().extend(&found);
        }
        // One of several selectors may be of a kind of element.
        if !named || selector.contains([',', '*', '{', '[']) {
            self.any.extend(&found);
        }
    }

    /// What these style sheets make the element refer to.
    pub(super) fn of(&self, node: &Node<'_, '_>) -> Vec<(&'a str, &'a str)> {
        let classes = node.attribute("class").unwrap_or_default();
        let id = node.attribute("id");
        let words = classes.split_ascii_whitespace().chain(id);
        let named = words.filter_map(|word| self.named.get(word)).flatten();
        named.chain(&self.any).copied().collect()
    }

    /// How often rules are compared for an element, at most, in a document so deep: each step of a selector may be any of its ancestors.
    pub(super) fn work(&self, deepest: u64) -> u64 {
        let steps = |selector: &str| {
            let mut steps = 0;
            let mut last = true;
            for word in selector.split_ascii_whitespace() {
                let joins = matches!(word, ">" | "+" | "~");
                steps += u32::from(!joins && !last);
                last = joins || word.ends_with(['>', '+', '~', ',']);
            }
            deepest.saturating_pow(steps)
        };
        let rules = self.rules.iter().map(|selector| steps(selector));
        let all = rules.fold(0_u64, u64::saturating_add);
        all.saturating_add(self.declarations)
    }
}

/// What a value refers to, as `url(#id)`. Declarations of a style say their property themselves.
pub(super) fn references<'a>(
    name: &'a str,
    value: &'a str,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    value.split(';').flat_map(move |declaration| {
        let (property, value) = match declaration.split_once(':') {
            Some((property, value)) if value.contains("url(") => (property.trim(), value),
            _ => (name, declaration),
        };
        value.split("url(").skip(1).filter_map(move |inner| {
            let inner = inner.trim_start().trim_start_matches(['"', '\'']);
            let id = inner.trim_start().strip_prefix('#')?;
            let end = id.find([')', '"', '\'', ' '])?;
            Some((property, id.get(..end)?))
        })
    })
}
