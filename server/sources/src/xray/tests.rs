//! Against an X-Ray that is made from its API model, with the documents that its own SDKs send.

use super::*;
use crate::testing::{Answer, Asked, Fake, closed_port, collect, fixture, lookup, ok};
use model::{SpanKind, Status};
use serde_json::{Value as Json, json};

const TRACE: &str = "6b03c439f07ae2ea02aaa77809182229";

/// The segment of one datagram of the X-Ray daemon.
fn datagram(name: &str) -> String {
    fixture(&format!("aws/xray-udp/{name}.bin")).split_once('\n').unwrap().1.to_owned()
}

fn answers(documents: Vec<String>) -> impl Fn(&Asked) -> Answer + Send + Sync + 'static {
    move |asked| match asked.path.as_str() {
        "/TraceSegmentDestination" | "/GetTraceSegmentDestination" => ok(json!({"Destination": "XRay", "Status": "ACTIVE"})),
        "/Traces" => {
            let ids = serde_json::from_str::<Json>(&asked.body).unwrap()["TraceIds"].clone();
            let segments: Vec<Json> = documents.iter().map(|document| json!({"Id": "x", "Document": document})).collect();
            ok(json!({"Traces": [{"Id": ids[0], "Duration": 1.0, "Segments": segments}], "UnprocessedTraceIds": []}))
        }
        _ => (404, Vec::new(), "{}".to_owned()),
    }
}

async fn local(endpoint: &str) -> Arc<dyn Source> {
    build(Config::local(endpoint)).await.unwrap()
}

async fn one(documents: Vec<String>) -> (Fragment, Verdict) {
    let fake = Fake::new(answers(documents)).await;
    collect(&*local(&fake.endpoint).await, lookup(TRACE)).await
}

#[tokio::test]
async fn a_segment_of_the_python_sdk() {
    let (found, verdict) = one(vec![datagram("02-segment-500-exception-sql-error")]).await;
    assert_eq!((verdict.state, verdict.counts.spans, verdict.counts.errors), (State::Found, Some(2), Some(2)));
    let root = found.spans.iter().find(|span| span.parent.is_none()).unwrap();
    assert_eq!((root.name.as_str(), root.service.as_str(), root.kind), ("127.0.0.1:5602", "127.0.0.1:5602", SpanKind::Server));
    assert_eq!((root.status, root.http.as_ref().unwrap().status), (Status::Fault, Some(500)));
    assert_eq!((root.start.0, root.end.unwrap().0), (1_795_408_953_329_996_000, 1_795_408_953_332_474_000));
    let error = &root.exceptions[0];
    assert_eq!(
        (error.class.as_str(), error.message.as_str(), error.id.as_str()),
        ("ValueError", "kaboom: cannot price order", "d079ddd3693a5ab0")
    );
    assert_eq!((error.frames[0].function.as_str(), error.frames[9].function.as_str()), ("do_teardown_request", "__init__"));
    let sql = found.spans.iter().find(|span| span.parent == Some(root.id)).unwrap();
    assert_eq!((sql.kind, sql.service.as_str()), (SpanKind::Client, "127.0.0.1:5602"));
    assert_eq!(sql.attributes.get("sql.database_type").and_then(model::Value::as_text), Some("sqlite3"));
    assert_eq!((sql.exceptions[0].frames[0].function.as_str(), sql.raw.is_none(), root.raw.is_some()), ("boom", true, true));
}

#[tokio::test]
async fn flags_namespaces_and_metadata() {
    let (found, _) = one(vec![datagram("01-segment-ok-sql-http-dynamodb"), datagram("04-segment-429-throttle")]).await;
    let named = |name: &str| found.spans.iter().find(|span| span.name == name).unwrap();
    assert_eq!(named("## business-logic").kind, SpanKind::Internal);
    assert_eq!((named("127.0.0.1").kind, named("127.0.0.1").http.as_ref().unwrap().method.as_deref()), (SpanKind::Client, Some("GET")));
    let operation = |span: &&model::SpanRecord| span.attributes.get("aws.operation").and_then(model::Value::as_text) == Some("CreateTable");
    let refused = found.spans.iter().find(operation).unwrap();
    assert_eq!(refused.attributes.get("aws.table_name").and_then(model::Value::as_text), Some("orders"));
    assert_eq!((refused.status, refused.exceptions.len()), (Status::Fault, 1), "error and fault: fault wins");
    let roots: Vec<_> = found.spans.iter().filter(|span| span.kind == SpanKind::Server).collect();
    assert_eq!(roots.iter().map(|span| span.status).max(), Some(Status::Throttle));
    let first = roots.iter().find(|span| span.attributes.contains_key("annotations.tenant")).unwrap();
    assert_eq!(first.attributes.get("annotations.order_id"), Some(&model::Value::Int(7)));
    assert_eq!(first.attributes.get("metadata.checkout.cart.items").and_then(model::Value::as_text), Some("[1,2]"));
}

