//! Files on their way to the browser: named by content, compressed once with everything the compressors have.

use crate::error::BundleError;
use crate::report::{File, Report};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

/// Writes `app.<hash>.<kind>` and, if asked, `.br` and `.gz` beside it.
pub fn write(directory: &Path, kind: &str, bytes: &[u8], compress: bool) -> Result<File, BundleError> {
    let name = format!("app.{}.{kind}", content_hash(bytes));
    put(&directory.join(&name), bytes)?;
    let mut file = File { kind: kind.to_owned(), name, raw: bytes.len(), brotli: None, gzip: None };
    if compress {
        let brotli = brotli(bytes);
        let gzip = gzip(bytes);
        put(&directory.join(format!("{}.br", file.name)), &brotli)?;
        put(&directory.join(format!("{}.gz", file.name)), &gzip)?;
        file.brotli = Some(brotli.len());
        file.gzip = Some(gzip.len());
    }
    Ok(file)
}

/// Writes a module that the glue imports by relative path; its folder already carries a hash.
pub fn write_snippet(directory: &Path, name: &str, text: &str) -> Result<(), BundleError> {
    let path = directory.join(name);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(|error| BundleError::file(parent, error))?;
    }
    put(&path, text.as_bytes())
}

/// Writes `manifest.txt`: one line a file, `<kind> <name>`. The server learns the names from it.
pub fn write_manifest(directory: &Path, report: &Report) -> Result<(), BundleError> {
    let mut text = String::new();
    for file in &report.files {
        let _ = writeln!(text, "{} {}", file.kind, file.name);
    }
    put(&directory.join("manifest.txt"), text.as_bytes())
}

/// 16 hex digits of SHA-256: enough that a changed file never keeps its name.
fn content_hash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().take(8).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Quality 11, window 24: slowest and smallest.
fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut out, 1 << 16, 11, 24);
    let written = writer.write_all(bytes);
    drop(writer);
    debug_assert!(written.is_ok(), "writing to memory does not fail");
    out
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default()
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), BundleError> {
    std::fs::write(path, bytes).map_err(|error| BundleError::file(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn what_is_written_can_be_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let text = "the same words again and again, ".repeat(50);
        let file = write(directory.path(), "css", text.as_bytes(), true).unwrap();
        let compressed = std::fs::read(directory.path().join(format!("{}.br", file.name))).unwrap();
        let mut back = String::new();
        brotli::Decompressor::new(compressed.as_slice(), 4096).read_to_string(&mut back).unwrap();
        assert_eq!(back, text);
        let gzip = std::fs::read(directory.path().join(format!("{}.gz", file.name))).unwrap();
        let mut back = String::new();
        flate2::read::GzDecoder::new(gzip.as_slice()).read_to_string(&mut back).unwrap();
        assert_eq!(back, text);
        assert!(file.brotli.unwrap() < text.len() / 10);
    }

    #[test]
    fn another_content_gets_another_name() {
        assert_ne!(content_hash(b"a"), content_hash(b"b"));
        assert_eq!(content_hash(b"a").len(), 16);
    }
}
