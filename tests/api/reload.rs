//! The configuration's file, read again by a running server.

use std::path::{Path, PathBuf};
use std::time::Instant;

use rustix::process::Signal;

use crate::answer::Answer;
use crate::cli::Served;
use crate::fixtures::{jpeg, photo};
use crate::support::{PATIENCE, request};

/// A folder of its own, with the file in it; gone when dropped.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let place =
            std::env::temp_dir().join(format!("pixmill-reload-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&place).unwrap();
        Self(place)
    }

    fn file(&self) -> PathBuf {
        self.0.join("pixmill.toml")
    }

    /// In one step, as editors do it.
    fn write(&self, text: &str) {
        let new = self.0.join("new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, self.file()).unwrap();
    }

    fn serve(&self, more: &[&str]) -> Served {
        let file = self.file();
        let arguments = [&["--config", file.to_str().unwrap()], more].concat();
        Served::start(&arguments)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn ask(served: &Served, path: &str, key: &str) -> Answer {
    let file = jpeg(&photo(40, 30));
    served.answer(&request("POST", path, &[("API-Key", key)], &file))
}

/// Sends the signal, and waits until what it does is seen.
fn reread(served: &Served, done: impl Fn() -> bool) {
    served.signal(Signal::HUP);
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "it isn't taken over");
        std::thread::yield_now();
    }
}

#[test]
fn keys_limits_and_presets_are_exchanged_while_it_serves() {
    for more in [&[][..], &["--isolation", "process"], &["--sandbox", "off"]] {
        let place = Place::new("keys");
        let picture = place.0.join("placeholder.jpg");
        std::fs::write(&picture, jpeg(&photo(20, 20))).unwrap();
        // Its file is read at the start alone.
        let shown = format!("placeholder = {picture:?}\n");
        place.write(&format!(
            "{shown}api_keys = [\"old\"]\nmax_output_side = 100"
        ));
        let served = place.serve(more);
        assert_eq!(ask(&served, "/resize?width=20", "old").status, 200);
        assert_eq!(ask(&served, "/resize?width=20", "new").status, 401);
        assert_eq!(ask(&served, "/preset/small", "old").status, 404);
        // A connection that is open goes on by what it finds at its next request.
        place.write(&format!(
            "{shown}api_keys = [\"old\", \"new\"]\nmax_output_side = 50\npresets = [\"small=resize?width=20\"]",
        ));
        reread(&served, || {
            ask(&served, "/resize?width=20", "new").status == 200
        });
        assert_eq!(ask(&served, "/resize?width=20", "old").status, 200);
        assert_eq!(ask(&served, "/resize?width=60", "old").status, 400);
        assert_eq!(ask(&served, "/preset/small", "new").status, 200);
        place.write(&format!("{shown}api_keys = [\"new\"]"));
        reread(&served, || {
            ask(&served, "/resize?width=20", "old").status == 401
        });
        assert_eq!(ask(&served, "/resize?width=60", "new").status, 200);
        served.signal(Signal::TERM);
        let (code, log) = served.ended();
        assert_eq!(code, Some(0), "{log}");
        assert!(
            log.contains("\"changed\":\"max_output_side, api_keys, presets\""),
            "{log}"
        );
        assert!(!log.contains("\"new\""), "{log}");
    }
}

#[test]
fn what_cannot_be_taken_over_changes_nothing_and_is_said() {
    let place = Place::new("wrong");
    place.write("api_keys = [\"old\"]");
    let served = place.serve(&[]);
    for text in [
        "api_keys = [\"new\"]\nmax_pixel = 7",
        "api_keys = [\"new\"]\nworkers = 7",
        "api_keys = [\"new\"",
    ] {
        place.write(text);
        served.signal(Signal::HUP);
    }
    std::fs::remove_file(place.file()).unwrap();
    served.signal(Signal::HUP);
    // Signals that come close to each other may be one; the last is always seen.
    place.write("api_keys = [\"old\", \"last\"]");
    reread(&served, || {
        ask(&served, "/resize?width=20", "last").status == 200
    });
    assert_eq!(ask(&served, "/resize?width=20", "new").status, 401);
    let told = |name: &str| {
        let page = served.answer(&request("GET", "/metrics", &[("API-Key", "last")], &[]));
        let page = String::from_utf8(page.body).unwrap();
        let count = page.lines().find_map(|line| line.strip_prefix(name));
        count.map_or(0, |count| count.parse::<u32>().unwrap())
    };
    let refused = || told("pixmill_reloads_total{outcome=\"refused\"} ");
    let successful = || told("pixmill_config_last_reload_successful ");
    assert_eq!(successful(), 1);
    for text in ["api_keys = [\"new\"]\nmax_pixel = 7", "workers = 7"] {
        let before = refused();
        place.write(text);
        reread(&served, || refused() == before + 1);
        assert_eq!(successful(), 0);
        assert_eq!(ask(&served, "/resize?width=20", "last").status, 200);
    }
    served.signal(Signal::TERM);
    let (_, log) = served.ended();
    for said in [
        "did you mean max_pixels?",
        "workers: is taken over only by a new start",
    ] {
        assert!(log.contains(said), "{log}");
    }
    assert!(log.contains("the configuration stays as it is"), "{log}");
}

/// Orchestrators put a link in the place of another.
#[test]
fn links_within_the_folder_are_followed_and_others_are_not() {
    let place = Place::new("links");
    let at = |version: &str| place.0.join(version);
    for (version, key) in [("v1", "old"), ("v2", "new")] {
        std::fs::create_dir(at(version)).unwrap();
        let text = format!("api_keys = [\"{key}\"]");
        std::fs::write(at(version).join("pixmill.toml"), text).unwrap();
    }
    let link = |to: &Path, name: &str| {
        let new = at("link");
        std::os::unix::fs::symlink(to, &new).unwrap();
        std::fs::rename(new, at(name)).unwrap();
    };
    link(Path::new("v1"), "..data");
    link(Path::new("..data/pixmill.toml"), "pixmill.toml");
    let served = place.serve(&[]);
    assert_eq!(ask(&served, "/resize?width=20", "old").status, 200);
    link(Path::new("v2"), "..data");
    reread(&served, || {
        ask(&served, "/resize?width=20", "new").status == 200
    });
    let other = Place::new("elsewhere");
    other.write("api_keys = [\"elsewhere\"]");
    link(&other.file(), "pixmill.toml");
    served.signal(Signal::HUP);
    assert_eq!(ask(&served, "/resize?width=20", "elsewhere").status, 401);
    served.signal(Signal::TERM);
    let (_, log) = served.ended();
    assert!(log.contains("lies in another folder"), "{log}");
}

/// Without a file there is nothing to read again: who started it has gone.
#[test]
fn without_a_file_it_drains() {
    let served = Served::start(&[]);
    served.signal(Signal::HUP);
    let (code, log) = served.ended();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("draining"), "{log}");
}
