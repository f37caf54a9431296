//! The engine as the pages see it, over sources that misbehave.

use crate::testing::{Fake, NOW, after, alias, ended, found, hooks, line, span, spans, trace};
use crate::{Engine, Lookup, Settings, Source};
use api::{ApiError, Backend as _, Snapshot, TimelineQuery, Wait};
use futures::stream::{self, BoxStream, StreamExt as _};
use model::Source::{Cloudwatch, Honeycomb, Rollbar, Xray};
use model::{Fragment, State, TraceId, UnixNs, Verdict};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// Long enough ago that nothing is still arriving.
const OLD: UnixNs = UnixNs(NOW.0 - 3_600_000_000_000);

fn engine(sources: &[&Arc<Fake>]) -> Engine {
    let sources = sources.iter().map(|fake| Arc::clone(*fake) as Arc<dyn Source>).collect();
    Engine::new(sources, hooks(NOW), Settings::default(), Arc::new(state::File::in_memory()))
}

fn fake(vendor: model::Source, fetch: impl Fn(Lookup) -> BoxStream<'static, Fragment> + Send + Sync + 'static) -> Arc<Fake> {
    Arc::new(Fake::new(vendor, fetch))
}

#[tokio::test(start_paused = true)]
async fn the_last_revision_comes_as_soon_as_the_last_source_has_ended() {
    let honeycomb = fake(Honeycomb, |lookup| {
        after(Duration::from_millis(20), found(Honeycomb, vec![spans(vec![span(Honeycomb, lookup.traces[0], 1, OLD)])]))
    });
    let engine = engine(&[&spans_of(Xray), &honeycomb]);
    let begun = Instant::now();
    let last = open(&engine, trace(1)).await;
    assert!(last.request.ended());
    assert_eq!(begun.elapsed(), Duration::from_millis(20));
}

/// One old span for every ID asked for.
fn spans_of(vendor: model::Source) -> Arc<Fake> {
    fake(vendor, move |lookup| {
        let all = lookup.traces.iter().map(|id| span(vendor, *id, u64::try_from(id.value()).unwrap(), OLD)).collect();
        found(vendor, vec![spans(all)])
    })
}

const fn query(id: TraceId) -> TimelineQuery {
    TimelineQuery { id, range: None }
}

async fn open(engine: &Engine, id: TraceId) -> Arc<Snapshot> {
    engine.open(query(id), Wait::Ended).await.unwrap()
}

fn verdict(snapshot: &Snapshot, vendor: model::Source) -> &Verdict {
    snapshot.request.verdicts.iter().find(|verdict| verdict.source == vendor).unwrap()
}

#[tokio::test(start_paused = true)]
async fn one_dead_of_four_delays_and_changes_nobody_else() {
    for broken in 0..4 {
        let rollbar = fake(Rollbar, move |_| match broken {
            0 => stream::pending().boxed(),
            1 => stream::iter([ended(Verdict::failed(Rollbar, "HTTP 500", "Try later."))]).boxed(),
            2 => panic!("on purpose"),
            _ => stream::empty().boxed(),
        });
        let cloudwatch = fake(Cloudwatch, |lookup| {
            let logs = vec![line(lookup.traces[0], "hello", OLD)];
            found(Cloudwatch, vec![Fragment { logs, ..Fragment::default() }])
        });
        let (xray, honeycomb) = (spans_of(Xray), spans_of(Honeycomb));
        let engine = engine(&[&xray, &cloudwatch, &honeycomb, &rollbar]);
        let begun = Instant::now();
        let soon = engine.open(query(trace(1)), Wait::AtMost(Duration::from_millis(150))).await.unwrap();
        assert!(begun.elapsed() <= Duration::from_millis(150));
        let last = open(&engine, trace(1)).await;
        assert!(begun.elapsed() <= Duration::from_millis(8_100), "{:?}", begun.elapsed());
        for snapshot in [&soon, &last] {
            assert_eq!((snapshot.request.spans.len(), snapshot.request.logs.len()), (1, 1));
            for vendor in [Xray, Cloudwatch, Honeycomb] {
                assert_eq!(verdict(snapshot, vendor).state, State::Found, "{vendor:?}");
            }
        }
        assert_eq!(verdict(&last, Rollbar).state, State::Failed);
        assert!(!verdict(&last, Rollbar).why.is_empty());
        assert!(last.request.ended());
    }
}

