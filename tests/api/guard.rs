//! Whom the server refuses to ask: nothing is sent there, and the answer doesn't tell what there is.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use pixmill::source::{Connect, Connecting, Resolve, Resolving, Stream};
use tokio::net::TcpStream;

use crate::fixtures::{png, quarters};
use crate::origin::{Origin, Reply};
use crate::remote::remote;
use crate::support::TestServer;

/// Answers each question with the next of these lists, the last one for ever.
#[derive(Debug)]
pub(crate) struct Answers(Mutex<Vec<Vec<IpAddr>>>, Mutex<Vec<String>>);

impl Answers {
    pub(crate) fn new(lists: &[&[&str]]) -> Arc<Self> {
        let parse = |list: &&[&str]| list.iter().map(|text| text.parse().unwrap()).collect();
        Arc::new(Self(
            Mutex::new(lists.iter().map(parse).collect()),
            Mutex::default(),
        ))
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.1.lock().unwrap())
    }
}

impl Resolve for Answers {
    fn resolve<'a>(&'a self, name: &'a str) -> Resolving<'a> {
        self.1.lock().unwrap().push(name.to_owned());
        let mut lists = self.0.lock().unwrap();
        let list = if lists.len() > 1 {
            lists.remove(0)
        } else {
            lists[0].clone()
        };
        Box::pin(async move { Ok(list) })
    }
}

/// Connects to nobody, or to one server whatever the address, and remembers where it should have.
#[derive(Debug, Default)]
pub(crate) struct Recorder(Mutex<Vec<SocketAddr>>, Option<SocketAddr>);

impl Recorder {
    pub(crate) fn to(server: SocketAddr) -> Arc<Self> {
        Arc::new(Self(Mutex::default(), Some(server)))
    }

    pub(crate) fn seen(&self) -> Vec<String> {
        let seen = std::mem::take(&mut *self.0.lock().unwrap());
        seen.iter().map(ToString::to_string).collect()
    }
}

impl Connect for Recorder {
    fn connect(&self, address: SocketAddr) -> Connecting<'_> {
        self.0.lock().unwrap().push(address);
        let server = self.1;
        Box::pin(async move {
            let server = server.ok_or(io::ErrorKind::ConnectionRefused)?;
            let stream: Box<dyn Stream> = Box::new(TcpStream::connect(server).await?);
            Ok(stream)
        })
    }
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Each leads to somewhere private, in one spelling or another, or to a place that is nobody's business.
const SPELLINGS: &[&str] = &[
    // Loopback.
    "http://127.0.0.1/",
    "http://127.0.0.1:80/",
    "https://127.0.0.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://0177.1/",
    "http://017700000001/",
    "http://127.0.0.1./",
    "http://0x7F.0x0.0x0.0x1/",
    "http://127.255.255.254/",
    "http://127.0.0.1%2f@example.org/",
    "http://%31%32%37.0.0.1/",
    "http://127%2e0%2e0%2e1/",
    "http://１２７.０.０.１/",
    "http://①②⑦.⓪.⓪.①/",
    "http://127。0。0。1/",
    "http://127.0.0.1\\@example.org/",
    "http:\\\\127.0.0.1/",
    "http:127.0.0.1/",
    "http:/127.0.0.1/",
    "http:////127.0.0.1/",
    "HTTP://127.0.0.1/",
    " http://127.0.0.1/ ",
    "ht\ttp://127.0.0.1/",
    "http://127.0.0.1#@example.org/",
    "http://127.0.0.1?@example.org/",
    "http://[::1]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[64:ff9b:1::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:7f00:1::]/",
    "http://[fe80::5efe:127.0.0.1]/",
    "http://[2606:4700::5efe:127.0.0.1]/",
    // Nowhere.
    "http://0/",
    "http://0.0.0.0/",
    "http://[::]/",
    "http://0.1.2.3/",
    // Metadata.
    "http://169.254.169.254/latest/meta-data/",
    "http://2852039166/",
    "http://0xa9fea9fe/",
    "http://169.254.43518/",
    "http://[::ffff:169.254.169.254]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[fd00:ec2::254]/",
    "http://[fd20:ce::254]/",
    "http://100.100.100.200/",
    "http://168.63.129.16/",
    "http://192.0.0.192/",
    // Private networks and what is reserved.
    "http://10.0.0.1/",
    "http://10.1/",
    "http://012.1.2.3/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.0.1/",
    "http://192.168.1/",
    "http://100.64.0.1/",
    "http://198.18.0.1/",
    "http://192.0.2.1/",
    "http://203.0.113.1/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[fc00::1]/",
    "http://[fd12:3456::1]/",
    "http://[fe80::1]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://[2001:db8::1]/",
    // Names that stand for such, by the resolver below.
    "http://localhost/",
    "http://LOCALHOST/",
    "http://localhost./",
    "http://localhost.localdomain/",
    "http://127.0.0.1.nip.test/",
    "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    "http://metadata.google.internal/",
    "http://kubernetes.default.svc/",
    "http://db/",
    // A public place at an odd port, or with a user in it.
    "http://1.1.1.1:22/",
    "http://1.1.1.1:8080/",
    "https://1.1.1.1:6443/",
    "http://example.org@1.1.1.1/",
    "http://user:word@1.1.1.1/",
    "http://1.1.1.1:80@127.0.0.1/",
    "http://1.1.1.1&@127.0.0.1/",
];

