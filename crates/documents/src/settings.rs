//! What an operator says of the object store.

use std::{fmt, io, time::Duration};

use object_store::{
    ClientOptions, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
};

/// How long one request may take.
const REQUEST_DEADLINE: Duration = Duration::from_secs(30);
/// How long a request and its repetitions may take.
const DEADLINE: Duration = Duration::from_secs(60);
/// How often a request is repeated.
const REPETITIONS: usize = 3;

/// A bucket of S3, or of another store that speaks its protocol.
#[derive(Clone)]
pub struct S3Settings {
    /// The bucket.
    pub bucket: String,
    /// Its region.
    pub region: String,
    /// Where the store is, unless it is Amazon's.
    pub endpoint: Option<String>,
    /// Who we are there.
    pub access_key_id: String,
    /// What proves it.
    pub secret_access_key: String,
}

impl S3Settings {
    pub(crate) fn store(&self) -> Result<AmazonS3, DocumentsSetupError> {
        // Refused if the process has a provider already; any will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let is_plain = self
            .endpoint
            .as_ref()
            .is_some_and(|endpoint| endpoint.starts_with("http://"));
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&self.bucket)
            .with_region(&self.region)
            .with_access_key_id(&self.access_key_id)
            .with_secret_access_key(&self.secret_access_key)
            .with_client_options(
                ClientOptions::new()
                    .with_timeout(REQUEST_DEADLINE)
                    .with_allow_http(is_plain),
            )
            .with_retry(RetryConfig {
                max_retries: REPETITIONS,
                retry_timeout: DEADLINE,
                ..RetryConfig::default()
            });
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        builder.build().map_err(DocumentsSetupError::Store)
    }
}

impl fmt::Debug for S3Settings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("S3Settings")
            .field("bucket", &self.bucket)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

/// Why documents cannot be kept with these settings.
#[derive(Debug, thiserror::Error)]
pub enum DocumentsSetupError {
    /// The folder cannot be made.
    #[error("the folder of documents cannot be made")]
    Folder(#[source] io::Error),
    /// The object store cannot be used like this.
    #[error("the object store of documents cannot be used")]
    Store(#[source] object_store::Error),
}
