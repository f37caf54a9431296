//! Finds a trace ID in whatever a person pastes.

use crate::{SpanId, TraceId};
use std::ops::Range;

/// What was found, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// The trace.
    pub trace: TraceId,
    /// The span that was named beside it, if any (`traceparent`, `1-…@segment`, `Parent=`, a vendor URL).
    pub span: Option<SpanId>,
    /// How it was written.
    pub spelling: Spelling,
    /// The bytes of the input that are the ID itself.
    pub range: Range<usize>,
}

/// How an ID was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Spelling {
    /// 32 hex digits.
    Hex,
    /// `1-8hex-24hex`.
    Xray,
    /// `00-32hex-16hex-01`.
    Traceparent,
    /// `Root=1-…;Parent=…;Sampled=1`.
    XrayHeader,
    /// `8-4-4-4-12`.
    Uuid,
}
