//! What a source has to say for itself: how its search ended.

use crate::Source;
use serde::{Deserialize, Serialize};

/// How one source's search ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Whose.
    pub source: Source,
    /// How it ended.
    pub state: State,
    /// What it found; `null` for what nobody counted. Never 0 unless the query ran to its end.
    pub counts: Counts,
    /// How long it took, in ms.
    pub elapsed_ms: u64,
    /// In words, why it is not the whole answer; empty when there is nothing to say.
    pub why: String,
    /// What the reader can do about it; empty when nothing.
    pub next_step: String,
    /// What was searched, one line each: log groups, IDs, windows, routes tried.
    pub searched: Vec<String>,
}

/// The state of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not ended yet.
    Searching,
    /// Searched to the end; something was there.
    Found,
    /// Searched to the end; nothing was there.
    Empty,
    /// Something could not be searched, `why` says what.
    Partial,
    /// Nothing could be searched, `why` says the cause.
    Failed,
    /// Nobody tried, `why` says the reason.
    NotSearched,
}

impl State {
    /// All, in the order of their numbers in [`crate::columns`].
    pub const ALL: [Self; 6] = [Self::Searching, Self::Found, Self::Empty, Self::Partial, Self::Failed, Self::NotSearched];

    /// The name in JSON and in `data-state`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Searching => "searching",
            Self::Found => "found",
            Self::Empty => "empty",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::NotSearched => "not_searched",
        }
    }
}

/// How many of each a source found; `None` where it did not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Spans, segments and subsegments.
    pub spans: Option<u64>,
    /// Log lines.
    pub logs: Option<u64>,
    /// Errors.
    pub errors: Option<u64>,
}

impl Verdict {
    /// Still at it.
    pub fn searching(source: Source) -> Self {
        Self::new(source, State::Searching)
    }

    /// A bare verdict in `state`.
    pub fn new(source: Source, state: State) -> Self {
        Self { source, state, counts: Counts::default(), elapsed_ms: 0, why: String::new(), next_step: String::new(), searched: Vec::new() }
    }

    /// Failed, with the cause and what to do.
    pub fn failed(source: Source, why: impl Into<String>, next_step: impl Into<String>) -> Self {
        Self { why: why.into(), next_step: next_step.into(), ..Self::new(source, State::Failed) }
    }

    /// Not tried, with the reason and what to do.
    pub fn not_searched(source: Source, why: impl Into<String>, next_step: impl Into<String>) -> Self {
        Self { why: why.into(), next_step: next_step.into(), ..Self::new(source, State::NotSearched) }
    }

    /// Whether the search is over.
    pub const fn ended(&self) -> bool {
        !matches!(self.state, State::Searching)
    }
}
