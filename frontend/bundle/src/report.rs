//! How large the result is.

use std::fmt;

/// The files of one build.
#[derive(Debug, Clone)]
pub struct Report {
    /// Glue, module, style sheet.
    pub files: Vec<File>,
    /// Whether the optimiser ran.
    pub optimised: bool,
}

/// One file.
#[derive(Debug, Clone)]
pub struct File {
    /// `js`, `wasm` or `css`.
    pub kind: String,
    /// With its content hash.
    pub name: String,
    /// In bytes.
    pub raw: usize,
    /// In bytes, if compressed.
    pub brotli: Option<usize>,
    /// In bytes, if compressed.
    pub gzip: Option<usize>,
}

impl Report {
    /// What a first visit loads beside the page itself, in brotli bytes; `None` if nothing was compressed.
    pub fn first_visit(&self) -> Option<u64> {
        self.files.iter().map(|file| file.brotli.map(|bytes| bytes as u64)).sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<28} {:>10} {:>10} {:>10}", "file", "raw", "gzip", "brotli")?;
        let size = |bytes: Option<usize>| bytes.map_or_else(|| "-".to_owned(), |bytes| bytes.to_string());
        for file in &self.files {
            writeln!(f, "{:<28} {:>10} {:>10} {:>10}", file.name, file.raw, size(file.gzip), size(file.brotli))?;
        }
        if let Some(total) = self.first_visit() {
            writeln!(f, "first visit, beside the page itself: {total} bytes (brotli)")?;
        }
        Ok(())
    }
}
