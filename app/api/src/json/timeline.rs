//! `/api/v1/requests/{id}`.

use super::{VerdictJson, names, nanoseconds, verdicts};
use model::request::{Attribute, Log, PlacedBy, RequestError, Span};
use model::{Attributes, Frame, Request, Source, SpanId, SpanKind, Status, TraceId, UnixNs, Value};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// One request, as the contract has it.
pub fn timeline(request: &Request) -> impl Serialize + '_ {
    let other = |alias: &model::Alias| if alias.to == request.id { alias.from } else { alias.to };
    TimelineJson {
        id: request.id,
        spellings: request.id.spellings().into_iter().skip(1).collect(),
        aliases: request
            .aliases
            .iter()
            .map(|alias| AliasJson { id: other(alias), because: &alias.because, evidence: &alias.evidence })
            .collect(),
        start_unix_ns: request.start,
        duration_ns: request.duration_ns,
        spans: Each(&request.spans, |span, _| SpanJson::of(span), &request.spans),
        logs: Each(&request.logs, LogJson::of, &request.spans),
        errors: Each(&request.errors, ErrorJson::of, &request.spans),
        verdicts: verdicts(&request.verdicts),
    }
}

#[derive(Serialize)]
struct TimelineJson<'a> {
    id: TraceId,
    spellings: Vec<String>,
    aliases: Vec<AliasJson<'a>>,
    #[serde(serialize_with = "nanoseconds")]
    start_unix_ns: UnixNs,
    duration_ns: i64,
    spans: Each<'a, Span, SpanJson<'a>>,
    logs: Each<'a, Log, LogJson<'a>>,
    errors: Each<'a, RequestError, ErrorJson<'a>>,
    verdicts: Vec<VerdictJson<'a>>,
}

/// Rows made one at a time while they are written: a large request is never held twice.
struct Each<'a, T, J>(&'a [T], fn(&'a T, &'a [Span]) -> J, &'a [Span]);

impl<T, J: Serialize> Serialize for Each<'_, T, J> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(rows, make, spans) = self;
        serializer.collect_seq(rows.iter().map(|row| make(row, spans)))
    }
}

#[derive(Serialize)]
struct AliasJson<'a> {
    id: TraceId,
    because: &'a str,
    evidence: &'a str,
}

#[derive(Serialize)]
struct SpanJson<'a> {
    id: SpanId,
    parent: Option<SpanId>,
    trace: TraceId,
    service: &'a str,
    name: &'a str,
    kind: SpanKind,
    #[serde(serialize_with = "nanoseconds")]
    start_unix_ns: UnixNs,
    duration_ns: i64,
    status: Status,
    sources: Vec<Source>,
    in_progress: bool,
    inferred: bool,
    orphan: bool,
    attributes: AttributesJson<'a>,
    events: Vec<EventJson<'a>>,
    links: Vec<LinkJson<'a>>,
}

#[derive(Serialize)]
struct EventJson<'a> {
    #[serde(serialize_with = "nanoseconds")]
    time_unix_ns: UnixNs,
    name: &'a str,
    attributes: &'a Attributes,
}

#[derive(Serialize)]
struct LinkJson<'a> {
    trace: TraceId,
    span: Option<SpanId>,
    attributes: &'a Attributes,
}

impl<'a> SpanJson<'a> {
    fn of(span: &'a Span) -> Self {
        let event = |event: &'a model::SpanEvent| EventJson { time_unix_ns: event.time, name: &event.name, attributes: &event.attributes };
        Self {
            id: span.id,
            parent: span.parent,
            trace: span.trace,
            service: &span.service,
            name: &span.name,
            kind: span.kind,
            start_unix_ns: span.start,
            duration_ns: span.duration_ns,
            status: span.status,
            sources: names(span.sources),
            in_progress: span.in_progress,
            inferred: span.inferred,
            orphan: span.orphan,
            attributes: AttributesJson(&span.attributes),
            events: span.events.iter().map(event).collect(),
            links: span.links.iter().map(|link| LinkJson { trace: link.trace, span: link.span, attributes: &link.attributes }).collect(),
        }
    }
}

/// An object: the key and its value. Where sources disagree, the key has the first source's value, and `key@source` each other one.
struct AttributesJson<'a>(&'a [Attribute]);

impl Serialize for AttributesJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for group in self.0.chunk_by(|left, right| left.key == right.key) {
            let Some((first, others)) = group.split_first() else { continue };
            map.serialize_entry(&first.key, &first.value)?;
            let mut known = vec![first.sources];
            for other in others {
                // A source that says two things of one key is shown once more by number.
                let again = known.iter().filter(|sources| **sources == other.sources).count();
                known.push(other.sources);
                let whose: Vec<&str> = other.sources.iter().map(Source::as_str).collect();
                let number = if again == 0 { String::new() } else { format!("#{}", again + 1) };
                map.serialize_entry(&format!("{}@{}{number}", other.key, whose.join("+")), &other.value as &Value)?;
            }
        }
        map.end()
    }
}

#[derive(Serialize)]
struct LogJson<'a> {
    #[serde(serialize_with = "nanoseconds")]
    time_unix_ns: UnixNs,
    severity: &'a str,
    service: &'a str,
    body: &'a str,
    source: Source,
    log_group: &'a str,
    log_stream: &'a str,
    span: Option<SpanId>,
    placed_by: PlacedBy,
}

impl<'a> LogJson<'a> {
    fn of(log: &'a Log, spans: &[Span]) -> Self {
        Self {
            time_unix_ns: log.time,
            severity: log.severity.as_str(),
            service: &log.service,
            body: &log.body,
            source: log.source,
            log_group: &log.log_group,
            log_stream: &log.log_stream,
            span: id(log.span, spans),
            placed_by: log.placed_by,
        }
    }
}

#[derive(Serialize)]
struct ErrorJson<'a> {
    #[serde(serialize_with = "nanoseconds")]
    time_unix_ns: UnixNs,
    level: &'a str,
    class: &'a str,
    message: &'a str,
    frames: &'a [Frame],
    source: Option<Source>,
    sources: Vec<Source>,
    url: &'a str,
    span: Option<SpanId>,
    placed_by: PlacedBy,
}

impl<'a> ErrorJson<'a> {
    fn of(error: &'a RequestError, spans: &[Span]) -> Self {
        Self {
            time_unix_ns: error.time,
            level: &error.level,
            class: &error.class,
            message: &error.message,
            frames: &error.frames,
            source: error.source(),
            sources: names(error.sources),
            url: &error.url,
            span: id(error.span, spans),
            placed_by: error.placed_by,
        }
    }
}

fn id(index: Option<u32>, spans: &[Span]) -> Option<SpanId> {
    spans.get(index? as usize).map(|span| span.id)
}
