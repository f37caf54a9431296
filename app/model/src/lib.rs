//! What a request is: identifiers, spans, log lines, errors, and how the pieces of several vendors become one tree.
//!
//! Pure: no clock, no input or output, no async. Depends on `serde` and `thiserror` only, because both the server and
//! the browser carry it.

pub mod alias;
pub mod assemble;
pub mod attribute;
pub mod columns;
pub mod error;
pub mod fragment;
pub mod ids;
pub mod insight;
pub mod log;
pub mod recognise;
pub mod request;
#[cfg(any(test, feature = "sample"))]
pub mod sample;
pub mod source;
pub mod span;
pub mod status;
pub mod text;
pub mod time;
pub mod verdict;

pub use alias::Alias;
pub use assemble::{Assembly, assemble};
pub use attribute::{Attributes, Value};
pub use error::{ErrorRecord, Frame};
pub use fragment::Fragment;
pub use ids::{ParseIdError, SpanId, TraceId};
pub use log::LogRecord;
pub use recognise::{Recognised, Spelling, recognise};
pub use request::Request;
pub use source::{Source, SourceSet};
pub use span::{SpanEvent, SpanKind, SpanLink, SpanRecord};
pub use status::Status;
pub use text::DisplayText;
pub use time::{TimeRange, UnixNs};
pub use verdict::{Counts, State, Verdict};
