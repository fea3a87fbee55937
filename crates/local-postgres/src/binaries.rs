//! Finding an installed PostgreSQL.

use std::cmp::Reverse;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::StartError;
use crate::owner::Owner;

const PROGRAMS: [&str; 3] = ["initdb", "postgres", "pg_ctl"];

/// Where packages put PostgreSQL outside `PATH`: a folder, what its version folders begin with,
/// and where in those the programs are.
const PACKAGE_FOLDERS: [(&str, &str, &str); 6] = [
    ("/usr/lib/postgresql", "", "bin"),         // Debian, Ubuntu
    ("/usr", "pgsql-", "bin"),                  // postgresql.org's packages for Fedora and RHEL
    ("/opt/homebrew/opt", "postgresql", "bin"), // Homebrew on ARM
    ("/usr/local/opt", "postgresql", "bin"),    // Homebrew on Intel
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql", "bin"), // Homebrew on Linux
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// The folders where an installed PostgreSQL may be, the best first: the entries of `PATH`, then
/// the places where packages put it, of each the highest version first.
pub fn binary_folders() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    // A relative entry would make the server depend on the current folder.
    let mut folders: Vec<PathBuf> = env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .collect();
    for (parent, prefix, programs) in PACKAGE_FOLDERS {
        folders.extend(
            version_folders(Path::new(parent), prefix)
                .into_iter()
                .map(|folder| folder.join(programs)),
        );
    }
    folders
}

/// The folders in `parent` named `prefix` and a version, the highest version first.
fn version_folders(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    let mut found: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            Some((version_number(name.strip_prefix(prefix)?)?, entry.path()))
        })
        .collect();
    found.sort_by_key(|(version, _)| Reverse(*version));
    found.into_iter().map(|(_, folder)| folder).collect()
}

/// The major version in `15`, `@15` or `9.6`; 0 for Homebrew's folder without a version.
fn version_number(text: &str) -> Option<u32> {
    let digits = text.trim_start_matches('@');
    if digits.is_empty() {
        return Some(0);
    }
    digits.split('.').next()?.parse().ok()
}

/// The programs of one PostgreSQL version.
#[derive(Clone, Debug)]
pub(crate) struct Binaries {
    folder: PathBuf,
}

impl Binaries {
    /// The first of `folders` that has all programs and, where a cluster exists already, is of the
    /// major version that made it.
    pub(crate) fn find(
        folders: &[PathBuf],
        cluster: &Path,
        owner: &Owner,
    ) -> Result<Self, StartError> {
        let installed: Vec<Self> = folders
            .iter()
            .filter_map(|folder| Self::in_folder(folder))
            .collect();
        let Some(best) = installed.first() else {
            let os_release = fs::read_to_string("/etc/os-release").unwrap_or_default();
            return Err(StartError::NoBinaries {
                install: install_command(&os_release),
            });
        };
        let Ok(version) = fs::read_to_string(cluster.join("PG_VERSION")) else {
            return Ok(best.clone());
        };
        let version = version.trim();
        installed
            .iter()
            .find(|binaries| binaries.is_version(version, owner))
            .cloned()
            .ok_or_else(|| StartError::VersionMissing {
                cluster: cluster.to_owned(),
                version: version.to_owned(),
            })
    }

    /// The path of `initdb`, `postgres` or `pg_ctl`.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn in_folder(folder: &Path) -> Option<Self> {
        let complete = PROGRAMS
            .iter()
            .all(|program| folder.join(program).is_file());
        complete.then(|| Self {
            folder: folder.to_owned(),
        })
    }

    /// Whether `postgres --version`, such as `postgres (PostgreSQL) 15.18 (Debian …)`, is of `major`.
    fn is_version(&self, major: &str, owner: &Owner) -> bool {
        let Ok(output) = owner
            .command(&self.program("postgres"))
            .arg("--version")
            .output()
        else {
            return false;
        };
        let text = String::from_utf8_lossy(&output.stdout);
        text.split_whitespace()
            .nth(2)
            .and_then(|version| version.strip_prefix(major))
            .is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
    }
}

/// How to install PostgreSQL here, given the content of `/etc/os-release`
/// (<https://www.freedesktop.org/software/systemd/man/latest/os-release.html>).
fn install_command(os_release: &str) -> &'static str {
    if cfg!(target_os = "macos") {
        return "brew install postgresql";
    }
    let is_like = |distribution: &str| {
        os_release
            .lines()
            .filter_map(|line| {
                line.strip_prefix("ID=")
                    .or_else(|| line.strip_prefix("ID_LIKE="))
            })
            .flat_map(|value| value.trim_matches('"').split_whitespace())
            .any(|name| name == distribution)
    };
    if is_like("debian") {
        "apt-get install postgresql"
    } else if is_like("fedora") || is_like("rhel") {
        "dnf install postgresql-server"
    } else {
        "install the package `postgresql`"
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

    use super::*;

    #[test]
    fn the_highest_version_comes_first() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["9.6", "15", "14", "common", "17"] {
            fs::create_dir(parent.path().join(name)).unwrap();
        }
        let found = version_folders(parent.path(), "");
        assert_eq!(
            found,
            ["17", "15", "14", "9.6"].map(|name| parent.path().join(name))
        );
    }

    #[test]
    fn homebrew_folders_have_their_version_after_an_at_sign_or_none() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["postgresql@14", "postgresql", "postgresql@16", "postgrest"] {
            fs::create_dir(parent.path().join(name)).unwrap();
        }
        let found = version_folders(parent.path(), "postgresql");
        let expected = ["postgresql@16", "postgresql@14", "postgresql"];
        assert_eq!(found, expected.map(|name| parent.path().join(name)));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn each_distribution_has_its_own_command() {
        for (os_release, command) in [
            ("ID=debian\n", "apt-get install postgresql"),
            (
                "NAME=Ubuntu\nID=ubuntu\nID_LIKE=debian\n",
                "apt-get install postgresql",
            ),
            ("ID=fedora\n", "dnf install postgresql-server"),
            (
                "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n",
                "dnf install postgresql-server",
            ),
            ("ID=arch\n", "install the package `postgresql`"),
            ("", "install the package `postgresql`"),
        ] {
            assert_eq!(install_command(os_release), command, "{os_release:?}");
        }
    }
}
