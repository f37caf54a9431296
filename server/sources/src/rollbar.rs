//! Rollbar: the occurrences that name a trace, by searching items and then matching occurrences; works on every plan.

mod client;
mod config;
mod convert;
mod error;
mod retry;
mod wire;

#[cfg(test)]
mod tests;

pub use config::Config;

use crate::failure::{Subject, permission};
use crate::ids::Aliases;
use crate::progress::{self, Kinds, Progress};
use crate::{ConfigError, Failure};
use client::{Client, PAGE};
use convert::Ids;
use engine::source::Counter;
use engine::{Check, Cost, Found, Lookup, SearchPage, SearchQuery, Source};
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use model::time::SECOND;
use model::{Counts, Fragment, State, Status, TraceId, UnixNs, Verdict};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use wire::{Instance, Item, searches};

const KINDS: Kinds = Kinds { spans: false, logs: false, errors: true };
/// Searches at once.
const CONCURRENCY: usize = 4;
/// The most items that are looked into.
const ITEM_LIMIT: usize = 25;
/// The most pages of occurrences of one item, and of one search.
const PAGE_LIMIT: usize = 10;
/// Occurrences of one request lie within so much of each other.
const SPREAD: i64 = 600 * SECOND;

/// One project of Rollbar.
struct Rollbar {
    config: Config,
    client: Client,
}

/// A source for one project of Rollbar.
#[expect(clippy::unused_async, reason = "all sources are built alike, and those of AWS load their credentials")]
pub async fn build(config: Config) -> Result<Arc<dyn Source>, ConfigError> {
    let client = Client::new(&config)?;
    Ok(Arc::new(Shared(Arc::new(Rollbar { config, client }))))
}

/// Searches outlive the call that starts them, so they share the source.
struct Shared(Arc<Rollbar>);

impl Source for Shared {
    fn vendor(&self) -> model::Source {
        model::Source::Rollbar
    }

    fn instance(&self) -> &str {
        self.0.config.project.as_deref().unwrap_or_default()
    }

    fn endpoint(&self) -> &str {
        &self.0.config.endpoint
    }

    /// Rollbar's addresses name items and occurrences, never a trace.
    fn recognise(&self, _text: &str) -> Option<TraceId> {
        None
    }

    fn fetch(&self, lookup: Lookup) -> BoxStream<'static, Fragment> {
        let source = Arc::clone(&self.0);
        let limit = source.limit(lookup.deadline);
        progress::run(source.subject(), KINDS, limit, move |progress| async move { source.fetch(&lookup, &progress).await })
    }

    fn search(&self, query: SearchQuery) -> BoxFuture<'static, SearchPage> {
        let source = Arc::clone(&self.0);
        async move { source.search(query).await }.boxed()
    }

    fn check(&self) -> BoxFuture<'static, Check> {
        let source = Arc::clone(&self.0);
        async move { source.check().await }.boxed()
    }

    fn cost(&self, _query: &SearchQuery) -> Cost {
        Cost { calls: Some(PAGE_LIMIT as u64), ..Cost::default() }
    }

    fn counters(&self) -> Vec<Counter> {
        self.0.client.api.meter.counters("occurrences", None)
    }
}

impl Rollbar {
    fn subject(&self) -> Subject {
        let credential = match (&self.config.token_file, self.config.local) {
            (_, true) => String::new(),
            (Some(file), _) => format!("the token in {}", file.display()),
            (None, _) => format!("the token in {}", self.config.token_env),
        };
        Subject { vendor: model::Source::Rollbar, endpoint: self.config.endpoint.clone(), credential }
    }

    fn limit(&self, asked: Duration) -> Duration {
        self.config.deadline_ms.map_or(asked, |ms| Duration::from_millis(ms).min(asked))
    }

    async fn fetch(&self, lookup: &Lookup, progress: &Progress) -> Result<(), Failure> {
        let items = self.items(lookup, progress).await?;
        let scans = items.into_iter().map(|item| async move { (item.clone(), self.item(&item, lookup, progress).await) });
        let ends: Vec<_> = futures::stream::iter(scans).buffer_unordered(CONCURRENCY).collect().await;
        for (item, end) in ends {
            if let Err(failure) = end {
                let words = failure.explain(&self.subject());
                progress.gap(format!("Item {} could not be read: {}", name(&item), words.why), words.next_step);
            }
        }
        Ok(())
    }

