//! One append-only record log on disk, and the views that answer questions about it.
//!
//! A record is a payload as its sender sent it. Views keep in memory only where things are ([`Place`]) and the little that lists
//! need; everything else is read back from disk. `append` resolves after the record was written, flushed to disk and applied to its view:
//! acknowledged means durable and queryable.
//!
//! ```ignore
//! let mut builder = Store::builder(options);
//! let segments = builder.view(Segments::default());          // before `open`: replay needs it
//! let store: Arc<Store> = Arc::new(builder.open()?);
//! let entries = Segments::entries(&payload);
//! let place = store.append(&segments, payload, entries).await?;
//! let payload: Bytes = store.read(place).await?;
//! ```

mod cache;
mod counters;
mod error;
mod file;
mod record;
mod replay;
mod retention;
#[cfg(test)]
mod tests;
mod writer;

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use tokio::sync::{Semaphore, oneshot};

pub use counters::StoreCounters;
pub use error::{AppendError, OpenError, ReadError};
pub use replay::ReplayReport;

use cache::Cache;
use file::Files;
use writer::{Job, Message};

/// Families as they stand on disk. A number is never given a second meaning.
pub mod family {
    /// OTLP `ExportTraceServiceRequest`, protobuf.
    pub const OTLP_TRACES: u8 = 1;
    /// OTLP `ExportLogsServiceRequest`, protobuf.
    pub const OTLP_LOGS: u8 = 2;
    /// Honeycomb events of one request, JSON.
    pub const HONEYCOMB_EVENTS: u8 = 3;
    /// X-Ray segment documents of one request or datagram, JSON.
    pub const XRAY_SEGMENTS: u8 = 4;
    /// One `PutLogEvents` request, JSON.
    pub const CLOUDWATCH_EVENTS: u8 = 5;
    /// Creation and deletion of log groups and streams, JSON.
    pub const CLOUDWATCH_CONTROL: u8 = 6;
    /// One Rollbar item, JSON.
    pub const ROLLBAR_ITEMS: u8 = 7;
    /// Everything marked as sample data before this record is forgotten. Empty payload; the store's own.
    pub const FORGET_DEMO: u8 = 8;
    /// Number of OTLP metric data points received, 8 bytes little-endian.
    pub const OTLP_METRICS: u8 = 9;
    /// One more than the highest family.
    pub(super) const COUNT: usize = 10;
}

/// The attribute, annotation, field or custom key that marks sample data.
pub const DEMO_MARK: &str = "throughline.demo";

/// Longest payload a record may hold, decompressed.
pub const MAX_PAYLOAD_BYTES: usize = 24 * 1024 * 1024;

/// Most bytes of payload that may wait for the disk; further appends wait for room.
const IN_FLIGHT_KIB: usize = 64 * 1024;

/// Payloads from this size on are compressed away from the async runtime's threads.
const COMPRESS_ELSEWHERE_BYTES: usize = 256 * 1024;

/// Where one record lies. Ordered by time of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Number of the file.
    pub file: u32,
    /// Offset of the record in the file, in bytes.
    pub offset: u32,
}

/// A projection of the records of one family.
///
/// `apply`, `forget_file` and `forget_demo` are called from one thread at a time; readers run beside them.
pub trait View: Send + Sync + 'static {
    /// One of [`family`].
    const FAMILY: u8;
    /// What one payload adds to the index.
    type Entries: Send + 'static;

    /// Reads a payload. Total on any bytes: what cannot be read adds nothing.
    fn entries(payload: &[u8]) -> Self::Entries;
    /// Adds a record that is now durable (or was found by replay).
    fn apply(&self, place: Place, arrival_ms: i64, entries: Self::Entries);
    /// Forgets everything that lies in this file: retention dropped it.
    fn forget_file(&self, file: u32);
    /// Forgets what carries [`DEMO_MARK`] and says how many traces that were.
    fn forget_demo(&self) -> u64;
}

trait AnyView: Send + Sync {
    /// Reads a payload on any thread; what comes back applies it.
    fn prepare(self: Arc<Self>, arrival_ms: i64, payload: &[u8]) -> Box<dyn FnOnce(Place) + Send>;
    fn forget_file(&self, file: u32);
    fn forget_demo(&self) -> u64;
}

