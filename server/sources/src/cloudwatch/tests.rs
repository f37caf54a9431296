//! Against a CloudWatch Logs that is made from its API model.

use super::*;
use crate::testing::{Answer, Asked, Fake, closed_port, collect, fixture, lookup, ok};
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use model::log::Severity;
use model::{Alias, LogRecord, UnixNs};
use serde_json::{Value as Json, json};

const TRACE: &str = "678912330000f012345678912345678a";
const XRAY: &str = "1-67891233-0000f012345678912345678a";
const TIME: i64 = 1_795_408_963_118;

fn operation(asked: &Asked) -> &str {
    asked.headers["x-amz-target"].to_str().unwrap().split('.').nth(1).unwrap()
}

fn event(message: &str) -> Json {
    json!({"logStreamName": "s", "timestamp": TIME, "ingestionTime": TIME, "eventId": "e1", "message": message})
}

fn groups(names: &[&str]) -> Answer {
    ok(json!({"logGroups": names.iter().map(|name| json!({"logGroupName": name})).collect::<Vec<_>>()}))
}

fn error(code: &str, message: &str) -> Answer {
    (400, Vec::new(), json!({"__type": code, "message": message}).to_string())
}

async fn local(endpoint: &str) -> Arc<dyn Source> {
    build(Config::local(endpoint)).await.unwrap()
}

/// One line as it comes out, and what it joins.
fn read(message: &str) -> Option<(LogRecord, Vec<Alias>)> {
    let mut aliases = Aliases::new(model::Source::Cloudwatch);
    let event = FilteredLogEvent::builder().timestamp(TIME).message(message).build();
    let line = convert::line(&event, "/app", Some("configured"), &[TRACE.parse().unwrap()], &mut aliases)?;
    Some((line, aliases.into_vec()))
}

#[tokio::test]
async fn every_group_is_searched_through_empty_pages_and_odd_tokens() {
    let fake = Fake::new(|asked| {
        let body: Json = serde_json::from_str(&asked.body).unwrap();
        match (operation(asked), body["logGroupName"].as_str().unwrap_or_default(), body["nextToken"].as_str()) {
            ("DescribeLogGroups", _, None) => ok(json!({"logGroups": [{"logGroupName": "/a"}], "nextToken": "p2"})),
            ("DescribeLogGroups", ..) => groups(&["/b"]),
            ("FilterLogEvents", "/a", None) => ok(json!({"events": [], "nextToken": "t1"})),
            ("FilterLogEvents", "/a", Some("t1")) => {
                ok(json!({"events": [event(&format!("x {XRAY} y")), event("about nothing")], "nextToken": "t2"}))
            }
            ("FilterLogEvents", "/a", _) => ok(json!({"events": [], "nextToken": "t2"})),
            _ => ok(json!({"events": [event(&json!({"trace_id": TRACE}).to_string())]})),
        }
    })
    .await;
    let (found, verdict) = collect(&*local(&fake.endpoint).await, lookup(TRACE)).await;
    assert_eq!((verdict.state, verdict.counts.logs, verdict.counts.spans), (State::Found, Some(2), None));
    let mut searched = verdict.searched.clone();
    searched.sort();
    assert_eq!(searched, ["/a", "/b"]);
    let line = found.logs.iter().find(|log| log.log_group == "/a").unwrap();
    assert_eq!((line.time, line.log_stream.as_str(), line.id.as_str()), (UnixNs::from_ms(TIME), "s", "e1"));
    let asked: Vec<Json> = fake.bodies("/").into_iter().filter(|body| body.get("filterPattern").is_some()).collect();
    assert_eq!(asked.len(), 4, "a token that repeats ends the search");
    assert_eq!(asked[0]["filterPattern"], format!("?\"{XRAY}\" ?\"{TRACE}\""));
    assert_eq!(asked[0].get("startTime"), None, "the local services are searched over all times");
}

