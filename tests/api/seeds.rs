//! The fuzz targets, on their seeds and on what was found once.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::targets::{TARGETS, run};

/// The fuzzers' folder.
fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// The files of a folder, by name; none where there is no folder.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder) else {
        return BTreeMap::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .map(|path| {
            let bytes = fs::read(&path).unwrap();
            (path, bytes)
        })
        .collect()
}

#[test]
fn every_seed_keeps_the_promises_of_its_target() {
    let mut broken = Vec::new();
    for (name, _) in TARGETS {
        let seeds = files(&fuzz().join("seeds").join(name));
        assert!(seeds.len() > 8, "{name}: {} seeds", seeds.len());
        let found = files(&fuzz().join("regressions").join(name));
        let (mut deep, count) = (0, seeds.len());
        for (path, bytes) in seeds.into_iter().chain(found) {
            match std::panic::catch_unwind(|| run(name, &bytes)) {
                Ok(reached) => deep += usize::from(reached),
                Err(_panic) => broken.push(path),
            }
        }
        // Seeds that are refused early test nothing.
        assert!(
            deep * 3 >= count,
            "{name}: {deep} of {count} go all the way"
        );
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// A target notices when a promise is broken: here that of another format's file.
#[test]
fn a_broken_promise_is_noticed() {
    let seeds = files(&fuzz().join("seeds/probe"));
    let (_, file) = seeds
        .iter()
        .find(|(path, _)| path.ends_with("420.jpg"))
        .unwrap();
    let lie = || crate::targets::check_answer(file, pixmill::codecs::Format::Png, 45, 37);
    std::panic::catch_unwind(lie).unwrap_err();
}

/// Versions by name, of a lock file.
fn locked(path: &Path) -> BTreeMap<String, Vec<String>> {
    let lock: toml::Table = fs::read_to_string(path).unwrap().parse().unwrap();
    let mut versions = BTreeMap::<_, Vec<_>>::new();
    for package in lock["package"].as_array().unwrap() {
        let field = |name: &str| package[name].as_str().unwrap().to_owned();
        versions
            .entry(field("name"))
            .or_default()
            .push(field("version"));
    }
    versions
}

/// Their workspace has a lock file of its own.
#[test]
fn what_is_fuzzed_is_what_is_shipped() {
    let root = fuzz().join("..");
    let shipped = locked(&root.join("Cargo.lock"));
    let mut compared = 0;
    for (name, versions) in locked(&root.join("fuzz/Cargo.lock")) {
        if let Some(shipped) = shipped.get(&name) {
            compared += 1;
            for version in versions {
                assert!(shipped.contains(&version), "fuzz has {name} {version}");
            }
        }
    }
    assert!(compared > 50, "{compared}");
}
