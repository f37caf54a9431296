//! How OTLP becomes Honeycomb events: the rules of the vendor's own translator.
//!
//! Base fields, then the resource's attributes, the scope's, the item's; later ones win.
//! <https://github.com/honeycombio/husky/tree/main/otlp>

use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use prost::Message;

use super::entries::signed;
use super::row::{Fields, Row, Wanted, json_text};
use crate::ids;
use crate::otlp::walk::{self, Group};
use crate::otlp::wire::{Fields as WireFields, Value as WireValue};

/// Scopes whose names begin so were written by an instrumentation library, not by hand.
const INSTRUMENTATION_LIBRARIES: [&str; 6] = [
    "io.opentelemetry",
    "opentelemetry.instrumentation",
    "OpenTelemetry.Instrumentation",
    "OpenTelemetry::Instrumentation",
    "go.opentelemetry.io/contrib/instrumentation",
    "@opentelemetry/instrumentation",
];

/// The dataset of a resource: its service.
pub fn dataset_of(resource: &[u8], is_log: bool) -> String {
    let service = walk::attributes(resource, 1).map(walk::key_and_value).filter(|(key, _)| *key == "service.name").last();
    let name = service.and_then(|(_, value)| match WireFields::new(value).last() {
        Some(Ok((1, WireValue::Bytes(text)))) => std::str::from_utf8(text).ok(),
        _ => None,
    });
    match name.map(str::trim) {
        Some(name) if !name.is_empty() && !name.starts_with("unknown_service") => name.to_owned(),
        _ if is_log => "unknown_log_source".to_owned(),
        _ => "unknown_service".to_owned(),
    }
}

/// What the resource of a group gives to every row in it.
pub fn resource_fields<'a>(group: &Group<'_>, wanted: &'a Wanted) -> Fields<'a> {
    let mut fields = Fields::new(wanted);
    if let Ok(resource) = Resource::decode(group.common) {
        fields.attributes(&resource.attributes);
    }
    if !group.schema_url.is_empty() {
        fields.text("resource.schema_url", group.schema_url);
    }
    fields
}

/// What the scope of a group gives to every row in it.
pub fn scope_fields<'a>(group: &Group<'_>, wanted: &'a Wanted) -> Fields<'a> {
    let mut fields = Fields::new(wanted);
    if let Ok(scope) = InstrumentationScope::decode(group.common) {
        if !scope.name.is_empty() {
            fields.text("library.name", &scope.name);
            if INSTRUMENTATION_LIBRARIES.iter().any(|prefix| scope.name.starts_with(prefix)) {
                fields.put("telemetry.instrumentation_library", true);
            }
        }
        if !scope.version.is_empty() {
            fields.text("library.version", &scope.version);
        }
        fields.attributes(&scope.attributes);
    }
    if !group.schema_url.is_empty() {
        fields.text("scope.schema_url", group.schema_url);
    }
    fields
}

/// The rows of one span: its events, its links, itself. Nothing if it was left out on arrival.
pub fn span_rows(span: &[u8], common: &Fields<'_>, wanted: &Wanted, sink: &mut dyn FnMut(Row)) {
    let Ok(span) = Span::decode(span) else { return };
    let (Some(trace), Some(id)) = (ids::trace_id(&span.trace_id), ids::span_id(&span.span_id)) else { return };
    let rows =
        SpanRows { trace: ids::trace_id_text(trace), id: format!("{id:016x}"), is_error: status(&span).1, span: &span, common, wanted };
    let own = rows.own();
    let rate = own.sample_rate(&span.trace_state);
    let start_ns = signed(span.start_time_unix_nano);
    for event in &span.events {
        sink(rows.event(event).into_row(signed(event.time_unix_nano), rate));
    }
    for link in &span.links {
        sink(rows.link(link).into_row(start_ns, rate));
    }
    sink(own.into_row(start_ns, rate));
}

fn status(span: &Span) -> (i32, bool) {
    let code = span.status.as_ref().map_or(0, |status| status.code);
    (code, code == 2)
}

struct SpanRows<'a> {
    span: &'a Span,
    trace: String,
    id: String,
    is_error: bool,
    common: &'a Fields<'a>,
    wanted: &'a Wanted,
}

