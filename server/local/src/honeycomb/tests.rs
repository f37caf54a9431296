use axum::Router;
use http::StatusCode;
use serde_json::{Value, json};

use crate::testing::{GZIP, HTTP_JSON, HTTP_PROTOBUF, fixture, get, open, post};

const TRACE: &str = "88d8b9db4df0e506b08de5b07f270039";
/// The captures were made in this window.
const START_S: i64 = 1_795_408_700;
const END_S: i64 = 1_795_409_000;

async fn filled(directory: &std::path::Path) -> Router {
    let router = open(directory).await.http_router();
    for (path, body) in [("/v1/traces", "01-v1_traces"), ("/v1/logs", "02-v1_logs")] {
        let answer = post(&router, path, &[HTTP_PROTOBUF], fixture(&format!("py-otlp-http-protobuf-{body}.body.bin"))).await;
        assert_eq!(answer.status, StatusCode::OK);
    }
    router
}

/// Creates a query, runs it, returns its answer.
async fn run(router: &Router, dataset: &str, spec: Value, request: Value) -> Value {
    let mut spec = spec;
    let members = spec.as_object_mut().unwrap();
    members.entry("start_time").or_insert(START_S.into());
    members.entry("end_time").or_insert(END_S.into());
    let created = post(router, &format!("/1/queries/{dataset}"), &[HTTP_JSON], spec.to_string()).await;
    assert_eq!(created.status, StatusCode::OK, "{}", String::from_utf8_lossy(&created.body));
    let mut request = request;
    request["query_id"] = created.json()["id"].clone();
    let result = post(router, &format!("/1/query_results/{dataset}"), &[HTTP_JSON], request.to_string()).await;
    assert_eq!(result.status, StatusCode::CREATED, "{}", String::from_utf8_lossy(&result.body));
    let url = result.headers["location"].to_str().unwrap().trim_start_matches("http://127.0.0.1:4318").to_owned();
    let answer = get(router, &url).await.json();
    assert_eq!(answer["complete"], true);
    answer
}

async fn rows(router: &Router, spec: Value) -> Vec<Value> {
    let answer = run(router, "__all__", spec, json!({"disable_series": true, "limit": 10_000})).await;
    answer["data"]["results"].as_array().unwrap().iter().map(|row| row["data"].clone()).collect()
}

fn of_trace(trace: &str, breakdowns: &[&str]) -> Value {
    json!({
        "calculations": [{"op": "COUNT"}],
        "calculated_fields": [{"name": "event_ts", "expression": "EVENT_TIMESTAMP()"}],
        "breakdowns": breakdowns,
        "filters": [{"column": "trace.trace_id", "op": "=", "value": trace}],
        "orders": [{"column": "event_ts", "order": "ascending"}],
        "limit": 1000,
    })
}

#[tokio::test]
async fn one_trace_comes_with_its_events_links_and_logs_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let router = filled(directory.path()).await;
    let rows = rows(&router, of_trace(TRACE, &["event_ts", "name", "meta.annotation_type", "trace.span_id", "body"])).await;
    let names: Vec<_> =
        rows.iter().map(|row| (row["name"].as_str().unwrap_or("-"), row["meta.annotation_type"].as_str().unwrap_or("span"))).collect();
    assert_eq!(
        names,
        [
            ("-", "link"),
            ("POST /orders", "span"),
            ("-", "span_event"),
            ("SELECT orders", "span"),
            ("cache-miss", "span_event"),
            ("exception", "span_event"),
            ("-", "span_event"),
        ],
        "{rows:#?}"
    );
    // A link has its span's time and goes before it.
    assert_eq!(rows[1]["event_ts"], json!(1_795_408_775.254_283_f64));
    assert_eq!(rows[1]["COUNT"], 4, "weighted by the sample rate");
    assert_eq!(rows[3]["COUNT"], 1);
}

