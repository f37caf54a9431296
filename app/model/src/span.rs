//! A span as one source saw it.

use crate::{Attributes, ErrorRecord, Source, SpanId, Status, TraceId, UnixNs};
use serde::{Deserialize, Serialize};

/// One span, segment or subsegment as one source reports it. [`crate::assemble`] merges several of these into one row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpanRecord {
    /// Who reports it.
    pub source: Source,
    /// The trace it belongs to, in this source's own spelling of the request.
    pub trace: TraceId,
    /// Unique within the trace.
    pub id: SpanId,
    /// The span that caused it, if this source knows one.
    pub parent: Option<SpanId>,
    /// `service.name`, or the name of the segment that encloses it; empty if unknown.
    pub service: String,
    /// The operation: OpenTelemetry's span name, or a segment's name.
    pub name: String,
    /// Its role in a call.
    pub kind: SpanKind,
    /// When it began.
    pub start: UnixNs,
    /// When it ended; `None` while it is in progress.
    pub end: Option<UnixNs>,
    /// The step of this source's clock, in ns: 1 for OTLP, 1,000 for X-Ray's float seconds. The finest wins a merge.
    pub clock_ns: i64,
    /// How it ended.
    pub status: Status,
    /// Made up by the vendor for a callee that sends nothing itself (X-Ray's inferred segments).
    pub inferred: bool,
    /// What HTTP call it serves or makes.
    pub http: Option<Http>,
    /// Everything else, flattened with dots.
    pub attributes: Attributes,
    /// Things that happened in it, other than exceptions.
    pub events: Vec<SpanEvent>,
    /// Spans it points at, in this trace or others.
    pub links: Vec<SpanLink>,
    /// Exceptions recorded on it (X-Ray `cause`, OpenTelemetry `exception` events).
    pub exceptions: Vec<ErrorRecord>,
    /// The vendor's own document, as text, where there is one.
    pub raw: Option<String>,
}

/// The HTTP part of a span.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Http {
    /// In upper case.
    pub method: Option<String>,
    /// The path, or the whole URL where that is what the source has.
    pub url: Option<String>,
    /// The status code answered.
    pub status: Option<u16>,
}

/// Its role in a call, as OpenTelemetry names them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SpanKind {
    /// Nobody said.
    #[default]
    Unspecified,
    /// Work inside one service.
    Internal,
    /// Serves a call.
    Server,
    /// Makes a call.
    Client,
    /// Puts a message on a queue.
    Producer,
    /// Takes a message from a queue.
    Consumer,
}

impl SpanKind {
    /// The name in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::Internal => "internal",
            Self::Server => "server",
            Self::Client => "client",
            Self::Producer => "producer",
            Self::Consumer => "consumer",
        }
    }

    /// The reverse of [`SpanKind::as_str`]; anything unknown is unspecified.
    pub fn from_name(name: &str) -> Self {
        match name {
            "internal" => Self::Internal,
            "server" => Self::Server,
            "client" => Self::Client,
            "producer" => Self::Producer,
            "consumer" => Self::Consumer,
            _ => Self::Unspecified,
        }
    }
}

/// Something that happened at a moment within a span.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpanEvent {
    /// When.
    pub time: UnixNs,
    /// What.
    pub name: String,
    /// The rest.
    pub attributes: Attributes,
}

/// A pointer from one span to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpanLink {
    /// The other trace.
    pub trace: TraceId,
    /// The other span, if named.
    pub span: Option<SpanId>,
    /// The rest.
    pub attributes: Attributes,
}
