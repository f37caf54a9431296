//! Occurrences as errors.

use super::wire::Instance;
use crate::ids::{self, Aliases};
use crate::json;
use model::error::Cause;
use model::{Attributes, ErrorRecord, Frame, Source, SpanId, TraceId, UnixNs};
use serde_json::{Map, Value as Json};

/// Rollbar's times are whole seconds.
const CLOCK_NS: i64 = model::time::SECOND;
/// What an occurrence says beside its body.
const KEPT: &[&str] = &[
    "request",
    "person",
    "server",
    "client",
    "custom",
    "environment",
    "framework",
    "language",
    "platform",
    "context",
    "code_version",
    "title",
];

/// The IDs that an occurrence carries, the most telling place first. It is the same for every search that finds the occurrence.
#[derive(Debug, Default)]
pub struct Ids {
    /// Each with its place: `custom.trace_id`, and the text there.
    pub traces: Vec<(TraceId, String, String)>,
    /// The span that stands beside the first.
    pub span: Option<SpanId>,
}

impl Ids {
    /// Looks in every place where SDKs and applications leave IDs.
    pub fn of(data: &Map<String, Json>) -> Self {
        let mut ids = Self::default();
        let body = data.get("body");
        let message = body.and_then(|body| body.get("message"));
        let extra = body.and_then(|body| body.get("trace")?.get("extra"));
        ids.members("custom", data.get("custom").and_then(Json::as_object));
        ids.members("body.message", message.and_then(Json::as_object));
        ids.members("body.message.extra", message.and_then(|message| message.get("extra")?.as_object()));
        ids.members("body.trace.extra", extra.and_then(Json::as_object));
        ids.members("data", Some(data));
        ids.members("request.headers", data.get("request").and_then(|request| request.get("headers")?.as_object()));
        // Rollbar's own browser tracing writes here too, with random IDs of its own: the last resort.
        let attributes = data.get("attributes").and_then(Json::as_array).into_iter().flatten();
        for (key, value) in attributes.filter_map(|entry| Some((entry.get("key")?.as_str()?, entry.get("value")?.as_str()?))) {
            ids.note("attributes", key, value);
        }
        ids
    }

    fn members(&mut self, place: &str, members: Option<&Map<String, Json>>) {
        for (key, value) in members.into_iter().flatten().take(1_000) {
            if let Some(text) = value.as_str() {
                self.note(place, key, text);
            }
        }
    }

    fn note(&mut self, place: &str, key: &str, text: &str) {
        if ids::names_trace(key) {
            let known = |id| self.traces.iter().any(|(known, ..)| *known == id);
            if let Some(id) = ids::in_value(text).filter(|id| self.traces.len() < 16 && !known(*id)) {
                self.traces.push((id, format!("{place}.{key}"), text.trim().to_owned()));
            }
        } else if matches!(key, "span_id" | "spanId" | "otelSpanID" | "opentracing_span_id") {
            self.span = self.span.or_else(|| text.trim().parse().ok());
        }
    }

    /// Whether any of these traces is among them.
    pub fn name_any(&self, traces: &[TraceId]) -> bool {
        self.traces.iter().any(|(id, ..)| traces.contains(id))
    }

    /// What joins the IDs: from one that was searched for to each of the others, those of Rollbar's own tracing left out.
    pub fn join(&self, traces: &[TraceId], aliases: &mut Aliases) {
        let Some(from) = self.traces.iter().position(|(id, ..)| traces.contains(id)) else { return };
        for to in (0..self.traces.len()).filter(|to| *to != from) {
            // The same words from whichever of the two the occurrence was found by.
            let pair = (self.traces.get(from.min(to)), self.traces.get(from.max(to)));
            let (Some((one, place, text)), Some((two, other_place, other_text))) = pair else { continue };
            if other_place.starts_with("attributes.") {
                continue;
            }
            let (from, to) = if to > from { (*one, *two) } else { (*two, *one) };
            let because = || format!("a Rollbar occurrence carries both, in {place} and {other_place}");
            aliases.join(from, to, because, &format!("{place}={text} {other_place}={other_text}"));
        }
    }
}

