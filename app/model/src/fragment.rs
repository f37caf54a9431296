//! A piece of an answer from one source.

use crate::{Alias, ErrorRecord, LogRecord, SpanRecord, Verdict};
use serde::{Deserialize, Serialize};

/// What a source yields as it searches: any number of these, the last of them with the verdict.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Fragment {
    /// Spans, in any order, duplicates allowed.
    pub spans: Vec<SpanRecord>,
    /// Log lines, in any order, duplicates allowed.
    pub logs: Vec<LogRecord>,
    /// Errors that are records of their own (exceptions on a span travel in the span).
    pub errors: Vec<ErrorRecord>,
    /// IDs found to name the same request.
    pub aliases: Vec<Alias>,
    /// How the search ended; `None` while it goes on.
    pub verdict: Option<Verdict>,
}
