//! What OpenTelemetry exports, as OTLP.

use super::MARK;
use crate::story::{Exception, Kind, Process, Shape, Step, Story, flag, text};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The SDKs' batch processor sends at most so many spans at once.
const SPANS_AN_EXPORT: usize = 512;
/// Sampled, and known not to be the child of a span elsewhere.
const FLAGS: u32 = 0x101;
const STATUS_ERROR: i32 = 2;

/// Each process exports for itself, in batches, a span when it ends.
pub fn exports(stories: &[Story]) -> Vec<ExportTraceServiceRequest> {
    let mut exports = Vec::new();
    for process in [Process::Frontend, Process::Backend, Process::Worker] {
        let mut spans: Vec<(&'static str, Span)> = stories.iter().flat_map(|story| spans(story, process)).collect();
        spans.sort_by_key(|(_, span)| span.end_time_unix_nano);
        for batch in spans.chunks(SPANS_AN_EXPORT) {
            exports.push(export(process, batch));
        }
    }
    exports
}

fn export(process: Process, batch: &[(&'static str, Span)]) -> ExportTraceServiceRequest {
    let mut scopes: BTreeMap<&'static str, Vec<Span>> = BTreeMap::new();
    for (scope, span) in batch {
        scopes.entry(scope).or_default().push(span.clone());
    }
    let scope_spans = scopes
        .into_iter()
        .map(|(name, spans)| ScopeSpans {
            scope: Some(InstrumentationScope { name: name.to_owned(), version: "0.66b1".to_owned(), ..Default::default() }),
            spans,
            schema_url: String::new(),
        })
        .collect();
    let resource = Resource { attributes: resource(process), ..Default::default() };
    ExportTraceServiceRequest { resource_spans: vec![ResourceSpans { resource: Some(resource), scope_spans, schema_url: String::new() }] }
}

fn resource(process: Process) -> Vec<KeyValue> {
    let (language, version) = if process == Process::Frontend { ("webjs", "2.2.0") } else { ("python", "1.45.1") };
    vec![
        text("telemetry.sdk.language", language),
        text("telemetry.sdk.name", "opentelemetry"),
        text("telemetry.sdk.version", version),
        text("service.name", service(process)),
        text("service.version", "1.14.2"),
        text("deployment.environment", "production"),
        flag(MARK, true),
    ]
}

/// `service.name`.
pub fn service(process: Process) -> &'static str {
    match process {
        Process::Frontend => "frontend",
        Process::Backend => "backend-flask",
        Process::Worker => "message-worker",
    }
}

fn scope(step: &Step) -> &'static str {
    let is_database = step.attributes.iter().any(|attribute| attribute.key == "db.system");
    match (step.process, step.kind) {
        (Process::Frontend, _) => "@opentelemetry/instrumentation-fetch",
        (_, Kind::Server) => "opentelemetry.instrumentation.flask",
        (_, Kind::Producer | Kind::Consumer) => "opentelemetry.instrumentation.boto3sqs",
        (_, Kind::Client) if is_database => "opentelemetry.instrumentation.psycopg",
        _ => "cruddur",
    }
}

fn spans(story: &Story, process: Process) -> impl Iterator<Item = (&'static str, Span)> {
    let recorded = story.steps.iter().filter(move |step| step.otel && !step.lost && step.process == process);
    recorded.map(|step| (scope(step), span(story, step)))
}

fn span(story: &Story, step: &Step) -> Span {
    let trace_id = story.otel_trace.to_be_bytes().to_vec();
    let parent = story.above(step, |above| above.otel);
    let mut attributes = step.attributes.clone();
    if step.kind == Kind::Server
        && story.shape == Shape::Shared
        && let Some(parent) = parent
    {
        attributes.push(captured_header(&format!("Root={};Parent={:016x};Sampled=1", story.xray_spelling(), parent.id)));
    }
    // The app records an exception on the innermost span; what the X-Ray SDK records stands in the segment.
    let recorded = step.exception.as_ref().filter(|_| step.kind == Kind::Internal);
    let message = step.exception.as_ref().map(|exception| format!("{}: {}", exception.class, exception.message));
    let link = step.link.and_then(|index| story.steps.get(index));
    Span {
        trace_id: trace_id.clone(),
        span_id: step.id.to_be_bytes().to_vec(),
        parent_span_id: parent.map(|parent| parent.id.to_be_bytes().to_vec()).unwrap_or_default(),
        flags: FLAGS,
        name: step.name.clone(),
        kind: step.kind as i32,
        start_time_unix_nano: unsigned(step.start_ns),
        end_time_unix_nano: unsigned(step.end_ns),
        attributes,
        events: recorded.map(event).into_iter().collect(),
        links: link
            .map(|link| Link { trace_id, span_id: link.id.to_be_bytes().to_vec(), flags: FLAGS, ..Default::default() })
            .into_iter()
            .collect(),
        status: step.failed.then(|| Status { code: STATUS_ERROR, message: message.unwrap_or_default() }),
        ..Default::default()
    }
}

fn unsigned(ns: i64) -> u64 {
    u64::try_from(ns).unwrap_or(0)
}

/// A captured header is a list of texts, under a name with underscores, as OpenTelemetry for Python writes it.
fn captured_header(value: &str) -> KeyValue {
    let values = vec![AnyValue { value: Some(any_value::Value::StringValue(value.to_owned())) }];
    KeyValue {
        key: "http.request.header.x_amzn_trace_id".to_owned(),
        value: Some(AnyValue { value: Some(any_value::Value::ArrayValue(ArrayValue { values })) }),
        ..Default::default()
    }
}

fn event(exception: &Exception) -> Event {
    Event {
        time_unix_nano: unsigned(exception.time_ns),
        name: "exception".to_owned(),
        attributes: vec![
            text("exception.type", exception.class),
            text("exception.message", exception.message.clone()),
            text("exception.stacktrace", traceback(exception)),
            text("exception.escaped", "False"),
        ],
        ..Default::default()
    }
}

/// As Python prints it: most recent call last.
pub fn traceback(exception: &Exception) -> String {
    let mut text = String::from("Traceback (most recent call last):\n");
    for frame in exception.frames {
        let _ = write!(text, "  File \"{}\", line {}, in {}\n    {}\n", frame.file, frame.line, frame.function, frame.code);
    }
    let _ = writeln!(text, "{}: {}", exception.class, exception.message);
    text
}
