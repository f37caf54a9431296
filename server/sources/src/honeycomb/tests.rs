//! Against a Honeycomb that is made from its documentation.

use super::*;
use crate::testing::{Answer, Asked, Fake, closed_port, collect, fixture, key_file, lookup, ok};
use model::log::Severity;
use model::{SpanKind, Status};
use serde_json::{Map, Value as Json, json};

const TRACE: &str = "88d8b9db4df0e506b08de5b07f270039";

/// The rows of a query for one trace, made from events as Honeycomb stores them.
fn stored() -> Vec<Map<String, Json>> {
    let mut rows = Vec::new();
    for file in ["py-otlp-http-protobuf-01-v1_traces", "py-otlp-http-protobuf-02-v1_logs"] {
        let datasets: Json = serde_json::from_str(&fixture(&format!("hr/derived-honeycomb-events--{file}.json"))).unwrap();
        for event in datasets.as_array().unwrap().iter().flat_map(|dataset| dataset["events"].as_array().unwrap()) {
            let mut row = event["data"].as_object().unwrap().clone();
            let time = UnixNs::parse_rfc3339(event["time"].as_str().unwrap()).unwrap();
            row.insert("event_ts".to_owned(), json!(time.0 as f64 / 1e9));
            row.insert("COUNT".to_owned(), event["samplerate"].clone());
            if row["trace.trace_id"] == TRACE {
                rows.push(row);
            }
        }
    }
    rows
}

fn vendor(rows: Vec<Map<String, Json>>) -> impl Fn(&Asked) -> Answer + Send + Sync + 'static {
    let columns: std::collections::BTreeSet<String> = rows.iter().flat_map(|row| row.keys().cloned()).collect();
    let columns: Vec<Json> = columns.into_iter().map(|name| json!({"key_name": name, "last_written": null})).collect();
    let looks = std::sync::atomic::AtomicU32::new(0);
    move |asked| match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", "/1/auth") => ok(json!({"team": {"slug": "acme"}, "environment": {"slug": "prod"}, "api_key_access": {"queries": true}})),
        ("GET", "/1/columns/__all__") => ok(json!(columns)),
        ("POST", "/1/queries/__all__") => ok(json!({"id": "q1"})),
        ("POST", "/1/query_results/__all__") => (201, Vec::new(), json!({"id": "r1", "complete": false}).to_string()),
        ("GET", "/1/query_results/__all__/r1") if looks.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0 => {
            ok(json!({"complete": false}))
        }
        ("GET", "/1/query_results/__all__/r1") => {
            let results: Vec<Json> = rows.iter().map(|row| json!({"data": row})).collect();
            ok(json!({"complete": true, "data": {"series": [], "results": results}}))
        }
        _ => (404, Vec::new(), json!({"error": "not found"}).to_string()),
    }
}

async fn local(endpoint: &str) -> Arc<dyn Source> {
    build(Config::local(endpoint)).await.unwrap()
}

/// A configured account; the key is in a file because tests cannot set variables.
async fn account(endpoint: &str) -> Arc<dyn Source> {
    let file = key_file("hcxik_secret\n");
    build(Config { endpoint: endpoint.to_owned(), key_file: Some(file), ..Config::default() }).await.unwrap()
}

