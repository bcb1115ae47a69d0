//! The resampler against Lanczos in 64-bit floats, and streamed rows against a whole picture.

use proptest::prelude::*;

use super::*;

#[path = "reference_tests.rs"]
mod reference;
use self::reference::{bands, exact, picture};
#[path = "resample_stop_tests.rs"]
mod stop;

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
    fn next(&mut self, band: &mut Band, _rows: u32) -> Result<bool, codecs::Error> {
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
