//! A folder of real images with a `manifest.tsv`, named by `PIXMILL_CORPUS`; without it there is nothing to do.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::TestServer;

/// Formats that are read in full; of the others some kinds are refused.
const FULL: [&str; 3] = ["jpeg", "png", "webp"];

#[tokio::test]
async fn real_images_are_accepted_or_refused_as_the_manifest_says() {
    let Ok(folder) = std::env::var("PIXMILL_CORPUS") else {
        return;
    };
    let folder = Path::new(&folder);
    let manifest = std::fs::read_to_string(folder.join("manifest.tsv")).unwrap();
    let mut lines = manifest.lines().filter(|line| !line.starts_with('#'));
    let names: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let server = TestServer::start().await;
    let mut wrong = Vec::new();
    let mut seen = BTreeMap::new();
    for line in lines {
        let row: BTreeMap<&str, &str> = names.iter().copied().zip(line.split('\t')).collect();
        let body = std::fs::read(folder.join(row["file"])).unwrap();
        let answer = server
            .post("/resize?width=200&height=200&type=png", &body)
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
        }
        *seen
            .entry((row["format"].to_owned(), expected.to_owned()))
            .or_insert(0) += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen.len() > 3, "{seen:?}");
    server
        .settled(|f| f.busy == 0 && f.pixel_memory.0 == 0 && f.upload_memory.0 == 0)
        .await;
}
