//! Makes what the browser loads: wasm with its glue, one style sheet; optimised, named by content, compressed, measured.

pub mod assets;
pub mod bindgen;
pub mod error;
pub mod optimise;
pub mod report;
pub mod style;

use error::BundleError;
use std::path::{Path, PathBuf};

/// What to bundle.
#[derive(Debug, Clone)]
pub struct Options {
    /// The module that `cargo build -p frontend` left.
    pub wasm: PathBuf,
    /// The folder of style sheets.
    pub style: PathBuf,
    /// Where the result goes; emptied first.
    pub out: PathBuf,
    /// No optimiser and no compression: for the edit-and-look loop.
    pub dev: bool,
    /// The optimiser to run, if there is a usable one.
    pub wasm_opt: Option<PathBuf>,
}

/// Bundles, and says how large the result is.
pub fn bundle(options: &Options) -> Result<report::Report, BundleError> {
    let glue = bindgen::run(&options.wasm, options.dev)?;
    let (wasm, optimised) = match &options.wasm_opt {
        Some(program) if !options.dev => (optimise::run(program, &glue.wasm)?, true),
        _ => (glue.wasm, false),
    };
    let css = style::concatenate(&options.style)?;
    recreate(&options.out)?;
    let mut report = report::Report { files: Vec::new(), optimised };
    for (kind, bytes) in [("js", glue.javascript.as_bytes()), ("wasm", wasm.as_slice()), ("css", css.as_bytes())] {
        report.files.push(assets::write(&options.out, kind, bytes, !options.dev)?);
    }
    for (name, text) in &glue.snippets {
        assets::write_snippet(&options.out, name, text)?;
    }
    assets::write_manifest(&options.out, &report)?;
    Ok(report)
}

fn recreate(directory: &Path) -> Result<(), BundleError> {
    if directory.exists() {
        std::fs::remove_dir_all(directory).map_err(|error| BundleError::file(directory, error))?;
    }
    std::fs::create_dir_all(directory).map_err(|error| BundleError::file(directory, error))
}
