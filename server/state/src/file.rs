//! The embedded store: everything in memory, and one file of JSON lines behind it.

mod rows;

use crate::{Row, Store, StoreError, Table};
use futures::future::BoxFuture;
use rows::Rows;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Every change is one line at the end of the file; once most lines are stale, the file is written anew beside it and renamed over
/// it. Lines are not synced one by one: what is kept here can be learned again, and a torn last line is dropped on opening.
///
/// Cloning gives another handle on the same store.
#[derive(Clone, Debug)]
pub struct File {
    inner: Arc<Mutex<Inner>>,
}

/// A store, and what there is to say about how it was opened.
#[derive(Debug)]
pub struct Opened {
    /// The store, with every row that could be read.
    pub store: File,
    /// Where the file was set aside because some of it could not be read, and how many lines that were.
    pub set_aside: Option<(PathBuf, usize)>,
}

#[derive(Debug)]
struct Inner {
    /// `None`: in memory only.
    path: Option<PathBuf>,
    appending: Option<fs::File>,
    rows: Rows,
    lines: usize,
}

#[derive(Serialize, Deserialize)]
struct Line {
    t: String,
    k: String,
    v: Value,
}

/// The file is written anew beyond so many lines, if less than half of them still count.
const COMPACT_FROM: usize = 1_000;

/// A file beyond this size is not ours.
const MAX_FILE_BYTES: u64 = 256 * 1024 * 1024;

impl File {
    /// A store that forgets when the process ends.
    pub fn in_memory() -> Self {
        Self::with(Inner { path: None, appending: None, rows: Rows::default(), lines: 0 })
    }

    /// Opens or creates the file. One that cannot be read is renamed to `….corrupt` (replacing an earlier such file), and the rows that could be
    /// read are kept; only a directory that cannot be written to is an error.
    pub fn open(path: &Path) -> Result<Opened, StoreError> {
        let mut rows = Rows::default();
        let mut unreadable = 0;
        let mut torn = false;
        let mut count = 0;
        match read(path) {
            Ok(bytes) => {
                let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').peekable();
                while let Some(line) = lines.next() {
                    count += 1;
                    match serde_json::from_slice::<Line>(line) {
                        Ok(line) => rows.insert(&line.t, line.k, line.v, usize::MAX),
                        // The last line without its end: the process was killed while writing it.
                        Err(_) if lines.peek().is_none() && line.last() != Some(&b'\n') => torn = true,
                        Err(_) => unreadable += 1,
                    }
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if error.kind() == io::ErrorKind::InvalidData => unreadable += 1,
            Err(error) => return Err(failed("read", path, error)),
        }
        let mut set_aside = None;
        if unreadable > 0 {
            let mut aside = path.as_os_str().to_owned();
            aside.push(".corrupt");
            let aside = PathBuf::from(aside);
            fs::rename(path, &aside).map_err(|error| failed("rename", path, error))?;
            set_aside = Some((aside, unreadable));
        }
        let mut inner = Inner { path: Some(path.to_owned()), appending: None, lines: count, rows };
        if unreadable > 0 || torn {
            inner.rewrite()?;
        } else {
            inner.append(&[])?;
        }
        Ok(Opened { store: Self::with(inner), set_aside })
    }

    /// How many rows there are in all tables.
    pub fn len(&self) -> usize {
        self.lock().rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn with(inner: Inner) -> Self {
        Self { inner: Arc::new(Mutex::new(inner)) }
    }

    /// The rows stay whole even if a writer panicked: each change is one insertion.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for File {
    fn get(&self, table: Table, keys: Vec<String>) -> BoxFuture<'static, Result<Vec<Row>, StoreError>> {
        let inner = self.lock();
        let rows = keys.into_iter().filter_map(|key| inner.rows.get(table.name, &key).cloned().map(|value| Row { key, value })).collect();
        Box::pin(std::future::ready(Ok(rows)))
    }

    fn put(&self, table: Table, rows: Vec<Row>) -> BoxFuture<'static, Result<(), StoreError>> {
        let result = self.lock().put(table, rows);
        Box::pin(std::future::ready(result))
    }
}

impl Inner {
    fn put(&mut self, table: Table, rows: Vec<Row>) -> Result<(), StoreError> {
        let mut text = Vec::new();
        let mut lines = 0;
        for row in rows {
            if self.rows.get(table.name, &row.key) == Some(&row.value) {
                continue;
            }
            let line = Line { t: table.name.to_owned(), k: row.key, v: row.value };
            let Ok(json) = serde_json::to_vec(&line) else { continue };
            if json.len() > Row::MAX_BYTES {
                return Err(StoreError::TooLarge { bytes: json.len() });
            }
            text.extend_from_slice(&json);
            text.push(b'\n');
            lines += 1;
            self.rows.insert(table.name, line.k, line.v, table.max_rows);
        }
        if lines == 0 {
            return Ok(());
        }
        self.lines += lines;
        if self.lines > COMPACT_FROM && self.lines > 2 * self.rows.len() { self.rewrite() } else { self.append(&text) }
    }

    fn append(&mut self, text: &[u8]) -> Result<(), StoreError> {
        let Some(path) = &self.path else { return Ok(()) };
        if self.appending.is_none() {
            let file = fs::OpenOptions::new().append(true).create(true).open(path).map_err(|error| failed("open", path, error))?;
            self.appending = Some(file);
        }
        match &mut self.appending {
            Some(file) => file.write_all(text).map_err(|error| failed("write", path, error)),
            None => Ok(()),
        }
    }

    fn rewrite(&mut self) -> Result<(), StoreError> {
        self.lines = self.rows.len();
        let Some(path) = self.path.clone() else { return Ok(()) };
        let mut text = Vec::new();
        for (table, key, value) in self.rows.iter() {
            let line = Line { t: table.to_owned(), k: key.to_owned(), v: value.clone() };
            if serde_json::to_writer(&mut text, &line).is_ok() {
                text.push(b'\n');
            }
        }
        let mut beside = path.as_os_str().to_owned();
        beside.push(".new");
        let beside = PathBuf::from(beside);
        let written = fs::File::create(&beside).and_then(|mut file| {
            file.write_all(&text)?;
            file.sync_all()
        });
        written.map_err(|error| failed("write", &beside, error))?;
        fs::rename(&beside, &path).map_err(|error| failed("rename", &beside, error))?;
        self.appending = None;
        self.append(&[])
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    if fs::metadata(path)?.len() > MAX_FILE_BYTES {
        return Err(io::ErrorKind::InvalidData.into());
    }
    fs::read(path)
}

fn failed(what: &'static str, path: &Path, source: io::Error) -> StoreError {
    StoreError::Io { what, path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests;
