//! Profiles of the processor's time, from the real binary while it works.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Instant, SystemTime};

use crate::admin::{answer, served, served_by};
use crate::answer::Answer;
use crate::cli::{Served, text};
use crate::fixtures::{jpeg, photo};
use crate::pprof::Profile;
use crate::sandbox::has_both;
use crate::support::request;

fn asked(admin: SocketAddr, query: &str) -> Answer {
    answer(admin, "GET", &format!("/debug/pprof/profile{query}"))
}

/// Whatever fails, the load ends, and with it the test.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Keeps the server busy with two requests at a time until `done` ends; how many were answered, each with a picture.
fn under_load<T>(process: &Served, done: impl FnOnce() -> T) -> (T, usize) {
    let (end, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    let post = request("POST", "/resize?width=300", &[], &jpeg(&photo(1_200, 900)));
    let made = std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !end.load(Ordering::Relaxed) {
                    assert_eq!(process.answer(&post).status, 200);
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        while answered.load(Ordering::Relaxed) == 0 {
            std::thread::yield_now();
        }
        let _end = End(&end);
        done()
    });
    (made, answered.into_inner())
}

/// Asks until a profile has something to tell: a busy machine gives a server little of its time.
fn enough(mut ask: impl FnMut() -> Answer) -> Profile {
    for _ in 0..20 {
        let answer = ask();
        assert_eq!(answer.status, 200, "{}", text(&answer.body));
        let profile = Profile::read(&answer.body);
        if profile.count() >= 30 {
            return profile;
        }
    }
    panic!("a server that works is never seen at it")
}

/// Processor seconds of the process so far.
fn cpu_seconds(admin: SocketAddr) -> f64 {
    let page = text(&answer(admin, "GET", "/metrics").body);
    let line = page
        .lines()
        .find_map(|line| line.strip_prefix("pixmill_cpu_seconds_total "));
    line.unwrap().parse().unwrap()
}

#[track_caller]
fn says_what_it_is(profile: &Profile, took: f64) {
    let pair = |kind: &str, unit: &str| (kind.to_owned(), unit.to_owned());
    let cpu = pair("cpu", "nanoseconds");
    assert_eq!(profile.kinds, [pair("samples", "count"), cpu.clone()]);
    assert_eq!(profile.period_kind, cpu);
    assert_eq!(profile.period, 10_000_000);
    assert!(
        profile.seconds >= 2.0 && profile.seconds <= took,
        "{} of {took}",
        profile.seconds
    );
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let since = profile.since_nanoseconds as f64 / 1e9;
    assert!((now.unwrap().as_secs_f64() - since) < 60.0);
    for sample in &profile.samples {
        assert_eq!(sample.values[1], sample.values[0] * profile.period);
        assert!(!sample.stack.is_empty());
    }
    let [mapping] = &profile.mappings[..] else {
        panic!("{:?}", profile.mappings)
    };
    assert_eq!(mapping.file, "pixmill");
    assert!(mapping.build_id.len() >= 16, "{}", mapping.build_id);
    assert_eq!(mapping.addresses.start % 4096, mapping.offset % 4096);
    let places = profile.samples.iter().flat_map(|sample| &sample.stack);
    for place in places {
        let inside = mapping.addresses.contains(&place.address);
        assert_eq!(place.mapping == Some(mapping.id), inside, "{place:?}");
    }
}

/// Whole stacks, of the worker's thread and of those of requests, and the time that the process took.
#[test]
fn it_shows_what_works_while_it_works() {
    let sandbox = if has_both() { "require" } else { "prefer" };
    let (process, admin) = served(&["--sandbox", sandbox, "--workers", "1"]);
    let ((profile, used, took), answered) = under_load(&process, || {
        let mut told = (0.0, 0.0);
        let profile = enough(|| {
            let (start, before) = (Instant::now(), cpu_seconds(admin));
            let answer = asked(admin, "?seconds=2");
            let media_type = answer.header("content-type");
            assert_eq!(media_type, Some("application/octet-stream"));
            let used = cpu_seconds(admin) - before;
            told = (used, start.elapsed().as_secs_f64());
            answer
        });
        (profile, told.0, told.1)
    });
    assert!(answered > 2, "{answered}");
    says_what_it_is(&profile, took);
    assert_eq!(
        profile.comments,
        [format!("pixmill {}", env!("CARGO_PKG_VERSION"))]
    );
    // Making the file takes time, too, which isn't in it.
    let seen = profile.count() as f64 * 0.01;
    assert!(
        seen > used * 0.3 && seen < used * 1.2 + 0.1,
        "{seen} of {used}"
    );
    // Pixels, down to where the thread began; what stands between may have become part of others.
    let pixels = profile.count_of(&["pipeline"]);
    let whole = profile.count_of(&["pipeline", "thread_start"]);
    assert!(pixels > profile.count() / 4, "{pixels}");
    assert!(whole * 10 > pixels * 9, "{whole} of {pixels}");
}

/// What is shipped has no symbols; whoever keeps them beside it has names all the same.
#[test]
fn names_are_found_beside_what_was_stripped() {
    let folder = std::env::temp_dir().join(format!("pixmill-stripped-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (whole, binary) = (env!("CARGO_BIN_EXE_pixmill"), folder.join("pixmill"));
    let stripped = Command::new("objcopy")
        .arg("--strip-all")
        .args([OsStr::new(whole), binary.as_os_str()])
        .status();
    assert!(stripped.unwrap().success());
    let beside = folder.join("pixmill.debug");
    // Nothing is beside it; something else is; what it was made of is.
    for kept in [None, Some("/proc/self/exe"), Some(whole)] {
        if let Some(kept) = kept {
            std::fs::copy(kept, &beside).unwrap();
        }
        let (process, admin) = served_by(&binary, &[]);
        let (profile, _) = under_load(&process, || Profile::read(&asked(admin, "?seconds=1").body));
        let named = profile.count_of(&["pipeline", "thread_start"]);
        let is_ours = kept == Some(whole);
        assert_eq!(named > 0, is_ours, "{kept:?}: {named}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn one_is_made_at_a_time_for_as_long_as_may_be() {
    let (process, admin) = served(&["--isolation", "process"]);
    for query in ["?seconds=0", "?seconds=61", "?seconds=x", "?seconds="] {
        let document = asked(admin, query).problem(400, "invalid-parameter");
        assert_eq!(document["parameter"], "seconds");
    }
    answer(admin, "POST", "/debug/pprof/profile").problem(405, "method-not-allowed");
    let index = text(&answer(admin, "GET", "/debug/pprof/").body);
    assert!(index.contains("/debug/pprof/profile"), "{index}");

    // Whoever leaves takes it with him.
    let asks = b"GET /debug/pprof/profile?seconds=60 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let left = loop {
        let mut left = std::net::TcpStream::connect(admin).unwrap();
        std::io::Write::write_all(&mut left, asks).unwrap();
        // Which of two connections is read first is anybody's guess.
        let second = asked(admin, "?seconds=1");
        if second.status != 200 {
            second.problem(409, "profile-running");
            break left;
        }
    };
    drop(left);
    let profile = loop {
        let answer = asked(admin, "?seconds=1");
        if answer.status == 200 {
            break Profile::read(&answer.body);
        }
    };
    assert!(profile.comments[1].contains("isolation"), "{profile:?}");
    // Nothing of it is left in the way of work.
    let post = request("POST", "/resize?width=20", &[], &jpeg(&photo(40, 30)));
    assert_eq!(process.answer(&post).status, 200);
}