#[tokio::test(start_paused = true)]
async fn says_which_source_is_not_configured_and_what_to_set() {
    let snapshot = open(&engine(&[&spans_of(Xray)]), trace(1)).await;
    let rollbar = verdict(&snapshot, Rollbar);
    assert_eq!((rollbar.state, rollbar.why.as_str()), (State::NotSearched, "not configured"));
    assert!(rollbar.next_step.contains("[[sources.rollbar]]"));
    assert_eq!(snapshot.request.verdicts.iter().map(|verdict| verdict.source).collect::<Vec<_>>(), model::Source::ALL);
}

#[tokio::test(start_paused = true)]
async fn a_hundred_viewers_share_one_search() {
    let xray = fake(Xray, |lookup| after(Duration::from_millis(400), found(Xray, vec![spans(vec![span(Xray, lookup.traces[0], 1, OLD)])])));
    let honeycomb = spans_of(Honeycomb);
    let engine = engine(&[&xray, &honeycomb]);
    let viewers = (0..100).map(|at| {
        let engine = engine.clone();
        async move {
            if at % 2 == 0 {
                open(&engine, trace(1)).await
            } else {
                engine.revisions(query(trace(1))).map(Result::unwrap).collect::<Vec<_>>().await.pop().unwrap()
            }
        }
    });
    let snapshots = futures::future::join_all(viewers).await;
    assert!(snapshots.iter().all(|snapshot| Arc::ptr_eq(snapshot, &snapshots[0])));
    assert_eq!((xray.fetches(), honeycomb.fetches()), (1, 1));
    open(&engine, trace(1)).await;
    assert_eq!(xray.fetches(), 1, "just ended: still good");
    tokio::time::sleep(Duration::from_secs(61)).await;
    open(&engine, trace(1)).await;
    assert_eq!(xray.fetches(), 2, "a minute later it is asked again");
}

#[tokio::test(start_paused = true)]
async fn revisions_are_numbered_whole_and_not_too_many() {
    let xray = fake(Xray, |lookup| {
        let id = lookup.traces[0];
        let each = stream::unfold(1_u64, move |at| async move {
            tokio::time::sleep(Duration::from_millis(5)).await;
            (at <= 100).then(|| (spans(vec![span(Xray, id, at, OLD)]), at + 1))
        });
        each.chain(stream::iter([ended(Verdict::new(Xray, State::Found))])).boxed()
    });
    let engine = engine(&[&xray]);
    let mut at = Vec::new();
    let mut revisions = engine.revisions(query(trace(1)));
    let mut last: Option<Arc<Snapshot>> = None;
    while let Some(snapshot) = revisions.next().await {
        let snapshot = snapshot.unwrap();
        if let Some(last) = &last {
            assert!(snapshot.revision > last.revision);
            assert!(snapshot.request.spans.len() >= last.request.spans.len());
        }
        at.push(Instant::now());
        last = Some(snapshot);
    }
    let last = last.unwrap();
    assert_eq!((last.request.spans.len(), verdict(&last, Xray).counts.spans), (100, Some(100)));
    assert!(last.request.ended());
    assert!((8..=13).contains(&at.len()), "{} revisions in 505 ms", at.len());
    assert!(last.revision <= 13, "{} were put together", last.revision);
    let too_close = at.windows(2).filter(|pair| pair[1] - pair[0] < Duration::from_millis(50)).count();
    assert_eq!(too_close, 0);
    assert!(Arc::ptr_eq(&engine.snapshot(trace(1), last.revision).unwrap(), &last));
    assert_eq!(engine.snapshot(trace(1), last.revision + 1), Err(ApiError::Gone));
    assert_eq!(engine.snapshot(trace(2), 1), Err(ApiError::Gone));
}

