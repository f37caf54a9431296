//! Rows of Honeycomb as spans, events, links, log lines and errors.
//!
//! Which row is what: <https://docs.honeycomb.io/send-data/opentelemetry/> and the mapping of Honeycomb's own `husky`: no
//! `meta.annotation_type` is a span; `span_event` is an event of a span or a log record (told apart by `meta.signal_type`); `link` is a
//! link. Events, links and logs carry the span they belong to in `trace.parent_id`.

use super::query::{KEYS, TIMESTAMP};
use crate::ids::{self, Aliases};
use crate::{json, stack};
use engine::Found;
use model::log::Severity;
use model::span::Http;
use model::{
    Attributes, Counts, ErrorRecord, Fragment, LogRecord, Source, SpanEvent, SpanId, SpanKind, SpanLink, SpanRecord, Status, TraceId,
    UnixNs,
};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, HashMap};

/// Honeycomb's event time is read as float seconds, which resolve the microsecond.
const CLOCK_NS: i64 = 1_000;

/// Told by other fields of the record, so not repeated among the attributes.
const CONSUMED: &[&str] = &[
    TIMESTAMP,
    "COUNT",
    "trace.trace_id",
    "trace.span_id",
    "trace.parent_id",
    "name",
    "service.name",
    "duration_ms",
    "span.kind",
    "error",
    "meta.annotation_type",
    "meta.signal_type",
    "trace.link.trace_id",
    "trace.link.span_id",
    "status_code",
    "parent_name",
];

type Row = Map<String, Json>;

/// Everything that the rows say about these traces. `link` makes the address of a span in Honeycomb's pages.
pub fn rows(rows: &[Row], traces: &[TraceId], link: &dyn Fn(TraceId, Option<SpanId>, UnixNs) -> String) -> Fragment {
    let mut spans: HashMap<(TraceId, SpanId), SpanRecord> = HashMap::new();
    let mut rest = Vec::new();
    let mut fragment = Fragment::default();
    let mut aliases = Aliases::new(Source::Honeycomb);
    for row in rows {
        let Some(place) = Place::of(row, traces) else { continue };
        join(row, &place, &mut aliases);
        match (text(row, "meta.annotation_type"), id(row, "trace.span_id")) {
            ("", Some(span)) => {
                spans.insert((place.trace, span), self::span(row, &place, span));
            }
            (annotation, _) => rest.push((row, place, annotation)),
        }
    }
    for (row, place, annotation) in rest {
        let owner = place.parent.and_then(|parent| spans.get_mut(&(place.trace, parent)));
        let is_log = text(row, "meta.signal_type") == "log";
        let is_exception = text(row, "name") == "exception" && row.get("exception.type").is_some_and(|class| !class.is_null());
        match (owner, annotation) {
            (Some(owner), "link") => owner.links.extend(span_link(row)),
            (None, "link") => {}
            (Some(owner), "span_event") if is_exception && !is_log => owner.exceptions.push(exception(row, &place, place.parent, link)),
            (None, "span_event") if is_exception && !is_log => fragment.errors.push(exception(row, &place, place.parent, link)),
            (Some(owner), "span_event") if !is_log => owner.events.push(event(row, &place)),
            _ => fragment.logs.push(log(row, &place)),
        }
    }
    for span in spans.values_mut() {
        copied_exception(span, link);
    }
    fragment.spans = spans.into_values().collect();
    fragment.spans.sort_by_key(|span| (span.start, span.id));
    fragment.aliases = aliases.into_vec();
    fragment
}

/// The rows of several queries about the same events as one list: the columns of the later ones join the rows of the first.
pub fn merge(answers: Vec<Vec<Row>>) -> Vec<Row> {
    let key = |row: &Row| KEYS.iter().map(|key| row.get(*key).filter(|value| !value.is_null()).map(Json::to_string)).collect::<Vec<_>>();
    let mut answers = answers.into_iter();
    let mut rows = answers.next().unwrap_or_default();
    let places: HashMap<_, usize> = rows.iter().map(key).zip(0..).collect();
    for more in answers.flatten() {
        // Something that arrived between two queries is left to the next search.
        let Some(row) = places.get(&key(&more)).and_then(|place| rows.get_mut(*place)) else { continue };
        for (name, value) in more {
            row.entry(name).or_insert(value);
        }
    }
    rows
}

/// Where a row belongs.
struct Place {
    trace: TraceId,
    parent: Option<SpanId>,
    time: UnixNs,
    service: String,
}

