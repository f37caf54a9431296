//! Honeycomb: spans, span events, links and logs through the Query Data API, where the plan has it; else a link.

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
use crate::{ConfigError, Failure};
use client::{Client, ROW_LIMIT};
use engine::source::{Counter, Permission};
use engine::{Check, Cost, Lookup, SearchPage, SearchQuery, Source};
use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use model::{Fragment, SpanId, State, TimeRange, TraceId, UnixNs, Verdict};
use query::Entry;
use reqwest::Url;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// What Honeycomb holds and so counts.
const KINDS: Kinds = Kinds { spans: true, logs: true, errors: true };

/// One environment or dataset of Honeycomb.
struct Honeycomb {
    config: Config,
    client: Client,
}

/// A source for one environment (or dataset) of Honeycomb.
#[expect(clippy::unused_async, reason = "all sources are built alike, and those of AWS load their credentials")]
pub async fn build(config: Config) -> Result<Arc<dyn Source>, ConfigError> {
    let client = Client::new(&config)?;
    Ok(Arc::new(Shared(Arc::new(Honeycomb { config, client }))))
}

/// Searches outlive the call that starts them, so they share the source.
struct Shared(Arc<Honeycomb>);

impl Source for Shared {
    fn vendor(&self) -> model::Source {
        model::Source::Honeycomb
    }

    fn instance(&self) -> &str {
        self.0.config.dataset.as_deref().or(self.0.config.environment.as_deref()).unwrap_or_default()
    }

    fn endpoint(&self) -> &str {
        &self.0.config.endpoint
    }

    fn recognise(&self, text: &str) -> Option<TraceId> {
        let url = Url::parse(text.trim()).ok()?;
        let host = url.host_str()?;
        let ours = host == "honeycomb.io" || host.ends_with(".honeycomb.io") || self.0.config.ui.contains(host);
        let (_, id) = url.query_pairs().find(|(key, _)| ours && key == "trace_id")?;
        id.parse().ok()
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
        Cost { calls: Some(if self.0.config.local { 7 } else { 4 }), ..Cost::default() }
    }

    fn counters(&self) -> Vec<Counter> {
        self.0.client.api.meter.counters("rows", None)
    }
}

impl Honeycomb {
    fn subject(&self) -> Subject {
        let credential = match (&self.config.key_file, self.config.local) {
            (_, true) => String::new(),
            (Some(file), _) => format!("the key in {}", file.display()),
            (None, _) => format!("the key in {}", self.config.key_env),
        };
        Subject { vendor: model::Source::Honeycomb, endpoint: self.config.endpoint.clone(), credential }
    }

    fn limit(&self, asked: Duration) -> Duration {
        self.config.deadline_ms.map_or(asked, |ms| Duration::from_millis(ms).min(asked))
    }

    async fn fetch(&self, lookup: &Lookup, progress: &Progress) -> Result<(), Failure> {
        let (windows, cut) = query::windows(lookup.range, lookup.now, self.config.local);
        let columns = self.client.columns(progress.deadline);
        let (columns, ui) = futures::join!(columns, self.ui(progress.deadline));
        let link = |trace: TraceId, span: Option<SpanId>, time: UnixNs| ui.trace(trace, span, time);
        if cut {
            let step = lookup.traces.first().map(|trace| ui.open(*trace, lookup)).unwrap_or_default();
            progress.gap("The Query Data API holds seven days; the request is older, wholly or in part.", step);
        }
        // Without permission to list columns the usual ones still come.
        let columns = match columns {
            Ok(columns) => Some(columns),
            Err(Failure::Refused { .. } | Failure::Rejected { .. }) => None,
            Err(failure) => return Err(failure),
        };
        let mut breakdowns = query::breakdowns(columns.as_deref().map(Vec::as_slice));
        // Every further query costs one of ten a minute, so only the local services are asked for all columns of a wide account.
        let left_out: usize =
            breakdowns.drain(if self.config.local { 10 } else { 1 }.min(breakdowns.len())..).map(|names| names.len()).sum();
        if columns.as_deref().is_some_and(|columns| !columns.iter().any(|column| column.key_name == "trace.trace_id")) {
            progress.searched("no event with a trace ID was ever received");
            return Ok(());
        }
        for window in windows {
            for trace in &lookup.traces {
                progress.searched(format!("trace.trace_id = {trace} from {} to {}", window.from.rfc3339(), window.to.rfc3339()));
            }
            let queries: Vec<_> =
                breakdowns.iter().map(|breakdowns| query::of_traces(&lookup.traces, breakdowns.clone(), window)).collect();
            let answers = queries.iter().map(|query| self.client.query(query, progress.deadline));
            let answers = futures::future::try_join_all(answers).await.map(convert::merge);
            let rows = match answers {
                Err(failure @ Failure::NotEntitled { .. }) => {
                    progress.gap("", lookup.traces.first().map(|trace| ui.open(*trace, lookup)).unwrap_or_default());
                    return Err(failure);
                }
                other => other?,
            };
            if rows.len() >= ROW_LIMIT {
                progress.gap(format!("Honeycomb returns {ROW_LIMIT} rows at most; the trace has more."), "");
            }
            let fragment = convert::rows(&rows, &lookup.traces, &link);
            if fragment != Fragment::default() {
                progress.emit(fragment);
            }
            if progress.found() > 0 {
                break;
            }
        }
        if left_out > 0 && progress.found() > 0 {
            progress.remark("A query returns 100 attributes at most; the account has more, and those written last were asked for.");
        }
        Ok(())
    }

