//! Small valid files of every kind, those of the fuzz targets, cut at every boundary and changed at random.

use std::fs;
use std::path::Path;

use libdeflater::Crc;

use super::Named;
use crate::random::Random;

/// Behind each seed are this many bytes that are the fuzz targets' own.
const WISHES: usize = 8;
/// Files up to this length are cut at every byte, longer ones at this many places.
const CUTS: usize = 500;
const MUTANTS_EACH: usize = 45;

pub(super) fn all() -> Vec<Named> {
    let seeds = seeds();
    let mut files = seeds.clone();
    let mut random = Random(20_261_125);
    let mut formats = Vec::new();
    for (name, bytes) in &seeds {
        let format = name.rsplit_once('.').map(|(_, format)| format.to_owned());
        // The first of each format is cut everywhere, the others at a few places.
        let cuts = if formats.contains(&format) { 12 } else { CUTS };
        formats.push(format);
        let step = bytes.len().div_ceil(cuts).max(1);
        for end in (0..bytes.len()).step_by(step) {
            files.push((format!("{name} cut at {end}"), bytes[..end].to_vec()));
        }
        for index in 0..MUTANTS_EACH {
            let other = random.of(&seeds).1.clone();
            let mut mutant = mutated(bytes, &other, &mut random);
            if index % 2 == 0 && name.ends_with("png") {
                mend(&mut mutant);
            }
            files.push((format!("{name}, mutant {index}"), mutant));
        }
    }
    files
}

/// In the order of their length, so that the first of a format is its shortest.
fn seeds() -> Vec<Named> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    let mut seeds = Vec::new();
    for kind in ["jpeg", "png", "webp", "bridge"] {
        for entry in fs::read_dir(folder.join(kind)).unwrap() {
            let path = entry.unwrap().path();
            let mut bytes = fs::read(&path).unwrap();
            bytes.truncate(bytes.len() - WISHES);
            seeds.push((path.file_name().unwrap().to_string_lossy().into(), bytes));
        }
    }
    seeds.sort_by_key(|(name, bytes): &Named| (bytes.len(), name.clone()));
    seeds
}

fn mutated(bytes: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut file = bytes.to_vec();
    for _ in 0..=random.below(4) {
        // Headers are where most is decided.
        let end = if random.below(2) == 0 { 64 } else { file.len() };
        let at = random.below(file.len().min(end));
        let length = (1 + random.below(16)).min(file.len() - at);
        match random.below(8) {
            0 => file[at] = random.byte(),
            1 => file[at] ^= 1 << random.below(8),
            2 => file[at..at + length].fill(*random.of(&[0, 0xff, 0x7f, 0x80])),
            3 => file[at..at + length].fill_with(|| random.byte()),
            4 => {
                file.drain(at..at + length);
            }
            5 => {
                let again = file[at..at + length].repeat(1 + random.below(20));
                file.splice(at..at, again);
            }
            6 => {
                let from = random.below(other.len());
                file.splice(at..at + length, other[from..].iter().copied().take(64));
            }
            _ => file.truncate(at),
        }
        if file.is_empty() {
            file.push(random.byte());
        }
    }
    file
}

/// Makes the sums of a PNG's chunks right again, so that what was changed is looked at.
fn mend(file: &mut [u8]) {
    let mut at = 8;
    while let Some(&[a, b, c, d]) = file.get(at..at + 4).and_then(|s| s.first_chunk()) {
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        let (start, end) = (at + 4, at + 8 + length);
        if end + 4 > file.len() {
            return;
        }
        let mut crc = Crc::new();
        crc.update(&file[start..end]);
        file[end..end + 4].copy_from_slice(&crc.sum().to_be_bytes());
        at = end + 4;
    }
}
