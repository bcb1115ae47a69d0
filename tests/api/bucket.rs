//! An S3 store on a port of its own: it answers by a table, to who signs as AWS wants it (Signature Version 4). What is right is worked out
//! here from the published description, not by the library that the server uses.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use pixmill::source::StoreSettings;
use sha2::{Digest, Sha256};

use crate::origin::{Asked, Origin, Reply};

pub(crate) const KEY_ID: &str = "AKIDPIXMILL";
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
pub(crate) const REGION: &str = "eu-test-1";

/// A store whose keys are the paths of the table.
pub(crate) async fn start<const N: usize>(replies: [(&str, Reply); N]) -> Origin {
    Origin::start_behind(Box::new(lock), replies).await
}

/// The environment of a server that reads it.
pub(crate) fn environment(origin: &Origin) -> BTreeMap<String, String> {
    [
        ("AWS_ENDPOINT_URL", origin.url("")),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", KEY_ID.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// What is below `in/` of the bucket `photos` there.
pub(crate) fn settings(environment: &BTreeMap<String, String>) -> StoreSettings {
    let bucket = "s3://photos/in".parse().unwrap();
    let mut settings = StoreSettings::new(bucket, environment, false).unwrap();
    settings.timeout = Duration::from_secs(15);
    settings
}

/// A token service, which hands out the keys of the store to a role, for this token.
pub(crate) async fn voucher(token: &'static str) -> Origin {
    let answer = move |asked: &Asked| {
        let is_known = asked.method == "POST"
            && asked
                .path
                .starts_with("/?Action=AssumeRoleWithWebIdentity&")
            && asked.path.ends_with(&format!("&WebIdentityToken={token}"));
        let document = format!(
            "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>\
             <AccessKeyId>{KEY_ID}</AccessKeyId><SecretAccessKey>{SECRET}</SecretAccessKey>\
             <SessionToken>session</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration>\
             </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
        );
        Some(if is_known {
            Reply::Plain(200, Vec::new(), document.into_bytes())
        } else {
            Reply::status(403)
        })
    };
    Origin::start_behind(Box::new(answer), []).await
}

fn lock(asked: &Asked) -> Option<Reply> {
    refusal(asked, REGION).map(|code| {
        let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code></Error>");
        Reply::Plain(403, Vec::new(), body.into_bytes())
    })
}

/// Why a request isn't signed by who has the key.
fn refusal(asked: &Asked, region: &str) -> Option<&'static str> {
    let given = asked.header("authorization").and_then(|value| {
        let fields = value.strip_prefix("AWS4-HMAC-SHA256 ")?.split(',');
        let fields = fields.filter_map(|field| field.trim().split_once('='));
        Some(fields.collect::<BTreeMap<_, _>>())
    });
    let Some(given) = given else {
        return Some("AccessDenied");
    };
    let (id, scope) = given["Credential"].split_once('/').unwrap();
    if id != KEY_ID {
        return Some("InvalidAccessKeyId");
    }
    let names: Vec<&str> = given["SignedHeaders"].split(';').collect();
    let time = asked.header("x-amz-date").unwrap_or_default();
    let day = scope.split('/').next().unwrap();
    let is_sound = scope == format!("{day}/{region}/s3/aws4_request")
        && time.starts_with(day)
        && ["host", "x-amz-date", "x-amz-content-sha256"]
            .iter()
            .all(|name| names.contains(name));
    if !is_sound {
        return Some("AuthorizationHeaderMalformed");
    }
    let expected = signature(asked, &names, time, scope, SECRET);
    (given["Signature"] != expected).then_some("SignatureDoesNotMatch")
}

fn signature(asked: &Asked, names: &[&str], time: &str, scope: &str, secret: &str) -> String {
    let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
    let mut pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    pairs.sort_unstable();
    let mut canonical = format!("{}\n{path}\n{}\n", asked.method, pairs.join("&"));
    for name in names {
        let value = asked.header(name).unwrap_or_default().trim();
        writeln!(canonical, "{name}:{value}").unwrap();
    }
    let payload = asked.header("x-amz-content-sha256").unwrap_or_default();
    write!(canonical, "\n{}\n{payload}", names.join(";")).unwrap();
    let hash = hex(&Sha256::digest(canonical.as_bytes()));
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{hash}");
    let mut key = format!("AWS4{secret}").into_bytes();
    for step in scope.split('/') {
        key = keyed(&key, step.as_bytes());
    }
    hex(&keyed(&key, text.as_bytes()))
}

fn keyed(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// The example of a GET that Amazon's documentation works out, step by step.
#[test]
fn signatures_are_amazons() {
    let headers = [
        ("host", "examplebucket.s3.amazonaws.com"),
        ("range", "bytes=0-9"),
        (
            "x-amz-content-sha256",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ),
        ("x-amz-date", "20130524T000000Z"),
    ];
    let asked = Asked {
        method: "GET".to_owned(),
        path: "/test.txt".to_owned(),
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
    };
    let names = headers.map(|(name, _)| name);
    let scope = "20130524/us-east-1/s3/aws4_request";
    let signed = signature(&asked, &names, "20130524T000000Z", scope, SECRET);
    assert_eq!(
        signed,
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    );
}
