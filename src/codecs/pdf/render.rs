//! Documents by way of `hayro`: their pages' sizes, and pixels of a part of a page.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_interpret::util::TransformExt as _;
use hayro::hayro_syntax::page::Page;
use hayro::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use hayro::kurbo::Affine;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::vello_cpu::{
    Pixmap, RasterizerSettings, RenderContext, RenderSettings as Level, Resources, TargetInit,
};
use hayro::{RenderCache, RenderSettings};

use super::{Error, View, broken};

/// Width and height of a page in points, which it is, and how many there are.
pub(super) fn size(bytes: &[u8], page: u32) -> Result<(f32, f32, u32, u32), Error> {
    contained("header", || {
        let document = opened(bytes)?;
        let (page, found) = paged(&document, page)?;
        let (width, height) = found.render_dimensions();
        let pages = u32::try_from(document.pages().len()).unwrap_or(u32::MAX);
        Ok((width, height, page, pages))
    })
}

/// Pixels of a part of a page on white paper, four samples each.
pub(super) fn render(bytes: &[u8], view: View) -> Result<Vec<u8>, Error> {
    contained("pixels", || {
        let document = opened(bytes)?;
        let (_, page) = paged(&document, view.page)?;
        Ok(drawn(page, view))
    })
}

fn opened(bytes: &[u8]) -> Result<Pdf, Error> {
    Pdf::new(bytes.to_vec()).map_err(|error| {
        broken(
            "header",
            match error {
                LoadPdfError::Decryption(DecryptionError::PasswordProtected) => {
                    "it is locked with a password"
                }
                LoadPdfError::Decryption(_) => "it is encrypted in a way that isn't known here",
                LoadPdfError::Invalid => "there is no document in it",
            },
        )
    })
}

/// That page, or else the first.
fn paged(document: &Pdf, page: u32) -> Result<(u32, &Page<'_>), Error> {
    let pages = document.pages();
    let wanted = usize::try_from(page).ok().and_then(|at| pages.get(at));
    let found = wanted.map(|found| (page, found));
    let found = found.or_else(|| pages.first().map(|first| (0, first)));
    found.ok_or_else(|| broken("header", "it has no pages"))
}

fn drawn<'a>(page: &'a Page<'a>, view: View) -> Vec<u8> {
    let View {
        size, part, shape, ..
    } = view;
    let (width, height) = (f64::from(size.0), f64::from(size.1));
    let (left, top, across, down) = part.map_or((0.0, 0.0, width, height), |part| {
        (part.left, part.top, part.width, part.height)
    });
    // Pixels of the answer for one of the page, and what rounding has made of its size.
    let (across, down) = (
        f64::from(shape.width) / across,
        f64::from(shape.height) / down,
    );
    let (exact_width, exact_height) = page.render_dimensions();
    let transform = Affine::translate((-left * across, -top * down))
        * Affine::scale_non_uniform(
            across * width / f64::from(exact_width),
            down * height / f64::from(exact_height),
        )
        * page.initial_transform(true).to_kurbo();
    let side = |side: u32| u16::try_from(side).unwrap_or(u16::MAX);
    let (width, height) = (side(shape.width), side(shape.height));
    let mut context = RenderContext::new_with(width, height, Level::default());
    hayro::render_into(
        page,
        &RenderCache::new(),
        &InterpreterSettings::default(),
        &RenderSettings::default(),
        &mut context,
        transform,
    );
    context.flush();
    let mut pixels = Pixmap::new(width, height);
    let paper = RasterizerSettings {
        target_init: TargetInit::Clear(WHITE),
        ..RasterizerSettings::default()
    };
    context.render_with(&mut pixels, &mut Resources::default(), paper);
    // On white nothing is transparent, and what is multiplied by alpha is what it was.
    pixels.data_as_u8_slice().to_vec()
}

/// A document that makes the renderer panic is at fault, whatever the renderer thinks of it.
fn contained<T>(stage: &'static str, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_panic| Err(broken(stage, "it can't be made sense of")))
}
