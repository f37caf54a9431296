//! Amazon CloudWatch Logs: the lines that name a trace, by `FilterLogEvents`, one log group at a time.

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
use crate::{ConfigError, Failure, aws, ids};
use client::Client;
use engine::source::Counter;
use engine::{Check, Cost, Lookup, SearchPage, SearchQuery, Source};
use error::{GroupFailure, group_failure};
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use model::time::SECOND;
use model::{Fragment, State, TimeRange, TraceId, Verdict};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::Instant;

const KINDS: Kinds = Kinds { spans: false, logs: true, errors: false };
/// How many groups are searched where none is named.
const RECENT: usize = 20;
/// The most pages of one group, many of which may be empty.
const PAGE_LIMIT: usize = 50;
/// The most bytes of lines of one search.
const BYTE_LIMIT: usize = 32 << 20;
/// Kept back from the deadline to say what was not searched.
const RESERVE: Duration = Duration::from_millis(50);

/// One account and region of CloudWatch Logs.
struct Cloudwatch {
    config: Config,
    client: Client,
    instance: String,
}

/// A source for one account and region of CloudWatch Logs.
pub async fn build(config: Config) -> Result<Arc<dyn Source>, ConfigError> {
    let client = Client::new(&config).await?;
    let instance = aws::instance(&config.account());
    Ok(Arc::new(Shared(Arc::new(Cloudwatch { config, client, instance }))))
}

/// Searches outlive the call that starts them, so they share the source.
struct Shared(Arc<Cloudwatch>);

impl Source for Shared {
    fn vendor(&self) -> model::Source {
        model::Source::Cloudwatch
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
        // The console escapes twice, with `$` for the outer `%`: a quotation mark before the ID reads as `$2522`.
        let text = text.replace("$2522", "\"").replace("%22", "\"");
        if console { ids::xray_forms(&text).next().map(|(trace, _)| trace) } else { None }
    }

    fn fetch(&self, lookup: Lookup) -> BoxStream<'static, Fragment> {
        let source = Arc::clone(&self.0);
        let limit = self.0.config.deadline_ms.map_or(lookup.deadline, |ms| Duration::from_millis(ms).min(lookup.deadline));
        progress::run(source.subject(), KINDS, limit, move |progress| async move { source.fetch(&lookup, &progress).await })
    }

    fn search(&self, query: SearchQuery) -> BoxFuture<'static, SearchPage> {
        let why = "The list never scans logs; a request's lines are searched when it is opened.";
        let verdict = Verdict::not_searched(model::Source::Cloudwatch, why, "");
        std::future::ready(SearchPage { found: Vec::new(), complete_from: query.range.from, verdict }).boxed()
    }

    fn check(&self) -> BoxFuture<'static, Check> {
        let source = Arc::clone(&self.0);
        async move { source.check().await }.boxed()
    }

    fn cost(&self, _query: &SearchQuery) -> Cost {
        Cost { calls: Some(0), traces_scanned: None, bytes_scanned: Some(0) }
    }

    fn counters(&self) -> Vec<Counter> {
        self.0.client.meter.counters("lines", None)
    }
}

impl Cloudwatch {
    fn subject(&self) -> Subject {
        let credential = aws::credential_name(&self.config.account());
        Subject { vendor: model::Source::Cloudwatch, endpoint: self.client.endpoint.clone(), credential }
    }

    async fn fetch(&self, lookup: &Lookup, progress: &Progress) -> Result<(), Failure> {
        let groups = self.groups(lookup, progress).await?;
        let day = TimeRange { from: lookup.now.plus(-86_400 * SECOND), to: lookup.now.plus(60 * SECOND) };
        let range = lookup.range.or_else(|| (!self.config.local).then_some(day));
        if range == Some(day) {
            progress.remark("Without a known time, the last 24 hours were searched.");
        }
        let read = AtomicUsize::new(0);
        let concurrency = if self.config.local { 8 } else { 3 };
        let read = &read;
        let searches = groups.into_iter().map(|group| async move {
            let search = self.group(&group, range, lookup, progress, read);
            let end = tokio::time::timeout_at(progress.deadline - RESERVE, search).await;
            let end = end.unwrap_or(Err(GroupFailure::Call(Failure::TimedOut)));
            (group, end)
        });
        let ends: Vec<_> = futures::stream::iter(searches).buffer_unordered(concurrency).collect().await;
        self.conclude(ends, progress)
    }

    /// The groups to search: those that spans or the configuration name, else the most recently written.
    async fn groups(&self, lookup: &Lookup, progress: &Progress) -> Result<Vec<String>, Failure> {
        let configured = self.config.groups.iter();
        let wanted = configured.filter(|(service, _)| lookup.services.is_empty() || lookup.services.contains(service));
        let mut named: BTreeSet<String> = wanted.flat_map(|(_, groups)| groups.clone()).collect();
        named.extend(lookup.log_groups.iter().cloned());
        if !named.is_empty() && !self.config.local {
            return Ok(named.into_iter().collect());
        }
        let listed = self.client.groups(progress.deadline - RESERVE).await?;
        let mut groups = listed.names;
        if !self.config.local && (groups.len() > RECENT || listed.more) {
            let all = if listed.more { format!("more than {}", groups.len()) } else { groups.len().to_string() };
            let why = format!("Of {all} log groups only the {RECENT} most recently written were searched.");
            progress.gap(why, "Name the groups of your services in throughline.toml: groups = { \"service\" = [\"/group\"] }.");
            groups.truncate(RECENT);
        }
        if groups.is_empty() {
            progress.searched("there is no log group");
        }
        Ok(groups)
    }

