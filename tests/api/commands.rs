//! Operations on files: folders, names, pipes, and what is never overwritten.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{FileTypeExt, symlink};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use pixmill::pipeline::operation::{Needs, OPERATIONS};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::cli::{pixmill, run, text};
use crate::fixtures::{disc, jpeg, photo, png, quarters};
use crate::sandbox::has_both;
use crate::support::{Picture, TestServer};

/// A folder that goes with this value.
struct Folder(PathBuf);

impl Folder {
    /// With a JPEG, two PNGs, a broken one, and a file that is none.
    fn new(name: &str) -> Self {
        let id = std::process::id();
        let folder = Self(std::env::temp_dir().join(format!("pixmill-{name}-{id}")));
        fs::create_dir_all(folder.0.join("in/deep")).unwrap();
        folder.write("in/photo.JPEG", &jpeg(&photo(80, 60)));
        folder.write("in/quarters.png", &png(&quarters(60, 40)));
        folder.write("in/deep/disc.png", &png(&disc(40)));
        folder.write("in/notes.txt", b"no picture");
        folder
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.0.join(name), bytes).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The command, run in it.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = pixmill(arguments);
        command.current_dir(&self.0);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// The same, which has to end with that code.
    #[track_caller]
    fn ends(&self, code: i32, arguments: &[&str]) -> Output {
        let output = self.run(arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        output
    }

    /// Width and height of every file below a folder of it, by name.
    fn sizes(&self, below: &str) -> BTreeMap<String, (u32, u32)> {
        let root = self.0.join(below);
        let size = |path: PathBuf| {
            let picture = Picture::decode(&fs::read(&path).unwrap());
            let name = path.strip_prefix(&root).unwrap().display().to_string();
            (name, (picture.width, picture.height))
        };
        files(&root).into_iter().map(size).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let below = |path: PathBuf| {
        if path.is_dir() {
            files(&path)
        } else {
            vec![path]
        }
    };
    paths.flat_map(below).collect()
}

fn sized(list: &[(&str, (u32, u32))]) -> BTreeMap<String, (u32, u32)> {
    let own = |(name, size): &(&str, (u32, u32))| ((*name).to_owned(), *size);
    list.iter().map(own).collect()
}

/// Lines of JSON by their inputs.
fn lines(bytes: &[u8]) -> BTreeMap<String, Value> {
    let line = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        (line["input"].as_str().unwrap().to_owned(), line)
    };
    text(bytes).lines().map(line).collect()
}

/// A name with a picture's width and height.
type Sized = (&'static str, (u32, u32));

/// Arguments, and what they leave in a folder.
const PLACES: &[(&str, &[&str], &[Sized])] = &[
    (
        "one",
        &["in/quarters.png", "one/small.webp"],
        &[("small.webp", (30, 20))],
    ),
    // A folder is made, and what lies in folders is left out or keeps its place.
    (
        "flat",
        &["in", "flat"],
        &[("photo.JPEG", (30, 23)), ("quarters.png", (30, 20))],
    ),
    (
        "deep",
        &["-r", "in", "-o", "deep"],
        &[
            ("deep/disc.png", (30, 30)),
            ("photo.JPEG", (30, 23)),
            ("quarters.png", (30, 20)),
        ],
    ),
    (
        "types",
        &[
            "-f",
            "webp",
            "in/quarters.png",
            "in/photo.JPEG",
            "--out",
            "types",
        ],
        &[("photo.webp", (30, 23)), ("quarters.webp", (30, 20))],
    ),
    (
        "slash",
        &["in/photo.JPEG", "slash/"],
        &[("photo.JPEG", (30, 23))],
    ),
    (
        "pattern",
        &[
            "--recursive",
            "in",
            "--out",
            "pattern/{sub}{name}-{width}x{height}.png",
        ],
        &[
            ("deep/disc-30x30.png", (30, 30)),
            ("photo-30x23.png", (30, 23)),
            ("quarters-30x20.png", (30, 20)),
        ],
    ),
    (
        "numbers",
        &[
            "in/quarters.png",
            "in/deep/disc.png",
            "--out",
            "numbers/{number}.{ext}",
        ],
        &[("1.png", (30, 20)), ("2.png", (30, 30))],
    ),
    (
        "beside",
        &[
            "in/deep/disc.png",
            "--out",
            "{dir}/../../beside/{name}.jfif",
        ],
        &[("disc.jfif", (30, 30))],
    ),
];

#[test]
fn places_are_files_folders_and_patterns() {
    let folder = Folder::new("places");
    for (out, arguments, expected) in PLACES {
        fs::create_dir_all(folder.0.join("one")).unwrap();
        folder.ends(0, &[&["resize", "--width", "30"], *arguments].concat());
        assert_eq!(folder.sizes(out), sized(expected), "{arguments:?}");
    }
    // Beside each source; the second time nothing of it is a source.
    for _ in 0..2 {
        let beside = [
            "resize",
            "-w",
            "9",
            "in/quarters.png",
            "{dir}/tiny/{name}.{ext}",
        ];
        folder.ends(0, &[&beside[..], &["--force"]].concat());
        folder.ends(
            0,
            &[
                "resize",
                "-w",
                "8",
                "-r",
                "in/deep",
                "--out",
                "in/deep/small",
                "--force",
            ],
        );
    }
    assert_eq!(folder.sizes("in/tiny"), sized(&[("quarters.png", (9, 6))]));
    assert_eq!(
        folder.sizes("in/deep/small"),
        sized(&[("disc.png", (8, 8))])
    );
}

#[tokio::test]
async fn an_answer_is_the_servers_by_file_and_by_pipe() {
    let folder = Folder::new("pipes");
    let server = TestServer::start().await;
    let source = folder.read("in/photo.JPEG");
    let answer = server
        .post("/crop?width=30&height=30&type=webp", &source)
        .await;
    let crop = ["crop", "--width", "30", "--height", "30", "--type=webp"];
    folder.ends(0, &[&crop[..], &["in/photo.JPEG", "out.webp"]].concat());
    assert_eq!(folder.read("out.webp"), &answer.body[..]);
    let output = folder.ends(0, &[&crop[..], &["in/photo.JPEG", "-"]].concat());
    assert_eq!(output.stdout, &answer.body[..]);
    assert_eq!(text(&output.stderr), "");
    let mut child = folder
        .command(&[&crop[..], &["-", "-", "--json"]].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&source).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.stdout, &answer.body[..]);
    let line = &lines(&output.stderr)["-"];
    assert_eq!(line["output"], "-");
    assert_eq!(line["source"]["bytes"], source.len());
}

const SIDES: [&str; 2] = ["--width=20", "--height=20"];

/// What an operation can't do without.
fn needs(operation: &str) -> &'static [&'static str] {
    match operation {
        "resize" | "fit" | "crop" | "smartcrop" | "thumbnail" | "enlarge" => &SIDES,
        "extract" => &["--areawidth=10", "--areaheight=9"],
        "zoom" => &["--factor", "2"],
        "rotate" => &["--rotate", "90"],
        "convert" => &["--type", "jpg"],
        "blur" => &["--sigma", "2"],
        "sharpen" => &["--sharpen", "1"],
        "modulate" => &["--gamma", "1.2", "--grayscale"],
        "pixelate" => &["--pixelate", "8"],
        "trim" => &["--trim", "--flip=no"],
        "pad" => &["--pad", "1,2"],
        "round" => &["--radius", "max"],
        "watermark" => &["--text", "hi there"],
        "watermarkimage" => &["--image", "in/deep/disc.png", "--left", "3"],
        "pipeline" => &[
            "--image",
            "in/deep/disc.png",
            "--operations",
            r#"[{"operation": "crop", "params": {"width": 20, "height": 10}}, {"operation": "watermarkImage"}]"#,
        ],
        _ => &[],
    }
}

