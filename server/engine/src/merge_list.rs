//! Makes one row of what several sources list of one request.

use crate::Found;
use api::{ListQuery, RequestSummary};
use model::{Alias, Counts, Source, SourceSet, TraceId, UnixNs};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// One request of the list.
#[derive(Clone, Debug)]
pub struct Row {
    /// As it is shown.
    pub summary: RequestSummary,
    /// Every ID of it, ascending.
    pub ids: Vec<TraceId>,
    /// The latest of the starts that sources give.
    pub latest_start: UnixNs,
    /// Services and names by any source, for the filters.
    service_names: Vec<(String, String)>,
}

/// Of IDs that one record carries beside its own, so many are believed.
const MAX_ALSO: usize = 8;

/// One row for each request, newest first. Records belong together if they have an ID in common, carry each other's, or were joined before.
pub fn merge(found: Vec<(Source, Found)>, learned: &HashMap<TraceId, Vec<Alias>>) -> Vec<Row> {
    let mut groups = Groups::default();
    for (_, record) in &found {
        groups.add(record.trace);
        for also in record.also.iter().take(MAX_ALSO) {
            groups.join(record.trace, *also);
        }
        for alias in learned.get(&record.trace).into_iter().flatten() {
            groups.join(alias.from, alias.to);
        }
    }
    let mut by_group: BTreeMap<usize, Vec<(Source, Found)>> = BTreeMap::new();
    for (vendor, record) in found {
        by_group.entry(groups.of(record.trace)).or_default().push((vendor, record));
    }
    let mut rows: Vec<Row> = by_group.into_values().filter_map(row).collect();
    rows.sort_by_key(|row| (Reverse(row.summary.start), row.summary.id));
    rows
}

fn row(mut records: Vec<(Source, Found)>) -> Option<Row> {
    records.sort_by_key(|(vendor, record)| (record.trace, record.start, *vendor));
    // The root that says most names the request; the times of a tree are better than those of a line or an occurrence.
    let richest = records.iter().max_by_key(|(vendor, record)| {
        let named = !record.service.is_empty() && !record.name.is_empty();
        (named, record.duration_ns.is_some(), rank(*vendor), record.counts.spans, Reverse(record.start), Reverse(record.trace))
    })?;
    let timed = records.iter().max_by_key(|(vendor, record)| {
        let tree = matches!(vendor, Source::Honeycomb | Source::Xray);
        (tree && record.duration_ns.is_some(), tree, rank(*vendor), Reverse(record.start), Reverse(record.trace))
    })?;
    let mut best_first: Vec<_> = records.iter().collect();
    best_first.sort_by_key(|(vendor, record)| {
        (record.trace != richest.1.trace, *vendor != richest.0, Reverse(rank(*vendor)), record.start, record.trace)
    });
    let first = |text: fn(&Found) -> &str| {
        best_first.iter().map(|(_, record)| text(record)).find(|text| !text.is_empty()).unwrap_or_default().to_owned()
    };
    let own = records.iter().map(|(_, record)| record.trace);
    let also = records.iter().flat_map(|(_, record)| record.also.iter().copied().take(MAX_ALSO));
    let ids = own.chain(also).collect::<BTreeSet<_>>().into_iter().collect();
    let summary = RequestSummary {
        id: richest.1.trace,
        start: timed.1.start,
        duration_ns: timed.1.duration_ns.or_else(|| best_first.iter().find_map(|(_, record)| record.duration_ns)),
        service: first(|record| &record.service),
        name: first(|record| &record.name),
        status: records.iter().map(|(_, record)| record.status).max().unwrap_or_default(),
        http_status: best_first.iter().find_map(|(_, record)| record.http_status),
        sources: records.iter().map(|(vendor, _)| *vendor).collect::<SourceSet>(),
        counts: counts(&records),
        demo: records.iter().any(|(_, record)| record.demo),
    };
    let latest_start = records.iter().map(|(_, record)| record.start).max()?;
    let service_names = records.into_iter().map(|(_, record)| (record.service, record.name)).collect();
    Some(Row { summary, ids, latest_start, service_names })
}

const fn rank(vendor: Source) -> u8 {
    match vendor {
        Source::Honeycomb => 3,
        Source::Xray => 2,
        Source::Cloudwatch => 1,
        Source::Rollbar => 0,
    }
}

/// Each vendor counts its own pieces, over all IDs of the request; the same span may be counted by two vendors, so the larger count holds.
fn counts(records: &[(Source, Found)]) -> Counts {
    let count = |kind: fn(&Counts) -> Option<u64>| {
        let of_vendor = |vendor: Source| {
            let counted = records.iter().filter(|(of, _)| *of == vendor).filter_map(|(_, record)| kind(&record.counts));
            counted.reduce(u64::saturating_add)
        };
        Source::ALL.into_iter().filter_map(of_vendor).max()
    };
    Counts { spans: count(|counts| counts.spans), logs: count(|counts| counts.logs), errors: count(|counts| counts.errors) }
}

impl Row {
    /// Whether the row is what was asked for. A source may not have applied the filters; names count as any source tells them.
    pub fn passes(&self, query: &ListQuery) -> bool {
        let text = query.text.as_deref().map(str::to_lowercase);
        let has = |text: &String| {
            self.service_names.iter().any(|(service, name)| service.to_lowercase().contains(text) || name.to_lowercase().contains(text))
        };
        text.as_ref().is_none_or(has)
            && query.service.as_ref().is_none_or(|service| self.service_names.iter().any(|(of, _)| of == service))
            && query.status.is_none_or(|status| self.summary.status == status)
            && query.min_duration_ns.is_none_or(|least| self.summary.duration_ns.is_some_and(|ns| ns >= least))
    }
}

/// Which IDs belong together.
#[derive(Default)]
struct Groups {
    index: HashMap<TraceId, usize>,
    parent: Vec<usize>,
}

impl Groups {
    fn add(&mut self, id: TraceId) -> usize {
        let next = self.parent.len();
        let index = *self.index.entry(id).or_insert(next);
        if index == next {
            self.parent.push(next);
        }
        self.root(index)
    }

    fn join(&mut self, one: TraceId, other: TraceId) {
        let (one, other) = (self.add(one), self.add(other));
        if let Some(parent) = self.parent.get_mut(one.max(other)) {
            *parent = one.min(other);
        }
    }

    fn of(&mut self, id: TraceId) -> usize {
        self.add(id)
    }

    fn root(&mut self, mut index: usize) -> usize {
        while let Some(&parent) = self.parent.get(index) {
            if parent == index {
                break;
            }
            // Halves the way for whoever comes next.
            let above = self.parent.get(parent).copied().unwrap_or(parent);
            if let Some(slot) = self.parent.get_mut(index) {
                *slot = above;
            }
            index = above;
        }
        index
    }
}

#[cfg(test)]
mod tests;
