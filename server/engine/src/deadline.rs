//! One call to one source, from its start to a verdict, whatever the source does.

use crate::entry::Entry;
use crate::verdicts;
use crate::{Check, Lookup, SearchPage, SearchQuery};
use futures::{FutureExt as _, StreamExt as _};
use model::{Fragment, State, Verdict};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

/// What comes out of a fetch, in order; `Ended` exactly once, last.
#[derive(Debug)]
pub enum Event {
    /// Something arrived.
    Piece {
        /// Which call.
        ask: usize,
        /// Without a verdict.
        fragment: Fragment,
    },
    /// The call is over.
    Ended {
        /// Which call.
        ask: usize,
        /// How it ended.
        verdict: Verdict,
    },
}

/// More fragments than this are a source that does not know how to end.
const MAX_FRAGMENTS: usize = 100_000;

const NEXT_LATE: &str = "Open the request again, or give this source more time with deadline_ms.";
const NEXT_BROKEN: &str = "Open the request again; if it stays, the server's log says more.";

/// Asks one source for one request and sends what comes. Never panics, and takes no longer than `lookup.deadline`.
pub async fn fetch(entry: Arc<Entry>, lookup: Lookup, ask: usize, max_pieces: usize, out: mpsc::Sender<Event>) {
    let begun = Instant::now();
    let deadline = begun + lookup.deadline;
    let vendor = entry.vendor;
    let mut verdict = match entry.fetch_breaker.admit() {
        Err(why) => {
            entry.fetches.refused();
            Verdict::failed(vendor, why, "It is asked again by itself once the pause is over.")
        }
        Ok(permit) => match timeout_at(deadline, entry.slots.acquire()).await {
            Ok(Ok(_slot)) => {
                let drained = AssertUnwindSafe(drain(&entry, lookup, deadline, ask, max_pieces, &out)).catch_unwind().await;
                let verdict = drained.unwrap_or_else(|_| panicked(&entry));
                let failed = verdict.state == State::Failed;
                entry.fetches.called(begun.elapsed(), failed);
                if failed {
                    permit.failed(&verdicts::short(&verdict.why));
                } else {
                    permit.answered();
                }
                verdict
            }
            _ => Verdict::failed(
                vendor,
                format!("not asked: {} was busy with other requests for {}", vendor.label(), seconds(begun.elapsed())),
                "Open the request again in a moment.",
            ),
        },
    };
    verdict = verdicts::normal(vendor, verdict);
    verdict.elapsed_ms = elapsed_ms(begun);
    // Nobody receives it when the viewer left: then there is nobody to tell.
    let _ = out.send(Event::Ended { ask, verdict }).await;
}

async fn drain(entry: &Entry, lookup: Lookup, deadline: Instant, ask: usize, max_pieces: usize, out: &mpsc::Sender<Event>) -> Verdict {
    let vendor = entry.vendor;
    let budget = lookup.deadline;
    let mut stream = entry.source.fetch(lookup);
    let mut pieces = 0;
    for _ in 0..MAX_FRAGMENTS {
        // A stream that is always ready would never let the timeout look at the clock.
        let next = if Instant::now() < deadline { timeout_at(deadline, stream.next()).await.ok() } else { None };
        let Some(next) = next else { return late(vendor, budget, pieces) };
        let Some(mut fragment) = next else {
            return Verdict::failed(vendor, format!("the answer broke off after {pieces} pieces, without saying why"), NEXT_BROKEN);
        };
        let verdict = fragment.verdict.take().filter(Verdict::ended);
        pieces += fragment.spans.len() + fragment.logs.len() + fragment.errors.len();
        if fragment != Fragment::default() && out.send(Event::Piece { ask, fragment }).await.is_err() {
            return Verdict::failed(vendor, "nobody waits for it any more", "");
        }
        if let Some(verdict) = verdict {
            return verdict;
        }
        if pieces >= max_pieces {
            break;
        }
    }
    Verdict {
        why: format!("stopped after {pieces} pieces, the limit for one request"),
        next_step: "Open it in the vendor's own page to see the rest.".to_owned(),
        ..Verdict::new(vendor, State::Partial)
    }
}

fn late(vendor: model::Source, budget: Duration, pieces: usize) -> Verdict {
    let budget = seconds(budget);
    if pieces == 0 {
        return Verdict::failed(vendor, format!("no answer within {budget}"), NEXT_LATE);
    }
    Verdict {
        why: format!("not finished within {budget}; what had arrived by then is shown"),
        next_step: NEXT_LATE.to_owned(),
        ..Verdict::new(vendor, State::Partial)
    }
}

fn panicked(entry: &Entry) -> Verdict {
    tracing::error!(source = entry.vendor.as_str(), instance = entry.instance, "a source panicked");
    Verdict::failed(entry.vendor, format!("internal error while asking {}", entry.vendor.label()), NEXT_BROKEN)
}

/// Asks one source for a page of the list. Never panics, and takes no longer than `query.deadline`.
pub async fn search(entry: Arc<Entry>, query: SearchQuery) -> SearchPage {
    let begun = Instant::now();
    let vendor = entry.vendor;
    let (from, budget) = (query.range.from, query.deadline);
    let without = |verdict| SearchPage { found: Vec::new(), complete_from: from, verdict };
    let mut page = match entry.search_breaker.admit() {
        Err(why) => {
            entry.searches.refused();
            without(Verdict::failed(vendor, why, "It is asked again by itself once the pause is over."))
        }
        Ok(permit) => {
            let asked = AssertUnwindSafe(timeout(budget, async {
                let _slot = entry.search_slots.acquire().await;
                entry.source.search(query).await
            }));
            let asked = asked.catch_unwind().await;
            let page = match asked {
                Ok(Ok(page)) => page,
                Ok(Err(_)) => without(Verdict::failed(
                    vendor,
                    format!("no answer within {}", seconds(budget)),
                    "Choose a shorter time range, or try again.",
                )),
                Err(_) => without(panicked(&entry)),
            };
            let failed = page.verdict.state == State::Failed;
            entry.searches.called(begun.elapsed(), failed);
            if failed {
                permit.failed(&verdicts::short(&page.verdict.why));
            } else {
                permit.answered();
            }
            page
        }
    };
    if !page.verdict.ended() {
        page.verdict = Verdict::failed(vendor, "the answer broke off, without saying why", NEXT_BROKEN);
    }
    page.verdict = verdicts::normal(vendor, page.verdict);
    page.verdict.elapsed_ms = elapsed_ms(begun);
    page
}

/// Asks one source what its credentials allow. Never panics, and takes no longer than `budget`.
pub async fn check(entry: Arc<Entry>, budget: Duration) -> Check {
    let begun = Instant::now();
    let failed = |why: String| Check {
        state: State::Failed,
        why,
        next_step: "Look at its endpoint and the network between.".to_owned(),
        route: String::new(),
        permissions: Vec::new(),
    };
    let asked = AssertUnwindSafe(async { timeout(budget, entry.source.check()).await }).catch_unwind().await;
    let check = match asked {
        Ok(Ok(check)) => check,
        Ok(Err(_)) => failed(format!("no answer within {}", seconds(budget))),
        Err(_) => failed(panicked(&entry).why),
    };
    entry.checks.called(begun.elapsed(), check.state == State::Failed);
    check
}

/// `8 s`, or `250 ms` where that says more.
fn seconds(duration: Duration) -> String {
    let ms = duration.as_millis();
    if ms.is_multiple_of(1_000) || ms > 10_000 { format!("{} s", ms.div_ceil(1_000)) } else { format!("{ms} ms") }
}

fn elapsed_ms(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