#[tokio::test]
async fn a_group_that_was_not_searched_is_named() {
    let config = |endpoint: &str| Config {
        groups: [("web".to_owned(), vec!["/gone".to_owned(), "/denied".to_owned(), "/ok".to_owned()])].into(),
        region: Some("eu-central-1".to_owned()),
        ..Config::local(endpoint)
    };
    let fake = Fake::new(|asked| {
        let body: Json = serde_json::from_str(&asked.body).unwrap();
        match (operation(asked), body["logGroupName"].as_str().unwrap_or_default()) {
            ("DescribeLogGroups", _) => groups(&["/gone", "/denied", "/ok", "/full"]),
            (_, "/gone") => error("ResourceNotFoundException", "The specified log group does not exist."),
            (_, "/denied") => error("AccessDeniedException", "User x is not authorized to perform: logs:FilterLogEvents"),
            (_, "/full") => ok(json!({"events": [], "nextToken": format!("{:?}", std::time::Instant::now())})),
            _ => ok(json!({"events": [event(XRAY)]})),
        }
    })
    .await;
    let (found, verdict) = collect(&*build(config(&fake.endpoint)).await.unwrap(), lookup(TRACE)).await;
    assert_eq!((verdict.state, found.logs.len(), found.logs[0].service.as_str()), (State::Partial, 1, "web"));
    assert_eq!((verdict.counts.logs, verdict.searched.as_slice()), (Some(1), ["/ok".to_owned()].as_slice()));
    assert!(verdict.why.contains("/gone could not be searched to the end: there is no such group"), "{}", verdict.why);
    assert!(verdict.why.contains("/full could not be searched to the end: it holds more than one search reads"), "{}", verdict.why);
    assert!(
        verdict.why.contains("/denied could not be searched to the end") && verdict.why.contains("logs:FilterLogEvents"),
        "{}",
        verdict.why
    );
}

#[tokio::test]
async fn every_failure_ends_in_words() {
    let cases: [(Answer, &str); 5] = [
        (error("ThrottlingException", "Rate exceeded"), "“ThrottlingException: Rate exceeded”"),
        (error("com.amazonaws.logs#UnrecognizedClientException", "The security token is invalid"), "refused the request"),
        ((500, Vec::new(), "<html>boom".to_owned()), "server error (HTTP 500)"),
        ((200, Vec::new(), "<html>sign in".to_owned()), "is not what CloudWatch documents"),
        ((200, Vec::new(), "{\"events\":[{".to_owned()), "is not what CloudWatch documents"),
    ];
    for (answer, words) in cases {
        let fake =
            Fake::new(move |asked| if operation(asked) == "DescribeLogGroups" { groups(&["/a", "/b"]) } else { answer.clone() }).await;
        let (_, verdict) = collect(&*local(&fake.endpoint).await, lookup(TRACE)).await;
        assert_eq!((verdict.state, verdict.counts.logs), (State::Failed, None), "{verdict:?}");
        assert!(verdict.why.contains(words) && !verdict.next_step.is_empty(), "{}", verdict.why);
    }
    let (_, verdict) = collect(&*local(&closed_port().await).await, lookup(TRACE)).await;
    assert!(verdict.why.contains("No connection to the local services"), "{}", verdict.why);
}

#[tokio::test]
async fn a_group_that_hangs_leaves_the_others_and_is_named() {
    let fake = Fake::new(|asked| {
        if operation(asked) == "DescribeLogGroups" {
            return groups(&["/quick", "/hangs"]);
        }
        if asked.body.contains("/hangs") { (0, Vec::new(), String::new()) } else { ok(json!({"events": [event(XRAY)]})) }
    })
    .await;
    let (found, verdict) = collect(&*local(&fake.endpoint).await, Lookup { deadline: Duration::from_millis(600), ..lookup(TRACE) }).await;
    assert_eq!((found.logs.len(), verdict.state), (1, State::Partial));
    assert!(verdict.why.contains("The log group /hangs could not be searched to the end"), "{}", verdict.why);
    assert!(verdict.elapsed_ms < 2_000);
}

#[test]
fn structured_lines() {
    let line = json!({"level": "warning", "msg": "slow", "service": {"name": "api"}, "span_id": "a79943eccca888e8", "trace_id": TRACE,
        "timestamp": "2026-11-23T04:42:43.118250Z", "order": {"id": 7}});
    let (line, aliases) = read(&line.to_string()).unwrap();
    assert_eq!((line.severity, line.body.as_str(), line.service.as_str()), (Severity::Warn, "slow", "api"));
    assert_eq!(
        (line.span.unwrap().to_string().as_str(), line.attributes.get("order.id")),
        ("a79943eccca888e8", Some(&model::Value::Int(7)))
    );
    assert_eq!(line.time.0 % 1_000_000, 250_000, "the logger's own time is finer");
    assert!(aliases.is_empty());

    let otel = json!({"body": {"stringValue": "hello"}, "severityNumber": 17, "traceId": TRACE, "spanId": "a79943eccca888e8", "timeUnixNano": "1795408963118000001",
        "attributes": {"a": 1}, "resource": {"attributes": {"service.name": "otel"}}});
    let (line, _) = read(&otel.to_string()).unwrap();
    assert_eq!((line.severity, line.service.as_str(), line.time.0), (Severity::Error, "otel", 1_795_408_963_118_000_001));
    assert_eq!(line.body, "hello");

    let pino = json!({"level": 50, "time": 7, "message": {"deep": XRAY}});
    let (line, _) = read(&pino.to_string()).unwrap();
    assert_eq!((line.severity, line.service.as_str()), (Severity::Error, "configured"));
    assert!(line.body.contains("deep"), "without a text of its own the whole line is the body");

    let metrics = json!({"_aws": {"Timestamp": 1, "CloudWatchMetrics": [{"Namespace": "n"}]}, "latency": 3, "xray_trace_id": XRAY});
    assert_eq!(read(&metrics.to_string()).unwrap().0.attributes.get("latency"), Some(&model::Value::Int(3)));
}