    async fn search(&self, query: SearchQuery) -> SearchPage {
        let begun = Instant::now();
        let limit = self.limit(query.deadline);
        let result = tokio::time::timeout(limit, self.entries(&query, begun + limit)).await.unwrap_or(Err(Failure::TimedOut));
        let mut verdict = Verdict::new(model::Source::Honeycomb, State::Empty);
        let (found, complete_from) = match result {
            Ok(entries) => {
                verdict.searched.push(format!("entry spans from {} to {}", query.range.from.rfc3339(), query.range.to.rfc3339()));
                if entries.held_from > query.range.from {
                    verdict.state = State::Partial;
                    "The Query Data API holds seven days; the range begins earlier.".clone_into(&mut verdict.why);
                } else if !entries.found.is_empty() {
                    verdict.state = State::Found;
                }
                (entries.found, entries.complete_from.max(entries.held_from))
            }
            Err(failure) => {
                let words = failure.explain(&self.subject());
                let state = if matches!(failure, Failure::NotEntitled { .. }) { State::NotSearched } else { State::Failed };
                verdict = Verdict { state, why: words.why, next_step: words.next_step, ..verdict };
                (Vec::new(), query.range.to)
            }
        };
        verdict.elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        SearchPage { found, complete_from, verdict }
    }

    async fn entries(&self, query: &SearchQuery, deadline: Instant) -> Result<Entries, Failure> {
        let columns = self.client.columns(deadline).await?;
        let (windows, _) = query::windows(Some(query.range), now(), self.config.local);
        let none = Entries { found: Vec::new(), complete_from: query.range.from, held_from: query.range.from };
        let Some(window) = windows.first() else { return Ok(Entries { held_from: query.range.to, ..none }) };
        let Some(roots) = query::of_range(query, &columns, Entry::Root, *window) else { return Ok(none) };
        // A second query costs one of ten a minute, so only the local services are asked for requests whose caller reports nowhere.
        let servers = query::of_range(query, &columns, Entry::RemoteParent, *window).filter(|_| self.config.local);
        let servers = async {
            match &servers {
                Some(servers) => self.client.query(servers, deadline).await,
                None => Ok(Vec::new()),
            }
        };
        let (roots, servers) = futures::try_join!(self.client.query(&roots, deadline), servers)?;
        let limit = query.limit.clamp(1, 1_000);
        let cut = |rows: &[_]| if rows.len() >= limit { convert::oldest(rows) } else { None };
        let complete_from = cut(&roots).max(cut(&servers)).unwrap_or(query.range.from).max(query.range.from);
        let mut found = convert::found(&roots, &servers);
        found.retain(|found| query.range.contains(found.start) && found.start >= complete_from);
        Ok(Entries { found, complete_from, held_from: window.from })
    }

