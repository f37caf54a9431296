//! The server rows of the budget, measured on the real binary over loopback: `make bench`.
//!
//! Prints the goal and the best peer known beside each figure (both measured on a 2-core machine; the peers' versions and method stand in
//! docs/performance.md). Nothing here fails when a figure is missed: a timed assertion is not a test.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench fails by panicking, with the reason")]

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value as AttributeValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use serde_json::{Value, json};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tests::Throughline;

const CONNECTIONS: usize = 4;

#[tokio::main]
async fn main() {
    println!("{:<62} {:>30} {:>10} {:>26}", "what", "measured", "goal", "best peer");
    start_and_idle().await;
    otlp().await;
    segments().await;
    log_events().await;
    one_trace(10_000, "12 ms", "moto 174 ms").await;
    one_trace(100_000, "120 ms", "moto 1,807 ms").await;
    overhead().await;
}

fn row(what: &str, measured: &str, goal: &str, peer: &str) {
    println!("{what:<62} {measured:>30} {goal:>10} {peer:>26}");
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().tcp_nodelay(true).build().unwrap()
}

fn now_ns() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap()
}

fn median(mut values: Vec<Duration>) -> Duration {
    values.sort();
    values[values.len() / 2]
}

fn ms(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1e3)
}

async fn start_and_idle() {
    let mut starts = Vec::new();
    let mut idle = 0;
    for _ in 0..5 {
        let throughline = Throughline::start().await;
        starts.push(throughline.started_in);
        tokio::time::sleep(Duration::from_millis(300)).await;
        idle = throughline.resident_kib();
    }
    row("start to ready, median of 5", &ms(median(starts)), "150 ms", "-");
    row("memory idle", &format!("{} MiB", idle / 1024), "40 MiB", "moto 52 MiB");
}

/// Posts every body over a few connections; wall time, and processor time of the server.
async fn pour(
    throughline: &Throughline,
    url: String,
    headers: &[(&'static str, &'static str)],
    bodies: Vec<Vec<u8>>,
) -> (Duration, Duration) {
    let client = client();
    let bodies = std::sync::Arc::new(bodies);
    let next = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let (begun, used) = (Instant::now(), throughline.processor_ms());
    let mut tasks = Vec::new();
    for _ in 0..CONNECTIONS {
        let (client, bodies, next, url, headers) = (client.clone(), bodies.clone(), next.clone(), url.clone(), headers.to_vec());
        tasks.push(tokio::spawn(async move {
            while let Some(body) = bodies.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                let mut request = client.post(&url);
                for (name, value) in &headers {
                    request = request.header(*name, *value);
                }
                let response = request.body(body.clone()).send().await.unwrap();
                let status = response.status();
                let text = response.bytes().await.unwrap();
                assert!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&text));
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    (begun.elapsed(), Duration::from_millis(throughline.processor_ms() - used))
}

/// Per second of wall time, and per second of the server's own processor time: one core, whatever the client takes.
fn rates(count: usize, unit: &str, wall: Duration, processor: Duration) -> String {
    let per = |time: Duration| format!("{:.0}k", count as f64 / time.as_secs_f64().max(0.001) / 1e3);
    format!("{} {unit}/s, {}/core", per(wall), per(processor))
}

fn export(batch: u64, spans: u64) -> Vec<u8> {
    let text = |key: &str, value: &str| KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(AttributeValue::StringValue(value.to_owned())) }),
        ..KeyValue::default()
    };
    let start = now_ns() - 1_000_000_000;
    let spans = (0..spans).map(|index| {
        // Ten spans a trace.
        let trace = u128::from(batch * 1_000_000 + index / 10) + (7 << 96);
        Span {
            trace_id: trace.to_be_bytes().to_vec(),
            span_id: (batch * 1_000_000 + index + 1).to_be_bytes().to_vec(),
            parent_span_id: if index % 10 == 0 { Vec::new() } else { (batch * 1_000_000 + index - index % 10 + 1).to_be_bytes().to_vec() },
            name: "GET /api/activities/home".to_owned(),
            kind: 2,
            start_time_unix_nano: start + index * 1_000,
            end_time_unix_nano: start + index * 1_000 + 5_000_000,
            attributes: vec![
                text("http.request.method", "GET"),
                text("http.route", "/api/activities/home"),
                text("url.path", "/api/activities/home"),
                text("server.address", "backend-flask"),
                text("app.user", "andrewbrown"),
            ],
            ..Span::default()
        }
    });
    let resource = Resource {
        attributes: vec![text("service.name", "backend-flask"), text("telemetry.sdk.language", "python")],
        ..Resource::default()
    };
    let scope_spans = vec![ScopeSpans { spans: spans.collect(), ..ScopeSpans::default() }];
    ExportTraceServiceRequest { resource_spans: vec![ResourceSpans { resource: Some(resource), scope_spans, ..ResourceSpans::default() }] }
        .encode_to_vec()
}

