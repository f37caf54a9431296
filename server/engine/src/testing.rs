//! Sources that do as a test tells them.

use crate::{Check, Cost, Found, Hooks, Lookup, SearchPage, SearchQuery, Source};
use api::Counter;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, StreamExt as _};
use model::{Alias, Attributes, Counts, Fragment, LogRecord, SpanId, SpanKind, SpanRecord, State, Status, TraceId, UnixNs, Verdict};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// 2026-11-23T14:00:00Z.
pub const NOW: UnixNs = UnixNs(1_795_442_400_000_000_000);

type Fetch = Box<dyn Fn(Lookup) -> BoxStream<'static, Fragment> + Send + Sync>;
type Search = Box<dyn Fn(SearchQuery) -> BoxFuture<'static, SearchPage> + Send + Sync>;

pub struct Fake {
    vendor: model::Source,
    instance: String,
    fetch: Fetch,
    search: Search,
    pub lookups: Mutex<Vec<Lookup>>,
    pub searches: AtomicUsize,
    pub checks: AtomicUsize,
    /// Streams not yet dropped.
    pub open: Arc<AtomicUsize>,
}

struct Guard(Arc<AtomicUsize>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Fake {
    pub fn new(vendor: model::Source, fetch: impl Fn(Lookup) -> BoxStream<'static, Fragment> + Send + Sync + 'static) -> Self {
        Self {
            vendor,
            instance: String::new(),
            fetch: Box::new(fetch),
            search: Box::new(move |query| {
                let verdict = Verdict::not_searched(vendor, "this source keeps no list", "");
                std::future::ready(SearchPage { found: Vec::new(), complete_from: query.range.from, verdict }).boxed()
            }),
            lookups: Mutex::default(),
            searches: AtomicUsize::new(0),
            checks: AtomicUsize::new(0),
            open: Arc::default(),
        }
    }

    pub fn searching(mut self, search: impl Fn(SearchQuery) -> BoxFuture<'static, SearchPage> + Send + Sync + 'static) -> Self {
        self.search = Box::new(search);
        self
    }

    pub fn named(mut self, instance: &str) -> Self {
        instance.clone_into(&mut self.instance);
        self
    }

    /// Lists these, as many as asked for, and says how far down that is.
    pub fn listing(vendor: model::Source, all: Vec<Found>) -> Self {
        let mut all = all;
        all.sort_by_key(|found| std::cmp::Reverse(found.start));
        Self::new(vendor, move |_| found(vendor, vec![])).searching(move |query| {
            let mut found: Vec<_> = all.iter().filter(|found| query.range.contains(found.start)).cloned().collect();
            let cut = found.len() > query.limit;
            found.truncate(query.limit);
            let last = found.last().map_or(query.range.from, |found| found.start);
            let complete_from = if cut { last } else { query.range.from };
            let state = if cut {
                State::Partial
            } else if found.is_empty() {
                State::Empty
            } else {
                State::Found
            };
            std::future::ready(SearchPage { found, complete_from, verdict: Verdict::new(vendor, state) }).boxed()
        })
    }

    pub fn fetches(&self) -> usize {
        self.lookups.lock().unwrap().len()
    }
}

impl Source for Fake {
    fn vendor(&self) -> model::Source {
        self.vendor
    }

    fn instance(&self) -> &str {
        &self.instance
    }

    fn endpoint(&self) -> &'static str {
        "https://vendor.example"
    }

    fn recognise(&self, _: &str) -> Option<TraceId> {
        None
    }

    fn fetch(&self, lookup: Lookup) -> BoxStream<'static, Fragment> {
        self.lookups.lock().unwrap().push(lookup.clone());
        self.open.fetch_add(1, Ordering::SeqCst);
        let guard = Guard(Arc::clone(&self.open));
        let inner = (self.fetch)(lookup);
        inner
            .map(move |fragment| {
                let _held = &guard;
                fragment
            })
            .boxed()
    }

    fn search(&self, query: SearchQuery) -> BoxFuture<'static, SearchPage> {
        self.searches.fetch_add(1, Ordering::SeqCst);
        (self.search)(query)
    }

    fn check(&self) -> BoxFuture<'static, Check> {
        self.checks.fetch_add(1, Ordering::SeqCst);
        let check = Check { state: State::Found, why: String::new(), next_step: String::new(), route: String::new(), permissions: vec![] };
        std::future::ready(check).boxed()
    }

    fn cost(&self, _: &SearchQuery) -> Cost {
        Cost::default()
    }

    fn counters(&self) -> Vec<Counter> {
        Vec::new()
    }
}

/// The clock stands still; only the runtime's time moves.
pub struct Still(pub UnixNs);

impl crate::Clock for Still {
    fn now(&self) -> UnixNs {
        self.0
    }
}

pub fn hooks(now: UnixNs) -> Hooks {
    Hooks { clock: Arc::new(Still(now)), ..Hooks::default() }
}

pub fn trace(value: u128) -> TraceId {
    TraceId::new(value).unwrap()
}

pub fn span(vendor: model::Source, of: TraceId, id: u64, start: UnixNs) -> SpanRecord {
    SpanRecord {
        source: vendor,
        trace: of,
        id: SpanId::new(id).unwrap(),
        parent: None,
        service: "backend".to_owned(),
        name: "GET /".to_owned(),
        kind: SpanKind::Server,
        start,
        end: Some(start.plus(1_000_000)),
        clock_ns: 1,
        status: Status::Ok,
        inferred: false,
        http: None,
        attributes: Attributes::new(),
        events: vec![],
        links: vec![],
        exceptions: vec![],
        raw: None,
    }
}

pub fn line(of: TraceId, body: &str, time: UnixNs) -> LogRecord {
    LogRecord {
        source: model::Source::Cloudwatch,
        id: body.to_owned(),
        trace: Some(of),
        span: None,
        time,
        severity: model::log::Severity::Info,
        service: "backend".to_owned(),
        body: body.to_owned(),
        log_group: "/backend".to_owned(),
        log_stream: "1".to_owned(),
        attributes: Attributes::new(),
    }
}

pub fn alias(from: TraceId, to: TraceId) -> Alias {
    Alias { from, to, source: model::Source::Rollbar, because: "an occurrence carries both".to_owned(), evidence: "custom".to_owned() }
}

pub fn spans(spans: Vec<SpanRecord>) -> Fragment {
    Fragment { spans, ..Fragment::default() }
}

pub fn ended(verdict: Verdict) -> Fragment {
    Fragment { verdict: Some(verdict), ..Fragment::default() }
}

/// A source that has this and says so, or has nothing and says that.
pub fn found(vendor: model::Source, fragments: Vec<Fragment>) -> BoxStream<'static, Fragment> {
    let pieces: usize = fragments.iter().map(|fragment| fragment.spans.len() + fragment.logs.len()).sum();
    let state = if pieces == 0 { State::Empty } else { State::Found };
    let counts = Counts { spans: Some(pieces as u64), ..Counts::default() };
    stream::iter(fragments.into_iter().chain([ended(Verdict { counts, ..Verdict::new(vendor, state) })])).boxed()
}

/// The same, after a while.
pub fn after(duration: Duration, stream: BoxStream<'static, Fragment>) -> BoxStream<'static, Fragment> {
    stream::once(tokio::time::sleep(duration)).flat_map(|()| stream::empty()).chain(stream).boxed()
}
