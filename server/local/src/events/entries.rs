//! What one payload adds to the index.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value;

use super::columns::{ColumnType, Columns, Seen};
use super::otlp_rows;
use super::row::MAX_FLATTEN_DEPTH;
use crate::ids;
use crate::otlp::walk::{self, Group, Head};
use crate::otlp::wire::Malformed;
use crate::store::DEMO_MARK;

/// One trace within one payload.
#[derive(Debug, Clone, Copy)]
pub struct TraceEntry {
    pub id: u128,
    pub spans: u32,
    pub is_demo: bool,
}

/// A row that a list of requests may begin with: it names no parent, or it is a server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entrance {
    /// Nanoseconds since 1970.
    pub start_ns: i64,
    /// Offset of the span or record in an OTLP payload, number of the event in one of Honeycomb's.
    pub at: u32,
    /// What is known without reading it.
    pub flags: EntranceFlags,
}

/// What is known of an entrance without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct EntranceFlags {
    /// Has a trace ID.
    pub in_trace: bool,
    /// Names a parent.
    pub has_parent: bool,
    /// `span.kind` is `server`.
    pub is_server: bool,
}

/// What one payload adds to the index.
#[derive(Debug, Default)]
pub struct Entries {
    /// Spans, log records or events kept.
    pub kept: u64,
    /// Spans or log records left out because their IDs are none.
    pub rejected: u64,
    /// Why, for the first that was left out.
    pub reason: &'static str,
    pub(super) traces: Vec<TraceEntry>,
    pub(super) entrances: Vec<Entrance>,
    pub(super) datasets: Vec<(String, Columns)>,
    pub(super) first_ns: i64,
    pub(super) last_ns: i64,
    pub(super) demo_rows: u64,
}

impl Entries {
    fn new() -> Self {
        Self { first_ns: i64::MAX, last_ns: i64::MIN, ..Self::default() }
    }

    fn time(&mut self, ns: i64) {
        self.first_ns = self.first_ns.min(ns);
        self.last_ns = self.last_ns.max(ns);
    }

    fn reject(&mut self, reason: &'static str) {
        self.rejected += 1;
        if self.reason.is_empty() {
            self.reason = reason;
        }
    }
}

/// Collects the traces of a payload; neighbouring spans mostly belong to one.
#[derive(Default)]
struct Traces {
    list: Vec<TraceEntry>,
    at: HashMap<u128, usize>,
    last: usize,
}

impl Traces {
    fn add(&mut self, id: u128, spans: u32, is_demo: bool) {
        if self.list.get(self.last).is_none_or(|entry| entry.id != id) {
            self.last = *self.at.entry(id).or_insert(self.list.len());
            if self.last == self.list.len() {
                self.list.push(TraceEntry { id, spans: 0, is_demo });
            }
        }
        if let Some(entry) = self.list.get_mut(self.last) {
            entry.spans += spans;
            entry.is_demo |= is_demo;
        }
    }
}

/// Checks an `ExportTraceServiceRequest` and says what it adds.
pub fn traces(payload: &[u8]) -> Result<Entries, Malformed> {
    otlp(payload, &Kind { head: span_head, place: span, columns: SPAN_COLUMNS, is_log: false })
}

/// Checks an `ExportLogsServiceRequest` and says what it adds.
pub fn logs(payload: &[u8]) -> Result<Entries, Malformed> {
    otlp(payload, &Kind { head: log_head, place: record, columns: LOG_COLUMNS, is_log: true })
}

fn span_head<'a>(item: &'a [u8], seen: &mut Seen<'a>) -> Result<Head, Malformed> {
    walk::span_head(item, |attribute| seen.attribute(attribute))
}

fn log_head<'a>(item: &'a [u8], seen: &mut Seen<'a>) -> Result<Head, Malformed> {
    walk::log_head(item, |attribute| seen.attribute(attribute))
}