    async fn group(
        &self,
        group: &str,
        range: Option<TimeRange>,
        lookup: &Lookup,
        progress: &Progress,
        read: &AtomicUsize,
    ) -> Result<(), GroupFailure> {
        let service = self.config.service_of(group);
        let deadline = progress.deadline - RESERVE;
        for traces in lookup.traces.chunks(wire::IDS) {
            let pattern = wire::pattern(traces);
            let mut token: Option<String> = None;
            for page_number in 0.. {
                if page_number == PAGE_LIMIT || read.load(Ordering::Relaxed) > BYTE_LIMIT {
                    return Err(GroupFailure::Budget);
                }
                let page = self.client.filter(group, &pattern, range, token.as_deref(), deadline).await.map_err(group_failure)?;
                read.fetch_add(page.events.iter().filter_map(|event| event.message()).map(str::len).sum(), Ordering::Relaxed);
                let mut aliases = Aliases::new(model::Source::Cloudwatch);
                let lines = page.events.iter().filter_map(|event| convert::line(event, group, service, &lookup.traces, &mut aliases));
                let logs: Vec<_> = lines.collect();
                if !logs.is_empty() {
                    progress.emit(Fragment { logs, aliases: aliases.into_vec(), ..Fragment::default() });
                }
                if page.next.is_none() || page.next == token {
                    break;
                }
                token = page.next;
            }
        }
        progress.searched(group);
        Ok(())
    }

    /// Names what was not searched. Where nothing was, the first failure is that of the whole search.
    fn conclude(&self, ends: Vec<(String, Result<(), GroupFailure>)>, progress: &Progress) -> Result<(), Failure> {
        let mut by_reason: Vec<(GroupFailure, Vec<String>)> = Vec::new();
        let total = ends.len();
        for (group, end) in ends {
            let Err(failure) = end else { continue };
            match by_reason.iter_mut().find(|(known, _)| alike(known, &failure)) {
                Some((_, groups)) => groups.push(group),
                None => by_reason.push((failure, vec![group])),
            }
        }
        let failed: usize = by_reason.iter().map(|(_, groups)| groups.len()).sum();
        if let Some((GroupFailure::Call(failure), _)) = by_reason.iter().find(|(failure, _)| matches!(failure, GroupFailure::Call(_)))
            && failed == total
        {
            return Err(failure.clone());
        }
        let subject = self.subject();
        for (failure, groups) in by_reason {
            let (many, names) = (groups.len(), list(&groups));
            let (why, step) = match failure {
                GroupFailure::Missing => ("there is no such group".to_owned(), "Correct the names in throughline.toml.".to_owned()),
                GroupFailure::Budget => ("it holds more than one search reads".to_owned(), "Narrow the time range.".to_owned()),
                GroupFailure::Call(failure) => {
                    let words = failure.explain(&subject);
                    (words.why.trim_end_matches('.').to_owned(), words.next_step)
                }
            };
            let noun = if many == 1 { "The log group" } else { "The log groups" };
            progress.gap(format!("{noun} {names} could not be searched to the end: {why}."), step);
        }
        Ok(())
    }

    async fn check(&self) -> Check {
        let deadline = Instant::now() + Duration::from_secs(10);
        let groups = self.client.groups(deadline).await;
        let configured = self.config.groups.values().flatten().next().cloned();
        let group = configured.or_else(|| groups.as_ref().ok()?.names.first().cloned());
        let mut permissions = vec![permission("logs:DescribeLogGroups", &groups)];
        let mut failures = Vec::new();
        if let Some(group) = group {
            // A pattern that nothing matches: only whether the call is allowed matters.
            let nobody: Vec<TraceId> = TraceId::new(1).into_iter().collect();
            let found = self.client.filter(&group, &wire::pattern(&nobody), None, None, deadline).await;
            permissions.push(permission(&format!("logs:FilterLogEvents on {group}"), &found));
            failures.extend(found.err());
        }
        failures.extend(groups.err());
        let allowed = permissions.iter().filter(|permission| permission.allowed == Some(true)).count();
        let state = match failures.len() {
            0 => State::Found,
            _ if allowed > 0 => State::Partial,
            _ => State::Failed,
        };
        let words = failures.first().map(|failure| failure.explain(&self.subject()));
        let (why, next_step) = words.map(|words| (words.why, words.next_step)).unwrap_or_default();
        let route = if self.config.local { "local services" } else { "FilterLogEvents" };
        Check { state, why, next_step, route: route.to_owned(), permissions }
    }
}

/// Whether two groups failed for the same reason; vendors name the group in their message, which does not make it another reason.
fn alike(a: &GroupFailure, b: &GroupFailure) -> bool {
    match (a, b) {
        (GroupFailure::Call(a), GroupFailure::Call(b)) => std::mem::discriminant(a) == std::mem::discriminant(b),
        _ => a == b,
    }
}

/// The names, at most ten of them.
fn list(groups: &[String]) -> String {
    let shown = groups.get(..10).unwrap_or(groups).join(", ");
    let more = groups.len().saturating_sub(10);
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}
