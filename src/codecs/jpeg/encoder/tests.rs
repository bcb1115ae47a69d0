//! Files against floating point, against other decoders, and kernels against each other.

use std::f64::consts::PI;

use image::DynamicImage;
use image::codecs::jpeg::JpegDecoder;
use proptest::prelude::*;

use super::transform::{Block, SIDE, ZIGZAG};
use super::*;
use crate::checkpoint::Stop;
use crate::codecs::jpeg::baseline::compare::read;
use crate::codecs::jpeg::tests::{MODELS, picture};
use crate::codecs::jpeg::{decode, probe};
use crate::codecs::{Format, Raster, Scale};

fn encoding(quality: u8) -> Encoding {
    Encoding {
        format: Format::Jpeg,
        quality,
    }
}

fn written(raster: &Raster, quality: u8) -> Vec<u8> {
    let checkpoint = Checkpoint::new();
    let mut sink = create(encoding(quality), raster.shape(), &checkpoint);
    sink.push(raster).unwrap();
    sink.finish().unwrap()
}

/// What our decoder makes of it, having made sure that libjpeg-turbo makes the same.
fn decoded(file: &[u8]) -> Raster {
    let checkpoint = Checkpoint::new();
    let header = probe(file).unwrap();
    let ours =
        decode::open(file, &header, Scale::FULL, &checkpoint).and_then(|rows| read(rows, 64));
    let theirs =
        decode::library(file, &header, Scale::FULL, &checkpoint).and_then(|rows| read(rows, 64));
    assert!(ours == theirs);
    ours.unwrap()
}

/// Noise of all samples, the same for the same seed.
fn noise(shape: Shape, mut seed: u64) -> Raster {
    let mut raster = Raster::new(shape);
    for sample in raster
        .planes
        .iter_mut()
        .flat_map(|plane| &mut plane.samples)
    {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        *sample = (seed >> 56) as u8;
    }
    raster
}

