//! HAProxy and nginx, as processes in the foreground, with the configurations of `config/`.

use std::fs;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::mill::{PATIENCE, free};

/// One of them.
pub(crate) struct Kind {
    name: &'static str,
    /// What it reads, as README shows it.
    config: &'static str,
    /// What in it isn't for this machine.
    front: &'static str,
    /// A whole file around it, where it isn't one.
    around: Option<fn(&Path) -> String>,
    arguments: &'static [&'static str],
    sees_all: fn(&Balancer) -> bool,
}

pub(crate) const HAPROXY: Kind = Kind {
    name: "haproxy",
    config: include_str!("../../config/haproxy.cfg"),
    front: "bind :80\n",
    around: None,
    arguments: &["-db", "-f"],
    sees_all: |balancer| balancer.servers_up() == 2,
};

pub(crate) const NGINX: Kind = Kind {
    name: "nginx",
    config: include_str!("../../config/nginx.conf"),
    front: "listen 80;\n",
    around: Some(around_nginx),
    arguments: &["-e", "stderr", "-c"],
    // It doesn't say; `sees_all` has waited for as long as a server counts as failed.
    sees_all: |_| true,
};

/// nginx's `fail_timeout`, and a little more.
const FORGETS_IN: Duration = Duration::from_millis(1_100);

pub(crate) struct Balancer {
    kind: &'static Kind,
    pub(crate) front: SocketAddr,
    folder: PathBuf,
    child: Child,
}

impl Balancer {
    /// Starts it in front of these.
    pub(crate) fn start(kind: &'static Kind, backends: [SocketAddr; 2]) -> Self {
        let folder =
            std::env::temp_dir().join(format!("pixmill-{}-{}", kind.name, std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let front = free();
        let place = kind.front.replace(":80", &format!(" {front}"));
        let place = place.replace(" 80", &format!(" {front}"));
        let mut text = replaced(kind.config, kind.front, &place);
        for (server, backend) in ["10.0.0.1:8080", "10.0.0.2:8080"].iter().zip(backends) {
            text = replaced(&text, server, &backend.to_string());
        }
        text = text.replace("/run/haproxy", folder.to_str().unwrap());
        let path = folder.join("conf");
        fs::write(&path, text).unwrap();
        let main = kind.around.map_or(path, |around| {
            let main = folder.join("main.conf");
            fs::write(&main, around(&folder)).unwrap();
            main
        });
        let child = Command::new(kind.name)
            .args(kind.arguments)
            .arg(main)
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", kind.name));
        Self {
            kind,
            front,
            folder,
            child,
        }
    }

    /// Waits until it sends requests to both.
    pub(crate) async fn sees_all(&self) {
        tokio::time::sleep(FORGETS_IN).await;
        let seen = async {
            while !(self.kind.sees_all)(self) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, seen).await;
        waited.unwrap_or_else(|_| panic!("{} doesn't see both", self.kind.name));
    }

    /// Asks HAProxy's control socket.
    fn servers_up(&self) -> usize {
        let Ok(mut socket) = UnixStream::connect(self.folder.join("admin.sock")) else {
            return 0;
        };
        socket.write_all(b"show stat\n").unwrap();
        let mut table = String::new();
        socket.read_to_string(&mut table).unwrap();
        let mut lines = table.lines();
        let status = lines
            .next()
            .and_then(|names| names.split(',').position(|name| name == "status"))
            .expect("a column for the status");
        lines
            .filter(|line| line.starts_with("pixmills,pixmill"))
            .filter(|line| line.split(',').nth(status) == Some("UP"))
            .count()
    }

    /// Name and version.
    pub(crate) fn version(&self) -> String {
        let output = Command::new(self.kind.name).arg("-v").output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        let number = text
            .split([' ', '/', '\n'])
            .find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        format!("{} {}", self.kind.name, number.unwrap_or("?"))
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        // Already gone, if anything has gone wrong.
        let _gone = self.child.kill();
        let _status = self.child.wait();
        let _left = fs::remove_dir_all(&self.folder);
    }
}

/// The text with its only `from` replaced.
fn replaced(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from}");
    text.replace(from, to)
}

/// What the file in `conf.d` is a part of, as short as it can be, with every path in the folder.
fn around_nginx(folder: &Path) -> String {
    let folder = folder.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("    {name}_temp_path {folder}/{name};\n"))
        .concat();
    format!(
        "daemon off;\nmaster_process off;\npid {folder}/pid;\nevents {{}}\nhttp {{\n    access_log off;\n\
         {temporary}    include {folder}/conf;\n}}\n"
    )
}
