//! The library's store for a bucket, told everything: it reads no variables of its own.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey as Aws};
use object_store::azure::{AzureConfigKey as Azure, MicrosoftAzureBuilder};
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::{BackoffConfig, ObjectStore, Result, RetryConfig};

use super::access::{
    AZURE_ACCOUNT, AZURE_KEY, AZURE_SAS, Access, DEFAULT_REGION, GOOGLE_ACCOUNT, REGION, VIRTUAL,
    Variables,
};
use super::bucket::{Bucket, Cloud};
use super::transport::Transport;

/// How often a request is made again that failed on the way, or by a 5xx or 429.
const RETRIES: usize = 2;

const AWS: &[(&str, Aws)] = &[
    ("AWS_ACCESS_KEY_ID", Aws::AccessKeyId),
    ("AWS_SECRET_ACCESS_KEY", Aws::SecretAccessKey),
    ("AWS_SESSION_TOKEN", Aws::Token),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", Aws::WebIdentityTokenFile),
    ("AWS_ROLE_ARN", Aws::RoleArn),
    ("AWS_ROLE_SESSION_NAME", Aws::RoleSessionName),
    ("AWS_ENDPOINT_URL_STS", Aws::StsEndpoint),
    (
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        Aws::ContainerCredentialsRelativeUri,
    ),
    (
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        Aws::ContainerCredentialsFullUri,
    ),
    (
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        Aws::ContainerAuthorizationTokenFile,
    ),
    ("AWS_EC2_METADATA_SERVICE_ENDPOINT", Aws::MetadataEndpoint),
];

const AZURE: &[(&[&str], Azure)] = &[
    (AZURE_ACCOUNT, Azure::AccountName),
    (AZURE_KEY, Azure::AccessKey),
    (AZURE_SAS, Azure::SasKey),
    (&["AZURE_CLIENT_ID"], Azure::ClientId),
    (&["AZURE_CLIENT_SECRET"], Azure::ClientSecret),
    (&["AZURE_TENANT_ID"], Azure::AuthorityId),
    (&["AZURE_AUTHORITY_HOST"], Azure::AuthorityHost),
    (&["AZURE_FEDERATED_TOKEN_FILE"], Azure::FederatedTokenFile),
];

/// A store that asks over `transport`, and gives up after `timeout`.
///
/// # Errors
/// The library's: a file of credentials that can't be read or isn't one, a key without its other half.
pub(super) fn build(
    bucket: &Bucket,
    variables: &Variables,
    access: &Access,
    transport: Transport,
    timeout: Duration,
) -> Result<Arc<dyn ObjectStore>> {
    let retry = RetryConfig {
        max_retries: RETRIES,
        retry_timeout: timeout,
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(50),
            max_backoff: Duration::from_secs(1),
            base: 2.0,
        },
    };
    Ok(match bucket.cloud {
        Cloud::Aws => {
            let mut builder = AmazonS3Builder::new()
                .with_bucket_name(&bucket.name)
                .with_region(variables.get(REGION).unwrap_or(DEFAULT_REGION))
                .with_endpoint(&access.endpoint)
                .with_virtual_hosted_style_request(variables.is_true(VIRTUAL))
                .with_skip_signature(access.is_anonymous)
                .with_retry(retry)
                .with_http_connector(transport);
            for (name, key) in AWS {
                if let Some(value) = variables.get(&[name]) {
                    builder = builder.with_config(*key, value);
                }
            }
            Arc::new(builder.build()?)
        }
        Cloud::Google => {
            let mut builder = GoogleCloudStorageBuilder::new()
                .with_bucket_name(&bucket.name)
                .with_base_url(&access.endpoint)
                .with_skip_signature(access.is_anonymous)
                .with_retry(retry)
                .with_http_connector(transport);
            if let Some(path) = variables.get(GOOGLE_ACCOUNT) {
                builder = builder.with_service_account_path(path);
            }
            if let Some(key) = variables.get(&["GOOGLE_SERVICE_ACCOUNT_KEY"]) {
                builder = builder.with_service_account_key(key);
            }
            if let Some(path) = variables.get(&["GOOGLE_APPLICATION_CREDENTIALS"]) {
                builder = builder.with_application_credentials(path);
            }
            Arc::new(builder.build()?)
        }
        Cloud::Azure => {
            let mut builder = MicrosoftAzureBuilder::new()
                .with_container_name(&bucket.name)
                .with_endpoint(access.endpoint.clone())
                .with_skip_signature(access.is_anonymous)
                .with_retry(retry)
                .with_http_connector(transport);
            for (names, key) in AZURE {
                if let Some(value) = variables.get(names) {
                    builder = builder.with_config(*key, value);
                }
            }
            Arc::new(builder.build()?)
        }
    })
}