#[tokio::test]
async fn streamed_subsegments_get_the_service_of_their_segment() {
    let root = datagram("07-root-segment-after-31-streamed-subsegments");
    let (found, _) = one(vec![datagram("06-streamed-independent-subsegment"), root.clone()]).await;
    let root: Json = serde_json::from_str(&root).unwrap();
    let streamed = found.spans.iter().find(|span| span.raw.is_some() && span.parent.is_some()).unwrap();
    assert_eq!(streamed.parent.unwrap().to_string(), root["id"].as_str().unwrap());
    assert_eq!(streamed.service, root["name"].as_str().unwrap());
}

#[tokio::test]
async fn log_groups_causes_links_and_aliases() {
    let document = json!({"id": "4ebb8f439d89ea33", "name": "pay", "start_time": 1.5e9, "in_progress": true, "inferred": true,
        "aws": {"cloudwatch_logs": [{"log_group": "/ecs/pay", "arn": "x"}, {"log_group": "/ecs/two"}]},
        "annotations": {"otel_trace_id": "5f4b9fd889ee5839d8fc66e33940305f", "session_id": "6f4b9fd889ee5839d8fc66e33940305f"},
        "metadata": {"default": {"previous.trace_id": "7f4b9fd889ee5839d8fc66e33940305f"}},
        "links": [{"trace_id": "1-67891233-abcdef012345678912345678", "id": "53995c3f42cd8ad8", "attributes": {"a": {"b": 1}}}, {}],
        "cause": {"exceptions": [{"id": "a", "type": "Outer", "message": "m", "cause": "b", "stack": [{"path": "A.java", "line": 3, "label": "in"}, {"path": "B.java"}]},
            {"id": "b", "type": "Inner", "message": "n", "cause": "a"}, {"id": "c", "type": "Other", "cause": "c"}]}});
    let (found, _) = one(vec![document.to_string()]).await;
    let span = &found.spans[0];
    assert_eq!((span.end, span.inferred, span.status), (None, true, Status::Unset));
    assert_eq!(span.attributes.get("aws.log.group.names").and_then(model::Value::as_text), Some("[\"/ecs/pay\",\"/ecs/two\"]"));
    assert_eq!((span.links.len(), span.links[0].attributes.get("a.b")), (1, Some(&model::Value::Int(1))));
    // Three exceptions in circles: none is lost to an endless chain.
    assert!(!span.exceptions.is_empty());
    assert_eq!((span.exceptions[0].class.as_str(), span.exceptions[0].frames[0].file.as_str()), ("Outer", "A.java"));
    let joined: Vec<String> = found.aliases.iter().map(|alias| alias.to.to_string()).collect();
    assert_eq!(joined, ["5f4b9fd889ee5839d8fc66e33940305f"]);
}

#[tokio::test]
async fn hostile_documents_do_no_harm() {
    let mut deep = "{\"id\":\"4ebb8f439d89ea33\",\"name\":\"x\",\"start_time\":1,\"end_time\":2}".to_owned();
    for _ in 0..40 {
        deep = format!("{{\"id\":\"4ebb8f439d89ea33\",\"name\":\"x\",\"start_time\":1,\"end_time\":0,\"subsegments\":[{deep}]}}");
    }
    let documents = vec!["not json".to_owned(), "[]".to_owned(), "[".repeat(5_000), deep, "{\"id\":7,\"start_time\":\"x\"}".to_owned()];
    let (found, verdict) = one(documents).await;
    assert_eq!(found.spans.len(), 41);
    assert!(found.spans.iter().all(|span| span.parent != Some(span.id) && span.end >= Some(span.start)));
    assert_eq!(verdict.state, State::Partial);
    assert!(verdict.why.contains("3 of X-Ray's documents could not be read"), "{}", verdict.why);
}