    /// The items that any of the searches finds. One search that fails leaves a gap; if all do, so does the whole.
    async fn items(&self, lookup: &Lookup, progress: &Progress) -> Result<Vec<Item>, Failure> {
        let queries: Vec<String> = lookup.traces.iter().flat_map(|id| searches(*id)).collect();
        let asked = queries.into_iter().map(|query| async move { (self.client.items(&query, progress.deadline).await, query) });
        let answers: Vec<_> = futures::stream::iter(asked).buffer_unordered(CONCURRENCY).collect().await;
        let mut items: BTreeMap<i64, Item> = BTreeMap::new();
        let mut failures = Vec::new();
        let total = answers.len();
        for (answer, query) in answers {
            match answer {
                Ok(found) => {
                    progress.searched(query);
                    items.extend(found.items.into_iter().map(|item| (item.id, item)));
                }
                Err(failure) => failures.push((failure, query)),
            }
        }
        if let Some((failure, query)) = failures.first() {
            if failures.len() == total {
                return Err(failure.clone());
            }
            let words = failure.explain(&self.subject());
            progress.gap(format!("{} of {total} searches failed, the first for {query}: {}", failures.len(), words.why), words.next_step);
        }
        if items.len() > ITEM_LIMIT {
            progress.gap(format!("Of {} items only {ITEM_LIMIT} were looked into.", items.len()), "");
        }
        // The newest items have the highest numbers.
        Ok(items.into_values().rev().take(ITEM_LIMIT).collect())
    }

    /// Goes back through the occurrences of an item until they are older than the request can be.
    async fn item(&self, item: &Item, lookup: &Lookup, progress: &Progress) -> Result<(), Failure> {
        let mut oldest_wanted = lookup.range.map(|range| range.from.plus(-SPREAD));
        let mut before = None;
        for _ in 0..PAGE_LIMIT {
            let page = self.client.instances(Some(item.id), before, progress.deadline).await?.instances;
            let mut fragment = Fragment::default();
            let mut aliases = Aliases::new(model::Source::Rollbar);
            for instance in &page {
                let ids = Ids::of(&instance.data);
                if ids.name_any(&lookup.traces)
                    && let Some(error) = convert::occurrence(instance, &ids, self.config.local)
                {
                    ids.join(&lookup.traces, &mut aliases);
                    oldest_wanted = oldest_wanted.or(Some(error.time.plus(-SPREAD)));
                    fragment.errors.push(error);
                }
            }
            fragment.aliases = aliases.into_vec();
            if !fragment.errors.is_empty() {
                progress.emit(fragment);
            }
            let last = page.last();
            let passed = last.and_then(convert::time).zip(oldest_wanted).is_some_and(|(time, wanted)| time < wanted);
            let next = last.map(|last| last.id);
            if page.len() < PAGE || passed || next == before {
                return Ok(());
            }
            before = next;
        }
        let step = "Choose a time range around the request, so that the search knows where to stop.";
        progress.gap(format!("Item {} has more occurrences than one search reads.", name(item)), step);
        Ok(())
    }

    async fn search(&self, query: SearchQuery) -> SearchPage {
        let begun = Instant::now();
        let deadline = begun + self.limit(query.deadline);
        let mut listed = Listed { seen_from: query.range.to, ..Listed::default() };
        let result = tokio::time::timeout_at(deadline, self.list(&query, &mut listed, deadline)).await.unwrap_or(Err(Failure::TimedOut));
        let mut found: Vec<Found> = listed.by_trace.into_values().collect();
        found.sort_by_key(|found| (std::cmp::Reverse(found.start), found.trace));
        let mut complete_from = listed.seen_from.max(query.range.from);
        if found.len() > query.limit {
            found.truncate(query.limit.max(1));
            complete_from = found.last().map_or(complete_from, |last| last.start);
        }
        let mut verdict = Verdict::new(model::Source::Rollbar, if found.is_empty() { State::Empty } else { State::Found });
        verdict.searched.push(format!("{} occurrences from {} to {}", listed.read, complete_from.rfc3339(), query.range.to.rfc3339()));
        match result {
            Ok(()) if listed.cut => {
                verdict.state = State::Partial;
                verdict.why = format!("Rollbar lists no times, so only the newest {} occurrences were read.", listed.read);
                "Choose a later time range.".clone_into(&mut verdict.next_step);
            }
            Ok(()) => {}
            Err(failure) => {
                let words = failure.explain(&self.subject());
                verdict.state = if found.is_empty() { State::Failed } else { State::Partial };
                (verdict.why, verdict.next_step) = (words.why, words.next_step);
            }
        }
        verdict.elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        SearchPage { found, complete_from, verdict }
    }

