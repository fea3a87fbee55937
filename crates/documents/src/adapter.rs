//! The port itself.

use std::{
    io,
    path::{Path as FolderPath, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use object_store::{
    Error, ObjectStore, ObjectStoreExt, local::LocalFileSystem, memory::InMemory, path::Path,
};
use vouch_domain::ports::{
    ByteSource, DocumentKey, DocumentPlace, Documents, DocumentsError, PutDocumentError,
};

use crate::{
    reading::Reading,
    sealing::SealError,
    settings::{DocumentsSetupError, S3Settings},
    writing::Writing,
};

/// The name of every object in the folder of its own.
const OBJECT: &str = "sealed";

/// Documents in an object store.
pub struct ObjectDocuments {
    store: Arc<dyn ObjectStore>,
    /// Where the objects are files.
    folder: Option<PathBuf>,
}

impl ObjectDocuments {
    /// In a folder of this machine, which is made when it is missing, for its owner alone.
    ///
    /// # Errors
    /// [`DocumentsSetupError::Folder`].
    pub fn in_folder(folder: &FolderPath) -> Result<Self, DocumentsSetupError> {
        make_private(folder).map_err(DocumentsSetupError::Folder)?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(DocumentsSetupError::Store)?;
        Ok(Self {
            store: Arc::new(store.with_fsync(true)),
            folder: Some(folder.to_owned()),
        })
    }

    /// In a bucket of S3, or of another store that speaks its protocol. Nothing is sent yet.
    ///
    /// # Errors
    /// [`DocumentsSetupError::Store`].
    pub fn in_s3(settings: &S3Settings) -> Result<Self, DocumentsSetupError> {
        Ok(Self {
            store: Arc::new(settings.store()?),
            folder: None,
        })
    }

    /// In memory, for tests.
    #[must_use]
    pub fn in_memory() -> Self {
        Self {
            store: Arc::new(InMemory::new()),
            folder: None,
        }
    }

    /// Removes what a write that broke off has left in the object's folder.
    async fn clean(&self, place: &DocumentPlace) -> io::Result<()> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let mut path = folder.clone();
        path.extend(segments(place));
        match tokio::fs::remove_dir_all(path).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl Documents for ObjectDocuments {
    async fn put(
        &self,
        place: &DocumentPlace,
        key: &DocumentKey,
        source: &mut dyn ByteSource,
    ) -> Result<(), PutDocumentError> {
        let begun = self.store.put_multipart(&path(place)).await;
        let mut upload = begun.map_err(|error| unavailable(&error))?;
        let written = Writing::new(&mut *upload, place, key)?.write(source).await;
        if written.is_err()
            && let Err(error) = upload.abort().await
        {
            let error = unavailable(&error);
            tracing::warn!(%error, "an upload that broke off was not cleaned up; it is swept later");
        }
        written
    }

    async fn get(
        &self,
        place: &DocumentPlace,
        key: &DocumentKey,
    ) -> Result<Box<dyn ByteSource>, DocumentsError> {
        let object = self
            .store
            .get(&path(place))
            .await
            .map_err(|error| unavailable(&error))?;
        Ok(Box::new(Reading::open(object, place, key).await?))
    }

    async fn remove(&self, place: &DocumentPlace) -> Result<(), DocumentsError> {
        match self
            .store
            .delete(&path(place))
            .await
            .map_err(|error| unavailable(&error))
        {
            Ok(()) | Err(DocumentsError::Missing) => {}
            Err(error) => return Err(error),
        }
        let cleaned = self.clean(place).await;
        cleaned.map_err(|error| DocumentsError::Unavailable(error.kind().to_string()))
    }
}

/// Each object has a folder of its own, in which a write leaves what it has not finished.
fn segments(place: &DocumentPlace) -> [String; 4] {
    [
        place.tenant.organisation.uuid().to_string(),
        place.tenant.env.as_str().to_owned(),
        place.file.uuid().to_string(),
        place.object.to_string(),
    ]
}

fn path(place: &DocumentPlace) -> Path {
    Path::from_iter(segments(place)).join(OBJECT)
}

fn make_private(folder: &FolderPath) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

/// Fixed texts: the store's own name paths and addresses.
pub(crate) fn unavailable(error: &Error) -> DocumentsError {
    let cause = match error {
        Error::NotFound { .. } => return DocumentsError::Missing,
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => "it refused us",
        Error::JoinError { .. } => "a task ended early",
        _ => "a request failed",
    };
    DocumentsError::Unavailable(cause.to_owned())
}

pub(crate) fn defect(error: SealError) -> DocumentsError {
    DocumentsError::Defect(error.to_string())
}