#[test]
fn every_operation_is_a_command() {
    let folder = Folder::new("operations");
    for row in OPERATIONS {
        let needs = needs(row.name);
        let out = format!("out/{}.png", row.name);
        folder.ends(
            0,
            &[&[row.name], needs, &["in/quarters.png", &out]].concat(),
        );
        // The ending names a type.
        if row.needs != Needs::Nothing && row.needs != Needs::Type {
            let without = folder.ends(64, &[row.name, "in/quarters.png", "out/without.png"]);
            let said = text(&without.stderr);
            assert!(said.contains(&format!("{} needs ", row.name)), "{said}");
        }
    }
    let sizes = folder.sizes("out");
    assert_eq!(sizes["extract.png"], (10, 9));
    assert_eq!(sizes["zoom.png"], (180, 120));
    assert_eq!(sizes["pad.png"], (64, 42));
    assert_eq!(sizes["pipeline.png"], (20, 10));
    let marked = Picture::decode(&folder.read("out/watermarkimage.png"));
    marked.assert_at(23, 20, [200, 60, 20, 255], 3);
    // The API's own word is a flag of another name here.
    folder.ends(
        0,
        &[
            "resize",
            "in/quarters.png",
            "wide.png",
            "--size",
            "90x10",
            "--stretch",
        ],
    );
    assert_eq!(Picture::decode(&folder.read("wide.png")).width, 90);
}

