//! Lines of text as log records: JSON of the usual loggers and of OpenTelemetry, and plain text.

use crate::ids::{self, Aliases};
use crate::json;
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use model::log::Severity;
use model::{Attributes, LogRecord, Source, SpanId, TraceId, UnixNs, Value};
use serde_json::Value as Json;

const LEVELS: &[&str] = &["level", "levelname", "severity", "severityText", "severity_text", "log.level", "lvl", "loglevel", "log_level"];
const BODIES: &[&str] = &["message", "msg", "event", "body", "log", "text"];
const SERVICES: &[&str] = &[
    "service",
    "service.name",
    "service_name",
    "serviceName",
    "resource.service.name",
    "resource.attributes.service.name",
    "otelServiceName",
];
const TIMES: &[&str] = &["timestamp", "@timestamp", "time", "ts", "asctime"];

/// One line; `None` if it has no time or names none of the traces (a pattern may be read more widely than it was meant).
pub fn line(event: &FilteredLogEvent, group: &str, service: Option<&str>, traces: &[TraceId], aliases: &mut Aliases) -> Option<LogRecord> {
    let message = event.message()?;
    let parsed = parse(message);
    let named = parsed.traces.iter().map(|(id, _)| *id).find(|id| traces.contains(id));
    let lower = message.to_ascii_lowercase();
    let trace = named.or_else(|| traces.iter().copied().find(|id| mentions(&lower, *id)))?;
    if named.is_some() {
        // The same words from whichever of the IDs the line was found by.
        let evidence = parsed.traces.iter().map(|(_, place)| place.as_str()).collect::<Vec<_>>().join(" ");
        for (other, _) in &parsed.traces {
            aliases.join(trace, *other, || format!("a line in the log group {group} carries both IDs"), &evidence);
        }
    }
    let written = UnixNs::from_ms(event.timestamp()?);
    // A logger's own time may be finer than the milliseconds of the event; one that is far off is about something else.
    let time = parsed.time.filter(|time| time.since(written).abs() < model::time::SECOND).unwrap_or(written);
    Some(LogRecord {
        source: Source::Cloudwatch,
        id: event.event_id().unwrap_or_default().to_owned(),
        trace: Some(trace),
        // Beside another trace's ID the span is that one's.
        span: parsed.span.filter(|_| named.is_some() || parsed.traces.is_empty()),
        time,
        severity: parsed.severity,
        service: if parsed.service.is_empty() { service.unwrap_or_default().to_owned() } else { parsed.service },
        body: parsed.body,
        log_group: group.to_owned(),
        log_stream: event.log_stream_name().unwrap_or_default().to_owned(),
        attributes: parsed.attributes,
    })
}

fn mentions(lower: &str, id: TraceId) -> bool {
    lower.contains(&id.to_string()) || lower.contains(&id.xray())
}

/// What a line says.
#[derive(Default)]
struct Parsed {
    body: String,
    severity: Severity,
    service: String,
    time: Option<UnixNs>,
    span: Option<SpanId>,
    /// The IDs that it gives as its own, each with the place as evidence.
    traces: Vec<(TraceId, String)>,
    attributes: Attributes,
}

fn parse(message: &str) -> Parsed {
    let text = message.trim();
    // Only objects are structured lines; a number or a quoted text is a plain one.
    let object = text.starts_with('{').then(|| serde_json::from_str::<Json>(text).ok()).flatten();
    object.map_or_else(|| plain(message), |json| structured(&json, message))
}

