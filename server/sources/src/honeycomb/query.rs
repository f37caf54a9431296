//! The two questions that Honeycomb is asked: the rows of one trace, and the entry spans of a time range.

use super::client::CREATED_LIMIT;
use super::wire::{CalculatedField, Calculation, Column, Filter, Order, Query};
use engine::SearchQuery;
use model::time::SECOND;
use model::{TimeRange, TraceId, UnixNs};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// The name under which `EVENT_TIMESTAMP()` comes back: unix seconds as a float.
pub const TIMESTAMP: &str = "event_ts";

/// A query has at most 100 breakdowns, and one is the timestamp.
const BREAKDOWN_LIMIT: usize = 99;

/// What a row is understood by; asked for first where there are more columns than a query can break down by.
const UNDERSTOOD: &[&str] = &[
    "trace.trace_id",
    "trace.span_id",
    "trace.parent_id",
    "name",
    "service.name",
    "service_name",
    "duration_ms",
    "span.kind",
    "type",
    "status_code",
    "status_message",
    "error",
    "meta.annotation_type",
    "meta.signal_type",
    "trace.link.trace_id",
    "trace.link.span_id",
    "severity",
    "severity_text",
    "body",
    "parent_name",
    "exception.type",
    "exception.message",
    "exception.stacktrace",
    "exception.escaped",
    "http.request.method",
    "http.method",
    "http.response.status_code",
    "http.status_code",
    "http.route",
    "http.target",
    "url.path",
    "url.full",
    "http.url",
    "http.request.header.x_amzn_trace_id",
    "http.request.header.x-amzn-trace-id",
    "http.request.header.traceparent",
    "xray_trace_id",
    "aws.log.group.names",
    "throughline.demo",
    "db.system",
    "db.system.name",
    "db.statement",
    "db.query.text",
    "db.namespace",
    "db.name",
    "rpc.system",
    "rpc.service",
    "rpc.method",
    "messaging.system",
    "messaging.destination.name",
    "server.address",
    "server.port",
    "user.id",
    "enduser.id",
    "library.name",
    "deployment.environment.name",
];

/// What the list shows of an entry span.
const LISTED: &[&str] = &[
    "trace.trace_id",
    "name",
    "service.name",
    "service_name",
    "duration_ms",
    "status_code",
    "error",
    "http.request.method",
    "http.method",
    "http.response.status_code",
    "http.status_code",
    "http.route",
    "http.target",
    "url.path",
    "throughline.demo",
];

/// What tells one row of a trace from another, so that the columns of a second query find their rows.
pub const KEYS: &[&str] = &[TIMESTAMP, "trace.trace_id", "trace.span_id", "trace.parent_id", "name", "meta.annotation_type"];

/// The columns to ask for, in as many queries as that takes. Without knowledge of the columns, those that every OpenTelemetry trace has.
pub fn breakdowns(columns: Option<&[Column]>) -> Vec<Vec<String>> {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let Some(columns) = columns else {
        return vec![owned(UNDERSTOOD.get(..14).unwrap_or(UNDERSTOOD))];
    };
    let exists: BTreeSet<&str> = columns.iter().map(|column| column.key_name.as_str()).collect();
    let mut names: Vec<&str> = UNDERSTOOD.iter().copied().filter(|name| exists.contains(name)).collect();
    let others = columns.iter().map(|column| column.key_name.as_str());
    names.extend(others.filter(|name| !UNDERSTOOD.contains(name) && !name.is_empty() && *name != TIMESTAMP));
    let (first, rest) = names.split_at(names.len().min(BREAKDOWN_LIMIT));
    let keys: Vec<&str> = KEYS.iter().copied().filter(|key| exists.contains(key)).collect();
    let more = rest.chunks(BREAKDOWN_LIMIT - keys.len()).map(|chunk| owned(&[&keys, chunk].concat()));
    std::iter::once(owned(first)).chain(more).collect()
}

/// Everything that names one of these traces, within the window.
pub fn of_traces(traces: &[TraceId], breakdowns: Vec<String>, window: TimeRange) -> Query {
    // IDs whose high half is zero are trimmed on ingest, so both forms are asked for.
    let spellings: Vec<String> = traces.iter().flat_map(|id| id.spellings()).filter(|spelling| !spelling.contains('-')).collect();
    let filter = match spellings.as_slice() {
        [one] => Filter::new("trace.trace_id", "=", one.as_str()),
        _ => Filter::new("trace.trace_id", "in", spellings),
    };
    Query { filters: vec![filter], ..base(breakdowns, window, "ascending", CREATED_LIMIT) }
}

