//! Which documents belong to which trace, in memory; their text stays on disk.

use std::collections::{BTreeSet, HashMap};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::document::{Header, Traits};
use super::packet::{self, Entry};
use crate::store::{Place, View, family};

/// The view of the store that knows all segment documents.
#[derive(Debug, Default)]
pub struct Segments(RwLock<Index>);

#[derive(Debug, Default)]
struct Index {
    traces: HashMap<u128, Trace>,
    /// Traces by their first start, in microseconds.
    by_start: BTreeSet<(i64, u128)>,
    /// No trace lasts longer than this; it ends the search for traces that began before a window.
    longest_us: i64,
    documents: usize,
}

#[derive(Debug, Default)]
struct Trace {
    start_us: i64,
    end_us: i64,
    documents: Vec<Held>,
}

/// One document in as few bytes as will do: 100,000 of them fit in 6 MB.
#[derive(Debug, Clone, Copy)]
struct Held {
    place: Place,
    offset: u32,
    length: u32,
    id: u64,
    parent: u64,
    start: f64,
    end: f64,
    depth: u8,
    traits: Traits,
}

/// A document and the record it lies in.
#[derive(Debug, Clone, Copy)]
pub struct Located {
    pub place: Place,
    pub entry: Entry,
}

/// Which times of a trace have to lie in the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeRangeType {
    /// The trace began in it.
    TraceId,
    /// The trace was active in it.
    Event,
    /// The trace ended in it.
    Service,
}

/// A position in the list of traces, newest first: the trace that was given out last.
pub type Cursor = (i64, u128);

/// A half-open window in microseconds.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    pub start_us: i64,
    pub end_us: i64,
    pub kind: TimeRangeType,
}

impl Window {
    fn holds(&self, trace: &Trace) -> bool {
        match self.kind {
            TimeRangeType::TraceId => (self.start_us..self.end_us).contains(&trace.start_us),
            TimeRangeType::Event => trace.start_us < self.end_us && trace.end_us >= self.start_us,
            TimeRangeType::Service => (self.start_us..self.end_us).contains(&trace.end_us),
        }
    }
}

impl Segments {
    /// All documents of a trace in the order they arrived; empty when it is not known.
    pub fn documents(&self, trace: u128) -> Vec<Located> {
        self.read().traces.get(&trace).map(|known| known.documents.iter().map(|held| held.located(trace)).collect()).unwrap_or_default()
    }

    /// At most `limit` traces of a window behind `after`, the newest start first.
    pub fn list(&self, window: Window, after: Option<Cursor>, limit: usize) -> Vec<Cursor> {
        let index = self.read();
        let earliest = match window.kind {
            TimeRangeType::TraceId => window.start_us,
            TimeRangeType::Event | TimeRangeType::Service => window.start_us.saturating_sub(index.longest_us),
        };
        let before = after.unwrap_or((window.end_us, 0)).min((window.end_us, 0));
        if before <= (earliest, 0) {
            return Vec::new();
        }
        let candidates = index.by_start.range((earliest, 0)..before).rev();
        candidates.filter(|(_, id)| index.traces.get(id).is_some_and(|trace| window.holds(trace))).take(limit).copied().collect()
    }

    /// Documents and traces held.
    pub fn len(&self) -> (usize, usize) {
        let index = self.read();
        (index.documents, index.traces.len())
    }

    /// Traces with at least one document that is marked as sample data.
    pub fn sample_traces(&self) -> u64 {
        self.read().traces.values().filter(|trace| trace.is_sample()).count() as u64
    }

    fn read(&self) -> RwLockReadGuard<'_, Index> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Index> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl View for Segments {
    const FAMILY: u8 = family::XRAY_SEGMENTS;
    type Entries = Vec<Entry>;

    fn entries(payload: &[u8]) -> Vec<Entry> {
        packet::entries(payload)
    }

    fn apply(&self, place: Place, _arrival_ms: i64, entries: Vec<Entry>) {
        let mut index = self.write();
        for entry in entries {
            index.insert(place, &entry);
        }
    }

    fn forget_file(&self, file: u32) {
        self.write().keep(|trace| trace.documents.retain(|held| held.place.file != file));
    }

    fn forget_demo(&self) -> u64 {
        self.write().keep(|trace| {
            if trace.is_sample() {
                trace.documents.clear();
            }
        })
    }
}

impl Index {
    fn insert(&mut self, place: Place, entry: &Entry) {
        let id = entry.header.trace;
        let held = Held::new(place, entry);
        let trace = self.traces.entry(id).or_default();
        if !trace.documents.is_empty() {
            self.by_start.remove(&(trace.start_us, id));
        }
        trace.documents.push(held);
        trace.add_times(&held);
        self.by_start.insert((trace.start_us, id));
        self.longest_us = self.longest_us.max(trace.end_us.saturating_sub(trace.start_us));
        self.documents += 1;
    }