impl Place {
    fn of(row: &Row, traces: &[TraceId]) -> Option<Self> {
        let trace = match (text(row, "trace.trace_id").parse(), traces) {
            (Ok(trace), _) => trace,
            (Err(_), [one]) => *one,
            _ => return None,
        };
        let service = [text(row, "service.name"), text(row, "service_name")].into_iter().find(|name| !name.is_empty()).unwrap_or_default();
        Some(Self { trace, parent: id(row, "trace.parent_id"), time: time(row)?, service: service.to_owned() })
    }
}

fn span(row: &Row, place: &Place, id: SpanId) -> SpanRecord {
    let kind = match SpanKind::from_name(text(row, "span.kind")) {
        SpanKind::Unspecified => SpanKind::from_name(text(row, "type")),
        kind => kind,
    };
    let mut attributes = attributes(row);
    if text(row, "type") == kind.as_str() {
        attributes.remove("type");
    }
    // A span's ID is unique, so the weighted count of its group is its sample rate.
    if let Some(rate) = row.get("COUNT").and_then(Json::as_i64).filter(|rate| *rate > 1) {
        attributes.insert("sample_rate".to_owned(), rate.into());
    }
    SpanRecord {
        source: Source::Honeycomb,
        trace: place.trace,
        id,
        parent: place.parent,
        service: place.service.clone(),
        name: text(row, "name").to_owned(),
        kind,
        start: place.time,
        end: Some(place.time.plus(duration_ns(row).unwrap_or(0))),
        clock_ns: CLOCK_NS,
        status: status(row),
        inferred: false,
        http: http(row),
        attributes,
        events: Vec::new(),
        links: Vec::new(),
        exceptions: Vec::new(),
        raw: None,
    }
}

/// Honeycomb copies the first exception onto the span itself; where the event did not come, that copy is the exception.
fn copied_exception(span: &mut SpanRecord, link: &dyn Fn(TraceId, Option<SpanId>, UnixNs) -> String) {
    let class = span.attributes.get("exception.type").and_then(model::Value::as_text).unwrap_or_default().to_owned();
    if class.is_empty() || !span.exceptions.is_empty() {
        return;
    }
    let field = |key: &str| span.attributes.get(key).map(ToString::to_string).unwrap_or_default();
    let time = span.end.unwrap_or(span.start);
    let record = error(span.trace, Some(span.id), time, class, field("exception.message"), &field("exception.stacktrace"));
    let record = ErrorRecord { service: span.service.clone(), url: link(span.trace, Some(span.id), span.start), ..record };
    span.exceptions.push(record);
}

fn exception(row: &Row, place: &Place, span: Option<SpanId>, link: &dyn Fn(TraceId, Option<SpanId>, UnixNs) -> String) -> ErrorRecord {
    let (class, message) = (text(row, "exception.type").to_owned(), text(row, "exception.message").to_owned());
    let record = error(place.trace, span, place.time, class, message, text(row, "exception.stacktrace"));
    let mut attributes = attributes(row);
    for told in ["exception.type", "exception.message"] {
        attributes.remove(told);
    }
    ErrorRecord { service: place.service.clone(), url: link(place.trace, span, place.time), attributes, ..record }
}

fn error(trace: TraceId, span: Option<SpanId>, time: UnixNs, class: String, message: String, stacktrace: &str) -> ErrorRecord {
    let stack = stack::parse(stacktrace);
    ErrorRecord {
        source: Source::Honeycomb,
        id: String::new(),
        trace: Some(trace),
        span,
        time,
        clock_ns: CLOCK_NS,
        level: "error".to_owned(),
        class,
        message,
        frames: stack.frames,
        causes: stack.causes,
        service: String::new(),
        url: String::new(),
        attributes: Attributes::new(),
        raw: (!stacktrace.is_empty()).then(|| stacktrace.to_owned()),
    }
}

fn event(row: &Row, place: &Place) -> SpanEvent {
    SpanEvent { time: place.time, name: text(row, "name").to_owned(), attributes: attributes(row) }
}

fn span_link(row: &Row) -> Option<SpanLink> {
    let trace = text(row, "trace.link.trace_id").parse().ok()?;
    Some(SpanLink { trace, span: id(row, "trace.link.span_id"), attributes: attributes(row) })
}

/// A log record; also an event whose span is not here, and an event that was sent without being a span.
fn log(row: &Row, place: &Place) -> LogRecord {
    let severity = match Severity::from_name(text(row, "severity_text")) {
        Severity::Unset => [text(row, "severity"), text(row, "level")].into_iter().map(Severity::from_name).max().unwrap_or_default(),
        severity => severity,
    };
    let body = ["body", "message", "msg", "name"].into_iter().filter_map(|key| row.get(key)).filter_map(json::value);
    let body = body.map(|value| value.to_string()).find(|text| !text.is_empty()).unwrap_or_default();
    let mut attributes = attributes(row);
    for told in ["body", "severity", "severity_text"] {
        attributes.remove(told);
    }
    LogRecord {
        source: Source::Honeycomb,
        id: String::new(),
        trace: Some(place.trace),
        span: place.parent,
        time: place.time,
        severity,
        service: place.service.clone(),
        body,
        log_group: String::new(),
        log_stream: String::new(),
        attributes,
    }
}

