//! A real Flask app with the vendors' four SDKs: what each of them sends about one request comes back as one request.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use serde_json::Value;
use std::collections::BTreeSet;
use tests::client::verdict;
use tests::clock::rfc3339;
use tests::cruddur::{Driven, Propagation};
use tests::{Client, Cruddur, Throughline};

const SOURCES: [&str; 4] = ["xray", "cloudwatch", "honeycomb", "rollbar"];
const ROUTES: [&str; 4] = ["/api/activities/home", "/api/activities/fail", "/api/messages", "/api/activities/slow"];

fn of<'a>(driven: &'a [Driven], route: &str) -> &'a Driven {
    driven.iter().find(|driven| driven.route == route).unwrap_or_else(|| panic!("{route} was not driven"))
}

fn spans(request: &Value) -> &Vec<Value> {
    request["spans"].as_array().unwrap_or_else(|| panic!("no spans: {request:#}"))
}

fn known_to<'a>(request: &'a Value, source: &str) -> Vec<&'a Value> {
    spans(request).iter().filter(|span| span["sources"].as_array().unwrap().iter().any(|known| known == source)).collect()
}

fn found_by(request: &Value, sources: &[&str]) -> bool {
    sources.iter().all(|source| verdict(request, source)["state"] == "found")
}

/// The failing request, asked for by `id`: all four sources, one request.
async fn whole_failure(client: &Client, id: &str, driven: &Driven) -> Value {
    let request = client.request_until(id, |request| found_by(request, &SOURCES) && spans(request).len() >= 3).await;
    for source in SOURCES {
        assert_eq!(verdict(&request, source)["state"], "found", "{source} of {id}: {request:#}");
    }
    let honeycomb = known_to(&request, "honeycomb");
    let names: BTreeSet<&str> = honeycomb.iter().map(|span| span["name"].as_str().unwrap()).collect();
    assert_eq!(names, BTreeSet::from(["GET /api/activities/fail", "render_timeline"]), "{request:#}");
    assert!(honeycomb.iter().all(|span| span["trace"] == driven.otel_trace_id && span["service"] == "backend-flask"), "{request:#}");
    let entry = honeycomb.iter().find(|span| span["id"] == driven.span_id).unwrap_or_else(|| panic!("no entry span: {request:#}"));
    assert_eq!((entry["kind"].as_str(), entry["status"].as_str()), (Some("server"), Some("fault")), "{entry:#}");
    let render = honeycomb.iter().find(|span| span["name"] == "render_timeline").unwrap();
    assert_eq!(render["parent"], driven.span_id.as_str());

    let xray = known_to(&request, "xray");
    assert!(!xray.is_empty() && xray.iter().all(|span| span["trace"] == driven.xray_hex()), "{request:#}");
    assert!(xray.iter().any(|span| span["status"] == "fault"), "{xray:#?}");

    let logs = request["logs"].as_array().unwrap();
    assert_eq!(logs.len(), 1, "{logs:#?}");
    let line = &logs[0];
    assert!(line["body"].as_str().unwrap().contains("cannot render the timeline"), "{line:#}");
    let place = ["source", "log_group", "span", "placed_by", "severity"].map(|key| line[key].as_str().unwrap_or_default());
    assert_eq!(place, ["cloudwatch", "/cruddur/backend", &driven.span_id, "span", "error"], "{line:#}");

    let errors = request["errors"].as_array().unwrap();
    let occurrences: Vec<&Value> = errors.iter().filter(|error| error["source"] == "rollbar").collect();
    assert_eq!(occurrences.len(), 1, "one occurrence of one exception: {errors:#?}");
    let occurrence = occurrences[0];
    assert_eq!((occurrence["class"].as_str(), occurrence["message"].as_str()), (Some("KeyError"), Some("'handle'")), "{occurrence:#}");
    assert_eq!(occurrence["span"], render["id"], "it was raised inside render_timeline: {request:#}");
    let frames = occurrence["frames"].as_array().unwrap();
    let fail = frames.iter().find(|frame| frame["function"] == "fail").unwrap_or_else(|| panic!("no frame of fail: {frames:#?}"));
    assert!(
        fail["file"].as_str().unwrap().ends_with("app.py") && fail["code"].as_str().unwrap().contains("activity[\"handle\"]"),
        "{fail:#}"
    );
    request
}