fn structured(json: &Json, message: &str) -> Parsed {
    let mut attributes = Attributes::new();
    json::flatten("", json, &mut attributes);
    let mut parsed = Parsed::default();
    for (key, value) in &attributes {
        let Some(text) = value.as_text() else { continue };
        if ids::names_trace(key) {
            parsed.note(key, text);
        } else if names_span(key) {
            parsed.span = parsed.span.or_else(|| text.trim().parse().ok());
        }
    }
    let level = take(&mut attributes, LEVELS).map(|value| severity(&value)).unwrap_or_default();
    let number = ["severityNumber", "severity_number"].iter().find_map(|key| attributes.get(*key)?.as_int());
    parsed.severity = if level == Severity::Unset { number.map(severity_number).unwrap_or_default() } else { level };
    // OpenTelemetry's protocol wraps the text of a body.
    let body = take(&mut attributes, BODIES).or_else(|| take(&mut attributes, &["body.stringValue", "body.string_value"]));
    parsed.body = body.map(|value| value.to_string()).filter(|body| !body.is_empty()).unwrap_or_else(|| message.to_owned());
    let service = SERVICES.iter().find_map(|key| attributes.get(*key)?.as_text());
    parsed.service = service.unwrap_or_default().to_owned();
    let exact = ["timeUnixNano", "time_unix_nano"].iter().find_map(|key| attributes.get(*key)?.as_int()).filter(|ns| *ns > 0).map(UnixNs);
    parsed.time = exact.or_else(|| TIMES.iter().find_map(|key| UnixNs::parse_rfc3339(&attributes.get(*key)?.as_text()?.replace(',', "."))));
    parsed.attributes = attributes;
    parsed
}

/// The first of the keys, taken out.
fn take(attributes: &mut Attributes, keys: &[&str]) -> Option<Value> {
    let key = keys.iter().find(|key| attributes.contains_key(**key))?;
    attributes.remove(*key)
}

/// A level by name, or by the numbers of pino and bunyan (10 to 60).
fn severity(value: &Value) -> Severity {
    match value.as_int() {
        Some(60..) => Severity::Fatal,
        Some(50..60) => Severity::Error,
        Some(40..50) => Severity::Warn,
        Some(30..40) => Severity::Info,
        Some(20..30) => Severity::Debug,
        Some(10..20) => Severity::Trace,
        Some(_) => Severity::Unset,
        None => value.as_text().map(Severity::from_name).unwrap_or_default(),
    }
}

/// OpenTelemetry's numbers: 1 to 24, four to a level.
fn severity_number(number: i64) -> Severity {
    match number {
        1..=4 => Severity::Trace,
        5..=8 => Severity::Debug,
        9..=12 => Severity::Info,
        13..=16 => Severity::Warn,
        17..=20 => Severity::Error,
        21..=24 => Severity::Fatal,
        _ => Severity::Unset,
    }
}

fn plain(message: &str) -> Parsed {
    let mut parsed = Parsed { body: message.to_owned(), ..Parsed::default() };
    let separator = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '[' | ']' | '(' | ')' | '{' | '}' | '"' | '\'' | '|');
    let words = || message.split(separator).filter(|word| !word.is_empty());
    for word in words().take(6) {
        let word = word.strip_prefix("level=").or_else(|| word.strip_prefix("severity=")).unwrap_or(word);
        let word = word.split(':').next().unwrap_or_default();
        // Single letters and other short words are too often something else.
        let level = if word.len() > 3 { Severity::from_name(word) } else { Severity::Unset };
        if level != Severity::Unset {
            parsed.severity = level;
            break;
        }
    }
    let mut before = "";
    for word in words().take(10_000) {
        if let Some(key) = word.strip_suffix([':', '=']) {
            before = key.rsplit([':', '=']).next().unwrap_or_default();
            continue;
        }
        let (key, value) = word.split_once(['=', ':']).unwrap_or_else(|| (std::mem::take(&mut before), word));
        let key = if key.eq_ignore_ascii_case("root") { "X-Amzn-Trace-Id" } else { key };
        if ids::names_trace(key) {
            parsed.note(key, value);
        } else if names_span(key) || key.eq_ignore_ascii_case("segmentid") {
            parsed.span = parsed.span.or_else(|| value.parse().ok());
        } else if key == "resource.service.name" || key == "service.name" {
            value.clone_into(&mut parsed.service);
        }
        before = "";
    }
    parsed
}

fn names_span(key: &str) -> bool {
    let plain: String = key.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    matches!(plain.as_str(), "spanid" | "otelspanid" | "xraysegmentid" | "segmentid")
}

impl Parsed {
    /// An ID that the line gives as its own, with the span that may stand beside it.
    fn note(&mut self, key: &str, value: &str) {
        let Some(id) = ids::in_value(value) else { return };
        let beside = ids::xray_forms(value).next().or_else(|| ids::traceparent(value)).and_then(|(_, span)| span);
        self.span = self.span.or(beside);
        if self.traces.len() < 16 && self.traces.iter().all(|(known, _)| *known != id) {
            self.traces.push((id, format!("{key}={value}")));
        }
    }
}
