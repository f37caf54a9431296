//! With feature `embed`, puts the files of the folder `THROUGHLINE_ASSETS` into the binary.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-env-changed=THROUGHLINE_ASSETS");
    let mut list = String::from("&[\n");
    if std::env::var_os("CARGO_FEATURE_EMBED").is_some() {
        let Some(root) = std::env::var_os("THROUGHLINE_ASSETS").map(PathBuf::from) else {
            println!("cargo::error=feature `embed` needs THROUGHLINE_ASSETS, the folder that `bundle` wrote; use `make build`");
            return;
        };
        println!("cargo::rerun-if-changed={}", root.join("manifest.txt").display());
        files(&root, &root, &mut list);
    }
    list.push(']');
    let Some(out) = std::env::var_os("OUT_DIR") else { return };
    if let Err(error) = std::fs::write(PathBuf::from(out).join("embedded.rs"), list) {
        println!("cargo::error=cannot write the list of embedded files: {error}");
    }
}

fn files(root: &Path, directory: &Path, list: &mut String) {
    let Ok(entries) = std::fs::read_dir(directory) else {
        println!("cargo::error=cannot read {}", directory.display());
        return;
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files(root, &path, list);
        } else if let Ok(name) = path.strip_prefix(root) {
            let _ = writeln!(list, "({:?}, include_bytes!({:?}).as_slice()),", name.to_string_lossy(), path.to_string_lossy());
        }
    }
}
