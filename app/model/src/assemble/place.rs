//! Finds the span that a log line or an error belongs to.

use crate::request::{PlacedBy, Span};
use crate::{SpanId, SpanKind, Status, UnixNs};
use std::collections::{BinaryHeap, HashMap};

/// A place: the index of the span, and how it was found.
pub type Place = (Option<u32>, PlacedBy);

/// A moment of a service.
pub type Moment<'a> = (&'a str, UnixNs);

/// CloudWatch writes whole milliseconds, cut off.
const MILLISECOND: i64 = 1_000_000;

/// The spans of a request, ready to be asked.
pub struct Places<'a> {
    pub spans: &'a [Span],
    by_id: Vec<(SpanId, u32)>,
    /// By start, then in order of display.
    by_service: HashMap<&'a str, Vec<u32>>,
}

impl<'a> Places<'a> {
    pub fn of(spans: &'a [Span]) -> Self {
        let mut by_id: Vec<(SpanId, u32)> = spans.iter().map(|span| span.id).zip(0..).collect();
        by_id.sort_unstable();
        let mut by_service: HashMap<&str, Vec<u32>> = HashMap::new();
        for (index, span) in (0..).zip(spans) {
            by_service.entry(&span.service).or_default().push(index);
        }
        by_service.remove("");
        for indices in by_service.values_mut() {
            indices.sort_by_key(|index| spans.get(*index as usize).map(|span| span.start));
        }
        Self { spans, by_id, by_service }
    }

    pub fn by_id(&self, id: SpanId) -> Option<u32> {
        let at = self.by_id.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        self.by_id.get(at).map(|(_, index)| *index)
    }

    pub fn span(&self, index: u32) -> Option<&'a Span> {
        self.spans.get(index as usize)
    }

    /// For each moment the innermost span of its service at its time. A whole millisecond in no such span belongs to the first
    /// that begins within it.
    pub fn innermost(&self, moments: &[Moment<'_>]) -> Vec<Option<u32>> {
        let mut found = vec![None; moments.len()];
        let mut order: Vec<usize> = (0..moments.len()).collect();
        order.sort_by_key(|at| moments.get(*at));
        for group in order.chunk_by(|left, right| moments.get(*left).map(|moment| moment.0) == moments.get(*right).map(|moment| moment.0)) {
            let service = group.first().and_then(|at| moments.get(*at)).map_or("", |moment| moment.0);
            let Some(spans) = self.by_service.get(service) else { continue };
            self.sweep(spans, group, moments, &mut found);
        }
        found
    }

    /// One pass over the spans and the moments of a service, both by time; what is alive is on a heap, the innermost on top.
    fn sweep(&self, spans: &[u32], group: &[usize], moments: &[Moment<'_>], found: &mut [Option<u32>]) {
        let mut alive = BinaryHeap::new();
        let mut coming = spans.iter().copied().peekable();
        for &at in group {
            let Some(&(_, time)) = moments.get(at) else { continue };
            while let Some((index, span)) = coming.peek().and_then(|index| Some((*index, self.span(*index)?)))
                && span.start <= time
            {
                let end = if span.in_progress { UnixNs(i64::MAX) } else { span.start.plus(span.duration_ns) };
                alive.push((span.depth, span.start, index, end));
                coming.next();
            }
            while alive.peek().is_some_and(|(_, _, _, end)| *end < time) {
                alive.pop();
            }
            let next = || {
                let index = *coming.clone().peek()?;
                let begins = self.span(index)?.start;
                (time.0.rem_euclid(MILLISECOND) == 0 && begins < time.plus(MILLISECOND)).then_some(index)
            };
            if let Some(place) = found.get_mut(at) {
                *place = alive.peek().map(|(_, _, index, _)| *index).or_else(next);
            }
        }
    }

    /// The outermost span of `service` for something that happened within the second of `time`: of several one that serves, then
    /// that overlaps the second, then that failed, then the outermost, then the first.
    pub fn entry(&self, service: &str, time: UnixNs) -> Option<u32> {
        let second = crate::time::SECOND;
        let outermost =
            |span: &Span| span.parent_index.and_then(|parent| self.span(parent)).is_none_or(|parent| parent.service != span.service);
        let candidates = self.by_service.get(service)?.iter().filter_map(|index| Some((*index, self.span(*index)?)));
        let best = candidates.filter(|(_, span)| outermost(span)).min_by_key(|(index, span)| {
            let apart = span.start > time.plus(second) || span.start.plus(span.duration_ns) < time.plus(-second);
            let serves = matches!(span.kind, SpanKind::Server | SpanKind::Consumer);
            (!serves, apart, span.status != Status::Fault, span.depth, span.start, *index)
        });
        best.map(|(index, _)| index)
    }
}
