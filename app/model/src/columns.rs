//! The skeleton of a request as it travels to the browser: versioned, columnar, binary.
//!
//! It holds what every row shows and nothing more: attributes, stacks, documents and bodies beyond the first line are fetched
//! when a row is opened. Times are ns relative to [`Columns::start`], so they stay exact and small.
//!
//! The binary form is ours alone and travels only between a server and the page it served: `TLC`, a version byte, then the
//! fields in the order of [`Columns`], column by column. Whole numbers are LEB128 varints; times are zig-zag differences to the
//! row before; a parent is the distance to it (0: none); span and trace IDs are raw little-endian; texts are one table.

mod decode;
mod encode;
mod make;

#[cfg(test)]
mod tests;

pub use decode::DecodeError;

use crate::{Alias, TraceId, UnixNs, Verdict};

/// The first bytes of the binary form.
const MAGIC: [u8; 3] = *b"TLC";
/// The version of the binary form; a reader refuses any other.
const VERSION: u8 = 1;
/// All texts together are at most so long, in bytes.
const MAX_TEXT: usize = 64 << 20;

/// "No span": the value of an index that points nowhere.
pub const NONE: u32 = u32::MAX;

/// One request as columns. All vectors within one group have the same length.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    /// Which revision of the request this is, from 1.
    pub revision: u32,
    /// The ID that was asked for.
    pub id: TraceId,
    /// Every trace ID of the request, `id` first.
    pub traces: Vec<TraceId>,
    /// Why the others are the same request.
    pub aliases: Vec<Alias>,
    /// The zero of all times below.
    pub start: UnixNs,
    /// The length of the request, in ns.
    pub duration_ns: u64,
    /// Every distinct text; the other columns hold indices into it. Index 0 is the empty text.
    pub strings: Vec<String>,
    /// The spans, in order of display (pre-order).
    pub spans: SpanColumns,
    /// The log lines, by time.
    pub logs: LogColumns,
    /// The errors, by time.
    pub errors: ErrorColumns,
    /// One for each source, in order of display.
    pub verdicts: Vec<Verdict>,
}

/// The columns of the spans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpanColumns {
    /// The span ID.
    pub id: Vec<u64>,
    /// Index of the parent, always smaller than the own; [`NONE`] at the top.
    pub parent: Vec<u32>,
    /// 0 at the top, else one more than the parent's. It follows from the parents and does not travel.
    pub depth: Vec<u32>,
    /// Start, in ns from [`Columns::start`].
    pub start_ns: Vec<u64>,
    /// Duration, in ns.
    pub duration_ns: Vec<u64>,
    /// Index of the service in the strings.
    pub service: Vec<u32>,
    /// Index of the operation in the strings.
    pub name: Vec<u32>,
    /// `Status` as a number in its order: 0 unset, 1 ok, 2 error, 3 throttle, 4 fault.
    pub status: Vec<u8>,
    /// `SourceSet::bits`.
    pub sources: Vec<u8>,
    /// [`flag`] bits.
    pub flags: Vec<u8>,
    /// The HTTP status; 0 if none.
    pub http_status: Vec<u16>,
}

/// The bits of [`SpanColumns::flags`].
pub mod flag {
    /// Nobody saw its end yet.
    pub const IN_PROGRESS: u8 = 1;
    /// Made up by the vendor for a callee that sends nothing.
    pub const INFERRED: u8 = 2;
    /// Its parent was not received.
    pub const ORPHAN: u8 = 4;
    /// Sources disagree on something.
    pub const DIFFERS: u8 = 8;
}

/// The columns of the log lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogColumns {
    /// Time, in ns from [`Columns::start`]; negative before it.
    pub time_ns: Vec<i64>,
    /// `Severity` as a number in its order: 0 unset, 1 trace … 6 fatal.
    pub severity: Vec<u8>,
    /// Index of the service in the strings.
    pub service: Vec<u32>,
    /// Index of the first line of the body, at most 400 characters, in the strings.
    pub line: Vec<u32>,
    /// `Source` as its place in `Source::ALL`.
    pub source: Vec<u8>,
    /// Index of the span, or [`NONE`].
    pub span: Vec<u32>,
    /// `PlacedBy` as a number: 0 span, 1 time, 2 trace.
    pub placed_by: Vec<u8>,
}

/// The columns of the errors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorColumns {
    /// Time, in ns from [`Columns::start`]; negative before it.
    pub time_ns: Vec<i64>,
    /// Index of the class in the strings.
    pub class: Vec<u32>,
    /// Index of the first line of the message, at most 400 characters, in the strings.
    pub message: Vec<u32>,
    /// Index of the level in the strings.
    pub level: Vec<u32>,
    /// Index of the service in the strings.
    pub service: Vec<u32>,
    /// `SourceSet::bits`.
    pub sources: Vec<u8>,
    /// Index of the span, or [`NONE`].
    pub span: Vec<u32>,
    /// `PlacedBy` as a number: 0 span, 1 time, 2 trace.
    pub placed_by: Vec<u8>,
}

impl SpanColumns {
    /// How many spans.
    pub fn len(&self) -> usize {
        self.id.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.id.is_empty()
    }
}

impl Columns {
    /// The text at `index`; empty for an index that points nowhere.
    pub fn text(&self, index: u32) -> &str {
        self.strings.get(index as usize).map_or("", String::as_str)
    }
}
