//! The engine itself: everything that the pages ask for.

use crate::core::Core;
use crate::entry::Entry;
use crate::flight::Flights;
use crate::learned::Learned;
use crate::metrics::{Text, write_usage};
use crate::shelf::Shelf;
use crate::sources_report::Checked;
use crate::{Hooks, Settings, Source, list, revisions};
use api::{ApiError, Backend, ListQuery, RequestList, Snapshot, SourcesReport, TimelineQuery, Wait};
use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::BoxStream;
use model::TraceId;
use state::Store;
use std::fmt;
use std::sync::Arc;

/// Asks every source at once and keeps what they found for a while. Cloning gives another handle on the same engine. Needs a Tokio runtime.
#[derive(Clone)]
pub struct Engine {
    core: Arc<Core>,
    checked: Arc<Checked>,
}

impl Engine {
    /// An engine over these sources. What it learns on the way (aliases, log groups) goes to `learned`.
    pub fn new(sources: Vec<Arc<dyn Source>>, hooks: Hooks, settings: Settings, learned: Arc<dyn Store>) -> Self {
        let entries = sources.into_iter().map(|source| Arc::new(Entry::new(source, &settings))).collect();
        let core =
            Core { entries, learned: Learned::new(learned), shelf: Shelf::new(&settings), flights: Flights::default(), hooks, settings };
        Self { core: Arc::new(core), checked: Arc::default() }
    }

    /// A trace ID in a text that one of the sources understands (the address of its own pages).
    pub fn recognise(&self, text: &str) -> Option<TraceId> {
        self.core.entries.iter().find_map(|entry| entry.source.recognise(text))
    }

    /// What was counted since the start, as Prometheus reads it.
    pub fn metrics(&self) -> String {
        let mut text = Text::default();
        let entries = &self.core.entries;
        let rows: Vec<_> = entries
            .iter()
            .flat_map(|entry| {
                let calls = [("fetch", &entry.fetches), ("search", &entry.searches), ("check", &entry.checks)];
                calls.map(|(call, usage)| (entry.vendor.as_str(), entry.instance.as_str(), call, usage))
            })
            .collect();
        write_usage(&mut text, &rows);
        text.metric("throughline_source_breaker_open", "gauge", "1 while a source is not asked because it failed too often.");
        for entry in entries {
            for (call, breaker) in [("fetch", &entry.fetch_breaker), ("search", &entry.search_breaker)] {
                let labels = [("source", entry.vendor.as_str()), ("instance", entry.instance.as_str()), ("call", call)];
                text.value("throughline_source_breaker_open", &labels, u64::from(breaker.is_open()));
            }
        }
        text.metric("throughline_searches_running", "gauge", "Requests being looked up.");
        text.value("throughline_searches_running", &[], u64::try_from(self.core.flights.running()).unwrap_or(u64::MAX));
        text.metric("throughline_snapshot_bytes", "gauge", "Memory taken by requests viewed recently, about.");
        text.value("throughline_snapshot_bytes", &[], self.core.shelf.bytes());
        text.finish()
    }
}

impl Backend for Engine {
    fn open(&self, query: TimelineQuery, wait: Wait) -> BoxFuture<'static, Result<Arc<Snapshot>, ApiError>> {
        revisions::open(Arc::clone(&self.core), query, wait).boxed()
    }

    fn revisions(&self, query: TimelineQuery) -> BoxStream<'static, Result<Arc<Snapshot>, ApiError>> {
        revisions::revisions(Arc::clone(&self.core), query)
    }

    fn snapshot(&self, id: TraceId, revision: u32) -> Result<Arc<Snapshot>, ApiError> {
        self.core.shelf.get(id, revision).ok_or(ApiError::Gone)
    }

    fn list(&self, query: ListQuery) -> BoxFuture<'static, Result<RequestList, ApiError>> {
        list::list(Arc::clone(&self.core), query).boxed()
    }

    fn sources(&self) -> BoxFuture<'static, Result<SourcesReport, ApiError>> {
        let (core, checked) = (Arc::clone(&self.core), Arc::clone(&self.checked));
        async move { Ok(checked.report(&core).await) }.boxed()
    }

    fn remove_sample_data(&self) -> BoxFuture<'static, Result<u64, ApiError>> {
        let core = Arc::clone(&self.core);
        async move {
            let removed = (core.hooks.remove_sample_data)().await?;
            core.flights.forget_ended();
            Ok(removed)
        }
        .boxed()
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("sources", &self.core.entries.len()).finish_non_exhaustive()
    }
}
