use super::*;
use crate::testing::{Fake, NOW, hooks, trace};
use crate::{Engine, Found, Settings};
use api::{Backend as _, RequestSummary};
use futures::FutureExt as _;
use model::{Counts, UnixNs};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

const FROM: UnixNs = UnixNs(NOW.0 - 3_600_000_000_000);

fn query(limit: usize) -> ListQuery {
    let range = TimeRange { from: FROM, to: NOW };
    ListQuery { range, text: None, service: None, status: None, min_duration_ns: None, limit, cursor: None }
}

fn found(value: u128, start: UnixNs) -> Found {
    Found {
        trace: trace(value),
        also: vec![],
        start,
        duration_ns: Some(1_000),
        service: "backend".to_owned(),
        name: "GET /".to_owned(),
        status: Status::Ok,
        http_status: None,
        counts: Counts::default(),
        demo: false,
    }
}

fn engine(fakes: Vec<Fake>, list_ask: usize) -> Engine {
    let sources = fakes.into_iter().map(|fake| Arc::new(fake) as Arc<dyn crate::Source>).collect();
    let settings = Settings { list_ask, ..Settings::default() };
    Engine::new(sources, hooks(NOW), settings, Arc::new(state::File::in_memory()))
}

/// Every page, one after the other.
async fn pages(engine: &Engine, mut query: ListQuery) -> Vec<Vec<RequestSummary>> {
    let mut pages = Vec::new();
    for _ in 0..500 {
        let page = engine.list(query.clone()).await.unwrap();
        assert!(page.requests.len() <= query.limit);
        pages.push(page.requests);
        query.cursor = page.next_cursor;
        if query.cursor.is_none() {
            return pages;
        }
    }
    panic!("the pages do not end");
}

#[tokio::test(start_paused = true)]
async fn pages_follow_each_other() {
    let all: Vec<_> = (1..=7).map(|at| found(at, NOW.plus(-1_000 * i64::try_from(at).unwrap()))).collect();
    let engine = engine(vec![Fake::listing(Source::Xray, all)], 1);
    let ids: Vec<Vec<_>> =
        pages(&engine, query(3)).await.into_iter().map(|page| page.into_iter().map(|row| row.id.value()).collect()).collect();
    assert_eq!(ids, [vec![1, 2, 3], vec![4, 5, 6], vec![7]]);
}

