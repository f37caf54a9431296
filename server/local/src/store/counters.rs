//! What the store did since it was opened.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts since the store was opened.
#[derive(Debug, Default)]
pub struct StoreCounters {
    pub(super) kept_records: AtomicU64,
    pub(super) kept_bytes: AtomicU64,
    pub(super) refused_records: AtomicU64,
    pub(super) dropped_records: AtomicU64,
    pub(super) dropped_bytes: AtomicU64,
    pub(super) replayed_records: AtomicU64,
    pub(super) corrupt_records: AtomicU64,
    pub(super) corrupt_reads: AtomicU64,
    pub(super) flushes: AtomicU64,
}

impl StoreCounters {
    pub(super) fn list(&self) -> Vec<(String, u64, &'static str)> {
        let entries = [
            ("store.kept", &self.kept_records, "records"),
            ("store.kept_payload", &self.kept_bytes, "bytes"),
            ("store.refused", &self.refused_records, "records"),
            ("store.dropped", &self.dropped_records, "records"),
            ("store.dropped_disk", &self.dropped_bytes, "bytes"),
            ("store.replayed", &self.replayed_records, "records"),
            ("store.corrupt", &self.corrupt_records, "records"),
            ("store.corrupt_reads", &self.corrupt_reads, "reads"),
            ("store.flushes", &self.flushes, "flushes"),
        ];
        entries.into_iter().map(|(name, count, unit)| (name.to_owned(), count.load(Ordering::Relaxed), unit)).collect()
    }
}