#[test]
fn one_that_fails_stops_no_other() {
    let folder = Folder::new("failing");
    folder.write("in/broken.png", &folder.read("in/quarters.png")[..60]);
    folder.write("in/empty.png", b"");
    let output = folder.ends(
        1,
        &[
            "resize", "-w", "30", "-r", "in", "none.png", "-o", "out", "--json",
        ],
    );
    assert_eq!(text(&output.stderr), "");
    let lines = lines(&output.stdout);
    let names = [
        "in/broken.png",
        "in/deep/disc.png",
        "in/empty.png",
        "in/photo.JPEG",
        "in/quarters.png",
        "none.png",
    ];
    assert_eq!(lines.keys().collect::<Vec<_>>(), names);
    for (name, code) in [
        ("in/broken.png", "invalid-image"),
        ("in/empty.png", "missing-image"),
        ("none.png", "unreadable"),
    ] {
        assert_eq!(lines[name]["problem"]["code"], code, "{}", lines[name]);
        assert!(lines[name]["problem"]["detail"].as_str().unwrap().len() > 10);
        assert!(lines[name].get("output").is_none());
    }
    let line = &lines["in/photo.JPEG"];
    for (key, value) in [
        ("output", Value::from("out/photo.JPEG")),
        ("format", "jpeg".into()),
        ("width", 30.into()),
        ("height", 23.into()),
        ("bytes", folder.read("out/photo.JPEG").len().into()),
    ] {
        assert_eq!(line[key], value, "{line}");
    }
    assert_eq!(line["source"]["width"], 80);
    assert!(line["times"]["decode"].as_f64() > Some(0.0), "{line}");
    // For a person each failure is a line, and success is none.
    let output = folder.ends(1, &["info", "in/broken.png", "none.png"]);
    let said = text(&output.stderr);
    assert!(said.contains("pixmill: none.png: No such file"), "{said}");
    let output = folder.ends(1, &["flip", "in", "--out", "flipped"]);
    let said = text(&output.stderr);
    assert_eq!(said.lines().count(), 2, "{said}");
    assert!(
        said.contains("pixmill: in/broken.png: The png image can't be read"),
        "{said}"
    );
}

#[test]
fn nothing_is_overwritten_unasked() {
    let folder = Folder::new("kept");
    folder.write("taken.png", b"mine");
    let original = folder.read("in/quarters.png");
    symlink(folder.0.join("in/quarters.png"), folder.0.join("link.png")).unwrap();
    symlink("nowhere", folder.0.join("dangling.png")).unwrap();
    let small = |source, out| ["resize", "--width", "20", source, out, "--json"];
    for (source, out) in [
        ("in/quarters.png", "taken.png"),
        ("in/quarters.png", "in/quarters.png"),
        ("in/photo.JPEG", "link.png"),
        ("in/photo.JPEG", "dangling.png"),
        ("in/quarters.png", "{dir}/{name}.{ext}"),
    ] {
        let output = folder.ends(1, &small(source, out));
        let line = &lines(&output.stdout)[source];
        assert_eq!(line["problem"]["code"], "exists", "{out}: {line}");
    }
    assert_eq!(folder.read("taken.png"), b"mine");
    assert_eq!(folder.read("in/quarters.png"), original);
    assert!(!folder.0.join("nowhere").exists());
    // A link is replaced itself, not what it leads to.
    for out in ["taken.png", "link.png", "dangling.png"] {
        folder.ends(
            0,
            &[&small("in/quarters.png", out)[..], &["--force"]].concat(),
        );
        assert_eq!(Picture::decode(&folder.read(out)).width, 20, "{out}");
        assert!(!folder.0.join(out).is_symlink());
    }
    assert_eq!(folder.read("in/quarters.png"), original);
    assert!(!folder.0.join("nowhere").exists());
    folder.ends(
        0,
        &[
            &small("in/quarters.png", "in/quarters.png")[..],
            &["--force"],
        ]
        .concat(),
    );
    assert_eq!(Picture::decode(&folder.read("in/quarters.png")).width, 20);
    // What links lead to can be read.
    folder.ends(0, &small("link.png", "linked.png"));
}

