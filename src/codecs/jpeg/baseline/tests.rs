//! Our decoder against libjpeg-turbo: the same samples, the same refusals.

use proptest::prelude::*;

use super::compare::{agree, both, check, compare, pairs, planar};
use super::idct::Block;
use super::*;
use crate::codecs::jpeg::probe;
use crate::codecs::jpeg::tests::{MODELS, SHAPE, file};

/// Where the scan's codes begin.
fn data(file: &[u8]) -> usize {
    let scan = file
        .windows(2)
        .rposition(|pair| pair == [0xff, 0xda])
        .unwrap();
    scan + 2 + usize::from(file[scan + 3])
}

#[test]
fn every_layout_at_every_scale() {
    for model in MODELS {
        for quality in [3, 60, 100] {
            let shape = Shape { model, ..SHAPE };
            let file = file(shape, quality, 7);
            let header = probe(&file).unwrap();
            for scale in pairs(model) {
                assert_eq!(
                    compare(&file, &header, scale),
                    Ok(true),
                    "{model:?} {quality}"
                );
            }
        }
    }
}

/// A file of colour with a restart marker behind each row of blocks, joined from files of one row each.
fn with_restarts(rows: u16) -> Vec<u8> {
    let strip = |row: u16| {
        let colour = |x: u32, y: u32| {
            let sample =
                |a: u32| u8::try_from((x * a + y * 5 + u32::from(row) * 40) % 256).unwrap();
            image::Rgb([sample(3), sample(7), sample(2)])
        };
        let strip = image::RgbImage::from_fn(64, 8, colour);
        let mut bytes = Vec::new();
        image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 90)
            .encode_image(&strip)
            .unwrap();
        bytes
    };
    let mut file = strip(0);
    let frame = file
        .windows(2)
        .position(|pair| pair == [0xff, 0xc0])
        .unwrap();
    file[frame + 5..frame + 7].copy_from_slice(&(8 * rows).to_be_bytes());
    // Eight units between two markers.
    let interval = [0xff, 0xdd, 0, 4, 0, 8];
    file.splice(frame..frame, interval);
    for row in 1..rows {
        file.truncate(file.len() - 2);
        file.extend([0xff, 0xd0 + u8::try_from((row - 1) % 8).unwrap()]);
        let next = strip(row);
        file.extend_from_slice(&next[data(&next)..]);
    }
    file
}

#[test]
fn restart_markers() {
    let file = with_restarts(12);
    let header = probe(&file).unwrap();
    assert_eq!((header.width, header.height), (64, 96));
    for scale in pairs(header.model) {
        let [ours, theirs] = both(&file, &header, scale).unwrap();
        assert_eq!(ours.unwrap(), theirs.unwrap());
    }
    // One marker is missing, or has another number.
    let marker = file
        .windows(2)
        .position(|pair| pair == [0xff, 0xd3])
        .unwrap();
    for number in [0xd4, 0x00] {
        let mut file = file.clone();
        file[marker + 1] = number;
        assert_eq!(compare(&file, &header, Scale::FULL), Ok(true));
        assert!(both(&file, &header, Scale::FULL).unwrap()[0].is_err());
    }
}

#[test]
fn what_is_cut_short_is_refused() {
    let file = file(SHAPE, 80, 3);
    let header = probe(&file).unwrap();
    for length in data(&file)..file.len() {
        let [ours, theirs] = both(&file[..length], &header, Scale::FULL).unwrap();
        assert!(
            ours.is_err() && theirs.is_err(),
            "{length} of {}",
            file.len()
        );
    }
}

