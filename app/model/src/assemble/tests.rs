//! What assembly does, by example; that the order of arrival never matters is in `properties`.

mod properties;

use super::*;
use crate::error::Cause;
use crate::log::Severity;
use crate::request::PlacedBy;
use crate::span::Http;
use crate::{Attributes, Frame, Source, SpanId, SpanKind, State, Status, Value};

const MS: i64 = 1_000_000;

fn trace(value: u128) -> TraceId {
    TraceId::new(value).unwrap()
}

fn id(value: u64) -> SpanId {
    SpanId::new(value).unwrap()
}

/// A span of Honeycomb in the service `shop`.
fn span(own: u64, parent: u64, start_ms: i64, end_ms: i64) -> SpanRecord {
    SpanRecord {
        source: Source::Honeycomb,
        trace: trace(1),
        id: id(own),
        parent: SpanId::new(parent),
        service: "shop".to_owned(),
        name: format!("span {own}"),
        kind: SpanKind::Internal,
        start: UnixNs::from_ms(start_ms),
        end: Some(UnixNs::from_ms(end_ms)),
        clock_ns: 1,
        status: Status::Ok,
        inferred: false,
        http: None,
        attributes: Attributes::new(),
        events: Vec::new(),
        links: Vec::new(),
        exceptions: Vec::new(),
        raw: None,
    }
}

/// The same as X-Ray sees it.
fn segment(own: u64, parent: u64, start_ms: i64, end_ms: i64) -> SpanRecord {
    SpanRecord {
        source: Source::Xray,
        clock_ns: 1_000,
        name: "shop".to_owned(),
        kind: SpanKind::Unspecified,
        ..span(own, parent, start_ms, end_ms)
    }
}

fn log(body: &str, time_ms: i64) -> LogRecord {
    LogRecord {
        source: Source::Cloudwatch,
        id: String::new(),
        trace: None,
        span: None,
        time: UnixNs::from_ms(time_ms),
        severity: Severity::Info,
        service: "shop".to_owned(),
        body: body.to_owned(),
        log_group: String::new(),
        log_stream: String::new(),
        attributes: Attributes::new(),
    }
}

fn error(source: Source, class: &str, message: &str, time_ms: i64) -> ErrorRecord {
    ErrorRecord {
        source,
        id: String::new(),
        trace: None,
        span: None,
        time: UnixNs::from_ms(time_ms),
        clock_ns: if source == Source::Rollbar { crate::time::SECOND } else { 1 },
        level: "error".to_owned(),
        class: class.to_owned(),
        message: message.to_owned(),
        frames: Vec::new(),
        causes: Vec::new(),
        service: String::new(),
        url: String::new(),
        attributes: Attributes::new(),
        raw: None,
    }
}

fn of(spans: Vec<SpanRecord>, logs: Vec<LogRecord>, errors: Vec<ErrorRecord>) -> Request {
    assemble(trace(1), [Fragment { spans, logs, errors, ..Fragment::default() }])
}

fn ids(request: &Request) -> Vec<u64> {
    request.spans.iter().map(|span| span.id.value()).collect()
}

fn depths(request: &Request) -> Vec<u32> {
    request.spans.iter().map(|span| span.depth).collect()
}

#[test]
fn nothing_gives_an_empty_request_that_is_searching() {
    let request = assemble(trace(1), []);
    assert!(request.is_empty());
    assert_eq!((request.start, request.duration_ns, request.traces.len()), (UnixNs(0), 0, 1));
    assert!(request.verdicts.iter().map(|verdict| verdict.source).eq(Source::ALL));
    assert!(request.verdicts.iter().all(|verdict| verdict.state == State::Searching));
}

