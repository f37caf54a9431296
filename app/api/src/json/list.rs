//! `/api/v1/requests`.

use super::{VerdictJson, names, nanoseconds, verdicts};
use crate::{RequestList, RequestSummary};
use model::{Counts, Source, Status, TraceId, UnixNs};
use serde::Serialize;

/// A page of requests, as the contract has it.
pub fn list(list: &RequestList) -> impl Serialize + '_ {
    ListJson {
        requests: list.requests.iter().map(SummaryJson::of).collect(),
        next_cursor: list.next_cursor.as_deref(),
        verdicts: verdicts(&list.verdicts),
    }
}

#[derive(Serialize)]
struct ListJson<'a> {
    requests: Vec<SummaryJson<'a>>,
    next_cursor: Option<&'a str>,
    verdicts: Vec<VerdictJson<'a>>,
}

#[derive(Serialize)]
struct SummaryJson<'a> {
    id: TraceId,
    #[serde(serialize_with = "nanoseconds")]
    start_unix_ns: UnixNs,
    duration_ns: Option<i64>,
    service: &'a str,
    name: &'a str,
    status: Status,
    sources: Vec<Source>,
    counts: Counts,
    demo: bool,
}

impl<'a> SummaryJson<'a> {
    fn of(summary: &'a RequestSummary) -> Self {
        Self {
            id: summary.id,
            start_unix_ns: summary.start,
            duration_ns: summary.duration_ns,
            service: &summary.service,
            name: &summary.name,
            status: summary.status,
            sources: names(summary.sources),
            counts: summary.counts,
            demo: summary.demo,
        }
    }
}
