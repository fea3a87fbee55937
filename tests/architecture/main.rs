//! The arrows between crates, held against what Cargo really builds.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is a failed test"
)]

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// Every arrow there may be: `ARCHITECTURE.md` draws them. Whatever is not here fails.
const ARROWS: [(&str, &[&str]); 10] = [
    ("vouch-domain", &[]),
    ("vouch-application", &["vouch-domain"]),
    ("vouch-http", &["vouch-application", "vouch-domain"]),
    ("vouch-postgres", &["vouch-domain"]),
    ("vouch-documents", &["vouch-domain"]),
    ("vouch-rail", &["vouch-domain"]),
    ("vouch-sandbox-rail", &[]),
    ("vouch-sandbox-liquidity", &["vouch-domain"]),
    ("vouch-local-postgres", &[]),
    (
        "vouch",
        &[
            "vouch-application",
            "vouch-documents",
            "vouch-domain",
            "vouch-http",
            "vouch-local-postgres",
            "vouch-postgres",
            "vouch-rail",
            "vouch-sandbox-liquidity",
            "vouch-sandbox-rail",
        ],
    ),
];

/// Packages of tests and measurements: they may use anything, and no shipped crate may use them.
const DEVELOPMENT: [&str; 3] = ["vouch-bench", "vouch-testkit", "vouch-tests"];

/// All that the domain may use, with the features that keep it pure.
const DOMAIN_PACKAGES: [(&str, &[&str]); 5] = [
    ("async-trait", &[]),
    ("chrono", &["std"]),
    ("rust_decimal", &["std"]),
    ("thiserror", &[]),
    ("uuid", &["std"]),
];

/// Packages that stand for a technology, and the only crates that may name them.
const TECHNOLOGIES: [(&str, &[&str]); 6] = [
    ("diesel", &["vouch-postgres"]),
    ("diesel-async", &["vouch-postgres"]),
    ("diesel_migrations", &["vouch-postgres"]),
    ("object_store", &["vouch-documents"]),
    // The documents' crate for nothing but its TLS.
    (
        "reqwest",
        &["vouch-documents", "vouch-rail", "vouch-sandbox-rail"],
    ),
    ("actix-web", &["vouch", "vouch-http", "vouch-sandbox-rail"]),
];

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .no_deps()
        .other_options(vec!["--offline".to_owned()])
        .exec()
        .expect("cargo metadata")
}

/// What a package needs to be built for use: tests may need more.
fn needs(package: &Package) -> BTreeSet<&str> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind != DependencyKind::Development)
        .map(|dependency| dependency.name.as_str())
        .collect()
}

fn is_ours(name: &str) -> bool {
    name == "vouch" || name.starts_with("vouch-")
}

#[test]
fn every_arrow_is_in_the_table() {
    let metadata = metadata();
    let allowed: BTreeMap<_, _> = ARROWS.into_iter().collect();
    for package in &metadata.packages {
        let name = package.name.as_str();
        if DEVELOPMENT.contains(&name) {
            continue;
        }
        let allowed = allowed.get(name).unwrap_or_else(|| {
            panic!("{name} is a new crate: give it its row, and a place in ARCHITECTURE.md")
        });
        for needed in needs(package).into_iter().filter(|needed| is_ours(needed)) {
            assert!(
                allowed.contains(&needed),
                "{name} → {needed} is not an arrow of the house"
            );
        }
    }
    let present: BTreeSet<_> = metadata
        .packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    for (name, _) in ARROWS {
        assert!(present.contains(name), "{name} has a row but no crate");
    }
}

#[test]
fn the_domain_uses_only_what_keeps_it_pure() {
    let metadata = metadata();
    let domain = metadata
        .packages
        .iter()
        .find(|package| package.name.as_str() == "vouch-domain")
        .unwrap();
    for dependency in domain
        .dependencies
        .iter()
        .filter(|one| one.kind != DependencyKind::Development)
    {
        let allowed = DOMAIN_PACKAGES
            .iter()
            .find(|(name, _)| *name == dependency.name);
        let (name, features) =
            allowed.unwrap_or_else(|| panic!("the domain may not use {}", dependency.name));
        if !features.is_empty() {
            assert!(
                !dependency.uses_default_features,
                "{name} has its default features on"
            );
        }
        for feature in &dependency.features {
            assert!(
                features.contains(&feature.as_str()),
                "the domain may not use {feature} of {name}"
            );
        }
    }
}

#[test]
fn a_technology_is_named_by_its_adapter_alone() {
    for package in &metadata().packages {
        let name = package.name.as_str();
        if DEVELOPMENT.contains(&name) {
            continue;
        }
        for (technology, adapters) in TECHNOLOGIES {
            let named = needs(package).contains(technology);
            assert!(
                !named || adapters.contains(&name),
                "{name} may not use {technology}"
            );
        }
    }
}

#[test]
fn nothing_shipped_needs_what_only_tests_need() {
    for package in &metadata().packages {
        if DEVELOPMENT.contains(&package.name.as_str()) {
            continue;
        }
        for needed in needs(package) {
            assert!(
                !DEVELOPMENT.contains(&needed),
                "{} needs {needed}",
                package.name
            );
        }
    }
}

#[test]
fn every_crate_is_held_to_the_same_lints() {
    for package in &metadata().packages {
        let manifest = std::fs::read_to_string(&package.manifest_path).unwrap();
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{}",
            package.name
        );
    }
}
