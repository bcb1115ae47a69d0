//! Plans at random: no file and no request gets past its estimate.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};

use super::counter;
use super::pictures::{self, Content};
use super::trial::{asked, took};

/// As many as take some seconds.
const CASES: u32 = 120;

fn ask() -> impl Strategy<Value = String> {
    (
        1_u32..1500,
        1_u32..1500,
        select(&["inside", "cover", "contain", "fill", "outside"]),
        select(&["jpeg", "png", "webp"]),
        select(&["", "&background=ff0000", "&background=00ff0080"]),
        select(&["", "&linear=false", "&enlarge=true", "&dpr=2"]),
    )
        .prop_map(|(width, height, fit, format, background, more)| {
            format!(
                "resize?width={width}&height={height}&fit={fit}&type={format}{background}{more}"
            )
        })
}

#[test]
fn any_plan_keeps_to_its_estimate() {
    let _alone = counter::alone();
    let mut files = pictures::kinds((640, 480), Content::Noise);
    files.extend(pictures::kinds((1200, 90), Content::Photo));
    files.extend(pictures::kinds((33, 1000), Content::Palette));
    let config = Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&(0..files.len(), ask()), |(index, ask)| {
            let (name, file) = &files[index];
            if let Some((estimate, peak)) = took(name, file, &asked(&ask)) {
                prop_assert!(
                    peak * 10 <= estimate * 11,
                    "{name}: {peak} of {estimate} bytes"
                );
            }
            Ok(())
        })
        .unwrap();
}
