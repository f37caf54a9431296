//! One request, assembled: the tree, the lines and errors placed on it, and what each source had to say.

use crate::error::Cause;
use crate::log::Severity;
use crate::span::Http;
use crate::{Alias, Frame, Source, SourceSet, SpanEvent, SpanId, SpanKind, SpanLink, Status, TraceId, UnixNs, Value, Verdict};
use serde::{Deserialize, Serialize};

/// The whole request as [`crate::assemble`] makes it. The same pieces in any order, split or doubled, give the same value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The ID that was asked for.
    pub id: TraceId,
    /// Every trace ID of the request, `id` first, then ascending.
    pub traces: Vec<TraceId>,
    /// Why the others are the same request.
    pub aliases: Vec<Alias>,
    /// When the first span began; without spans, the earliest log line or error; 0 if there is nothing. Lines and errors may be earlier.
    pub start: UnixNs,
    /// To the end of the last span, else to the latest log line or error, in ns; never negative.
    pub duration_ns: i64,
    /// In order of display: pre-order, siblings by start.
    pub spans: Vec<Span>,
    /// By time.
    pub logs: Vec<Log>,
    /// By time.
    pub errors: Vec<RequestError>,
    /// One for each source, in order of display.
    pub verdicts: Vec<Verdict>,
}

/// One row of the tree: a span as all sources together know it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// Its ID.
    pub id: SpanId,
    /// The parent's ID as the sources name it, also when that span is not here.
    pub parent: Option<SpanId>,
    /// The parent's index in [`Request::spans`]; `None` at the top. Always smaller than this span's own index.
    pub parent_index: Option<u32>,
    /// 0 at the top.
    pub depth: u32,
    /// The trace it belongs to.
    pub trace: TraceId,
    /// OpenTelemetry's `service.name` if any source has one, else the segment's name.
    pub service: String,
    /// OpenTelemetry's span name, else method and path of a segment, else its name.
    pub name: String,
    /// Its role in a call.
    pub kind: SpanKind,
    /// By the finest clock.
    pub start: UnixNs,
    /// By the finest clock, never negative; up to the last sign of life while in progress.
    pub duration_ns: i64,
    /// The worst that any source says.
    pub status: Status,
    /// Who knows it.
    pub sources: SourceSet,
    /// Nobody saw its end yet.
    pub in_progress: bool,
    /// Made up by the vendor for a callee that sends nothing itself.
    pub inferred: bool,
    /// It names a parent that nobody sent, or that would close a circle; shown at the top, marked.
    pub orphan: bool,
    /// What HTTP call it serves or makes.
    pub http: Option<Http>,
    /// By key, then by who says so.
    pub attributes: Vec<Attribute>,
    /// By time.
    pub events: Vec<SpanEvent>,
    /// As sent.
    pub links: Vec<SpanLink>,
    /// What sources disagree on, times only from 1 ms on: `(field, source, its value as text)`.
    pub differences: Vec<Difference>,
    /// The vendors' own documents.
    pub raw: Vec<(Source, String)>,
}

/// One attribute, and who says so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attribute {
    /// The key.
    pub key: String,
    /// The value.
    pub value: Value,
    /// Whose; two entries with one key where they disagree.
    pub sources: SourceSet,
}

/// A field on which a source says something other than what is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// `start`, `duration`, `name`, `service`, `status`, `parent`, `kind`.
    pub field: String,
    /// Who says otherwise.
    pub source: Source,
    /// What it says, as text.
    pub value: String,
}

/// How a log line or an error came to its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlacedBy {
    /// It names the span.
    Span,
    /// The innermost span of its service at its time.
    Time,
    /// Nothing better: it belongs to the request as a whole.
    Trace,
}

impl PlacedBy {
    /// The name in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Span => "span",
            Self::Time => "time",
            Self::Trace => "trace",
        }
    }
}

/// One log line on the request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Log {
    /// When.
    pub time: UnixNs,
    /// How bad.
    pub severity: Severity,
    /// Who wrote it; empty if unknown.
    pub service: String,
    /// The whole text.
    pub body: String,
    /// Who reports it.
    pub source: Source,
    /// CloudWatch's log group; empty elsewhere.
    pub log_group: String,
    /// CloudWatch's log stream; empty elsewhere.
    pub log_stream: String,
    /// The index in [`Request::spans`] of the span it belongs to.
    pub span: Option<u32>,
    /// How it came there.
    pub placed_by: PlacedBy,
    /// Fields found in the line or sent with it.
    pub attributes: Vec<Attribute>,
}

/// One error on the request. The same exception told by several sources is one of these.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestError {
    /// When, by the finest clock.
    pub time: UnixNs,
    /// `critical`, `error`, `warning`, `info` or `debug`.
    pub level: String,
    /// The exception's class.
    pub class: String,
    /// Its message.
    pub message: String,
    /// The stack, innermost (failing) frame first.
    pub frames: Vec<Frame>,
    /// The exceptions that caused it, nearest first.
    pub causes: Vec<Cause>,
    /// The service it happened in; empty if unknown.
    pub service: String,
    /// Who reports it.
    pub sources: SourceSet,
    /// Where a vendor shows it; empty if nowhere.
    pub url: String,
    /// The index in [`Request::spans`] of the span it belongs to.
    pub span: Option<u32>,
    /// How it came there.
    pub placed_by: PlacedBy,
    /// Everything else.
    pub attributes: Vec<Attribute>,
    /// The vendors' own documents.
    pub raw: Vec<(Source, String)>,
}

impl RequestError {
    /// The one source to name where there is room for one: Rollbar, whose page [`RequestError::url`] is, else the first.
    pub fn source(&self) -> Option<Source> {
        if self.sources.contains(Source::Rollbar) { Some(Source::Rollbar) } else { self.sources.iter().next() }
    }
}

impl Request {
    /// The span that speaks for the whole request: the first at the top that is not an orphan, else the first.
    pub fn root(&self) -> Option<&Span> {
        let mut top = self.spans.iter().filter(|span| span.depth == 0);
        top.clone().find(|span| !span.orphan).or_else(|| top.next())
    }

    /// The distinct services, in order of first appearance.
    pub fn services(&self) -> Vec<&str> {
        let mut services: Vec<&str> = Vec::new();
        for span in &self.spans {
            if !span.service.is_empty() && !services.contains(&span.service.as_str()) {
                services.push(&span.service);
            }
        }
        services
    }

    /// Whether any source found anything.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty() && self.logs.is_empty() && self.errors.is_empty()
    }

    /// Whether every source has ended.
    pub fn ended(&self) -> bool {
        self.verdicts.iter().all(Verdict::ended)
    }
}
