//! The resampler against Lanczos in 64-bit floats, and streamed rows against a whole picture.

use proptest::prelude::*;

use super::*;

/// Hands a picture out in bands of so many rows.
struct Bands {
    picture: Raster,
    next: u32,
    rows: u32,
}

impl Rows for Bands {
    fn shape(&self) -> Shape {
        self.picture.shape()
    }

    fn next(&mut self, band: &mut Band, _rows: u32) -> Result<bool, crate::codecs::Error> {
        let shape = self.shape();
        if self.next == shape.height {
            return Ok(false);
        }
        let rows = self.rows.min(shape.height - self.next);
        let row_bytes = (shape.width * shape.model.channels()) as usize;
        let first = self.next as usize * row_bytes;
        let plane = &mut band.planes[0];
        (plane.width, plane.height) = (shape.width, rows);
        plane.stride = row_bytes;
        plane.samples.clear();
        plane.samples.extend_from_slice(
            &self.picture.planes[0].samples[first..first + rows as usize * row_bytes],
        );
        self.next += rows;
        Ok(true)
    }
}

fn bands(picture: &Raster, rows: u32) -> Bands {
    Bands {
        picture: picture.clone(),
        next: 0,
        rows,
    }
}

/// A picture with smooth parts, edges and noise; the same for the same seed.
fn picture(width: u32, height: u32, model: Model, seed: u32) -> Raster {
    let channels = model.channels();
    let mut state = seed | 1;
    let samples = (0..width * height * channels)
        .map(|index| {
            let (x, y) = (index / channels % width, index / channels / width);
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = state >> 27;
            let edge = if (x / 7 + y / 5) % 2 == 0 { 60 } else { 170 };
            u8::try_from(edge + noise + (x + y) % 20).unwrap()
        })
        .collect();
    let shape = Shape {
        width,
        height,
        model,
    };
    Raster::interleaved(shape, samples)
}

fn run(rows: &mut dyn Rows, window: Window, target: (u32, u32), linear: bool) -> Raster {
    let resampling = Resampling {
        window,
        target,
        model: rows.shape().model,
        mirrored: (false, false),
        linear,
    };
    resample(
        rows,
        resampling,
        &mut Scratch::default(),
        &Checkpoint::new(),
    )
    .unwrap()
}

fn whole(picture: &Raster) -> Window {
    let shape = picture.shape();
    Window {
        left: 0.0,
        top: 0.0,
        width: f64::from(shape.width),
        height: f64::from(shape.height),
    }
}

