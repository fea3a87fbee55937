//! The bytes of files, in a folder of their own and under the name of their SHA-256.

use std::{
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use actix_web::web::Payload;
use futures_util::StreamExt;
use sha2::{Digest, Sha256};
use tokio::{
    fs::{self, OpenOptions},
    io::AsyncWriteExt,
};
use uuid::Uuid;

use crate::{
    kyc::file::{Format, Upload},
    refusal::Refusal,
};

/// The most bytes of a file.
const MAX_BYTES: u64 = 25 * 1024 * 1024;

/// As many of the first bytes as tell a file's type.
const SIGNATURE: usize = 8;

/// Ends the name of what has not arrived whole.
const PART: &str = "part";

/// Where uploaded bytes are kept.
pub(crate) struct Uploads {
    folder: PathBuf,
}

impl Uploads {
    /// The folder `files` of the sandbox's own, made when missing and rid of uploads that broke off.
    pub(crate) fn open(data_dir: &Path) -> io::Result<Self> {
        let folder = data_dir.join("files");
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)?;
        for entry in folder.read_dir()? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == PART) {
                std::fs::remove_file(path)?;
            }
        }
        Ok(Self { folder })
    }

    /// Writes the payload as it arrives, at most [`MAX_BYTES`] of it, and syncs it. Nothing is kept of a payload that is
    /// too long or breaks off.
    pub(crate) async fn receive(
        &self,
        content_type: Option<String>,
        mut payload: Payload,
    ) -> Result<Upload, Refusal> {
        let part = self.folder.join(format!("{}.{PART}", Uuid::new_v4()));
        match write(&part, content_type, &mut payload).await {
            Ok(upload) => {
                let kept = fs::rename(&part, self.folder.join(&upload.sha256)).await;
                kept.map(|()| upload).map_err(|_| Refusal::Unwritable)
            }
            Err(refusal) => {
                // What is left of it goes at the next start.
                let _ = fs::remove_file(&part).await;
                discard(&mut payload).await;
                Err(refusal)
            }
        }
    }
}

async fn write(
    path: &Path,
    content_type: Option<String>,
    payload: &mut Payload,
) -> Result<Upload, Refusal> {
    let unwritable = |_| Refusal::Unwritable;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .await
        .map_err(unwritable)?;
    let (mut size, mut hash, mut start) = (0, Sha256::new(), Vec::with_capacity(SIGNATURE));
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Refusal::BadRequest("The body broke off."))?;
        size += chunk.len() as u64;
        if size > MAX_BYTES {
            return Err(Refusal::TooLarge);
        }
        let missing = SIGNATURE - start.len();
        start.extend(chunk.iter().take(missing));
        hash.update(&chunk);
        file.write_all(&chunk).await.map_err(unwritable)?;
    }
    file.sync_all().await.map_err(unwritable)?;
    Ok(Upload {
        size,
        sha256: hex(&hash.finalize()),
        format: Format::sniff(&start),
        content_type,
    })
}

/// Takes what still arrives, as much again as a file may have: a client that is cut off while it sends never reads why.
async fn discard(payload: &mut Payload) {
    let mut discarded = 0;
    while let Some(Ok(chunk)) = payload.next().await {
        discarded += chunk.len() as u64;
        if discarded > MAX_BYTES {
            return;
        }
    }
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
