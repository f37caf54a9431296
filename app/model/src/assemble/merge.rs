//! Several reports of one span to one row.

use super::{attributes, order};
use crate::request::{Difference, Span};
use crate::span::Http;
use crate::{ErrorRecord, Source, SourceSet, SpanId, SpanKind, SpanRecord, Status, TraceId, UnixNs};

/// Times that differ by less are the same, in ns.
const SAME_NS: u64 = 1_000_000;

/// A row, and the exceptions recorded on it.
pub struct Merged<'a> {
    pub span: Span,
    pub exceptions: Vec<&'a ErrorRecord>,
}

/// One row for each span ID, ascending by ID.
pub fn spans(asked: TraceId, records: &[SpanRecord]) -> Vec<Merged<'_>> {
    // By ID alone first, on keys that lie together: most spans have one record.
    let mut keys: Vec<(SpanId, u32)> = records.iter().map(|record| record.id).zip(0..).collect();
    keys.sort_unstable();
    let started = |index: &u32| records.get(*index as usize).map_or(UnixNs::default(), |record| record.start);
    let present: Vec<(SpanId, UnixNs)> = keys
        .chunk_by(|left, right| left.0 == right.0)
        .filter_map(|same| Some((same.first()?.0, same.iter().map(|(_, index)| started(index)).min()?)))
        .collect();
    let mut rows = Vec::with_capacity(present.len());
    let mut group: Vec<&SpanRecord> = Vec::new();
    for same in keys.chunk_by(|left, right| left.0 == right.0) {
        group.clear();
        group.extend(same.iter().filter_map(|(_, index)| records.get(*index as usize)));
        group.sort_unstable_by(|left, right| order::spans(left, right));
        group.dedup();
        rows.extend(merge(asked, &group, &present));
    }
    rows
}

/// `group` is sorted by who is believed first about times, and not empty.
fn merge<'a>(asked: TraceId, group: &[&'a SpanRecord], present: &[(SpanId, UnixNs)]) -> Option<Merged<'a>> {
    let complete: SourceSet = group.iter().filter(|record| record.end.is_some()).map(|record| record.source).collect();
    let current = || group.iter().copied().filter(|record| record.end.is_some() || !complete.contains(record.source));
    let first = current().next()?;
    // Honeycomb carries OpenTelemetry's own names; what it does not say, the others do.
    let named = || {
        current().filter(|record| record.source == Source::Honeycomb).chain(current().filter(|record| record.source != Source::Honeycomb))
    };

    let last_sign = current().flat_map(signs_of_life).max().unwrap_or(first.start);
    let end = first.end.unwrap_or(last_sign);
    let service = named().map(|record| record.service.as_str()).find(|service| !service.is_empty()).unwrap_or_default();
    let name = named().map(name_of).find(|name| !name.is_empty()).unwrap_or_default();
    let http = |pick: fn(&Http) -> bool| named().filter_map(|record| record.http.as_ref()).find(|http| pick(http));
    let mut span = Span {
        id: first.id,
        parent: parent(group, present),
        parent_index: None,
        depth: 0,
        trace: current().map(|record| record.trace).min_by_key(|trace| (*trace != asked, *trace)).unwrap_or(first.trace),
        service: service.to_owned(),
        name,
        kind: named().map(|record| record.kind).find(|kind| *kind != SpanKind::Unspecified).unwrap_or_default(),
        start: first.start,
        duration_ns: end.since(first.start).max(0),
        status: current().map(|record| record.status).max().unwrap_or_default(),
        sources: group.iter().map(|record| record.source).collect(),
        in_progress: first.end.is_none(),
        inferred: group.iter().all(|record| record.inferred),
        orphan: false,
        http: current().any(|record| record.http.is_some()).then(|| Http {
            method: http(|http| http.method.is_some()).and_then(|http| http.method.clone()),
            url: http(|http| http.url.is_some()).and_then(|http| http.url.clone()),
            status: http(|http| http.status.is_some()).and_then(|http| http.status),
        }),
        attributes: attributes::merge(current().map(|record| (record.source, &record.attributes))),
        events: current().flat_map(|record| &record.events).cloned().collect(),
        links: current().flat_map(|record| &record.links).cloned().collect(),
        differences: Vec::new(),
        raw: current().filter_map(|record| Some((record.source, record.raw.clone()?))).collect(),
    };
    span.events.sort_by(|left, right| left.time.cmp(&right.time).then_with(|| order::entirely(left, right)));
    span.events.dedup();
    if group.len() > 1 {
        span.links.sort_by(order::entirely);
        span.links.dedup();
        span.raw.sort();
        span.raw.dedup();
        span.differences = current().flat_map(|record| differences(record, &span)).collect();
        span.differences.sort_by(|left, right| (&left.field, left.source, &left.value).cmp(&(&right.field, right.source, &right.value)));
        span.differences.dedup();
    }
    Some(Merged { span, exceptions: current().flat_map(|record| &record.exceptions).collect() })
}