struct Kind {
    head: for<'a> fn(&'a [u8], &mut Seen<'a>) -> Result<Head, Malformed>,
    /// Puts an item in its place, or says why it has none.
    place: fn(&Head, u32, &mut Entries, &mut Traces) -> Result<(), &'static str>,
    columns: &'static [(&'static str, ColumnType)],
    is_log: bool,
}

fn otlp(payload: &[u8], kind: &Kind) -> Result<Entries, Malformed> {
    let mut entries = Entries::new();
    let mut traces = Traces::default();
    for resource in walk::resources(payload) {
        let resource = resource?;
        let is_demo = walk::check_resource(resource.common)?;
        let mut seen = Seen::default();
        let before = entries.kept;
        for scope in resource.scopes() {
            let scope = scope?;
            walk::check_scope(scope.common)?;
            note_scope(&mut seen, &scope);
            for item in scope.items() {
                let item = item?;
                seen.next_row();
                let mut head = (kind.head)(item, &mut seen)?;
                head.is_demo |= is_demo;
                let at = u32::try_from(walk::offset_in(payload, item)).map_err(|_| Malformed)?;
                match (kind.place)(&head, at, &mut entries, &mut traces) {
                    Ok(()) => {
                        entries.kept += 1;
                        entries.demo_rows += u64::from(head.is_demo);
                    }
                    Err(reason) => entries.reject(reason),
                }
            }
        }
        if entries.kept > before {
            note_resource(&mut seen, &resource, kind);
            entries.datasets.push((otlp_rows::dataset_of(resource.common, kind.is_log), seen.into_columns()));
        }
    }
    entries.traces = traces.list;
    Ok(entries)
}

fn note_resource<'a>(seen: &mut Seen<'a>, resource: &Group<'a>, kind: &Kind) {
    seen.next_row();
    walk::attributes(resource.common, 1).for_each(|attribute| seen.attribute(attribute));
    for (key, kind) in kind.columns {
        seen.column(Cow::Borrowed(key), *kind);
    }
    if !resource.schema_url.is_empty() {
        seen.column(Cow::Borrowed("resource.schema_url"), ColumnType::String);
    }
}

fn note_scope<'a>(seen: &mut Seen<'a>, scope: &Group<'a>) {
    seen.next_row();
    walk::attributes(scope.common, 3).for_each(|attribute| seen.attribute(attribute));
    if !scope.schema_url.is_empty() {
        seen.column(Cow::Borrowed("scope.schema_url"), ColumnType::String);
    }
}

fn span(head: &Head, at: u32, entries: &mut Entries, traces: &mut Traces) -> Result<(), &'static str> {
    let (Some(trace), Some(_)) = (head.trace, head.span) else {
        return Err("a span needs a trace ID of 16 bytes and a span ID of 8, not all zero");
    };
    let start_ns = signed(head.start_ns);
    entries.time(start_ns);
    traces.add(trace, 1, head.is_demo);
    if !head.has_parent || head.is_server {
        let flags = EntranceFlags { in_trace: true, has_parent: head.has_parent, is_server: head.is_server };
        entries.entrances.push(Entrance { start_ns, at, flags });
    }
    Ok(())
}

fn record(head: &Head, at: u32, entries: &mut Entries, traces: &mut Traces) -> Result<(), &'static str> {
    if head.has_trace_bytes && head.trace.is_none() {
        return Err("the trace ID of a log record must have 16 bytes, not all zero");
    }
    let start_ns = signed(head.start_ns);
    entries.time(start_ns);
    match head.trace {
        Some(trace) => traces.add(trace, 0, head.is_demo),
        None if head.span.is_none() => entries.entrances.push(Entrance { start_ns, at, flags: EntranceFlags::default() }),
        None => {}
    }
    Ok(())
}

/// Times beyond the year 2262 are held there.
pub fn signed(ns: u64) -> i64 {
    i64::try_from(ns).unwrap_or(i64::MAX)
}

