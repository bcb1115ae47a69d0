//! How a store is reached and as whom, out of the variables by which its cloud's own tools are told so: pure, but for the library's
//! reading of credentials' files when it is built.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use url::Url;

use super::bucket::{Bucket, Cloud};
use crate::source::dial::Place;

/// The environment's words on stores.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Variables(BTreeMap<String, String>);

impl fmt::Debug for Variables {
    /// Values are secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Variables {
    pub(super) fn of(environment: &BTreeMap<String, String>) -> Self {
        let ours = |name: &str| {
            ["AWS_", "AZURE_", "GOOGLE_"]
                .iter()
                .any(|cloud| name.starts_with(cloud))
        };
        // One that is set to nothing is none, as everywhere.
        let given = environment
            .iter()
            .filter(|(name, value)| ours(name) && !value.is_empty());
        Self(
            given
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        )
    }

    /// The first that is set of these.
    pub(super) fn get(&self, names: &[&str]) -> Option<&str> {
        names
            .iter()
            .find_map(|name| self.0.get(*name))
            .map(String::as_str)
    }

    pub(super) fn is_set(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn is_true(&self, name: &str) -> bool {
        let value = self.get(&[name]).map(str::to_ascii_lowercase);
        matches!(value.as_deref(), Some("1" | "true" | "yes" | "on"))
    }
}

/// Where requests go, and what is read for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Access {
    /// The store's URL.
    pub(super) endpoint: String,
    /// The only places that are asked: the store, and then whoever hands out tokens for it.
    pub(super) places: Vec<Place>,
    /// A file with a token that is shown there, and read anew each time.
    pub(super) token: Option<PathBuf>,
    /// Nothing is signed: the bucket is public.
    pub(super) is_anonymous: bool,
}

/// Who we are.
enum Identity {
    /// Nobody in particular.
    Nobody,
    /// Who has the keys that are given.
    Keys,
    /// Whom these vouch for, perhaps to who has the token in this file.
    Vouched(Vec<String>, Option<PathBuf>),
    /// Not told.
    Unknown,
}

pub(super) const REGION: &[&str] = &["AWS_REGION", "AWS_DEFAULT_REGION"];
pub(super) const DEFAULT_REGION: &str = "us-east-1";
pub(super) const VIRTUAL: &str = "AWS_VIRTUAL_HOSTED_STYLE_REQUEST";
const AWS_ENDPOINT: &[&str] = &["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"];
pub(super) const AZURE_ACCOUNT: &[&str] = &["AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT"];
const AZURE_ENDPOINT: &[&str] = &["AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"];
pub(super) const AZURE_KEY: &[&str] = &["AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_KEY"];
pub(super) const AZURE_SAS: &[&str] = &["AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_SAS_KEY"];
pub(super) const GOOGLE_ACCOUNT: &[&str] =
    &["GOOGLE_SERVICE_ACCOUNT", "GOOGLE_SERVICE_ACCOUNT_PATH"];

/// Where machines of each cloud learn who they are.
const METADATA: &str = "http://169.254.169.254";

impl Access {
    /// With `has_metadata`, the machine's own credentials are asked for where the variables have none.
    ///
    /// # Errors
    /// What is missing, for a person.
    pub(super) fn of(
        bucket: &Bucket,
        variables: &Variables,
        has_metadata: bool,
    ) -> Result<Self, String> {
        let (endpoint, identity, advice) = match bucket.cloud {
            Cloud::Aws => aws(bucket, variables, has_metadata),
            Cloud::Google => google(variables, has_metadata),
            Cloud::Azure => azure(variables, has_metadata)?,
        };
        let is_anonymous = matches!(identity, Identity::Nobody);
        let (vouchers, token) = match identity {
            Identity::Nobody | Identity::Keys => (Vec::new(), None),
            Identity::Vouched(vouchers, token) => (vouchers, token),
            Identity::Unknown => {
                return Err(format!(
                    "without credentials in the environment ({advice}), or object_store_metadata for the machine's own"
                ));
            }
        };
        // The sandbox lets a folder through for it, which can't be all there is.
        let is_file = |path: &PathBuf| {
            path.is_absolute() && path.parent().is_some_and(|folder| folder != Path::new("/"))
        };
        if let Some(token) = token.as_ref().filter(|path| !is_file(path)) {
            return Err(format!(
                "with a token in {}, which is no absolute path of a file in a folder",
                token.display()
            ));
        }
        let places = std::iter::once(&endpoint)
            .chain(&vouchers)
            .map(|url| place(url));
        Ok(Self {
            places: places.collect::<Result<_, _>>()?,
            endpoint,
            token,
            is_anonymous,
        })
    }
}