/// Which spans count as the entry of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Those without a parent.
    Root,
    /// Servers that name a parent, which may be a caller that reports nowhere.
    RemoteParent,
}

/// The newest entry spans of a range; `None` if no trace was ever received.
pub fn of_range(query: &SearchQuery, columns: &[Column], entry: Entry, window: TimeRange) -> Option<Query> {
    let exists = |name: &str| columns.iter().any(|column| column.key_name == name);
    if !exists("trace.trace_id") || !exists("name") {
        return None;
    }
    let mut filters = vec![Filter::presence("trace.trace_id", "exists"), Filter::presence("name", "exists")];
    if exists("meta.annotation_type") {
        filters.push(Filter::presence("meta.annotation_type", "does-not-exist"));
    }
    match entry {
        Entry::Root if exists("trace.parent_id") => filters.push(Filter::presence("trace.parent_id", "does-not-exist")),
        Entry::Root => {}
        Entry::RemoteParent if exists("trace.parent_id") && exists("span.kind") => {
            filters.push(Filter::presence("trace.parent_id", "exists"));
            filters.push(Filter::new("span.kind", "=", "server"));
        }
        Entry::RemoteParent => return None,
    }
    // The ends of the window are whole seconds at best, and what lies beyond them would use up the limit.
    filters.push(Filter::new(TIMESTAMP, ">=", query.range.from.0 as f64 / 1e9));
    filters.push(Filter::new(TIMESTAMP, "<", query.range.to.0 as f64 / 1e9));
    if let Some(service) = &query.service {
        filters.push(Filter::new("service.name", "=", service.as_str()));
    }
    if let (Some(ns), true) = (query.min_duration_ns, exists("duration_ms")) {
        filters.push(Filter::new("duration_ms", ">=", Json::from(ns as f64 / 1e6)));
    }
    let breakdowns = LISTED.iter().filter(|name| exists(name)).map(|name| (*name).to_owned()).collect();
    Some(Query { filters, ..base(breakdowns, window, "descending", query.limit.clamp(1, CREATED_LIMIT)) })
}

fn base(mut breakdowns: Vec<String>, window: TimeRange, order: &'static str, limit: usize) -> Query {
    breakdowns.insert(0, TIMESTAMP.to_owned());
    Query {
        calculations: vec![Calculation { op: "COUNT" }],
        calculated_fields: vec![CalculatedField { name: TIMESTAMP, expression: "EVENT_TIMESTAMP()" }],
        breakdowns,
        orders: vec![Order { column: TIMESTAMP.to_owned(), order }],
        start_time: Some(window.from.as_seconds()),
        end_time: Some(window.to.as_seconds()),
        limit: Some(limit),
        ..Query::default()
    }
}

/// The Query Data API holds this much.
const HELD: i64 = 7 * 86_400 * SECOND;

/// The windows to try one after the other until something is found, and whether the first had to be cut to what Honeycomb holds.
pub fn windows(range: Option<TimeRange>, now: UnixNs, local: bool) -> (Vec<TimeRange>, bool) {
    let day = 86_400 * SECOND;
    if local {
        let range = range.unwrap_or(TimeRange { from: UnixNs::from_seconds(1), to: now.plus(day) });
        return (vec![padded(range)], false);
    }
    // The longest range, and its end, are truncated to half an hour: so the end is put that far ahead.
    let oldest = now.plus(grain(HELD) - HELD);
    let Some(range) = range else {
        let recent = padded(TimeRange { from: now.plus(grain(day) - day), to: now });
        return (vec![recent, TimeRange { from: oldest, to: now.plus(grain(HELD)) }], false);
    };
    let range = TimeRange { from: range.from, to: range.to.min(now) };
    let window = padded(TimeRange { from: range.from.max(oldest), to: range.to });
    if window.from < range.to { (vec![window], range.from < oldest) } else { (Vec::new(), true) }
}

/// Both ends of a query are truncated down to this, by its length; one minute more for good measure.
const fn grain(length_ns: i64) -> i64 {
    let minute = 60 * SECOND;
    match length_ns / (3_600 * SECOND) {
        ..6 => 2 * minute,
        6..48 => 6 * minute,
        _ => 31 * minute,
    }
}

fn padded(range: TimeRange) -> TimeRange {
    TimeRange { from: range.from, to: range.to.plus(grain(range.duration_ns())) }
}
