//! The answer: its size and layout behind all stages, its format and quality, what is behind it, how large it may be.

use super::geometry::{Canvas, Size};
use super::parameter::Grammar;
use super::plan::{Error, Settings, pixels};
use super::request::{Request, Type};
use super::stage::Stage;
use super::step::Writing;
use super::value::{Colour, Extend};
use crate::codecs::{self, Encoding, Format, Header, Model};

/// Refuses an answer that is larger than the format or the server can write.
///
/// # Errors
/// `SideTooLong` or `OutputTooLarge`.
pub(super) fn check(
    (width, height): Size,
    frames: u32,
    format: Format,
    settings: &Settings,
) -> Result<(), Error> {
    let limit = settings.max_output_side.min(format.row().max_side);
    let actual = width.max(height);
    if actual > limit {
        return Err(Error::SideTooLong { actual, limit });
    }
    if pixels(width, height).saturating_mul(u64::from(frames)) > settings.max_output_pixels {
        return Err(Error::OutputTooLarge {
            width,
            height,
            frames,
            limit: settings.max_output_pixels,
        });
    }
    Ok(())
}

/// The format of the answer, and its quality.
pub(super) fn encoding(request: &Request, header: &Header, drawn: Model) -> Encoding {
    let alpha = drawn.has_alpha();
    let asked = last(request, |writing| writing.output);
    let loose = request.grammar == Grammar::Imaginary;
    let fits = |format: Format| format.row().alpha || !alpha || loose;
    let by_alpha = if alpha { Format::Png } else { Format::Jpeg };
    let source = if header.format.row().writes {
        header.format
    } else {
        by_alpha
    };
    let format = match asked.unwrap_or_default() {
        Type::Named(format) => format,
        Type::Source => source,
        Type::Auto => {
            let better = request.accept.better.iter().copied().find(|&f| fits(f));
            // The input's, else by alpha, else whichever of the two is read.
            let others = [source, by_alpha, Format::Png, Format::Jpeg];
            let wanted = |format: &Format| !request.accept.refused.contains(format);
            better
                .or_else(|| others.into_iter().find(wanted))
                .unwrap_or(source)
        }
    };
    let usual = match request.grammar {
        Grammar::Strict => format.row().quality,
        Grammar::Imaginary => Some(IMAGINARY_QUALITY),
    };
    let quality = last(request, |writing| writing.quality).or(usual);
    let quality = quality.unwrap_or(100);
    // A step that says how near it is says that it is lossless.
    let (lossless, near) = last(request, |writing| {
        let lossless = writing.lossless.or(writing.near.map(|_| true));
        lossless.map(|lossless| (lossless, writing.near))
    })
    .unwrap_or_default();
    Encoding {
        format,
        quality,
        interlaced: last(request, |writing| writing.interlaced).unwrap_or(false),
        palette: last(request, |writing| writing.palette).unwrap_or(false),
        compression: last(request, |writing| writing.compression),
        kind: codecs::Kind::Smallest,
        depth: 8,
        lossless,
        near,
        speed: last(request, |writing| writing.speed),
        chroma: chroma(request, format, quality),
    }
    .meant()
}

/// A chroma sample for each pixel.
pub(super) const EACH: Model = Model::YCbCr { across: 1, down: 1 };

/// From here on imaginary has a JPEG hold all colour.
const IMAGINARY_FINE: u8 = 90;

/// How many pixels share their chroma in a format that has some.
fn chroma(request: &Request, format: Format, quality: u8) -> (u8, u8) {
    let fine = request.grammar == Grammar::Imaginary
        && format == Format::Jpeg
        && quality >= IMAGINARY_FINE;
    let usual = if fine { (1, 1) } else { (2, 2) };
    last(request, |writing| writing.chroma).unwrap_or(usual)
}

/// Whether planes as it has them are so when they are turned, too.
pub(super) fn is_even(encoding: Encoding) -> bool {
    let (across, down) = encoding.chroma;
    across == down
}

/// What the last step says that says anything.
pub(super) fn last<T>(request: &Request, said: impl Fn(&Writing) -> Option<T>) -> Option<T> {
    let mut steps = request.steps.iter().rev();
    steps.find_map(|step| said(&step.writing))
}

/// Quality of lossy formats where an imaginary's client asks for none.
const IMAGINARY_QUALITY: u8 = 75;

/// What lies behind transparent parts in a format without alpha.
pub(super) fn paper(grammar: Grammar) -> Colour {
    match grammar {
        Grammar::Strict => Colour::WHITE,
        Grammar::Imaginary => Colour::BLACK,
    }
}

/// What lies behind transparent parts and beside the picture at the end.
pub(super) fn background(request: &Request, format: Format) -> Colour {
    let default = if format.row().alpha {
        Colour::TRANSPARENT
    } else {
        paper(request.grammar)
    };
    let asked = request.steps.last().and_then(|step| step.background);
    let chosen = asked.unwrap_or(default);
    // What can't be transparent shows paper behind a background that is.
    if format.row().alpha {
        chosen
    } else {
        chosen.on_white()
    }
}

/// A canvas that is the last thing is laid under the picture together with the background.
pub(super) fn laid_under(mut stages: Vec<Stage>) -> (Vec<Stage>, Option<Canvas>) {
    match stages.pop() {
        Some(Stage::Canvas {
            canvas,
            extend: Extend::Background,
        }) => (stages, Some(canvas)),
        last => {
            stages.extend(last);
            (stages, None)
        }
    }
}

/// The size behind all stages. On the way no picture may have more pixels than the largest that may come or go.
pub(super) fn through(
    first: (u32, u32),
    stages: &[Stage],
    settings: &Settings,
) -> Result<(u32, u32), Error> {
    let limit = settings.max_output_pixels.max(settings.max_pixels);
    stages.iter().try_fold(first, |(width, height), stage| {
        if pixels(width, height) > limit {
            return Err(Error::OutputTooLarge {
                width,
                height,
                frames: 1,
                limit,
            });
        }
        Ok(stage.size((width, height)))
    })
}

/// What samples mean behind the stages, of a picture that is decoded as `model`.
pub(super) fn drawn(model: Model, stages: &[Stage]) -> Model {
    let coloured = match model {
        Model::YCbCr { .. } | Model::Cmyk => Model::Rgb,
        other => other,
    };
    stages.iter().fold(coloured, |model, s| s.model(model))
}
