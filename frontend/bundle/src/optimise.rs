//! `wasm-opt`, with the features of the module named one by one.
//!
//! Chromium refuses what `--all-features` emits, and binaryen before 117 emits tables that no browser takes: both were tried.

use crate::error::BundleError;
use std::path::Path;
use std::process::Command;

const FLAGS: [&str; 13] = [
    "-Oz",
    "--converge",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-reference-types",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-multivalue",
    "--enable-call-indirect-overlong",
    "--strip-debug",
    "--strip-producers",
    "--strip-target-features",
];

/// The oldest release whose output is known to run.
const OLDEST: u32 = 117;

/// Optimises `wasm` for size.
pub fn run(program: &Path, wasm: &[u8]) -> Result<Vec<u8>, BundleError> {
    let directory = std::env::temp_dir().join(format!("throughline-bundle-{}", std::process::id()));
    std::fs::create_dir_all(&directory).map_err(|error| BundleError::file(&directory, error))?;
    let (input, output) = (directory.join("in.wasm"), directory.join("out.wasm"));
    let result = optimise(program, wasm, &input, &output);
    let _ = std::fs::remove_dir_all(&directory);
    result
}

fn optimise(program: &Path, wasm: &[u8], input: &Path, output: &Path) -> Result<Vec<u8>, BundleError> {
    std::fs::write(input, wasm).map_err(|error| BundleError::file(input, error))?;
    let run = Command::new(program).args(FLAGS).arg(input).arg("-o").arg(output).output();
    let run = run.map_err(|error| BundleError::file(program, error))?;
    if !run.status.success() {
        let message = String::from_utf8_lossy(&run.stderr).chars().take(2_000).collect();
        return Err(BundleError::Optimiser { program: program.to_owned(), message });
    }
    std::fs::read(output).map_err(|error| BundleError::file(output, error))
}

/// Whether `program` runs and is new enough.
pub fn usable(program: &Path) -> bool {
    let Ok(run) = Command::new(program).arg("--version").output() else { return false };
    version(&String::from_utf8_lossy(&run.stdout)).is_some_and(|version| version >= OLDEST)
}

/// `wasm-opt version 132 (version_132)` → 132.
fn version(text: &str) -> Option<u32> {
    text.split(|c: char| !c.is_ascii_digit()).find(|part| !part.is_empty())?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_version() {
        assert_eq!(version("wasm-opt version 132 (version_132)"), Some(132));
        assert_eq!(version("wasm-opt version 108"), Some(108));
        assert_eq!(version("something else"), None);
    }

    #[test]
    fn a_missing_program_is_not_usable() {
        assert!(!usable(Path::new("/nonexistent/wasm-opt")));
    }
}
