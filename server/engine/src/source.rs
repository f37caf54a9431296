//! What a source is to the engine.

pub use api::{Counter, Permission};
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use model::{Fragment, State, Status, TimeRange, TraceId, UnixNs, Verdict};
use std::time::Duration;

/// One configured source: one vendor, one account or region or project of it.
///
/// Implementations never panic, never hang past the deadline they are given, and always end [`Source::fetch`] with a
/// fragment that carries a verdict. The engine enforces the deadline as well, and turns a stream that ends without a verdict into a
/// failed one.
pub trait Source: Send + Sync + 'static {
    /// The vendor.
    fn vendor(&self) -> model::Source;

    /// Which of several of one vendor: region, account, project; empty when there is one.
    fn instance(&self) -> &str;

    /// Where it is asked, for people. Never contains credentials.
    fn endpoint(&self) -> &str;

    /// How long [`Source::fetch`] may take; `None` for what the engine is set to.
    fn deadline(&self) -> Option<Duration> {
        None
    }

    /// A trace ID in a text of this vendor's own making (its URLs), beyond what [`model::recognise`] reads.
    fn recognise(&self, text: &str) -> Option<TraceId>;

    /// Everything known of a request. Fragments come as they arrive; the last one carries the verdict. Dropping the stream stops the search.
    fn fetch(&self, lookup: Lookup) -> BoxStream<'static, Fragment>;

    /// Requests in a time range, newest first.
    fn search(&self, query: SearchQuery) -> BoxFuture<'static, SearchPage>;

    /// What the credentials allow. May be slow; the engine caches it.
    fn check(&self) -> BoxFuture<'static, Check>;

    /// What a search over this range would cost.
    fn cost(&self, query: &SearchQuery) -> Cost;

    /// Calls, rows and bytes since the start.
    fn counters(&self) -> Vec<Counter>;
}

/// Which request to look for.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// The IDs: the one asked for, or in a later round the newly found ones.
    pub traces: Vec<TraceId>,
    /// When it happened, if known, already padded.
    pub range: Option<TimeRange>,
    /// Log groups that spans of this request name (`aws.log.group.names`); empty in the first round.
    pub log_groups: Vec<String>,
    /// Services seen in this request; empty in the first round.
    pub services: Vec<String>,
    /// The time now.
    pub now: UnixNs,
    /// How long the search may take.
    pub deadline: Duration,
}

/// Which requests to list. Times refer to the start of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchQuery {
    /// From (inclusive) to (exclusive). The next page has an earlier `to`.
    pub range: TimeRange,
    /// Text to be found in name or service, in any letter case. A source may ignore the filters it cannot apply: the engine filters again.
    pub text: Option<String>,
    /// Exactly this service.
    pub service: Option<String>,
    /// Exactly this status.
    pub status: Option<Status>,
    /// At least so long, in ns.
    pub min_duration_ns: Option<i64>,
    /// How many at most.
    pub limit: usize,
    /// How long the search may take.
    pub deadline: Duration,
}

/// What a search found.
#[derive(Clone, Debug)]
pub struct SearchPage {
    /// Newest first.
    pub found: Vec<Found>,
    /// The moment down to which everything was seen: `range.from` when the search is complete, later when `limit` or a budget cut it.
    pub complete_from: UnixNs,
    /// How it ended.
    pub verdict: Verdict,
}

/// One trace, or one error that names a trace, as one source lists it.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Its ID.
    pub trace: TraceId,
    /// Other IDs the same record carries.
    pub also: Vec<TraceId>,
    /// When it began.
    pub start: UnixNs,
    /// How long it took, in ns.
    pub duration_ns: Option<i64>,
    /// The service it entered; empty if this source cannot say (a Rollbar occurrence inside of it, say).
    pub service: String,
    /// The operation; empty if this source cannot say.
    pub name: String,
    /// How it ended.
    pub status: Status,
    /// The HTTP status, if known.
    pub http_status: Option<u16>,
    /// How many pieces of each kind this source has; `None` where not counted.
    pub counts: model::Counts,
    /// Carries the mark of the sample traffic.
    pub demo: bool,
}

/// What the credentials allow.
#[derive(Clone, Debug)]
pub struct Check {
    /// `Found`: reachable and allowed; `Partial`: something is not allowed; `Failed`: unreachable or refused; `NotSearched`: not configured.
    pub state: State,
    /// In words.
    pub why: String,
    /// What to do about it; empty when nothing.
    pub next_step: String,
    /// The route in use.
    pub route: String,
    /// One by one.
    pub permissions: Vec<Permission>,
}

/// What a search would cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// API calls, about.
    pub calls: Option<u64>,
    /// Traces that would be scanned (X-Ray bills them).
    pub traces_scanned: Option<u64>,
    /// Bytes that would be scanned (Logs Insights bills them).
    pub bytes_scanned: Option<u64>,
}