#[tokio::test]
async fn both_forms_of_a_short_trace_id_find_it() {
    let directory = tempfile::tempdir().unwrap();
    let router = filled(directory.path()).await;
    let short = "f798a1e7f33c8af6";
    let body = json!([{"data": {"trace.trace_id": short, "trace.span_id": "1", "name": "short"}, "time": "2026-11-23T04:40:00Z"}]);
    assert_eq!(post(&router, "/1/batch/x", &[HTTP_JSON], body.to_string()).await.json(), json!([{"status": 202}]));
    for trace in [short.to_owned(), format!("{short:0>32}"), format!("{short:0>32}").to_uppercase()] {
        let found = rows(&router, of_trace(&trace, &["event_ts", "name"])).await;
        assert_eq!(found.len(), 1, "{trace}");
        let mut spec = of_trace(&trace, &["event_ts", "name"]);
        spec["filters"][0] = json!({"column": "trace.trace_id", "op": "in", "value": [trace, TRACE]});
        assert_eq!(rows(&router, spec).await.len(), 8, "{trace}");
    }
}

#[tokio::test]
async fn the_list_of_roots_is_newest_first_and_ends_at_its_limit() {
    let directory = tempfile::tempdir().unwrap();
    let router = filled(directory.path()).await;
    let events: Vec<Value> = (0..700)
        .map(|n| json!({"time": START_S + n % 200, "data": {"trace.trace_id": format!("{:032x}", n + 1), "name": format!("root {n}"), "duration_ms": n}}))
        .collect();
    post(&router, "/1/batch/many", &[HTTP_JSON], Value::from(events).to_string()).await;
    let list = json!({
        "calculated_fields": [{"name": "event_ts", "expression": "EVENT_TIMESTAMP()"}],
        "breakdowns": ["event_ts", "trace.trace_id", "name", "duration_ms"],
        "filters": [
            {"column": "trace.parent_id", "op": "does-not-exist"},
            {"column": "meta.annotation_type", "op": "does-not-exist"},
            {"column": "trace.trace_id", "op": "exists"},
            {"column": "event_ts", "op": "<", "value": START_S + 150},
            {"column": "duration_ms", "op": ">=", "value": 100},
        ],
        "orders": [{"column": "event_ts", "order": "descending"}],
    });
    let answer = run(&router, "__all__", list.clone(), json!({"disable_series": true, "limit": 10})).await;
    let found = answer["data"]["results"].as_array().unwrap();
    assert_eq!(found.len(), 10);
    let times: Vec<f64> = found.iter().map(|row| row["data"]["event_ts"].as_f64().unwrap() - START_S as f64).collect();
    assert_eq!(times, [149.0, 149.0, 149.0, 148.0, 148.0, 148.0, 147.0, 147.0, 147.0, 146.0]);
    let all = rows(&router, list).await;
    // 100..150, 200..350, 400..550 and 600..700.
    assert_eq!(all.len(), 50 + 150 + 150 + 100);
}

#[tokio::test]
async fn servers_below_a_parent_are_found_as_entrances() {
    let directory = tempfile::tempdir().unwrap();
    let router = filled(directory.path()).await;
    let span = |kind: i64, id: &str| {
        json!({"traceId": "ab".repeat(16), "spanId": id.repeat(8), "parentSpanId": "0e28b797242df70f", "kind": kind,
        "name": id, "startTimeUnixNano": (START_S * 1_000_000_000 + 5).to_string(), "endTimeUnixNano": (START_S * 1_000_000_000 + 9).to_string()})
    };
    let body = json!({"resourceSpans": [{"scopeSpans": [{"spans": [span(2, "01"), span(3, "02")]}]}]});
    post(&router, "/v1/traces", &[HTTP_JSON], body.to_string()).await;
    let found = rows(
        &router,
        json!({"breakdowns": ["name"], "filters": [
            {"column": "meta.annotation_type", "op": "does-not-exist"},
            {"column": "trace.parent_id", "op": "exists"},
            {"column": "span.kind", "op": "=", "value": "server"},
        ]}),
    )
    .await;
    assert_eq!(found, [json!({"name": "01", "COUNT": 1})]);
}

