//! What a source has used since the start.

use engine::source::Counter;
use std::sync::atomic::{AtomicU64, Ordering};

/// Calls, rows and bytes, plus what the vendor bills.
#[derive(Debug, Default)]
pub struct Meter {
    calls: AtomicU64,
    rows: AtomicU64,
    bytes: AtomicU64,
    billed: AtomicU64,
}

impl Meter {
    pub fn call(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    pub fn rows(&self, count: usize) {
        self.rows.fetch_add(count as u64, Ordering::Relaxed);
    }

    pub fn bytes(&self, count: usize) {
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// Units that the vendor charges for, named by the source in [`Meter::counters`].
    pub fn billed(&self, count: u64) {
        self.billed.fetch_add(count, Ordering::Relaxed);
    }

    /// As `/sources` shows them.
    pub fn counters(&self, rows: &str, billed: Option<&str>) -> Vec<Counter> {
        let counter = |name: &str, value: &AtomicU64, unit: &str| Counter {
            name: name.to_owned(),
            value: value.load(Ordering::Relaxed),
            unit: unit.to_owned(),
        };
        let mut counters =
            vec![counter("calls", &self.calls, ""), counter(rows, &self.rows, ""), counter("received", &self.bytes, "bytes")];
        counters.extend(billed.map(|name| counter(name, &self.billed, "")));
        counters
    }
}