impl<V: View> AnyView for V {
    fn prepare(self: Arc<Self>, arrival_ms: i64, payload: &[u8]) -> Box<dyn FnOnce(Place) + Send> {
        let entries = V::entries(payload);
        Box::new(move |place| self.apply(place, arrival_ms, entries))
    }

    fn forget_file(&self, file: u32) {
        View::forget_file(self, file);
    }

    fn forget_demo(&self) -> u64 {
        View::forget_demo(self)
    }
}

/// The views by family; the index is the family.
#[derive(Default, Clone)]
struct Views([Option<Arc<dyn AnyView>>; family::COUNT]);

impl Views {
    fn get(&self, family: u8) -> Option<&Arc<dyn AnyView>> {
        self.0.get(usize::from(family)).and_then(Option::as_ref)
    }

    fn iter(&self) -> impl Iterator<Item = &Arc<dyn AnyView>> {
        self.0.iter().flatten()
    }

    /// The most traces any one view knew as sample data: one sample request is seen by several vendors.
    fn forget_demo(&self) -> u64 {
        self.iter().map(|view| view.forget_demo()).max().unwrap_or(0)
    }
}

/// How a store is kept.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Created if it does not exist.
    pub directory: PathBuf,
    /// Records are dropped, a whole file at a time, some time after they arrived this long ago.
    pub retention_age: Duration,
    /// Most bytes on disk.
    pub retention_bytes: u64,
    /// `false` only to measure what durability costs.
    pub fsync: bool,
}

/// Collects the views before the records are replayed through them.
pub struct Builder {
    options: StoreOptions,
    views: Views,
}

impl Builder {
    /// Registers the view of its family and returns the handle that [`Store::append`] takes.
    pub fn view<V: View>(&mut self, view: V) -> Arc<V> {
        let view = Arc::new(view);
        if let Some(slot) = self.views.0.get_mut(usize::from(V::FAMILY)) {
            *slot = Some(Arc::<V>::clone(&view));
        }
        view
    }

    /// Locks the directory, replays all records through the views and starts the writer.
    pub fn open(self) -> Result<Store, OpenError> {
        let counters = Arc::new(StoreCounters::default());
        let lock = file::lock(&self.options.directory)?;
        let files = Arc::new(Files::default());
        let report = replay::replay(&self.options.directory, &self.views, &files, &counters)?;
        let writer = writer::Writer::new(&self.options, self.views, Arc::clone(&files), Arc::clone(&counters))?;
        let (sender, receiver) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || writer.run(&receiver))
            .map_err(|source| OpenError::Io { path: self.options.directory.clone(), source })?;
        Ok(Store {
            sender: Some(sender),
            thread: Some(thread),
            room: Arc::new(Semaphore::new(IN_FLIGHT_KIB)),
            files,
            cache: Arc::new(Cache::default()),
            counters,
            report,
            _lock: lock,
        })
    }
}

/// The store. Dropping it finishes what was handed in, then releases the directory.
pub struct Store {
    sender: Option<mpsc::Sender<Message>>,
    thread: Option<JoinHandle<()>>,
    room: Arc<Semaphore>,
    files: Arc<Files>,
    cache: Arc<Cache>,
    counters: Arc<StoreCounters>,
    report: ReplayReport,
    _lock: std::fs::File,
}

impl Store {
    /// A store in the making.
    pub fn builder(options: StoreOptions) -> Builder {
        Builder { options, views: Views::default() }
    }

    /// Keeps a payload. When this resolves, the record is on disk and `view` knows it.
    pub async fn append<V: View>(&self, view: &Arc<V>, payload: Vec<u8>, entries: V::Entries) -> Result<Place, AppendError> {
        let view = Arc::clone(view);
        let arrival_ms = now_ms();
        let apply = move |place| {
            view.apply(place, arrival_ms, entries);
            0
        };
        self.write(V::FAMILY, arrival_ms, payload, Box::new(apply)).await.map(|(place, _)| place)
    }

    /// Forgets all sample data, now and after every restart. Says how many traces that were.
    pub async fn forget_demo(&self) -> Result<u64, AppendError> {
        let (forgotten, answer) = oneshot::channel();
        self.send(Message::ForgetDemo { arrival_ms: now_ms(), done: forgotten })?;
        answer.await.map_err(|_| AppendError::Closed)?
    }

