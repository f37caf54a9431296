//! Opening a store: every record goes through its view again.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use super::file::{self, FILE_HEADER, FileState, Files};
use super::record::{HEADER_BYTES, Header, MARKER};
use super::{OpenError, Place, StoreCounters, Views, family};

const BUFFER_BYTES: usize = 256 * 1024;

/// Records are read this many bytes at a time, so that all cores take part.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// What was found when the store was opened.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ReplayReport {
    /// Records that are there and whole.
    pub records: u64,
    /// Damaged records, skipped.
    pub corrupt_records: u64,
    /// Bytes of a record that was being written when the process ended, cut off.
    pub torn_bytes: u64,
    /// Files of another format or version, left alone.
    pub foreign_files: Vec<u32>,
    /// Records of families this version does not know, left alone.
    pub unknown_records: u64,
}

pub fn replay(directory: &Path, views: &Views, files: &Files, counters: &StoreCounters) -> Result<ReplayReport, OpenError> {
    let mut report = ReplayReport::default();
    let numbers = file::list(directory).map_err(|source| OpenError::Io { path: directory.to_owned(), source })?;
    let last = numbers.last().copied();
    for number in numbers {
        replay_file(directory, number, last == Some(number), views, files, &mut report)
            .map_err(|source| OpenError::Io { path: file::path(directory, number), source })?;
    }
    counters.replayed_records.store(report.records, Ordering::Relaxed);
    counters.corrupt_records.store(report.corrupt_records, Ordering::Relaxed);
    if report.corrupt_records > 0 || report.torn_bytes > 0 || !report.foreign_files.is_empty() {
        tracing::warn!(?report, "the store was not whole when it was opened");
    }
    Ok(report)
}

fn replay_file(directory: &Path, number: u32, is_last: bool, views: &Views, files: &Files, report: &mut ReplayReport) -> io::Result<()> {
    let handle = Arc::new(file::open(directory, number)?);
    let length = handle.metadata()?.len();
    let mut header = [0; FILE_HEADER.len()];
    if length < FILE_HEADER.len() as u64 {
        // Created but never used: the name was durable before the header was.
        report.torn_bytes += length;
        return file::remove(directory, number);
    }
    file::read_exact_at(&handle, &mut header, 0)?;
    if header != FILE_HEADER {
        report.foreign_files.push(number);
        return Ok(());
    }
    let mut state = FileState::new(Arc::clone(&handle));
    let mut scan = Scan::new(file::open(directory, number)?, length)?;
    let mut batch = Vec::new();
    let mut batch_bytes = 0;
    loop {
        match scan.next()? {
            Step::Record { offset, header, stored } => {
                batch_bytes += stored.len();
                batch.push(Found { offset, header, stored });
                if batch_bytes >= BATCH_BYTES {
                    batch_bytes = 0;
                    apply(&mut batch, number, views, &mut state, report);
                }
            }
            Step::Damaged => report.corrupt_records += 1,
            Step::Torn { from } => {
                report.torn_bytes += length - from;
                state.bytes = from;
                if is_last {
                    handle.set_len(from)?;
                    handle.sync_all()?;
                }
                break;
            }
            Step::End => {
                state.bytes = length;
                break;
            }
        }
    }
    apply(&mut batch, number, views, &mut state, report);
    files.write().insert(number, state);
    Ok(())
}

struct Found {
    offset: u32,
    header: Header,
    stored: Vec<u8>,
}

enum Prepared {
    Damaged,
    ForgetDemo,
    Unknown,
    Entries(Box<dyn FnOnce(Place) + Send>),
}