#[tokio::test]
async fn pages_and_what_x_ray_cut() {
    let segment = datagram("03-segment-404");
    let fake = Fake::new(move |asked| match asked.path.as_str() {
        "/Traces" if asked.body.contains("NextToken") => ok(
            json!({"Traces": [{"Id": "1-6b03c439-f07ae2ea02aaa77809182229", "LimitExceeded": true, "Segments": [{"Document": segment}]}]}),
        ),
        "/Traces" => ok(json!({"Traces": [], "NextToken": "more"})),
        _ => ok(json!({"Destination": "XRay"})),
    })
    .await;
    let (found, verdict) = collect(&*local(&fake.endpoint).await, lookup(TRACE)).await;
    assert!(!found.spans.is_empty());
    assert_eq!(verdict.state, State::Partial);
    assert!(verdict.why.contains("because of its size"), "{}", verdict.why);
}

#[tokio::test]
async fn nothing_found_is_empty_and_asked_in_x_rays_spelling() {
    let fake = Fake::new(|asked| match asked.path.as_str() {
        "/Traces" => ok(json!({"Traces": [], "UnprocessedTraceIds": ["1-6b03c439-f07ae2ea02aaa77809182229"]})),
        _ => ok(json!({"Destination": "XRay"})),
    })
    .await;
    let mut many = lookup(TRACE);
    many.traces.extend((1..=6).filter_map(TraceId::new));
    let (_, verdict) = collect(&*local(&fake.endpoint).await, many).await;
    assert_eq!((verdict.state, verdict.counts.spans), (State::Empty, Some(0)));
    let asked = fake.bodies("/Traces");
    assert_eq!(asked.len(), 2, "five IDs a call");
    assert_eq!(asked[0]["TraceIds"][0], "1-6b03c439-f07ae2ea02aaa77809182229");
    assert!(fake.asked().iter().any(|asked| asked.headers.contains_key("authorization")), "signed, with made-up credentials");
}

#[tokio::test]
async fn transaction_search_is_asked_where_classic_has_nothing() {
    let segment = datagram("03-segment-404");
    let looks = std::sync::atomic::AtomicU32::new(0);
    let fake = Fake::new(move |asked| match asked.path.as_str() {
        "/Traces" => ok(json!({"Traces": []})),
        "/StartTraceRetrieval" => ok(json!({"RetrievalToken": "t"})),
        "/ListRetrievedTraces" if looks.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0 => {
            ok(json!({"RetrievalStatus": "RUNNING"}))
        }
        "/ListRetrievedTraces" => ok(json!({"RetrievalStatus": "COMPLETE", "TraceFormat": "XRAY",
            "Traces": [{"Id": "1-6b03c439-f07ae2ea02aaa77809182229", "Spans": [{"Id": "x", "Document": segment}]}]})),
        _ => ok(json!({"Destination": "CloudWatchLogs", "Status": "ACTIVE"})),
    })
    .await;
    let range = TimeRange { from: UnixNs::from_seconds(1_795_408_000), to: UnixNs::from_seconds(1_795_408_900) };
    let (found, verdict) = collect(&*local(&fake.endpoint).await, Lookup { range: Some(range), ..lookup(TRACE) }).await;
    assert!(!found.spans.is_empty());
    assert_eq!(verdict.state, State::Found);
    assert!(verdict.searched.iter().any(|line| line.starts_with("Transaction Search from")), "{:?}", verdict.searched);
}

#[tokio::test]
async fn every_failure_ends_in_words() {
    let denied = "User: arn:aws:iam::1:user/x is not authorized to perform: xray:BatchGetTraces";
    let cases: [(u16, &str, String, &str); 7] = [
        (
            429,
            "ThrottledException",
            json!({"Message": "Rate exceeded"}).to_string(),
            "limiting how often it can be asked: “ThrottledException: Rate exceeded”",
        ),
        (403, "AccessDeniedException", json!({"Message": denied}).to_string(), "is not authorized to perform: xray:BatchGetTraces"),
        (
            403,
            "ExpiredTokenException",
            json!({"message": "The security token included in the request is expired"}).to_string(),
            "token included in the request is expired",
        ),
        (
            400,
            "InvalidRequestException",
            json!({"Message": "bad id"}).to_string(),
            "did not accept the query (HTTP 400): “InvalidRequestException: bad id”",
        ),
        (500, "", "<html>boom</html>".to_owned(), "server error (HTTP 500)"),
        (200, "", "<html>sign in</html>".to_owned(), "is not what X-Ray documents"),
        (200, "", "{\"Traces\":[{\"Id\":".to_owned(), "is not what X-Ray documents"),
    ];
    for (status, code, body, words) in cases {
        let fake = Fake::new(move |asked| match asked.path.as_str() {
            "/Traces" => (
                status,
                vec![("x-amzn-errortype", code.to_owned())].into_iter().filter(|(_, code)| !code.is_empty()).collect(),
                body.clone(),
            ),
            _ => ok(json!({"Destination": "XRay"})),
        })
        .await;
        let (_, verdict) = collect(&*local(&fake.endpoint).await, lookup(TRACE)).await;
        assert_eq!(verdict.state, State::Failed, "{verdict:?}");
        assert!(verdict.why.contains(words), "{}", verdict.why);
        assert!(!verdict.next_step.is_empty());
    }
    let (_, verdict) = collect(&*local(&closed_port().await).await, lookup(TRACE)).await;
    assert!(verdict.why.contains("No connection to the local services"), "{}", verdict.why);
    let silent = Fake::new(|_| (0, Vec::new(), String::new())).await;
    let (_, verdict) = collect(&*local(&silent.endpoint).await, Lookup { deadline: Duration::from_millis(200), ..lookup(TRACE) }).await;
    assert!(verdict.elapsed_ms < 1_500 && verdict.why.contains("in time"), "{verdict:?}");
}