#[test]
fn of_equal_names_the_first_gets_it() {
    let folder = Folder::new("equal");
    fs::create_dir_all(folder.0.join("other")).unwrap();
    folder.write("other/quarters.png", &png(&quarters(20, 40)));
    folder.write("other/quarters.jpg", &jpeg(&quarters(20, 40)));
    for force in [&[][..], &["--force"]] {
        let all = [
            "in/quarters.png",
            "other/quarters.png",
            "other/quarters.jpg",
        ];
        let rest = ["--out", "out", "--width", "10", "--json"];
        let output = folder.ends(1, &[&["resize"], &all[..], &rest, force].concat());
        let lines = lines(&output.stdout);
        assert_eq!(lines["in/quarters.png"]["height"], 7);
        assert_eq!(lines["other/quarters.jpg"]["output"], "out/quarters.jpg");
        let problem = &lines["other/quarters.png"]["problem"];
        assert_eq!(problem["code"], "same-name", "{problem}");
        assert_eq!(folder.sizes("out")["quarters.png"], (10, 7));
        fs::remove_dir_all(folder.0.join("out")).unwrap();
    }
}

/// Twelve pictures that are told by their shapes, whose places in the order aren't their names.
#[test]
fn no_picture_is_lost_to_what_is_made_of_another() {
    let folder = Folder::new("sources");
    fs::create_dir(folder.0.join("all")).unwrap();
    for number in 1..=12 {
        folder.write(&format!("all/{number}.png"), &png(&quarters(number * 4, 8)));
    }
    folder.write("all/1.jpg", &jpeg(&quarters(52, 8)));
    for (out, ending) in [("{dir}/{number}.png", "1.png"), ("all", "1.jpg")] {
        let output = folder.ends(
            1,
            &[
                "resize", "--height", "4", "--type", "png", "all", "--out", out, "--force",
                "--json",
            ],
        );
        let lines = lines(&output.stdout);
        let codes = lines.values().map(|line| &line["problem"]["code"]);
        let mut refused = codes.filter(|code| !code.is_null());
        assert!(refused.all(|code| code == "is-source"), "{lines:?}");
        let first = &lines[&format!("all/{ending}")]["problem"]["code"];
        assert_eq!(first, "is-source", "{lines:?}");
        for (name, (width, height)) in folder.sizes("all") {
            let number: u32 = match name.split_once('.').unwrap() {
                ("1", "jpg") => 13,
                // Of the last one, which is nobody's.
                ("13", _) => continue,
                (number, _) => number.parse().unwrap(),
            };
            assert_eq!(width * 2, number * height, "{name} is {width}x{height}");
        }
    }
}

/// `/dev/null` is one, for who has the rights.
#[test]
fn what_is_no_file_is_not_replaced() {
    let folder = Folder::new("devices");
    fifo(&folder.0.join("pipe.png"));
    folder.ends(1, &["resize", SOURCE, "pipe.png", "-w", "3", "--force"]);
    let kind = fs::symlink_metadata(folder.0.join("pipe.png"))
        .unwrap()
        .file_type();
    assert!(kind.is_fifo());
}

fn fifo(path: &Path) {
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mkfifoat(rustix::fs::CWD, path, mode).unwrap();
}

const SOURCE: &str = "in/quarters.png";
const PHOTO: &str = "in/photo.JPEG";

