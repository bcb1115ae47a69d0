//! Sizes: Lanczos with three lobes, of light in floats.

use super::curve::{BRIGHTEST, DeepCurve, SRGB, nearest};
use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::deep::{DeepRaster, DeepRows};
use crate::codecs::{Model, Shape};
use crate::pipeline::resample::Resampling;
use crate::pipeline::strip::Span;
use crate::pipeline::{Error, filter};

/// Weights of one pixel of the answer: the source's first, and all.
type Weights = (usize, Vec<f32>);

fn weights(span: Span) -> Vec<Weights> {
    (0..span.target)
        .map(|pixel| {
            let (first, exact) = filter::exact(span, pixel);
            #[expect(clippy::cast_possible_truncation, reason = "below 2")]
            let weights = exact.into_iter().map(|weight| weight as f32);
            (first as usize, weights.collect())
        })
        .collect()
}

/// The picture in its planned size.
pub(super) fn resampled(
    rows: &mut dyn DeepRows,
    plan: Resampling,
    checkpoint: &Checkpoint,
) -> Result<DeepRaster, Error> {
    if plan.is_a_cut() {
        return cut(rows, plan, checkpoint);
    }
    let source = rows.shape();
    let mut row = vec![0; source.width as usize * source.model.channels() as usize];
    let mut mixer = Mixer::new(source, plan);
    // Where all rows are needed, what comes behind the last is looked at, too: a broken end is seen there.
    let mut y = 0;
    while (!mixer.is_done() || y == source.height as usize) && rows.next(&mut row)? {
        checkpoint.check(Stage::Resize)?;
        mixer.push(y, &row, checkpoint)?;
        y += 1;
    }
    if !mixer.is_done() {
        return Err(Error::Internal(
            "the decoder ended before the picture did".into(),
        ));
    }
    Ok(mixer.made)
}

/// What rows of the source are added up to.
struct Mixer {
    made: DeepRaster,
    /// The curve of light, if it is that.
    curve: Option<&'static DeepCurve>,
    across: Vec<Weights>,
    down: Vec<Weights>,
    /// A row of the source as light, and mixed across.
    light: Vec<f32>,
    mixed: Vec<f32>,
    /// Rows of the answer before this one are complete.
    done: usize,
    /// Those from there on, as far as they have begun.
    sums: Vec<Vec<f32>>,
}

impl Mixer {
    fn new(source: Shape, plan: Resampling) -> Self {
        let channels = source.model.channels() as usize;
        let (width, height) = plan.target;
        let row = width as usize * channels;
        Self {
            made: DeepRaster {
                shape: Shape {
                    width,
                    height,
                    model: source.model,
                },
                samples: vec![0; row * height as usize],
            },
            curve: plan.linear.then(|| &*SRGB),
            across: weights(plan.across(source.width)),
            down: weights(plan.down(source.height)),
            light: vec![0.0; source.width as usize * channels],
            mixed: vec![0.0; row],
            done: 0,
            sums: Vec::new(),
        }
    }

    fn is_done(&self) -> bool {
        self.done == self.down.len()
    }

    /// Takes the source's row of that number.
    fn push(&mut self, y: usize, row: &[u16], checkpoint: &Checkpoint) -> Result<(), Stop> {
        let begun = self.down.iter().skip(self.done);
        let open = begun.take_while(|(first, _)| *first <= y).count();
        if open > 0 {
            self.mix(row);
        }
        let length = self.mixed.len();
        let rows = open.max(self.sums.len());
        self.sums.resize_with(rows, || vec![0.0; length]);
        let targets = self.down.iter().skip(self.done);
        for (sum, (first, weights)) in self.sums.iter_mut().zip(targets) {
            if let Some(weight) = y.checked_sub(*first).and_then(|at| weights.get(at)) {
                for (sum, &mixed) in sum.iter_mut().zip(&self.mixed) {
                    *sum += mixed * weight;
                }
            }
        }
        let ended = self.down.iter().skip(self.done).take(open);
        let ended = ended.take_while(|(first, weights)| first + weights.len() <= y + 1);
        let ended = ended.count();
        let DeepRaster { shape, samples } = &mut self.made;
        let targets = samples.chunks_exact_mut(length).skip(self.done);
        for (sum, target) in self.sums.drain(..ended).zip(targets) {
            checkpoint.check(Stage::Resize)?;
            coded_row(&sum, shape.model, self.curve, target);
        }
        self.done += ended;
        Ok(())
    }

