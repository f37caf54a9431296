//! The one thread that writes. All appends that wait during one flush share the next.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::file::{self, FileState, Files};
use super::retention::Retention;
use super::{AppendError, OpenError, Place, StoreCounters, StoreOptions, Views, family, now_ms, record};

const MAX_BATCH_BYTES: usize = 16 * 1024 * 1024;
const RETENTION_CHECK: Duration = Duration::from_secs(15);

pub enum Message {
    Append(Job),
    ForgetDemo {
        arrival_ms: i64,
        done: oneshot::Sender<Result<u64, AppendError>>,
    },
    /// Everything sent before was handled when `done` is told; the writer ends.
    Close {
        done: oneshot::Sender<()>,
    },
}

/// A record on its way to the disk.
pub struct Job {
    pub frame: Vec<u8>,
    pub family: u8,
    pub arrival_ms: i64,
    pub raw_bytes: u64,
    pub apply: Box<dyn FnOnce(Place) -> u64 + Send>,
    pub done: oneshot::Sender<Result<(Place, u64), AppendError>>,
    pub _room: OwnedSemaphorePermit,
}

pub struct Writer {
    directory: PathBuf,
    fsync: bool,
    retention: Retention,
    views: Views,
    files: Arc<Files>,
    counters: Arc<StoreCounters>,
    active: u32,
    handle: Arc<File>,
    length: u64,
}

impl Writer {
    pub fn new(options: &StoreOptions, views: Views, files: Arc<Files>, counters: Arc<StoreCounters>) -> Result<Self, OpenError> {
        let directory = options.directory.clone();
        let io = |source| OpenError::Io { path: directory.clone(), source };
        let retention = Retention { age: options.retention_age, bytes: options.retention_bytes };
        let newest = file::list(&directory).map_err(io)?.last().copied();
        let usable = newest.and_then(|number| {
            let files = files.read();
            let state = files.get(&number)?;
            (state.bytes < retention.file_bytes()).then(|| (number, Arc::clone(&state.handle), state.bytes))
        });
        let (active, handle, length) = if let Some(usable) = usable {
            usable
        } else {
            let number = newest.map_or(1, |number| number.saturating_add(1));
            let handle = Arc::new(file::create(&directory, number, options.fsync).map_err(io)?);
            files.write().insert(number, FileState::new(Arc::clone(&handle)));
            (number, handle, file::FILE_HEADER.len() as u64)
        };
        let mut writer = Self { directory, fsync: options.fsync, retention, views, files, counters, active, handle, length };
        writer.retain();
        Ok(writer)
    }