#[tokio::test(start_paused = true)]
async fn one_that_saw_less_holds_rows_back_until_their_turn() {
    // X-Ray lists the newest two only, Honeycomb all: between rows 2 and 3 something of X-Ray's may be missing.
    let xray = Fake::listing(Source::Xray, vec![found(1, NOW.plus(-10)), found(2, NOW.plus(-20)), found(4, NOW.plus(-40))]);
    let honeycomb = Fake::listing(Source::Honeycomb, vec![found(3, NOW.plus(-30)), found(5, NOW.plus(-50))]);
    let engine = engine(vec![xray, honeycomb], 1);
    let rows: Vec<_> = pages(&engine, query(1)).await.concat().into_iter().map(|row| row.id.value()).collect();
    assert_eq!(rows, [1, 2, 3, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn nothing_older_is_shown_before_something_newer_that_is_still_to_come() {
    // Of what X-Ray lists first, almost nothing passes; Honeycomb has one far below, and X-Ray one between.
    let mut xray: Vec<_> = (10..20).map(|at| found(at, NOW.plus(-1_000 * i64::try_from(at).unwrap()))).collect();
    let rare = |value, ago: i64| Found { service: "rare".to_owned(), ..found(value, NOW.plus(-ago)) };
    xray.extend([rare(1, 1_000), rare(2, 30_000)]);
    let engine = engine(vec![Fake::listing(Source::Xray, xray), Fake::listing(Source::Honeycomb, vec![rare(3, 90_000)])], 5);
    let rows = pages(&engine, ListQuery { service: Some("rare".to_owned()), ..query(3) }).await.concat();
    assert_eq!(rows.iter().map(|row| row.id.value()).collect::<Vec<_>>(), [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn one_hanging_and_one_panicking_source_leave_the_rest() {
    let good = Fake::listing(Source::Xray, vec![found(1, NOW.plus(-10))]);
    let hanging = Fake::listing(Source::Honeycomb, vec![]).searching(|_| futures::future::pending().boxed());
    let panicking = Fake::listing(Source::Rollbar, vec![]).searching(|_| panic!("on purpose"));
    let begun = Instant::now();
    let list = engine(vec![good, hanging, panicking], 50).list(query(50)).await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 5);
    assert_eq!((list.requests.len(), list.next_cursor), (1, None));
    assert_eq!(
        list.verdicts.iter().map(|verdict| verdict.state).collect::<Vec<_>>(),
        [State::Found, State::NotSearched, State::Failed, State::Failed]
    );
    assert_eq!(list.verdicts[2].why, "no answer within 5 s");
    assert_eq!(list.volume, None, "not all was seen");
}

#[tokio::test(start_paused = true)]
async fn the_volume_is_there_when_all_was_seen() {
    let fault = Found { status: Status::Fault, ..found(2, NOW.plus(-1)) };
    let all = vec![found(1, FROM), fault, found(3, NOW.plus(-2))];
    let engine = engine(vec![Fake::listing(Source::Xray, all)], 10);
    let list = engine.list(query(1)).await.unwrap();
    assert_eq!(list.requests.len(), 1);
    let volume = list.volume.unwrap();
    assert_eq!((volume.start, volume.buckets.len(), volume.bucket_ns), (FROM, 60, 60_000_000_000));
    assert_eq!((volume.buckets[0], volume.buckets[1], volume.buckets[59]), ((1, 0, 0), (0, 0, 0), (2, 1, 0)));
    let next = ListQuery { cursor: list.next_cursor, ..query(1) };
    assert_eq!(engine.list(next).await.unwrap().volume, None, "only with the first page");
}

#[tokio::test(start_paused = true)]
async fn looks_on_when_a_page_has_nothing_that_passes() {
    let mut all: Vec<_> = (2..100).map(|at| found(at, NOW.plus(-1_000 * i64::try_from(at).unwrap()))).collect();
    all.push(Found { service: "rare".to_owned(), ..found(1, NOW.plus(-200_000)) });
    let engine = engine(vec![Fake::listing(Source::Xray, all)], 40);
    let rare = ListQuery { service: Some("rare".to_owned()), ..query(10) };
    let list = engine.list(rare).await.unwrap();
    assert_eq!(list.requests.iter().map(|row| row.id).collect::<Vec<_>>(), [trace(1)]);
}

#[tokio::test(start_paused = true)]
async fn a_source_stuck_at_the_top_does_not_repeat_the_page_for_ever() {
    let stuck = Fake::listing(Source::Xray, vec![]).searching(|query| {
        let verdict = Verdict { why: "no budget left".to_owned(), ..Verdict::new(Source::Xray, State::Partial) };
        std::future::ready(SearchPage { found: vec![], complete_from: query.range.to, verdict }).boxed()
    });
    let good = Fake::listing(Source::Honeycomb, (1..=5).map(|at| found(at, NOW.plus(-10 * i64::try_from(at).unwrap()))).collect());
    let rows = pages(&engine(vec![stuck, good], 1), query(2)).await.concat();
    assert_eq!(rows.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn shows_who_was_found_to_know_a_request_earlier() {
    let xray = Fake::new(Source::Xray, |lookup| {
        crate::testing::found(
            Source::Xray,
            vec![crate::testing::spans(vec![crate::testing::span(Source::Xray, lookup.traces[0], 1, FROM)])],
        )
    });
    let honeycomb = Fake::listing(Source::Honeycomb, vec![found(1, NOW.plus(-10))]);
    let engine = engine(vec![xray, honeycomb], 10);
    let before = engine.list(query(10)).await.unwrap();
    assert_eq!(before.requests[0].sources, model::SourceSet::of(Source::Honeycomb));
    engine.open(api::TimelineQuery { id: trace(1), range: None }, api::Wait::Ended).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1)).await;
    let after = engine.list(query(10)).await.unwrap();
    assert_eq!(after.requests[0].sources, [Source::Xray, Source::Honeycomb].into_iter().collect());
}

#[tokio::test(start_paused = true)]
async fn a_foreign_cursor_is_refused() {
    let engine = engine(vec![], 1);
    let list = engine.list(ListQuery { cursor: Some("abc".to_owned()), ..query(2) }).await;
    assert!(matches!(list, Err(ApiError::BadParameter { parameter, .. }) if parameter == "cursor"));
}

#[tokio::test(start_paused = true)]
async fn a_dead_source_is_not_asked_for_each_list() {
    let dead = Arc::new(Fake::listing(Source::Xray, vec![]).searching(|query| {
        let verdict = Verdict::failed(Source::Xray, "connection refused", "");
        std::future::ready(SearchPage { found: vec![], complete_from: query.range.to, verdict }).boxed()
    }));
    let engine = Engine::new(vec![dead.clone()], hooks(NOW), Settings::default(), Arc::new(state::File::in_memory()));
    for _ in 0..5 {
        let list = engine.list(query(2)).await.unwrap();
        assert_eq!((list.verdicts[0].state, list.next_cursor), (State::Failed, None));
    }
    assert_eq!(dead.searches.load(Ordering::SeqCst), 3);
}

/// One request as some of the vendors know it: `(ms ago, by vendor: how much later this vendor says it began, in ms)`.
type Truth = (u16, [Option<i8>; 3], bool);

fn any_truth() -> impl Strategy<Value = Truth> {
    let heard = || prop::option::weighted(0.6, -40_i8..40);
    // Few distinct moments, so that many coincide.
    (0_u16..30, [heard(), heard(), heard()], any::<bool>()).prop_map(|(at, heard, two_ids)| (at * 20, heard, two_ids))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_skipped_or_shown_twice(
        truths in prop::collection::vec(any_truth(), 0..40),
        limit in 1_usize..12,
        list_ask in 1_usize..20,
    ) {
        const VENDORS: [Source; 3] = [Source::Honeycomb, Source::Xray, Source::Rollbar];
        let mut listed: BTreeMap<Source, Vec<Found>> = VENDORS.into_iter().map(|vendor| (vendor, Vec::new())).collect();
        let mut expected = Vec::new();
        for (number, (ago, heard, two_ids)) in truths.into_iter().enumerate() {
            let id = 2 * (number as u128) + 1;
            if heard.iter().any(Option::is_some) {
                expected.push(id);
            }
            for (vendor, late) in VENDORS.into_iter().zip(heard) {
                let Some(late) = late else { continue };
                let start = NOW.plus((i64::from(late) - i64::from(ago) - 100) * 1_000_000);
                // X-Ray may know it under an ID of its own, and says so.
                let record = if two_ids && vendor == Source::Xray {
                    Found { also: vec![trace(id)], ..found(id + 1, start) }
                } else {
                    found(id, start)
                };
                listed.get_mut(&vendor).unwrap().push(record);
            }
        }
        let fakes = listed.into_iter().map(|(vendor, all)| Fake::listing(vendor, all)).collect();
        let engine = engine(fakes, list_ask);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let rows = runtime.block_on(pages(&engine, query(limit))).concat();
        prop_assert!(rows.is_sorted_by_key(|row| std::cmp::Reverse(row.start)), "newest first over all pages");
        let mut seen: Vec<u128> = rows.iter().map(|row| (row.id.value() - 1) / 2 * 2 + 1).collect();
        seen.sort_unstable();
        prop_assert_eq!(seen, expected);
    }
}
