//! Which elements a drawing's style sheets make refer to others, and how much work it is to find out which rule is for which element.

use std::collections::HashMap;

use resvg::usvg::roxmltree::{Document, Node};

use super::too_many;
use crate::codecs::Error;

/// Declarations, each once for every selector that it has: they are copied for each.
const DECLARATIONS: u64 = 100_000;

/// Bytes that a declaration takes beside its value.
const DECLARATION: u64 = 40;

/// Bytes that are gone over for what is referred to or inherited, at most: all that stands before each is looked at again.
const SEARCHED: u64 = 1 << 26;

/// Bytes of properties and ids that are kept of style sheets, each once for every selector, at most.
const KEPT: u64 = 4 << 20;

/// What some rules say.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    /// References: property, and the id of what is referred to.
    pub(super) references: Vec<(String, String)>,
    /// Bytes that an element gets.
    pub(super) bytes: u64,
    /// Bytes of values that all below an element inherit, and are made anew for each.
    pub(super) inherited: u64,
}

/// Rules of style sheets, by the subject of their selectors: an element has to have its name, class or id.
#[derive(Debug, Default)]
pub(super) struct Styles {
    named: HashMap<String, Said>,
    /// Of rules whose subject isn't understood.
    any: Said,
    /// Ancestors that each selector looks for.
    steps: Vec<u32>,
    declarations: u64,
    /// Bytes of references that are kept.
    kept: u64,
    search: Search,
}

/// How much was gone over so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Search(u64);

impl Search {
    /// Before references of that value, or what it inherits, are looked for.
    ///
    /// # Errors
    /// `TooComplex`.
    pub(super) fn count(&mut self, value: &str) -> Result<(), Error> {
        let words = ["url(", "inherit"].map(|word| value.matches(word).count());
        let length = value.len() as u64;
        let searched = length.saturating_mul(words.iter().sum::<usize>() as u64);
        self.0 = self.0.saturating_add(searched);
        if self.0 > SEARCHED {
            let what = "bytes beside references, each time";
            return Err(too_many(what, SEARCHED, self.0));
        }
        Ok(())
    }
}

impl Styles {
    /// Those of all style sheets.
    ///
    /// # Errors
    /// `TooComplex`.
    pub(super) fn new(document: &Document<'_>) -> Result<Self, Error> {
        let mut styles = Self::default();
        let sheets = document
            .descendants()
            .filter(|node| node.tag_name().name() == "style");
        for sheet in sheets.filter_map(|node| node.text()) {
            let sheet = plain(sheet)?;
            for rule in sheet.split('}') {
                // Of what is nested, the outermost: too much is kept then, and not too little.
                let (selectors, body) = rule.split_once('{').unwrap_or(("", rule));
                if !rule.trim().is_empty() && !is_font(selectors, body) {
                    styles.note(selectors, body)?;
                }
            }
        }
        Ok(styles)
    }

    fn note(&mut self, selectors: &str, body: &str) -> Result<(), Error> {
        self.search.count(body)?;
        refuse_inherited("", body)?;
        let lengths = references("", body).map(|(property, id)| property.len() + id.len());
        let kept = lengths.sum::<usize>() as u64;
        self.kept = kept
            .saturating_mul(selectors.split(',').count() as u64)
            .saturating_add(self.kept);
        if self.kept > KEPT {
            let what = "bytes of references in style sheets";
            return Err(too_many(what, KEPT, self.kept));
        }
        let said = Said {
            references: references("", body)
                .map(|(property, id)| (property.to_owned(), id.to_owned()))
                .collect(),
            bytes: body.len() as u64 + DECLARATION * (body.matches(';').count() as u64 + 1),
            inherited: inherited(body),
        };
        let each = body.matches(';').count() as u64 + 1 + said.references.len() as u64;
        for selector in selectors.split(',') {
            self.declarations = self.declarations.saturating_add(each);
            if self.declarations > DECLARATIONS {
                let what = "declarations times selectors of style sheets";
                return Err(too_many(what, DECLARATIONS, self.declarations));
            }
            self.steps.push(steps(selector));
            let entry = match subject(selector) {
                Some(name) => self.named.entry(name.to_owned()).or_default(),
                None => &mut self.any,
            };
            entry.references.extend(said.references.iter().cloned());
            entry.bytes += said.bytes;
            entry.inherited += said.inherited;
        }
        Ok(())
    }

    /// What these style sheets may say of the element.
    pub(super) fn of<'s>(&'s self, node: &Node<'_, '_>) -> impl Iterator<Item = &'s Said> {
        let mut words = vec![node.tag_name().name()];
        for attribute in node.attributes() {
            match attribute.name() {
                "class" => words.extend(attribute.value().split_ascii_whitespace()),
                "id" => words.push(attribute.value()),
                _ => {}
            }
        }
        words.sort_unstable();
        words.dedup();
        let named: Vec<_> = words
            .into_iter()
            .filter_map(|word| self.named.get(word))
            .collect();
        named.into_iter().chain([&self.any])
    }

    /// How often rules are compared for an element, at most, in a document so deep: each step of a selector may be any of its ancestors.
    pub(super) fn work(&self, deepest: u64) -> u64 {
        let each = self
            .steps
            .iter()
            .map(|&steps| deepest.saturating_pow(steps));
        each.fold(0, u64::saturating_add)
    }
}

