use super::*;
use crate::testing::{NOW, alias, trace};
use model::{Status, TimeRange};

fn found(value: u128, start: UnixNs) -> Found {
    Found {
        trace: trace(value),
        also: vec![],
        start,
        duration_ns: None,
        service: String::new(),
        name: String::new(),
        status: Status::Unset,
        http_status: None,
        counts: Counts::default(),
        demo: false,
    }
}

fn rows(found: Vec<(Source, Found)>) -> Vec<Row> {
    merge(found, &HashMap::new())
}

fn query() -> ListQuery {
    let range = TimeRange { from: UnixNs(0), to: NOW };
    ListQuery { range, text: None, service: None, status: None, min_duration_ns: None, limit: 50, cursor: None }
}

#[test]
fn one_row_from_what_four_sources_say() {
    let xray = Found {
        duration_ns: Some(7_000_000),
        service: "backend-flask".to_owned(),
        name: "backend-flask".to_owned(),
        status: Status::Ok,
        http_status: Some(500),
        counts: Counts { spans: Some(4), ..Counts::default() },
        ..found(1, NOW.plus(1_000))
    };
    let honeycomb = Found {
        duration_ns: Some(7_100_000),
        service: "backend-flask".to_owned(),
        name: "GET /api/activities/home".to_owned(),
        counts: Counts { spans: Some(9), ..Counts::default() },
        ..found(1, NOW)
    };
    let rollbar = Found {
        name: "ValueError".to_owned(),
        status: Status::Fault,
        counts: Counts { errors: Some(1), ..Counts::default() },
        ..found(1, NOW.plus(-900_000_000))
    };
    let rows = rows(vec![(Source::Rollbar, rollbar), (Source::Xray, xray), (Source::Honeycomb, honeycomb)]);
    let [row] = &rows[..] else { panic!("{rows:?}") };
    let row = &row.summary;
    assert_eq!((row.start, row.duration_ns, row.name.as_str()), (NOW, Some(7_100_000), "GET /api/activities/home"));
    assert_eq!((row.status, row.http_status), (Status::Fault, Some(500)));
    assert_eq!(row.sources, [Source::Xray, Source::Honeycomb, Source::Rollbar].into_iter().collect());
    assert_eq!(row.counts, Counts { spans: Some(9), logs: None, errors: Some(1) });
}

#[test]
fn ids_known_to_be_one_request_are_one_row_under_the_richest() {
    let root = Found {
        service: "frontend".to_owned(),
        name: "GET /".to_owned(),
        duration_ns: Some(5),
        counts: Counts { spans: Some(2), ..Counts::default() },
        ..found(2, NOW)
    };
    let other = Found { counts: Counts { spans: Some(3), ..Counts::default() }, ..found(3, NOW) };
    let also = Found { also: vec![trace(3)], ..found(1, NOW) };
    let one = rows(vec![(Source::Rollbar, also.clone()), (Source::Honeycomb, root.clone()), (Source::Honeycomb, other.clone())]);
    assert_eq!(one.iter().map(|row| row.summary.id).collect::<Vec<_>>(), [trace(2), trace(3)], "nothing joins 2 with 1 and 3 yet");
    let learned = HashMap::from([(trace(3), vec![alias(trace(2), trace(3))])]);
    let all = merge(vec![(Source::Rollbar, also), (Source::Honeycomb, root), (Source::Honeycomb, other)], &learned);
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].summary.id, all[0].summary.counts.spans), (trace(2), Some(5)));
    assert_eq!(all[0].ids, [trace(1), trace(2), trace(3)]);
}

#[test]
fn does_not_depend_on_the_order() {
    let records = vec![
        (Source::Honeycomb, Found { name: "a".to_owned(), ..found(1, NOW) }),
        (Source::Honeycomb, Found { name: "b".to_owned(), ..found(2, NOW) }),
        (Source::Xray, Found { also: vec![trace(1), trace(2)], ..found(3, NOW.plus(5)) }),
        (Source::Rollbar, found(4, NOW.plus(-5))),
    ];
    let forward: Vec<_> = rows(records.clone()).into_iter().map(|row| row.summary).collect();
    let backward: Vec<_> = rows(records.into_iter().rev().collect()).into_iter().map(|row| row.summary).collect();
    assert_eq!(forward, backward);
    assert_eq!(forward.len(), 2);
}

#[test]
fn filters_by_what_any_source_says() {
    let honeycomb = Found { service: "Frontend".to_owned(), name: "GET /Home".to_owned(), duration_ns: Some(20), ..found(1, NOW) };
    let xray = Found { service: "alb".to_owned(), status: Status::Fault, ..found(1, NOW) };
    let [row] = &rows(vec![(Source::Honeycomb, honeycomb), (Source::Xray, xray)])[..] else { panic!() };
    let passes = |change: fn(&mut ListQuery)| {
        let mut query = query();
        change(&mut query);
        row.passes(&query)
    };
    assert!(passes(|_| ()));
    assert!(passes(|query| query.text = Some("hOmE".to_owned())));
    assert!(passes(|query| query.text = Some("alb".to_owned())));
    assert!(!passes(|query| query.text = Some("homes".to_owned())));
    assert!(passes(|query| query.service = Some("Frontend".to_owned())));
    assert!(!passes(|query| query.service = Some("frontend".to_owned())));
    assert!(passes(|query| query.status = Some(Status::Fault)));
    assert!(!passes(|query| query.status = Some(Status::Unset)));
    assert!(passes(|query| query.min_duration_ns = Some(20)));
    assert!(!passes(|query| query.min_duration_ns = Some(21)));
}