/// Weights of one target pixel, by the definition (Turkowski, Filters for Common Resampling Tasks, 1990).
fn weights(start: f64, length: f64, limit: u32, target: u32, index: u32) -> Vec<f64> {
    let scale = length / f64::from(target);
    let stretch = scale.max(1.0);
    let centre = start + (f64::from(index) + 0.5) * scale;
    let sinc = |x: f64| {
        let x = x * std::f64::consts::PI;
        if x == 0.0 { 1.0 } else { x.sin() / x }
    };
    let weights: Vec<f64> = (0..limit)
        .map(|at| {
            let x = (f64::from(at) + 0.5 - centre) / stretch;
            if x.abs() < 3.0 {
                sinc(x) * sinc(x / 3.0)
            } else {
                0.0
            }
        })
        .collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

/// One grey pixel of the exact answer.
fn exact(picture: &Raster, window: Window, target: (u32, u32), (x, y): (u32, u32)) -> f64 {
    let shape = picture.shape();
    let across = weights(window.left, window.width, shape.width, target.0, x);
    let down = weights(window.top, window.height, shape.height, target.1, y);
    let rows = picture.planes[0].samples.chunks_exact(shape.width as usize);
    rows.zip(down)
        .map(|(row, weight)| {
            let mix: f64 = row
                .iter()
                .zip(&across)
                .map(|(&s, w)| f64::from(s) * w)
                .sum();
            weight * mix
        })
        .sum::<f64>()
        .clamp(0.0, 255.0)
}

#[test]
fn it_is_lanczos() {
    let source = picture(97, 61, Model::Gray, 5);
    let part = Window {
        left: 10.3,
        top: 4.7,
        width: 70.2,
        height: 50.9,
    };
    for (window, target) in [
        (whole(&source), (30, 19)),
        (whole(&source), (150, 100)),
        (part, (20, 17)),
        (part, (70, 80)),
    ] {
        let got = run(&mut bands(&source, 9), window, target, false);
        for y in 0..target.1 {
            for x in 0..target.0 {
                let got = got.planes[0].samples[(y * target.0 + x) as usize];
                let exact = exact(&source, window, target, (x, y));
                // One rounding between the passes and one at the end; weights of 16 bit.
                assert!(
                    (f64::from(got) - exact).abs() <= 1.6,
                    "{x},{y}: {got}, not {exact}"
                );
            }
        }
    }
}

/// Colour times alpha, and alpha, each as a grey picture that is mixed by the definition.
#[test]
fn colour_is_mixed_as_it_is_seen() {
    let (width, height, target) = (61, 43, (17, 13));
    let mut source = picture(width, height, Model::Rgba, 9);
    for (index, pixel) in source.planes[0]
        .samples
        .as_chunks_mut::<4>()
        .0
        .iter_mut()
        .enumerate()
    {
        // Wholly transparent on the left, opaque on the right, anything between.
        let x = u32::try_from(index).unwrap() % width;
        pixel[3] = u8::try_from((x * 9).saturating_sub(150).min(255)).unwrap();
    }
    let window = whole(&source);
    let got = run(&mut bands(&source, 9), window, target, false);
    let shape = Shape {
        width,
        height,
        model: Model::Gray,
    };
    for channel in 0..4 {
        let seen = |pixel: &[u8; 4]| match channel {
            3 => f64::from(pixel[3]),
            _ => f64::from(pixel[channel]) * f64::from(pixel[3]) / 255.0,
        };
        let grey = |pixels: &[u8]| -> Vec<f64> { pixels.as_chunks().0.iter().map(seen).collect() };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "samples"
        )]
        let samples = grey(&source.planes[0].samples)
            .iter()
            .map(|s| s.round() as u8)
            .collect();
        let grey_source = Raster::interleaved(shape, samples);
        for (index, got) in (0..).zip(grey(&got.planes[0].samples)) {
            let at = (index % target.0, index / target.0);
            let exact = exact(&grey_source, window, target, at);
            // Colours have as many steps as are seen, and the reference is of rounded samples.
            assert!(
                (got - exact).abs() <= 2.0,
                "{channel} {at:?}: {got}, not {exact}"
            );
        }
    }
}

#[test]
fn a_flat_picture_stays_flat_in_every_mode() {
    for model in [
        Model::Gray,
        Model::GrayAlpha,
        Model::Rgb,
        Model::Rgba,
        Model::Cmyk,
    ] {
        let shape = Shape {
            width: 50,
            height: 40,
            model,
        };
        let flat = Raster::interleaved(shape, [93].repeat((50 * 40 * model.channels()) as usize));
        for linear in [false, true] {
            let got = run(&mut bands(&flat, 7), whole(&flat), (13, 11), linear);
            let off = got.planes[0]
                .samples
                .iter()
                .map(|s| s.abs_diff(93))
                .max()
                .unwrap();
            // Dividing by an alpha of 93 costs a level of colour.
            assert!(off <= 1, "{model:?} linear {linear}: off by {off}");
        }
    }
}

#[test]
fn black_and_white_mix_to_half_the_light() {
    let shape = Shape {
        width: 64,
        height: 64,
        model: Model::Gray,
    };
    let checks = (0..64 * 64_u32).map(|i| if (i + i / 64) % 2 == 0 { 0 } else { 255 });
    let source = Raster::interleaved(shape, checks.collect());
    for (linear, expected) in [(false, 128_u8), (true, 188)] {
        let got = run(&mut bands(&source, 64), whole(&source), (8, 8), linear);
        assert!(
            got.planes[0]
                .samples
                .iter()
                .all(|s| s.abs_diff(expected) <= 3)
        );
    }
}