#[tokio::test(start_paused = true)]
async fn a_viewer_who_leaves_ends_the_search_unless_others_watch() {
    let xray = fake(Xray, |_| stream::pending().boxed());
    let engine = engine(&[&xray]);
    let mut one = engine.revisions(query(trace(1)));
    let mut other = engine.revisions(query(trace(1)));
    one.next().await.unwrap().unwrap();
    other.next().await.unwrap().unwrap();
    drop(one);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(xray.open.load(Ordering::SeqCst), 1, "the other one still watches");
    drop(other);
    tokio::time::sleep(Duration::from_millis(900)).await;
    assert_eq!(xray.open.load(Ordering::SeqCst), 0, "nobody watches");
    assert_eq!(xray.fetches(), 1);
    let mut again = engine.revisions(query(trace(1)));
    again.next().await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(xray.fetches(), 2, "and a later viewer starts a new one");
}

#[tokio::test(start_paused = true)]
async fn the_page_comes_back_for_what_it_did_not_wait_for() {
    let xray = fake(Xray, |lookup| after(Duration::from_secs(3), found(Xray, vec![spans(vec![span(Xray, lookup.traces[0], 1, OLD)])])));
    let engine = engine(&[&xray]);
    let first = engine.open(query(trace(1)), Wait::AtMost(Duration::from_millis(150))).await.unwrap();
    assert_eq!(verdict(&first, Xray).state, State::Searching);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let last = engine.revisions(query(trace(1))).collect::<Vec<_>>().await.pop().unwrap().unwrap();
    assert_eq!((verdict(&last, Xray).state, xray.fetches()), (State::Found, 1));
}

#[tokio::test(start_paused = true)]
async fn an_alias_is_asked_for_in_a_second_round_while_others_still_answer() {
    let rollbar = fake(Rollbar, |lookup| {
        let aliases = if lookup.traces.contains(&trace(1)) { vec![alias(trace(1), trace(2))] } else { vec![] };
        found(Rollbar, vec![Fragment { aliases, ..Fragment::default() }])
    });
    let xray = spans_of(Xray);
    let slow = fake(Honeycomb, |_| after(Duration::from_secs(5), found(Honeycomb, vec![])));
    let store: Arc<dyn state::Store> = Arc::new(state::File::in_memory());
    let sources = || vec![rollbar.clone() as Arc<dyn Source>, xray.clone(), slow.clone()];
    let engine = Engine::new(sources(), hooks(NOW), Settings::default(), Arc::clone(&store));
    let soon = engine.open(query(trace(1)), Wait::AtMost(Duration::from_secs(1))).await.unwrap();
    assert_eq!(soon.request.spans.len(), 2, "not held up by the slow source");
    let last = open(&engine, trace(1)).await;
    assert_eq!(last.request.traces, [trace(1), trace(2)]);
    assert_eq!(last.request.aliases[0].because, "an occurrence carries both");
    assert_eq!((xray.fetches(), verdict(&last, Xray).counts.spans), (2, Some(2)));

    // What was learned is written while nobody waits.
    tokio::time::sleep(Duration::from_millis(1)).await;
    let later = Engine::new(sources(), hooks(NOW), Settings::default(), store);
    let last = open(&later, trace(2)).await;
    assert_eq!(last.request.traces, [trace(2), trace(1)], "learned, and found from the other side");
    assert_eq!(xray.fetches(), 3, "in the first round");
}

