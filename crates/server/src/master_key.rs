//! Where the master keys come from.

use std::{fs, io, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use vouch_postgres::{MasterKey, MasterKeys};

use crate::{CommandError, config::StoreArgs, private_file};

const FILE: &str = "master-key";

/// The keys of the setting; without it, on a local database, those of the data folder, made at the first start.
///
/// Two first starts at once would make two keys; the lock on the local database, which is held by now and exclusive
/// while a cluster is new, does not cover this, so the file is linked into place and the first one wins.
pub(crate) fn load(args: &StoreArgs) -> Result<MasterKeys, CommandError> {
    if let Some(setting) = &args.master_key {
        return parse(setting);
    }
    if args.database_url.is_some() {
        return Err("VOUCH_MASTER_KEY is required with DATABASE_URL".into());
    }
    let path = args.data_dir.join(FILE);
    match fs::read_to_string(&path) {
        Ok(kept) => parse(kept.trim()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(&path),
        Err(error) => Err(error.into()),
    }
}

fn make(path: &Path) -> Result<MasterKeys, CommandError> {
    let mut key = [0_u8; 32];
    getrandom::fill(&mut key)?;
    let proposed = path.with_extension(format!("{}.new", std::process::id()));
    private_file::write(&proposed, STANDARD.encode(key).as_bytes())?;
    let linked = fs::hard_link(&proposed, path);
    fs::remove_file(&proposed)?;
    if let Some(folder) = path.parent() {
        // Data sealed under the key must not outlive it, not even in a power cut.
        fs::File::open(folder)?.sync_all()?;
    }
    match linked {
        Ok(()) => tracing::info!("made a master key in the data folder: keep it with every backup"),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error.into()),
    }
    parse(fs::read_to_string(path)?.trim())
}

fn parse(setting: &str) -> Result<MasterKeys, CommandError> {
    const MALFORMED: &str =
        "VOUCH_MASTER_KEY must be base64 of 32 bytes, or several separated by commas";
    let key = |text: &str| {
        let bytes = STANDARD.decode(text.trim()).ok()?;
        Some(MasterKey(bytes.try_into().ok()?))
    };
    let keys: Option<Vec<MasterKey>> = setting.split(',').map(key).collect();
    Ok(MasterKeys::new(keys.ok_or(MALFORMED)?)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;

    #[test]
    fn a_ring_is_base64_of_32_bytes_each() {
        let key = STANDARD.encode([7; 32]);
        assert!(parse(&key).is_ok());
        assert!(parse(&format!("{key}, {key}")).is_ok());
        for malformed in ["", "x", &STANDARD.encode([7; 31]), &format!("{key},")] {
            assert!(parse(malformed).is_err(), "{malformed}");
        }
    }
}