#[test]
fn transparent_pixels_lend_no_colour() {
    let shape = Shape {
        width: 8,
        height: 8,
        model: Model::Rgba,
    };
    let samples = (0..64).flat_map(|i| {
        if i % 2 == 0 {
            [255, 0, 0, 255]
        } else {
            [0, 255, 0, 0]
        }
    });
    let source = Raster::interleaved(shape, samples.collect());
    for linear in [false, true] {
        let got = run(&mut bands(&source, 8), whole(&source), (2, 2), linear);
        let (pixels, _) = got.planes[0].samples.as_chunks::<4>();
        for pixel in pixels {
            assert!(
                pixel[0] >= 253 && pixel[1] == 0 && pixel[3].abs_diff(128) < 16,
                "{pixel:?}"
            );
        }
    }
}

/// Hands the whole picture out in one band.
struct Whole(Raster, bool);
impl Rows for Whole {
    fn shape(&self) -> Shape {
        self.0.shape()
    }
    fn next(&mut self, band: &mut Band, _rows: u32) -> Result<bool, crate::codecs::Error> {
        if !self.1 {
            *band = self.0.clone();
        }
        Ok(!std::mem::replace(&mut self.1, true))
    }
}

#[test]
fn planes_are_scaled_each_by_its_own_size() {
    let shape = Shape {
        width: 40,
        height: 30,
        model: Model::YCbCr { across: 2, down: 2 },
    };
    let mut source = Raster::new(shape);
    for (plane, value) in source.planes.iter_mut().zip([50, 100, 150]) {
        plane.samples.fill(value);
    }
    let (width, height) = (11, 7);
    let window = whole(&source);
    let got = run(&mut Whole(source, false), window, (width, height), false);
    assert_eq!(
        got.shape(),
        Shape {
            width,
            height,
            model: shape.model
        }
    );
    assert_eq!((got.planes[1].width, got.planes[1].height), (6, 4));
    for (plane, value) in got.planes.iter().zip([50, 100, 150]) {
        assert!(plane.samples.iter().all(|&sample| sample == value));
    }
}

#[test]
fn a_stopped_checkpoint_ends_the_work() {
    let source = picture(40, 40, Model::Rgb, 1);
    let checkpoint = Checkpoint::new();
    checkpoint.stop(crate::checkpoint::Stop::Cancelled);
    let resampling = Resampling {
        window: whole(&source),
        target: (10, 10),
        model: source.model,
        mirrored: (false, false),
        linear: false,
    };
    let result = resample(
        &mut bands(&source, 8),
        resampling,
        &mut Scratch::default(),
        &checkpoint,
    );
    assert_eq!(result, Err(crate::checkpoint::Stop::Cancelled.into()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However the rows come, the answer is the same.
    #[test]
    fn bands_make_no_difference(
        (width, height) in (1_u32..80, 1_u32..900),
        target in (1_u32..60, 1_u32..200),
        rows in 1_u32..100,
        (a, b, c, d) in (0.0_f64..1.0, 0.0_f64..1.0, 0.05_f64..1.0, 0.05_f64..1.0),
        linear in any::<bool>(),
        seed in any::<u32>(),
    ) {
        let source = picture(width, height, Model::Rgb, seed);
        let (w, h) = (c * f64::from(width), d * f64::from(height));
        let window = Window {
            left: a * (f64::from(width) - w),
            top: b * (f64::from(height) - h),
            width: w,
            height: h,
        };
        let whole = run(&mut bands(&source, height), window, target, linear);
        let streamed = run(&mut bands(&source, rows), window, target, linear);
        prop_assert_eq!(whole.shape(), Shape { width: target.0, height: target.1, model: Model::Rgb });
        prop_assert!(whole == streamed);
    }
}
