//! Which store is read, and which keys in it: text as the configuration and clients write it.

use std::str::FromStr;

use object_store::path::Path;

use crate::source::origin::climbs;
use crate::source::{Error, Unreadable};

/// Whose protocol a store speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cloud {
    /// Amazon's, and everybody's who offers the same.
    Aws,
    /// Google's.
    Google,
    /// Azure's.
    Azure,
}

/// `s3://bucket/prefix`, `gs://bucket/prefix` or `az://container/prefix`; the prefix may be left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    pub(super) cloud: Cloud,
    pub(super) name: String,
    /// Whole segments that every key is below.
    prefix: Path,
}

/// It is no store's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoBucket;

impl FromStr for Bucket {
    type Err = NoBucket;

    fn from_str(text: &str) -> Result<Self, NoBucket> {
        let (scheme, rest) = text.split_once("://").ok_or(NoBucket)?;
        let cloud = match scheme {
            "s3" => Cloud::Aws,
            "gs" => Cloud::Google,
            "az" => Cloud::Azure,
            _ => return Err(NoBucket),
        };
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let is_plain =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        if name.is_empty() || !name.bytes().all(is_plain) {
            return Err(NoBucket);
        }
        let prefix = match prefix.strip_suffix('/').unwrap_or(prefix) {
            "" => Path::ROOT,
            prefix => checked(prefix).ok_or(NoBucket)?,
        };
        Ok(Self {
            cloud,
            name: name.to_owned(),
            prefix,
        })
    }
}

impl Bucket {
    /// Where an object is within the bucket.
    pub(super) fn path(&self, key: &ObjectKey) -> Path {
        self.prefix.parts().chain(key.0.parts()).collect()
    }
}

/// An object's key beneath the prefix: segments between single slashes, none of them `.` or `..`, however often a gateway might decode
/// them, and no control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectKey(Path);

/// Bytes of a key, as all stores have it.
const LONGEST_KEY: usize = 1024;

impl ObjectKey {
    /// The key that the value of `object=` is, as it stands: unlike a file's path, it isn't decoded once more, since `%` may be in keys.
    pub(in crate::source) fn parse(value: &str) -> Result<Self, Error> {
        let key = checked(value).map(Self);
        key.ok_or(Error::Unreadable(Unreadable::Object))
    }

    pub(in crate::source) fn as_bytes(&self) -> &[u8] {
        self.0.as_ref().as_bytes()
    }
}

fn checked(text: &str) -> Option<Path> {
    // The library takes slashes off both ends, and another key would be read than the one that is named.
    let is_sound = !text.is_empty()
        && text.len() <= LONGEST_KEY
        && !text.starts_with('/')
        && !text.ends_with('/')
        && !climbs(text);
    Path::parse(text).ok().filter(|_| is_sound)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bucket(text: &str) -> Bucket {
        text.parse().unwrap()
    }

    #[test]
    fn buckets_are_read() {
        for (text, expected) in [
            ("s3://photos", Some((Cloud::Aws, "photos", ""))),
            ("s3://photos/", Some((Cloud::Aws, "photos", ""))),
            ("gs://a.b-c_d/x/y", Some((Cloud::Google, "a.b-c_d", "x/y"))),
            ("az://c/x/", Some((Cloud::Azure, "c", "x"))),
            ("s3://", None),
            ("s3:///x", None),
            ("s3://b//x", None),
            ("s3://b/x//y", None),
            ("s3://b/../x", None),
            ("s3://b?x", None),
            ("s3://u:p@b", None),
            ("s3://b:9000", None),
            ("S3://b", None),
            ("http://b", None),
            ("photos", None),
            ("", None),
        ] {
            let got = text.parse::<Bucket>().ok();
            let got = got.as_ref();
            let got = got.map(|it| (it.cloud, it.name.as_str(), it.prefix.as_ref()));
            assert_eq!(got, expected, "{text}");
        }
    }

    #[test]
    fn keys_are_below_the_prefix_or_none() {
        for (key, expected) in [
            ("a.jpg", Some("in/a.jpg")),
            ("photos/ü b/a.jpg", Some("in/photos/ü b/a.jpg")),
            ("100%.jpg", Some("in/100%.jpg")),
            ("a%20b", Some("in/a%20b")),
            ("a..b/...", Some("in/a..b/...")),
            ("~[x]*?#&=+|<>^`{}\"'", Some("in/~[x]*?#&=+|<>^`{}\"'")),
            ("", None),
            ("/", None),
            ("/a", None),
            ("a/", None),
            ("a//b", None),
            (".", None),
            ("..", None),
            ("./a", None),
            ("a/../b", None),
            ("a/..", None),
            ("..\\a", None),
            ("%2e%2e/a", None),
            ("%2e%2e%2fa", None),
            ("a%2f..%2f..%2fb", None),
            ("%252e%252e%252fa", None),
            ("a\0b", None),
            ("a%00b", None),
            ("a\nb", None),
        ] {
            let got = ObjectKey::parse(key).map(|key| bucket("s3://b/in").path(&key));
            assert_eq!(got.as_ref().ok().map(AsRef::as_ref), expected, "{key:?}");
        }
        assert!(ObjectKey::parse(&"k".repeat(LONGEST_KEY)).is_ok());
        assert!(ObjectKey::parse(&"k".repeat(LONGEST_KEY + 1)).is_err());
        let key = ObjectKey::parse("a/b").unwrap();
        assert_eq!(bucket("s3://b").path(&key).as_ref(), "a/b");
    }

    proptest! {
        #[test]
        fn no_key_leads_outside(key in "[a-c./%2ef\\\\]{0,24}") {
            if let Ok(parsed) = ObjectKey::parse(&key) {
                let path = bucket("s3://b/in").path(&parsed);
                let path = path.as_ref();
                prop_assert_eq!(path, format!("in/{key}"));
                // Neither as it is, nor as somebody would read it who decodes it first.
                for text in [path.to_owned(), percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned()] {
                    prop_assert!(!text.split(['/', '\\']).any(|step| step == ".."), "{}", text);
                }
            }
        }
    }
}
