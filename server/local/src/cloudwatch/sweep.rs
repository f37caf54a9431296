//! Reading events of many blocks in the order of time, a page at a time.
//!
//! Blocks are opened in the order of their first event (last event when going backwards). An event is given out once no block left can
//! hold an earlier one, so a page opens only the blocks it needs.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::Arc;

use bytes::Bytes;

use super::block::{Block, is_sample};
use super::error::CloudWatchError;
use super::pattern::Pattern;
use crate::store::{Place, ReadError, Reader};

/// Message bytes on a page; the first event comes whatever its size.
const PAGE_BYTES: usize = 1_048_576;
/// Blocks and bytes opened for one page; a page may come out empty and still have a successor.
const MOST_BLOCKS: usize = 8_192;
const MOST_OPENED_BYTES: u64 = 64 * 1024 * 1024;

/// The place of an event in the order: by time, then as it arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub time: i64,
    pub place: Place,
    pub at: u32,
}

impl Key {
    /// Before all events.
    pub const EARLIEST: Self = Self::before(i64::MIN);

    /// Before every event of a time.
    const fn before(time: i64) -> Self {
        Self { time, place: Place { file: 0, offset: 0 }, at: 0 }
    }

    /// Behind every event of a time.
    fn behind(time: i64) -> Self {
        Self { time, place: Place { file: u32::MAX, offset: u32::MAX }, at: u32::MAX }
    }
}

/// A block that may hold something.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub stream: Arc<str>,
    pub place: Place,
    pub ingestion_ms: i64,
    pub first_ms: i64,
    pub last_ms: i64,
    pub bytes: u64,
    pub without_samples: bool,
}

/// An event that was asked for.
#[derive(Debug, Clone)]
pub struct Found {
    pub key: Key,
    pub stream: Arc<str>,
    pub ingestion_ms: i64,
    pub message: Bytes,
}

/// What is looked for. Both ends of the time range are inclusive.
#[derive(Debug)]
pub struct Sweep {
    pub pattern: Pattern,
    pub start_ms: i64,
    pub end_ms: i64,
    pub forward: bool,
    /// Only events behind this one, in the direction of the sweep.
    pub after: Option<Key>,
    pub limit: usize,
}

/// A page, and where to go on; `None` when all was seen.
pub struct Page {
    pub events: Vec<Found>,
    pub next: Option<Key>,
}

/// Orders events so that the heap gives the next one first.
struct Pending {
    found: Found,
    forward: bool,
}

impl Ord for Pending {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = self.found.key.cmp(&other.found.key);
        if self.forward { order.reverse() } else { order }
    }
}

impl PartialOrd for Pending {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Pending {
    fn eq(&self, other: &Self) -> bool {
        self.found.key == other.found.key
    }
}

impl Eq for Pending {}

impl Sweep {
    /// Whether a block's times overlap what is looked for.
    pub fn overlaps(&self, first_ms: i64, last_ms: i64) -> bool {
        let from_here = self.after.is_none_or(|after| if self.forward { last_ms >= after.time } else { first_ms <= after.time });
        from_here && first_ms <= self.end_ms && last_ms >= self.start_ms
    }

    /// Reads one page. Blocks the thread.
    pub fn page(&self, reader: &Reader, mut candidates: Vec<Candidate>) -> Result<Page, CloudWatchError> {
        if self.forward {
            candidates.sort_by_key(|block| (block.first_ms, block.place));
        } else {
            candidates.sort_by_key(|block| std::cmp::Reverse((block.last_ms, block.place)));
        }
        let mut page = Filling { limit: self.limit, bytes: 0, events: Vec::new(), pending: BinaryHeap::new() };
        let (mut blocks, mut opened) = (0, 0);
        for block in candidates {
            let reaches = if self.forward { Key::before(block.first_ms) } else { Key::behind(block.last_ms) };
            if page.take_until(|key| if self.forward { key < reaches } else { key > reaches }) {
                return Ok(page.finish());
            }
            let is_progress = self.after.is_none_or(|after| if self.forward { reaches > after } else { reaches < after });
            if (blocks >= MOST_BLOCKS || opened >= MOST_OPENED_BYTES) && is_progress {
                let next =
                    if self.forward { Key::behind(block.first_ms.saturating_sub(1)) } else { Key::before(block.last_ms.saturating_add(1)) };
                return Ok(Page { events: page.events, next: Some(next) });
            }
            blocks += 1;
            opened += block.bytes;
            self.open(reader, &block, &mut page.pending)?;
        }
        page.take_until(|_| true);
        Ok(page.finish())
    }

    fn open(&self, reader: &Reader, candidate: &Candidate, pending: &mut BinaryHeap<Pending>) -> Result<(), CloudWatchError> {
        let payload = match reader.read(candidate.place) {
            Ok(payload) => payload,
            Err(ReadError::Dropped) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let Some(block) = Block::open(payload) else { return Ok(()) };
        self.pattern.search(&block, |at| {
            let Some(time) = block.time(at).filter(|time| (self.start_ms..=self.end_ms).contains(time)) else { return };
            let key = Key { time, place: candidate.place, at: u32::try_from(at).unwrap_or(u32::MAX) };
            let is_behind = self.after.is_none_or(|after| if self.forward { key > after } else { key < after });
            if !is_behind || candidate.without_samples && is_sample(block.message(at)) {
                return;
            }
            let found =
                Found { key, stream: Arc::clone(&candidate.stream), ingestion_ms: candidate.ingestion_ms, message: block.shared(at) };
            pending.push(Pending { found, forward: self.forward });
        });
        Ok(())
    }
}

struct Filling {
    limit: usize,
    bytes: usize,
    events: Vec<Found>,
    pending: BinaryHeap<Pending>,
}

impl Filling {
    /// Moves events to the page while `ready`. True when the page is full and something is left.
    fn take_until(&mut self, ready: impl Fn(Key) -> bool) -> bool {
        while let Some(next) = self.pending.peek() {
            if !ready(next.found.key) {
                return self.events.len() >= self.limit;
            }
            let size = next.found.message.len();
            let full = self.events.len() >= self.limit || !self.events.is_empty() && self.bytes + size > PAGE_BYTES;
            if full {
                return true;
            }
            self.bytes += size;
            self.events.extend(self.pending.pop().map(|next| next.found));
        }
        self.events.len() >= self.limit
    }

    fn finish(self) -> Page {
        let full = self.events.len() >= self.limit || !self.pending.is_empty();
        let next = self.events.last().map(|last| last.key).filter(|_| full);
        Page { events: self.events, next }
    }
}