/// Reads the payloads of a batch on all cores, then applies them in their order.
fn apply(batch: &mut Vec<Found>, number: u32, views: &Views, state: &mut FileState, report: &mut ReplayReport) {
    let share = batch.len().div_ceil(thread::available_parallelism().map_or(1, usize::from)).max(1);
    let prepared: Vec<Prepared> = thread::scope(|scope| {
        let prepare = |found: &mut [Found]| found.iter_mut().map(|found| prepare(found, views)).collect::<Vec<_>>();
        let shares: Vec<_> = batch.chunks_mut(share).map(|found| (found.len(), scope.spawn(move || prepare(found)))).collect();
        let damaged = |length| std::iter::repeat_with(|| Prepared::Damaged).take(length).collect();
        shares.into_iter().flat_map(|(length, share)| share.join().unwrap_or_else(|_| damaged(length))).collect()
    });
    for (found, prepared) in batch.drain(..).zip(prepared) {
        match prepared {
            Prepared::Damaged => {
                report.corrupt_records += 1;
                continue;
            }
            Prepared::ForgetDemo => {
                views.forget_demo();
            }
            Prepared::Unknown => report.unknown_records += 1,
            Prepared::Entries(apply) => apply(Place { file: number, offset: found.offset }),
        }
        report.records += 1;
        state.count(found.header.family, found.header.arrival_ms);
    }
}

fn prepare(found: &mut Found, views: &Views) -> Prepared {
    let Some(payload) = found.header.payload(std::mem::take(&mut found.stored)) else { return Prepared::Damaged };
    if found.header.family == family::FORGET_DEMO {
        return Prepared::ForgetDemo;
    }
    views
        .get(found.header.family)
        .map_or(Prepared::Unknown, |view| Prepared::Entries(Arc::clone(view).prepare(found.header.arrival_ms, &payload)))
}

enum Step {
    /// A frame whose header is right; the payload is not checked yet.
    Record {
        offset: u32,
        header: Header,
        stored: Vec<u8>,
    },
    /// Bytes that are no record, with a record behind them.
    Damaged,
    /// Bytes that are no whole record, and nothing behind them.
    Torn {
        from: u64,
    },
    End,
}

struct Scan {
    reader: BufReader<File>,
    position: u64,
    length: u64,
}

impl Scan {
    fn new(file: File, length: u64) -> io::Result<Self> {
        let mut reader = BufReader::with_capacity(BUFFER_BYTES, file);
        let position = reader.seek(SeekFrom::Start(FILE_HEADER.len() as u64))?;
        Ok(Self { reader, position, length })
    }

    fn next(&mut self) -> io::Result<Step> {
        let remaining = self.length.saturating_sub(self.position);
        if remaining == 0 {
            return Ok(Step::End);
        }
        if remaining < HEADER_BYTES as u64 {
            return Ok(Step::Torn { from: self.position });
        }
        let mut bytes = [0; HEADER_BYTES];
        self.reader.read_exact(&mut bytes)?;
        let Some(header) = Header::decode(&bytes) else { return self.resume() };
        let Ok(offset) = u32::try_from(self.position) else { return Ok(Step::Torn { from: self.position }) };
        if header.frame_bytes() > remaining {
            return Ok(Step::Torn { from: self.position });
        }
        let mut stored = vec![0; header.stored_bytes as usize];
        self.reader.read_exact(&mut stored)?;
        self.position += header.frame_bytes();
        Ok(Step::Record { offset, header, stored })
    }

    /// Looks for the next header behind damaged bytes.
    fn resume(&mut self) -> io::Result<Step> {
        let from = self.position;
        let mut at = from + 1;
        self.reader.seek(SeekFrom::Start(at))?;
        let mut window = [0; MARKER.len()];
        let mut filled = 0;
        let mut byte = [0; 1];
        while at < self.length {
            self.reader.read_exact(&mut byte)?;
            at += 1;
            window.rotate_left(1);
            if let (Some(last), [byte]) = (window.last_mut(), byte) {
                *last = byte;
            }
            filled += 1;
            if filled >= MARKER.len() && window == MARKER {
                let start = at - MARKER.len() as u64;
                if self.is_header(start)? {
                    self.position = start;
                    self.reader.seek(SeekFrom::Start(start))?;
                    return Ok(Step::Damaged);
                }
                self.reader.seek(SeekFrom::Start(at))?;
            }
        }
        Ok(Step::Torn { from })
    }

    fn is_header(&self, start: u64) -> io::Result<bool> {
        let mut bytes = [0; HEADER_BYTES];
        if start + HEADER_BYTES as u64 > self.length {
            return Ok(false);
        }
        file::read_exact_at(self.reader.get_ref(), &mut bytes, start)?;
        Ok(Header::decode(&bytes).is_some_and(|header| start + header.frame_bytes() <= self.length))
    }
}