/// What may stand between the last code and the end, and what may not.
#[test]
fn markers_behind_the_scan() {
    let file = file(SHAPE, 80, 5);
    let header = probe(&file).unwrap();
    let (codes, end) = file.split_at(file.len() - 2);
    for marker in 0..=255 {
        let extra: &[u8] = match marker {
            // Tables are read; an empty one is none.
            0xc4 | 0xcc | 0xdb => &[0, 2],
            0xdd => &[0, 4, 0, 0],
            _ => &[0, 3, 7],
        };
        let file = [codes, &[0xff, marker], extra, end].concat();
        assert!(agree(&file, &header, Scale::FULL), "{marker:02x}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn mutants(
        model in prop::sample::select(&MODELS[..]),
        quality in 20_u8..100,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut file = file(Shape { model, ..SHAPE }, quality, 11);
        let scan = data(&file);
        for (at, byte) in changes {
            let room = file.len() - scan;
            file[scan + at.index(room)] = byte;
        }
        let header = probe(&file).unwrap();
        prop_assert!(planar(&header));
        // Coefficients beyond what an encoder writes may overflow in one way or another.
        prop_assert!(agree(&file, &header, Scale::FULL));
    }
}

/// Real files, where there is a folder of them with a manifest: `PIXMILL_CORPUS`.
#[test]
fn a_corpus() {
    let Ok(folder) = std::env::var("PIXMILL_CORPUS") else {
        return;
    };
    let manifest = std::fs::read_to_string(format!("{folder}/manifest.tsv")).unwrap();
    let mut compared = 0;
    let mut wrong = Vec::new();
    for line in manifest.lines().filter(|line| line.starts_with("jpeg/")) {
        let mut fields = line.split('\t');
        let (name, status) = (fields.next().unwrap(), fields.next().unwrap());
        let bytes = std::fs::read(format!("{folder}/{name}")).unwrap();
        let Ok(header) = probe(&bytes) else { continue };
        if !planar(&header) || u64::from(header.width) * u64::from(header.height) > 1 << 24 {
            continue;
        }
        for scale in pairs(header.model) {
            match compare(&bytes, &header, scale) {
                Ok(same) => compared += u32::from(same),
                // What is broken and still read may overflow in one way or another.
                Err(_) if status != "valid" && agree(&bytes, &header, scale) => {}
                Err(difference) => wrong.push(format!("{name}: {difference}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared > 0, "no file was compared");
}

/// What the fuzzer starts from, and what it found once, at every pair of scales.
#[test]
fn seeds() {
    let mut compared = 0;
    for folder in ["seeds", "regressions"] {
        let folder = format!("{}/fuzz/{folder}/baseline", env!("CARGO_MANIFEST_DIR"));
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            let file = std::fs::read(&path).unwrap();
            // The last byte says at which scales the fuzzer compares them.
            let file = &file[..file.len().saturating_sub(1)];
            for pick in 0..16 {
                match check(file, pick) {
                    Ok(same) => compared += u32::from(same),
                    Err(difference) => panic!("{}: {difference}", path.display()),
                }
            }
        }
    }
    assert!(compared > 100, "{compared} comparisons");
}

/// Whatever the coefficients are, AVX2 gives what any processor gives.
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "calls of measured kernels")]
mod kernels {
    use super::*;

    type Portable = fn(Block<'_>, &mut [u8], usize);

    fn same(block: Block<'_>, portable: Portable, kernel: impl Fn(Block<'_>, &mut [u8])) {
        let (mut expected, mut got) = ([7; 64], [7; 64]);
        portable(block, &mut expected, 8);
        kernel(block, &mut got);
        assert_eq!(expected, got);
    }

    proptest! {
        #[test]
        fn give_the_same(
            coefficients in prop::array::uniform32(any::<[i16; 2]>()),
            range in 0_u32..16,
            quantisers in prop::array::uniform32(any::<[u8; 2]>()),
        ) {
            if is_x86_feature_detected!("avx2") {
                let mut coefficients: [i16; 64] = coefficients.as_flattened().try_into().unwrap();
                for coefficient in &mut coefficients {
                    *coefficient >>= range;
                }
                let quantisers: Vec<i16> = quantisers.as_flattened().iter().map(|&q| i16::from(q)).collect();
                let block = Block {
                    coefficients: &coefficients,
                    quantisers: &quantisers.try_into().unwrap(),
                };
                // SAFETY: AVX2 was just detected.
                same(block, idct::whole, |block, out| unsafe { avx2::whole(block, out, 8) });
                // SAFETY: AVX2 was just detected.
                same(block, idct::half, |block, out| unsafe { avx2::half(block, out, 8) });
                // SAFETY: AVX2 was just detected.
                same(block, idct::quarter, |block, out| unsafe { avx2::quarter(block, out, 8) });
            }
        }
    }
}