#[tokio::test(start_paused = true)]
async fn the_alias_rounds_are_bounded() {
    let next = AtomicU64::new(100);
    let rollbar = fake(Rollbar, move |lookup| {
        let aliases = lookup.traces.iter().flat_map(|id| {
            let first = next.fetch_add(100, Ordering::SeqCst);
            (first..first + 100).map(|to| alias(*id, trace(u128::from(to))))
        });
        found(Rollbar, vec![Fragment { aliases: aliases.collect(), ..Fragment::default() }])
    });
    let engine = engine(&[&rollbar]);
    let last = open(&engine, trace(1)).await;
    let lookups = rollbar.lookups.lock().unwrap();
    let asked: usize = lookups.iter().map(|lookup| lookup.traces.len()).sum();
    assert_eq!((lookups.len(), asked), (2, 8));
    let rollbar = verdict(&last, Rollbar);
    assert_eq!(rollbar.state, State::Partial);
    assert!(rollbar.why.contains("more IDs were found for this request and not asked for"), "{}", rollbar.why);
}

#[tokio::test(start_paused = true)]
async fn log_groups_named_by_spans_are_searched_in_a_second_look() {
    let xray = fake(Xray, |lookup| {
        let mut named = span(Xray, lookup.traces[0], 1, OLD);
        named.attributes.insert("aws.log.group.names".to_owned(), "/backend".into());
        found(Xray, vec![spans(vec![named])])
    });
    let cloudwatch = fake(Cloudwatch, |lookup| {
        if lookup.log_groups.is_empty() {
            let why = "20 of 90 log groups searched".to_owned();
            return stream::iter([ended(Verdict { why, ..Verdict::new(Cloudwatch, State::Partial) })]).boxed();
        }
        let logs = vec![line(lookup.traces[0], "hello", OLD)];
        found(Cloudwatch, vec![Fragment { logs, ..Fragment::default() }])
    });
    let engine = engine(&[&xray, &cloudwatch]);
    let last = open(&engine, trace(1)).await;
    assert_eq!((last.request.logs.len(), verdict(&last, Cloudwatch).counts.logs), (1, Some(1)));
    let lookups = cloudwatch.lookups.lock().unwrap();
    assert_eq!(lookups.len(), 2);
    assert_eq!((&lookups[1].log_groups[..], &lookups[1].services[..]), (&["/backend".to_owned()][..], &["backend".to_owned()][..]));
    assert_eq!(xray.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_young_request_is_asked_for_again_while_somebody_watches() {
    let late = Arc::new(AtomicU64::new(0));
    let xray = {
        let late = Arc::clone(&late);
        fake(Xray, move |lookup| {
            let number = 1 + late.fetch_add(1, Ordering::SeqCst).min(2);
            found(Xray, vec![spans((1..=number).map(|at| span(Xray, lookup.traces[0], at, NOW)).collect())])
        })
    };
    let engine = engine(&[&xray]);
    let mut revisions = engine.revisions(query(trace(1)));
    let begun = Instant::now();
    let mut seen = Vec::new();
    while let Some(snapshot) = revisions.next().await {
        let snapshot = snapshot.unwrap();
        if snapshot.request.ended() {
            seen.push((begun.elapsed().as_secs(), snapshot.request.spans.len()));
            assert!(verdict(&snapshot, Xray).why.starts_with("still arriving"), "{}", verdict(&snapshot, Xray).why);
        }
    }
    assert_eq!(seen, [(0, 1), (2, 2), (6, 3)], "a revision only when something new came");
    assert!((120..=150).contains(&begun.elapsed().as_secs()), "ends after {:?}", begun.elapsed());
    let asked = xray.fetches();
    assert!((6..=9).contains(&asked), "{asked} times");
}

#[tokio::test(start_paused = true)]
async fn a_young_request_is_left_alone_once_nobody_watches() {
    let xray = fake(Xray, |lookup| found(Xray, vec![spans(vec![span(Xray, lookup.traces[0], 1, NOW)])]));
    let engine = engine(&[&xray]);
    let mut revisions = engine.revisions(query(trace(1)));
    revisions.next().await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    drop(revisions);
    open(&engine, trace(1)).await;
    assert_eq!(xray.fetches(), 1);
    tokio::time::sleep(Duration::from_secs(100)).await;
    assert_eq!(xray.fetches(), 1);
    open(&engine, trace(1)).await;
    assert_eq!(xray.fetches(), 2, "too old an answer for a new viewer");
}

#[tokio::test(start_paused = true)]
async fn a_failed_second_look_takes_nothing_back() {
    let times = AtomicU64::new(0);
    let xray = fake(Xray, move |lookup| {
        if times.fetch_add(1, Ordering::SeqCst) == 0 {
            return found(Xray, vec![spans(vec![span(Xray, lookup.traces[0], 1, NOW)])]);
        }
        stream::iter([ended(Verdict::failed(Xray, "HTTP 503", ""))]).boxed()
    });
    let engine = engine(&[&xray]);
    let last = engine.revisions(query(trace(1))).collect::<Vec<_>>().await.pop().unwrap().unwrap();
    let xray = verdict(&last, Xray);
    assert_eq!((xray.state, last.request.spans.len(), xray.counts.spans), (State::Found, 1, Some(1)));
    assert!(xray.why.contains("asked again: "), "{}", xray.why);
}

#[tokio::test(start_paused = true)]
async fn several_accounts_of_one_vendor_are_one_verdict() {
    let east = Arc::new(Fake::new(Xray, |lookup| found(Xray, vec![spans(vec![span(Xray, lookup.traces[0], 1, OLD)])])).named("us-east-1"));
    let west = Arc::new(Fake::new(Xray, |_| stream::iter([ended(Verdict::failed(Xray, "refused", ""))]).boxed()).named("us-west-2"));
    let last = open(&engine(&[&east, &west]), trace(1)).await;
    let xray = verdict(&last, Xray);
    assert_eq!((xray.state, xray.why.as_str(), xray.counts.spans), (State::Partial, "us-west-2: refused", Some(1)));
    assert_eq!(last.request.verdicts.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn too_many_searches_are_refused_and_not_queued() {
    let xray = fake(Xray, |_| stream::pending().boxed());
    let settings = Settings { max_searches: 2, ..Settings::default() };
    let engine = Engine::new(vec![xray], hooks(NOW), settings, Arc::new(state::File::in_memory()));
    let mut held = Vec::new();
    for id in [1, 2, 2] {
        let mut revisions = engine.revisions(query(trace(id)));
        revisions.next().await.unwrap().unwrap();
        held.push(revisions);
    }
    assert_eq!(engine.open(query(trace(3)), Wait::Ended).await, Err(ApiError::Overloaded { retry_after_s: 2 }));
}

#[tokio::test(start_paused = true)]
async fn reports_the_sources_without_asking_each_time() {
    let xray = spans_of(Xray);
    let engine = engine(&[&xray]);
    let (one, other) = tokio::join!(engine.sources(), engine.sources());
    assert_eq!(one, other);
    let report = one.unwrap();
    assert_eq!(
        report.sources.iter().map(|source| source.state).collect::<Vec<_>>(),
        [State::Found, State::NotSearched, State::NotSearched, State::NotSearched]
    );
    assert_eq!(xray.checks.load(Ordering::SeqCst), 1);
    tokio::time::sleep(Duration::from_secs(31)).await;
    engine.sources().await.unwrap();
    assert_eq!(xray.checks.load(Ordering::SeqCst), 2);
    assert!(matches!(engine.remove_sample_data().await, Err(ApiError::Unavailable { .. })));
    open(&engine, trace(1)).await;
    let metrics = engine.metrics();
    assert!(metrics.contains("throughline_source_calls_total{source=\"xray\",instance=\"\",call=\"fetch\"} 1\n"), "{metrics}");
    assert!(metrics.contains("throughline_searches_running 0\n"), "{metrics}");
}
