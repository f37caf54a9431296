//! AWS X-Ray: segments by `BatchGetTraces`, or from Transaction Search; requests by `GetTraceSummaries`.

mod client;
mod config;
mod convert;
mod error;
mod query;
mod retry;
mod wire;

#[cfg(test)]
mod tests;

pub use config::Config;

use crate::failure::{Subject, permission};
use crate::progress::{self, Kinds, Progress};
use crate::{ConfigError, Failure, aws, ids};
use client::{BATCH, Client, Traces};
use engine::source::Counter;
use engine::{Check, Cost, Found, Lookup, SearchPage, SearchQuery, Source};
use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use model::time::SECOND;
use model::{Fragment, State, TimeRange, TraceId, UnixNs, Verdict};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// What was found by other means does not wait longer for this.
const DESTINATION_LIMIT: Duration = Duration::from_secs(3);

const KINDS: Kinds = Kinds { spans: true, logs: false, errors: true };

/// One account and region of X-Ray.
struct Xray {
    config: Config,
    client: Client,
    instance: String,
}

/// A source for one account and region of X-Ray.
pub async fn build(config: Config) -> Result<Arc<dyn Source>, ConfigError> {
    let client = Client::new(&config).await?;
    let instance = aws::instance(&config.account());
    Ok(Arc::new(Shared(Arc::new(Xray { config, client, instance }))))
}

/// Searches outlive the call that starts them, so they share the source.
struct Shared(Arc<Xray>);

impl Source for Shared {
    fn vendor(&self) -> model::Source {
        model::Source::Xray
    }

    fn instance(&self) -> &str {
        &self.0.instance
    }

    fn endpoint(&self) -> &str {
        &self.0.client.endpoint
    }

    fn recognise(&self, text: &str) -> Option<TraceId> {
        let url = reqwest::Url::parse(text.trim()).ok()?;
        let console = url.host_str().is_some_and(|host| host.ends_with(".aws.amazon.com") || host.ends_with(".amazonaws.cn"));
        if console { ids::xray_forms(text).next().map(|(trace, _)| trace) } else { None }
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

    fn cost(&self, query: &SearchQuery) -> Cost {
        Cost { calls: Some(query::windows(query.range, self.0.config.local).len() as u64), ..Cost::default() }
    }

    fn counters(&self) -> Vec<Counter> {
        self.0.client.meter.counters("documents and summaries", Some("traces scanned or retrieved"))
    }
}

impl Xray {
    fn subject(&self) -> Subject {
        let credential = aws::credential_name(&self.config.account());
        Subject { vendor: model::Source::Xray, endpoint: self.client.endpoint.clone(), credential }
    }

    fn limit(&self, asked: Duration) -> Duration {
        self.config.deadline_ms.map_or(asked, |ms| Duration::from_millis(ms).min(asked))
    }

    /// Both are asked at once, so that knowing about Transaction Search costs no time of its own.
    async fn fetch(&self, lookup: &Lookup, progress: &Progress) -> Result<(), Failure> {
        let destination = async {
            let asked = tokio::time::timeout(DESTINATION_LIMIT, self.client.transaction_search());
            asked.await.unwrap_or(Err(Failure::TimedOut))
        };
        let (destination, classic) = futures::join!(destination, self.classic(lookup, progress));
        let missing = classic?;
        match destination {
            Ok(true) if !missing.is_empty() => return self.retrieve(&missing, lookup, progress).await,
            // An endpoint without Transaction Search may not know the call at all; only a refusal leaves a doubt worth saying.
            Err(failure @ Failure::Refused { .. }) if progress.found() == 0 => {
                let words = failure.explain(&self.subject()).why;
                let step = "Allow xray:GetTraceSegmentDestination, xray:StartTraceRetrieval and xray:ListRetrievedTraces.";
                progress.gap(format!("Whether Transaction Search holds the trace could not be asked. {words}"), step);
            }
            _ => {}
        }
        Ok(())
    }

    /// Returns the IDs that classic X-Ray does not have.
    async fn classic(&self, lookup: &Lookup, progress: &Progress) -> Result<Vec<TraceId>, Failure> {
        let mut missing = lookup.traces.clone();
        let pauses = retry::unprocessed_pauses(lookup, self.config.local);
        for attempt in 0..=pauses.len() {
            let mut still = Vec::new();
            for chunk in missing.chunks(BATCH) {
                let traces = self.client.batch_get(chunk).await?;
                for id in chunk {
                    progress.searched(format!("BatchGetTraces {}", id.xray()));
                }
                still.extend(chunk.iter().filter(|id| !traces.documents.contains_key(id)));
                self.emit(&traces, progress);
            }
            missing = still;
            match pauses.get(attempt) {
                Some(pause) if !missing.is_empty() && progress.remaining() > *pause + Duration::from_secs(1) => {
                    tokio::time::sleep(*pause).await;
                }
                _ => break,
            }
        }
        Ok(missing)
    }

    async fn retrieve(&self, missing: &[TraceId], lookup: &Lookup, progress: &Progress) -> Result<(), Failure> {
        let range = lookup.range.unwrap_or(TimeRange { from: lookup.now.plus(-86_400 * SECOND), to: lookup.now });
        progress.searched(format!("Transaction Search from {} to {}", range.from.rfc3339(), range.to.rfc3339()));
        if lookup.range.is_none() {
            progress.gap("Transaction Search was searched for the last 24 hours only.", "Choose a time range if the request is older.");
        }
        let traces = self.client.retrieve(missing, range).await?;
        self.emit(&traces, progress);
        Ok(())
    }

