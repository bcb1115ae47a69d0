//! The container file: its sources exist, its commands are make's, it ends as one file that runs as nobody.

use std::fs;
use std::path::Path;
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Instructions with their arguments, comments gone and continued lines joined.
fn instructions() -> Vec<(String, String)> {
    fs::read_to_string(root().join("Dockerfile"))
        .unwrap()
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .collect::<Vec<_>>()
        .join("\n")
        .replace("\\\n", " ")
        .lines()
        .filter_map(|line| line.trim().split_once(' '))
        .map(|(name, rest)| (name.to_owned(), rest.trim().to_owned()))
        .collect()
}

fn all(name: &str) -> Vec<String> {
    let of = instructions().into_iter().filter(|(n, _)| n == name);
    of.map(|(_, rest)| rest).collect()
}

fn exec_form(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_else(|_| panic!("not the exec form: {text}"))
}

#[test]
fn every_copied_file_is_there() {
    let stages: Vec<String> = all("FROM")
        .iter()
        .filter_map(|from| from.split(" AS ").nth(1).map(str::to_owned))
        .collect();
    let mut copied = Vec::new();
    for copy in all("COPY") {
        let mut words: Vec<&str> = copy.split(' ').collect();
        words.pop();
        if let Some(stage) = words[0].strip_prefix("--from=") {
            assert!(stages.iter().any(|name| name == stage), "{stage}");
            assert_eq!(words[1..], ["/src/target/dist/pixmill"]);
            continue;
        }
        for source in words {
            assert!(root().join(source).exists(), "{source}");
            copied.push(source.to_owned());
        }
    }
    // What the build reads, besides.
    for needed in [
        "Cargo.lock",
        "Cargo.toml",
        "build.rs",
        "src",
        "config",
        "benches",
        ".cargo",
        "Makefile",
        "scripts",
    ] {
        assert!(
            copied.iter().any(|name| name == needed),
            "{needed} isn't copied"
        );
    }
}

/// With exactly what the build stage copies, cargo takes the manifest: it refuses one whose targets aren't there.
#[test]
fn cargo_takes_what_is_copied() {
    let folder = std::env::temp_dir().join(format!("pixmill-image-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    for copy in all("COPY") {
        let mut words: Vec<&str> = copy.split(' ').collect();
        let to = words.pop().unwrap();
        if words[0].starts_with("--from=") || to.starts_with('/') {
            continue;
        }
        for source in words {
            let to = folder.join(if to == "./" { source } else { to });
            copy_all(&root().join(source), &to);
        }
    }
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    // The first of cargo's commands that looks at every target, and it builds nothing.
    let output = Command::new(env!("CARGO"))
        .args(["fetch", "--locked", "--offline", "--target", &target])
        .current_dir(&folder)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    fs::remove_dir_all(folder).unwrap();
}

fn copy_all(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy_all(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::copy(from, to).unwrap();
    }
}

#[test]
fn its_commands_are_makes() {
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    let runs = all("RUN");
    assert!(runs.len() >= 2);
    for run in runs {
        let words = exec_form(&run);
        assert_eq!((words[0].as_str(), words.len()), ("make", 2), "{run}");
        assert!(makefile.contains(&format!("\n{}:", words[1])), "{run}");
    }
}

#[test]
fn the_image_is_one_file_that_runs_as_nobody() {
    assert_eq!(all("FROM").last().unwrap(), "scratch");
    assert_eq!(exec_form(&all("ENTRYPOINT")[0]), ["/pixmill"]);
    assert_eq!(exec_form(&all("CMD")[0]), ["serve"]);
    // In the environment, so that another command, and the health check, have it too.
    assert_eq!(all("ENV"), ["PIXMILL_CONFIG=/etc/pixmill.toml"]);
    assert!(all("COPY").contains(&"config/production.toml /etc/pixmill.toml".to_owned()));
    let user = all("USER").pop().unwrap();
    assert!(
        user.split(':').all(|id| id.parse::<u32>().unwrap() > 0),
        "{user}"
    );
    let check = all("HEALTHCHECK").pop().unwrap();
    assert_eq!(
        exec_form(check.split("CMD ").nth(1).unwrap()),
        ["/pixmill", "healthcheck"]
    );
    assert_eq!(all("STOPSIGNAL"), ["SIGTERM"]);
    assert!(all("LABEL")[0].contains("org.opencontainers.image.licenses=\"MIT OR Apache-2.0\""));
    assert_eq!(all("EXPOSE"), ["8080"]);
}