async fn otlp() {
    let throughline = Throughline::start().await;
    let protobuf = [("content-type", "application/x-protobuf")];
    let url = format!("{}/v1/traces", throughline.local());
    pour(&throughline, url.clone(), &protobuf, (0..100).map(|batch| export(batch, 1_000)).collect()).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    row("memory with 100k spans held", &format!("{} MiB", throughline.resident_kib() / 1024), "60 MiB", "moto 482 MiB");
    let bodies: Vec<Vec<u8>> = (100..500).map(|batch| export(batch, 1_000)).collect();
    let (wall, processor) = pour(&throughline, url, &protobuf, bodies).await;
    row(
        "OTLP/HTTP protobuf, 1,000 spans a call, durable and queryable",
        &rates(400_000, "spans", wall, processor),
        "250k/core",
        "rotel 140k storing nothing",
    );
}

fn segment(trace: u64, index: u64, root: bool) -> String {
    let start = now_ns() as f64 / 1e9 - 10.0;
    let id = trace * 1_000_000 + index + 1;
    let mut document = json!({"name": "backend-flask", "id": format!("{id:016x}"), "trace_id": format!("1-{:08x}-{trace:024x}", now_ns() / 1_000_000_000),
        "start_time": start, "end_time": start + 0.12, "http": {"request": {"method": "GET", "url": "http://backend-flask/api/activities/home", "user_agent": "bench"}, "response": {"status": 200}},
        "annotations": {"tenant": "acme"}});
    if !root {
        document["parent_id"] = json!(format!("{:016x}", trace * 1_000_000 + 1));
        document["type"] = json!("subsegment");
        document["trace_id"] = json!(format!("1-{:08x}-{trace:024x}", 7));
    }
    document.to_string()
}

async fn segments() {
    let throughline = Throughline::start().await;
    let bodies = |from: u64, to: u64| -> Vec<Vec<u8>> {
        (from..to)
            .map(|batch| {
                json!({"TraceSegmentDocuments": (0..50).map(|index| segment(batch * 50 + index, 0, true)).collect::<Vec<_>>()})
                    .to_string()
                    .into_bytes()
            })
            .collect()
    };
    let url = format!("{}/TraceSegments", throughline.local());
    pour(&throughline, url.clone(), &[], bodies(1, 100)).await;
    let (wall, processor) = pour(&throughline, url, &[], bodies(100, 2_100)).await;
    row("PutTraceSegments, 50 a call", &rates(100_000, "segments", wall, processor), "80k/core", "moto 5.4k, in memory");
}

