//! Captured requests of real clients through the routes, over a real store.

use axum::body::Body;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::store::StoreOptions;

macro_rules! fixture {
    ($path:literal) => {
        include_bytes!(concat!("../../../../tests/fixtures/aws/", $path))
    };
}

pub const DATAGRAMS: [&[u8]; 8] = [
    fixture!("xray-udp/01-segment-ok-sql-http-dynamodb.bin"),
    fixture!("xray-udp/02-segment-500-exception-sql-error.bin"),
    fixture!("xray-udp/03-segment-404.bin"),
    fixture!("xray-udp/04-segment-429-throttle.bin"),
    fixture!("xray-udp/05-downstream-segment-with-parent_id.bin"),
    fixture!("xray-udp/06-streamed-independent-subsegment.bin"),
    fixture!("xray-udp/07-root-segment-after-31-streamed-subsegments.bin"),
    fixture!("xray-udp/08-segment-with-upstream-trace-header.bin"),
];

fn open(directory: &std::path::Path) -> Xray {
    let options = StoreOptions {
        directory: directory.to_owned(),
        retention_age: std::time::Duration::from_secs(1_000_000),
        retention_bytes: 1 << 30,
        fsync: true,
    };
    let mut builder = Store::builder(options);
    let segments = builder.view(Segments::default());
    Xray::new(Arc::new(builder.open().unwrap()), segments)
}

/// Sends a captured request: request line, headers, blank line, body.
async fn replay(xray: &Xray, capture: &[u8]) -> (StatusCode, Value) {
    let text = std::str::from_utf8(capture).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").or_else(|| text.split_once("\n\n")).unwrap();
    let mut lines = head.lines();
    let mut words = lines.next().unwrap().split(' ');
    let mut request = Request::builder().method(words.next().unwrap()).uri(words.next().unwrap());
    for (name, value) in lines.filter_map(|line| line.split_once(": ")).filter(|(name, _)| !name.eq_ignore_ascii_case("content-length")) {
        request = request.header(name, value);
    }
    send(xray, request.body(Body::from(body.trim_end().to_owned())).unwrap()).await
}

async fn post_json(xray: &Xray, path: &str, body: &Value) -> (StatusCode, Value) {
    send(xray, Request::post(path).body(Body::from(body.to_string())).unwrap()).await
}

async fn send(xray: &Xray, request: Request<Body>) -> (StatusCode, Value) {
    let response = xray.daemon_router().oneshot(request).await.unwrap();
    let status = response.status();
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers().contains_key("x-amzn-errortype"), status != StatusCode::OK);
    assert!(response.headers().contains_key("x-amzn-requestid"));
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

async fn put(xray: &Xray, documents: &[String]) -> Value {
    let (status, answer) = post_json(xray, "/TraceSegments", &json!({ "TraceSegmentDocuments": documents })).await;
    assert_eq!(status, StatusCode::OK);
    answer["UnprocessedTraceSegments"].clone()
}

async fn put_datagrams(xray: &Xray, which: &[usize]) {
    let document = |at: &usize| std::str::from_utf8(DATAGRAMS[*at]).unwrap().split_once('\n').unwrap().1.to_owned();
    let documents: Vec<String> = which.iter().map(document).collect();
    assert_eq!(put(xray, &documents).await, json!([]));
}

async fn trace(xray: &Xray, id: &str) -> Vec<Value> {
    let (_, answer) = post_json(xray, "/Traces", &json!({ "TraceIds": [id] })).await;
    let segments = answer["Traces"][0]["Segments"].as_array().cloned().unwrap_or_default();
    segments.iter().map(|segment| serde_json::from_str(segment["Document"].as_str().unwrap()).unwrap()).collect()
}