impl<'a> SpanRows<'a> {
    fn own(&self) -> Fields<'a> {
        let span = self.span;
        let mut fields = Fields::new(self.wanted);
        fields.text("trace.trace_id", &self.trace);
        fields.text("trace.span_id", &self.id);
        fields.text("type", kind(span.kind));
        fields.text("span.kind", kind(span.kind));
        fields.text("name", &span.name);
        fields.put("status_code", status(span).0);
        fields.put("span.num_links", span.links.len());
        fields.put("span.num_events", span.events.len());
        fields.text("meta.signal_type", "trace");
        fields.put("duration_ms", ms_between(span.start_time_unix_nano, span.end_time_unix_nano));
        if span.end_time_unix_nano < span.start_time_unix_nano {
            fields.put("meta.invalid_duration", true);
        }
        if walk::is_parent(&span.parent_span_id) {
            fields.text("trace.parent_id", &span_id_text(&span.parent_span_id));
        }
        if self.is_error {
            fields.put("error", true);
        }
        if let Some(status) = span.status.as_ref().filter(|status| !status.message.is_empty()) {
            fields.text("status_message", &status.message);
        }
        if !span.trace_state.is_empty() {
            fields.text("trace.trace_state", &span.trace_state);
        }
        fields.extend(self.common);
        fields.attributes(&span.attributes);
        if let Some(exception) = span.events.iter().find(|event| event.name == "exception") {
            for attribute in &exception.attributes {
                let is_copied =
                    matches!(attribute.key.as_str(), "exception.message" | "exception.type" | "exception.stacktrace" | "exception.escaped")
                        && !fields.map.contains_key(&attribute.key);
                if let Some(value) = attribute.value.as_ref().filter(|_| is_copied) {
                    fields.attribute(&attribute.key, value, 0);
                }
            }
        }
        fields
    }

    fn event(&self, event: &Event) -> Fields<'a> {
        let mut fields = self.annotation("span_event");
        fields.text("name", &event.name);
        fields.put("meta.time_since_span_start_ms", ms_between(self.span.start_time_unix_nano, event.time_unix_nano));
        fields.extend(self.common);
        fields.attributes(&event.attributes);
        if self.is_error {
            fields.put("error", true);
        }
        fields
    }

    fn link(&self, link: &Link) -> Fields<'a> {
        let mut fields = self.annotation("link");
        let trace = ids::trace_id(&link.trace_id).map_or_else(|| ids::hex(&link.trace_id), ids::trace_id_text);
        fields.text("trace.link.trace_id", &trace);
        fields.text("trace.link.span_id", &span_id_text(&link.span_id));
        fields.extend(self.common);
        fields.attributes(&link.attributes);
        if self.is_error {
            fields.put("error", true);
        }
        fields
    }

    fn annotation(&self, kind: &str) -> Fields<'a> {
        let mut fields = Fields::new(self.wanted);
        fields.text("trace.trace_id", &self.trace);
        fields.text("trace.parent_id", &self.id);
        fields.text("parent_name", &self.span.name);
        fields.text("meta.annotation_type", kind);
        fields.text("meta.signal_type", "trace");
        fields
    }
}

fn span_id_text(bytes: &[u8]) -> String {
    ids::span_id(bytes).map_or_else(|| ids::hex(bytes), |id| format!("{id:016x}"))
}

/// Never negative: what ends before it begins took no time.
fn ms_between(start_ns: u64, end_ns: u64) -> f64 {
    end_ns.saturating_sub(start_ns) as f64 / 1e6
}

fn kind(kind: i32) -> &'static str {
    match kind {
        1 => "internal",
        2 => "server",
        3 => "client",
        4 => "producer",
        5 => "consumer",
        _ => "unspecified",
    }
}

/// The row of a log record. Nothing if it was left out on arrival.
pub fn log_row(record: &[u8], arrival_ms: i64, common: &Fields<'_>, wanted: &Wanted, sink: &mut dyn FnMut(Row)) {
    let Ok(record) = LogRecord::decode(record) else { return };
    let mut fields = Fields::new(wanted);
    if !record.trace_id.is_empty() {
        let Some(trace) = ids::trace_id(&record.trace_id) else { return };
        fields.text("trace.trace_id", &ids::trace_id_text(trace));
        fields.text("meta.annotation_type", "span_event");
    }
    if ids::span_id(&record.span_id).is_some() {
        fields.text("trace.parent_id", &span_id_text(&record.span_id));
    }
    fields.text("severity", severity(record.severity_number));
    fields.put("severity_code", record.severity_number);
    fields.text("meta.signal_type", "log");
    fields.put("flags", record.flags);
    if !record.severity_text.is_empty() {
        fields.text("severity_text", &record.severity_text);
    }
    if !record.event_name.is_empty() {
        fields.text("event.name", &record.event_name);
    }
    if let Some(body) = &record.body {
        fields.attribute("body", body, 0);
        if wanted.has("body") && !fields.map.contains_key("body") && body.value.is_some() {
            fields.text("body", &json_text(body.value.as_ref()));
        }
    }
    fields.extend(common);
    fields.attributes(&record.attributes);
    let rate = fields.sample_rate("");
    let times = [record.time_unix_nano, record.observed_time_unix_nano];
    let time_ns = times.into_iter().find(|ns| *ns != 0).map_or_else(|| arrival_ms.saturating_mul(1_000_000), signed);
    sink(fields.into_row(time_ns, rate));
}

fn severity(number: i32) -> &'static str {
    match number {
        1..=4 => "trace",
        5..=8 => "debug",
        9..=12 => "info",
        13..=16 => "warn",
        17..=20 => "error",
        21..=24 => "fatal",
        _ => "unspecified",
    }
}