/// A sheet with a slash for each comment. Where a string has braces or stars in it, what is a rule depends on how strings are read.
fn plain(sheet: &str) -> Result<String, Error> {
    let mut plain = String::with_capacity(sheet.len());
    let mut rest = sheet;
    while let Some(at) = rest.find(['"', '\'', '/']) {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        plain.push_str(before);
        if let Some(comment) = from.strip_prefix("/*") {
            plain.push('/');
            rest = comment.split_once("*/").map_or("", |(_, behind)| behind);
            continue;
        }
        let mut inside = from.chars();
        let quote = inside.next().unwrap_or('/');
        plain.push(quote);
        rest = inside.as_str();
        if quote == '/' {
            continue;
        }
        let Some((string, behind)) = rest.split_once(quote) else {
            return Err(too_many("strings without an end in style sheets", 0, 1));
        };
        if string.contains(['{', '}', '*', '\\']) {
            return Err(too_many("strings with braces in style sheets", 0, 1));
        }
        plain.push_str(string);
        plain.push(quote);
        rest = behind;
    }
    plain.push_str(rest);
    Ok(plain)
}

/// Whether it is about a font, which is skipped, with all that is packed in it.
fn is_font(selectors: &str, body: &str) -> bool {
    let selectors = selectors.trim_start_matches(|c: char| c == '/' || c.is_whitespace());
    selectors.trim_end() == "@font-face" && !body.contains('{')
}

/// A name, class or id that an element has to have for a selector; `None` where that isn't plain.
fn subject(selector: &str) -> Option<&str> {
    let selector = selector.trim_matches(|c: char| c == '/' || c.is_whitespace());
    let is_plain = |c: char| {
        c.is_alphanumeric() || c.is_whitespace() || matches!(c, '-' | '_' | '.' | '#' | '>' | '+')
    };
    // What stands behind a colon or in brackets at the end only narrows it.
    let end = selector.find([':', '[']).unwrap_or(selector.len());
    let (start, narrowing) = selector.split_at_checked(end)?;
    if narrowing.contains(|c: char| c.is_whitespace() || matches!(c, '>' | '+' | '~' | '\\' | '/'))
        || !start.chars().all(is_plain)
    {
        return None;
    }
    let compound = start
        .rsplit(|c: char| c.is_whitespace() || matches!(c, '>' | '+'))
        .next()?;
    let name = compound.rsplit(['.', '#']).next()?;
    (!name.is_empty()).then_some(name)
}

/// How many ancestors a selector looks for.
fn steps(selector: &str) -> u32 {
    let mut steps = 0;
    let mut last = true;
    for word in selector.split_ascii_whitespace() {
        let joins = matches!(word, ">" | "+" | "~");
        steps += u32::from(!joins && !last);
        last = joins || word.ends_with(['>', '+', '~']);
    }
    steps
}

/// The property of what stands at the end of these declarations; nothing where a string, a comment or an escape may hide which.
fn property(before: &str) -> &str {
    let declaration = before.rsplit([';', '{']).next().unwrap_or(before);
    match declaration.split_once(':') {
        Some((property, _)) if !declaration.contains(['"', '\'', '/', '*', '\\']) => {
            property.trim()
        }
        _ => "",
    }
}

/// What a value refers to, as `url(#id)`. Declarations have no `name`, and say their property themselves.
pub(super) fn references<'a>(
    name: &'a str,
    value: &'a str,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    value.match_indices("url(").filter_map(move |(at, word)| {
        let (before, rest) = value.split_at_checked(at)?;
        let inner = rest.strip_prefix(word)?.trim_start();
        let quote = inner.chars().next().filter(|c| matches!(c, '"' | '\''));
        let inner = inner.trim_start_matches(['"', '\'']).trim_start();
        let id = inner.strip_prefix('#')?;
        let id = match quote {
            Some(quote) => id.split(quote).next()?.trim_end(),
            None => id.split([' ', ')']).next()?,
        };
        let is_declared = matches!(name, "" | "style");
        Some((if is_declared { property(before) } else { name }, id))
    })
}

/// Bytes of values in declarations that all below an element inherit, and are made anew for each.
pub(super) fn inherited(declarations: &str) -> u64 {
    const KINDS: [&str; 2] = ["dasharray", "font"];
    if declarations.contains(['"', '\'', '/', '\\']) {
        let first = KINDS
            .iter()
            .filter_map(|kind| declarations.find(kind))
            .min();
        return first.map_or(0, |first| declarations.len() - first) as u64;
    }
    let lasting = declarations
        .split(';')
        .filter(|declaration| KINDS.iter().any(|kind| declaration.contains(kind)));
    lasting.map(|declaration| declaration.len() as u64).sum()
}

/// Refuses masks, clips and filters that are their parent's: nobody has such, and they multiply.
///
/// # Errors
/// `TooComplex`.
pub(super) fn refuse_inherited(name: &str, value: &str) -> Result<(), Error> {
    const KINDS: [&str; 3] = ["mask", "clip-path", "filter"];
    let is_bad = if matches!(name, "" | "style") {
        value.match_indices("inherit").any(|(at, _)| {
            let before = value.get(..at).unwrap_or(value);
            let property = property(before);
            property.is_empty() || KINDS.contains(&property)
        })
    } else {
        KINDS.contains(&name) && value.trim() == "inherit"
    };
    if is_bad {
        return Err(too_many("masks, clips or filters that are inherited", 0, 1));
    }
    Ok(())
}
