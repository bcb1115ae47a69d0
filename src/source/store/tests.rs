//! The store over one in memory, and its transport over connections that are counted.

use std::net::SocketAddr;
use std::sync::Mutex;

use object_store::client::{HttpErrorKind, HttpRequest, HttpRequestBody, HttpService};
use object_store::memory::InMemory;
use object_store::{ObjectStoreExt, PutPayload};

use super::*;
use crate::source::connect::{Connect, Connecting, Tls};
use crate::source::dial::Place;
use crate::source::resolve::{Resolve, Resolving};

const BYTES: &[u8] = b"some bytes of a picture";

/// With `BYTES` at `in/a` and nothing else.
async fn store(admission: &Admission, max_bytes: u64) -> (Arc<InMemory>, Store) {
    let memory = Arc::new(InMemory::new());
    put(&memory, "in/a", BYTES).await;
    put(&memory, "in/empty", b"").await;
    put(&memory, "out", BYTES).await;
    let store = OpenStore {
        store: Arc::clone(&memory) as _,
        bucket: "s3://b/in".parse().unwrap(),
        timeout: Duration::from_secs(5),
    };
    (memory, store.within(admission.clone(), max_bytes))
}

async fn put(memory: &InMemory, path: &str, bytes: &'static [u8]) {
    let path = object_store::path::Path::parse(path).unwrap();
    memory
        .put(&path, PutPayload::from_static(bytes))
        .await
        .unwrap();
}

fn key(text: &str) -> ObjectKey {
    ObjectKey::parse(text).unwrap()
}

#[tokio::test]
async fn objects_are_collected_and_known_again() {
    let admission = Admission::of_uploads(1 << 20);
    let (memory, store) = store(&admission, 1000).await;
    let Ok(Fetched::New { source, validators }) = store.fetch(&key("a"), None).await else {
        panic!("no object");
    };
    assert_eq!(source.bytes, BYTES);
    assert_eq!(source.digest, *blake3::hash(BYTES).as_bytes());
    assert_eq!(admission.figures().upload_memory.0, BYTES.len() as u64);
    drop(source);
    assert_eq!(admission.figures().upload_memory.0, 0);
    let again = store.fetch(&key("a"), validators.clone()).await;
    assert!(matches!(again, Ok(Fetched::Unchanged)), "{again:?}");
    // What another kind of source has said is no condition here.
    let other = Box::new(Validators::Url {
        of: [0; 32],
        etag: None,
        modified: None,
    });
    let fresh = store.fetch(&key("a"), Some(other)).await;
    assert!(matches!(fresh, Ok(Fetched::New { .. })), "{fresh:?}");
    put(&memory, "in/a", b"others").await;
    let changed = store.fetch(&key("a"), validators).await;
    assert!(matches!(changed, Ok(Fetched::New { .. })), "{changed:?}");
}

#[tokio::test]
async fn what_there_is_not_is_said() {
    let admission = Admission::of_uploads(1 << 20);
    let (_, store) = store(&admission, BYTES.len() as u64 - 1).await;
    for (name, expected) in [
        ("out", Error::Absent),
        ("b", Error::Absent),
        ("in/a", Error::Absent),
        ("empty", Error::Empty),
        (
            "a",
            Error::TooLarge {
                limit: BYTES.len() as u64 - 1,
                actual: Some(BYTES.len() as u64),
            },
        ),
    ] {
        assert_eq!(
            store.fetch(&key(name), None).await.unwrap_err(),
            expected,
            "{name}"
        );
    }
    assert_eq!(admission.figures().upload_memory.0, 0);
}

#[derive(Debug, Default)]
struct Nowhere(Mutex<Vec<String>>);

impl Resolve for Nowhere {
    fn resolve<'a>(&'a self, name: &'a str) -> Resolving<'a> {
        self.0.lock().unwrap().push(name.to_owned());
        Box::pin(async { Ok(vec!["127.0.0.1".parse().unwrap()]) })
    }
}

impl Connect for Nowhere {
    fn connect(&self, address: SocketAddr) -> Connecting<'_> {
        self.0.lock().unwrap().push(address.to_string());
        Box::pin(async { Err(io::ErrorKind::ConnectionRefused.into()) })
    }
}

#[tokio::test]
async fn nobody_is_asked_whom_the_configuration_does_not_lead_to() {
    let seen = Arc::new(Nowhere::default());
    let dialler = Dialler {
        resolver: Arc::clone(&seen) as _,
        connector: Arc::clone(&seen) as _,
        tls: Tls::open(None).unwrap(),
        timeout: Duration::from_secs(1),
    };
    let place = |url: &str| Place::of(&url.parse().unwrap()).unwrap();
    let places = vec![place("http://store.test"), place("https://sts.test")];
    let transport = Transport::new(dialler, places);
    for (url, asked) in [
        ("http://store.test/a", &["store.test", "127.0.0.1:80"][..]),
        (
            "http://STORE.test:80/../b?c",
            &["store.test", "127.0.0.1:80"],
        ),
        ("https://sts.test/", &["sts.test", "127.0.0.1:443"]),
        ("https://store.test/", &[]),
        ("http://sts.test/", &[]),
        ("http://store.test:81/", &[]),
        ("http://a.store.test/", &[]),
        ("http://store.test.a/", &[]),
        ("http://127.0.0.1/", &[]),
        ("http://169.254.169.254/latest/meta-data", &[]),
    ] {
        let mut request = HttpRequest::new(HttpRequestBody::empty());
        *request.uri_mut() = url.parse().unwrap();
        let answer = transport.call(request).await;
        let expected = if asked.is_empty() {
            HttpErrorKind::Unknown
        } else {
            HttpErrorKind::Connect
        };
        assert_eq!(answer.unwrap_err().kind(), expected, "{url}");
        assert_eq!(std::mem::take(&mut *seen.0.lock().unwrap()), asked, "{url}");
    }
}