#[test]
fn plain_lines() {
    for (message, severity, span) in [
        (format!("[ERROR] 2026-11-23T04:42:43.118Z 8476a536 boom {TRACE}"), Severity::Error, None),
        (format!("2026-11-23 04:42:43,118 INFO app: {TRACE}"), Severity::Info, None),
        (format!("WARNING:root:AWS-XRAY-TRACE-ID: {XRAY}@77e197aff0a9a49d"), Severity::Warn, Some("77e197aff0a9a49d")),
        (format!("level=debug trace_id={TRACE} span_id=77e197aff0a9a49d"), Severity::Debug, Some("77e197aff0a9a49d")),
        (
            format!("REPORT RequestId: x Duration: 1 ms\nXRAY TraceId: {XRAY}\tSegmentId: 77e197aff0a9a49d\tSampled: true"),
            Severity::Unset,
            Some("77e197aff0a9a49d"),
        ),
        (format!("traceparent: 00-{TRACE}-77e197aff0a9a49d-01"), Severity::Unset, Some("77e197aff0a9a49d")),
    ] {
        let (line, aliases) = read(&message).unwrap();
        assert_eq!((line.severity, line.span.map(|span| span.to_string()).as_deref()), (severity, span), "{message}");
        assert_eq!(line.body, message);
        assert!(aliases.is_empty());
    }
}

#[test]
fn a_line_with_two_ids_joins_them_but_a_mention_does_not() {
    let line: Json = serde_json::from_str(
        &fixture("hr/flask-separate-logline.json").lines().next().unwrap().replace("5f4b9fd889ee5839d8fc66e33940305f", TRACE),
    )
    .unwrap();
    let (_, aliases) = read(&line.to_string()).unwrap();
    assert_eq!(aliases[0].to.xray(), "1-67891233-abcdef012345678912345678");
    assert!(aliases[0].evidence.contains(" xray_trace_id=1-6789"), "{:?}", aliases[0]);

    let mention =
        json!({"message": format!("retrying {XRAY}"), "trace_id": "5f4b9fd889ee5839d8fc66e33940305f", "span_id": "77e197aff0a9a49d"});
    let (line, aliases) = read(&mention.to_string()).unwrap();
    assert!(aliases.is_empty() && line.span.is_none(), "the line is about the trace, but not of it");
    let (_, aliases) = read(&format!("trace_id={TRACE} Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8")).unwrap();
    assert_eq!(aliases.len(), 1);
}

#[test]
fn hostile_lines_do_no_harm() {
    assert!(read("nothing of interest").is_none());
    for message in [
        format!("{}{TRACE}", "{\"a\":".repeat(5_000)),
        format!("{{\"level\":[],\"trace_id\":\"{TRACE}\",\"span_id\":{{}}}}"),
        format!("===:::{TRACE}\0"),
    ] {
        let (line, _) = read(&message).unwrap();
        assert_eq!((line.severity, line.trace.map(|id| id.to_string()).as_deref()), (Severity::Unset, Some(TRACE)));
    }
    let nobody: Vec<TraceId> = (1..=10).filter_map(|n| TraceId::new(u128::MAX - n)).collect();
    assert!(wire::pattern(&nobody).len() <= 1_024);
}

#[tokio::test]
async fn the_list_is_never_a_scan() {
    let range = TimeRange { from: UnixNs(5), to: UnixNs(9) };
    let query =
        SearchQuery { range, text: None, service: None, status: None, min_duration_ns: None, limit: 5, deadline: Duration::from_secs(1) };
    let page = local("http://127.0.0.1:1").await.search(query).await;
    assert_eq!((page.verdict.state, page.complete_from), (State::NotSearched, UnixNs(5)));
    assert!(page.verdict.why.contains("never scans logs"));
}