#[test]
fn children_stand_below_their_parent_by_start() {
    let request = of(vec![span(4, 2, 30, 40), span(3, 1, 20, 90), span(2, 1, 10, 50), span(1, 0, 0, 100)], vec![], vec![]);
    assert_eq!(ids(&request), [1, 2, 4, 3]);
    assert_eq!(depths(&request), [0, 1, 2, 1]);
    assert_eq!(request.spans[2].parent_index, Some(1));
    assert_eq!((request.start, request.duration_ns), (UnixNs(0), 100 * MS));
}

#[test]
fn what_has_no_parent_here_stays_at_the_top_with_a_mark() {
    let request = of(vec![span(1, 0, 0, 100), span(2, 99, 10, 20), span(3, 2, 12, 14)], vec![], vec![]);
    assert_eq!(ids(&request), [1, 2, 3]);
    assert_eq!(request.spans.iter().map(|span| span.orphan).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!(request.spans[1].parent, Some(id(99)));
}

#[test]
fn circles_are_cut_above_the_smallest_id() {
    let request = of(vec![span(5, 7, 0, 10), span(6, 5, 1, 9), span(7, 6, 2, 8), span(8, 8, 3, 7), span(9, 7, 3, 4)], vec![], vec![]);
    assert_eq!(ids(&request), [5, 6, 7, 9, 8]);
    assert_eq!(depths(&request), [0, 1, 2, 3, 0]);
    assert_eq!(request.spans.iter().map(|span| span.orphan).collect::<Vec<_>>(), [true, false, false, false, true]);
}

#[test]
fn depth_costs_no_stack() {
    let chain = (1..=200_000).map(|own| span(own, own - 1, i64::try_from(own).unwrap(), 300_000)).collect();
    let request = of(chain, vec![log("deep", 250_000)], vec![]);
    assert_eq!(request.spans.last().map(|span| span.depth), Some(199_999));
    assert_eq!(request.logs[0].span, Some(199_999));
    let circle = (1..=200_000_u64).map(|own| span(own, own % 200_000 + 1, 0, 1)).collect();
    assert_eq!(of(circle, vec![], vec![]).spans.iter().filter(|span| span.orphan).count(), 1);
}

#[test]
fn one_span_of_two_vendors_is_one_row() {
    let mut honeycomb = span(2, 1, 10, 60);
    honeycomb.name = "GET /orders".to_owned();
    honeycomb.kind = SpanKind::Server;
    honeycomb.attributes.insert("http.route".to_owned(), "/orders".into());
    honeycomb.attributes.insert("user".to_owned(), "andrew".into());
    let mut xray = segment(2, 0, 10, 62);
    xray.service = "shop.example".to_owned();
    xray.name = "shop.example".to_owned();
    xray.status = Status::Fault;
    xray.attributes.insert("http.route".to_owned(), "/orders".into());
    xray.attributes.insert("user".to_owned(), "bayko".into());
    let request = of(vec![span(1, 0, 0, 100), xray, honeycomb], vec![], vec![]);
    let row = &request.spans[1];
    assert_eq!(request.spans.len(), 2);
    assert_eq!((row.service.as_str(), row.name.as_str(), row.kind), ("shop", "GET /orders", SpanKind::Server));
    assert_eq!((row.parent_index, row.status, row.duration_ns), (Some(0), Status::Fault, 50 * MS));
    assert_eq!(row.sources.iter().collect::<Vec<_>>(), [Source::Xray, Source::Honeycomb]);
    let told: Vec<(&str, String, usize)> =
        row.attributes.iter().map(|entry| (entry.key.as_str(), entry.value.to_string(), entry.sources.iter().count())).collect();
    assert_eq!(told, [("http.route", "/orders".to_owned(), 2), ("user", "bayko".to_owned(), 1), ("user", "andrew".to_owned(), 1)]);
    let differ: Vec<(&str, Source)> = row.differences.iter().map(|other| (other.field.as_str(), other.source)).collect();
    assert_eq!(differ, [("duration", Source::Xray), ("name", Source::Xray), ("service", Source::Xray), ("status", Source::Honeycomb)]);
}

#[test]
fn of_two_parents_the_nearer_one_is_the_parent() {
    // X-Ray does not know the span 2 in between.
    let request = of(vec![span(1, 0, 0, 100), span(2, 1, 10, 90), span(3, 2, 20, 30), segment(3, 1, 20, 30)], vec![], vec![]);
    assert_eq!(depths(&request), [0, 1, 2]);
    assert_eq!(request.spans[2].differences.iter().map(|other| other.field.as_str()).collect::<Vec<_>>(), ["parent"]);
}

#[test]
fn times_that_differ_by_less_than_a_millisecond_are_the_same() {
    let mut xray = segment(1, 0, 0, 10);
    xray.start = xray.start.plus(MS - 1);
    assert_eq!(of(vec![span(1, 0, 0, 10), xray.clone()], vec![], vec![]).spans[0].differences, []);
    xray.start = xray.start.plus(1);
    let request = of(vec![span(1, 0, 0, 10), xray], vec![], vec![]);
    assert_eq!(request.spans[0].start, UnixNs(0));
    assert_eq!(request.spans[0].differences.iter().map(|other| other.field.as_str()).collect::<Vec<_>>(), ["duration", "start"]);
}

#[test]
fn a_segment_is_named_by_method_and_path() {
    let mut xray = segment(1, 0, 0, 10);
    xray.kind = SpanKind::Server;
    xray.http = Some(Http { method: Some("POST".to_owned()), url: Some("http://localhost/orders?x=1".to_owned()), status: Some(500) });
    let request = of(vec![xray], vec![], vec![]);
    assert_eq!(request.spans[0].name, "POST /orders");
    assert_eq!(request.spans[0].http.as_ref().unwrap().status, Some(500));
}

#[test]
fn complete_beats_in_progress_and_work_below_is_a_sign_of_life() {
    let open = SpanRecord { end: None, ..segment(1, 0, 0, 0) };
    let request = of(vec![open.clone(), segment(1, 0, 0, 80)], vec![], vec![]);
    assert_eq!((request.spans[0].in_progress, request.spans[0].duration_ns), (false, 80 * MS));
    let request = of(vec![open, segment(2, 1, 10, 70)], vec![], vec![]);
    assert_eq!((request.spans[0].in_progress, request.spans[0].duration_ns), (true, 70 * MS));
}

#[test]
fn a_made_up_callee_gives_way_to_the_real_one() {
    let call = segment(2, 1, 10, 50);
    let made_up = SpanRecord { inferred: true, service: "orders".to_owned(), name: "orders".to_owned(), ..segment(3, 2, 10, 50) };
    let below = segment(9, 3, 20, 30);
    let request = of(vec![segment(1, 0, 0, 100), call.clone(), made_up.clone(), below.clone()], vec![], vec![]);
    assert_eq!(ids(&request), [1, 2, 3, 9]);
    let real = SpanRecord { kind: SpanKind::Server, service: "orders".to_owned(), ..span(4, 2, 12, 48) };
    let request = of(vec![segment(1, 0, 0, 100), call, made_up, real, below], vec![], vec![]);
    assert_eq!(ids(&request), [1, 2, 4, 9]);
    assert_eq!(depths(&request), [0, 1, 2, 2]);
}

#[test]
fn two_trees_of_one_request_both_stay() {
    let xray = SpanRecord { trace: trace(7), ..segment(20, 99, 1, 90) };
    let alias = Alias { from: trace(1), to: trace(7), source: Source::Rollbar, because: "both".to_owned(), evidence: "b".to_owned() };
    let again = Alias { evidence: "a".to_owned(), ..alias.clone() };
    let other = Alias { from: trace(5), to: trace(6), ..alias.clone() };
    let fragment = Fragment { spans: vec![xray, span(10, 99, 0, 95)], aliases: vec![alias, other, again.clone()], ..Fragment::default() };
    let request = assemble(trace(1), [fragment]);
    assert_eq!(ids(&request), [10, 20]);
    assert!(request.spans.iter().all(|span| span.orphan));
    assert_eq!(request.traces, [trace(1), trace(7)]);
    assert_eq!(request.aliases, [again]);
}

#[test]
fn log_lines_find_their_span() {
    let spans = vec![span(1, 0, 0, 100), span(2, 1, 10, 50), SpanRecord { service: "other".to_owned(), ..span(3, 2, 20, 40) }];
    let logs = vec![
        LogRecord { span: Some(id(3)), ..log("names its span", 5) },
        log("innermost of its service", 30),
        log("before everything", -10),
        LogRecord { service: "unknown".to_owned(), ..log("of nobody", 30) },
        LogRecord { span: Some(id(77)), ..log("names a span that is not here", 60) },
    ];
    let request = of(spans, logs, vec![]);
    let placed: Vec<_> = request.logs.iter().map(|log| (log.body.as_str(), log.span, log.placed_by)).collect();
    assert_eq!(
        placed,
        [
            ("before everything", None, PlacedBy::Trace),
            ("names its span", Some(2), PlacedBy::Span),
            ("innermost of its service", Some(1), PlacedBy::Time),
            ("of nobody", None, PlacedBy::Trace),
            ("names a span that is not here", Some(0), PlacedBy::Time),
        ]
    );
}

#[test]
fn a_cut_off_millisecond_belongs_to_the_span_that_begins_in_it() {
    let mut only = span(1, 0, 10, 50);
    only.start = only.start.plus(300_000);
    let request = of(vec![only], vec![log("first", 10), log("too early", 9)], vec![]);
    assert_eq!(request.logs.iter().map(|log| log.span).collect::<Vec<_>>(), [None, Some(0)]);
}

#[test]
fn doubled_lines_are_one() {
    let known = LogRecord { id: "e1".to_owned(), service: String::new(), ..log("x", 1) };
    let better = LogRecord { service: "shop".to_owned(), log_group: "g".to_owned(), ..known.clone() };
    let request = of(vec![], vec![known.clone(), better, known, log("y", 2), log("y", 2), log("y", 3)], vec![]);
    assert_eq!(request.logs.len(), 3);
    assert_eq!((request.logs[0].service.as_str(), request.logs[0].log_group.as_str()), ("shop", "g"));
    assert_eq!((request.start, request.duration_ns), (UnixNs::from_ms(1), 2 * MS));
}

#[test]
fn one_exception_of_three_sources_is_one_error() {
    let frame = Frame { file: "app.py".to_owned(), line: Some(45), function: "orders".to_owned(), ..Frame::default() };
    let mut xray = error(Source::Xray, "ValueError", "card declined", 40);
    xray.frames = vec![frame.clone(); 2];
    let mut honeycomb = error(Source::Honeycomb, "builtins.ValueError", "card declined", 41);
    honeycomb.level = "critical".to_owned();
    let mut rollbar = error(Source::Rollbar, "ValueError", "card declined: 4111", 0);
    rollbar.url = "https://rollbar.example/1".to_owned();
    rollbar.service = "shop".to_owned();
    rollbar.frames = vec![Frame { code: "raise ValueError".to_owned(), ..frame }; 2];
    rollbar.causes = vec![Cause { class: "IOError".to_owned(), message: String::new(), frames: Vec::new() }];
    let failed = SpanRecord { exceptions: vec![xray], kind: SpanKind::Server, ..segment(20, 99, 0, 50) };
    let also = SpanRecord { exceptions: vec![honeycomb], kind: SpanKind::Server, ..span(10, 99, 0, 50) };
    let request = of(vec![failed, also], vec![], vec![rollbar]);
    let [error] = &request.errors[..] else { panic!("{:?}", request.errors) };
    assert_eq!(error.sources.iter().count(), 3);
    assert_eq!(
        (error.class.as_str(), error.message.as_str(), error.level.as_str()),
        ("builtins.ValueError", "card declined: 4111", "critical")
    );
    assert_eq!((error.placed_by, error.url.as_str()), (PlacedBy::Span, "https://rollbar.example/1"));
    assert_eq!(error.frames[0].code, "raise ValueError");
    assert_eq!((error.causes.len(), error.time, error.service.as_str()), (1, UnixNs::from_ms(40), "shop"));
}

#[test]
fn different_exceptions_stay_apart() {
    let told = |message: &str, at| error(Source::Honeycomb, "KeyError", message, at);
    let spans = vec![
        span(1, 0, 0, 100),
        SpanRecord { exceptions: vec![told("a", 20)], ..span(2, 1, 10, 30) },
        SpanRecord { exceptions: vec![told("a", 50)], ..span(3, 1, 40, 60) },
        SpanRecord { exceptions: vec![told("b", 70)], ..span(4, 1, 65, 90) },
    ];
    let xray = error(Source::Xray, "KeyError", "a", 51);
    let request = of(spans, vec![], vec![ErrorRecord { span: Some(id(3)), ..xray }]);
    let told: Vec<_> = request.errors.iter().map(|error| (error.span, error.sources.iter().count())).collect();
    assert_eq!(told, [(Some(1), 1), (Some(2), 2), (Some(3), 1)]);
}

#[test]
fn an_exception_on_its_way_up_is_one_error_where_it_began() {
    let told = |at| error(Source::Honeycomb, "KeyError", "a", at);
    let spans = vec![
        SpanRecord { exceptions: vec![told(32)], ..span(1, 0, 0, 100) },
        span(2, 1, 5, 60),
        SpanRecord { exceptions: vec![told(30)], ..span(3, 2, 10, 31) },
    ];
    let request = of(spans, vec![], vec![]);
    assert_eq!(request.errors.iter().map(|error| error.span).collect::<Vec<_>>(), [Some(2)]);
}

#[test]
fn a_coarse_clock_goes_to_the_entry_of_its_service_else_to_the_deepest_of_its_class() {
    let server = |own, parent, service: &str, start, end| SpanRecord {
        kind: SpanKind::Server,
        service: service.to_owned(),
        ..span(own, parent, start, end)
    };
    let failed =
        SpanRecord { exceptions: vec![error(Source::Honeycomb, "Timeout", "late", 1_700)], ..server(3, 2, "orders", 1_600, 1_800) };
    let spans = vec![span(1, 0, 0, 2_000), server(2, 1, "shop.api", 1_500, 1_900), failed, server(4, 1, "shop.api", 20_000, 20_100)];
    let of_service = ErrorRecord { service: "shop.api".to_owned(), ..error(Source::Rollbar, "ValueError", "x", 1_000) };
    let of_class = error(Source::Rollbar, "Timeout", "something else", 9_000);
    let of_nobody = error(Source::Rollbar, "Other", "x", 1_000);
    let request = of(spans, vec![], vec![of_service, of_class, of_nobody]);
    let find = |class: &str, sources: Source| {
        let error = request.errors.iter().find(|error| error.class == class && error.sources.contains(sources)).unwrap();
        (error.span.map(|span| request.spans[span as usize].id.value()), error.placed_by)
    };
    assert_eq!(find("ValueError", Source::Rollbar), (Some(2), PlacedBy::Time));
    assert_eq!(find("Timeout", Source::Rollbar), (Some(3), PlacedBy::Time));
    assert_eq!(find("Other", Source::Rollbar), (None, PlacedBy::Trace));
}

#[test]
fn verdicts_of_one_source_combine() {
    let verdict = |state, spans, why: &str| Verdict {
        counts: crate::Counts { spans, logs: None, errors: None },
        why: why.to_owned(),
        ..Verdict::new(Source::Xray, state)
    };
    let state = |verdicts: &[Verdict]| {
        let fragments = verdicts.iter().map(|verdict| Fragment { verdict: Some(verdict.clone()), ..Fragment::default() });
        assemble(trace(1), fragments).verdicts[0].clone()
    };
    let found = verdict(State::Found, Some(3), "");
    let empty = verdict(State::Empty, Some(0), "");
    let failed = verdict(State::Failed, None, "refused");
    assert_eq!(state(std::slice::from_ref(&found)), found);
    assert_eq!(state(&[found.clone(), found.clone()]), found);
    assert_eq!(state(&[empty.clone(), found.clone()]).state, State::Found);
    assert_eq!(state(&[empty.clone(), found.clone()]).counts.spans, Some(3));
    assert_eq!((state(&[found.clone(), failed.clone()]).state, state(&[found, failed.clone()]).why.as_str()), (State::Partial, "refused"));
    assert_eq!(state(&[empty.clone(), failed.clone()]).state, State::Partial);
    assert_eq!(state(&[failed.clone(), verdict(State::NotSearched, None, "off")]).state, State::Failed);
    assert_eq!(state(&[Verdict::searching(Source::Xray), empty]).state, State::Empty);
    let mut assembly = Assembly::new(trace(1));
    assembly.add(Fragment { verdict: Some(failed), ..Fragment::default() });
    assert_eq!(assembly.request_while(SourceSet::of(Source::Xray)).verdicts[0].state, State::Searching);
}

#[test]
fn hostile_times_saturate() {
    let spans = vec![
        SpanRecord { start: UnixNs(i64::MIN), end: Some(UnixNs(i64::MAX)), ..span(1, 0, 0, 0) },
        SpanRecord {
            start: UnixNs(i64::MAX),
            end: Some(UnixNs(i64::MIN)),
            exceptions: vec![ErrorRecord { time: UnixNs(i64::MIN), clock_ns: -1, ..error(Source::Honeycomb, "A", "", 0) }],
            ..span(2, 1, 0, 0)
        },
        SpanRecord { start: UnixNs(i64::MAX), end: None, ..span(3, 2, 0, 0) },
    ];
    let logs = vec![LogRecord { time: UnixNs(i64::MAX), ..log("late", 0) }, LogRecord { time: UnixNs(i64::MIN), ..log("early", 0) }];
    let request = of(spans, logs, vec![ErrorRecord { time: UnixNs(i64::MAX), ..error(Source::Rollbar, "A", "", 0) }]);
    assert_eq!(request.duration_ns, i64::MAX);
    let columns = crate::columns::Columns::of(&request, 1);
    assert_eq!(crate::columns::Columns::decode(&columns.encode()), Ok(columns));
}

#[test]
fn negative_zero_is_zero() {
    let with = |value: f64| SpanRecord { attributes: [("x".to_owned(), Value::Float(value))].into(), ..span(1, 0, 0, 1) };
    let request = of(vec![with(-0.0), with(0.0)], vec![], vec![]);
    assert_eq!(request.spans[0].attributes[0].value.to_string(), "0");
    assert_eq!(request.spans[0].attributes.len(), 1);
}

#[test]
fn the_samples_are_what_assembly_would_make() {
    for expected in [crate::sample::request(), crate::sample::large(5_000)] {
        let request = assemble(expected.id, crate::sample::fragments(&expected, 100));
        let row =
            |span: &crate::request::Span| (span.id, span.parent_index, span.depth, span.start, span.sources, span.status, span.orphan);
        assert!(request.spans.iter().map(row).eq(expected.spans.iter().map(row)));
        assert!(request.logs.iter().map(|log| (log.span, log.placed_by)).eq(expected.logs.iter().map(|log| (log.span, log.placed_by))));
        assert_eq!(
            request.errors.iter().map(|error| (error.span, error.sources)).collect::<Vec<_>>(),
            expected.errors.iter().map(|error| (error.span, error.sources)).collect::<Vec<_>>()
        );
        assert_eq!((&request.traces, &request.verdicts, request.start), (&expected.traces, &expected.verdicts, expected.start));
    }
}
