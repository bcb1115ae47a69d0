//! What a drawing becomes once every reference in it is followed. `usvg` follows them all and copies what it finds, without a limit.
//!
//! An element costs a unit, and so do letters and long lists; what it refers to is added to it, for each element that inherits
//! the reference and for each vertex where it is a marker. More than the truth is fine, less isn't.

use std::collections::HashMap;

use resvg::usvg::roxmltree::{Document, Node};

use super::scan::{Counts, DEPTH, LIST};
use super::styles::{self, Styles};
use super::too_many;
use crate::codecs::Error;

/// References that lead back to where they are, at most: for each, the document is searched again.
const LOOPS: u64 = 20;

/// Elements whose text is drawn.
const SHOWS_TEXT: &[&str] = &["text", "tspan", "textPath", "tref", "a"];

/// What style sheets and elements multiply to, at most.
const MATCHES: u64 = 20_000_000;

/// Refuses what becomes too much.
///
/// # Errors
/// `TooComplex`.
pub(super) fn survey(document: &Document<'_>, counts: &Counts) -> Result<(), Error> {
    let mut ids = HashMap::new();
    let mut deepest = 0;
    for node in document.descendants().filter(Node::is_element) {
        if let Some(id) = node.attribute("id") {
            ids.entry(id).or_insert(node);
        }
        deepest = deepest.max(node.ancestors().count() as u64);
    }
    let styles = Styles::new(document);
    let limit = counts.units();
    let matches = styles.work(deepest).saturating_mul(limit);
    if matches > MATCHES {
        return Err(too_many("elements times style rules", MATCHES, matches));
    }
    let mut survey = Survey {
        ids,
        styles,
        known: HashMap::new(),
        depth: 0,
        loops: 0,
    };
    let all = survey.cost(document.root_element())?.units;
    if all > limit {
        let what = "elements with all that they refer to";
        return Err(too_many(what, limit, all));
    }
    Ok(())
}

/// What an element amounts to, with all below it.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    units: u64,
    /// Places where a marker may be put.
    vertices: u64,
}

struct Survey<'a, 'input> {
    ids: HashMap<&'a str, Node<'a, 'input>>,
    styles: Styles<'a>,
    /// `None` while it is being worked out.
    known: HashMap<usize, Option<Cost>>,
    depth: u64,
    loops: u64,
}

impl<'a, 'input> Survey<'a, 'input> {
    fn cost(&mut self, node: Node<'a, 'input>) -> Result<Cost, Error> {
        let key = node.id().get_usize();
        match self.known.get(&key) {
            Some(Some(cost)) => return Ok(*cost),
            // It leads back to itself, and is left out there.
            Some(None) => {
                self.loops += 1;
                if self.loops > LOOPS {
                    return Err(too_many("references in a circle", LOOPS, self.loops));
                }
                return Ok(Cost::default());
            }
            None => {}
        }
        self.depth += 1;
        if self.depth > DEPTH {
            let what = "elements inside of each other, with all that they refer to";
            return Err(too_many(what, DEPTH, self.depth));
        }
        self.known.insert(key, None);
        let mut cost = own(node);
        for child in node.children() {
            if child.is_element() {
                let child = self.cost(child)?;
                cost.units = cost.units.saturating_add(child.units);
                cost.vertices = cost.vertices.saturating_add(child.vertices);
            } else if child.is_text() && SHOWS_TEXT.contains(&node.tag_name().name()) {
                cost.units += child.text().map_or(0, |text| text.trim().len()) as u64;
            }
        }
        let linked = self.linked(node, cost)?;
        self.depth -= 1;
        self.known.insert(key, Some(linked));
        Ok(linked)
    }

    /// With what the element refers to.
    fn linked(&mut self, node: Node<'a, 'input>, own: Cost) -> Result<Cost, Error> {
        let mut all = own;
        let tag = node.tag_name().name();
        for attribute in node.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            // Such a list shows pictures, and none is loaded.
            if name == "href" && !matches!(tag, "a" | "image") {
                if let Some(id) = value.trim().strip_prefix('#') {
                    let target = self.target(id)?;
                    all.units = all.units.saturating_add(target.units);
                    all.vertices = all.vertices.saturating_add(target.vertices);
                }
            } else if value.contains("url(") {
                for (property, id) in styles::references(name, value) {
                    self.add(property, id, own, &mut all)?;
                }
            }
        }
        for (property, id) in self.styles.of(&node) {
            self.add(property, id, own, &mut all)?;
        }
        Ok(all)
    }

    /// What a property refers to, for all that inherit it.
    fn add(&mut self, property: &str, id: &str, own: Cost, all: &mut Cost) -> Result<(), Error> {
        let target = self.target(id)?;
        let times = if property.starts_with("marker") {
            own.vertices
        } else if matches!(property, "fill" | "stroke") {
            own.units
        } else {
            1
        };
        all.units = all.units.saturating_add(target.units.saturating_mul(times));
        Ok(())
    }

    fn target(&mut self, id: &str) -> Result<Cost, Error> {
        match self.ids.get(id).copied() {
            Some(node) => self.cost(node),
            None => Ok(Cost::default()),
        }
    }
}

/// Of the element alone.
fn own(node: Node<'_, '_>) -> Cost {
    let mut cost = Cost {
        units: 1,
        vertices: 0,
    };
    for attribute in node.attributes() {
        let (name, value) = (attribute.name(), attribute.value());
        let length = value.len() as u64;
        match name {
            // Two coordinates with something between them.
            "d" | "points" => cost.vertices += length / 2 + 1,
            // A list of lengths, each of which is looked up for a letter.
            "x" | "y" | "dx" | "dy" | "rotate" | "style" | "stroke-dasharray" | "values"
            | "tableValues" | "kernelMatrix" => cost.units += length / LIST,
            _ => {}
        }
    }
    // A line, at least, whatever it is made of.
    cost.vertices = cost.vertices.max(8);
    cost
}
