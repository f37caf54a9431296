//! What can go wrong while bundling.

use std::path::{Path, PathBuf};

/// Every error of the tool; each names the file or program and what to do.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// A file could not be read or written.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// `wasm-bindgen` refused the module.
    #[error("wasm-bindgen: {0}")]
    Bindgen(String),
    /// The optimiser failed.
    #[error("{program} failed: {message}")]
    Optimiser {
        /// Which program.
        program: PathBuf,
        /// What it said.
        message: String,
    },
    /// The arguments are not right.
    #[error("{0}\nusage: bundle --wasm FILE --style DIR --out DIR [--dev] [--wasm-opt PROGRAM] [--budget BYTES]")]
    Usage(String),
    /// The result is over the budget.
    #[error("a first visit loads {actual} bytes (brotli), the budget is {budget}: find what grew, or raise the budget with a reason")]
    OverBudget {
        /// Brotli bytes of all files.
        actual: u64,
        /// What is allowed.
        budget: u64,
    },
}

impl BundleError {
    /// About a file.
    pub fn file(path: &Path, error: std::io::Error) -> Self {
        Self::File { path: path.to_owned(), error }
    }
}