/// An occurrence as an error; `None` without a usable time.
pub fn occurrence(instance: &Instance, ids: &Ids, local: bool) -> Option<ErrorRecord> {
    let data = &instance.data;
    let text = |key: &str| data.get(key).and_then(Json::as_str).unwrap_or_default();
    let body = data.get("body").unwrap_or(&Json::Null);
    let mut chain = chain(body).into_iter();
    let head = chain.next().unwrap_or(Cause { class: String::new(), message: text("title").to_owned(), frames: Vec::new() });
    let uuid = text("uuid");
    let level = match (text("level"), head.class.is_empty()) {
        ("", true) => "info",
        ("", false) => "error",
        (level, _) => level,
    };
    Some(ErrorRecord {
        source: Source::Rollbar,
        id: if uuid.is_empty() { instance.id.to_string() } else { uuid.to_owned() },
        trace: ids.traces.first().map(|(id, ..)| *id),
        span: ids.span,
        time: time(instance)?,
        clock_ns: CLOCK_NS,
        level: level.to_owned(),
        class: head.class,
        message: head.message,
        frames: head.frames,
        causes: chain.collect(),
        service: service(data),
        url: if local || uuid.is_empty() { String::new() } else { link(uuid) },
        attributes: attributes(instance),
        raw: Some(Json::Object(data.clone()).to_string()),
    })
}

/// When it happened: what the SDK says, else when Rollbar got it. Seconds; a value that would lie beyond the year 5000 is milliseconds.
pub fn time(instance: &Instance) -> Option<UnixNs> {
    let times = [instance.data.get("timestamp"), Some(&instance.timestamp)];
    let seconds = times.into_iter().flatten().filter_map(json::number).find(|seconds| *seconds > 0.0)?;
    UnixNs::from_float_seconds(if seconds > 1e11 { seconds / 1_000.0 } else { seconds })
}

/// The exceptions, outermost first, which is the one that was not caught; each further one caused the one before.
fn chain(body: &Json) -> Vec<Cause> {
    if let Some(chain) = body.get("trace_chain").and_then(Json::as_array) {
        return chain.iter().take(100).map(trace).collect();
    }
    if let Some(one) = body.get("trace") {
        return vec![trace(one)];
    }
    let plain = body.get("message").and_then(|message| message.get("body")).or_else(|| body.get("crash_report")?.get("raw"));
    let message = plain.and_then(json::value).map(|value| value.to_string()).unwrap_or_default();
    if message.is_empty() { Vec::new() } else { vec![Cause { class: String::new(), message, frames: Vec::new() }] }
}

fn trace(json: &Json) -> Cause {
    let exception = |key: &str| text(json.get("exception").unwrap_or(&Json::Null), key);
    // The most recent call comes last.
    let frames = json.get("frames").and_then(Json::as_array).into_iter().flatten().rev().take(500).map(frame).collect();
    Cause { class: exception("class"), message: exception("message"), frames }
}

fn frame(json: &Json) -> Frame {
    let lines = |key: &str| {
        let lines = json.get("context").and_then(|context| context.get(key)?.as_array());
        lines.into_iter().flatten().take(50).filter_map(Json::as_str).map(str::to_owned).collect()
    };
    let (class, method) = (text(json, "class_name"), text(json, "method"));
    Frame {
        file: text(json, "filename"),
        line: json.get("lineno").and_then(Json::as_u64).and_then(|line| u32::try_from(line).ok()).filter(|line| *line > 0),
        function: if class.is_empty() { method } else { format!("{class}.{method}") },
        code: text(json, "code"),
        before: lines("pre"),
        after: lines("post"),
    }
}

/// Rollbar itself knows projects and hosts, no services; applications name them among their custom fields.
fn service(data: &Map<String, Json>) -> String {
    let custom = data.get("custom").unwrap_or(&Json::Null);
    let names = ["service", "service.name", "service_name", "otel.service.name", "otelServiceName"];
    json::text(custom, &names).unwrap_or_default().to_owned()
}

fn attributes(instance: &Instance) -> Attributes {
    let mut attributes = Attributes::new();
    for key in KEPT {
        json::flatten(key, instance.data.get(*key).unwrap_or(&Json::Null), &mut attributes);
    }
    if let Some(item) = instance.item_id {
        attributes.insert("rollbar.item_id".to_owned(), item.into());
    }
    attributes
}

/// Whether it carries the mark of the sample traffic.
pub fn demo(instance: &Instance) -> bool {
    let custom = instance.data.get("custom");
    let marks = ["throughline.demo", "throughline_demo"];
    marks.iter().filter_map(|mark| custom?.get(*mark)).any(|mark| mark == &Json::Bool(true) || mark == "true")
}

/// A redirect of Rollbar's to the occurrence: <https://docs.rollbar.com/docs/uuids>.
fn link(uuid: &str) -> String {
    let mut query = reqwest::Url::parse("https://rollbar.com/occurrence/uuid/").ok();
    if let Some(url) = &mut query {
        url.query_pairs_mut().append_pair("uuid", uuid);
    }
    query.map(String::from).unwrap_or_default()
}

fn text(json: &Json, key: &str) -> String {
    json.get(key).and_then(json::value).map(|value| value.to_string()).unwrap_or_default()
}