    fn emit(&self, traces: &Traces, progress: &Progress) {
        for trace in &traces.cut {
            progress.gap(format!("X-Ray cut the trace {} because of its size.", trace.xray()), "");
        }
        if traces.unreadable > 0 {
            progress.gap(format!("{} of X-Ray's documents could not be read.", traces.unreadable), "");
        }
        let console = self.console();
        for (trace, documents) in &traces.documents {
            progress.emit(convert::documents(*trace, documents, &*console));
        }
    }

    /// Links to the trace in the CloudWatch console.
    fn console(&self) -> Box<convert::Console> {
        let region = self.config.region.clone().filter(|_| self.config.endpoint.is_none());
        Box::new(move |trace| match &region {
            Some(region) => format!("https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#xray:traces/{}", trace.xray()),
            None => String::new(),
        })
    }

    async fn search(&self, query: SearchQuery) -> SearchPage {
        let begun = Instant::now();
        let deadline = begun + self.limit(query.deadline);
        let mut found: Vec<Found> = Vec::new();
        let mut seen_from = query.range.to;
        let result = tokio::time::timeout_at(deadline, self.summaries(&query, &mut found, &mut seen_from)).await;
        let result = result.unwrap_or(Err(Failure::TimedOut));
        let mut verdict = Verdict::new(model::Source::Xray, State::Empty);
        verdict.searched.push(format!("GetTraceSummaries from {} to {}", seen_from.rfc3339(), query.range.to.rfc3339()));
        found.retain(|found| query.range.contains(found.start));
        found.sort_by_key(|found| (std::cmp::Reverse(found.start), found.trace));
        found.dedup_by_key(|found| found.trace);
        if found.len() > query.limit {
            found.truncate(query.limit.max(1));
            seen_from = found.last().map_or(seen_from, |last| last.start);
        }
        match result {
            Ok(()) if found.is_empty() => {}
            Ok(()) => verdict.state = State::Found,
            Err(failure) => {
                let words = failure.explain(&self.subject());
                verdict.state = if found.is_empty() { State::Failed } else { State::Partial };
                (verdict.why, verdict.next_step) = (words.why, words.next_step);
            }
        }
        verdict.elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        SearchPage { found, complete_from: seen_from.max(query.range.from), verdict }
    }

    /// Newest window first, until there is enough. `seen_from` moves down as windows and pages are seen.
    async fn summaries(&self, query: &SearchQuery, found: &mut Vec<Found>, seen_from: &mut UnixNs) -> Result<(), Failure> {
        let mut filter = query::filter(query);
        for window in query::windows(query.range, self.config.local) {
            let mut token = None;
            loop {
                let page = match self.client.summaries(window, filter.as_deref(), token.clone()).await {
                    // The engine filters again, so an expression that is not understood can be left out.
                    Err(Failure::Rejected { .. }) if filter.is_some() && token.is_none() => {
                        filter = None;
                        continue;
                    }
                    other => other?,
                };
                found.extend(page.summaries.iter().filter_map(convert::summary));
                let more = page.next.filter(|next| token.as_ref() != Some(next));
                *seen_from = if more.is_none() { window.from } else { page.seen_from.unwrap_or(*seen_from).clamp(window.from, *seen_from) };
                if more.is_none() {
                    break;
                }
                if found.len() >= query.limit && *seen_from < window.to {
                    return Ok(());
                }
                token = more;
            }
            if found.len() >= query.limit {
                break;
            }
        }
        Ok(())
    }

    async fn check(&self) -> Check {
        let now = UnixNs(i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos()).unwrap_or(i64::MAX));
        let range = TimeRange { from: now.plus(-60 * SECOND), to: now };
        // An ID that nothing carries: only whether the call is allowed matters.
        let nobody: Vec<TraceId> = TraceId::new(1).into_iter().collect();
        let calls = async {
            futures::join!(self.client.batch_get(&nobody), self.client.summaries(range, None, None), self.client.transaction_search())
        };
        let subject = self.subject();
        let timed_out = || (Err(Failure::TimedOut), Err(Failure::TimedOut), Err(Failure::TimedOut));
        let (traces, summaries, destination) = tokio::time::timeout(Duration::from_secs(10), calls).await.unwrap_or_else(|_| timed_out());
        let permissions = vec![
            permission("xray:BatchGetTraces", &traces),
            permission("xray:GetTraceSummaries", &summaries),
            permission("xray:GetTraceSegmentDestination", &destination),
        ];
        let route = match (self.config.local, &destination) {
            (true, _) => "local services",
            (_, Ok(true)) => "BatchGetTraces, then Transaction Search",
            _ => "BatchGetTraces",
        };
        let allowed = permissions.iter().filter(|permission| permission.allowed == Some(true)).count();
        let state = match allowed {
            3 => State::Found,
            0 => State::Failed,
            _ => State::Partial,
        };
        let words = traces.err().or(summaries.err()).or(destination.err()).map(|failure| failure.explain(&subject));
        let (why, next_step) = words.map(|words| (words.why, words.next_step)).unwrap_or_default();
        Check { state, why, next_step, route: route.to_owned(), permissions }
    }
}