async fn logs(client: &reqwest::Client, local: &str, operation: &str, body: &Value) -> Value {
    let target = format!("Logs_20140328.{operation}");
    let request = client.post(format!("{local}/")).header("x-amz-target", target).header("content-type", "application/x-amz-json-1.1");
    let response = request.body(body.to_string()).send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    assert!(status.is_success(), "{operation}: {text}");
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

async fn log_events() {
    let throughline = Throughline::start().await;
    let (client, local) = (client(), throughline.local().to_owned());
    let needle = "1-67a1f2c4-9d04c1f5a7b33e60d2c81b5e";
    for group in ["/bench/write", "/bench/read"] {
        logs(&client, &local, "CreateLogGroup", &json!({"logGroupName": group})).await;
        logs(&client, &local, "CreateLogStream", &json!({"logGroupName": group, "logStreamName": "web"})).await;
    }
    let batch = |group: &str, number: u64, events: u64| {
        let base = now_ns() / 1_000_000 - 60_000;
        let events = (0..events).map(|index| {
            let trace = if number == 7 && index % 3_333 == 0 { needle.to_owned() } else { format!("1-6b03c354-{:024x}", number * 100_000 + index) };
            json!({"timestamp": base + index / 100, "message": format!("INFO request {index} done in 12 ms trace={trace} user=andrewbrown")})
        });
        json!({"logGroupName": group, "logStreamName": "web", "logEvents": events.collect::<Vec<_>>()}).to_string().into_bytes()
    };
    let headers = [("x-amz-target", "Logs_20140328.PutLogEvents"), ("content-type", "application/x-amz-json-1.1")];
    let (wall, processor) =
        pour(&throughline, format!("{local}/"), &headers, (100..160).map(|number| batch("/bench/write", number, 8_000)).collect()).await;
    row("PutLogEvents, 8,000 a call", &rates(480_000, "events", wall, processor), "500k/core", "moto 37.9k, in memory");
    pour(&throughline, format!("{local}/"), &headers, (0..25).map(|number| batch("/bench/read", number, 8_000)).collect()).await;
    let mut times = Vec::new();
    for _ in 0..21 {
        let begun = Instant::now();
        let answer =
            logs(&client, &local, "FilterLogEvents", &json!({"logGroupName": "/bench/read", "filterPattern": format!("\"{needle}\"")}))
                .await;
        times.push(begun.elapsed());
        assert_eq!(answer["events"].as_array().unwrap().len(), 3, "{answer}");
    }
    row("FilterLogEvents, a quoted ID over 200,000 events, median", &ms(median(times)), "15 ms", "moto 232 ms");
}

async fn one_trace(count: u64, goal: &str, peer: &str) {
    let throughline = Throughline::start().await;
    let trace = 1_234_567;
    let bodies = (0..count / 50).map(|batch| {
        let documents: Vec<String> = (0..50)
            .map(|index| {
                let number = batch * 50 + index;
                segment(trace, number, number == 0).replace(&format!("1-{:08x}-", now_ns() / 1_000_000_000), "1-00000007-")
            })
            .collect();
        json!({"TraceSegmentDocuments": documents}).to_string().into_bytes()
    });
    pour(&throughline, format!("{}/TraceSegments", throughline.local()), &[], bodies.collect()).await;
    let (client, url) = (client(), format!("{}/Traces", throughline.local()));
    let body = json!({"TraceIds": [format!("1-00000007-{trace:024x}")]}).to_string();
    let mut times = Vec::new();
    for _ in 0..7 {
        let begun = Instant::now();
        let mut token = Value::Null;
        let mut bytes = 0;
        loop {
            let mut asked: Value = serde_json::from_str(&body).unwrap();
            if !token.is_null() {
                asked["NextToken"] = token.clone();
            }
            let text = client.post(&url).body(asked.to_string()).send().await.unwrap().bytes().await.unwrap();
            bytes += text.len();
            // Only the last part of a page says whether there is another.
            let tail = String::from_utf8_lossy(&text[text.len().saturating_sub(2_000)..]).into_owned();
            match tail.split("\"NextToken\":\"").nth(1).and_then(|rest| rest.split('"').next()) {
                Some(next) => token = json!(next),
                None => break,
            }
        }
        times.push(begun.elapsed());
        assert!(bytes > usize::try_from(count).unwrap() * 100, "{bytes} bytes for {count} segments");
    }
    row(&format!("BatchGetTraces of {count} segments, median"), &ms(median(times)), goal, peer);
}

async fn overhead() {
    let throughline = Throughline::start().await;
    let client = client();
    let mut over = Vec::new();
    for round in 0..31_u64 {
        let body = {
            let mut export = ExportTraceServiceRequest::decode(export(9_000 + round, 200).as_slice()).unwrap();
            for span in &mut export.resource_spans[0].scope_spans[0].spans {
                span.trace_id = u128::from(round + 1).to_be_bytes().to_vec();
                span.trace_id[0] = 9;
            }
            export.encode_to_vec()
        };
        let url = format!("{}/v1/traces", throughline.local());
        client.post(&url).header("content-type", "application/x-protobuf").body(body).send().await.unwrap();
        let id = format!("09{:030x}", round + 1);
        let begun = Instant::now();
        let answer: Value =
            client.get(format!("{}/api/v1/requests/{id}", throughline.ready.ui)).send().await.unwrap().json().await.unwrap();
        let took = begun.elapsed();
        assert_eq!(answer["spans"].as_array().unwrap().len(), 200);
        let slowest =
            answer["verdicts"].as_array().unwrap().iter().map(|verdict| verdict["elapsed_ms"].as_u64().unwrap_or(0)).max().unwrap_or(0);
        over.push(took.saturating_sub(Duration::from_millis(slowest)));
    }
    row("answer over the slowest source, 200 spans, median", &ms(median(over)), "5 ms", "-");
}