/// The moments at which a span was certainly alive.
fn signs_of_life(record: &SpanRecord) -> impl Iterator<Item = UnixNs> {
    let events = record.events.iter().map(|event| event.time);
    events.chain(record.exceptions.iter().map(|error| error.time)).chain([record.start])
}

/// Whoever knows a parent. One that is here comes before one that nobody sent; of several that are here, the one that began last: where one
/// source knows a span in between that another does not, that is the nearer one.
fn parent(group: &[&SpanRecord], present: &[(SpanId, UnixNs)]) -> Option<SpanId> {
    let named = || group.iter().filter_map(|record| record.parent.filter(|parent| *parent != record.id));
    let began =
        |parent: SpanId| present.binary_search_by_key(&parent, |(id, _)| *id).ok().and_then(|at| present.get(at)).map(|(_, start)| *start);
    named()
        .filter_map(|parent| Some((began(parent)?, parent)))
        .max()
        .map(|(_, parent)| parent)
        .or_else(|| named().next())
        .or_else(|| group.iter().find_map(|record| record.parent))
}

/// OpenTelemetry's span name; method and path of an X-Ray segment, else its name.
fn name_of(record: &SpanRecord) -> String {
    if record.source == Source::Xray
        && !record.inferred
        && record.kind == SpanKind::Server
        && let Some(Http { method: Some(method), url: Some(url), .. }) = &record.http
    {
        return format!("{method} {}", path(url));
    }
    record.name.clone()
}

/// The path of a URL, without its query.
fn path(url: &str) -> &str {
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"),
        None => url,
    };
    path.split(['?', '#']).next().unwrap_or(path)
}

fn differences(record: &SpanRecord, shown: &Span) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut says = |field: &str, value: String| found.push(Difference { field: field.to_owned(), source: record.source, value });
    if record.start.0.abs_diff(shown.start.0) >= SAME_NS {
        says("start", record.start.0.to_string());
    }
    if let Some(end) = record.end
        && end.since(record.start).abs_diff(shown.duration_ns) >= SAME_NS
    {
        says("duration", end.since(record.start).to_string());
    }
    // A segment's name is its service's by definition, so it contradicts nobody's operation.
    if record.name != shown.service && !record.name.is_empty() && name_of(record) != shown.name {
        says("name", name_of(record));
    }
    if !record.service.is_empty() && record.service != shown.service {
        says("service", record.service.clone());
    }
    if record.status != Status::Unset && record.status != shown.status {
        says("status", record.status.as_str().to_owned());
    }
    if record.kind != SpanKind::Unspecified && record.kind != shown.kind {
        says("kind", record.kind.as_str().to_owned());
    }
    if let Some(parent) = record.parent
        && Some(parent) != shown.parent
    {
        says("parent", parent.to_string());
    }
    found
}
