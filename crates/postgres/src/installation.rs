//! What a database knows of the installation it belongs to.

use std::sync::Arc;

use diesel::sql_types::{Binary, Nullable, Uuid as SqlUuid};
use uuid::Uuid;
use vouch_domain::ports::StoreError;
use zeroize::Zeroizing;

use crate::{
    database::Database,
    sealing::{MasterKeys, SealError, fill_random},
    statement::statement,
};

const HASH_KEY_PLACE: &str = "installation.hash_key";

/// The keys of an installation, opened.
#[derive(Clone)]
pub struct Installation {
    pub(crate) master_keys: Arc<MasterKeys>,
    hash_key: Zeroizing<[u8; 32]>,
}

/// An installation could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum InstallationError {
    /// The database was sealed with a master key that is not in the ring.
    #[error("the master key does not open this database")]
    WrongMasterKey,
    /// The operating system gave no random bytes.
    #[error("no random bytes could be had")]
    NoRandomness,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Installation {
    /// Opens the installation of a database, and makes it in a database that is new. Of several processes that find it
    /// new, one makes it, and all open the same.
    ///
    /// # Errors
    /// See [`InstallationError`].
    pub async fn open(database: &Database, keys: MasterKeys) -> Result<Self, InstallationError> {
        let mut fresh = Zeroizing::new([0_u8; 32]);
        fill_random(&mut *fresh).map_err(|_| InstallationError::NoRandomness)?;
        let sealed = keys
            .seal(HASH_KEY_PLACE, &*fresh)
            .map_err(|_| InstallationError::NoRandomness)?;
        let stored = stored_hash_key(database, &sealed).await?;
        let opened = keys
            .open(HASH_KEY_PLACE, &stored)
            .map_err(|_: SealError| InstallationError::WrongMasterKey)?;
        let hash_key: [u8; 32] = opened
            .as_slice()
            .try_into()
            .map_err(|_| InstallationError::WrongMasterKey)?;
        Ok(Self {
            master_keys: Arc::new(keys),
            hash_key: Zeroizing::new(hash_key),
        })
    }

    /// The root of all keyed hashes: of API keys, fingerprints, identities and persons.
    #[must_use]
    pub fn hash_key(&self) -> &[u8; 32] {
        &self.hash_key
    }
}

async fn stored_hash_key(database: &Database, fresh: &[u8]) -> Result<Vec<u8>, StoreError> {
    database
        .affected(|| {
            statement("INSERT INTO installation (hash_key) VALUES ($1) ON CONFLICT DO NOTHING")
                .bytes(fresh)
        })
        .await?;
    let stored: Option<(Vec<u8>,)> = database
        .row(|| statement::<(Binary,)>("SELECT hash_key FROM installation"))
        .await?;
    stored
        .map(|(hash_key,)| hash_key)
        .ok_or_else(|| StoreError::Defect("no installation".to_owned()))
}

impl Database {
    /// Takes note of the sandbox rail that this process runs, unless another was noted before. Answers whether the
    /// noted one is this.
    ///
    /// # Errors
    /// [`StoreError`] when that cannot be found out.
    pub async fn claim_sandbox(&self, sandbox: Uuid) -> Result<bool, StoreError> {
        self.affected(|| {
            statement("UPDATE installation SET sandbox_id = $1 WHERE sandbox_id IS NULL")
                .uuid(sandbox)
        })
        .await?;
        let noted: Option<(Option<Uuid>,)> = self
            .row(|| statement::<(Nullable<SqlUuid>,)>("SELECT sandbox_id FROM installation"))
            .await?;
        Ok(noted == Some((Some(sandbox),)))
    }
}