    async fn check(&self) -> Check {
        let deadline = Instant::now() + Duration::from_secs(10);
        self.client.forget_refusal();
        let subject = self.subject();
        let probe = wire::Query { calculations: vec![wire::Calculation { op: "COUNT" }], time_range: Some(60), ..wire::Query::default() };
        let auth = match self.client.auth(deadline).await {
            Ok(auth) => auth,
            Err(failure) => return failed(&failure, &subject),
        };
        let (columns, run) = futures::join!(self.client.columns(deadline), self.client.query(&probe, deadline));
        let mut permissions = vec![permission("columns: list", &columns), permission("queries: create and run", &run)];
        // What else the key may do is of no concern here.
        for (name, allowed) in auth.api_key_access.iter().filter(|(name, _)| name.contains("quer") || *name == "columns") {
            permissions.push(Permission { name: name.clone(), allowed: allowed.as_bool(), note: "as the key says".to_owned() });
        }
        let route = match (&run, self.config.local) {
            (_, true) => "local services",
            (Ok(_), _) => "Query Data API",
            (Err(_), _) => "link only",
        };
        let (state, words) = match run.err().or(columns.err()) {
            None => (State::Found, None),
            Some(failure) => (State::Partial, Some(failure.explain(&subject))),
        };
        let (why, next_step) = words.map(|words| (words.why, words.next_step)).unwrap_or_default();
        Check { state, why, next_step, route: route.to_owned(), permissions }
    }

    /// What is needed to link into Honeycomb's pages.
    async fn ui(&self, deadline: Instant) -> Ui {
        let (mut team, mut environment) = (self.config.team.clone(), self.config.environment.clone());
        if team.is_none() && !self.config.local
            // Links are a convenience: without an answer there are none.
            && let Ok(auth) = self.client.auth(deadline).await
        {
            team = Some(auth.team.slug.clone());
            environment = environment.or_else(|| Some(auth.environment.slug.clone()));
        }
        Ui::new(&self.config, team, environment)
    }
}

/// The entry spans of a range.
struct Entries {
    found: Vec<engine::Found>,
    complete_from: UnixNs,
    held_from: UnixNs,
}

/// Links into Honeycomb's pages: <https://docs.honeycomb.io/investigate/collaborate/share-trace/>.
struct Ui(Option<Url>);

impl Ui {
    fn new(config: &Config, team: Option<String>, environment: Option<String>) -> Self {
        let url = || {
            let mut url = Url::parse(&config.ui).ok().filter(|_| !config.local)?;
            let team = team.filter(|team| !team.is_empty())?;
            {
                let mut path = url.path_segments_mut().ok()?;
                path.pop_if_empty().push(&team);
                if let Some(environment) = environment.filter(|environment| !environment.is_empty()) {
                    path.extend(["environments", environment.as_str()]);
                }
                if let Some(dataset) = &config.dataset {
                    path.extend(["datasets", dataset.as_str()]);
                }
                path.push("trace");
            }
            Some(url)
        };
        Self(url())
    }

    /// A span in its trace; empty if team or environment is not known. Without times Honeycomb looks two hours around now.
    fn trace(&self, trace: TraceId, span: Option<SpanId>, time: UnixNs) -> String {
        let Some(mut url) = self.0.clone() else { return String::new() };
        let seconds = time.as_seconds();
        url.query_pairs_mut()
            .append_pair("trace_id", &trace.to_string())
            .append_pair("trace_start_ts", &(seconds - 600).to_string())
            .append_pair("trace_end_ts", &(seconds + 600).to_string());
        if let Some(span) = span {
            url.query_pairs_mut().append_pair("span", &span.to_string());
        }
        url.into()
    }

    /// What to do when only Honeycomb's own page can show it.
    fn open(&self, trace: TraceId, lookup: &Lookup) -> String {
        let range = lookup.range.unwrap_or(TimeRange { from: lookup.now, to: lookup.now });
        let link = self.trace(trace, None, range.from);
        if link.is_empty() { String::new() } else { format!("Open {link}") }
    }
}

fn now() -> UnixNs {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    UnixNs(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

fn failed(failure: &Failure, subject: &Subject) -> Check {
    let words = failure.explain(subject);
    Check { state: State::Failed, why: words.why, next_step: words.next_step, route: String::new(), permissions: Vec::new() }
}
