//! What a drawing becomes once every reference in it is followed. `usvg` follows them all and copies what it finds, without a limit.
//!
//! An element costs a unit, and so do letters and long lists; what it refers to is added to it, for each element that inherits
//! the reference and for each vertex where it is a marker. More than the truth is fine, less isn't.

use std::collections::HashMap;

use resvg::usvg::roxmltree::{Document, Node};

use super::counts::{Counts, LIST};
use super::scan::DEPTH;
use super::styles::{self, Styles};
use super::too_many;
use crate::codecs::Error;

/// Elements whose text is drawn.
const SHOWS_TEXT: &[&str] = &["text", "tspan", "textPath", "tref", "a"];

/// Bytes of what style sheets say of an element that count as a unit.
const MANY: u64 = 1 << 10;

/// What style sheets and elements multiply to, at most.
const MATCHES: u64 = 20_000_000;

/// Nanoseconds that making a tree takes for each unit, and for each comparison with a style rule, at most.
const UNIT: f64 = 3_000.0;
const MATCH: f64 = 30.0;

/// Refuses what becomes too much; else how many nanoseconds making a tree of it takes, about.
///
/// # Errors
/// `TooComplex`.
pub(super) fn survey(document: &Document<'_>, counts: &Counts) -> Result<f64, Error> {
    let mut ids: HashMap<_, Vec<_>> = HashMap::new();
    // Nodes are numbered as they come, so that parents are known before their children.
    let mut depths: Vec<u64> = Vec::new();
    let mut deepest = 0;
    for node in document.descendants() {
        let above = node
            .parent()
            .and_then(|parent| depths.get(parent.id().get_usize()));
        let depth = above.map_or(1, |depth| depth + 1);
        depths.push(depth);
        deepest = deepest.max(depth);
        // Which one of several is meant depends on who asks, and on namespaces: each may be.
        for id in node
            .attributes()
            .filter(|attribute| attribute.name() == "id")
        {
            ids.entry(id.value()).or_default().push(node);
        }
    }
    let styles = Styles::new(document)?;
    let limit = counts.units();
    let matches = styles.work(deepest).saturating_mul(limit);
    if matches > MATCHES {
        return Err(too_many("elements times style rules", MATCHES, matches));
    }
    let mut survey = Survey {
        ids,
        styles: &styles,
        targets: HashMap::new(),
        known: HashMap::new(),
        depth: 0,
        matches: 0,
        search: styles::Search::default(),
    };
    let all = survey.cost(document.root_element())?.units;
    if all > limit {
        let what = "elements with all that they refer to";
        return Err(too_many(what, limit, all));
    }
    let matches = styles.work(deepest).saturating_mul(all);
    Ok(all as f64 * UNIT + matches as f64 * MATCH)
}

/// What an element amounts to, with all below it.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    units: u64,
    /// Places where a marker may be put.
    vertices: u64,
    /// Levels of elements and references, from one to the next.
    height: u64,
}

impl Cost {
    fn add(&mut self, other: Self) {
        self.units = self.units.saturating_add(other.units);
        self.vertices = self.vertices.saturating_add(other.vertices);
        self.height = self.height.max(other.height);
    }
}

struct Survey<'s, 'a, 'input> {
    ids: HashMap<&'a str, Vec<Node<'a, 'input>>>,
    styles: &'s Styles,
    /// The dearest that an id may mean.
    targets: HashMap<&'s str, Cost>,
    /// `None` while it is being worked out.
    known: HashMap<usize, Option<Cost>>,
    depth: u64,
    /// References by style sheets so far.
    matches: u64,
    search: styles::Search,
}

