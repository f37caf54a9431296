use super::*;
use crate::Settings;
use crate::testing::{Fake, NOW, after, ended, found, span, spans, trace};
use futures::stream::{self, BoxStream};
use model::{Counts, Source};
use proptest::prelude::*;

async fn outcome(fetch: impl Fn(Lookup) -> BoxStream<'static, Fragment> + Send + Sync + 'static) -> (Vec<Fragment>, Verdict, Duration) {
    let entry = Arc::new(Entry::new(Arc::new(Fake::new(Source::Xray, fetch)), &Settings::default()));
    outcome_of(entry).await
}

async fn outcome_of(entry: Arc<Entry>) -> (Vec<Fragment>, Verdict, Duration) {
    let begun = Instant::now();
    let lookup =
        Lookup { traces: vec![trace(1)], range: None, log_groups: vec![], services: vec![], now: NOW, deadline: Duration::from_secs(8) };
    let (out, mut events) = mpsc::channel(64);
    let task = tokio::spawn(fetch(entry, lookup, 0, 1_000, out));
    let mut pieces = Vec::new();
    loop {
        match events.recv().await.expect("ends with a verdict") {
            Event::Piece { fragment, .. } => pieces.push(fragment),
            Event::Ended { verdict, .. } => {
                task.await.unwrap();
                return (pieces, verdict, begun.elapsed());
            }
        }
    }
}

fn one(id: u64) -> Fragment {
    spans(vec![span(Source::Xray, trace(1), id, NOW)])
}

#[tokio::test(start_paused = true)]
async fn passes_on_what_a_source_says() {
    let (pieces, verdict, _) = outcome(|_| after(Duration::from_millis(70), found(Source::Xray, vec![one(1), one(2)]))).await;
    assert_eq!(pieces.len(), 2);
    assert_eq!((verdict.state, verdict.counts.spans, verdict.elapsed_ms), (State::Found, Some(2), 70));
}

#[tokio::test(start_paused = true)]
async fn a_hanging_source_failed_at_its_deadline() {
    let (_, verdict, took) = outcome(|_| stream::pending().boxed()).await;
    assert_eq!((verdict.state, verdict.why.as_str()), (State::Failed, "no answer within 8 s"));
    assert!(!verdict.next_step.is_empty());
    assert_eq!(took.as_secs(), 8);
}

#[tokio::test(start_paused = true)]
async fn what_arrived_before_the_deadline_makes_it_partial() {
    let (pieces, verdict, _) = outcome(|_| stream::iter([one(1)]).chain(stream::pending()).boxed()).await;
    assert_eq!((pieces.len(), verdict.state), (1, State::Partial));
    assert_eq!(verdict.why, "not finished within 8 s; what had arrived by then is shown");
}

#[tokio::test(start_paused = true)]
async fn a_stream_without_a_verdict_failed() {
    let (_, verdict, _) = outcome(|_| stream::empty().boxed()).await;
    assert_eq!(verdict.state, State::Failed);
    let (_, verdict, _) = outcome(|_| stream::iter([one(1), ended(Verdict::searching(Source::Xray))]).boxed()).await;
    assert_eq!((verdict.state, verdict.why.as_str()), (State::Failed, "the answer broke off after 1 pieces, without saying why"));
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failure_of_that_source() {
    let (_, verdict, _) = outcome(|_| panic!("before the stream")).await;
    assert_eq!(verdict.state, State::Failed);
    let (pieces, verdict, _) = outcome(|_| stream::iter([one(1)]).chain(stream::poll_fn(|_| panic!("within the stream"))).boxed()).await;
    assert_eq!((pieces.len(), verdict.state), (1, State::Failed));
}

#[tokio::test(start_paused = true)]
async fn an_endless_source_is_stopped() {
    let (pieces, verdict, _) = outcome(|_| stream::repeat_with(|| one(1)).boxed()).await;
    assert_eq!((pieces.len(), verdict.state), (1_000, State::Partial));
    let (_, verdict, _) = outcome(|_| stream::repeat_with(Fragment::default).boxed()).await;
    assert_eq!(verdict.state, State::Partial, "also when it sends nothing, for ever");
}

#[tokio::test(start_paused = true)]
async fn waits_for_a_free_slot_no_longer_than_its_deadline() {
    let settings = Settings { slots_per_source: 1, ..Settings::default() };
    let entry = Arc::new(Entry::new(Arc::new(Fake::new(Source::Xray, |_| stream::pending().boxed())), &settings));
    let held = entry.slots.acquire().await.unwrap();
    let (_, verdict, took) = outcome_of(Arc::clone(&entry)).await;
    assert_eq!((verdict.state, verdict.why.as_str()), (State::Failed, "not asked: X-Ray was busy with other requests for 8 s"));
    assert_eq!(took.as_secs(), 8);
    drop(held);
    assert_eq!(outcome_of(entry).await.1.why, "no answer within 8 s");
}

#[tokio::test(start_paused = true)]
async fn a_dead_source_is_left_alone_for_a_while() {
    let fake =
        Arc::new(Fake::new(Source::Xray, |_| stream::iter([ended(Verdict::failed(Source::Xray, "connection refused", ""))]).boxed()));
    let entry = Arc::new(Entry::new(fake.clone(), &Settings::default()));
    for _ in 0..3 {
        assert_eq!(outcome_of(Arc::clone(&entry)).await.1.why, "connection refused");
    }
    let (_, verdict, took) = outcome_of(Arc::clone(&entry)).await;
    assert_eq!((fake.fetches(), took), (3, Duration::ZERO));
    assert_eq!(verdict.why, "not asked: failed 3 times in a row (last: connection refused), next try in 12 s");
    tokio::time::advance(Duration::from_secs(12)).await;
    assert_eq!(outcome_of(entry).await.1.why, "connection refused");
    assert_eq!(fake.fetches(), 4);
}

fn any_fragment() -> impl Strategy<Value = Fragment> {
    let count = || prop::option::of(0_u64..3);
    let states = [State::Searching, State::Found, State::Empty, State::Partial, State::Failed, State::NotSearched];
    let verdict = (prop::sample::select(states.to_vec()), count(), count(), count());
    (0_u64..4, prop::option::weighted(0.3, verdict)).prop_map(|(number, verdict)| Fragment {
        spans: (0..number).map(|at| span(Source::Xray, trace(1), at + 1, NOW)).collect(),
        verdict: verdict
            .map(|(state, spans, logs, errors)| Verdict { counts: Counts { spans, logs, errors }, ..Verdict::new(Source::Rollbar, state) }),
        ..Fragment::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_outcome_is_a_verdict_that_claims_no_more_than_it_knows(
        fragments in prop::collection::vec(any_fragment(), 0..6),
        end in 0..3_u8,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let (_, verdict, took) = runtime.block_on(outcome(move |_| {
            let all = stream::iter(fragments.clone());
            match end {
                0 => all.boxed(),
                1 => all.chain(stream::pending()).boxed(),
                _ => all.chain(stream::poll_fn(|_| panic!("on purpose"))).boxed(),
            }
        }));
        prop_assert!(verdict.ended());
        prop_assert_eq!(verdict.source, Source::Xray);
        prop_assert!(took <= Duration::from_millis(8_001));
        let whole = matches!(verdict.state, State::Found | State::Empty);
        let counts = [verdict.counts.spans, verdict.counts.logs, verdict.counts.errors];
        prop_assert!(whole || !counts.contains(&Some(0)), "{:?}", verdict);
        prop_assert!(verdict.state != State::Failed || counts == [None; 3], "{:?}", verdict);
    }
}
