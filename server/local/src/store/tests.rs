use std::fs;
use std::path::Path;
use std::sync::Mutex;

use super::*;

/// Keeps what it was told, in order.
#[derive(Default)]
struct Journal(Mutex<Vec<(Place, Vec<u8>)>>);

impl View for Journal {
    const FAMILY: u8 = family::XRAY_SEGMENTS;
    type Entries = Vec<u8>;

    fn entries(payload: &[u8]) -> Vec<u8> {
        payload.to_vec()
    }

    fn apply(&self, place: Place, _arrival_ms: i64, entries: Vec<u8>) {
        self.0.lock().unwrap().push((place, entries));
    }

    fn forget_file(&self, file: u32) {
        self.0.lock().unwrap().retain(|(place, _)| place.file != file);
    }

    fn forget_demo(&self) -> u64 {
        let mut entries = self.0.lock().unwrap();
        let before = entries.len();
        entries.retain(|(_, payload)| !payload.starts_with(b"demo"));
        (before - entries.len()) as u64
    }
}

impl Journal {
    fn payloads(&self) -> Vec<Vec<u8>> {
        self.0.lock().unwrap().iter().map(|(_, payload)| payload.clone()).collect()
    }
}

fn options(directory: &Path) -> StoreOptions {
    StoreOptions { directory: directory.to_owned(), retention_age: Duration::from_hours(1), retention_bytes: 1 << 30, fsync: true }
}

fn open(options: StoreOptions) -> (Store, Arc<Journal>) {
    let mut builder = Store::builder(options);
    let journal = builder.view(Journal::default());
    (builder.open().unwrap(), journal)
}

async fn append(store: &Store, journal: &Arc<Journal>, payload: &[u8]) -> Place {
    store.append(journal, payload.to_vec(), payload.to_vec()).await.unwrap()
}

fn payload(number: usize) -> Vec<u8> {
    format!("payload {number} ").repeat(number % 40 + 1).into_bytes()
}

/// Bytes that do not compress.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let (store, journal) = open(options(directory.path()));
    for number in 0..50 {
        let place = append(&store, &journal, &payload(number)).await;
        assert_eq!(store.read(place).await.unwrap(), payload(number));
    }
    let live = journal.0.lock().unwrap().clone();
    drop(store);
    let (store, replayed) = open(options(directory.path()));
    assert_eq!(*replayed.0.lock().unwrap(), live);
    assert_eq!(*store.report(), ReplayReport { records: 50, ..ReplayReport::default() });
    for (number, (place, _)) in live.iter().enumerate() {
        assert_eq!(store.read(*place).await.unwrap(), payload(number));
    }
}

#[tokio::test]
async fn a_tail_cut_at_any_byte_loses_only_what_was_cut() {
    let directory = tempfile::tempdir().unwrap();
    let (store, journal) = open(options(directory.path()));
    let mut ends = Vec::new();
    for number in 0..6 {
        append(&store, &journal, &payload(number)).await;
        ends.push(fs::metadata(file::path(directory.path(), 1)).unwrap().len());
    }
    drop(store);
    let whole = fs::read(file::path(directory.path(), 1)).unwrap();
    for cut in 0..=whole.len() {
        let copy = tempfile::tempdir().unwrap();
        fs::write(file::path(copy.path(), 1), &whole[..cut]).unwrap();
        let (store, journal) = open(StoreOptions { fsync: false, ..options(copy.path()) });
        let kept = ends.iter().filter(|end| **end <= cut as u64).count();
        let valid = ends.iter().copied().filter(|end| *end <= cut as u64).max().unwrap_or(if cut >= 16 { 16 } else { 0 });
        assert_eq!(journal.payloads(), (0..kept).map(payload).collect::<Vec<_>>(), "cut at {cut}");
        assert_eq!(store.report().torn_bytes, cut as u64 - valid, "cut at {cut}");
        append(&store, &journal, b"after").await;
        drop(store);
        let (store, journal) = open(StoreOptions { fsync: false, ..options(copy.path()) });
        assert_eq!(journal.payloads().len(), kept + 1, "cut at {cut}");
        assert_eq!(store.report().torn_bytes, 0, "cut at {cut}");
    }
}

#[tokio::test]
async fn any_flipped_byte_damages_one_record_at_most() {
    let directory = tempfile::tempdir().unwrap();
    let (store, journal) = open(options(directory.path()));
    for number in 0..4 {
        append(&store, &journal, &payload(number)).await;
    }
    drop(store);
    let whole = fs::read(file::path(directory.path(), 1)).unwrap();
    let all: Vec<_> = (0..4).map(payload).collect();
    for at in file::FILE_HEADER.len()..whole.len() {
        let copy = tempfile::tempdir().unwrap();
        let mut damaged = whole.clone();
        damaged[at] ^= 0x41;
        fs::write(file::path(copy.path(), 1), &damaged).unwrap();
        let (store, journal) = open(StoreOptions { fsync: false, ..options(copy.path()) });
        let kept = journal.payloads();
        assert_eq!(kept.len(), 3, "flipped at {at}");
        assert!(kept.iter().all(|payload| all.contains(payload)), "flipped at {at}");
        assert!(store.report().corrupt_records == 1 || store.report().torn_bytes > 0, "flipped at {at}");
    }
}

