//! The sandbox: seen from inside by attempts, from outside by what the kernel says of the process.

use std::process::Output;

use rustix::process::Signal;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

use crate::bucket;
use crate::cli::{Served, pixmill, run, text};
use crate::fixtures::{jpeg, photo, png, quarters};
use crate::origin::{Origin, Reply};
use crate::support::{form, request};

const METRICS: &[u8] = b"GET /metrics HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n";

fn metric(page: &str, name: &str) -> f64 {
    let line = page
        .lines()
        .find(|line| line.split(' ').next() == Some(name))
        .unwrap_or_else(|| panic!("no {name} in {page}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// Landlock, seccomp.
fn enforced(served: &Served) -> (bool, bool) {
    enforced_in(served, "server")
}

fn enforced_in(served: &Served, process: &str) -> (bool, bool) {
    let page = text(&served.ask(METRICS));
    let part = |name| {
        let labels = format!("{{part=\"{name}\",process=\"{process}\"}}");
        metric(&page, &format!("pixmill_sandbox_enforced{labels}")) > 0.0
    };
    (part("landlock"), part("seccomp"))
}

/// What the log says of a kind of process.
fn logged(log: &str, process: &str) -> serde_json::Value {
    let lines = log.lines().map(|line| serde_json::from_str(line).unwrap());
    lines
        .into_iter()
        .find(|line: &serde_json::Value| line["process"] == process)
        .unwrap_or_else(|| panic!("nothing of {process}: {log}"))
}

/// With pixel work in processes of its own, of which the self-test has made one.
fn isolated(arguments: &[&str]) -> Served {
    let served = Served::start(&[&["--isolation", "process"], arguments].concat());
    while !served
        .ask(&request("GET", "/ready", &[], &[]))
        .starts_with(b"HTTP/1.1 200")
    {}
    served
}

/// What the kernel says of the process.
fn status(served: &Served, key: &str) -> String {
    let status = std::fs::read_to_string(format!("/proc/{}/status", served.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with(key)).unwrap();
    line.split_whitespace().nth(1).unwrap().to_owned()
}

/// Runs `start` where these system calls are missing, as in an older kernel or a stricter container.
fn without<T: Send>(calls: &[i64], start: impl FnOnce() -> T + Send) -> T {
    let missing = calls.iter().map(|&call| (call, Vec::new())).collect();
    let filter: BpfProgram = SeccompFilter::new(
        missing,
        SeccompAction::Allow,
        SeccompAction::Errno(libc::ENOSYS.cast_unsigned()),
        std::env::consts::ARCH.try_into().unwrap(),
    )
    .unwrap()
    .try_into()
    .unwrap();
    // A filter binds one thread, and the processes that it starts.
    std::thread::scope(|scope| {
        let bound = scope.spawn(|| {
            seccompiler::apply_filter(&filter).unwrap();
            start()
        });
        bound.join().unwrap()
    })
}

/// Whether this machine has both walls; where it hasn't, there is nothing to hold the process to.
pub(crate) fn has_both() -> bool {
    let both = run(&["check-sandbox"]);
    text(&both.stdout).starts_with("server: landlock on")
        && text(&both.stdout).contains("seccomp on")
}

#[test]
fn whatever_is_tried_inside_is_refused() {
    all_is_refused(&["check-sandbox"]);
}

#[test]
fn sources_open_no_other_door() {
    let folder = env!("CARGO_MANIFEST_DIR");
    all_is_refused(&["check-sandbox", "--mount", folder, "--allow-remote", "true"]);
    // Nor do operators, whose timers reach nothing but the process's own threads.
    all_is_refused(&["check-sandbox", "--admin-address", "127.0.0.1:9090"]);
    // A file that is opened by its path lets none be opened but its neighbours.
    let token = format!("{folder}/README.md");
    let environment = [
        ("AWS_ROLE_ARN", "arn:aws:iam::1:role/r"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.as_str()),
    ];
    let store = ["check-sandbox", "--object-store", "s3://photos"];
    refuses_all(&pixmill(&store).envs(environment).output().unwrap());
}

#[track_caller]
fn all_is_refused(arguments: &[&str]) {
    refuses_all(&run(arguments));
}

#[track_caller]
fn refuses_all(output: &Output) {
    let table = text(&output.stdout);
    if !has_both() {
        assert_eq!(output.status.code(), Some(1), "{table}");
        return;
    }
    assert!(output.status.success(), "{table}");
    // What is in force of each kind of process comes before its attempts.
    for process in ["server", "codec", "files"] {
        let walls = format!("{process}: landlock on (version ");
        let line = table.lines().find(|line| line.starts_with(&walls));
        assert!(line.unwrap().contains("seccomp on"), "{table}");
    }
    for row in pixmill::sandbox::check::ATTEMPTS {
        let line = table.lines().find(|line| line.starts_with(row.about));
        assert!(line.unwrap().contains("refused"), "{table}");
    }
    // What only someone does who has taken over ends the process.
    for deadly in ["run another program", "trace a process", "read a process"] {
        let line = table.lines().find(|line| line.starts_with(deadly));
        assert!(line.unwrap().ends_with("killed"), "{table}");
    }
}

#[test]
fn it_serves_inside_as_it_does_outside() {
    let (inside, outside) = (Served::start(&[]), Served::start(&["--sandbox", "off"]));
    let picture = jpeg(&photo(400, 300));
    let requests = [
        request("POST", "/resize?width=100", &[], &picture),
        request("POST", "/resize?width=100&type=webp", &[], &picture),
        request("POST", "/convert?type=png", &[], &png(&quarters(60, 40))),
        request(
            "POST",
            "/resize?width=100",
            &[],
            &picture[..picture.len() / 2],
        ),
        request("POST", "/info", &[], &picture),
        request(
            "POST",
            "/resize?width=50",
            &[(
                "Content-Type",
                "multipart/form-data; boundary=----test-boundary",
            )],
            &form(&[("quality", "70")], Some(("file", &picture))),
        ),
        request("GET", "/problems/too-complex", &[], &[]),
    ];
    for request in &requests {
        let [inner, outer] = [&inside, &outside].map(|served| served.answer(request));
        assert_eq!(inner.status, outer.status);
        // A problem has an id of its own.
        assert!(inner.body == outer.body || inner.status != 200, "{inner:?}");
    }
    assert_eq!(inside.answer(&requests[3]).status, 422);
    inside.signal(Signal::TERM);
    let (code, log) = inside.ended();
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("panic"), "{log}");
}

/// Files below one folder, and connections to the ports that are named.
#[tokio::test(flavor = "multi_thread")]
async fn it_reads_its_sources_inside() {
    let picture = png(&quarters(60, 40));
    let origin = Origin::start([("/a.png", Reply::picture(picture.clone()))]).await;
    let port = origin.address.port();
    let folder = std::env::temp_dir().join(format!("pixmill-inside-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("a.png"), &picture).unwrap();
    let private = format!("http://127.0.0.1:{port},http://localhost:{port}");
    for isolation in ["off", "process"] {
        let served = Served::start(&[
            "--mount",
            folder.to_str().unwrap(),
            "--allow-remote",
            "true",
            "--private-origins",
            &private,
            "--isolation",
            isolation,
        ]);
        if has_both() {
            assert_eq!(enforced(&served), (true, true));
        }
        for (source, status) in [
            ("file=a.png".to_owned(), "200"),
            ("file=..%2Fa.png".to_owned(), "400"),
            (format!("url=http://127.0.0.1:{port}/a.png"), "200"),
            // As /etc/hosts has it.
            (format!("url=http://localhost:{port}/a.png"), "200"),
            (format!("url=http://localhost:{}/a.png", port ^ 1), "403"),
        ] {
            let path = format!("/resize?width=30&{source}");
            let request = request("GET", &path, &[], &[]);
            let answer = tokio::task::block_in_place(|| text(&served.ask(&request)));
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status}")),
                "{source}: {answer}"
            );
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// A store, whose credentials are handed out for a token that the platform keeps in a file, and renews.
#[tokio::test(flavor = "multi_thread")]
async fn it_reads_its_store_inside() {
    let picture = Reply::picture(png(&quarters(60, 40)));
    let origin = bucket::start([("/photos/in/a.png", picture.clone())]).await;
    let folder = std::env::temp_dir().join(format!("pixmill-tokens-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let token = folder.join("token");
    std::fs::write(&token, "first").unwrap();
    let vouchers = bucket::voucher("second").await;
    let keys = bucket::environment(&origin);
    let mut role = keys.clone();
    role.retain(|name, _| !name.contains("KEY"));
    for (name, value) in [
        ("AWS_ENDPOINT_URL_STS", vouchers.url("")),
        ("AWS_ROLE_ARN", "arn:aws:iam::1:role/r".to_owned()),
        (
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            token.to_str().unwrap().to_owned(),
        ),
    ] {
        role.insert(name.to_owned(), value);
    }
    for environment in [keys, role] {
        let is_role = environment.contains_key("AWS_ROLE_ARN");
        std::fs::write(&token, "first").unwrap();
        let served = Served::start_in(environment, &["--object-store", "s3://photos/in"]);
        if has_both() {
            assert_eq!(enforced(&served), (true, true));
        }
        // Renewed after the start, as the platform does.
        std::fs::rename(&token, folder.join("older")).unwrap();
        std::fs::write(&token, "second").unwrap();
        for (key, status) in [("a.png", 200), ("none.png", 404)] {
            let path = format!("/resize?width=30&object={key}");
            let request = request("GET", &path, &[], &[]);
            let answer = tokio::task::block_in_place(|| served.answer(&request));
            assert_eq!(answer.status, status, "{key}: {}", text(&answer.body));
        }
        // Once for both.
        assert_eq!(vouchers.asked().len(), usize::from(is_role));
        let session = origin.asked()[0]
            .header("x-amz-security-token")
            .map(str::to_owned);
        assert_eq!(session.is_some(), is_role);
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// Whether the process of this folder in `/proc` has as many files open as its metrics tell; the connection that asked
/// is in one count and perhaps no longer in the other.
fn opens_what_it_tells(served: &Served, folder: &str) -> bool {
    let told = metric(&text(&served.ask(METRICS)), "pixmill_open_fds");
    let counted = std::fs::read_dir(format!("{folder}/fd")).unwrap().count() as f64;
    (counted..=counted + 1.0).contains(&told)
}

#[test]
fn the_kernel_says_so_and_the_metrics_are_true() {
    let served = Served::start(&[]);
    // The self-test opens and takes, too.
    while !served
        .ask(b"GET /ready HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
        .starts_with(b"HTTP/1.1 200")
    {}
    // Once more than once: what is read again has to be read from its start.
    for _ in 0..3 {
        let page = text(&served.ask(METRICS));
        let folder = format!("/proc/{}", served.id());
        // Only root may look into a process that keeps its memory private.
        if std::fs::read_dir(format!("{folder}/fd")).is_ok() {
            // Connections that were answered before may not have ended yet.
            let is_true = (0..1000).any(|_| opens_what_it_tells(&served, &folder));
            assert!(is_true);
        }
        let statm = std::fs::read_to_string(format!("{folder}/statm")).unwrap();
        let pages: f64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
        let resident = pages * rustix::param::page_size() as f64;
        let told = metric(&page, "pixmill_resident_memory_bytes");
        assert!((told / resident - 1.0).abs() < 0.3, "{told} {resident}");
        assert!(metric(&page, "pixmill_cpu_seconds_total") > 0.0);
    }
    assert_eq!(status(&served, "NoNewPrivs:"), "1");
    assert_eq!(status(&served, "Seccomp:"), "2");
    for thread in std::fs::read_dir(format!("/proc/{}/task", served.id())).unwrap() {
        let status = std::fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
        assert!(status.contains("Seccomp:\t2\n"), "{status}");
    }
    if has_both() {
        assert_eq!(enforced(&served), (true, true));
    }
    served.signal(Signal::TERM);
    let (_, log) = served.ended();
    assert!(log.contains("\"enforced\":\"landlock "), "{log}");
}

#[test]
fn off_gives_nothing_up() {
    let served = Served::start(&["--sandbox", "off"]);
    assert_eq!(enforced(&served), (false, false));
    assert_eq!(status(&served, "Seccomp:"), "0");
    assert_eq!(status(&served, "NoNewPrivs:"), "0");
}

#[test]
fn what_the_kernel_lacks_is_done_without_or_refused() {
    let landlock = [
        libc::SYS_landlock_create_ruleset,
        libc::SYS_landlock_restrict_self,
    ];
    let served = without(&landlock, || Served::start(&[]));
    assert_eq!(enforced(&served), (false, true));
    served.signal(Signal::TERM);
    let (code, log) = served.ended();
    assert_eq!(code, Some(0), "{log}");
    assert!(
        log.contains("WARN") && log.contains("landlock: the kernel has none"),
        "{log}"
    );

    let output = without(&landlock, || run(&["--port", "0", "--sandbox", "require"]));
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    assert!(
        error.contains("\"require\"") && error.contains("landlock: "),
        "{error}"
    );
    assert!(!error.contains("seccomp: "), "{error}");

    // Whoever forbids filters forbids ours.
    let served = without(&[libc::SYS_seccomp], || Served::start(&[]));
    assert!(!enforced(&served).1);
    let output = without(&[libc::SYS_seccomp], || {
        run(&["--port", "0", "--sandbox", "require"])
    });
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    assert!(error.contains("seccomp: "), "{error}");
}

#[test]
fn what_is_enforced_in_codec_processes_is_told_apart() {
    let served = isolated(&[]);
    if has_both() {
        assert_eq!(enforced_in(&served, "server"), (true, true));
        assert_eq!(enforced_in(&served, "codec"), (true, true));
    }
    served.signal(Signal::TERM);
    let (_, log) = served.ended();
    for process in ["server", "codec"] {
        assert_eq!(logged(&log, process)["message"], "sandbox", "{log}");
    }

    // The kernel lacks the same for both, and both say so.
    let landlock = [libc::SYS_landlock_create_ruleset];
    let served = without(&landlock, || isolated(&[]));
    for process in ["server", "codec"] {
        assert_eq!(enforced_in(&served, process), (false, true));
    }
    served.signal(Signal::TERM);
    let (_, log) = served.ended();
    for process in ["server", "codec"] {
        let line = logged(&log, process);
        let missing = line["missing"].as_str().unwrap();
        assert!(missing.contains("landlock: the kernel has none"), "{line}");
    }

    let served = isolated(&["--sandbox", "off"]);
    for process in ["server", "codec"] {
        assert_eq!(enforced_in(&served, process), (false, false));
    }
    // Without such processes nothing is said of them.
    let page = text(&Served::start(&[]).ask(METRICS));
    assert!(!page.contains("process=\"codec\""), "{page}");
}

#[test]
fn require_starts_where_everything_can_be_had() {
    if !has_both() {
        return;
    }
    let require = ["--sandbox", "require"];
    for served in [Served::start(&require), isolated(&require)] {
        assert_eq!(enforced(&served), (true, true));
        let post = request("POST", "/resize?width=20", &[], &jpeg(&photo(40, 30)));
        assert!(served.ask(&post).starts_with(b"HTTP/1.1 200"));
    }
}