/// The largest difference of samples.
fn most_off(a: &Raster, b: &Raster) -> u8 {
    let planes = a.planes.iter().zip(&b.planes);
    let pairs = planes.flat_map(|(a, b)| {
        assert_eq!(a.samples.len(), b.samples.len());
        a.samples.iter().zip(&b.samples)
    });
    pairs.map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

#[test]
fn all_sizes_and_layouts_come_back() {
    for model in MODELS {
        for (width, height) in (1..=40).map(|side| (side, side)).chain([
            (1, 40),
            (40, 1),
            (17, 8),
            (8, 17),
            (33, 9),
            (16, 31),
            (7, 25),
        ]) {
            let shape = Shape {
                width,
                height,
                model,
            };
            let original = picture(shape, width * 64 + height);
            let got = decoded(&written(&original, 100));
            assert_eq!(got.shape(), shape);
            // Steps of one, and for the highest frequencies of chroma of three.
            assert!(most_off(&got, &original) <= 4, "{shape:?}");
        }
    }
}

#[test]
fn noise_at_the_highest_quality_fits_the_codes_and_the_memory() {
    for model in MODELS {
        let shape = Shape {
            width: 333,
            height: 222,
            model,
        };
        for black_and_white in [false, true] {
            let mut original = noise(shape, 3);
            if black_and_white {
                for sample in original
                    .planes
                    .iter_mut()
                    .flat_map(|plane| &mut plane.samples)
                {
                    *sample = if *sample < 128 { 0 } else { 255 };
                }
            }
            let checkpoint = Checkpoint::new();
            let mut sink = JpegSink::new(encoding(100), shape, &checkpoint);
            sink.push(&original).unwrap();
            let tokens: usize = sink.rows.iter().map(|row| row.len() * 2).sum();
            let file = Box::new(sink).finish().unwrap();
            let most = encode_bytes(shape);
            assert!(
                (tokens + file.capacity()) as u64 <= most,
                "{model:?}: {tokens} + {} of {most}",
                file.capacity()
            );
            assert!(most_off(&decoded(&file), &original) <= 8, "{model:?}");
        }
    }
}

#[test]
fn rare_symbols_get_codes_of_sixteen_bits() {
    // Fibonacci's numbers make the deepest tree.
    let mut counts = [0; 256];
    let (mut a, mut b) = (1, 1);
    for count in counts.iter_mut().take(40) {
        *count = a;
        (a, b) = (b, a + b);
    }
    let codes = Codes::new(&counts);
    let all: Vec<_> = codes.iter().collect();
    assert_eq!(all.len(), 40);
    assert_eq!(all.last().unwrap().2, 16);
    assert_eq!(all.first().unwrap(), &(39, 0, 1));
    // Room is left for the code of ones alone, and no code begins another.
    let taken: u32 = all.iter().map(|&(.., length)| 1 << (16 - length)).sum();
    assert!(taken < 1 << 16);
    for pair in all.windows(2) {
        let [(_, a, long_a), (_, b, long_b)] = pair else {
            unreachable!()
        };
        assert!(a << (16 - long_a) < b << (16 - long_b));
    }
    // One symbol alone has a code too.
    counts = [0; 256];
    counts[7] = 9;
    assert_eq!(Codes::new(&counts).iter().collect::<Vec<_>>(), [(7, 0, 1)]);
}

#[test]
fn codes_are_as_short_as_a_tree_allows() {
    let mut counts = [0; 256];
    for (symbol, count) in [(1, 45), (2, 13), (3, 12), (4, 16), (5, 9), (6, 5)] {
        counts[symbol] = count;
    }
    let codes = Codes::new(&counts);
    let lengths: Vec<_> = codes
        .iter()
        .map(|(symbol, _, length)| (symbol, length))
        .collect();
    // With one more leaf below the rarest.
    assert_eq!(lengths, [(1, 1), (4, 3), (2, 3), (3, 3), (5, 4), (6, 5)]);
}

/// T.81 A.3.3 in floating point: a coefficient by its two frequencies.
fn exact(samples: &[[f64; SIDE]; SIDE], across: usize, down: usize) -> f64 {
    let scale = |k: usize| if k == 0 { 0.5_f64.sqrt() } else { 1.0 };
    let wave = |at: usize, k: usize| ((2 * at + 1) as f64 * k as f64 * PI / 16.0).cos();
    let mut sum = 0.0;
    for (y, row) in samples.iter().enumerate() {
        for (x, sample) in row.iter().enumerate() {
            sum += (sample - 128.0) * wave(x, across) * wave(y, down);
        }
    }
    sum * scale(across) * scale(down) / 4.0
}

fn check_block(samples: &[u8], steps: &[u16; 64], chroma: bool) {
    let mut blocks = [Block::flat(0), Block::flat(0)];
    let quantiser = Quantiser::new(steps, chroma);
    transform::portable(samples, 16, &quantiser, &mut blocks);
    for (index, block) in blocks.iter().enumerate() {
        let mut square = [[0.0; SIDE]; SIDE];
        for (y, row) in square.iter_mut().enumerate() {
            for (x, value) in row.iter_mut().enumerate() {
                *value = f64::from(samples[y * 16 + index * 8 + x]);
            }
        }
        for (bit, place) in ZIGZAG.into_iter().map(usize::from).enumerate() {
            let (x, y) = (place / 8, place % 8);
            let step = f64::from(steps[y * 8 + x]);
            let exact = exact(&square, x, y) / step;
            let counts = bit == 0 || block.some >> bit & 1 == 1;
            let got = if counts {
                f64::from(block.coefficients[place])
            } else {
                0.0
            };
            assert_eq!(
                counts && got == 0.0,
                bit == 0 && got == 0.0,
                "counts for nothing"
            );
            let off = (got - exact).abs();
            // What the integers are off, and the rounding or the dead zone.
            let error = 0.2 / step;
            let most = match (bit, got) {
                (0, _) => 0.5,
                (_, 0.0) => {
                    if step > 1.0 {
                        0.97
                    } else {
                        0.5
                    }
                }
                _ => {
                    if step > 1.0 {
                        0.55
                    } else {
                        0.5
                    }
                }
            };
            assert!(
                off <= most + error,
                "{x}, {y}: {got} for {exact}, step {step}"
            );
        }
    }
}

#[test]
fn extreme_blocks_are_transformed_without_overflow() {
    let waves = |across: usize, down: usize| -> Vec<u8> {
        let positive =
            |at: usize, k: usize| ((2 * at + 1) as f64 * k as f64 * PI / 16.0).cos() > 0.0;
        let place = |at: usize| positive(at % 8, across) == positive(at / 16, down);
        (0..128).map(|at| if place(at) { 255 } else { 0 }).collect()
    };
    for across in 0..8 {
        for down in 0..8 {
            let samples = waves(across, down);
            check_block(&samples, &[1; 64], false);
            let inverse: Vec<u8> = samples.iter().map(|sample| 255 - sample).collect();
            check_block(&inverse, &[1; 64], true);
        }
    }
}

#[test]
fn means_from_end_to_end_come_back() {
    // Squares of black and white: the longest differences of means, and no other coefficient.
    let shape = Shape {
        width: 64,
        height: 48,
        model: Model::Gray,
    };
    let mut original = Raster::new(shape);
    for (at, sample) in original.planes[0].samples.iter_mut().enumerate() {
        *sample = if (at / 8 + at / 512) % 2 == 0 { 255 } else { 0 };
    }
    for quality in [1, 30, 80, 100] {
        let got = decoded(&written(&original, quality));
        assert!(most_off(&got, &original) <= 12, "{quality}");
    }
}

#[test]
fn flat_pictures_take_two_bits_a_block() {
    let shape = Shape {
        width: 800,
        height: 800,
        model: Model::YCbCr { across: 2, down: 2 },
    };
    let mut original = Raster::new(shape);
    for plane in &mut original.planes {
        plane.samples.fill(77);
    }
    let file = written(&original, 80);
    assert!(file.len() < 700 + 50 * 50 * 6 * 2 / 8, "{}", file.len());
    assert!(most_off(&decoded(&file), &original) <= 2);
}

#[test]
fn bands_make_no_difference() {
    for model in MODELS {
        let shape = Shape {
            width: 75,
            height: 53,
            model,
        };
        let whole = picture(shape, 5);
        let checkpoint = Checkpoint::new();
        let mut sink = create(encoding(80), shape, &checkpoint);
        let mut from = 0;
        for rows in [2, 16, 30, 5] {
            let mut band = whole.clone();
            for (index, plane) in band.planes.iter_mut().enumerate() {
                let down = usize::from(model.factors(index).1);
                let height = plane.height as usize;
                let (top, end) = (from / down, ((from + rows).div_ceil(down)).min(height));
                plane.samples = plane.samples[top * plane.stride..end * plane.stride].to_vec();
                plane.height = u32::try_from(end - top).unwrap();
            }
            sink.push(&band).unwrap();
            from += rows;
        }
        assert!(sink.finish().unwrap() == written(&whole, 80), "{model:?}");
    }
}

#[test]
fn a_stop_ends_either_pass() {
    let shape = Shape {
        width: 75,
        height: 53,
        model: Model::Gray,
    };
    let stopped = Error::Stopped(Stop::Deadline);
    let checkpoint = Checkpoint::new();
    let mut sink = create(encoding(80), shape, &checkpoint);
    let mut band = picture(shape, 5);
    band.planes[0].height = 20;
    sink.push(&band).unwrap();
    checkpoint.stop(Stop::Deadline);
    assert_eq!(sink.push(&band), Err(stopped.clone()));
    let checkpoint = Checkpoint::new();
    let mut sink = create(encoding(80), shape, &checkpoint);
    sink.push(&picture(shape, 5)).unwrap();
    checkpoint.stop(Stop::Deadline);
    assert_eq!(sink.finish(), Err(stopped));
}

#[test]
fn another_decoder_reads_it() {
    let shape = Shape {
        width: 75,
        height: 53,
        model: Model::YCbCr { across: 1, down: 1 },
    };
    let original = picture(shape, 5);
    let file = written(&original, 95);
    let decoder = JpegDecoder::new(std::io::Cursor::new(&file)).unwrap();
    let image = DynamicImage::from_decoder(decoder).unwrap().to_rgb8();
    let [y, cb, cr] =
        [0, 1, 2].map(|index: usize| f64::from(original.planes[index].samples[30 * 75 + 20]));
    let red = (y + 1.402 * (cr - 128.0)).clamp(0.0, 255.0);
    let blue = (y + 1.772 * (cb - 128.0)).clamp(0.0, 255.0);
    let pixel = image.get_pixel(20, 30);
    assert!((f64::from(pixel[0]) - red).abs() < 12.0, "{pixel:?}, {red}");
    assert!(
        (f64::from(pixel[2]) - blue).abs() < 12.0,
        "{pixel:?}, {blue}"
    );
}

/// Blocks of every kind: noise of some width about some mean.
fn samples() -> impl Strategy<Value = Vec<u8>> {
    (
        any::<u8>(),
        0_u32..=8,
        proptest::collection::vec(any::<u8>(), 8 * 48),
    )
        .prop_map(|(mean, bits, noise)| {
            noise
                .iter()
                .map(|&n| mean.wrapping_add(n.checked_shr(8 - bits).unwrap_or(0)))
                .collect()
        })
}

proptest! {
    #[test]
    fn coefficients_are_as_in_floating_point(samples in samples(), quality in 1_u8..=100, plane in 0_usize..3) {
        check_block(&samples[..128], &steps::tables(quality, true)[plane], plane > 0);
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn kernels_agree(samples in samples(), steps in proptest::collection::vec(1_u16..=255, 64), chroma in any::<bool>()) {
        let quantiser = Quantiser::new(&steps.try_into().unwrap(), chroma);
        let mut portable = vec![Block::flat(0); 6];
        transform::portable(&samples, 48, &quantiser, &mut portable);
        let mut chosen = portable.iter().map(|_| Block::flat(1)).collect::<Vec<_>>();
        transform::row(&samples, 48, &quantiser, &mut chosen);
        prop_assert_eq!(portable, chosen);
    }

    #[test]
    fn anything_comes_back(width in 1_u32..70, height in 1_u32..70, quality in 1_u8..=100, model in 0_usize..5, seed: u64) {
        let shape = Shape { width, height, model: MODELS[model] };
        let got = decoded(&written(&noise(shape, seed), quality));
        prop_assert_eq!(got.shape(), shape);
    }
}
