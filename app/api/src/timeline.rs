//! Asking for one request.

use model::{Request, TimeRange, TraceId};
use std::time::Duration;

/// Which request, and where to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimelineQuery {
    /// The ID.
    pub id: TraceId,
    /// When it happened, if the viewer knows: narrows what vendors have to search.
    pub range: Option<TimeRange>,
}

/// How long to wait for the sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Until every source has ended (each has its own deadline).
    Ended,
    /// At most so long; sources that have not ended say "searching".
    AtMost(Duration),
}

/// One numbered, complete state of a request. Never changes once made.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// From 1, one more each time something arrived.
    pub revision: u32,
    /// The request as of then.
    pub request: Request,
}
