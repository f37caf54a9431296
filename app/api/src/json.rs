//! The public JSON: the one owner of its shape. Fields are in the order of the contract; a change here is a change of the contract.
//!
//! Times are strings of decimal ns since 1970, because JavaScript's numbers do not hold them; durations are numbers.

mod list;
mod openapi;
mod problem;
mod text;
mod timeline;

#[cfg(test)]
mod tests;

pub use list::list;
pub use openapi::openapi;
pub use problem::{PROBLEM_CONTENT_TYPE, problem};
pub use text::text;
pub use timeline::timeline;

use crate::SourcesReport;
use model::{Counts, Source, SourceSet, State, UnixNs, Verdict};
use serde::{Serialize, Serializer};

/// `/api/v1/sources`.
pub fn sources(report: &SourcesReport) -> impl Serialize + '_ {
    report
}

#[derive(Serialize)]
struct VerdictJson<'a> {
    source: Source,
    state: State,
    counts: Counts,
    elapsed_ms: u64,
    why: &'a str,
    next_step: &'a str,
    searched: &'a [String],
}

fn verdicts(verdicts: &[Verdict]) -> Vec<VerdictJson<'_>> {
    verdicts.iter().map(VerdictJson::of).collect()
}

impl<'a> VerdictJson<'a> {
    fn of(verdict: &'a Verdict) -> Self {
        let Verdict { source, state, counts, elapsed_ms, why, next_step, searched } = verdict;
        Self { source: *source, state: *state, counts: *counts, elapsed_ms: *elapsed_ms, why, next_step, searched }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so; small enough to count as trivial on 64 bits only")]
fn nanoseconds<S: Serializer>(time: &UnixNs, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&time.0)
}

fn names(sources: SourceSet) -> Vec<Source> {
    sources.iter().collect()
}