#[tokio::test]
async fn aggregates_filters_and_orders_do_what_they_say() {
    let directory = tempfile::tempdir().unwrap();
    let router = open(directory.path()).await.http_router();
    let events: Vec<Value> = (1..=10)
        .map(|n| json!({"time": START_S + n, "samplerate": if n == 10 { 5 } else { 1 }, "data": {"n": n, "kind": if n % 2 == 0 { "even" } else { "odd" }, "text": format!("item {n}")}}))
        .collect();
    post(&router, "/1/batch/Numbers%20One", &[HTTP_JSON], Value::from(events).to_string()).await;
    let found = rows(&router, json!({
        "calculations": [{"op": "COUNT"}, {"op": "SUM", "column": "n"}, {"op": "MAX", "column": "n"}, {"op": "P50", "column": "n"}, {"op": "COUNT_DISTINCT", "column": "kind"}],
        "breakdowns": ["kind"], "orders": [{"column": "kind", "order": "descending"}],
    }))
    .await;
    assert_eq!(
        found,
        [
            json!({"kind": "odd", "COUNT": 5, "SUM(n)": 25.0, "MAX(n)": 9.0, "P50(n)": 5.0, "COUNT_DISTINCT(kind)": 1}),
            json!({"kind": "even", "COUNT": 9, "SUM(n)": 70.0, "MAX(n)": 10.0, "P50(n)": 10.0, "COUNT_DISTINCT(kind)": 1}),
        ]
    );
    let count = async |filter: Value, usage_mode: bool| {
        rows(&router, json!({"filters": [filter], "usage_mode": usage_mode})).await[0]["COUNT"].as_u64().unwrap()
    };
    for (filter, expected) in [
        (json!({"column": "n", "op": ">", "value": 8}), 2),
        (json!({"column": "n", "op": "<=", "value": 3}), 3),
        (json!({"column": "n", "op": "=", "value": "7"}), 1),
        (json!({"column": "n", "op": "!=", "value": 7}), 9),
        (json!({"column": "n", "op": "in", "value": [1, 2, 99]}), 2),
        (json!({"column": "n", "op": "not-in", "value": [1, 2, 99]}), 8),
        (json!({"column": "text", "op": "contains", "value": "m 1"}), 2),
        (json!({"column": "text", "op": "starts-with", "value": "item"}), 10),
        (json!({"column": "text", "op": "does-not-start-with", "value": "item"}), 0),
        (json!({"column": "nothing", "op": "exists"}), 0),
        (json!({"column": "nothing", "op": "does-not-exist"}), 10),
    ] {
        assert_eq!(count(filter.clone(), true).await, expected, "{filter}");
    }
    assert_eq!(count(json!({"column": "n", "op": "exists"}), false).await, 14);
    let answer = run(&router, "numbers-one", json!({"granularity": 5}), json!({})).await;
    assert_eq!(
        answer["data"]["series"],
        json!([
            {"time": "2026-11-23T04:38:20Z", "data": {"COUNT": 4}},
            {"time": "2026-11-23T04:38:25Z", "data": {"COUNT": 5}},
            {"time": "2026-11-23T04:38:30Z", "data": {"COUNT": 5}},
        ])
    );
    assert_eq!(answer["query"]["limit"], 100);
}