    async fn list(&self, query: &SearchQuery, listed: &mut Listed, deadline: Instant) -> Result<(), Failure> {
        let mut before = None;
        for _ in 0..PAGE_LIMIT {
            let page = self.client.instances(None, before, deadline).await?.instances;
            for instance in &page {
                listed.add(instance, query);
            }
            let next = page.last().map(|last| last.id);
            let passed = listed.seen_from < query.range.from;
            if page.len() < PAGE || passed || next == before {
                listed.seen_from = query.range.from;
                return Ok(());
            }
            if listed.by_trace.len() > query.limit {
                return Ok(());
            }
            before = next;
        }
        listed.cut = true;
        Ok(())
    }

    async fn check(&self) -> Check {
        let deadline = Instant::now() + Duration::from_secs(10);
        let calls =
            async { futures::join!(self.client.items("custom[trace_id]:\"0\"", deadline), self.client.instances(None, None, deadline)) };
        let ends = tokio::time::timeout_at(deadline, calls).await;
        let (items, instances) = ends.unwrap_or_else(|_| (Err(Failure::TimedOut), Err(Failure::TimedOut)));
        let permissions = vec![permission("read: search items", &items), permission("read: list occurrences", &instances)];
        let state = match (&items, &instances) {
            (Ok(_), Ok(_)) => State::Found,
            (Err(_), Err(_)) => State::Failed,
            _ => State::Partial,
        };
        let words = items.err().or(instances.err()).map(|failure| failure.explain(&self.subject()));
        let (why, next_step) = words.map(|words| (words.why, words.next_step)).unwrap_or_default();
        let route = if self.config.local { "local services" } else { "items and occurrences" };
        Check { state, why, next_step, route: route.to_owned(), permissions }
    }
}

/// What a walk through the project's occurrences has seen.
#[derive(Default)]
struct Listed {
    by_trace: BTreeMap<TraceId, Found>,
    seen_from: UnixNs,
    read: usize,
    cut: bool,
}

impl Listed {
    fn add(&mut self, instance: &Instance, query: &SearchQuery) {
        self.read += 1;
        let Some(time) = convert::time(instance) else { return };
        self.seen_from = self.seen_from.min(time);
        let ids = Ids::of(&instance.data);
        // An occurrence lies anywhere within its second.
        let begins = time.max(query.range.from);
        if begins.since(time) >= SECOND || !query.range.contains(begins) {
            return;
        }
        let Some((trace, ..)) = ids.traces.first() else { return };
        let found = self.by_trace.entry(*trace).or_insert_with(|| Found {
            trace: *trace,
            also: Vec::new(),
            start: time,
            duration_ns: None,
            service: String::new(),
            name: String::new(),
            status: Status::Unset,
            http_status: None,
            counts: Counts { errors: Some(0), ..Counts::default() },
            demo: false,
        });
        found.start = found.start.min(time);
        found.counts.errors = found.counts.errors.map(|errors| errors + 1);
        found.demo |= convert::demo(instance);
        // A message below an error says nothing about how the request ended.
        if matches!(instance.data.get("level").and_then(serde_json::Value::as_str), None | Some("error" | "critical")) {
            found.status = Status::Fault;
        }
        for (id, place, _) in ids.traces.iter().skip(1) {
            if !found.also.contains(id) && found.also.len() < 16 && !place.starts_with("attributes.") {
                found.also.push(*id);
            }
        }
    }
}

fn name(item: &Item) -> String {
    item.counter.map_or_else(|| item.id.to_string(), |counter| format!("#{counter}"))
}
