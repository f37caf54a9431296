//! What can go wrong with the store.

use std::io;
use std::path::PathBuf;

/// Why the store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process holds the directory.
    #[error("the data directory {directory} is in use by another process; give this one its own with --data-dir")]
    InUse {
        /// The directory that is locked.
        directory: PathBuf,
    },
    /// The directory cannot be created, read or written.
    #[error("the data directory cannot be used: {path}: {source}")]
    Io {
        /// What was touched.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Why a record was not kept. Nothing of it is visible; the sender should try again later (503 and `Retry-After`).
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppendError {
    /// The disk refused: full, quota, read-only, broken.
    #[error("the record could not be written: {message}")]
    Io {
        /// What kind of failure.
        kind: io::ErrorKind,
        /// What the system said.
        message: String,
    },
    /// Larger than any record may be; trying again does not help.
    #[error("the payload has {bytes} bytes, more than a record may hold")]
    TooLarge {
        /// Its length.
        bytes: usize,
    },
    /// The store is closing.
    #[error("the store is closed")]
    Closed,
}

impl AppendError {
    pub(super) fn io(error: &io::Error) -> Self {
        Self::Io { kind: error.kind(), message: error.to_string() }
    }
}

/// Why a record could not be read back.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Retention has dropped the file.
    #[error("the record was dropped by retention")]
    Dropped,
    /// The bytes on disk are not what was written.
    #[error("the record is damaged on disk")]
    Corrupt,
    /// The disk refused.
    #[error("the record could not be read: {0}")]
    Io(#[from] io::Error),
    /// The process is stopping.
    #[error("the reader was stopped")]
    Stopped,
}
