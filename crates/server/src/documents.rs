//! Where the files of customers are kept.

use std::sync::Arc;

use vouch_documents::{ObjectDocuments, S3Settings};
use vouch_domain::ports::Documents;

use crate::{CommandError, config::ServeArgs};

const FOLDER: &str = "documents";

/// The store of documents that the settings name: a folder in the data folder by default.
pub(crate) fn open(args: &ServeArgs) -> Result<Arc<dyn Documents>, CommandError> {
    let settings = &args.documents;
    let credentials = [
        &settings.documents_s3_access_key_id,
        &settings.documents_s3_secret_access_key,
    ];
    match (&settings.documents_s3_bucket, credentials) {
        (Some(bucket), [Some(access_key_id), Some(secret_access_key)]) => {
            let documents = ObjectDocuments::in_s3(&S3Settings {
                bucket: bucket.clone(),
                region: settings.documents_s3_region.clone(),
                endpoint: settings.documents_s3_endpoint.clone(),
                access_key_id: access_key_id.clone(),
                secret_access_key: secret_access_key.clone(),
            })?;
            Ok(Arc::new(documents))
        }
        (Some(_), _) => Err(
            "VOUCH_DOCUMENTS_S3_BUCKET needs VOUCH_DOCUMENTS_S3_ACCESS_KEY_ID and VOUCH_DOCUMENTS_S3_SECRET_ACCESS_KEY"
                .into(),
        ),
        // Nothing starts under settings that it would ignore.
        (None, [None, None]) if settings.documents_s3_endpoint.is_none() => {
            let folder = args.store.data_dir.join(FOLDER);
            Ok(Arc::new(ObjectDocuments::in_folder(&folder)?))
        }
        (None, _) => {
            Err("the store of documents is described, but no VOUCH_DOCUMENTS_S3_BUCKET".into())
        }
    }
}
