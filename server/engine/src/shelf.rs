//! The snapshots that viewers are looking at, bounded by bytes, number and time.

use crate::Settings;
use api::Snapshot;
use model::{Request, TraceId, UnixNs};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Recent snapshots by request and revision.
pub struct Shelf {
    snapshots: Cache<(TraceId, u32), Arc<Snapshot>>,
    requests: Cache<TraceId, Arc<Numbered>>,
    revisions_kept: u32,
}

/// What stays known of a request after its snapshots went.
#[derive(Debug)]
pub struct Numbered {
    last: AtomicU32,
    /// When it was first asked for.
    pub first_asked: UnixNs,
}

/// Requests whose numbering is remembered, so that a revision means one thing only.
const MAX_REQUESTS: u64 = 100_000;

impl Shelf {
    /// An empty one.
    pub fn new(settings: &Settings) -> Self {
        Self {
            snapshots: Cache::builder()
                .weigher(|_, snapshot: &Arc<Snapshot>| u32::try_from(weight(&snapshot.request) / 1_024 + 1).unwrap_or(u32::MAX))
                .max_capacity(settings.snapshot_bytes / 1_024)
                .time_to_idle(settings.snapshot_idle)
                .eviction_policy(EvictionPolicy::lru())
                .build(),
            requests: Cache::builder().max_capacity(MAX_REQUESTS).eviction_policy(EvictionPolicy::lru()).build(),
            revisions_kept: settings.revisions_kept.max(1),
        }
    }

    /// What is known of a request.
    pub fn numbered(&self, id: TraceId, now: UnixNs) -> Arc<Numbered> {
        self.requests.get_with(id, || Arc::new(Numbered { last: AtomicU32::new(0), first_asked: now }))
    }

    /// Numbers a state of a request and keeps it; the oldest revision of the same request goes.
    pub fn keep(&self, numbered: &Numbered, request: Request) -> Arc<Snapshot> {
        let revision = numbered.last.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let id = request.id;
        let snapshot = Arc::new(Snapshot { revision, request });
        self.snapshots.insert((id, revision), Arc::clone(&snapshot));
        if let Some(old) = revision.checked_sub(self.revisions_kept) {
            self.snapshots.invalidate(&(id, old));
        }
        snapshot
    }

    /// A revision, if it is still held.
    pub fn get(&self, id: TraceId, revision: u32) -> Option<Arc<Snapshot>> {
        self.snapshots.get(&(id, revision))
    }

    /// Whether a revision is still held; asking does not keep it any longer.
    pub fn holds(&self, id: TraceId, revision: u32) -> bool {
        self.snapshots.contains_key(&(id, revision))
    }

    /// About how many bytes are held.
    pub fn bytes(&self) -> u64 {
        self.snapshots.weighted_size() * 1_024
    }
}

/// About how many bytes a request takes: what is variable in it, and a flat sum for each piece and attribute.
fn weight(request: &Request) -> usize {
    let attributes = |list: &[model::request::Attribute]| {
        list.iter().map(|attribute| 96 + attribute.key.len() + attribute.value.as_text().map_or(0, str::len)).sum::<usize>()
    };
    let raw = |list: &[(model::Source, String)]| list.iter().map(|(_, text)| text.len()).sum::<usize>();
    let frames = |list: &[model::Frame]| list.len() * 400;
    let spans = request
        .spans
        .iter()
        .map(|span| 512 + span.name.len() + span.service.len() + attributes(&span.attributes) + raw(&span.raw) + span.events.len() * 256);
    let logs = request.logs.iter().map(|log| 256 + log.body.len() + attributes(&log.attributes));
    let errors = request
        .errors
        .iter()
        .map(|error| 512 + error.message.len() + frames(&error.frames) + attributes(&error.attributes) + raw(&error.raw));
    spans.sum::<usize>() + logs.sum::<usize>() + errors.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Verdict;

    fn request(id: TraceId) -> Request {
        Request {
            id,
            traces: vec![id],
            aliases: Vec::new(),
            start: UnixNs(0),
            duration_ns: 0,
            spans: Vec::new(),
            logs: Vec::new(),
            errors: Vec::new(),
            verdicts: vec![Verdict::searching(model::Source::Xray)],
        }
    }

    #[test]
    fn keeps_the_recent_revisions_of_a_request() {
        let shelf = Shelf::new(&Settings { revisions_kept: 2, ..Settings::default() });
        let id = TraceId::new(1).unwrap();
        let numbered = shelf.numbered(id, UnixNs(5));
        let kept: Vec<_> = (0..3).map(|_| shelf.keep(&numbered, request(id))).collect();
        assert_eq!(kept.iter().map(|snapshot| snapshot.revision).collect::<Vec<_>>(), [1, 2, 3]);
        assert!(shelf.get(id, 1).is_none());
        assert!(Arc::ptr_eq(&shelf.get(id, 2).unwrap(), &kept[1]));
        assert_eq!(shelf.numbered(id, UnixNs(9)).first_asked, UnixNs(5));
    }

    #[test]
    fn is_bounded_by_bytes() {
        let shelf = Shelf::new(&Settings { snapshot_bytes: 64 * 1_024, ..Settings::default() });
        for value in 1..500 {
            let id = TraceId::new(value).unwrap();
            shelf.keep(&shelf.numbered(id, UnixNs(0)), request(id));
        }
        shelf.snapshots.run_pending_tasks();
        assert!(shelf.bytes() <= 64 * 1_024, "{} bytes", shelf.bytes());
        assert!(shelf.get(TraceId::new(499).unwrap(), 1).is_some(), "the newest stays");
        assert!(shelf.get(TraceId::new(1).unwrap(), 1).is_none(), "the oldest went");
    }
}
