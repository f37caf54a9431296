//! An exception as one source saw it.

use crate::{Attributes, Source, SpanId, TraceId, UnixNs};
use serde::{Deserialize, Serialize};

/// One exception: a Rollbar occurrence, an X-Ray `cause`, an OpenTelemetry `exception` event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorRecord {
    /// Who reports it.
    pub source: Source,
    /// The vendor's own identity (Rollbar's uuid, X-Ray's exception ID), which makes duplicates recognisable; empty if none.
    pub id: String,
    /// The trace it names.
    pub trace: Option<TraceId>,
    /// The span it names.
    pub span: Option<SpanId>,
    /// When it happened.
    pub time: UnixNs,
    /// The step of this source's clock, in ns: 1,000,000,000 for Rollbar, whose times are whole seconds.
    pub clock_ns: i64,
    /// `critical`, `error`, `warning`, `info` or `debug`.
    pub level: String,
    /// The exception's class.
    pub class: String,
    /// Its message.
    pub message: String,
    /// The stack, innermost (failing) frame first.
    pub frames: Vec<Frame>,
    /// The exceptions that caused this one, nearest first.
    pub causes: Vec<Cause>,
    /// The service it happened in; empty if unknown.
    pub service: String,
    /// Where the vendor shows it; empty if nowhere.
    pub url: String,
    /// Everything else, flattened with dots.
    pub attributes: Attributes,
    /// The vendor's own document, as text, where there is one.
    pub raw: Option<String>,
}

/// One exception further down the chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cause {
    /// Its class.
    pub class: String,
    /// Its message.
    pub message: String,
    /// Its stack, innermost frame first.
    pub frames: Vec<Frame>,
}

/// One frame of a stack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// The file.
    pub file: String,
    /// The line in it, from 1.
    pub line: Option<u32>,
    /// The function.
    pub function: String,
    /// The source line itself, if the SDK sent it.
    pub code: String,
    /// Source lines before it.
    pub before: Vec<String>,
    /// Source lines after it.
    pub after: Vec<String>,
}
