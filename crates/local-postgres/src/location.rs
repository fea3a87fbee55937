//! Where the files of one cluster lie, and who owns them.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::StartError;
use crate::owner::{Owner, is_root};
use crate::socket;

/// Where root keeps clusters whose data folder is out of reach of their owner.
const SYSTEM_FOLDER: &str = "/var/lib/vouch";

/// The places of one cluster.
#[derive(Clone, Debug)]
pub(crate) struct Location {
    data_dir: PathBuf,
    home: PathBuf,
    socket_folder: PathBuf,
    owner: Owner,
}

impl Location {
    /// Makes the folders that are missing, up to the cluster's own. May be done by several
    /// processes at once.
    pub(crate) fn prepare(data_dir: &Path) -> Result<Self, StartError> {
        let data_dir = make_data_dir(data_dir)?;
        let home = find_home(&data_dir)?;
        let owner = match home.join("postgres") {
            cluster if exists(&cluster)? => Owner::of_existing_cluster(&cluster)?,
            _ => Owner::of_new_cluster()?,
        };
        if !owner.can_enter(&home)? {
            return Err(StartError::OutOfReach {
                user: owner.name().to_owned(),
                folder: home,
            });
        }
        let socket_folder = socket::folder_for(&home);
        socket::make_private_folder(&socket_folder, &owner)?;
        Ok(Self {
            data_dir,
            home,
            socket_folder,
            owner,
        })
    }

    pub(crate) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    pub(crate) fn owner(&self) -> &Owner {
        &self.owner
    }

    pub(crate) fn socket_folder(&self) -> &Path {
        &self.socket_folder
    }

    /// The cluster, which exists only when it is complete.
    pub(crate) fn cluster(&self) -> PathBuf {
        self.home.join("postgres")
    }

    /// The cluster while `initdb` makes it.
    pub(crate) fn unfinished_cluster(&self) -> PathBuf {
        self.home.join("postgres.unfinished")
    }

    /// Locked, shared, by each user of the cluster.
    pub(crate) fn users_lock(&self) -> PathBuf {
        self.data_dir.join("postgres.lock")
    }

    /// Locked, exclusively, by the processes of the server.
    pub(crate) fn server_lock(&self) -> PathBuf {
        self.home.join("postgres-server.lock")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.home.join("postgres.log")
    }

    pub(crate) fn hba_file(&self) -> PathBuf {
        self.home.join("postgres-hba.conf")
    }

    pub(crate) fn ident_file(&self) -> PathBuf {
        self.home.join("postgres-ident.conf")
    }

    pub(crate) fn home(&self) -> &Path {
        &self.home
    }
}

/// A name for `path` that is short, and the same for every process.
pub(crate) fn hash(path: &Path) -> String {
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn make_data_dir(data_dir: &Path) -> Result<PathBuf, StartError> {
    if !exists(data_dir)? {
        // The cluster's owner has to pass through root's folder, but not to list it.
        let mode = if is_root() { 0o711 } else { 0o700 };
        make_folder(data_dir, mode)?;
    }
    let resolved = data_dir
        .canonicalize()
        .map_err(StartError::io("resolve", data_dir))?;
    match resolved.to_str() {
        Some(_) => Ok(resolved),
        None => Err(StartError::DataDirNotUtf8(resolved)),
    }
}

/// The folder that holds the cluster: the data folder wherever possible.
fn find_home(data_dir: &Path) -> Result<PathBuf, StartError> {
    let system_home = Path::new(SYSTEM_FOLDER).join(hash(data_dir));
    let record = data_dir.join("postgres-location");
    if let Some(recorded) = read_record(&record)? {
        // Never followed blindly: root would make folders wherever the file says, and two copies
        // of a data folder would share one cluster.
        return if recorded == system_home {
            Ok(system_home)
        } else {
            Err(StartError::Moved {
                recorded,
                expected: system_home,
                record,
            })
        };
    }
    // A cluster that has come out of reach must not be replaced by an empty one elsewhere.
    if exists(&data_dir.join("postgres"))? || Owner::of_new_cluster()?.can_enter(data_dir)? {
        return Ok(data_dir.to_owned());
    }
    let cluster = system_home.join("postgres");
    // Looked at in this order, because another process may be making both: the record comes before its cluster.
    if exists(&cluster)? && read_record(&record)?.is_none() {
        return Err(StartError::LeftOver { cluster, record });
    }
    make_folder(Path::new(SYSTEM_FOLDER), 0o711)?;
    make_folder(&system_home, 0o711)?;
    let line = format!("{}\n", system_home.display());
    fs::write(&record, line).map_err(StartError::io("write", &record))?;
    tracing::info!(
        data_dir = %data_dir.display(),
        location = %system_home.display(),
        "the local PostgreSQL lives outside the data folder, which its user cannot reach"
    );
    Ok(system_home)
}

fn read_record(record: &Path) -> Result<Option<PathBuf>, StartError> {
    match fs::read_to_string(record) {
        Ok(text) => Ok(Some(PathBuf::from(text.trim_end()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StartError::io("read", record)(error)),
    }
}

/// Makes `folder` and its parents; sets its mode whatever the umask, unless it was there before.
fn make_folder(folder: &Path, mode: u32) -> Result<(), StartError> {
    if exists(folder)? {
        return Ok(());
    }
    DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(folder)
        .map_err(StartError::io("make", folder))?;
    fs::set_permissions(folder, Permissions::from_mode(mode))
        .map_err(StartError::io("set the mode of", folder))
}

pub(crate) fn exists(path: &Path) -> Result<bool, StartError> {
    path.try_exists().map_err(StartError::io("look at", path))
}
