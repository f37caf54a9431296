//! Segment documents as spans, trace summaries as requests.

use super::wire::{Document, at, each};
use crate::ids::{self, Aliases};
use crate::json;
use aws_sdk_xray::types::{AnnotationValue, TraceSummary};
use engine::Found;
use model::error::Cause;
use model::span::Http;
use model::{
    Attributes, Counts, ErrorRecord, Fragment, Frame, Source, SpanId, SpanKind, SpanLink, SpanRecord, Status, TraceId, UnixNs, Value,
};
use serde_json::Value as Json;
use std::collections::HashMap;

/// Float seconds resolve the microsecond.
const CLOCK_NS: i64 = 1_000;
/// The most spans of one answer, so that a hostile document cannot grow without end.
const SPAN_LIMIT: usize = 200_000;
/// Told by other fields of the record, or as attributes of their own.
const CONSUMED: &[&str] = &[
    "id",
    "name",
    "trace_id",
    "parent_id",
    "start_time",
    "end_time",
    "in_progress",
    "type",
    "subsegments",
    "cause",
    "links",
    "fault",
    "error",
    "throttle",
    "inferred",
];

/// Where people look at a trace in AWS; empty where there is no console.
pub type Console = dyn Fn(TraceId) -> String + Send + Sync;

/// The segments and subsegments of all documents of one trace.
pub fn documents(trace: TraceId, documents: &[Document], console: &Console) -> Fragment {
    let mut aliases = Aliases::new(Source::Xray);
    let mut spans = Vec::new();
    for document in documents {
        let top_service = if is_subsegment(&document.json) { "" } else { name(&document.json) };
        let mut open: Vec<(&Json, Option<SpanId>, bool)> = vec![(&document.json, None, true)];
        while let Some((json, enclosing, top)) = open.pop() {
            let Some(id) = id(json, "id") else { continue };
            if spans.len() >= SPAN_LIMIT {
                break;
            }
            if let Some(mut span) = span(trace, json, id, enclosing, top_service, console) {
                span.raw = top.then(|| document.text.clone());
                join(&span, &mut aliases);
                spans.push(span);
            }
            open.extend(each(json, "subsegments").map(|child| (child, Some(id), false)));
        }
    }
    name_services(&mut spans);
    Fragment { spans, aliases: aliases.into_vec(), ..Fragment::default() }
}

/// A subsegment that was sent on its own does not say whose it is; the segment above it does.
fn name_services(spans: &mut [SpanRecord]) {
    let above: HashMap<SpanId, (String, Option<SpanId>)> =
        spans.iter().map(|span| (span.id, (span.service.clone(), span.parent))).collect();
    for span in spans.iter_mut().filter(|span| span.service.is_empty()) {
        let mut at = span.parent;
        // As many steps as there are spans: parents may form a circle.
        for _ in 0..above.len().min(1_000) {
            let Some((service, parent)) = at.and_then(|id| above.get(&id)) else { break };
            if !service.is_empty() {
                span.service.clone_from(service);
                break;
            }
            at = *parent;
        }
        for exception in &mut span.exceptions {
            exception.service.clone_from(&span.service);
        }
    }
}

fn span(trace: TraceId, json: &Json, id: SpanId, enclosing: Option<SpanId>, service: &str, console: &Console) -> Option<SpanRecord> {
    let start = UnixNs::from_float_seconds(json::number(json.get("start_time")?)?)?;
    let end = json.get("end_time").and_then(json::number).and_then(UnixNs::from_float_seconds);
    let end = end.filter(|_| !flag(json, "in_progress")).map(|end| end.max(start));
    let subsegment = enclosing.is_some() || is_subsegment(json);
    let kind = match (subsegment, json.get("namespace").and_then(Json::as_str)) {
        (false, _) => SpanKind::Server,
        (true, Some("aws" | "remote")) => SpanKind::Client,
        (true, _) => SpanKind::Internal,
    };
    let http = http(json);
    let mut record = SpanRecord {
        source: Source::Xray,
        trace,
        id,
        parent: enclosing.or_else(|| self::id(json, "parent_id")).filter(|parent| *parent != id),
        service: service.to_owned(),
        name: name(json).to_owned(),
        kind,
        start,
        end,
        clock_ns: CLOCK_NS,
        status: status(json, http.as_ref(), end.is_some()),
        inferred: flag(json, "inferred"),
        http,
        attributes: attributes(json),
        events: Vec::new(),
        links: each(json, "links").filter_map(link).collect(),
        exceptions: Vec::new(),
        raw: None,
    };
    record.exceptions = exceptions(json, &record, console);
    Some(record)
}

