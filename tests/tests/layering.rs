//! Who may depend on whom. A line that breaks the law of docs/architecture.md fails here, not in a review.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// Package → what it may depend on among our own packages.
const LAW: [(&str, &[&str]); 13] = [
    ("model", &[]),
    ("timeline", &["model"]),
    ("api", &["model"]),
    ("app", &["api", "model", "timeline"]),
    ("frontend", &["app"]),
    ("bundle", &[]),
    ("state", &["model"]),
    ("engine", &["api", "model", "state"]),
    ("sources", &["api", "engine", "model"]),
    ("local", &[]),
    ("demo", &[]),
    ("server", &["api", "app", "demo", "engine", "local", "model", "sources", "state"]),
    ("tests", &[]),
];

/// Package → external packages it must not name.
const FORBIDDEN: [(&str, &[&str]); 5] = [
    ("timeline", &["leptos", "web-sys", "wasm-bindgen", "js-sys", "tokio"]),
    ("engine", &["aws-sdk-xray", "aws-sdk-cloudwatchlogs", "aws-config", "reqwest"]),
    ("app", &["tokio", "reqwest", "aws-sdk-xray", "moka"]),
    ("local", &["aws-sdk-xray", "aws-sdk-cloudwatchlogs"]),
    ("api", &["leptos", "axum", "tokio"]),
];

fn manifest() -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output =
        Command::new("cargo").args(["metadata", "--format-version", "1", "--no-deps", "--locked"]).current_dir(root).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Package → what its manifest names, tests and build scripts aside.
fn dependencies(manifest: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let packages = manifest["packages"].as_array().unwrap();
    let named = |package: &Value| {
        let all = package["dependencies"].as_array().unwrap().iter();
        all.filter(|one| one["kind"].is_null()).map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    packages.iter().map(|package| (package["name"].as_str().unwrap().to_owned(), named(package))).collect()
}

#[test]
fn our_packages_depend_only_on_whom_they_may() {
    let dependencies = dependencies(&manifest());
    let ours: BTreeSet<&str> = LAW.iter().map(|(name, _)| *name).collect();
    assert_eq!(ours, dependencies.keys().map(String::as_str).collect(), "every package of the workspace has its line in the law");
    for (package, allowed) in LAW {
        for dependency in dependencies[package].iter().filter(|name| ours.contains(name.as_str())) {
            assert!(allowed.contains(&dependency.as_str()), "{package} must not depend on {dependency}");
        }
    }
}

#[test]
fn no_package_names_what_is_not_of_its_room() {
    let dependencies = dependencies(&manifest());
    let model: Vec<&str> = dependencies["model"].iter().map(String::as_str).collect();
    assert_eq!(model, ["serde", "thiserror"], "model is carried by the browser and depends on nothing else");
    for (package, forbidden) in FORBIDDEN {
        for name in forbidden {
            assert!(!dependencies[package].contains(*name), "{package} must not depend on {name}");
        }
    }
}

#[test]
fn one_tls_stack() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = Command::new("cargo")
        .args(["tree", "--locked", "-p", "server", "-e", "normal", "--prefix", "none", "-f", "{p}"])
        .current_dir(root)
        .output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    let packages: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    for name in ["ring", "openssl-sys", "native-tls"] {
        assert!(!packages.contains(name), "{name} would be a second TLS stack");
    }
    assert!(packages.contains("aws-lc-rs") && packages.contains("rustls"), "the tree names the stack we do use");
}

#[test]
fn the_server_half_of_the_application_is_named_in_at_most_three_places() {
    let mut found = Vec::new();
    visit(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../app/src"), &mut |path, text| {
        found.extend(text.matches("cfg(feature = \"ssr\")").map(|_| path.display().to_string()));
    });
    assert!(!found.is_empty() && found.len() <= 3, "{found:?}");
}

#[test]
fn no_raw_html_reaches_a_page() {
    visit(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../app/src"), &mut |path, text| {
        for sink in ["inner_html", "set_inner_html", "insert_adjacent_html", "<textarea", "outer_html", "document.write"] {
            assert!(!text.contains(sink), "{} uses {sink}", path.display());
        }
    });
}

fn visit(directory: &Path, look: &mut impl FnMut(&Path, &str)) {
    for entry in std::fs::read_dir(directory).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            visit(&path, look);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            look(&path, &std::fs::read_to_string(&path).unwrap());
        }
    }
}
