//! One source down, in four ways each: the others still show within their deadline, and the verdict says what happened.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use std::fmt::Write;
use std::time::{Duration, Instant};
use tests::client::verdict;
use tests::fault::{Fault, Faulty};
use tests::{Client, Throughline};

const TRACE: &str = "67a1f2c49d04c1f5a7b33e60d2c81b5e";
const XRAY_TRACE: &str = "1-67a1f2c4-9d04c1f5a7b33e60d2c81b5e";
const SOURCES: [&str; 4] = ["xray", "cloudwatch", "honeycomb", "rollbar"];
/// What the sources are given in these tests, so that a hanging one does not take eight seconds a case.
const DEADLINE_MS: u64 = 2_000;

/// One piece of one request in each of the four services.
async fn send(local: &str, client: &reqwest::Client) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let (seconds, ms) = (now.as_secs_f64(), u64::try_from(now.as_millis()).unwrap());
    let segment = json!({"name": "backend-flask", "id": "70de5b6f19ff9a0a", "trace_id": XRAY_TRACE, "start_time": seconds, "end_time": seconds + 0.2,
        "http": {"request": {"method": "GET", "url": "http://backend/api/activities/home"}, "response": {"status": 500}}, "fault": true});
    post(client, &format!("{local}/TraceSegments"), &[], json!({"TraceSegmentDocuments": [segment.to_string()]})).await;
    for (operation, body) in [
        ("CreateLogGroup", json!({"logGroupName": "/cruddur/backend"})),
        ("CreateLogStream", json!({"logGroupName": "/cruddur/backend", "logStreamName": "web"})),
        (
            "PutLogEvents",
            json!({"logGroupName": "/cruddur/backend", "logStreamName": "web", "logEvents": [{"timestamp": ms, "message": format!("ERROR home failed trace={XRAY_TRACE}")}]}),
        ),
    ] {
        let target = format!("Logs_20140328.{operation}");
        post(client, &format!("{local}/"), &[("x-amz-target", target.as_str()), ("content-type", "application/x-amz-json-1.1")], body)
            .await;
    }
    let nanos = |ms: u64| (ms * 1_000_000).to_string();
    let spans = json!({"resourceSpans": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "frontend"}}]}, "scopeSpans": [{"spans": [
        {"traceId": TRACE, "spanId": "53995c3f42cd8ad8", "name": "GET /home", "kind": 2, "startTimeUnixNano": nanos(ms - 10), "endTimeUnixNano": nanos(ms + 300)}]}]}]});
    post(client, &format!("{local}/v1/traces"), &[], spans).await;
    let item = json!({"data": {"environment": "test", "level": "error", "timestamp": now.as_secs(), "body": {"trace": {"frames": [{"filename": "app.py", "lineno": 3, "method": "home"}],
        "exception": {"class": "KeyError", "message": "'handle'"}}}, "custom": {"trace_id": TRACE}}});
    post(client, &format!("{local}/api/1/item/"), &[], item).await;
}

async fn post(client: &reqwest::Client, url: &str, headers: &[(&str, &str)], body: Value) {
    let mut request = client.post(url).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.body(body.to_string()).send().await.unwrap();
    assert!(response.status().is_success(), "{url}: {}", response.text().await.unwrap_or_default());
}

/// A dashboard over `local`, but for the source `broken`, which is asked at `faulty`.
fn configuration(local: &str, broken: &str, faulty: &str) -> String {
    let mut text = String::new();
    for source in SOURCES {
        let endpoint = if source == broken { faulty } else { local };
        writeln!(text, "[[sources.{source}]]\nendpoint = \"{endpoint}\"\ndeadline_ms = {DEADLINE_MS}").unwrap();
        text += match source {
            "xray" | "cloudwatch" => "region = \"us-east-1\"\n",
            "honeycomb" => "key_env = \"TEST_HONEYCOMB_KEY\"\n",
            _ => "token_env = \"TEST_ROLLBAR_TOKEN\"\n",
        };
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_down_costs_its_own_part_only() {
    let services = Throughline::start().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    send(services.local(), &http).await;

    let whole = Client::new(&services.ready.ui)
        .request_until(TRACE, |answer| SOURCES.iter().all(|source| verdict(answer, source)["state"] == "found"))
        .await;
    for source in SOURCES {
        assert_eq!(verdict(&whole, source)["state"], "found", "{source}: {whole:#}");
    }

    for broken in SOURCES {
        for fault in Fault::ALL {
            let faulty = Faulty::start(fault).await;
            let environment = configuration(services.local(), broken, &faulty.url);
            let dashboard = Throughline::start_configured(&environment, &["--no-local"]).await;
            let begun = Instant::now();
            let answer = Client::new(&dashboard.ready.ui).request(TRACE).await;
            let took = begun.elapsed();
            assert!(took < Duration::from_millis(DEADLINE_MS * 2 + 500), "{broken} {fault:?}: the page took {took:?}");
            let said = verdict(&answer, broken);
            assert_eq!(said["state"], "failed", "{broken} {fault:?}: {said:#}");
            assert!(
                !said["why"].as_str().unwrap().is_empty() && !said["next_step"].as_str().unwrap().is_empty(),
                "{broken} {fault:?}: {said:#}"
            );
            assert!(said["counts"].as_object().is_none_or(|counts| counts.values().all(Value::is_null)), "nothing was counted: {said:#}");
            assert!(!said.to_string().contains("<script>"), "{said:#}");
            for other in SOURCES.iter().filter(|source| **source != broken) {
                assert_eq!(verdict(&answer, other)["state"], "found", "{broken} {fault:?}, but {other}: {:#}", verdict(&answer, other));
            }
            println!(
                "{broken:<11} {fault:?}: {} ({} ms): {}",
                said["state"].as_str().unwrap(),
                took.as_millis(),
                said["why"].as_str().unwrap()
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_by_kill_nine() {
    let services = Throughline::start().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    send(services.local(), &http).await;
    let mut services = services;
    for round in 0..if tests::soak() { 200 } else { 3 } {
        services = services.kill_and_restart(&[]).await;
        let answer = Client::new(&services.ready.ui).request(TRACE).await;
        for source in SOURCES {
            assert_eq!(verdict(&answer, source)["state"], "found", "{source} after kill -9 number {round}: {answer:#}");
        }
        for (kind, count) in [("spans", 2), ("logs", 1), ("errors", 1)] {
            assert_eq!(answer[kind].as_array().unwrap().len(), count, "{kind} after kill -9 number {round}: {answer:#}");
        }
    }
    assert!(services.stop(Duration::from_secs(15)).await, "it stops when told to");
}