fn span_ids(request: &Value) -> Vec<&str> {
    spans(request).iter().map(|span| span["id"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_ids_of_one_request_are_joined_and_the_reason_is_told() {
    let throughline = Throughline::start().await;
    let client = Client::new(&throughline.ready.ui);
    let cruddur = Cruddur::start(&throughline, Propagation::Separate);
    let driven = cruddur.drive(&ROUTES).await;

    let fail = of(&driven, "/api/activities/fail");
    assert_eq!(fail.status, 500);
    assert_ne!(fail.otel_trace_id, fail.xray_hex(), "in this mode each SDK has an ID of its own");
    let by_honeycomb = whole_failure(&client, &fail.otel_trace_id, fail).await;
    let by_xray = whole_failure(&client, &fail.xray_trace_id, fail).await;
    for (request, asked, other) in
        [(&by_honeycomb, &fail.otel_trace_id, &fail.xray_hex()), (&by_xray, &fail.xray_hex(), &fail.otel_trace_id)]
    {
        assert_eq!(request["id"], asked.as_str(), "a request has the ID that was asked for");
        let aliases = request["aliases"].as_array().unwrap();
        let alias = aliases.iter().find(|alias| alias["id"] == other.as_str()).unwrap_or_else(|| panic!("not joined: {aliases:#?}"));
        assert!(!alias["because"].as_str().unwrap().is_empty(), "{alias:#}");
        let evidence = alias["evidence"].as_str().unwrap();
        assert!(evidence.contains(&fail.otel_trace_id) && evidence.contains(&fail.xray_trace_id), "both IDs are in it: {evidence}");
    }
    assert_eq!(span_ids(&by_honeycomb), span_ids(&by_xray), "the same request by either ID");

    every_spelling_leads_to_the_page(&client, fail).await;
    as_plain_text(&client, fail).await;
    the_list_filters(&client, &driven, fail, &by_honeycomb).await;

    let unknown = "67a1f2c49d04c1f5a7b33e60d2c81b5e";
    assert_eq!(client.get(&format!("/t/{unknown}")).await.status().as_u16(), 404, "nobody knows it");
    let nothing = client.request(unknown).await;
    assert!(SOURCES.iter().all(|source| verdict(&nothing, source)["state"] == "empty"), "{nothing:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_propagated_id_all_four_sources_meet_without_a_join() {
    let throughline = Throughline::start().await;
    let client = Client::new(&throughline.ready.ui);
    let cruddur = Cruddur::start(&throughline, Propagation::Xray);
    let driven = cruddur.drive(&ROUTES).await;

    let fail = of(&driven, "/api/activities/fail");
    assert_eq!((fail.status, &fail.otel_trace_id), (500, &fail.xray_hex()), "in this mode both SDKs have the same ID");
    let request = whole_failure(&client, &fail.xray_trace_id, fail).await;
    assert_eq!(request["aliases"].as_array().unwrap().len(), 0, "{:#}", request["aliases"]);

    // Nothing went wrong with the others: their exceptions are searched for, and not there.
    let messages = of(&driven, "/api/messages");
    let found = ["xray", "cloudwatch", "honeycomb"];
    let request = client.request_until(&messages.otel_trace_id, |request| found_by(request, &found) && spans(request).len() >= 8).await;
    assert_eq!(verdict(&request, "rollbar")["state"], "empty", "{:#}", verdict(&request, "rollbar"));
    let read = spans(&request).iter().find(|span| span["name"] == "read-messages").unwrap_or_else(|| panic!("{request:#}"));
    assert_eq!(read["service"], "messages", "the second service is in the same request");
    let logs = request["logs"].as_array().unwrap();
    let groups: BTreeSet<&str> = logs.iter().map(|line| line["log_group"].as_str().unwrap()).collect();
    assert_eq!(groups, BTreeSet::from(["/cruddur/backend", "/cruddur/messages"]), "the lines of both services: {logs:#?}");
    let xray = known_to(&request, "xray");
    let child = xray.iter().filter(|span| xray.iter().any(|parent| span["parent"] == parent["id"])).count();
    assert!(child >= 2, "X-Ray's segments hang together across the two services: {xray:#?}");
}

/// Whatever form of the ID somebody has at hand, the page is one redirect away, and the query stays.
async fn every_spelling_leads_to_the_page(client: &Client, fail: &Driven) {
    let (hex, xray, span) = (&fail.xray_hex(), &fail.xray_trace_id, "53995c3f42cd8ad8");
    let uuid = format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
    let spellings = [
        xray.clone(),
        hex.to_uppercase(),
        uuid,
        format!("00-{hex}-{span}-01"),
        format!("Root={xray};Parent={span};Sampled=1"),
        format!("{xray}@{span}"),
        format!("[ERROR]%20cannot%20render%20trace={xray}%20after%203%20ms"),
    ];
    for spelling in spellings {
        let response = client.get(&format!("/t/{spelling}?from=-2h")).await;
        assert_eq!(response.status().as_u16(), 307, "{spelling}");
        let location = response.headers()["location"].to_str().unwrap().to_owned();
        assert!(location.starts_with(&format!("/t/{hex}?from=-2h")), "{spelling} leads to {location}");
        let (status, request) = client.json(&format!("/api/v1/requests/{spelling}")).await;
        assert_eq!((status, request["id"].as_str()), (200, Some(hex.as_str())), "{spelling}");
    }
    assert_eq!(client.get(&format!("/t/{hex}")).await.status().as_u16(), 200);
    // Without JavaScript the box sends what was pasted.
    let line = reqwest::Url::parse_with_params("http://localhost/", [("q", fail.log_line.as_deref().unwrap())]).unwrap();
    let response = client.get(&format!("/?{}", line.query().unwrap())).await;
    assert_eq!(response.status().as_u16(), 303);
    let location = response.headers()["location"].to_str().unwrap();
    assert!(location == format!("/t/{}", fail.otel_trace_id) || location == format!("/t/{hex}"), "{location}");
}

async fn as_plain_text(client: &Client, fail: &Driven) {
    let response = client.get(&format!("/api/v1/requests/{}.txt", fail.otel_trace_id)).await;
    assert_eq!(response.status().as_u16(), 200);
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
    let text = response.text().await.unwrap();
    let parts = [
        &fail.otel_trace_id,
        &fail.xray_hex(),
        "GET /api/activities/fail",
        "render_timeline",
        "cannot render the timeline",
        "KeyError: 'handle'",
        "X-Ray",
        "CloudWatch",
        "Honeycomb",
        "Rollbar",
    ];
    for part in parts {
        assert!(text.contains(part), "no {part:?} in:\n{text}");
    }
}

/// The parameters of `/api/v1/requests`.
async fn the_list_filters(client: &Client, driven: &[Driven], fail: &Driven, request: &Value) {
    let start: i64 = request["start_unix_ns"].as_str().unwrap().parse().unwrap();
    let at = |seconds: i64| rfc3339(start + seconds * 1_000_000_000);
    let is_there = async |query: &str, driven: &Driven| {
        let (status, list) = client.json(&format!("/api/v1/requests?limit=200&{query}")).await;
        assert_eq!(status, 200, "{query}: {list:#}");
        let rows = list["requests"].as_array().unwrap();
        let starts: Vec<i64> = rows.iter().map(|row| row["start_unix_ns"].as_str().unwrap().parse().unwrap()).collect();
        assert!(starts.is_sorted_by(|one, next| one >= next), "newest first: {list:#}");
        rows.iter().any(|row| row["id"] == driven.otel_trace_id || row["id"] == driven.xray_hex())
    };
    let slow = of(driven, "/api/activities/slow");
    // Both are complete before anything is said about what the list leaves out.
    let _ = client.request_until(&slow.otel_trace_id, |request| found_by(request, &["xray", "honeycomb"])).await;
    let expected = [
        ("from=-1h".to_owned(), true, true),
        (format!("from={}&to={}", at(-60), at(60)), true, true),
        (format!("from={}&to={}", at(60), at(600)), false, false),
        (format!("from={}&to={}", at(-600), at(-60)), false, false),
        ("from=-3h&to=-1h".to_owned(), false, false),
        ("from=-1h&status=fault".to_owned(), true, false),
        ("from=-1h&status=ok".to_owned(), false, true),
        ("from=-1h&min_duration_ms=390".to_owned(), false, true),
        ("from=-1h&q=activities/slow".to_owned(), false, true),
        ("from=-1h&q=activities/fail".to_owned(), true, false),
        ("from=-1h&service=backend-flask".to_owned(), true, true),
        ("from=-1h&service=nobody".to_owned(), false, false),
    ];
    for (query, has_fail, has_slow) in expected {
        assert_eq!(is_there(&query, fail).await, has_fail, "the failing request, {query}");
        assert_eq!(is_there(&query, slow).await, has_slow, "the slow request, {query}");
    }
    // Page by page it is the same list.
    let (_, whole) = client.json("/api/v1/requests?limit=200").await;
    let ids =
        |list: &Value| list["requests"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    for _ in 0..200 {
        let (status, page) = client.json(&format!("/api/v1/requests?limit=4{cursor}")).await;
        assert_eq!(status, 200, "{page:#}");
        paged.extend(ids(&page));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(paged.iter().collect::<BTreeSet<_>>().len(), paged.len(), "no request twice");
    assert_eq!(paged, ids(&whole));
}