    /// Until every sender is gone, or the store is closed.
    pub fn run(mut self, messages: &Receiver<Message>) {
        let mut buffer = Vec::new();
        loop {
            let first = match messages.recv_timeout(RETENTION_CHECK) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => {
                    self.retain();
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let mut jobs = Vec::new();
            let mut marker = None;
            let mut closing = None;
            let mut bytes = 0;
            let mut next = Some(first);
            while let Some(message) = next {
                match message {
                    Message::Append(job) => {
                        bytes += job.frame.len();
                        jobs.push(job);
                    }
                    Message::ForgetDemo { arrival_ms, done } => {
                        marker = Some((arrival_ms, done));
                        break;
                    }
                    Message::Close { done } => {
                        closing = Some(done);
                        break;
                    }
                }
                next = if bytes < MAX_BATCH_BYTES { messages.try_recv().ok() } else { None };
            }
            self.commit(jobs, &mut buffer);
            if let Some((arrival_ms, done)) = marker {
                // A caller that went away has no use for the answer.
                let _ = done.send(self.forget_demo(arrival_ms));
            }
            if let Some(done) = closing {
                let _ = done.send(());
                return;
            }
        }
    }

    fn commit(&mut self, jobs: Vec<Job>, buffer: &mut Vec<u8>) {
        if jobs.is_empty() {
            return;
        }
        buffer.clear();
        let mut written = self.make_room(jobs.iter().map(|job| job.arrival_ms).max().unwrap_or(0));
        if written.is_ok() {
            for job in &jobs {
                buffer.extend_from_slice(&job.frame);
            }
            written = self.write(buffer);
        }
        let mut offset = self.length;
        if let Err(error) = written {
            self.counters.refused_records.fetch_add(jobs.len() as u64, Ordering::Relaxed);
            let error = AppendError::io(&error);
            for job in jobs {
                let _ = job.done.send(Err(error.clone()));
            }
            return;
        }
        self.length += buffer.len() as u64;
        self.note(&jobs);
        for job in jobs {
            let place = Place { file: self.active, offset: u32::try_from(offset).unwrap_or(u32::MAX) };
            offset += job.frame.len() as u64;
            let answer = (job.apply)(place);
            let _ = job.done.send(Ok((place, answer)));
        }
        if buffer.capacity() > MAX_BATCH_BYTES / 4 {
            *buffer = Vec::new();
        }
    }

    fn note(&self, jobs: &[Job]) {
        if let Some(state) = self.files.write().get_mut(&self.active) {
            state.bytes = self.length;
            for job in jobs {
                state.count(job.family, job.arrival_ms);
            }
        }
        self.counters.kept_records.fetch_add(jobs.len() as u64, Ordering::Relaxed);
        self.counters.kept_bytes.fetch_add(jobs.iter().map(|job| job.raw_bytes).sum(), Ordering::Relaxed);
    }

    fn forget_demo(&mut self, arrival_ms: i64) -> Result<u64, AppendError> {
        let frame = record::encode(family::FORGET_DEMO, arrival_ms, &[]);
        self.make_room(arrival_ms).and_then(|()| self.write(&frame)).map_err(|error| AppendError::io(&error))?;
        self.length += frame.len() as u64;
        if let Some(state) = self.files.write().get_mut(&self.active) {
            state.bytes = self.length;
            state.count(family::FORGET_DEMO, arrival_ms);
        }
        Ok(self.views.forget_demo())
    }

    /// Starts the next file when the active one is full or old.
    fn make_room(&mut self, arrival_ms: i64) -> io::Result<()> {
        let first_arrival_ms = self.files.read().get(&self.active).map_or(i64::MAX, |state| state.first_arrival_ms);
        let is_old = arrival_ms.saturating_sub(first_arrival_ms) > self.retention.file_age_ms();
        if self.length < self.retention.file_bytes() && !is_old {
            return Ok(());
        }
        self.next_file()?;
        self.retain();
        Ok(())
    }

    fn next_file(&mut self) -> io::Result<()> {
        let number = self.active.saturating_add(1);
        self.handle = Arc::new(file::create(&self.directory, number, self.fsync)?);
        self.files.write().insert(number, FileState::new(Arc::clone(&self.handle)));
        self.active = number;
        self.length = file::FILE_HEADER.len() as u64;
        Ok(())
    }

    /// Writes behind the last record. After a failure nothing of it counts: the tail is cut, or left behind in a file that is not
    /// written again.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let result = file::write_at(&self.handle, bytes, self.length).and_then(|()| {
            self.counters.flushes.fetch_add(1, Ordering::Relaxed);
            if self.fsync { self.handle.sync_data() } else { Ok(()) }
        });
        if let Err(error) = &result {
            tracing::error!(%error, file = self.active, "the store could not write");
            if let Err(error) = self.handle.set_len(self.length).and_then(|()| self.handle.sync_all()) {
                tracing::error!(%error, file = self.active, "the store could not cut what it had written");
                if let Err(error) = self.next_file() {
                    tracing::error!(%error, "the store could not start a new file");
                }
            }
        }
        result
    }

    fn retain(&mut self) {
        let expired = self.retention.expired(&self.files.read(), self.active, now_ms());
        for number in expired {
            if let Err(error) = file::remove(&self.directory, number) {
                tracing::error!(%error, file = number, "the store could not drop a file");
                continue;
            }
            let Some(state) = self.files.write().remove(&number) else { continue };
            for view in self.views.iter() {
                view.forget_file(number);
            }
            self.counters.dropped_records.fetch_add(state.records.iter().sum(), Ordering::Relaxed);
            self.counters.dropped_bytes.fetch_add(state.bytes, Ordering::Relaxed);
        }
    }
}
