//! The programs that are measured, and that measure.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{Failure, home::target_folder};

/// Builds `vouch` as this program was built, and says where it is.
///
/// # Errors
/// When it does not build.
pub fn vouch() -> Result<PathBuf, Failure> {
    let (profile, folder) = if cfg!(debug_assertions) {
        ("dev", "debug")
    } else {
        ("release", "release")
    };
    let target = target_folder()?;
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--quiet", "--package", "vouch", "--bin", "vouch"])
        .args(["--profile", profile, "--target-dir"])
        .arg(&target)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    for name in env::vars_os().map(|(name, _)| name).filter(is_of_this_run) {
        cargo.env_remove(name);
    }
    if !cargo.status()?.success() {
        return Err("vouch does not build".into());
    }
    Ok(target.join(folder).join("vouch"))
}

/// Build scripts that look at these would run again, and again for the next ordinary build.
fn is_of_this_run(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    let of_this_run = [
        "CARGO_PKG_",
        "CARGO_MANIFEST_",
        "CARGO_CRATE_NAME",
        "CARGO_PRIMARY_PACKAGE",
    ];
    of_this_run.iter().any(|prefix| name.starts_with(prefix))
}

/// Says what to install where a program that measures is missing.
///
/// # Errors
/// Names the package.
pub fn demand(program: &Path, package: &str) -> Result<(), Failure> {
    let found = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match found {
        Ok(_) => Ok(()),
        Err(_) => Err(format!(
            "{} is not installed: `apt-get install {package}` on Debian and Ubuntu, `brew install {package}` on macOS",
            program.display()
        )
        .into()),
    }
}
