//! Opening a store: every record goes through its view again.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::file::{self, FILE_HEADER, FileState, Files};
use super::record::{HEADER_BYTES, Header, MARKER};
use super::{OpenError, Place, StoreCounters, Views, family};

const BUFFER_BYTES: usize = 256 * 1024;

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
    loop {
        match scan.next()? {
            Step::Record { offset, header, stored } => {
                let Some(payload) = header.payload(stored) else {
                    report.corrupt_records += 1;
                    continue;
                };
                report.records += 1;
                state.count(header.family, header.arrival_ms);
                if header.family == family::FORGET_DEMO {
                    views.forget_demo();
                } else if let Some(view) = views.get(header.family) {
                    view.replay(Place { file: number, offset }, header.arrival_ms, &payload);
                } else {
                    report.unknown_records += 1;
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
    files.write().insert(number, state);
    Ok(())
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
