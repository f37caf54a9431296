use http::StatusCode;
use serde_json::json;

use crate::testing::{GZIP, HTTP_JSON, HTTP_PROTOBUF, fixture, get, open, post, send};

#[tokio::test]
async fn captures_of_real_clients_are_taken_and_counted() {
    let directory = tempfile::tempdir().unwrap();
    let local = open(directory.path()).await;
    let router = local.http_router();
    for (body, path, headers) in [
        ("py-otlp-http-protobuf-01-v1_traces.body.bin", "/v1/traces", vec![HTTP_PROTOBUF]),
        ("py-otlp-http-protobuf-gzip-01-v1_traces.body.bin", "/v1/traces", vec![HTTP_PROTOBUF, GZIP]),
        ("py-otlp-http-json-01-v1_traces.body.bin", "/v1/traces", vec![HTTP_JSON]),
        ("py-otlp-http-protobuf-02-v1_logs.body.bin", "/v1/logs", vec![HTTP_PROTOBUF]),
        ("py-otlp-http-json-02-v1_logs.body.bin", "/v1/logs", vec![HTTP_JSON]),
        ("py-otlp-http-protobuf-03-v1_metrics.body.bin", "/v1/metrics", vec![HTTP_PROTOBUF]),
        ("py-otlp-http-json-03-v1_metrics.body.bin", "/v1/metrics", vec![HTTP_JSON]),
    ] {
        let answer = post(&router, path, &headers, fixture(body)).await;
        assert_eq!(answer.status, StatusCode::OK, "{body}: {}", String::from_utf8_lossy(&answer.body));
        assert_eq!(answer.headers["content-type"], headers[0].1, "{body}");
        assert_eq!(answer.body, if headers[0] == HTTP_JSON { "{}".as_bytes() } else { b"" }, "{body}");
    }
    let counters = local.counters();
    let count = |name: &str| counters.iter().find(|(known, ..)| known == name).unwrap().1;
    assert_eq!((count("otlp.spans"), count("otlp.logs"), count("otlp.rejected"), count("otlp.refused")), (9, 4, 0, 0));
    assert!(count("otlp.metrics") >= 2);
    assert!(count("store.disk") > 1000);
}

#[tokio::test]
async fn what_cannot_be_taken_is_refused_in_the_encoding_of_the_request() {
    let directory = tempfile::tempdir().unwrap();
    let router = open(directory.path()).await.http_router();
    let bad_json: [&[u8]; 5] = [
        b"no json",
        b"[]",
        b"{\"resource_spans\":[{}]}",
        b"{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":\"xyz\"}]}]}]}",
        &vec![b'['; 100_000],
    ];
    for body in bad_json {
        let answer = post(&router, "/v1/traces", &[HTTP_JSON], body.to_vec()).await;
        assert_eq!((answer.status, answer.json()["code"].clone()), (StatusCode::BAD_REQUEST, json!(3)));
    }
    let answer = post(&router, "/v1/traces", &[HTTP_PROTOBUF], "no protobuf").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.headers["content-type"], HTTP_PROTOBUF.1);
    assert_eq!(answer.body[..2], [0x08, 3]);
    for headers in [vec![], vec![("content-type", "text/plain")]] {
        let answer = post(&router, "/v1/logs", &headers, "x").await;
        assert_eq!(
            (answer.status, answer.headers["content-type"].to_str().unwrap()),
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "text/plain; charset=utf-8")
        );
    }
    let answer = post(&router, "/v1/traces", &[HTTP_JSON, ("content-encoding", "zstd")], "x").await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(post(&router, "/v1/traces", &[HTTP_JSON], "{}").await.status, StatusCode::OK);
}

#[tokio::test]
async fn spans_left_out_are_told_as_a_partial_success() {
    let directory = tempfile::tempdir().unwrap();
    let router = open(directory.path()).await.http_router();
    let body = json!({"resourceSpans": [{"scopeSpans": [{"spans": [
        {"traceId": "88d8b9db4df0e506b08de5b07f270039", "spanId": "0e28b797242df70f", "startTimeUnixNano": 5, "endTimeUnixNano": "7"},
        {"traceId": "00000000000000000000000000000000", "spanId": "0e28b797242df70f"},
    ]}]}]});
    let answer = post(&router, "/v1/traces", &[HTTP_JSON], body.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json()["partialSuccess"]["rejectedSpans"], "1");
}