    /// Lets `prune` take documents out of every trace; drops the traces left empty and says how many those were.
    fn keep(&mut self, prune: impl Fn(&mut Trace)) -> u64 {
        let mut gone = 0;
        let by_start = &mut self.by_start;
        let documents = &mut self.documents;
        self.traces.retain(|id, trace| {
            let (count, key) = (trace.documents.len(), (trace.start_us, *id));
            prune(trace);
            if trace.documents.len() == count {
                return true;
            }
            *documents -= count - trace.documents.len();
            by_start.remove(&key);
            let left = std::mem::take(&mut trace.documents);
            for held in left {
                trace.documents.push(held);
                trace.add_times(&held);
            }
            if trace.documents.is_empty() {
                gone += 1;
                return false;
            }
            by_start.insert((trace.start_us, *id));
            true
        });
        gone
    }
}

impl Trace {
    fn is_sample(&self) -> bool {
        self.documents.iter().any(|held| held.traits.has(Traits::SAMPLE))
    }

    /// Takes the times of the document that was pushed last.
    fn add_times(&mut self, held: &Held) {
        let (start, end) = (microseconds(held.start), microseconds(if held.end.is_nan() { held.start } else { held.end }));
        let first = self.documents.len() == 1;
        self.start_us = if first { start } else { self.start_us.min(start) };
        self.end_us = if first { end } else { self.end_us.max(end) };
    }
}

impl Held {
    fn new(place: Place, entry: &Entry) -> Self {
        let Entry { header, offset, length } = *entry;
        let Header { id, parent, start, end, depth, traits, .. } = header;
        Self { place, offset, length, id, parent: parent.unwrap_or(0), start, end: end.unwrap_or(f64::NAN), depth, traits }
    }

    fn located(&self, trace: u128) -> Located {
        let header = Header {
            trace,
            id: self.id,
            parent: Some(self.parent).filter(|parent| *parent != 0),
            start: self.start,
            end: Some(self.end).filter(|end| !end.is_nan()),
            depth: self.depth,
            traits: self.traits,
        };
        Located { place: self.place, entry: Entry { header, offset: self.offset, length: self.length } }
    }
}

/// Seconds as on the wire to whole microseconds; what does not fit is cut to the range.
#[expect(clippy::cast_possible_truncation, reason = "a cast from float saturates")]
pub fn microseconds(seconds: f64) -> i64 {
    (seconds * 1e6) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(trace: u128, start: f64, end: Option<f64>, traits: u8) -> Entry {
        let header = Header { trace, id: 1, parent: None, start, end, depth: 1, traits: Traits::from_bits(traits) };
        Entry { header, offset: 0, length: 2 }
    }

    fn filled() -> Segments {
        let segments = Segments::default();
        segments.apply(Place { file: 1, offset: 0 }, 0, vec![entry(1, 10.0, Some(50.0), 0), entry(2, 20.0, Some(21.0), 8)]);
        segments.apply(Place { file: 2, offset: 0 }, 0, vec![entry(3, 30.0, None, 0), entry(2, 15.0, Some(16.0), 0)]);
        segments
    }

    fn list(segments: &Segments, from: i64, to: i64, kind: TimeRangeType) -> Vec<u128> {
        let window = Window { start_us: from * 1_000_000, end_us: to * 1_000_000, kind };
        segments.list(window, None, 10).into_iter().map(|(_, id)| id).collect()
    }

    #[test]
    fn windows_are_half_open_and_newest_comes_first() {
        let segments = filled();
        assert_eq!(list(&segments, 10, 30, TimeRangeType::TraceId), [2, 1]);
        assert_eq!(list(&segments, 10, 31, TimeRangeType::TraceId), [3, 2, 1]);
        assert_eq!(list(&segments, 40, 60, TimeRangeType::Event), [1]);
        assert_eq!(list(&segments, 20, 51, TimeRangeType::Service), [3, 2, 1]);
        assert_eq!(list(&segments, 60, 40, TimeRangeType::Event), [0_u128; 0]);
        let window = Window { start_us: 0, end_us: i64::MAX, kind: TimeRangeType::TraceId };
        let first = segments.list(window, None, 1);
        assert_eq!(segments.list(window, first.last().copied(), 5), [(15_000_000, 2), (10_000_000, 1)]);
    }

    #[test]
    fn a_dropped_file_takes_its_documents_along() {
        let segments = filled();
        View::forget_file(&segments, 1);
        assert_eq!(list(&segments, 0, 100, TimeRangeType::TraceId), [3, 2]);
        assert_eq!((segments.documents(2).len(), segments.len()), (1, (2, 2)));
        View::forget_file(&segments, 2);
        assert_eq!((segments.len(), segments.documents(3).len()), ((0, 0), 0));
    }

    #[test]
    fn sample_traces_go_as_a_whole() {
        let segments = filled();
        assert_eq!(View::forget_demo(&segments), 1);
        assert_eq!(list(&segments, 0, 100, TimeRangeType::TraceId), [3, 1]);
    }
}