    async fn write(
        &self,
        family: u8,
        arrival_ms: i64,
        payload: Vec<u8>,
        apply: Box<dyn FnOnce(Place) -> u64 + Send>,
    ) -> Result<(Place, u64), AppendError> {
        if payload.len() > MAX_PAYLOAD_BYTES {
            return Err(AppendError::TooLarge { bytes: payload.len() });
        }
        let kib = u32::try_from(payload.len() / 1024 + 1).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).acquire_many_owned(kib).await.map_err(|_| AppendError::Closed)?;
        let raw_bytes = payload.len() as u64;
        let frame = if payload.len() < COMPRESS_ELSEWHERE_BYTES {
            record::encode(family, arrival_ms, &payload)
        } else {
            tokio::task::spawn_blocking(move || record::encode(family, arrival_ms, &payload)).await.map_err(|_| AppendError::Closed)?
        };
        let (done, answer) = oneshot::channel();
        self.send(Message::Append(Job { frame, family, arrival_ms, raw_bytes, apply, done, _room: room }))?;
        answer.await.map_err(|_| AppendError::Closed)?
    }

    fn send(&self, message: Message) -> Result<(), AppendError> {
        let sender = self.sender.as_ref().ok_or(AppendError::Closed)?;
        sender.send(message).map_err(|_| AppendError::Closed)
    }

    /// The payload of a record, decompressed and checked.
    pub async fn read(&self, place: Place) -> Result<Bytes, ReadError> {
        if let Some(payload) = self.cache.get(place) {
            return Ok(payload);
        }
        let reader = self.reader();
        tokio::task::spawn_blocking(move || reader.read(place)).await.map_err(|_| ReadError::Stopped)?
    }

    /// Many payloads by one trip to the disk's threads, in the order asked for.
    pub async fn read_many(&self, places: Vec<Place>) -> Result<Vec<Result<Bytes, ReadError>>, ReadError> {
        let reader = self.reader();
        let read = move || places.into_iter().map(|place| reader.read(place)).collect();
        tokio::task::spawn_blocking(read).await.map_err(|_| ReadError::Stopped)
    }

    /// Reads from a thread that may block (inside `spawn_blocking`).
    pub fn reader(&self) -> Reader {
        Reader { files: Arc::clone(&self.files), cache: Arc::clone(&self.cache), counters: Arc::clone(&self.counters) }
    }

    /// Waits until everything handed in before is on disk; what comes later is refused.
    pub async fn close(&self) {
        self.room.close();
        let (done, closed) = oneshot::channel();
        if self.send(Message::Close { done }).is_ok() {
            // An error means that the writer has ended already.
            let _ = closed.await;
        }
    }

    /// What was found when the store was opened.
    pub fn report(&self) -> &ReplayReport {
        &self.report
    }

    /// Counts since the store was opened, and what it holds now.
    pub fn counters(&self) -> Vec<(String, u64, &'static str)> {
        let mut counts = self.counters.list();
        counts.push(("store.disk".into(), self.files.bytes(), "bytes"));
        counts.push(("store.files".into(), self.files.len() as u64, "files"));
        counts
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        drop(self.sender.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the store's writer had panicked");
        }
    }
}

/// Reads records, blocking the calling thread. Cheap to clone.
#[derive(Clone)]
pub struct Reader {
    files: Arc<Files>,
    cache: Arc<Cache>,
    counters: Arc<StoreCounters>,
}

impl Reader {
    /// The payload of a record, decompressed and checked.
    pub fn read(&self, place: Place) -> Result<Bytes, ReadError> {
        if let Some(payload) = self.cache.get(place) {
            return Ok(payload);
        }
        let file = self.files.handle(place.file).ok_or(ReadError::Dropped)?;
        let payload = file::read_record(&file, place.offset).inspect_err(|error| {
            if matches!(error, ReadError::Corrupt) {
                self.counters.corrupt_reads.fetch_add(1, Ordering::Relaxed);
            }
        })?;
        self.cache.put(place, payload.clone());
        Ok(payload)
    }
}

/// Milliseconds since 1970, UTC.
pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or(0)
}
