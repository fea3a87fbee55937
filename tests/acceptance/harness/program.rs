//! The program under test.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// Where `vouch` is, as fresh as the sources.
pub(crate) fn vouch() -> &'static Path {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    // Sources that do not compile are compiled once, not by every test.
    let program = PROGRAM.get_or_init(build).as_deref();
    program.expect("a program: see the compiler's messages above")
}

/// Cargo builds no other package's programs for a test, so it is asked to here. It does nothing when there is nothing to
/// do, and several test processes wait for each other.
fn build() -> Option<PathBuf> {
    let test = env::current_exe().expect("this program's path");
    let folder = test
        .parent()
        .and_then(Path::parent)
        .expect("target/<profile>");
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(other) => other,
    };
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["build", "--quiet", "--package", "vouch", "--bin", "vouch"])
        .args(["--profile", profile, "--target-dir"])
        .arg(folder.parent().expect("target"))
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    for name in env::vars_os().map(|(name, _)| name).filter(is_of_this_test) {
        cargo.env_remove(name);
    }
    let built = cargo.status().expect("cargo").success();
    built.then(|| folder.join("vouch"))
}

/// Build scripts that look at these would run again, and again for the next ordinary build.
fn is_of_this_test(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    [
        "CARGO_PKG_",
        "CARGO_MANIFEST_",
        "CARGO_CRATE_NAME",
        "CARGO_PRIMARY_PACKAGE",
    ]
    .iter()
    .any(|prefix| name.starts_with(prefix))
}
