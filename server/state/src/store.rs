//! The trait of a store.

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A table: a name, and how many rows of it are worth keeping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Table {
    /// Lower-case letters and underscores.
    pub name: &'static str,
    /// Beyond so many rows, those written longest ago are dropped.
    pub max_rows: usize,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Unique within its table.
    pub key: String,
    /// Anything, at most [`Row::MAX_BYTES`] as JSON text.
    pub value: Value,
}

impl Row {
    /// How large a row may be as JSON text.
    pub const MAX_BYTES: usize = 16 * 1024;
}

/// Why a store could not do as told.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file system refused.
    #[error("cannot {what} {path}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// On which file.
        path: String,
        /// The system's own words.
        source: std::io::Error,
    },
    /// A row is larger than [`Row::MAX_BYTES`].
    #[error("a row of {bytes} bytes is too large to keep")]
    TooLarge {
        /// Its size as JSON text.
        bytes: usize,
    },
}

/// Rows of JSON by table and key. A later row replaces an earlier one with the same key.
///
/// Several copies of the server may share one store, so nothing that was read stays true for ever.
pub trait Store: Send + Sync + 'static {
    /// The rows with these keys; keys that have none are left out. In the order of the keys.
    fn get(&self, table: Table, keys: Vec<String>) -> BoxFuture<'static, Result<Vec<Row>, StoreError>>;

    /// Keeps these rows.
    fn put(&self, table: Table, rows: Vec<Row>) -> BoxFuture<'static, Result<(), StoreError>>;
}