/// Says what the stored form of Honeycomb events adds: see [`crate::honeycomb`].
pub fn honeycomb(payload: &[u8]) -> Entries {
    let mut entries = Entries::new();
    let mut traces = Traces::default();
    let Ok(Value::Object(request)) = serde_json::from_slice(payload) else { return entries };
    let dataset = request.get("dataset").and_then(Value::as_str).unwrap_or_default();
    let mut seen = Seen::default();
    for (at, event) in (0_u32..).zip(request.get("events").and_then(Value::as_array).into_iter().flatten()) {
        let Some(fields) = event.get("data").and_then(Value::as_object) else { continue };
        let start_ns = event.get("time_ns").and_then(Value::as_i64).unwrap_or(0);
        let text = |key: &str| fields.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let is_demo = fields.get(DEMO_MARK).is_some_and(|mark| *mark != Value::Bool(false) && !mark.is_null());
        entries.kept += 1;
        entries.demo_rows += u64::from(is_demo);
        entries.time(start_ns);
        let trace = text("trace.trace_id").and_then(ids::parse_trace_id);
        if let Some(trace) = trace {
            traces.add(trace, u32::from(text("trace.span_id").is_some()), is_demo);
        }
        let has_parent = fields.get("trace.parent_id").is_some_and(|parent| !parent.is_null());
        let is_server = text("span.kind") == Some("server");
        let is_annotation = fields.get("meta.annotation_type").is_some_and(|kind| !kind.is_null());
        if !is_annotation && (!has_parent || is_server) {
            // An ID of another form is one all the same.
            let in_trace = fields.get("trace.trace_id").is_some_and(|id| !id.is_null());
            entries.entrances.push(Entrance { start_ns, at, flags: EntranceFlags { in_trace, has_parent, is_server } });
        }
        for (key, value) in fields {
            let kind = match value {
                Value::Null => continue,
                Value::Bool(_) => ColumnType::Boolean,
                Value::Number(number) if number.is_f64() => ColumnType::Float,
                Value::Number(_) => ColumnType::Integer,
                Value::String(_) | Value::Array(_) | Value::Object(_) => ColumnType::String,
            };
            seen.column(Cow::Borrowed(key), kind);
        }
    }
    entries.datasets.push((dataset.to_owned(), seen.into_columns()));
    entries.traces = traces.list;
    entries
}

const _: () = assert!(MAX_FLATTEN_DEPTH < 48, "deeper attributes are refused on arrival");

const SPAN_COLUMNS: &[(&str, ColumnType)] = &[
    ("trace.trace_id", ColumnType::String),
    ("trace.span_id", ColumnType::String),
    ("trace.parent_id", ColumnType::String),
    ("trace.link.trace_id", ColumnType::String),
    ("trace.link.span_id", ColumnType::String),
    ("trace.trace_state", ColumnType::String),
    ("type", ColumnType::String),
    ("span.kind", ColumnType::String),
    ("name", ColumnType::String),
    ("parent_name", ColumnType::String),
    ("status_code", ColumnType::Integer),
    ("status_message", ColumnType::String),
    ("error", ColumnType::Boolean),
    ("span.num_links", ColumnType::Integer),
    ("span.num_events", ColumnType::Integer),
    ("duration_ms", ColumnType::Float),
    ("meta.signal_type", ColumnType::String),
    ("meta.annotation_type", ColumnType::String),
    ("meta.time_since_span_start_ms", ColumnType::Float),
    ("meta.invalid_duration", ColumnType::Boolean),
    ("library.name", ColumnType::String),
    ("library.version", ColumnType::String),
    ("telemetry.instrumentation_library", ColumnType::Boolean),
];

const LOG_COLUMNS: &[(&str, ColumnType)] = &[
    ("trace.trace_id", ColumnType::String),
    ("trace.parent_id", ColumnType::String),
    ("severity", ColumnType::String),
    ("severity_code", ColumnType::Integer),
    ("severity_text", ColumnType::String),
    ("flags", ColumnType::Integer),
    ("body", ColumnType::String),
    ("event.name", ColumnType::String),
    ("meta.signal_type", ColumnType::String),
    ("meta.annotation_type", ColumnType::String),
    ("library.name", ColumnType::String),
    ("library.version", ColumnType::String),
];