    /// Mixes a row across.
    fn mix(&mut self, row: &[u16]) {
        let model = self.made.shape.model;
        lit(row, model, self.curve, &mut self.light);
        let (light, across, mixed) = (&self.light, &self.across, &mut self.mixed);
        match model.channels() {
            1 => mix::<1>(light, across, mixed),
            2 => mix::<2>(light, across, mixed),
            3 => mix::<3>(light, across, mixed),
            _ => mix::<4>(light, across, mixed),
        }
    }
}

/// A part of the picture, every sample as it is.
fn cut(
    rows: &mut dyn DeepRows,
    plan: Resampling,
    checkpoint: &Checkpoint,
) -> Result<DeepRaster, Error> {
    let source = rows.shape();
    let channels = source.model.channels() as usize;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it lies in the picture"
    )]
    let [left, top] = [plan.window.left, plan.window.top].map(|start| start as usize);
    let (width, height) = plan.target;
    let shape = Shape {
        width,
        height,
        model: source.model,
    };
    let columns = left * channels..(left + width as usize) * channels;
    let mut row = vec![0; source.width as usize * channels];
    let mut samples = Vec::with_capacity(columns.len() * height as usize);
    for y in 0..top + height as usize {
        checkpoint.check(Stage::Resize)?;
        let came = rows.next(&mut row)?;
        let part = row.get(columns.clone()).filter(|_| came);
        let part = part.ok_or_else(|| Error::Internal("a row is lost".into()))?;
        if y >= top {
            samples.extend_from_slice(part);
        }
    }
    if top + height as usize == source.height as usize {
        rows.next(&mut row)?;
    }
    Ok(DeepRaster { shape, samples })
}

/// Samples as light from 0 to 1, colours multiplied by alpha.
fn lit(row: &[u16], model: Model, curve: Option<&DeepCurve>, light: &mut [f32]) {
    let to = |sample: u16| match curve {
        Some(curve) => curve.light(sample),
        None => f32::from(sample) / BRIGHTEST,
    };
    let channels = model.channels() as usize;
    if !model.has_alpha() {
        for (light, &sample) in light.iter_mut().zip(row) {
            *light = to(sample);
        }
        return;
    }
    let pixels = row.chunks_exact(channels);
    for (light, pixel) in light.chunks_exact_mut(channels).zip(pixels) {
        let alpha = pixel.last().map_or(1.0, |&a| f32::from(a) / BRIGHTEST);
        for (light, &sample) in light.iter_mut().zip(pixel) {
            *light = to(sample) * alpha;
        }
        if let Some(last) = light.last_mut() {
            *last = alpha;
        }
    }
}

/// A row of pixels of `N` channels mixed across.
fn mix<const N: usize>(light: &[f32], across: &[Weights], mixed: &mut [f32]) {
    let (pixels, _) = light.as_chunks::<N>();
    let (made, _) = mixed.as_chunks_mut::<N>();
    for (made, (first, weights)) in made.iter_mut().zip(across) {
        let mut sums = [0.0; N];
        for (pixel, weight) in pixels.iter().skip(*first).zip(weights) {
            for (sum, light) in sums.iter_mut().zip(pixel) {
                *sum += light * weight;
            }
        }
        *made = sums;
    }
}

/// Light as samples, which is what [`lit`] undoes.
fn coded_row(sum: &[f32], model: Model, curve: Option<&DeepCurve>, target: &mut [u16]) {
    let from = |light: f32| match curve {
        Some(curve) => curve.sample(light.clamp(0.0, 1.0)),
        None => nearest(light),
    };
    let channels = model.channels() as usize;
    let pixels = sum.chunks_exact(channels);
    for (target, pixel) in target.chunks_exact_mut(channels).zip(pixels) {
        let alpha = match pixel.last() {
            Some(&alpha) if model.has_alpha() => alpha.clamp(0.0, 1.0),
            _ => 1.0,
        };
        for (sample, &light) in target.iter_mut().zip(pixel) {
            *sample = if alpha > 0.0 { from(light / alpha) } else { 0 };
        }
        if model.has_alpha()
            && let Some(last) = target.last_mut()
        {
            *last = nearest(alpha);
        }
    }
}