/// Command lines, and a word of what is said of them.
const WRONG: &[(&[&str], &str)] = &[
    (&["resize"], "FILE"),
    (&["resize", SOURCE], "where to write"),
    (
        &["resize", SOURCE, "out.png"],
        "resize needs width or height",
    ),
    (
        &["resize", SOURCE, "out.png", "--width", "none"],
        "'width' is not valid",
    ),
    (&["resize", SOURCE, "out.png", "--widht", "3"], "--width"),
    (
        &["resize", SOURCE, "out.bmp", "-w", "3"],
        "'type' is not valid",
    ),
    (&["resize", SOURCE, "out.jxr", "-w", "3"], "say --type"),
    (&["resize", SOURCE, "{name}.tar", "-w", "3"], "say --type"),
    (
        &["resize", SOURCE, "in/photo.JPEG", "out.png", "-w", "3"],
        "is no folder",
    ),
    (
        &["resize", SOURCE, "in/photo.JPEG", "-", "-w", "3"],
        "only one",
    ),
    (&["resize", "in", "-", "-w", "3"], "only one"),
    // As a shell leaves what names no file, and as it makes names of what does.
    (
        &["resize", "-w", "3", "in", "-o", "*.png"],
        "a place has no * in it",
    ),
    (
        &["resize", "-w", "3", PHOTO, SOURCE, "-o", SOURCE],
        "say a folder, or a pattern",
    ),
    (
        &["resize", "-w", "3", "-f", PHOTO, SOURCE, "out"],
        "in/photo.JPEG is a file",
    ),
    (
        &["resize", "-w", "3", "-h", "30", SOURCE, "out.png"],
        "say --height 30",
    ),
    (
        &["resize", "-w", "3", SOURCE, "out.png", "-h=30"],
        "say --height 30",
    ),
    (&["trim", "--trim", "20", SOURCE, "out.png"], "--trim=20"),
    (&["trim", SOURCE, "--trim", "20"], "--trim=20"),
    (
        &[
            "resize",
            "-w",
            "3",
            SOURCE,
            "--enlarge",
            "true",
            "-o",
            "out.png",
        ],
        "--enlarge=true",
    ),
    (
        &["resize", SOURCE, "out/{nome}.png", "-w", "3"],
        "there is no field {nome}",
    ),
    (
        &[
            "resize",
            "in/deep",
            "empty",
            "out",
            "-w",
            "3",
            "--workers",
            "0",
        ],
        "--workers",
    ),
    (
        &["pipeline", SOURCE, "out.png", "--operations", "x"],
        "'operations'",
    ),
    (
        &[
            "pipeline",
            SOURCE,
            "out.png",
            "--operations",
            r#"[{"operation": "watermarkImage", "params": {"image": "http://a.test/b.png"}}]"#,
        ],
        "picture to draw",
    ),
    (&["watermarkimage", SOURCE, "out.png"], "needs image"),
    (&["info", SOURCE, "--hash", "md5"], "'hash'"),
    (&["info"], "FILE"),
    (&["completions", "cmd.exe"], "bash"),
    (&["man", "nothing"], "no command"),
    (&["resize", ".", "out", "-w", "3"], "no picture"),
];

#[test]
fn a_wrong_command_line_is_64() {
    let folder = Folder::new("usage");
    for (arguments, word) in WRONG {
        let output = folder.ends(64, arguments);
        let said = text(&output.stderr);
        assert!(said.contains(word), "{arguments:?}: {said}");
        assert_eq!(output.stdout, b"");
    }
    assert_eq!(files(&folder.0).len(), 4);
}

#[test]
fn the_servers_limits_hold() {
    let folder = Folder::new("limits");
    let output = folder
        .command(&["resize", "-w", "9", "-r", "in", "-o", "out", "--json"])
        .env("PIXMILL_MAX_PIXELS", "2000")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let lines = lines(&output.stdout);
    assert_eq!(
        lines["in/quarters.png"]["problem"]["code"],
        "image-too-large"
    );
    assert_eq!(lines["in/deep/disc.png"]["width"], 9);
    // No more in memory at once than there may be, and what is larger by itself isn't read.
    folder.write("in/large.png", &vec![0; 40 << 20]);
    let mut all = vec!["resize", "-w", "9", "in", "-o", "out2", "--json"];
    all.extend(["--memory-limit", "64MiB", "--upload-memory", "16MiB"]);
    let output = folder
        .command(&all)
        .env("PIXMILL_MAX_BODY", "16MiB")
        .output()
        .unwrap();
    let lines = self::lines(&output.stdout);
    assert_eq!(lines["in/large.png"]["problem"]["code"], "body-too-large");
    assert_eq!(lines["in/photo.JPEG"]["width"], 9);
}

/// A server's configuration may be wrong, or too large for the memory there is here, in what only a server has.
#[test]
fn what_only_a_server_has_is_no_mistake() {
    let folder = Folder::new("servers");
    folder.write(
        "wrong.toml",
        b"placeholder = \"/nowhere/at/all\"\nmax_source = \"9GiB\"\nport = 70000\n",
    );
    folder.write("limits.toml", b"max_output_side = 8\n");
    let wrong = "--config=wrong.toml";
    for (arguments, code, said) in [
        (&["--memory-limit", "64MiB"][..], 0, ""),
        (
            &["--memory-limit", "64MiB", "--isolation", "process"],
            0,
            "",
        ),
        (&[wrong], 0, ""),
        // What counts here is held to all the same.
        (&["--config=limits.toml"], 64, "1 to 8"),
        (&["--memory-limit", "9MiB"], 64, "pixel_memory"),
        (&[wrong, "--workers", "none"], 64, "--workers"),
    ] {
        let all = [
            &["resize", "-w", "9", SOURCE, "out.png", "--force"][..],
            arguments,
        ]
        .concat();
        let output = folder.ends(code, &all);
        assert!(text(&output.stderr).contains(said), "{arguments:?}");
    }
    let served = folder.ends(64, &["check-config", wrong]);
    assert_eq!(text(&served.stderr).lines().count(), 3);
}