#[tokio::test]
async fn a_foreign_file_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(file::path(directory.path(), 3), b"throughline\0\x09\0\0\0from the future").unwrap();
    let (store, journal) = open(options(directory.path()));
    assert_eq!(store.report().foreign_files, [3]);
    assert_eq!(append(&store, &journal, b"new").await.file, 4);
    assert_eq!(fs::read(file::path(directory.path(), 3)).unwrap().len(), 31);
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_appends_share_a_flush() {
    let directory = tempfile::tempdir().unwrap();
    let (store, journal) = open(options(directory.path()));
    let store = Arc::new(store);
    let appends = (0..400).map(|number| {
        let (store, journal) = (Arc::clone(&store), Arc::clone(&journal));
        tokio::spawn(async move { append(&store, &journal, &payload(number)).await })
    });
    let places: std::collections::BTreeSet<_> = futures::future::join_all(appends).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(places.len(), 400);
    let flushes = store.counters.flushes.load(Ordering::Relaxed);
    assert!(flushes < 400, "{flushes} flushes for 400 appends");
}

#[tokio::test]
async fn size_drops_the_oldest_files_whole() {
    let directory = tempfile::tempdir().unwrap();
    let limit = 512 * 1024;
    let (store, journal) = open(StoreOptions { retention_bytes: limit, fsync: false, ..options(directory.path()) });
    let mut first = None;
    for number in 0..200 {
        let place = append(&store, &journal, &noise(number, 8192)).await;
        first.get_or_insert(place);
    }
    let on_disk: u64 = store.files.bytes();
    assert!(on_disk <= limit + 2 * 64 * 1024, "{on_disk} bytes on disk");
    let left = journal.payloads().len() as u64;
    assert_eq!(left + store.counters.dropped_records.load(Ordering::Relaxed), 200);
    assert!(left < 200);
    assert!(matches!(store.read(first.unwrap()).await, Err(ReadError::Dropped)));
    let last = journal.0.lock().unwrap().last().cloned().unwrap();
    assert_eq!(store.read(last.0).await.unwrap(), last.1);
}

#[tokio::test]
async fn age_drops_what_arrived_long_ago_also_when_little_comes() {
    let directory = tempfile::tempdir().unwrap();
    let (store, journal) = open(StoreOptions { retention_age: Duration::from_millis(200), ..options(directory.path()) });
    append(&store, &journal, b"old").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    append(&store, &journal, b"new").await;
    assert_eq!(journal.payloads(), [b"new"]);
    drop(store);
    let (_store, journal) = open(options(directory.path()));
    assert_eq!(journal.payloads(), [b"new"]);
}

#[tokio::test]
async fn sample_data_stays_forgotten_after_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let (store, journal) = open(options(directory.path()));
    append(&store, &journal, b"demo 1").await;
    append(&store, &journal, b"real").await;
    assert_eq!(store.forget_demo().await.unwrap(), 1);
    append(&store, &journal, b"demo 2").await;
    assert_eq!(journal.payloads(), [b"real".to_vec(), b"demo 2".to_vec()]);
    drop(store);
    let (_store, journal) = open(options(directory.path()));
    assert_eq!(journal.payloads(), [b"real".to_vec(), b"demo 2".to_vec()]);
}

#[tokio::test]
async fn the_directory_belongs_to_one_store() {
    let directory = tempfile::tempdir().unwrap();
    let (store, _journal) = open(options(directory.path()));
    let second = Store::builder(options(directory.path())).open();
    assert!(matches!(second, Err(OpenError::InUse { .. })));
    drop(store);
    assert!(Store::builder(options(directory.path())).open().is_ok());
}

#[tokio::test]
async fn a_payload_that_is_too_large_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let (store, journal) = open(options(directory.path()));
    let refused = store.append(&journal, vec![0; MAX_PAYLOAD_BYTES + 1], Vec::new()).await;
    assert!(matches!(refused, Err(AppendError::TooLarge { .. })));
    assert!(journal.payloads().is_empty());
}

#[tokio::test]
async fn a_disk_that_refuses_is_an_error_and_nothing_becomes_visible() {
    let directory = tempfile::tempdir().unwrap();
    let (store, journal) = open(StoreOptions { retention_bytes: 1, fsync: false, ..options(directory.path()) });
    append(&store, &journal, &noise(1, 200 * 1024)).await;
    fs::remove_dir_all(directory.path()).unwrap();
    let refused = store.append(&journal, b"next file".to_vec(), b"next file".to_vec()).await;
    assert!(matches!(refused, Err(AppendError::Io { .. })), "{refused:?}");
    assert_eq!(journal.payloads().len(), 1);
}