/// Several flags may be set at once: fault beats throttle beats error.
fn status(json: &Json, http: Option<&Http>, complete: bool) -> Status {
    let flags = [("fault", Status::Fault), ("throttle", Status::Throttle), ("error", Status::Error)];
    let flagged = flags.into_iter().find(|(name, _)| flag(json, name)).map_or(Status::Unset, |(_, status)| status);
    let answered = http.and_then(|http| http.status).map_or(Status::Unset, Status::from_http);
    let ended = if complete { Status::Ok } else { Status::Unset };
    flagged.max(answered).max(ended)
}

fn http(json: &Json) -> Option<Http> {
    let text = |path: &[&str]| at(json, path).as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let http = Http {
        method: text(&["http", "request", "method"]).map(|method| method.to_ascii_uppercase()),
        url: text(&["http", "request", "url"]),
        status: json::http_status(at(json, &["http", "response", "status"])),
    };
    (http != Http::default()).then_some(http)
}

fn attributes(json: &Json) -> Attributes {
    let mut attributes = Attributes::new();
    for (key, value) in json.as_object().into_iter().flatten().filter(|(key, _)| !CONSUMED.contains(&key.as_str())) {
        json::flatten(key, value, &mut attributes);
    }
    // Under the name that OpenTelemetry gives it, so that one place in the engine finds the log groups of any source.
    let groups: Vec<&str> = each(at(json, &["aws"]), "cloudwatch_logs").filter_map(|log| log.get("log_group")?.as_str()).collect();
    if !groups.is_empty() {
        attributes.remove("aws.cloudwatch_logs");
        attributes.insert("aws.log.group.names".to_owned(), Json::from(groups).to_string().into());
    }
    if let Some(reference) = json.get("cause").and_then(Json::as_str) {
        attributes.insert("cause".to_owned(), reference.into());
    }
    attributes
}

fn link(json: &Json) -> Option<SpanLink> {
    let mut attributes = Attributes::new();
    json::flatten("", json.get("attributes").unwrap_or(&Json::Null), &mut attributes);
    Some(SpanLink { trace: json.get("trace_id")?.as_str()?.parse().ok()?, span: id(json, "id"), attributes })
}

/// The exceptions of a `cause`; one that another names as its cause belongs to that one.
fn exceptions(json: &Json, span: &SpanRecord, console: &Console) -> Vec<ErrorRecord> {
    let cause = at(json, &["cause"]);
    let key = |exception: &Json| exception.get("id").and_then(Json::as_str).unwrap_or_default().to_owned();
    let all: Vec<&Json> = each(cause, "exceptions").take(100).collect();
    let by_id: HashMap<String, &Json> = all.iter().map(|exception| (key(exception), *exception)).collect();
    let named =
        |exception: &Json| exception.get("cause").and_then(Json::as_str).filter(|cause| by_id.contains_key(*cause)).map(str::to_owned);
    let inner: Vec<String> = all.iter().filter_map(|exception| named(exception)).collect();
    let outward = at(json, &["aws", "xray", "sdk"]).as_str().unwrap_or_default().to_ascii_lowercase().contains("opentelemetry");
    let mut heads: Vec<&&Json> = all.iter().filter(|exception| !inner.contains(&key(exception))).collect();
    if heads.is_empty() {
        heads = all.iter().take(1).collect();
    }
    let record = |head: &&Json| {
        let mut causes = Vec::new();
        let mut next = named(head);
        while let Some(exception) = next.as_ref().and_then(|id| by_id.get(id))
            && causes.len() < all.len()
        {
            causes.push(Cause { class: text(exception, "type"), message: text(exception, "message"), frames: frames(exception, outward) });
            next = named(exception);
        }
        let mut attributes = Attributes::new();
        for key in ["remote", "truncated", "skipped"] {
            json::flatten(key, head.get(key).unwrap_or(&Json::Null), &mut attributes);
        }
        json::flatten("working_directory", cause.get("working_directory").unwrap_or(&Json::Null), &mut attributes);
        ErrorRecord {
            source: Source::Xray,
            id: key(head),
            trace: Some(span.trace),
            span: Some(span.id),
            time: span.end.unwrap_or(span.start),
            clock_ns: CLOCK_NS,
            level: "error".to_owned(),
            class: text(head, "type"),
            message: text(head, "message"),
            frames: frames(head, outward),
            causes,
            service: span.service.clone(),
            url: console(span.trace),
            attributes,
            raw: None,
        }
    };
    heads.into_iter().map(record).collect()
}