#[test]
fn drawings_and_processes_of_their_own_work_here_too() {
    let folder = Folder::new("isolated");
    let drawing = br#"<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="40" height="20"/></svg>"#;
    folder.write("in/drawing.svg", drawing);
    for isolation in ["off", "process"] {
        let out = format!("out-{isolation}");
        folder.ends(
            0,
            &[
                "convert",
                "--type=png",
                "-r",
                "in",
                "-o",
                &out,
                "--isolation",
                isolation,
            ],
        );
        assert_eq!(folder.sizes(&out).len(), 4);
    }
    assert_eq!(
        folder.read("out-off/drawing.png"),
        folder.read("out-process/drawing.png")
    );
    folder.ends(
        1,
        &[
            "convert",
            "--type=png",
            "in/drawing.svg",
            "x.png",
            "--svg",
            "false",
        ],
    );
}

/// Whether the kernel looks at its system calls.
fn is_filtered(child: &Child) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    status.lines().any(|line| line == "Seccomp:\t2")
}

/// A process that has told of its first file, and waits for one that never comes.
#[test]
fn an_interrupt_ends_it_at_once_and_leaves_nothing_half() {
    let folder = Folder::new("interrupted");
    fifo(&folder.0.join("pipe.png"));
    for (signal, number) in [(Signal::INT, libc::SIGINT), (Signal::TERM, libc::SIGTERM)] {
        let mut child = folder
            .command(&[
                "resize",
                "-w",
                "30",
                "in/photo.JPEG",
                "pipe.png",
                "-o",
                "out",
                "--json",
                "--force",
            ])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        assert!(line.contains("out/photo.JPEG"), "{line}");
        assert_eq!(is_filtered(&child), has_both());
        kill_process(Pid::from_child(&child), signal).unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.signal(), Some(number));
        assert_eq!(folder.sizes("out"), sized(&[("photo.JPEG", (30, 23))]));
    }
}

