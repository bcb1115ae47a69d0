//! From a file to pixels: what is embedded, the document, the tree that `usvg` makes of it, and then the drawing.
//!
//! The tree is made twice where there are pictures: first with names that say nothing but their sizes, by which the bill
//! learns in which size each is shown, and then with the pictures, which is billed and drawn.

use std::sync::Arc;

use resvg::usvg::{self, ImageHrefResolver, ImageKind, ImageRendering, Options, Tree, roxmltree};

use super::bill;
use super::counts::Counts;
use super::draw::{self, View};
use super::scan;
use super::shown::{self, Painter, Pictures, Shown};
use super::{broken, embedded, survey, weights};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::Error;
use crate::typeface;

/// A drawing to be rendered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drawing<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) view: View,
    /// Bytes that layers may have.
    pub(super) layers: u64,
    /// Pixels that the pictures in it may have.
    pub(super) pictures: u64,
}

impl Drawing<'_> {
    /// Its pixels. `work` are the nanoseconds that are spent, which what is drawn is added to.
    ///
    /// # Errors
    /// `Invalid`, `TooComplex`; a stopped checkpoint.
    pub(super) fn render(
        self,
        painter: Option<&dyn Painter>,
        work: &mut f64,
        checkpoint: &Checkpoint,
    ) -> Result<Vec<u8>, Error> {
        let (counts, found) = scan::scan(self.bytes)?;
        let embedded = if painter.is_some() {
            embedded::read(self.bytes, &found)?
        } else {
            found.iter().map(|_left_out| None).collect()
        };
        weights::spend(work, embedded::nanoseconds(&embedded))?;
        checkpoint.check(Stage::Decode)?;
        let text = embedded::text(self.bytes, &found, &embedded);
        let counts = if found.is_empty() {
            counts
        } else {
            scan::scan(&text)?.0
        };
        let document = document(&text, &counts)?;
        checkpoint.check(Stage::Decode)?;
        let making = survey::survey(&document, &counts)?;
        checkpoint.check(Stage::Decode)?;
        weights::spend(work, making)?;
        let stubs = shown::stubs(&embedded);
        // What is spent on drawing is told by the tree that is drawn.
        let mut before = *work;
        let (tree, shown) = self.billed(&document, &stubs, &mut before, checkpoint)?;
        let Some(painter) = painter.filter(|_| !shown.is_empty()) else {
            *work = before;
            drop(document);
            drop(text);
            return draw::draw(&tree, self.view, checkpoint);
        };
        // There is one tree at a time.
        drop(tree);
        weights::spend(work, making)?;
        let painting = (painter, &mut *work);
        let pictures = shown::painted((&embedded, stubs), &shown, self, painting, checkpoint)?;
        drop(embedded);
        let (tree, _) = self.billed(&document, &pictures, work, checkpoint)?;
        drop(document);
        drop(text);
        draw::draw(&tree, self.view, checkpoint)
    }

    /// The tree with these pictures, whose bill is paid; and how those are shown that have no pixels yet.
    fn billed(
        self,
        document: &roxmltree::Document<'_>,
        pictures: &Pictures,
        work: &mut f64,
        checkpoint: &Checkpoint,
    ) -> Result<(Tree, Vec<Shown>), Error> {
        let tree = tree(document, pictures)?;
        check_size(&tree, self.view.size)?;
        checkpoint.check(Stage::Decode)?;
        let (size, transform) = (self.view.pixels(), self.view.transform(&tree));
        let shown = bill::bill(tree.root(), transform, size, self.layers, work)?;
        checkpoint.check(Stage::Decode)?;
        Ok((tree, shown))
    }
}

fn document<'a>(text: &'a [u8], counts: &Counts) -> Result<roxmltree::Document<'a>, Error> {
    let text =
        std::str::from_utf8(text).map_err(|_ignored| broken("pixels", "it isn't in UTF-8"))?;
    let parsing = roxmltree::ParsingOptions {
        allow_dtd: true,
        nodes_limit: counts.nodes(),
        ..roxmltree::ParsingOptions::default()
    };
    roxmltree::Document::parse_with_options(text, parsing).map_err(|error| {
        let place = error.pos();
        let (line, column) = (place.row, place.col);
        broken(
            "pixels",
            &format!("its markup is wrong at line {line}, column {column}"),
        )
    })
}

/// The drawing as it will be rendered: references followed, styles applied, texts made outlines.
fn tree(document: &roxmltree::Document<'_>, pictures: &Pictures) -> Result<Tree, Error> {
    Tree::from_xmltree(document, &options(pictures)).map_err(|error| match error {
        usvg::Error::InvalidSize => broken("pixels", "it has no size"),
        _ => broken("pixels", "it is nested too deeply, or isn't a drawing"),
    })
}

/// Refuses a drawing that is read in another size than its first tag was taken to state, as by way of an entity: it would be stretched.
fn check_size(tree: &Tree, size: (u32, u32)) -> Result<(), Error> {
    let agree = |drawn: f32, told: u32| {
        (f64::from(drawn) - f64::from(told)).abs() <= 1.0 + f64::from(told) * 1e-4
    };
    if agree(tree.size().width(), size.0) && agree(tree.size().height(), size.1) {
        return Ok(());
    }
    Err(broken("pixels", "it doesn't state its size plainly"))
}

/// How to read a drawing: nothing comes from outside, and every family is the one font there is.
fn options(pictures: &Pictures) -> Options<'_> {
    let mut options = Options {
        font_family: typeface::FAMILY.to_owned(),
        image_href_resolver: ImageHrefResolver {
            // What is still in the text would be decoded by others than ours, without our limits.
            resolve_data: Box::new(|_kind, _data, _options| None),
            resolve_string: Box::new(|name, _options| {
                let picture = pictures.get(embedded::index(name)?)?;
                picture
                    .as_ref()
                    .map(|file| ImageKind::PNG(Arc::clone(file)))
            }),
        },
        // Not to be mixed again where a pixel is a pixel, but for rounding.
        image_rendering: ImageRendering::Smooth,
        ..Options::default()
    };
    let fonts = options.fontdb_mut();
    fonts.load_font_source(usvg::fontdb::Source::Binary(Arc::new(typeface::FILE)));
    fonts.set_serif_family(typeface::FAMILY);
    fonts.set_sans_serif_family(typeface::FAMILY);
    fonts.set_cursive_family(typeface::FAMILY);
    fonts.set_fantasy_family(typeface::FAMILY);
    fonts.set_monospace_family(typeface::FAMILY);
    options
}