/// The frames innermost first. X-Ray's own SDK for Python sends the outermost first, every other sender the innermost.
fn frames(exception: &Json, opentelemetry: bool) -> Vec<Frame> {
    let frame = |json: &Json| Frame {
        file: text(json, "path"),
        line: json.get("line").and_then(Json::as_u64).and_then(|line| u32::try_from(line).ok()).filter(|line| *line > 0),
        function: text(json, "label"),
        ..Frame::default()
    };
    let mut frames: Vec<Frame> = each(exception, "stack").take(500).map(frame).collect();
    #[expect(clippy::case_sensitive_file_extension_comparisons, reason = "Python modules are lower case")]
    let python = frames.first().is_some_and(|frame| frame.file.ends_with(".py"));
    if python && !opentelemetry {
        frames.reverse();
    }
    frames
}

/// Other IDs of the same request that the application put into annotations or metadata.
fn join(span: &SpanRecord, aliases: &mut Aliases) {
    for (key, value) in &span.attributes {
        let own = key.strip_prefix("annotations.").or_else(|| Some(key.strip_prefix("metadata.")?.split_once('.')?.1));
        let other = own.filter(|own| ids::names_trace(own)).and_then(|_| ids::in_value(value.as_text()?));
        if let Some(other) = other {
            aliases.join(span.trace, other, || format!("an X-Ray segment carries the other ID in {key}"), &format!("{key}={value}"));
        }
    }
}

/// A trace summary as a request; `None` without a usable ID and time.
pub fn summary(summary: &TraceSummary) -> Option<Found> {
    let trace: TraceId = summary.id()?.parse().ok()?;
    let start = summary.start_time().or(summary.matched_event_time()).and_then(|time| UnixNs::from_float_seconds(time.as_secs_f64()))?;
    let http = summary.http();
    let status = match (summary.has_fault(), summary.has_throttle(), summary.has_error(), summary.is_partial()) {
        (Some(true), ..) => Status::Fault,
        (_, Some(true), ..) => Status::Throttle,
        (_, _, Some(true), _) => Status::Error,
        (_, _, _, Some(true)) => Status::Unset,
        _ => Status::Ok,
    };
    let service = summary.entry_point().and_then(|entry| entry.name()).unwrap_or_default().to_owned();
    let path = http
        .and_then(|http| http.http_url())
        .map(|url| reqwest::Url::parse(url).map_or_else(|_| url.to_owned(), |url| url.path().to_owned()));
    let name = match (http.and_then(|http| http.http_method()), path) {
        (Some(method), Some(path)) => format!("{} {path}", method.to_ascii_uppercase()),
        (None, Some(path)) => path,
        _ => service.clone(),
    };
    let annotations =
        || summary.annotations().into_iter().flatten().flat_map(|(key, values)| values.iter().map(move |value| (key.as_str(), value)));
    let text = |value: &AnnotationValue| value.as_string_value().ok().cloned();
    let mut also: Vec<TraceId> = annotations()
        .filter(|(key, _)| ids::names_trace(key))
        .filter_map(|(_, value)| ids::in_value(&text(value.annotation_value()?)?))
        .filter(|other| *other != trace)
        .collect();
    also.sort_unstable();
    also.dedup();
    let demo = annotations().filter(|(key, _)| *key == "throughline_demo" || *key == "throughline.demo").any(|(_, value)| {
        value.annotation_value().is_some_and(|value| value.as_boolean_value() == Ok(&true) || text(value).as_deref() == Some("true"))
    });
    let duration_ns = summary.duration().filter(|seconds| (0.0..1e9).contains(seconds));
    Some(Found {
        trace,
        also,
        start,
        #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
        duration_ns: duration_ns.map(|seconds| (seconds * 1e9).round() as i64),
        service,
        name,
        status,
        http_status: http.and_then(aws_sdk_xray::types::Http::http_status).and_then(|status| json::http_status(&status.into())),
        counts: Counts::default(),
        demo,
    })
}

fn is_subsegment(json: &Json) -> bool {
    json.get("type").and_then(Json::as_str) == Some("subsegment")
}

fn name(json: &Json) -> &str {
    json.get("name").and_then(Json::as_str).unwrap_or_default()
}

fn flag(json: &Json, key: &str) -> bool {
    json.get(key).and_then(Json::as_bool).unwrap_or_default()
}

fn id(json: &Json, key: &str) -> Option<SpanId> {
    json.get(key)?.as_str()?.parse().ok()
}

/// A member as text, whatever its type; empty if absent.
fn text(json: &Json, key: &str) -> String {
    json.get(key).and_then(json::value).as_ref().map(Value::to_string).unwrap_or_default()
}
