//! Signed URLs: only whoever holds the key can make one, and for as long as it says.
//!
//! The signature is imaginary's: HMAC-SHA256 of the path and of all parameters but `sign`, sorted by
//! name and encoded anew, in base64url without padding.

use std::fmt::{self, Write as _};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::Uri;
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::http::problem::{Kind, Problem};
use crate::pipeline::parameter::ParameterError;

const SIGN: &[u8] = b"sign";
const EXPIRES: &[u8] = b"expires";

/// The key that URLs are signed with, ready for use.
#[derive(Clone)]
pub struct SignatureKey(Hmac<Sha256>);

impl SignatureKey {
    /// Letters of a key, at least.
    pub const LEAST: usize = 32;

    /// Of this text; `None` if it is too short.
    pub fn new(text: &str) -> Option<Self> {
        if text.len() < Self::LEAST {
            return None;
        }
        Hmac::new_from_slice(text.as_bytes()).ok().map(Self)
    }

    /// Lets a request pass whose URL is signed, and still holds.
    ///
    /// # Errors
    /// What its signature lacks.
    pub(super) fn check(&self, uri: &Uri, now: SystemTime) -> Result<(), Problem> {
        let query = uri.query().unwrap_or_default();
        // What another reader of this query could drop or see differently is nothing that anybody has signed.
        let pairs = pairs(query).ok_or_else(mismatch)?;
        let value = |name| pairs.iter().find(|(given, _)| given == name);
        let sign = value(SIGN).map_or(&[][..], |(_, sign)| sign);
        let sign = BASE64URL_NOPAD.decode(sign).map_err(|_unreadable| {
            invalid("sign", sign, "base64url without padding, of an HMAC-SHA256")
        })?;
        let mut mac = self.0.clone();
        mac.update(signed(uri.path(), &pairs).as_bytes());
        mac.verify_slice(&sign).map_err(|_differs| mismatch())?;
        match value(EXPIRES) {
            Some((_, text)) if now >= end(text)? => Err(Problem::new(
                Kind::ForbiddenSignature,
                "The URL held until a time that has passed. Ask for a new one.",
            )),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for SignatureKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignatureKey")
    }
}

impl PartialEq for SignatureKey {
    /// Whether they sign alike.
    fn eq(&self, other: &Self) -> bool {
        let made = |key: &Self| key.0.clone().finalize();
        made(self) == made(other)
    }
}

impl Eq for SignatureKey {}

fn mismatch() -> Problem {
    Problem::new(
        Kind::ForbiddenSignature,
        "The URL isn't signed, or not as it stands here: path and parameters are part of the signature.",
    )
}

fn invalid(parameter: &str, value: &[u8], allowed: &str) -> Problem {
    ParameterError::Invalid {
        parameter: parameter.to_owned(),
        value: String::from_utf8_lossy(value).into_owned(),
        allowed: allowed.to_owned(),
    }
    .into()
}

/// The moment from which on a URL doesn't hold any more.
fn end(text: &[u8]) -> Result<SystemTime, Problem> {
    let digits = std::str::from_utf8(text)
        .ok()
        .filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    let seconds = digits.and_then(|digits| digits.parse().ok());
    seconds
        .and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds)))
        .ok_or_else(|| invalid("expires", text, "whole seconds since 1970"))
}

/// The same of a whole URL, where it says one that can be read.
pub(super) fn end_of(uri: &Uri) -> Option<SystemTime> {
    let pairs = pairs(uri.query()?)?;
    let (_, text) = pairs.iter().find(|(name, _)| name == EXPIRES)?;
    end(text).ok()
}

type Pair = (Vec<u8>, Vec<u8>);

/// The pairs of a query, decoded; `None` where one of them can't be, or has the semicolon that once stood
/// between pairs. imaginary drops such a pair, so that it would be no part of what was signed.
fn pairs(query: &str) -> Option<Vec<Pair>> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decoded(name)?, decoded(value)?))
        })
        .collect()
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b';' => return None,
            b'%' => hex(bytes.next()?)? << 4 | hex(bytes.next()?)?,
            other => other,
        });
    }
    Some(decoded)
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

/// What is signed: the path, and the parameters in their one order and spelling.
fn signed(path: &str, pairs: &[Pair]) -> String {
    let mut pairs: Vec<_> = pairs.iter().filter(|(name, _)| name != SIGN).collect();
    // Values of one name keep their order.
    pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut text = path.to_owned();
    for (index, (name, value)) in pairs.into_iter().enumerate() {
        if index > 0 {
            text.push('&');
        }
        encode(&mut text, name);
        text.push('=');
        encode(&mut text, value);
    }
    text
}

/// As imaginary encodes a form, which isn't quite as browsers do: `~` stays, `*` doesn't.
fn encode(text: &mut String, bytes: &[u8]) {
    for &byte in bytes {
        match byte {
            b' ' => text.push('+'),
            b'-' | b'.' | b'_' | b'~' => text.push(byte.into()),
            _ if byte.is_ascii_alphanumeric() => text.push(byte.into()),
            // Writing to a string can't fail.
            _ => {
                let _ok = write!(text, "%{byte:02X}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "pixmill-compat-signature-key-0123456789";

    fn sign(uri: &str) -> String {
        let uri: Uri = uri.parse().unwrap();
        let pairs = pairs(uri.query().unwrap_or_default()).unwrap();
        let mut mac = SignatureKey::new(KEY).unwrap().0;
        mac.update(signed(uri.path(), &pairs).as_bytes());
        BASE64URL_NOPAD.encode(&mac.finalize().into_bytes())
    }

    #[test]
    fn it_is_imaginarys() {
        let recorded = "WV6fkINAwvjCVn6BLXzjZVaw_RmURZOOveogqIym4HI";
        for query in [
            "type=png&width=50",
            "width=50&type=png",
            "width=%35%30&&type=p%6eg",
            "width=50&sign=whatever&type=png&sign=again",
        ] {
            assert_eq!(sign(&format!("/resize?{query}")), recorded, "{query}");
        }
        // The key is as long as it has to be, in either mode.
        assert!(SignatureKey::new(KEY.get(..31).unwrap()).is_none());
    }

    #[test]
    fn the_text_that_is_signed() {
        for (uri, text) in [
            ("/a", "/a"),
            ("/a?", "/a"),
            ("/a?b=2&a=1&b=1", "/aa=1&b=2&b=1"),
            ("/a?flag", "/aflag="),
            ("/a?t=x%20y+z&u=/%2f*~", "/at=x+y+z&u=%2F%2F%2A~"),
            ("/a?t=%ff%C3%A9", "/at=%FF%C3%A9"),
        ] {
            let uri: Uri = uri.parse().unwrap();
            let pairs = pairs(uri.query().unwrap_or_default()).unwrap();
            assert_eq!(signed(uri.path(), &pairs), text, "{uri}");
        }
        for query in ["a=%", "a=%z1", "%4=1", "a=1;b=2"] {
            assert_eq!(pairs(query), None, "{query}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut text = String::new();
            encode(&mut text, &bytes);
            prop_assert_eq!(decoded(&text), Some(bytes));
        }

        #[test]
        fn nothing_panics(query in ".{0,40}") {
            std::hint::black_box(pairs(&query));
        }
    }
}
