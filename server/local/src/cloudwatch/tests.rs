//! Captured requests of real clients through the routes, over a real store.

use http::{Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::store::StoreOptions;

macro_rules! fixture {
    ($path:literal) => {
        include_str!(concat!("../../../../tests/fixtures/aws/", $path))
    };
}

/// Just after the captures were made.
const NOW_MS: i64 = 1_795_410_000_000;
const DAY_MS: i64 = 86_400_000;

fn open(directory: &std::path::Path) -> CloudWatch {
    let options = StoreOptions {
        directory: directory.to_owned(),
        retention_age: std::time::Duration::from_secs(1_000_000),
        retention_bytes: 1 << 30,
        fsync: true,
    };
    let mut builder = Store::builder(options);
    let views = Views::register(&mut builder);
    let mut service = CloudWatch::new(Arc::new(builder.open().unwrap()), views);
    service.clock = || NOW_MS;
    service
}

async fn send(service: &CloudWatch, request: Request<Body>) -> (StatusCode, Value) {
    let response = service.router().oneshot(request).await.unwrap();
    let status = response.status();
    assert_eq!(response.headers()["content-type"], "application/x-amz-json-1.1");
    assert_eq!(response.headers()["x-amzn-requestid"].len(), 36);
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let answer = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
    assert_eq!(answer["__type"].is_string(), status != StatusCode::OK);
    (status, answer)
}

async fn replay(service: &CloudWatch, capture: &str) -> (StatusCode, Value) {
    let (head, body) = capture.split_once("\r\n\r\n").or_else(|| capture.split_once("\n\n")).unwrap();
    let mut request = Request::post("/");
    for (name, value) in head.lines().skip(1).filter_map(|line| line.split_once(": ")) {
        if !name.eq_ignore_ascii_case("content-length") {
            request = request.header(name, value);
        }
    }
    send(service, request.body(Body::from(body.trim_end().to_owned())).unwrap()).await
}

async fn call(service: &CloudWatch, operation: &str, body: Value) -> (StatusCode, Value) {
    let request = Request::post("/").header("x-amz-target", format!("{TARGET}{operation}"));
    send(service, request.body(Body::from(body.to_string())).unwrap()).await
}

async fn good(service: &CloudWatch, operation: &str, body: Value) -> Value {
    let (status, answer) = call(service, operation, body).await;
    assert_eq!(status, StatusCode::OK, "{operation}: {answer}");
    answer
}

async fn bad(service: &CloudWatch, operation: &str, body: Value) -> String {
    let (status, answer) = call(service, operation, body).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{operation}");
    answer["__type"].as_str().unwrap().to_owned()
}

async fn with_stream(service: &CloudWatch, stream: &str) {
    let _ = call(service, "CreateLogGroup", json!({ "logGroupName": "/app" })).await;
    good(service, "CreateLogStream", json!({ "logGroupName": "/app", "logStreamName": stream })).await;
}

async fn put(service: &CloudWatch, stream: &str, events: &[(i64, &str)]) -> Value {
    let events: Vec<Value> = events.iter().map(|(time, message)| json!({ "timestamp": time, "message": message })).collect();
    good(service, "PutLogEvents", json!({ "logGroupName": "/app", "logStreamName": stream, "logEvents": events })).await
}

async fn filter(service: &CloudWatch, more: Value) -> Value {
    let mut request = json!({ "logGroupName": "/app" });
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    good(service, "FilterLogEvents", request).await
}

fn messages(answer: &Value) -> Vec<&str> {
    answer["events"].as_array().unwrap().iter().map(|event| event["message"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn watchtower_gets_the_errors_it_relies_on() {
    let directory = tempfile::tempdir().unwrap();
    let service = open(directory.path());
    assert_eq!(replay(&service, fixture!("http-watchtower/DescribeLogGroups.txt")).await.1, json!({ "logGroups": [] }));
    let (_, missing) = replay(&service, fixture!("http-watchtower/PutLogEvents.txt")).await;
    assert_eq!(missing, json!({ "__type": "ResourceNotFoundException", "message": "The specified log group does not exist." }));
    assert_eq!(replay(&service, fixture!("http-watchtower/CreateLogGroup.txt")).await, (StatusCode::OK, Value::Null));
    let (_, again) = replay(&service, fixture!("http-watchtower/CreateLogGroup.txt")).await;
    assert_eq!(again["__type"], "ResourceAlreadyExistsException");
    let (_, missing) = replay(&service, fixture!("http-watchtower/PutLogEvents.txt")).await;
    assert_eq!(missing, json!({ "__type": "ResourceNotFoundException", "message": "The specified log stream does not exist." }));
    good(&service, "CreateLogStream", json!({ "logGroupName": "/app/checkout", "logStreamName": "web/host-1" })).await;
    let (status, taken) = replay(&service, fixture!("http-watchtower/PutLogEvents.txt")).await;
    assert_eq!((status, &taken["rejectedLogEventsInfo"]), (StatusCode::OK, &Value::Null));

    let (_, groups) = replay(&service, fixture!("http-watchtower/DescribeLogGroups.txt")).await;
    let group = &groups["logGroups"][0];
    assert_eq!(group["arn"], "arn:aws:logs:us-east-1:000000000000:log-group:/app/checkout:*");
    assert!(group["storedBytes"].as_u64().unwrap() > 300);
    for pattern in ["\"1-6b03c354-535b6dfea5195785698743b7\"", "\"535b6dfea5195785698743b7\""] {
        let found = good(&service, "FilterLogEvents", json!({ "logGroupName": "/app/checkout", "filterPattern": pattern })).await;
        assert_eq!((found["events"].as_array().unwrap().len(), &found["searchedLogStreams"]), (3, &json!([])));
        assert_eq!(found["events"][0]["logStreamName"], "web/host-1");
        assert_eq!(found["events"][0]["eventId"].as_str().unwrap().len(), 56);
    }
    let found = good(
        &service,
        "FilterLogEvents",
        json!({ "logGroupName": "/app/checkout", "filterPattern": "\"6b03c354535b6dfea5195785698743b7\"" }),
    )
    .await;
    assert_eq!(found["events"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn requests_of_boto3_and_the_rust_sdk_are_answered() {
    let directory = tempfile::tempdir().unwrap();
    let service = open(directory.path());
    for capture in
        [fixture!("http-boto3/FilterLogEvents.txt"), fixture!("http-rust-sdk/FilterLogEvents.txt"), fixture!("http-boto3/GetLogEvents.txt")]
    {
        assert_eq!(replay(&service, capture).await.1["__type"], "ResourceNotFoundException");
    }
    good(&service, "CreateLogGroup", json!({ "logGroupName": "/aws/lambda/checkout" })).await;
    assert_eq!(replay(&service, fixture!("http-boto3/FilterLogEvents.txt")).await.1, json!({ "events": [], "searchedLogStreams": [] }));
    for capture in [
        fixture!("http-boto3/StartQuery.txt"),
        fixture!("http-rust-sdk/GetQueryResults.txt"),
        fixture!("http-boto3/cloudwatch-GetMetricData.txt"),
    ] {
        assert_eq!(replay(&service, capture).await.1["__type"], "UnknownOperationException");
    }
    let none = Request::post("/").body(Body::empty()).unwrap();
    assert_eq!(send(&service, none).await.1["__type"], "UnknownOperationException");
}

#[tokio::test]
async fn events_of_many_streams_come_in_the_order_of_time() {
    let directory = tempfile::tempdir().unwrap();
    let service = open(directory.path());
    for stream in ["a/1", "a/2", "b"] {
        with_stream(&service, stream).await;
    }
    put(&service, "a/1", &[(NOW_MS, "1"), (NOW_MS + 20, "4"), (NOW_MS + 40, "6")]).await;
    put(&service, "b", &[(NOW_MS + 5, "2"), (NOW_MS + 30, "5")]).await;
    put(&service, "a/2", &[(NOW_MS + 10, "3")]).await;
    assert_eq!(messages(&filter(&service, json!({})).await), ["1", "2", "3", "4", "5", "6"]);
    assert_eq!(messages(&filter(&service, json!({ "startFromHead": false })).await), ["6", "5", "4", "3", "2", "1"]);
    assert_eq!(messages(&filter(&service, json!({ "startTime": NOW_MS + 5, "endTime": NOW_MS + 20 })).await), ["2", "3", "4"]);
    assert_eq!(messages(&filter(&service, json!({ "logStreamNamePrefix": "a/" })).await), ["1", "3", "4", "6"]);
    assert_eq!(messages(&filter(&service, json!({ "logStreamNames": ["b", "a/2"] })).await), ["2", "3", "5"]);
    for forward in [true, false] {
        let (mut seen, mut token) = (Vec::new(), Value::Null);
        for _ in 0..9 {
            let more = json!({ "limit": 2, "startFromHead": forward });
            let more = if token.is_null() { more } else { json!({ "limit": 2, "nextToken": token }) };
            let answer = filter(&service, more).await;
            seen.extend(messages(&answer).into_iter().map(str::to_owned));
            token = answer["nextToken"].clone();
            if token.is_null() {
                break;
            }
        }
        let mut expected = ["1", "2", "3", "4", "5", "6"];
        if !forward {
            expected.reverse();
        }
        assert_eq!(seen, expected);
    }
}

#[tokio::test]
async fn get_log_events_pages_both_ways_and_its_tokens_never_end() {
    let directory = tempfile::tempdir().unwrap();
    let service = open(directory.path());
    with_stream(&service, "s").await;
    let get = async |more: Value| {
        let mut request = json!({ "logGroupName": "/app", "logStreamName": "s" });
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        good(&service, "GetLogEvents", request).await
    };
    let empty = get(json!({})).await;
    assert!(empty["nextForwardToken"].is_string() && empty["nextBackwardToken"].is_string());
    put(&service, "s", &[(NOW_MS, "1"), (NOW_MS + 1, "2"), (NOW_MS + 2, "3"), (NOW_MS + 3, "4"), (NOW_MS + 4, "5")]).await;
    assert_eq!(messages(&get(json!({ "nextToken": empty["nextForwardToken"] })).await).len(), 5);
    let last = get(json!({ "limit": 2 })).await;
    assert_eq!(messages(&last), ["4", "5"]);
    let before = get(json!({ "limit": 2, "nextToken": last["nextBackwardToken"] })).await;
    assert_eq!(messages(&before), ["2", "3"]);
    let end = get(json!({ "nextToken": last["nextForwardToken"] })).await;
    assert_eq!((messages(&end).len(), &end["nextForwardToken"]), (0, &last["nextForwardToken"]));
    assert_eq!(messages(&get(json!({ "startFromHead": true, "startTime": NOW_MS + 1, "endTime": NOW_MS + 3 })).await), ["2", "3"]);
    assert_eq!(end["events"], json!([]));
}

#[tokio::test]
async fn a_batch_with_old_and_new_events_is_taken_in_part() {
    let directory = tempfile::tempdir().unwrap();
    let service = open(directory.path());
    with_stream(&service, "s").await;
    let answer = put(&service, "s", &[(NOW_MS - 15 * DAY_MS, "old")]).await;
    assert_eq!(answer["rejectedLogEventsInfo"], json!({ "tooOldLogEventEndIndex": 1 }));
    let answer = put(&service, "s", &[(NOW_MS, "good"), (NOW_MS + 3 * 3_600_000, "new")]).await;
    assert_eq!(answer["rejectedLogEventsInfo"], json!({ "tooNewLogEventStartIndex": 1 }));
    good(&service, "PutRetentionPolicy", json!({ "logGroupName": "/app", "retentionInDays": 1 })).await;
    let answer = put(&service, "s", &[(NOW_MS - 2 * DAY_MS, "expired")]).await;
    assert_eq!(answer["rejectedLogEventsInfo"], json!({ "expiredLogEventEndIndex": 1 }));
    assert_eq!(messages(&filter(&service, json!({})).await), ["good"]);
    assert_eq!(service.counters()[..2], [("cloudwatch.received".into(), 1, "events"), ("cloudwatch.refused".into(), 3, "events")]);
}

#[tokio::test]
async fn a_restart_loses_nothing_and_what_was_deleted_stays_away() {
    let directory = tempfile::tempdir().unwrap();
    let before = {
        let service = open(directory.path());
        with_stream(&service, "s").await;
        with_stream(&service, "gone").await;
        put(&service, "s", &[(NOW_MS, "kept"), (NOW_MS, r#"{"throughline.demo":true}"#)]).await;
        put(&service, "s", &[(NOW_MS + 1, r#"{"throughline.demo":true}"#)]).await;
        put(&service, "gone", &[(NOW_MS, "gone")]).await;
        good(&service, "DeleteLogStream", json!({ "logGroupName": "/app", "logStreamName": "gone" })).await;
        good(&service, "CreateLogGroup", json!({ "logGroupName": "/other", "tags": { "a": "b" } })).await;
        filter(&service, json!({})).await
    };
    assert_eq!(messages(&before).len(), 3);
    let service = open(directory.path());
    assert_eq!(filter(&service, json!({})).await, before);
    let arn = "arn:aws:logs:us-east-1:000000000000:log-group:/other";
    good(&service, "TagResource", json!({ "resourceArn": arn, "tags": { "c": "d" } })).await;
    assert_eq!(good(&service, "ListTagsForResource", json!({ "resourceArn": arn })).await, json!({ "tags": { "a": "b", "c": "d" } }));
    service.store.forget_demo().await.unwrap();
    assert_eq!(messages(&filter(&service, json!({})).await), ["kept"]);
    drop(service);
    let service = open(directory.path());
    assert_eq!(messages(&filter(&service, json!({})).await), ["kept"]);
    good(&service, "DeleteLogGroup", json!({ "logGroupName": "/app" })).await;
    assert_eq!(bad(&service, "FilterLogEvents", json!({ "logGroupName": "/app" })).await, "ResourceNotFoundException");
}

#[tokio::test]
async fn streams_are_described_by_name_and_by_time() {
    let directory = tempfile::tempdir().unwrap();
    let service = open(directory.path());
    for stream in ["a", "b", "c"] {
        with_stream(&service, stream).await;
    }
    put(&service, "b", &[(NOW_MS, "x")]).await;
    put(&service, "a", &[(NOW_MS + 1, "x"), (NOW_MS + 2, "x")]).await;
    let names = async |more: Value| {
        let mut request = json!({ "logGroupName": "/app" });
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = good(&service, "DescribeLogStreams", request).await;
        let names: Vec<_> =
            answer["logStreams"].as_array().unwrap().iter().map(|stream| stream["logStreamName"].as_str().unwrap().to_owned()).collect();
        (names.join(" "), answer)
    };
    assert_eq!(names(json!({})).await.0, "a b c");
    assert_eq!(names(json!({ "descending": true })).await.0, "c b a");
    let (order, answer) = names(json!({ "orderBy": "LastEventTime", "descending": true })).await;
    assert_eq!(order, "a b c");
    assert_eq!(
        (&answer["logStreams"][0]["firstEventTimestamp"], &answer["logStreams"][0]["lastEventTimestamp"]),
        (&json!(NOW_MS + 1), &json!(NOW_MS + 2))
    );
    let (order, answer) = names(json!({ "limit": 2 })).await;
    assert_eq!(order, "a b");
    assert_eq!(names(json!({ "limit": 2, "nextToken": answer["nextToken"] })).await.0, "c");
    assert_eq!(names(json!({ "logStreamNamePrefix": "b" })).await.0, "b");
}

#[tokio::test]
async fn bad_requests_get_the_services_own_errors() {
    let directory = tempfile::tempdir().unwrap();
    let service = open(directory.path());
    with_stream(&service, "s").await;
    for (operation, body, code) in [
        ("CreateLogGroup", json!({ "logGroupName": "aws/spans" }), "InvalidParameterException"),
        ("CreateLogGroup", json!({ "logGroupName": "a b" }), "InvalidParameterException"),
        ("CreateLogGroup", json!({}), "InvalidParameterException"),
        ("CreateLogGroup", json!({ "logGroupName": 7 }), "SerializationException"),
        ("CreateLogStream", json!({ "logGroupName": "/app", "logStreamName": "s" }), "ResourceAlreadyExistsException"),
        ("CreateLogStream", json!({ "logGroupName": "/nope", "logStreamName": "s" }), "ResourceNotFoundException"),
        ("PutLogEvents", json!({ "logGroupName": "/app", "logStreamName": "s", "logEvents": [] }), "InvalidParameterException"),
        ("PutRetentionPolicy", json!({ "logGroupName": "/app", "retentionInDays": 2 }), "InvalidParameterException"),
        ("FilterLogEvents", json!({ "logGroupName": "/app", "filterPattern": "{ $.a = 1 }" }), "InvalidParameterException"),
        ("FilterLogEvents", json!({ "logGroupName": "/app", "limit": 0 }), "InvalidParameterException"),
        ("FilterLogEvents", json!({ "logGroupName": "/app", "limit": 10_001 }), "InvalidParameterException"),
        ("FilterLogEvents", json!({ "logGroupName": "/app", "nextToken": "x" }), "InvalidParameterException"),
        ("FilterLogEvents", json!({ "logGroupName": "/app", "startTime": 5, "endTime": 4 }), "InvalidParameterException"),
        ("FilterLogEvents", json!({ "logGroupName": "/app", "logStreamNames": ["nope"] }), "ResourceNotFoundException"),
        (
            "FilterLogEvents",
            json!({ "logGroupName": "/app", "logStreamNames": ["s"], "logStreamNamePrefix": "s" }),
            "InvalidParameterException",
        ),
        ("FilterLogEvents", json!({}), "InvalidParameterException"),
        ("GetLogEvents", json!({ "logGroupName": "/app", "logStreamName": "nope" }), "ResourceNotFoundException"),
        ("DescribeLogGroups", json!({ "limit": 51 }), "InvalidParameterException"),
        (
            "DescribeLogStreams",
            json!({ "logGroupName": "/app", "orderBy": "LastEventTime", "logStreamNamePrefix": "s" }),
            "InvalidParameterException",
        ),
        ("ListTagsForResource", json!({ "resourceArn": "x" }), "InvalidParameterException"),
        ("Nope", json!({}), "UnknownOperationException"),
    ] {
        assert_eq!(bad(&service, operation, body.clone()).await, code, "{operation} {body}");
    }
    for body in ["{", "[".repeat(1_000_000).as_str(), "{\"logGroupName\":\"\\ud800\"}", "nonsense"] {
        let request = Request::post("/").header("x-amz-target", "Logs_20140328.PutLogEvents").body(Body::from(body.to_owned())).unwrap();
        let (status, answer) = send(&service, request).await;
        assert_eq!((status, &answer["__type"]), (StatusCode::BAD_REQUEST, &json!("SerializationException")));
    }
}
