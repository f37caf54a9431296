//! What is configured, reachable, allowed and counted.

use crate::core::Core;
use crate::entry::Entry;
use crate::{Check, deadline, verdicts};
use api::{Counter, SourceReport, SourcesReport};
use futures::future::join_all;
use model::{Source, State};
use std::sync::Arc;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// The answers of [`crate::Source::check`], good for a while.
#[derive(Default)]
pub struct Checked {
    last: Mutex<Option<(Instant, Vec<Check>)>>,
}

impl Checked {
    /// Everything about the sources. Whoever comes while they are being asked waits for the same answer.
    pub async fn report(&self, core: &Core) -> SourcesReport {
        let checks = {
            let mut last = self.last.lock().await;
            match &*last {
                Some((at, checks)) if at.elapsed() < core.settings.check_reuse => checks.clone(),
                _ => {
                    let budget = core.settings.check_deadline;
                    let checks = join_all(core.entries.iter().map(|entry| deadline::check(Arc::clone(entry), budget))).await;
                    *last = Some((Instant::now(), checks.clone()));
                    checks
                }
            }
        };
        let mut sources: Vec<_> = core.entries.iter().zip(checks).map(|(entry, check)| report(entry, check)).collect();
        let missing = Source::ALL.into_iter().filter(|vendor| core.entries.iter().all(|entry| entry.vendor != *vendor));
        sources.extend(missing.map(not_configured));
        sources.sort_by_key(|report| report.source);
        SourcesReport { sources, local: (core.hooks.local_report)() }
    }
}

fn report(entry: &Entry, check: Check) -> SourceReport {
    let mut counters = entry.source.counters();
    for (name, value) in [
        ("requests looked up", entry.fetches.calls()),
        ("look-ups failed", entry.fetches.failures()),
        ("lists asked for", entry.searches.calls()),
        ("lists failed", entry.searches.failures()),
    ] {
        counters.push(Counter { name: name.to_owned(), value, unit: String::new() });
    }
    SourceReport {
        source: entry.vendor,
        instance: entry.instance.clone(),
        endpoint: entry.source.endpoint().to_owned(),
        state: check.state,
        why: check.why,
        next_step: check.next_step,
        route: check.route,
        permissions: check.permissions,
        counters,
    }
}

fn not_configured(vendor: Source) -> SourceReport {
    let verdict = verdicts::not_configured(vendor);
    SourceReport {
        source: vendor,
        instance: String::new(),
        endpoint: String::new(),
        state: State::NotSearched,
        why: verdict.why,
        next_step: verdict.next_step,
        route: String::new(),
        permissions: Vec::new(),
        counters: Vec::new(),
    }
}