#[tokio::test]
async fn one_trace_with_events_links_logs_and_exceptions() {
    let fake = Fake::new(vendor(stored())).await;
    let (found, verdict) = collect(&*local(&fake.endpoint).await, lookup(TRACE)).await;

    let span = |name: &str| found.spans.iter().find(|span| span.name == name).unwrap();
    let server = span("POST /orders");
    assert_eq!((server.kind, server.status, server.service.as_str()), (SpanKind::Server, Status::Fault, "checkout"));
    assert_eq!(server.id.to_string(), "0e28b797242df70f");
    assert_eq!(server.end.unwrap().since(server.start), 12_190_927);
    assert_eq!(server.attributes.get("sample_rate"), Some(&model::Value::Int(4)));
    assert_eq!(server.links[0].trace.to_string(), "89bd5463f669e859c6d59b9b3b3a208e");
    assert_eq!(server.links[0].attributes.get("link.reason").and_then(model::Value::as_text), Some("retry-of"));
    let exception = &server.exceptions[0];
    assert_eq!((exception.class.as_str(), exception.message.as_str()), ("ValueError", "card declined: order 42"));
    assert_eq!(
        (exception.frames[0].line, exception.frames[0].code.as_str()),
        (Some(47), "try: raise ValueError('card declined: order 42')")
    );
    let select = span("SELECT orders");
    assert_eq!((select.kind, select.status, select.parent), (SpanKind::Client, Status::Unset, Some(server.id)));
    assert_eq!(select.events[0].name, "cache-miss");
    assert_eq!(found.logs.len(), 2);
    assert_eq!(
        (found.logs[1].severity, found.logs[1].body.as_str(), found.logs[1].span),
        (Severity::Error, "charge failed", Some(server.id))
    );
    assert!(found.errors.is_empty());

    assert_eq!(verdict.state, State::Found);
    assert_eq!((verdict.counts.spans, verdict.counts.logs, verdict.counts.errors), (Some(found.spans.len() as u64), Some(2), Some(1)));
    let query = &fake.bodies("/1/queries/")[0];
    assert_eq!(query["filters"], json!([{"column": "trace.trace_id", "op": "=", "value": TRACE}]));
    assert_eq!(query["breakdowns"][0], "event_ts");
    assert!(query["breakdowns"].as_array().unwrap().contains(&json!("library.version")), "{query}");
    assert_eq!(fake.bodies("/1/query_results/")[0], json!({"query_id": "q1", "disable_series": true, "limit": 10_000}));
}

#[tokio::test]
async fn an_account_is_asked_in_two_windows_with_its_key() {
    let fake = Fake::new(vendor(vec![json!({"trace.trace_id": "x", "name": "x"}).as_object().unwrap().clone()])).await;
    let mut asked = lookup(TRACE);
    asked.traces.push("00f067aa0ba902b7".parse().unwrap());
    let (_, verdict) = collect(&*account(&fake.endpoint).await, asked).await;
    assert_eq!((verdict.state, verdict.counts.spans), (State::Empty, Some(0)));
    let queries = fake.bodies("/1/queries/");
    let length = |query: &Json| query["end_time"].as_i64().unwrap() - query["start_time"].as_i64().unwrap();
    assert_eq!(queries.iter().map(length).collect::<Vec<_>>(), [86_400, 7 * 86_400]);
    assert_eq!(queries[0]["filters"][0]["value"], json!([TRACE, "000000000000000000f067aa0ba902b7", "00f067aa0ba902b7"]));
    assert!(fake.asked().iter().all(|asked| asked.headers["x-honeycomb-team"] == "hcxik_secret"));
}

#[tokio::test]
async fn a_plan_without_queries_leaves_a_link() {
    let rows = vendor(stored());
    let fake = Fake::new(move |asked| match (asked.method.as_str(), asked.path.as_str()) {
        ("POST", "/1/query_results/__all__") => (403, Vec::new(), json!({"error": "Query Data API is an Enterprise feature"}).to_string()),
        _ => rows(asked),
    })
    .await;
    let source = account(&fake.endpoint).await;
    for _ in 0..2 {
        let (_, verdict) = collect(&*source, lookup(TRACE)).await;
        assert_eq!((verdict.state, verdict.why.trim_end()), (State::NotSearched, verdict.why.as_str()));
        assert!(verdict.why.contains("“Query Data API is an Enterprise feature”"), "{}", verdict.why);
        assert!(
            verdict.next_step.contains("https://ui.honeycomb.io/acme/environments/prod/trace?trace_id=88d8b9db"),
            "{}",
            verdict.next_step
        );
        assert_eq!(verdict.counts, model::Counts::default());
    }
    assert_eq!(fake.bodies("/1/query_results/").len(), 1, "the refusal is remembered");
    let check = source.check().await;
    assert_eq!((check.state, check.route.as_str()), (State::Partial, "link only"));
    assert!(check.permissions.iter().any(|permission| permission.name.contains("run") && permission.allowed == Some(false)));
}