fn place(text: &str) -> Result<Place, String> {
    let url = Url::parse(text)
        .ok()
        .filter(|url| url.username().is_empty() && url.password().is_none())
        .filter(|url| url.query().is_none());
    url.as_ref()
        .and_then(Place::of)
        // There may be a password in it.
        .ok_or_else(|| {
            "at what is no URL of http or https without user, password and query".to_owned()
        })
}

fn aws(
    bucket: &Bucket,
    variables: &Variables,
    has_metadata: bool,
) -> (String, Identity, &'static str) {
    let region = variables.get(REGION).unwrap_or(DEFAULT_REGION);
    let endpoint = match variables.get(AWS_ENDPOINT) {
        Some(endpoint) => endpoint.trim_end_matches('/').to_owned(),
        None if variables.is_true(VIRTUAL) => {
            format!("https://{}.s3.{region}.amazonaws.com", bucket.name)
        }
        None => format!("https://s3.{region}.amazonaws.com"),
    };
    let get = |name| variables.get(&[name]);
    let file = |name| get(name).map(PathBuf::from);
    let full = get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
        .zip(file("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"));
    // In the order in which the library looks for them.
    let identity = if variables.is_true("AWS_SKIP_SIGNATURE") {
        Identity::Nobody
    } else if variables.is_set("AWS_ACCESS_KEY_ID") || variables.is_set("AWS_SECRET_ACCESS_KEY") {
        Identity::Keys
    } else if let (Some(token), Some(_role)) =
        (file("AWS_WEB_IDENTITY_TOKEN_FILE"), get("AWS_ROLE_ARN"))
    {
        let regional = || format!("https://sts.{region}.amazonaws.com");
        let voucher = get("AWS_ENDPOINT_URL_STS").map_or_else(regional, str::to_owned);
        Identity::Vouched(vec![voucher], Some(token))
    } else if variables.is_set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
        Identity::Vouched(vec!["http://169.254.170.2".to_owned()], None)
    } else if let Some((voucher, token)) = full {
        Identity::Vouched(vec![voucher.to_owned()], Some(token))
    } else if has_metadata {
        let voucher = get("AWS_EC2_METADATA_SERVICE_ENDPOINT").unwrap_or(METADATA);
        Identity::Vouched(vec![voucher.to_owned()], None)
    } else {
        Identity::Unknown
    };
    let advice = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_SKIP_SIGNATURE=true where the bucket is public";
    (endpoint, identity, advice)
}

fn google(variables: &Variables, has_metadata: bool) -> (String, Identity, &'static str) {
    let endpoint = variables
        .get(&["GOOGLE_BASE_URL"])
        .unwrap_or("https://storage.googleapis.com");
    let identity = if variables.is_true("GOOGLE_SKIP_SIGNATURE") {
        Identity::Nobody
    } else if variables.get(GOOGLE_ACCOUNT).is_some()
        || variables.is_set("GOOGLE_SERVICE_ACCOUNT_KEY")
    {
        // An account signs its tokens itself.
        Identity::Keys
    } else if variables.is_set("GOOGLE_APPLICATION_CREDENTIALS") {
        Identity::Vouched(vec!["https://accounts.google.com".to_owned()], None)
    } else if has_metadata {
        let name = "http://metadata.google.internal";
        Identity::Vouched(vec![name.to_owned(), METADATA.to_owned()], None)
    } else {
        Identity::Unknown
    };
    let advice = "GOOGLE_APPLICATION_CREDENTIALS or GOOGLE_SERVICE_ACCOUNT, or GOOGLE_SKIP_SIGNATURE=true where the bucket is public";
    (endpoint.trim_end_matches('/').to_owned(), identity, advice)
}