async fn summaries(xray: &Xray, more: Value) -> Value {
    let mut request = json!({ "StartTime": 1_795_408_000, "EndTime": 1_795_410_000, "TimeRangeType": "Event" });
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let (status, answer) = post_json(xray, "/TraceSummaries", &request).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

#[tokio::test]
async fn requests_of_boto3_and_the_rust_sdk_are_answered() {
    let directory = tempfile::tempdir().unwrap();
    let xray = open(directory.path());
    let (status, answer) = replay(&xray, fixture!("http-boto3/TraceSegments.txt")).await;
    assert_eq!((status, answer), (StatusCode::OK, json!({ "UnprocessedTraceSegments": [] })));
    let (_, answer) = replay(&xray, fixture!("http-rust-sdk/TraceSegments.txt")).await;
    assert_eq!(answer["UnprocessedTraceSegments"][0]["ErrorCode"], "MissingId");
    let (_, answer) = replay(&xray, fixture!("http-boto3/Traces.txt")).await;
    assert_eq!(answer["Traces"][0]["Segments"][0]["Id"], "70de5b6f19ff9a0a");
    assert_eq!((&answer["Traces"][0]["LimitExceeded"], &answer["UnprocessedTraceIds"]), (&json!(false), &json!([])));
    let (_, answer) = replay(&xray, fixture!("http-rust-sdk/Traces.txt")).await;
    assert_eq!(answer, json!({ "Traces": [], "UnprocessedTraceIds": ["1-6b03c438-6ac91b1b8143a63ca557e0dc"] }));
    for capture in [&fixture!("http-boto3/TraceSummaries.txt")[..], fixture!("http-rust-sdk/TraceSummaries.txt")] {
        let (status, answer) = replay(&xray, capture).await;
        assert_eq!((status, &answer["TraceSummaries"], &answer["TracesProcessedCount"]), (StatusCode::OK, &json!([]), &json!(1)));
    }
    for capture in [&fixture!("http-boto3/GetTraceSegmentDestination.txt")[..], fixture!("http-rust-sdk/GetTraceSegmentDestination.txt")] {
        assert_eq!(replay(&xray, capture).await.1, json!({ "Destination": "XRay", "Status": "ACTIVE" }));
    }
    let (_, rules) = replay(&xray, fixture!("http-boto3/daemon-proxy-GetSamplingRules-unsigned.txt")).await;
    assert_eq!(rules["SamplingRuleRecords"][0]["SamplingRule"]["FixedRate"], 1.0);
    let (_, targets) = replay(&xray, fixture!("http-boto3/daemon-proxy-SamplingTargets-unsigned.txt")).await;
    assert_eq!(targets["SamplingTargetDocuments"][0]["FixedRate"], 1.0);
    for capture in [&fixture!("http-boto3/ServiceGraph.txt")[..], fixture!("http-boto3/StartTraceRetrieval.txt")] {
        assert_eq!(replay(&xray, capture).await.0, StatusCode::NOT_FOUND);
    }
    assert_eq!(xray.counters()[..2], [("xray.received".into(), 1, "segments"), ("xray.refused".into(), 1, "segments")]);
}

#[tokio::test]
async fn streamed_subsegments_are_merged_and_silent_services_inferred() {
    let directory = tempfile::tempdir().unwrap();
    let xray = open(directory.path());
    put_datagrams(&xray, &[5]).await;
    put_datagrams(&xray, &[6, 0, 4]).await;
    let streamed = trace(&xray, "1-6b03c3cf-d5decf6254af232f698e4147").await;
    assert_eq!(streamed.len(), 1);
    let names: Vec<_> = streamed[0]["subsegments"].as_array().unwrap().iter().map(|child| child["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["step-31", "step-32", "step-33", "step-34", "step-0"]);

    let called = trace(&xray, "1-6b03c438-6ac91b1b8143a63ca557e0dc").await;
    let inferred: Vec<_> = called.iter().filter(|document| document["inferred"] == true).collect();
    let origins: Vec<_> = inferred.iter().map(|document| document["origin"].as_str().unwrap()).collect();
    assert_eq!(origins, ["Database::SQL", "Database::SQL", "AWS::DynamoDB::Table", "AWS::DynamoDB::Table"]);
    assert!(inferred.iter().all(|document| document["parent_id"] != "1a78a1ee86f09790"), "the answered call has a real segment");
    assert_eq!(called.iter().filter(|document| document["parent_id"] == "1a78a1ee86f09790").count(), 1);
}

#[tokio::test]
async fn summaries_are_complete_and_paged_newest_first() {
    let directory = tempfile::tempdir().unwrap();
    let xray = open(directory.path());
    put_datagrams(&xray, &[0, 1, 2, 3, 4, 7]).await;
    let answer = summaries(&xray, json!({})).await;
    let list = answer["TraceSummaries"].as_array().unwrap();
    let ids: Vec<_> = list.iter().map(|summary| summary["Id"].as_str().unwrap()).collect();
    assert_eq!(
        ids,
        [
            "1-6b03c439-023f731c63ca6801daff39ae",
            "1-6b03c439-f07ae2ea02aaa77809182229",
            "1-6b03c438-6ac91b1b8143a63ca557e0dc",
            "1-5759e988-bd862e3fe1be46a994272793",
            "1-6b03c3cf-249938664e25932cb46754d9",
        ]
    );
    assert_eq!((&list[1]["HasFault"], &list[0]["HasError"], &list[4]["HasThrottle"]), (&json!(true), &json!(true), &json!(true)));
    let good = &list[2];
    assert_eq!(good["Http"]["HttpURL"], "http://127.0.0.1:5602/ok/7");
    assert_eq!((&good["Http"]["HttpMethod"], &good["Http"]["HttpStatus"]), (&json!("GET"), &json!(200)));
    assert_eq!(good["Annotations"]["tenant"][0]["AnnotationValue"], json!({ "StringValue": "acme" }));
    assert_eq!(good["Annotations"]["order_id"][0]["AnnotationValue"], json!({ "NumberValue": 7.0 }));
    assert_eq!(good["EntryPoint"]["Name"], "127.0.0.1:5602");
    assert_eq!((&good["IsPartial"], &good["HasFault"]), (&json!(false), &json!(false)));
    let services: Vec<_> = good["ServiceIds"].as_array().unwrap().iter().map(|service| service["Name"].as_str().unwrap()).collect();
    assert_eq!(services, ["127.0.0.1:5602", "/srv/app/orders.db", "dynamodb"]);
    assert!((good["ResponseTime"].as_f64().unwrap() - good["Duration"].as_f64().unwrap()).abs() < 1e-3);
    assert_eq!(answer["NextToken"], Value::Null);
    let faults = summaries(&xray, json!({ "FilterExpression": "service(\"127.0.0.1:5602\") { fault }" })).await;
    assert_eq!((faults["TraceSummaries"].as_array().unwrap().len(), &faults["TracesProcessedCount"]), (1, &json!(5)));
}

#[tokio::test]
async fn paging_reaches_every_trace_once() {
    let directory = tempfile::tempdir().unwrap();
    let xray = open(directory.path());
    let documents: Vec<String> = (0..250)
        .map(|at| {
            let start = 1_795_408_500.0 + f64::from(at / 2);
            json!({ "id": format!("{:016x}", at + 1), "trace_id": format!("1-00000000-{at:024x}"), "name": "a", "start_time": start, "end_time": start })
                .to_string()
        })
        .collect();
    put(&xray, &documents).await;
    let (mut seen, mut token, mut pages) = (Vec::new(), Value::Null, 0);
    loop {
        let more = if token.is_null() { json!({}) } else { json!({ "NextToken": token }) };
        let answer = summaries(&xray, more).await;
        seen.extend(answer["TraceSummaries"].as_array().unwrap().iter().map(|summary| summary["Id"].as_str().unwrap().to_owned()));
        pages += 1;
        token = answer["NextToken"].clone();
        if token.is_null() {
            break;
        }
        assert!(answer["ApproximateTime"].as_f64().unwrap() > 1_795_408_000.0);
    }
    assert_eq!((seen.len(), pages), (250, 3));
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 250);
}

#[tokio::test]
async fn a_restart_loses_nothing_and_sample_data_can_go() {
    let directory = tempfile::tempdir().unwrap();
    let before = {
        let xray = open(directory.path());
        put_datagrams(&xray, &[0, 5, 6, 4]).await;
        let sample = json!({ "id": "00000000000000aa", "trace_id": "1-00000000-00000000000000000000000a", "name": "a",
            "start_time": 1_795_408_500, "end_time": 1_795_408_501, "annotations": { "throughline_demo": true } });
        put(&xray, &[sample.to_string()]).await;
        trace(&xray, "1-6b03c438-6ac91b1b8143a63ca557e0dc").await
    };
    let xray = open(directory.path());
    assert_eq!(trace(&xray, "1-6b03c438-6ac91b1b8143a63ca557e0dc").await, before);
    assert_eq!(trace(&xray, "1-00000000-00000000000000000000000a").await.len(), 1);
    assert_eq!(xray.store.forget_demo().await.unwrap(), 1);
    drop(xray);
    let xray = open(directory.path());
    assert_eq!(trace(&xray, "1-00000000-00000000000000000000000a").await, Vec::<Value>::new());
    assert_eq!(trace(&xray, "1-6b03c3cf-d5decf6254af232f698e4147").await.len(), 1);
}

#[tokio::test]
async fn bad_requests_get_xrays_own_errors() {
    let directory = tempfile::tempdir().unwrap();
    let xray = open(directory.path());
    for (path, body) in [
        ("/TraceSegments", json!({})),
        ("/TraceSegments", json!({ "TraceSegmentDocuments": [7] })),
        ("/Traces", json!({ "TraceIds": ["1", "2", "3", "4", "5", "6"] })),
        ("/Traces", json!({ "TraceIds": "1" })),
        ("/Traces", json!({ "TraceIds": ["x".repeat(36)] })),
        ("/TraceSummaries", json!({ "StartTime": 5 })),
        ("/TraceSummaries", json!({ "StartTime": 5, "EndTime": 4 })),
        ("/TraceSummaries", json!({ "StartTime": 5, "EndTime": 6, "TimeRangeType": "x" })),
        ("/TraceSummaries", json!({ "StartTime": 5, "EndTime": 6, "FilterExpression": "edge(\"a\",\"b\")" })),
        ("/TraceSummaries", json!({ "StartTime": 5, "EndTime": 6, "NextToken": "é" })),
    ] {
        let (status, answer) = post_json(&xray, path, &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path} {body}");
        assert!(answer["Message"].as_str().unwrap().len() > 3);
    }
    let get = Request::builder().method(Method::GET).uri("/Traces").body(Body::empty()).unwrap();
    assert_eq!(send(&xray, get).await.0, StatusCode::NOT_FOUND);
    let odd = Request::post("/nowhere").body(Body::empty()).unwrap();
    assert_eq!(send(&xray, odd).await.0, StatusCode::NOT_FOUND);
    let broken = Request::post("/TraceSegments").body(Body::from("{\"TraceSegmentDocuments\":[\"\\ud800\"]}")).unwrap();
    assert_eq!(send(&xray, broken).await.0, StatusCode::BAD_REQUEST);
    let deep = Request::post("/Traces").body(Body::from("[".repeat(1_000_000))).unwrap();
    assert_eq!(send(&xray, deep).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn datagrams_become_traces() {
    let directory = tempfile::tempdir().unwrap();
    let xray = open(directory.path());
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = xray.clone();
    let serving = tokio::spawn(async move { server.serve_udp(socket, async { drop(stopped.await) }).await });
    let client = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    client.send_to(b"nonsense", address).await.unwrap();
    for datagram in DATAGRAMS {
        client.send_to(datagram, address).await.unwrap();
    }
    for _ in 0..200 {
        if xray.counters.received.get() == 8 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    stop.send(()).unwrap();
    serving.await.unwrap();
    assert_eq!((xray.counters.received.get(), xray.counters.refused.get()), (8, 1));
    assert_eq!(trace(&xray, "1-6b03c439-023f731c63ca6801daff39ae").await.len(), 1);
}