#[test]
fn in_the_middle_of_many_files_every_one_is_whole_or_not_there() {
    let folder = Folder::new("many");
    let source = jpeg(&photo(400, 300));
    for number in 0..60 {
        folder.write(&format!("in/{number:02}.jpg"), &source);
    }
    let mut child = folder
        .command(&["resize", "-w", "300", "in", "-o", "out", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    for _ in 0..3 {
        out.next().unwrap().unwrap();
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(libc::SIGINT));
    let sizes = folder.sizes("out");
    assert!((3..62).contains(&sizes.len()), "{}", sizes.len());
    for (name, size) in sizes {
        assert!(!name.starts_with('.') && size.0 <= 300, "{name}: {size:?}");
    }
}

#[test]
fn who_reads_no_more_ends_it_quietly() {
    let folder = Folder::new("unread");
    let closed = || std::io::pipe().unwrap().1;
    for arguments in [
        &["resize", "-w", "30", "-r", "in", "-o", "out", "--json"][..],
        &["resize", "-w", "30", "in/photo.JPEG", "-"],
        &["info", "in"],
    ] {
        let output = folder
            .command(arguments)
            .stdout(closed())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap();
        assert_eq!(output.status.signal(), Some(libc::SIGPIPE), "{arguments:?}");
        assert_eq!(text(&output.stderr), "");
    }
    let left = files(&folder.0.join("out"));
    assert!(
        left.iter()
            .all(|path| !text(path.as_os_str().as_encoded_bytes()).contains(".part"))
    );
}

#[test]
fn what_cannot_be_written_is_told() {
    let folder = Folder::new("full");
    for arguments in [
        &["resize", "-w", "30", "in/photo.JPEG", "-"][..],
        &["resize", "-w", "30", "in", "-o", "out", "--json"],
        &["info", "in"],
        &["man"],
    ] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = folder.command(arguments).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(
            text(&output.stderr).contains("standard output"),
            "{arguments:?}"
        );
    }
}

#[test]
fn a_signal_ends_it_though_nobody_reads() {
    let folder = Folder::new("slow");
    // More than a pipe holds.
    folder.write("large.png", &png(&photo(1000, 800)));
    for (signal, number) in [(Signal::INT, libc::SIGINT), (Signal::HUP, libc::SIGHUP)] {
        let mut child = folder
            .command(&["convert", "--type", "png", "large.png", "-"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = child.stdout.take().unwrap();
        out.read_exact(&mut [0; 8]).unwrap();
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(number));
    }
}

#[test]
fn what_is_ignored_stays_so() {
    let folder = Folder::new("nohup");
    fifo(&folder.0.join("pipe.png"));
    let program = pixmill(&[]);
    let mut child = Command::new("sh")
        .args(["-c", "trap '' HUP; exec \"$@\"", "sh"])
        .arg(program.get_program())
        .args(["info", "in/photo.JPEG", "pipe.png", "--json"])
        .current_dir(&folder.0)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    assert!(line.contains("photo.JPEG"), "{line}");
    kill_process(Pid::from_child(&child), Signal::HUP).unwrap();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(libc::SIGTERM));
}

#[test]
fn all_of_the_sandbox_can_be_required() {
    let folder = Folder::new("required");
    let code = i32::from(!has_both());
    let outside = std::env::temp_dir().join(format!("pixmill-outside-{}.png", std::process::id()));
    fs::write(&outside, png(&quarters(60, 40))).unwrap();
    symlink(&outside, folder.0.join("link.png")).unwrap();
    for arguments in [
        &["resize", "-w", "9", "-r", "in", "link.png", "-o", "out"][..],
        &[
            "watermarkimage",
            "in/photo.JPEG",
            "--image",
            "link.png",
            "{dir}/new/{name}.png",
        ],
        &["flip", "in/photo.JPEG", "-", "--isolation", "process"],
        &["info", "in/photo.JPEG", "--hash", "thumbhash"],
    ] {
        folder.ends(code, &[arguments, &["--sandbox", "require"]].concat());
    }
    fs::remove_file(outside).unwrap();
}

#[test]
fn what_this_machine_can_do_is_measured() {
    let folder = Folder::new("bench");
    let bench = [
        "bench",
        "--seconds",
        "0.05",
        "--workers",
        "1",
        "--file",
        "in/photo.JPEG",
    ];
    for isolation in ["off", "process"] {
        let output = folder.ends(
            0,
            &[&bench[..], &["--json", "--isolation", isolation]].concat(),
        );
        let lines: Vec<Value> = text(&output.stdout)
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 3);
        for line in lines {
            assert_eq!(line["source"]["width"], 80);
            let number = |key: &str| {
                line[key]
                    .as_f64()
                    .unwrap_or_else(|| panic!("{key}: {line}"))
            };
            assert!(
                number("images") >= 1.0 && number("seconds") >= 0.05,
                "{line}"
            );
            let rate = number("images") / number("seconds");
            assert!(
                (number("images_per_second") / rate - 1.0).abs() < 0.1,
                "{line}"
            );
            assert!(
                number("cpu_ms") > 0.0 && number("peak_bytes") > 1e6,
                "{line}"
            );
            assert!(number("p50_ms") <= number("p99_ms"), "{line}");
        }
    }
    let page = text(
        &folder
            .ends(0, &[&bench[..], &["--task", "WebP"]].concat())
            .stdout,
    );
    let rows: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("in/photo.JPEG to"))
        .collect();
    assert_eq!(rows.len(), 2, "{page}");
    assert!(rows[1].contains('█'), "{page}");
}

#[test]
fn pictures_that_are_made_are_as_large_as_a_cameras() {
    let folder = Folder::new("made");
    let made = ["bench", "--seconds", "0", "--task", "JPEG 2 MP", "--json"];
    let line: Value = serde_json::from_slice(&folder.ends(0, &made).stdout).unwrap();
    assert_eq!(line["source"]["height"], 1200);
    let bytes = line["source"]["bytes"].as_u64().unwrap();
    assert!((200_000..1_500_000).contains(&bytes), "{bytes}");
    for wrong in [
        &["bench", "--seconds", "soon"][..],
        &["bench", "--seconds=-1"],
    ] {
        folder.ends(64, wrong);
    }
    for (wrong, said) in [
        (["--file", "in/notes.txt"], "in/notes.txt: "),
        (["--file", "in/none.jpg"], "in/none.jpg: "),
        (["--task", "zzz"], "'zzz'"),
    ] {
        let output = folder.ends(1, &[&["bench", "--json"], &wrong[..]].concat());
        assert!(text(&output.stderr).contains(said), "{wrong:?}");
    }
}

