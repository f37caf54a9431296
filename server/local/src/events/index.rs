//! Where things are: traces, rows a list may begin with, and the payloads by time.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::RangeInclusive;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::columns::Datasets;
use super::entries::{Entrance, EntranceFlags, Entries};
use super::rows::Located;
use crate::store::Place;

/// In which form a payload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `ExportTraceServiceRequest`
    Traces,
    /// `ExportLogsServiceRequest`
    Logs,
    /// Honeycomb events
    Events,
}

/// One payload.
#[derive(Debug, Clone, Copy)]
pub struct Block {
    /// How to read it.
    pub form: Form,
    /// When it came.
    pub arrival_ms: i64,
    /// Earliest time of a row, nanoseconds since 1970.
    pub first_ns: i64,
    /// Latest time of a row, events of spans left aside.
    pub last_ns: i64,
    has_demo: bool,
    /// Sample data in it is forgotten.
    pub is_swept: bool,
}

#[derive(Debug, Default)]
struct Trace {
    places: Vec<Place>,
    spans: u32,
    is_demo: bool,
}

#[derive(Debug, Default)]
struct State {
    traces: HashMap<u128, Trace>,
    blocks: BTreeMap<Place, Block>,
    entrances: BTreeSet<Located>,
    datasets: Datasets,
}

/// The index over all that Honeycomb would hold.
#[derive(Debug, Default)]
pub struct Index(RwLock<State>);

impl Index {
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a payload.
    pub fn add(&self, form: Form, place: Place, arrival_ms: i64, entries: Entries) {
        if entries.kept == 0 {
            return;
        }
        let came_ns = arrival_ms.saturating_mul(1_000_000);
        // A record without any time is placed when it came.
        let time = |ns| if ns == 0 { came_ns } else { ns };
        let block = Block {
            form,
            arrival_ms,
            first_ns: time(entries.first_ns),
            last_ns: time(entries.last_ns),
            has_demo: entries.demo_rows > 0,
            is_swept: false,
        };
        let mut state = self.write();
        state.blocks.insert(place, block);
        for entry in entries.traces {
            let trace = state.traces.entry(entry.id).or_default();
            trace.places.push(place);
            trace.spans = trace.spans.saturating_add(entry.spans);
            trace.is_demo |= entry.is_demo;
        }
        let located = |entrance: Entrance| Located { start_ns: time(entrance.start_ns), place, at: entrance.at, flags: entrance.flags };
        state.entrances.extend(entries.entrances.into_iter().map(located));
        for (name, columns) in entries.datasets {
            state.datasets.add(&name, columns, arrival_ms);
        }
    }

    /// Forgets all payloads of a file.
    pub fn forget_file(&self, file: u32) {
        let mut state = self.write();
        state.blocks.retain(|place, _| place.file != file);
        state.entrances.retain(|located| located.place.file != file);
        state.traces.retain(|_, trace| {
            trace.places.retain(|place| place.file != file);
            !trace.places.is_empty()
        });
    }

    /// Forgets traces that carry the mark of sample data, and says how many.
    pub fn forget_demo(&self) -> u64 {
        let mut state = self.write();
        let before = state.traces.len();
        state.traces.retain(|_, trace| !trace.is_demo);
        for block in state.blocks.values_mut() {
            block.is_swept |= block.has_demo;
        }
        (before - state.traces.len()) as u64
    }

    /// Number of traces that carry the mark of sample data.
    pub fn demo_traces(&self) -> u64 {
        self.read().traces.values().filter(|trace| trace.is_demo).count() as u64
    }

    /// Number of traces and of spans in them.
    pub fn counts(&self) -> (u64, u64) {
        let state = self.read();
        (state.traces.len() as u64, state.traces.values().map(|trace| u64::from(trace.spans)).sum())
    }

    /// Whether a trace is known (and not forgotten).
    pub fn knows(&self, trace: u128) -> bool {
        self.read().traces.contains_key(&trace)
    }

    /// The payloads with rows of these traces, oldest first.
    pub fn of_traces(&self, traces: impl IntoIterator<Item = u128>) -> Vec<(Place, Block)> {
        let state = self.read();
        let places: BTreeSet<Place> =
            traces.into_iter().filter_map(|id| state.traces.get(&id)).flat_map(|trace| trace.places.iter().copied()).collect();
        places.into_iter().filter_map(|place| Some((place, *state.blocks.get(&place)?))).collect()
    }

    /// The payloads with rows in a range of time, those that end last first.
    pub fn in_range(&self, range: &RangeInclusive<i64>) -> Vec<(Place, Block)> {
        let state = self.read();
        // Events of a span lie after its start, so a payload may hold rows later than its last span's start.
        let overlaps = |block: &Block| block.first_ns <= *range.end() && (block.form == Form::Traces || block.last_ns >= *range.start());
        let mut blocks: Vec<_> = state.blocks.iter().filter(|(_, block)| overlaps(block)).map(|(place, block)| (*place, *block)).collect();
        blocks.sort_unstable_by_key(|(place, block)| std::cmp::Reverse((block.last_ns, *place)));
        blocks
    }

    /// The next entrances of a range that are taken, newest first (or oldest first), beyond `after`.
    pub fn entrances(
        &self,
        range: &RangeInclusive<i64>,
        newest_first: bool,
        after: Option<Located>,
        limit: usize,
        takes: impl Fn(EntranceFlags) -> bool,
    ) -> Vec<(Located, Block)> {
        let state = self.read();
        let (mut low, mut high) = (Located::first_at(*range.start()), Located::first_at(range.end().saturating_add(1)));
        match after {
            Some(after) if newest_first => high = after,
            Some(after) => low = after,
            None => {}
        }
        if low >= high {
            return Vec::new();
        }
        let found = state.entrances.range(low..high).filter(|located| Some(**located) != after && takes(located.flags));
        let with_block = |located: &Located| Some((*located, *state.blocks.get(&located.place)?));
        if newest_first {
            found.rev().filter_map(with_block).take(limit).collect()
        } else {
            found.filter_map(with_block).take(limit).collect()
        }
    }

    /// Looks at the datasets.
    pub fn datasets<T>(&self, look: impl FnOnce(&Datasets) -> T) -> T {
        look(&self.read().datasets)
    }
}