#[tokio::test]
async fn no_spelling_of_a_private_place_is_asked() {
    assert!(SPELLINGS.len() >= 60);
    let origin = Origin::start([]).await;
    for addresses in [&["127.0.0.1"][..], &["1.1.1.1", "10.0.0.1"], &["::1"], &[]] {
        let (resolver, connector) = (Answers::new(&[addresses]), Arc::new(Recorder::default()));
        let server = TestServer::start_fetching(
            |config| config.source.remote = Some(remote(&[&origin])),
            resolver,
            Arc::clone(&connector) as _,
        )
        .await;
        let mut documents = Vec::new();
        for spelling in SPELLINGS {
            let path = format!("/resize?width=30&url={}", encoded(spelling));
            let answer = server.get(&path).await;
            let mut document = answer.problem(403, "forbidden-source");
            document["request_id"].take();
            assert_eq!(connector.seen(), [""; 0], "{spelling}");
            documents.push(document);
        }
        // Whatever it is, it looks the same.
        documents.dedup();
        assert_eq!(documents.len(), 1);
        // What may be asked is, so that the rest is no accident; nobody answers there.
        let answer = server.get("/resize?width=30&url=http://1.1.1.1/").await;
        answer.problem(502, "source-failed");
        assert_eq!(connector.seen(), ["1.1.1.1:80"]);
        let answer = server
            .get("/resize?width=30&url=https://[2606:4700::1111]/")
            .await;
        answer.problem(502, "source-failed");
        assert_eq!(connector.seen(), ["[2606:4700::1111]:443"]);
    }
}

#[tokio::test]
async fn a_name_is_asked_once_and_the_address_that_was_checked_is_the_one() {
    let origin = Origin::start([("/a.png", Reply::picture(png(&quarters(60, 40))))]).await;
    // What it stands for changes at once.
    let resolver = Answers::new(&[&["1.1.1.1"], &["127.0.0.1"]]);
    let connector = Recorder::to(origin.address);
    let server = TestServer::start_fetching(
        |config| config.source.remote = Some(remote(&[])),
        Arc::clone(&resolver) as _,
        Arc::clone(&connector) as _,
    )
    .await;
    let path = "/resize?width=30&url=http://rebind.test/a.png";
    server.get(path).await.picture("image/png", 30, 20);
    assert_eq!(resolver.asked(), ["rebind.test"]);
    assert_eq!(connector.seen(), ["1.1.1.1:80"]);
    assert_eq!(origin.asked()[0].header("host"), Some("rebind.test"));
    server.get(path).await.problem(403, "forbidden-source");
    assert_eq!(resolver.asked(), ["rebind.test"]);
    assert_eq!(connector.seen(), [""; 0]);
}

#[tokio::test]
async fn each_redirect_is_checked_like_the_first_url() {
    let origin = Origin::start([("/a.png", Reply::picture(png(&quarters(60, 40))))]).await;
    for (location, lists, asked, seen) in [
        ("http://127.0.0.1/a.png", &[&["1.1.1.1"][..]][..], 1, 1),
        ("http://[::ffff:169.254.169.254]/", &[&["1.1.1.1"]], 1, 1),
        ("//2130706433/a.png", &[&["1.1.1.1"]], 1, 1),
        ("http://1.1.1.1:22/", &[&["1.1.1.1"]], 1, 1),
        ("http://user@1.1.1.1/", &[&["1.1.1.1"]], 1, 1),
        // Its name is looked up anew, for each hop.
        ("/b.png", &[&["1.1.1.1"], &["10.0.0.1"]], 2, 1),
        (
            "http://other.test/",
            &[&["1.1.1.1"], &["1.1.1.1", "::1"]],
            2,
            1,
        ),
        ("https://other.test/", &[&["1.1.1.1"], &[]], 2, 1),
    ] {
        origin.set("/to", Reply::redirect(location));
        let (resolver, connector) = (Answers::new(lists), Recorder::to(origin.address));
        let server = TestServer::start_fetching(
            |config| config.source.remote = Some(remote(&[])),
            Arc::clone(&resolver) as _,
            Arc::clone(&connector) as _,
        )
        .await;
        let answer = server.get("/resize?width=30&url=http://a.test/to").await;
        answer.problem(403, "forbidden-source");
        assert_eq!(resolver.asked().len(), asked, "{location}");
        assert_eq!(connector.seen().len(), seen, "{location}");
    }
}

#[tokio::test]
async fn listed_origins_are_asked_and_no_others() {
    let origin = Origin::start([
        ("/ok/a.png", Reply::picture(png(&quarters(60, 40)))),
        ("/ok/to", Reply::redirect("/elsewhere/a.png")),
        ("/elsewhere/a.png", Reply::picture(png(&quarters(60, 40)))),
    ])
    .await;
    let server = TestServer::start_with(|config| {
        let mut settings = remote(&[&origin]);
        let allowed = [origin.url("/ok"), "http://*.example.test".to_owned()];
        settings.allowed = Some(allowed.map(|text| text.parse().unwrap()).into());
        config.source.remote = Some(settings);
    })
    .await;
    let url = origin.url("/ok/a.png");
    let answer = server.get(&format!("/resize?width=30&url={url}")).await;
    answer.picture("image/png", 30, 20);
    for path in [
        "/elsewhere/a.png",
        "/okay/a.png",
        "/ok",
        "/ok/../elsewhere/a.png",
        "/ok/%2e%2e/elsewhere/a.png",
        "/ok/..%2felsewhere/a.png",
        "/ok/to",
    ] {
        let url = encoded(&origin.url(path));
        let answer = server.get(&format!("/resize?width=30&url={url}")).await;
        answer.problem(403, "forbidden-source");
    }
    let port = origin.address.port();
    for url in [
        format!("http://localhost:{port}/ok/a.png"),
        "http://1.1.1.1/".to_owned(),
    ] {
        let answer = server.get(&format!("/resize?width=30&url={url}")).await;
        answer.problem(403, "forbidden-source");
    }
}
