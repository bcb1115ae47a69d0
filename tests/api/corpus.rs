//! A folder of real images with a `manifest.tsv`, named by `PIXMILL_CORPUS`; without it there is nothing to do.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::{Picture, TestServer};

/// Formats that are read in full; of the others some kinds are refused.
const FULL: [&str; 5] = ["jpeg", "png", "tiff", "webp", "avif"];

#[tokio::test]
async fn real_images_are_accepted_or_refused_as_the_manifest_says() {
    let Ok(folder) = std::env::var("PIXMILL_CORPUS") else {
        return;
    };
    let folder = Path::new(&folder);
    let manifest = std::fs::read_to_string(folder.join("manifest.tsv")).unwrap();
    let mut lines = manifest.lines().filter(|line| !line.starts_with('#'));
    let names: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let server = TestServer::start_with(|config| config.pipeline.drawings = true).await;
    let references = folder.with_file_name("corpus-reference");
    let mut wrong = Vec::new();
    let mut matches = Vec::new();
    let mut seen = BTreeMap::new();
    for line in lines {
        let row: BTreeMap<&str, &str> = names.iter().copied().zip(line.split('\t')).collect();
        let body = std::fs::read(folder.join(row["file"])).unwrap();
        let answer = server
            .post("/resize?width=200&height=200&type=png&linear=false", &body)
            .await;
        let (status, expected) = (answer.status, row["status"]);
        let full = FULL.contains(&row["format"]);
        let fine = match expected {
            "corrupt" => (400..500).contains(&status),
            "valid" if full => status == 200,
            _ => status == 200 || (400..500).contains(&status),
        };
        if !fine {
            wrong.push(format!("{}: {expected}, answered {status}", row["file"]));
        }
        if status == 200 && full && expected == "valid" {
            let got = [answer.header("image-width"), answer.header("image-height")];
            let off = [row["ref_width"], row["ref_height"]]
                .iter()
                .zip(got)
                .any(|(want, got)| {
                    let number = |text: &str| text.parse::<i32>().unwrap();
                    *want != "-" && number(want).abs_diff(number(got.unwrap())) > 1
                });
            if off {
                wrong.push(format!("{}: {got:?}", row["file"]));
            }
            if row["reference_confidence"] == "high" && is_scaled(&row) {
                matches.extend(best_match(
                    &Picture::decode(&answer.body),
                    &references,
                    &row,
                ));
            }
        }
        *seen
            .entry((row["format"].to_owned(), expected.to_owned()))
            .or_insert(0) += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen.len() > 3, "{seen:?}");
    if references.is_dir() {
        check_matches(matches);
    }
    server
        .settled(|f| f.busy == 0 && f.pixel_memory.0 == 0 && f.upload_memory.0 == 0)
        .await;
}

/// The thresholds of the corpus' own comparison.
fn check_matches(mut matches: Vec<(f64, String)>) {
    assert!(matches.len() > 100, "{} references", matches.len());
    matches.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let (median, _) = matches[matches.len() / 2];
    assert!(median >= 40.0, "median {median}, worst {:?}", &matches[..9]);
    // Each of them is another picture than the reference, or broken.
    let far: Vec<_> = matches.iter().filter(|(psnr, _)| *psnr < 25.0).collect();
    assert!(far.len() * 100 <= matches.len(), "{far:?}");
}

/// Whether the answer is smaller than the picture: what isn't scaled, any decoder gets right.
fn is_scaled(row: &BTreeMap<&str, &str>) -> bool {
    row["display_width"] != row["ref_width"] || row["display_height"] != row["ref_height"]
}

/// The better match with the references of a file, in dB; none where sizes differ by the pixel that may be off.
fn best_match(
    got: &Picture,
    references: &Path,
    row: &BTreeMap<&str, &str>,
) -> Option<(f64, String)> {
    let mut names = vec![row["reference"].to_owned()];
    if row["second_reference"] == "yes" {
        names.push(format!("{}.alt.png", row["file"]));
    }
    let files = names
        .iter()
        .filter_map(|name| std::fs::read(references.join(name)).ok());
    let same = files
        .map(|file| Picture::decode(&file))
        .filter(|reference| (reference.width, reference.height) == (got.width, got.height))
        .map(|reference| got.psnr(&reference).min(got.psnr_on_black(&reference)));
    let best = same.max_by(f64::total_cmp)?;
    Some((best, row["file"].to_owned()))
}