#[tokio::test]
async fn what_a_picture_is_is_told_as_the_server_does() {
    let folder = Folder::new("info");
    let server = TestServer::start().await;
    let source = folder.read("in/deep/disc.png");
    let told = server.post("/info?hash=thumbhash&colors=2", &source).await;
    let told: Value = serde_json::from_slice(&told.body).unwrap();
    let about = [
        "info",
        "--hash",
        "thumbhash",
        "--colors",
        "2",
        "in/deep/disc.png",
    ];
    let output = folder.ends(0, &[&about[..], &["--json"]].concat());
    let mut line = lines(&output.stdout).remove("in/deep/disc.png").unwrap();
    assert_eq!(line["bytes"], source.len());
    let keys = line.as_object_mut().unwrap();
    keys.remove("input");
    keys.remove("bytes");
    assert_eq!(line, told);
    let page = text(&folder.ends(0, &about).stdout);
    let hash = told["thumbhash"].as_str().unwrap();
    for fact in [("hasAlpha", "yes"), ("thumbhash", hash), ("width", "40")] {
        let has = |line: &str| line.split_whitespace().eq([fact.0, fact.1]);
        assert!(page.lines().any(has), "{fact:?}: {page}");
    }
    let table = text(&folder.ends(0, &["info", "-r", "in"]).stdout);
    let rows: Vec<Vec<&str>> = table
        .lines()
        .map(|row| row.split_whitespace().collect())
        .collect();
    let cells = |row: usize| (rows[row][0], rows[row][1], *rows[row].last().unwrap());
    assert_eq!(cells(0), ("format", "size", "file"));
    assert_eq!(cells(1), ("jpeg", "80x60", "in/photo.JPEG"));
    assert_eq!(cells(2), ("png", "60x40", "in/quarters.png"));
    assert_eq!(cells(3), ("png", "40x40", "in/deep/disc.png"));
}

/// Whether there is such a program here.
fn has(program: &str) -> bool {
    let tried = Command::new(program).arg("--version").output();
    tried.is_ok_and(|output| output.status.success())
}

/// What a program says of this input.
fn given(program: &str, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || drop(pipe.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

#[test]
fn shells_complete_commands_and_parameters() {
    for shell in ["bash", "zsh", "fish"] {
        let script = run(&["completions", shell]).stdout;
        let words = text(&script);
        for word in ["smartcrop", "areawidth", "memory-limit", "recursive"] {
            assert!(words.contains(word), "{shell}: {word}");
        }
        if has(shell) {
            let output = given(shell, &["-n"], &script);
            assert!(output.status.success(), "{shell}: {}", text(&output.stderr));
        }
    }
    let script = text(&run(&["completions", "bash"]).stdout);
    for (words, completed) in [
        ("smart", "smartcrop"),
        ("resize --memory", "--memory-limit"),
    ] {
        let last = words.rsplit(' ').next().unwrap();
        let count = words.split(' ').count();
        let asked = format!(
            "{script}\nCOMP_WORDS=(pixmill {words}); COMP_CWORD={count}; _pixmill pixmill {last} x; echo \"${{COMPREPLY[@]}}\""
        );
        let output = given("bash", &[], asked.as_bytes());
        assert_eq!(
            text(&output.stdout).trim(),
            completed,
            "{}",
            text(&output.stderr)
        );
    }
}

#[test]
fn manual_pages_are_proper_and_whole() {
    for (arguments, title, word) in [
        (&["man"][..], "pixmill", "smartcrop"),
        (&["man", "resize"], "pixmill-resize", "--gravity"),
        (&["man", "info"], "pixmill-info", "thumbhash"),
    ] {
        let output = run(arguments);
        assert!(output.status.success());
        let page = text(&output.stdout);
        assert!(page.contains(&format!(".TH {title} 1")), "{page:.300}");
        if has("groff") {
            let output = given("groff", &["-man", "-ww", "-Tutf8", "-k"], page.as_bytes());
            assert_eq!(text(&output.stderr), "", "{title}");
            let shown = text(&output.stdout)
                .replace("\u{1b}[0m", "")
                .replace('‐', "-");
            assert!(
                shown.contains(word) || page.contains(&word.replace('-', "\\-")),
                "{title}"
            );
        }
    }
}

/// Names are whoever's who made the file.
#[test]
fn names_move_no_terminal() {
    let folder = Folder::new("names");
    let (broken, sound) = ("in/a\u{1b}[2J.png", "in/b\u{1b}]0;title\u{7}.png");
    folder.write(broken, b"\x89PNG\r\n\x1a\n");
    folder.write(sound, &png(&disc(20)));
    let told = [
        folder
            .ends(1, &["resize", "--width", "9", broken, "-o", "made.png"])
            .stderr,
        folder.ends(1, &["info", broken]).stderr,
        folder.ends(0, &["info", sound]).stdout,
        folder.ends(0, &["info", sound, "in/quarters.png"]).stdout,
    ];
    for bytes in told {
        let said = text(&bytes);
        assert!(
            !said.contains('\u{1b}') && !said.contains('\u{7}'),
            "{said}"
        );
        assert!(said.contains("\\u{1b}"), "{said}");
    }
}