#[tokio::test]
async fn what_is_not_supported_is_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let router = open(directory.path()).await.http_router();
    for (spec, field) in [
        (json!({"calculations": [{"op": "HEATMAP", "column": "x"}]}), "calculations[0].op"),
        (json!({"calculations": [{"op": "SUM"}]}), "calculations[0].column"),
        (json!({"filters": [{"column": "x", "op": "~"}]}), "filters[0].op"),
        (json!({"filters": [{"column": "root.x", "op": "exists"}]}), "filters[0].column"),
        (json!({"filters": [{"column": "x", "op": "in", "value": 1}]}), "filters[0].value"),
        (json!({"orders": [{"column": "x"}]}), "orders[0]"),
        (json!({"havings": [{"calculate_op": "COUNT"}]}), "havings"),
        (json!({"limit": 1001}), "limit"),
        (json!({"start_time": 1, "end_time": 3, "time_range": 2}), "time_range"),
        (json!({"calculated_fields": [{"name": "x", "expression": "IF(1,2)"}]}), "calculated_fields[0].expression"),
    ] {
        let answer = post(&router, "/1/queries/__all__", &[HTTP_JSON], spec.to_string()).await;
        assert_eq!((answer.status, &answer.json()["type_detail"][0]["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(field)), "{spec}");
        assert_eq!(answer.headers["content-type"], "application/problem+json");
    }
    assert_eq!(post(&router, "/1/queries/nowhere", &[HTTP_JSON], "{}").await.json(), json!({"error": "dataset not found"}));
    assert_eq!(post(&router, "/1/query_results/__all__", &[HTTP_JSON], json!({"query_id": "x"}).to_string()).await.status, 404);
    assert_eq!(post(&router, "/1/queries/__all__", &[HTTP_JSON], "[").await.status, 400);
}

#[tokio::test]
async fn events_of_real_clients_are_taken() {
    let directory = tempfile::tempdir().unwrap();
    let router = open(directory.path()).await.http_router();
    let answer = post(&router, "/1/batch/checkout", &[HTTP_JSON, GZIP], fixture("py-libhoney-01-1_batch_checkout.body.bin")).await;
    assert_eq!(answer.json(), json!([{"status": 202}, {"status": 202}, {"status": 202}]));
    let headers = [HTTP_JSON, ("x-honeycomb-event-time", "2026-11-23T04:40:50.311339Z"), ("x-honeycomb-samplerate", "2")];
    let answer = post(&router, "/1/events/checkout", &headers, fixture("handmade-curl-01-1_events_checkout.body.bin")).await;
    assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, 0));
    let found = rows(&router, json!({"breakdowns": ["name"]})).await;
    assert_eq!(found.iter().map(|row| row["COUNT"].as_u64().unwrap()).sum::<u64>(), 8);
    let msgpack = [("content-type", "application/msgpack"), ("content-encoding", "zstd")];
    let answer = post(&router, "/1/batch/checkout", &msgpack, fixture("handmade-curl-02-1_batch_checkout.body.bin")).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(answer.json()["error"].is_string());
    let datasets = get(&router, "/1/datasets").await.json();
    assert_eq!((&datasets[0]["slug"], &datasets[0]["name"]), (&json!("checkout"), &json!("checkout")));
    assert_eq!(get(&router, "/1/dataset_definitions/checkout").await.json()["trace_id"]["name"], "trace.trace_id");
    assert_eq!(get(&router, "/1/columns/checkout?key_name=duration_ms").await.json()["type"], "float");
    assert_eq!(get(&router, "/1/columns/checkout?key_name=nothing").await.status, 404);
    assert_eq!(get(&router, "/1/auth").await.json()["team"]["slug"], "local");
}

#[tokio::test]
async fn one_bad_event_does_not_hurt_the_others() {
    let directory = tempfile::tempdir().unwrap();
    let router = open(directory.path()).await.http_router();
    let body = r#"[{"data":{"a":{"b":[1]}}},{"data":{}},7,{"time":"never","samplerate":-3,"data":{"a":"x"}},{"data":"text"}]"#;
    let statuses = post(&router, "/1/batch/x", &[HTTP_JSON], body).await.json();
    let statuses: Vec<_> = statuses.as_array().unwrap().iter().map(|status| status["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [202, 400, 400, 202, 400]);
    for (body, status) in [("", 400), ("{}", 400), ("[{}", 400), ("[] trailing", 400)] {
        let answer = post(&router, "/1/batch/x", &[HTTP_JSON], body).await;
        assert_eq!(answer.status, status, "{body}");
        assert!(answer.json()["error"].is_string());
    }
    let bomb = format!("[{}]", vec!["7"; 100_001].join(","));
    assert_eq!(post(&router, "/1/batch/x", &[HTTP_JSON], bomb).await.status, 400);
    let found = rows(&router, json!({"breakdowns": ["a"], "start_time": 1, "end_time": 4_000_000_000_i64})).await;
    assert_eq!(found.len(), 2);
    assert!(found.iter().any(|row| row["a"] == "{\"b\":[1]}"));
}

#[tokio::test]
async fn everything_is_still_there_after_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let router = filled(directory.path()).await;
    let spec = of_trace(TRACE, &["event_ts", "name", "body", "severity"]);
    let before = rows(&router, spec.clone()).await;
    let columns = get(&router, "/1/columns/__all__").await.json();
    drop(router);
    let router = open(directory.path()).await.http_router();
    assert_eq!(rows(&router, spec).await, before);
    assert_eq!(get(&router, "/1/columns/__all__").await.json(), columns);
}