impl<'s, 'a: 's, 'input> Survey<'s, 'a, 'input> {
    fn cost(&mut self, node: Node<'a, 'input>) -> Result<Cost, Error> {
        let key = node.id().get_usize();
        match self.known.get(&key) {
            Some(Some(cost)) => return Ok(*cost),
            // Not all circles are seen by who would follow them.
            Some(None) => return Err(too_many("references in a circle", 0, 1)),
            None => {}
        }
        self.depth += 1;
        check_height(self.depth)?;
        self.known.insert(key, None);
        let mut cost = own(node);
        let said: u64 = self.styles.of(&node).map(|said| said.bytes).sum();
        cost.units += said / MANY;
        for child in node.children() {
            if child.is_element() {
                let child = self.cost(child)?;
                cost.add(child);
            } else if child.is_text() && SHOWS_TEXT.contains(&node.tag_name().name()) {
                cost.units += child.text().map_or(0, |text| text.trim().len()) as u64;
            }
        }
        let mut cost = self.linked(node, cost)?;
        cost.height += 1;
        check_height(cost.height)?;
        self.depth -= 1;
        self.known.insert(key, Some(cost));
        Ok(cost)
    }

    /// With what the element refers to: first what it stands for, and then what all of that inherits.
    fn linked(&mut self, node: Node<'a, 'input>, mut own: Cost) -> Result<Cost, Error> {
        let tag = node.tag_name().name();
        for attribute in node.attributes() {
            // What a picture refers to is never an element here.
            if attribute.name() == "href"
                && !matches!(tag, "a" | "image")
                && let Some(id) = attribute.value().trim_start().strip_prefix('#')
            {
                let id = id.split(' ').next().unwrap_or(id);
                let target = self.target(id)?;
                own.add(target);
            }
        }
        let mut all = own;
        let mut inherited = 0;
        for attribute in node.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            self.search.count(value)?;
            styles::refuse_inherited(name, value)?;
            match name {
                "stroke-dasharray" | "font-family" | "font" => inherited += value.len() as u64,
                "style" => inherited += styles::inherited(value),
                _ => {}
            }
            for (property, id) in styles::references(name, value) {
                self.add(property, id, own, &mut all)?;
            }
        }
        for said in self.styles.of(&node) {
            inherited += said.inherited;
            self.matches += said.references.len() as u64;
            if self.matches > MATCHES {
                return Err(too_many(
                    "elements times style rules",
                    MATCHES,
                    self.matches,
                ));
            }
            for (property, id) in &said.references {
                self.add(property, id, own, &mut all)?;
            }
        }
        all.units = all
            .units
            .saturating_add((inherited / LIST).saturating_mul(own.units));
        Ok(all)
    }

    /// What a property refers to, for all that inherit it.
    fn add(&mut self, property: &str, id: &'s str, own: Cost, all: &mut Cost) -> Result<(), Error> {
        let target = self.target(id)?;
        let times = match property {
            "marker" | "marker-start" | "marker-mid" | "marker-end" => own.vertices,
            "fill" | "stroke" => own.units,
            "mask" | "clip-path" | "filter" => 1,
            // It may be any of these.
            _ => own.vertices.max(own.units),
        };
        all.units = all.units.saturating_add(target.units.saturating_mul(times));
        all.height = all.height.max(target.height);
        Ok(())
    }

    fn target(&mut self, id: &'s str) -> Result<Cost, Error> {
        if let Some(cost) = self.targets.get(id) {
            return Ok(*cost);
        }
        let mut dearest = Cost::default();
        for node in self.ids.get(id).cloned().unwrap_or_default() {
            let cost = self.cost(node)?;
            dearest = Cost {
                units: dearest.units.max(cost.units),
                vertices: dearest.vertices.max(cost.vertices),
                height: dearest.height.max(cost.height),
            };
        }
        self.targets.insert(id, dearest);
        Ok(dearest)
    }
}

/// Every reader of a drawing calls itself for each level, by elements and by references alike.
fn check_height(height: u64) -> Result<(), Error> {
    if height > DEPTH {
        let what = "elements inside of each other, with all that they refer to";
        return Err(too_many(what, DEPTH, height));
    }
    Ok(())
}

/// Of the element alone.
fn own(node: Node<'_, '_>) -> Cost {
    let mut cost = Cost {
        units: 1,
        ..Cost::default()
    };
    for attribute in node.attributes() {
        let length = attribute.value().len() as u64;
        // It may be copied with the element, and it may be a list, of which each part takes memory.
        cost.units += length / LIST;
        if matches!(attribute.name(), "d" | "points") {
            // Two coordinates with something between them.
            cost.vertices += length / 2 + 1;
        }
    }
    // A line, at least, whatever it is made of.
    cost.vertices = cost.vertices.max(8);
    cost
}