#[tokio::test]
async fn every_failure_ends_in_words() {
    type Case = (&'static str, Answer, State, &'static str);
    let problem =
        json!({"status": 429, "error": "You have exceeded your rate limit.", "detail": "This endpoint allows 10 requests per minute."});
    let invalid =
        json!({"error": "invalid query", "type_detail": [{"field": "breakdowns", "code": "invalid", "description": "unknown column"}]});
    let cases: [Case; 8] = [
        ("/1/columns", (401, vec![], json!({"error": "unknown API key - check your credentials"}).to_string()), State::Found, ""),
        ("/1/queries", (401, vec![], json!({"error": "unknown API key"}).to_string()), State::Failed, "“unknown API key”"),
        ("/1/query_results", (429, vec![("retry-after", "40".to_owned())], problem.to_string()), State::Failed, "10 requests per minute"),
        ("/1/queries", (422, vec![], invalid.to_string()), State::Failed, "breakdowns: unknown column"),
        ("/1/columns", (500, vec![], "<html>oops".to_owned()), State::Failed, "server error (HTTP 500): “an HTML page”"),
        ("/1/queries", (200, vec![], "<!DOCTYPE html><title>Sign in".to_owned()), State::Failed, "is not what Honeycomb documents"),
        (
            "/r1",
            ok(json!({"complete": true, "error": "we had trouble fetching your results! try again?"})),
            State::Failed,
            "we had trouble",
        ),
        ("/1/queries", (302, vec![("location", "http://169.254.169.254/".to_owned())], String::new()), State::Failed, "a redirect"),
    ];
    for (path, answer, state, words) in cases {
        let rest = vendor(stored());
        let fake = Fake::new(move |asked| if asked.path.contains(path) { answer.clone() } else { rest(asked) }).await;
        let (_, verdict) = collect(&*account(&fake.endpoint).await, lookup(TRACE)).await;
        assert_eq!(verdict.state, state, "{path} {verdict:?}");
        assert!(verdict.why.contains(words), "{path}: {}", verdict.why);
        assert_eq!(verdict.next_step.is_empty(), words.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn down_or_silent_is_said_within_the_deadline() {
    let (_, verdict) = collect(&*local(&closed_port().await).await, lookup(TRACE)).await;
    assert_eq!(verdict.state, State::Failed);
    assert!(verdict.why.contains("No connection to the local services"), "{}", verdict.why);

    let silent = Fake::new(|_| (0, Vec::new(), String::new())).await;
    let (_, verdict) = collect(&*local(&silent.endpoint).await, Lookup { deadline: Duration::from_millis(200), ..lookup(TRACE) }).await;
    assert_eq!(verdict.state, State::Failed);
    assert!(verdict.elapsed_ms < 1_500 && verdict.why.contains("in time"), "{verdict:?}");
}

#[tokio::test]
async fn hostile_rows_do_no_harm() {
    let id = "0e28b797242df70f";
    let rows = [
        json!({"event_ts": "NaN", "trace.span_id": id, "name": "no time"}),
        json!({"event_ts": 1e300, "trace.span_id": id, "name": "far away"}),
        json!({"event_ts": 1.0, "trace.trace_id": {"a": []}, "trace.span_id": id, "trace.parent_id": id, "name": 7, "duration_ms": -1e308, "error": []}),
        json!({"event_ts": 2, "trace.parent_id": id, "meta.annotation_type": "link", "trace.link.trace_id": "nonsense"}),
        json!({"event_ts": 3, "trace.parent_id": "ffffffffffffffff", "meta.annotation_type": "span_event", "name": "exception", "exception.type": "Lost"}),
        json!({"event_ts": 4, "meta.annotation_type": "surprise", "name": "\u{0}\u{202e}"}),
    ];
    let rows = rows.iter().map(|row| row.as_object().unwrap().clone()).collect();
    let fake = Fake::new(vendor(rows)).await;
    let (found, verdict) = collect(&*local(&fake.endpoint).await, lookup(TRACE)).await;
    assert_eq!(found.spans.len(), 1);
    assert_eq!((found.spans[0].end, found.spans[0].status), (Some(UnixNs::from_seconds(1)), Status::Unset));
    assert_eq!((found.errors[0].class.as_str(), found.errors[0].span.is_some()), ("Lost", true));
    assert_eq!((found.logs.len(), verdict.state), (1, State::Found));
}

#[tokio::test]
async fn a_captured_header_joins_two_ids() {
    let mut rows = stored();
    let header = "[\"Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8\"]\n";
    rows[0].insert("http.request.header.x_amzn_trace_id".to_owned(), json!(header));
    let fake = Fake::new(vendor(rows)).await;
    let (found, _) = collect(&*local(&fake.endpoint).await, lookup(TRACE)).await;
    assert_eq!(found.aliases.len(), 1);
    assert_eq!(found.aliases[0].to.xray(), "1-67891233-abcdef012345678912345678");
    assert!(found.aliases[0].evidence.contains("x_amzn_trace_id=[\"Root="), "{}", found.aliases[0].evidence);
}

#[tokio::test]
async fn the_list_takes_roots_and_servers_without_one() {
    let other = "11d8b9db4df0e506b08de5b07f270039";
    let root = json!({"event_ts": 100.5, "trace.trace_id": TRACE, "trace.parent_id": null, "name": "GET /", "service.name": "web", "span.kind": "server",
        "duration_ms": 3.5, "http.response.status_code": 404, "throughline.demo": true});
    let inner = json!({"event_ts": 100.6, "trace.trace_id": TRACE, "name": "GET /inner", "service.name": "api"});
    let remote = json!({"event_ts": 101.5, "trace.trace_id": other, "name": "POST /pay", "service.name": "api", "error": "true"});
    let columns: Vec<Json> = root.as_object().unwrap().keys().map(|name| json!({"key_name": name})).collect();
    let fake = Fake::new(move |asked| {
        let second = asked.body.contains("\"value\":\"server\"") || asked.path.ends_with("r2") || asked.body.contains("q2");
        let tag = if second { 2 } else { 1 };
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/1/columns/__all__") => ok(json!(columns)),
            ("POST", "/1/queries/__all__") => ok(json!({"id": format!("q{tag}")})),
            ("POST", _) => ok(json!({"id": format!("r{tag}")})),
            _ if second => ok(json!({"complete": true, "data": {"results": [{"data": remote}, {"data": inner}]}})),
            _ => ok(json!({"complete": true, "data": {"results": [{"data": root}]}})),
        }
    })
    .await;
    let query = SearchQuery {
        range: TimeRange { from: UnixNs::from_seconds(50), to: UnixNs::from_seconds(200) },
        text: None,
        service: Some("a\"b".to_owned()),
        status: None,
        min_duration_ns: Some(1_500_000),
        limit: 50,
        deadline: Duration::from_secs(5),
    };
    let page = local(&fake.endpoint).await.search(query).await;
    assert_eq!(page.verdict.state, State::Found);
    assert_eq!(page.complete_from, UnixNs::from_seconds(50));
    let names: Vec<_> = page.found.iter().map(|found| (found.name.as_str(), found.status, found.demo)).collect();
    assert_eq!(names, [("POST /pay", Status::Fault, false), ("GET /", Status::Error, true)]);
    assert_eq!((page.found[1].duration_ns, page.found[1].http_status), (Some(3_500_000), Some(404)));
    let filters = fake.bodies("/1/queries/")[0]["filters"].clone();
    assert!(filters.as_array().unwrap().contains(&json!({"column": "service.name", "op": "=", "value": "a\"b"})), "{filters}");
    assert!(filters.as_array().unwrap().contains(&json!({"column": "duration_ms", "op": ">=", "value": 1.5})), "{filters}");
}

#[tokio::test]
async fn its_own_links_are_recognised() {
    let url = "https://ui.honeycomb.io/acme/environments/prod/trace?trace_id=88d8b9db4df0e506b08de5b07f270039&span=0e28b797242df70f";
    let source = build(Config::local("http://127.0.0.1:1")).await.unwrap();
    assert_eq!(source.recognise(url).map(|id| id.to_string()).as_deref(), Some(TRACE));
    assert_eq!(source.recognise(&url.replace("honeycomb.io", "example.com")), None);
}

#[tokio::test]
async fn secrets_are_needed_and_never_shown() {
    let config = Config { key_env: "THROUGHLINE_TEST_UNSET".to_owned(), ..Config::default() };
    let error = build(config).await.err().unwrap();
    assert!(error.to_string().contains("THROUGHLINE_TEST_UNSET"));
}

#[tokio::test]
async fn more_columns_than_one_query_takes() {
    let mut wide = stored();
    for row in &mut wide {
        row.extend((0..250).map(|n| (format!("wide.{n:03}"), json!(n))));
    }
    let columns: std::collections::BTreeSet<String> = wide.iter().flat_map(|row| row.keys().cloned()).collect();
    let queries = std::sync::Mutex::new(Vec::<Vec<String>>::new());
    let fake = Fake::new(move |asked| {
        let mut queries = queries.lock().unwrap();
        let number = |text: &str| text.trim_matches(|c: char| !c.is_ascii_digit()).parse::<usize>().unwrap_or_default();
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/1/columns/__all__") => ok(json!(columns.iter().map(|name| json!({"key_name": name})).collect::<Vec<_>>())),
            ("POST", "/1/queries/__all__") => {
                queries.push(serde_json::from_value(serde_json::from_str::<Json>(&asked.body).unwrap()["breakdowns"].clone()).unwrap());
                ok(json!({"id": format!("q{}", queries.len() - 1)}))
            }
            ("POST", _) => {
                let run: Json = serde_json::from_str(&asked.body).unwrap();
                ok(json!({"id": format!("r{}", number(run["query_id"].as_str().unwrap()))}))
            }
            (_, path) => {
                let names = &queries[number(path.rsplit('/').next().unwrap())];
                assert!(names.len() <= 100);
                let row =
                    |row: &Map<String, Json>| json!({"data": row.clone().into_iter().filter(|(name, _)| names.contains(name)).collect::<Map<_, _>>()});
                ok(json!({"complete": true, "data": {"results": wide.iter().map(row).collect::<Vec<_>>()}}))
            }
        }
    })
    .await;
    let (found, verdict) = collect(&*local(&fake.endpoint).await, lookup(TRACE)).await;
    assert_eq!((verdict.state, verdict.why.as_str()), (State::Found, ""));
    for span in &found.spans {
        assert_eq!(span.attributes.keys().filter(|key| key.starts_with("wide.")).count(), 250, "{}", span.name);
    }
    assert_eq!(found.logs.len(), 2);
}

#[test]
fn windows_stay_within_what_is_held() {
    let now = UnixNs::from_seconds(1_795_409_000);
    let day = 86_400 * model::time::SECOND;
    let range = |from, to| Some(TimeRange { from: now.plus(from), to: now.plus(to) });
    let (windows, cut) = query::windows(range(-30 * day, -20 * day), now, false);
    assert!(windows.is_empty() && cut);
    let (windows, cut) = query::windows(range(-30 * day, 0), now, false);
    assert!(cut && windows[0].duration_ns() <= 7 * day);
    let (windows, cut) = query::windows(range(-day, -day + model::time::SECOND), now, false);
    assert!(!cut && windows[0].to.since(now.plus(-day)) > 60 * model::time::SECOND, "ends are truncated down, so the end is padded");
    assert_eq!(query::windows(range(-30 * day, 0), now, true).0[0].from, now.plus(-30 * day), "the local services hold everything");
}