/// Other IDs of the same request that a row carries: a captured header, or a field set by the application.
fn join(row: &Row, place: &Place, aliases: &mut Aliases) {
    for (key, value) in row {
        let Some(text) = value.as_str().filter(|_| key != "trace.trace_id" && ids::names_trace(key)) else { continue };
        if let Some(other) = ids::in_value(text) {
            let because = || format!("a span in Honeycomb carries the other ID in {key}");
            aliases.join(place.trace, other, because, &format!("{key}={text}"));
        }
    }
}

/// The entry spans of a search as requests, one for each trace, newest first: its earliest root, or its earliest server where no root
/// was received.
pub fn found(roots: &[Row], servers: &[Row]) -> Vec<Found> {
    let earliest = |rows: &[Row]| {
        let mut by_trace: BTreeMap<TraceId, Found> = BTreeMap::new();
        for row in rows {
            let Some(place) = Place::of(row, &[]) else { continue };
            let entry = listed(row, &place);
            match by_trace.get(&place.trace) {
                Some(known) if known.start <= entry.start => {}
                _ => _ = by_trace.insert(place.trace, entry),
            }
        }
        by_trace
    };
    let mut by_trace = earliest(servers);
    by_trace.extend(earliest(roots));
    let mut found: Vec<Found> = by_trace.into_values().collect();
    found.sort_by_key(|found| (std::cmp::Reverse(found.start), found.trace));
    found
}

fn listed(row: &Row, place: &Place) -> Found {
    Found {
        trace: place.trace,
        also: Vec::new(),
        start: place.time,
        duration_ns: duration_ns(row),
        service: place.service.clone(),
        name: text(row, "name").to_owned(),
        status: status(row),
        http_status: http(row).and_then(|http| http.status),
        counts: Counts::default(),
        demo: row.get("throughline.demo").is_some_and(truthy),
    }
}

/// `error` is a boolean, a text or absent; `status_code` is OpenTelemetry's (0, 1, 2), not HTTP's.
fn status(row: &Row) -> Status {
    let code = row.get("status_code").and_then(json::number);
    if row.get("error").is_some_and(truthy) || code == Some(2.0) {
        return Status::Fault;
    }
    match http(row).and_then(|http| http.status).map(Status::from_http) {
        Some(status) => status,
        None if code == Some(1.0) => Status::Ok,
        None => Status::Unset,
    }
}

fn http(row: &Row) -> Option<Http> {
    let first = |keys: &[&str]| keys.iter().map(|key| text(row, key)).find(|text| !text.is_empty()).map(str::to_owned);
    let http = Http {
        method: first(&["http.request.method", "http.method"]).map(|method| method.to_ascii_uppercase()),
        url: first(&["url.full", "http.url", "url.path", "http.target", "http.route"]),
        status: ["http.response.status_code", "http.status_code"].iter().find_map(|key| json::http_status(row.get(*key)?)),
    };
    (http.method.is_some() || http.status.is_some()).then_some(http)
}

fn attributes(row: &Row) -> Attributes {
    let mut attributes = Attributes::new();
    for (key, value) in row.iter().filter(|(key, _)| !CONSUMED.contains(&key.as_str())) {
        json::flatten(key, value, &mut attributes);
    }
    attributes
}

fn text<'a>(row: &'a Row, key: &str) -> &'a str {
    row.get(key).and_then(Json::as_str).unwrap_or_default()
}

fn id(row: &Row, key: &str) -> Option<SpanId> {
    text(row, key).parse().ok()
}

fn time(row: &Row) -> Option<UnixNs> {
    UnixNs::from_float_seconds(json::number(row.get(TIMESTAMP)?)?)
}

/// `duration_ms` in ns; `None` unless between zero and a year.
fn duration_ns(row: &Row) -> Option<i64> {
    let ns = json::number(row.get("duration_ms")?)? * 1e6;
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    (0.0..3.2e16).contains(&ns).then_some(ns.round() as i64)
}

fn truthy(value: &Json) -> bool {
    match value {
        Json::Bool(value) => *value,
        Json::String(text) => !matches!(text.as_str(), "" | "false" | "False" | "0"),
        Json::Number(number) => number.as_f64() != Some(0.0),
        _ => false,
    }
}

/// The time of the earliest row.
pub fn oldest(rows: &[Row]) -> Option<UnixNs> {
    rows.iter().filter_map(time).min()
}