fn azure(
    variables: &Variables,
    has_metadata: bool,
) -> Result<(String, Identity, &'static str), String> {
    let account = variables
        .get(AZURE_ACCOUNT)
        .ok_or("without AZURE_STORAGE_ACCOUNT_NAME in the environment")?;
    let endpoint = match variables.get(AZURE_ENDPOINT) {
        Some(endpoint) => endpoint.trim_end_matches('/').to_owned(),
        None => format!("https://{account}.blob.core.windows.net"),
    };
    let get = |name| variables.get(&[name]);
    let authority = || {
        get("AZURE_AUTHORITY_HOST")
            .unwrap_or("https://login.microsoftonline.com")
            .to_owned()
    };
    let is_named = variables.is_set("AZURE_CLIENT_ID") && variables.is_set("AZURE_TENANT_ID");
    let identity = if variables.is_true("AZURE_SKIP_SIGNATURE") {
        Identity::Nobody
    } else if variables.get(AZURE_KEY).is_some() {
        Identity::Keys
    } else if let Some(token) = get("AZURE_FEDERATED_TOKEN_FILE").filter(|_| is_named) {
        Identity::Vouched(vec![authority()], Some(PathBuf::from(token)))
    } else if is_named && variables.is_set("AZURE_CLIENT_SECRET") {
        Identity::Vouched(vec![authority()], None)
    } else if variables.get(AZURE_SAS).is_some() {
        Identity::Keys
    } else if has_metadata {
        Identity::Vouched(vec![METADATA.to_owned()], None)
    } else {
        Identity::Unknown
    };
    let advice = "AZURE_STORAGE_ACCOUNT_KEY, AZURE_STORAGE_SAS_TOKEN, or AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET";
    Ok((endpoint, identity, advice))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bucket, what is set, whether the machine may be asked; then the endpoint, the other places, the token's file.
    type Row = (
        &'static str,
        &'static [(&'static str, &'static str)],
        bool,
        &'static str,
        &'static [&'static str],
        Option<&'static str>,
    );

    const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "i"), ("AWS_SECRET_ACCESS_KEY", "s")];
    const ROLE: [(&str, &str); 3] = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/run/t/token"),
        ("AWS_ROLE_ARN", "arn"),
        ("AWS_REGION", "eu-west-1"),
    ];
    const NAMED: [(&str, &str); 3] = [
        ("AZURE_STORAGE_ACCOUNT_NAME", "acct"),
        ("AZURE_CLIENT_ID", "c"),
        ("AZURE_TENANT_ID", "t"),
    ];

    const ROWS: &[Row] = &[
        (
            "s3://b",
            &KEYS,
            true,
            "https://s3.us-east-1.amazonaws.com",
            &[],
            None,
        ),
        (
            "s3://b",
            &[
                KEYS[0],
                KEYS[1],
                ("AWS_DEFAULT_REGION", "eu-west-1"),
                (VIRTUAL, "true"),
            ],
            false,
            "https://b.s3.eu-west-1.amazonaws.com",
            &[],
            None,
        ),
        (
            "s3://b",
            &[
                KEYS[0],
                KEYS[1],
                ("AWS_ENDPOINT_URL", "http://minio:9000/"),
                ("AWS_REGION", ""),
            ],
            false,
            "http://minio:9000",
            &[],
            None,
        ),
        (
            "s3://b",
            &[
                ("AWS_SKIP_SIGNATURE", "1"),
                ("AWS_ENDPOINT_URL", "http://a"),
                ("AWS_ENDPOINT_URL_S3", "http://[::1]:81"),
            ],
            true,
            "http://[::1]:81",
            &[],
            None,
        ),
        (
            "s3://b",
            &ROLE,
            true,
            "https://s3.eu-west-1.amazonaws.com",
            &["https://sts.eu-west-1.amazonaws.com"],
            Some("/run/t/token"),
        ),
        (
            "s3://b",
            &[
                ROLE[0],
                ROLE[1],
                ("AWS_ENDPOINT_URL_STS", "http://sts:81/x"),
            ],
            false,
            "https://s3.us-east-1.amazonaws.com",
            &["http://sts:81"],
            Some("/run/t/token"),
        ),
        (
            "s3://b",
            &[("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x")],
            false,
            "https://s3.us-east-1.amazonaws.com",
            &["http://169.254.170.2"],
            None,
        ),
        (
            "s3://b",
            &[
                (
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                    "http://169.254.170.23/v1/credentials",
                ),
                ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/run/p/token"),
            ],
            false,
            "https://s3.us-east-1.amazonaws.com",
            &["http://169.254.170.23"],
            Some("/run/p/token"),
        ),
        (
            "s3://b",
            &[],
            true,
            "https://s3.us-east-1.amazonaws.com",
            &[METADATA],
            None,
        ),
        (
            "gs://b",
            &[("GOOGLE_SERVICE_ACCOUNT", "/etc/account.json")],
            true,
            "https://storage.googleapis.com",
            &[],
            None,
        ),
        (
            "gs://b",
            &[
                ("GOOGLE_APPLICATION_CREDENTIALS", "/etc/a.json"),
                ("GOOGLE_BASE_URL", "http://gcs:4443/"),
            ],
            false,
            "http://gcs:4443",
            &["https://accounts.google.com"],
            None,
        ),
        (
            "gs://b",
            &[],
            true,
            "https://storage.googleapis.com",
            &["http://metadata.google.internal", METADATA],
            None,
        ),
        (
            "az://c",
            &[NAMED[0], ("AZURE_STORAGE_ACCOUNT_KEY", "a2V5")],
            true,
            "https://acct.blob.core.windows.net",
            &[],
            None,
        ),
        (
            "az://c",
            &[
                NAMED[0],
                NAMED[1],
                NAMED[2],
                ("AZURE_FEDERATED_TOKEN_FILE", "/run/a/token"),
            ],
            false,
            "https://acct.blob.core.windows.net",
            &["https://login.microsoftonline.com"],
            Some("/run/a/token"),
        ),
        (
            "az://c",
            &[
                NAMED[0],
                NAMED[1],
                NAMED[2],
                ("AZURE_CLIENT_SECRET", "s"),
                ("AZURE_AUTHORITY_HOST", "https://login.test/"),
            ],
            false,
            "https://acct.blob.core.windows.net",
            &["https://login.test"],
            None,
        ),
        (
            "az://c",
            &[
                NAMED[0],
                ("AZURE_STORAGE_SAS_TOKEN", "sig=x"),
                ("AZURE_STORAGE_ENDPOINT", "http://azurite:10000/acct"),
            ],
            false,
            "http://azurite:10000/acct",
            &[],
            None,
        ),
        (
            "az://c",
            &NAMED,
            true,
            "https://acct.blob.core.windows.net",
            &[METADATA],
            None,
        ),
    ];

    fn access(bucket: &str, set: &[(&str, &str)], has_metadata: bool) -> Result<Access, String> {
        let environment = set
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()));
        Access::of(
            &bucket.parse().unwrap(),
            &Variables::of(&environment.collect()),
            has_metadata,
        )
    }

    #[test]
    fn only_the_store_and_who_vouches_for_us_are_asked() {
        for (bucket, set, has_metadata, endpoint, vouchers, token) in ROWS {
            let got = access(bucket, set, *has_metadata).unwrap();
            assert_eq!(got.endpoint, *endpoint, "{set:?}");
            let expected = std::iter::once(endpoint).chain(*vouchers);
            let expected: Vec<_> = expected.map(|url| place(url).unwrap()).collect();
            assert_eq!(got.places, expected, "{set:?}");
            assert_eq!(got.token.as_deref(), token.map(Path::new), "{set:?}");
        }
    }

    #[test]
    fn what_is_missing_is_said() {
        for (bucket, set, said) in [
            ("s3://b", &[][..], "AWS_ACCESS_KEY_ID"),
            (
                "s3://b",
                &[("AWS_ACCESS_KEY_ID", "")],
                "object_store_metadata",
            ),
            // A token without a role is nobody's.
            ("s3://b", &ROLE[..1], "AWS_ACCESS_KEY_ID"),
            (
                "s3://b",
                &[KEYS[0], ("AWS_ENDPOINT_URL", "minio:9000")],
                "no URL",
            ),
            (
                "s3://b",
                &[KEYS[0], ("AWS_ENDPOINT_URL", "ftp://minio")],
                "no URL",
            ),
            (
                "s3://b",
                &[KEYS[0], ("AWS_ENDPOINT_URL", "http://u@minio")],
                "no URL",
            ),
            (
                "s3://b",
                &[("AWS_WEB_IDENTITY_TOKEN_FILE", "token"), ROLE[1]],
                "no absolute path",
            ),
            (
                "s3://b",
                &[("AWS_WEB_IDENTITY_TOKEN_FILE", "/token"), ROLE[1]],
                "in a folder",
            ),
            ("gs://b", &[], "GOOGLE_APPLICATION_CREDENTIALS"),
            ("az://c", &[], "AZURE_STORAGE_ACCOUNT_NAME"),
            ("az://c", &NAMED, "AZURE_CLIENT_SECRET"),
        ] {
            let lack = access(bucket, set, false).unwrap_err();
            assert!(lack.contains(said), "{bucket} {set:?}: {lack}");
        }
    }

    #[test]
    fn values_are_shown_to_nobody() {
        let environment = [("AWS_SECRET_ACCESS_KEY", "hush"), ("HOME", "/root")];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let variables = Variables::of(&environment.into());
        assert_eq!(format!("{variables:?}"), "{\"AWS_SECRET_ACCESS_KEY\"}");
    }
}