fn query() -> SearchQuery {
    SearchQuery {
        range: TimeRange { from: UnixNs::from_seconds(1_000), to: UnixNs::from_seconds(2_000) },
        text: None,
        service: Some("a\"b\\c\n".to_owned()),
        status: Some(Status::Fault),
        min_duration_ns: Some(1_500_000_000),
        limit: 2,
        deadline: Duration::from_secs(5),
    }
}

#[tokio::test]
async fn the_list_comes_from_summaries_until_there_is_enough() {
    let summary = |id: u32, start: f64| {
        json!({"Id": format!("1-0000000{id}-000000000000000000000001"), "StartTime": start, "Duration": 0.25, "HasFault": true,
            "Http": {"HttpURL": "http://shop.example/cart?x=1", "HttpStatus": 500, "HttpMethod": "get"}, "EntryPoint": {"Name": "shop"},
            "Annotations": {"throughline_demo": [{"AnnotationValue": {"BooleanValue": true}}],
                "otel_trace_id": [{"AnnotationValue": {"StringValue": "5f4b9fd889ee5839d8fc66e33940305f"}}]}})
    };
    let fake = Fake::new(move |asked| {
        let body: Json = serde_json::from_str(&asked.body).unwrap();
        match body["NextToken"].as_str() {
            None => ok(json!({"TraceSummaries": [], "ApproximateTime": 1_990.0, "NextToken": "a"})),
            Some("a") => {
                ok(json!({"TraceSummaries": [summary(1, 1_900.0), {"Id": "nonsense"}], "ApproximateTime": 1_890.0, "NextToken": "b"}))
            }
            Some("b") => {
                ok(json!({"TraceSummaries": [summary(2, 1_800.0), summary(3, 900.0)], "ApproximateTime": 1_700.0, "NextToken": "c"}))
            }
            _ => ok(json!({"TraceSummaries": [summary(4, 1_100.0)]})),
        }
    })
    .await;
    let page = local(&fake.endpoint).await.search(query()).await;
    assert_eq!(page.found.len(), 2);
    let first = &page.found[0];
    assert_eq!(
        (first.name.as_str(), first.service.as_str(), first.status, first.http_status),
        ("GET /cart", "shop", Status::Fault, Some(500))
    );
    assert_eq!((first.duration_ns, first.demo, first.also.len()), (Some(250_000_000), true, 1));
    assert_eq!(page.complete_from, UnixNs::from_seconds(1_700));
    let asked = &fake.bodies("/TraceSummaries")[0];
    assert_eq!(asked["FilterExpression"], "service(\"a\\\"b\\\\c\") AND fault = true AND duration >= 1.5");
    assert_eq!(asked["TimeRangeType"], "Event");
}

#[tokio::test]
async fn a_filter_that_is_not_understood_is_left_out() {
    let fake = Fake::new(|asked| {
        if asked.body.contains("FilterExpression") {
            return (400, vec![("x-amzn-errortype", "InvalidRequestException".to_owned())], "{\"Message\":\"bad filter\"}".to_owned());
        }
        ok(json!({"TraceSummaries": []}))
    })
    .await;
    let page = local(&fake.endpoint).await.search(query()).await;
    assert_eq!((page.verdict.state, page.complete_from), (State::Empty, UnixNs::from_seconds(1_000)));
}

#[tokio::test]
async fn links_of_the_console_are_recognised() {
    let source = local("http://127.0.0.1:1").await;
    let url =
        "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#xray:traces/1-6b03c439-f07ae2ea02aaa77809182229";
    assert_eq!(source.recognise(url).map(|id| id.to_string()).as_deref(), Some(TRACE));
    assert_eq!(source.recognise(&url.replace("amazon.com", "example.com")), None);
}