#[tokio::test]
async fn what_nobody_serves_is_answered_in_json() {
    let directory = tempfile::tempdir().unwrap();
    let router = open(directory.path()).await.http_router();
    for (method, path, status) in
        [("GET", "/", 405), ("GET", "/nothing", 404), ("GET", "/v1/traces", 405), ("POST", "/1/nothing", 404), ("PUT", "/1/auth", 405)]
    {
        let answer = send(&router, method, path, &[], "").await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert!(answer.json()["error"].is_string(), "{method} {path}");
    }
}

#[tokio::test]
async fn sample_data_is_removed_by_one_call_and_stays_so() {
    let directory = tempfile::tempdir().unwrap();
    let local = open(directory.path()).await;
    let router = local.http_router();
    let span = |trace: &str| json!({"traceId": trace.repeat(16), "spanId": "0e28b797242df70f", "name": "x", "startTimeUnixNano": "5"});
    let resource =
        |marks: serde_json::Value, trace: &str| json!({"resource": {"attributes": marks}, "scopeSpans": [{"spans": [span(trace)]}]});
    let mark = json!([{"key": "throughline.demo", "value": {"boolValue": true}}]);
    let body = json!({"resourceSpans": [resource(mark, "ab"), resource(json!([]), "cd")]});
    post(&router, "/v1/traces", &[HTTP_JSON], body.to_string()).await;
    assert_eq!(local.sample_traces(), 1);
    let answer = send(&router, "DELETE", "/_throughline/sample-data", &[], "").await;
    assert_eq!((answer.status, answer.json()), (StatusCode::OK, json!({"removed_traces": 1})));
    drop((router, local));
    let local = open(directory.path()).await;
    assert_eq!(local.sample_traces(), 0);
    assert_eq!(local.counters().iter().find(|(name, ..)| name == "honeycomb.traces").unwrap().1, 1);
    assert_eq!(get(&local.http_router(), "/1/columns/__all__?key_name=name").await.json()["type"], "string");
}

#[tokio::test]
async fn after_closing_nothing_is_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let local = open(directory.path()).await;
    local.close().await;
    let answer = post(&local.http_router(), "/v1/traces", &[HTTP_PROTOBUF], fixture("py-otlp-http-protobuf-01-v1_traces.body.bin")).await;
    assert_eq!((answer.status, answer.headers["retry-after"].to_str().unwrap()), (StatusCode::SERVICE_UNAVAILABLE, "1"));
}

/// A gRPC message: not compressed, its length, its bytes.
fn frame(message: &[u8]) -> Vec<u8> {
    [&[0][..], &u32::try_from(message.len()).unwrap().to_be_bytes(), message].concat()
}

#[tokio::test]
async fn grpc_takes_the_same_messages() {
    let directory = tempfile::tempdir().unwrap();
    let local = open(directory.path()).await;
    let router = local.grpc_router();
    let service = |name: &str| format!("/opentelemetry.proto.collector.{name}/Export");
    let grpc = ("content-type", "application/grpc");
    for (name, body) in [
        ("trace.v1.TraceService", "py-otlp-grpc-01-traces.body.bin"),
        ("logs.v1.LogsService", "py-otlp-grpc-02-logs.body.bin"),
        ("metrics.v1.MetricsService", "py-otlp-grpc-03-metrics.body.bin"),
    ] {
        let answer = post(&router, &service(name), &[grpc], frame(&fixture(body))).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}");
        assert_eq!(answer.body, frame(&[]), "{name}");
    }
    assert_eq!(local.counters().iter().find(|(name, ..)| name == "otlp.spans").unwrap().1, 3);
    let answer = post(&router, &service("trace.v1.TraceService"), &[grpc], frame(b"no protobuf")).await;
    assert_eq!(answer.headers["grpc-status"], "3");
    let answer = post(&router, "/some.other.Service/Method", &[grpc], frame(&[])).await;
    assert_eq!(answer.headers["grpc-status"], "12");
}
