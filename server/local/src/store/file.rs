//! The numbered files of the log.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytes::Bytes;

use super::record::{HEADER_BYTES, Header};
use super::{OpenError, ReadError, family};

/// First bytes of every file: the name of the format and its version.
pub const FILE_HEADER: [u8; 16] = *b"throughline\0\x01\0\0\0";

const EXTENSION: &str = "records";

/// What is known of one file.
#[derive(Debug, Clone)]
pub struct FileState {
    pub handle: Arc<File>,
    pub bytes: u64,
    pub first_arrival_ms: i64,
    pub last_arrival_ms: i64,
    /// Number of records by family.
    pub records: [u64; family::COUNT],
}

impl FileState {
    pub fn new(handle: Arc<File>) -> Self {
        Self { handle, bytes: FILE_HEADER.len() as u64, first_arrival_ms: i64::MAX, last_arrival_ms: i64::MIN, records: [0; family::COUNT] }
    }

    pub fn count(&mut self, family: u8, arrival_ms: i64) {
        self.first_arrival_ms = self.first_arrival_ms.min(arrival_ms);
        self.last_arrival_ms = self.last_arrival_ms.max(arrival_ms);
        if let Some(count) = self.records.get_mut(usize::from(family)) {
            *count += 1;
        }
    }
}

/// All files of a store, oldest first.
#[derive(Default)]
pub struct Files(RwLock<BTreeMap<u32, FileState>>);

impl Files {
    pub fn read(&self) -> RwLockReadGuard<'_, BTreeMap<u32, FileState>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<u32, FileState>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn handle(&self, number: u32) -> Option<Arc<File>> {
        self.read().get(&number).map(|state| Arc::clone(&state.handle))
    }

    pub fn bytes(&self) -> u64 {
        self.read().values().map(|state| state.bytes).sum()
    }

    pub fn len(&self) -> usize {
        self.read().len()
    }
}

/// Takes the directory for this process alone, creating it if needed. Held as long as the file lives.
pub fn lock(directory: &Path) -> Result<File, OpenError> {
    let io = |source| OpenError::Io { path: directory.to_owned(), source };
    fs::create_dir_all(directory).map_err(io)?;
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(directory.join("lock")).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { directory: directory.to_owned() }),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}

pub fn path(directory: &Path, number: u32) -> PathBuf {
    directory.join(format!("{number:010}.{EXTENSION}"))
}

/// Numbers of the files that are there, oldest first.
pub fn list(directory: &Path) -> io::Result<Vec<u32>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION)
            && let Some(number) = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok())
        {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

pub fn open(directory: &Path, number: u32) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path(directory, number))
}

/// A new file with its header, durable by name before it is used.
pub fn create(directory: &Path, number: u32, fsync: bool) -> io::Result<File> {
    let file = OpenOptions::new().read(true).write(true).create_new(true).open(path(directory, number))?;
    write_at(&file, &FILE_HEADER, 0)?;
    if fsync {
        file.sync_all()?;
        sync_directory(directory)?;
    }
    Ok(file)
}

pub fn remove(directory: &Path, number: u32) -> io::Result<()> {
    fs::remove_file(path(directory, number))
}

#[cfg(unix)]
fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Elsewhere a directory cannot be flushed by itself.
#[cfg(not(unix))]
fn sync_directory(_directory: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
pub fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

#[cfg(unix)]
pub fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(windows)]
pub fn read_exact_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, buffer, offset)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        buffer = buffer.split_at_mut(read).1;
        offset += read as u64;
    }
    Ok(())
}

#[cfg(windows)]
pub fn write_at(file: &File, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = std::os::windows::fs::FileExt::seek_write(file, bytes, offset)?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = bytes.split_at(written).1;
        offset += written as u64;
    }
    Ok(())
}

pub fn read_record(file: &File, offset: u32) -> Result<Bytes, ReadError> {
    let mut header = [0; HEADER_BYTES];
    let offset = u64::from(offset);
    read_exact_at(file, &mut header, offset)?;
    let header = Header::decode(&header).ok_or(ReadError::Corrupt)?;
    let mut stored = vec![0; header.stored_bytes as usize];
    read_exact_at(file, &mut stored, offset + HEADER_BYTES as u64)?;
    header.payload(stored).ok_or(ReadError::Corrupt)
}
