//! Against a Rollbar that is made from its reference, with the items that its own SDKs post.

use super::*;
use crate::testing::{Answer, Asked, Fake, closed_port, collect, fixture, key_file, lookup, ok};
use model::TimeRange;
use serde_json::{Value as Json, json};

const OTEL: &str = "5f4b9fd889ee5839d8fc66e33940305f";
const XRAY: &str = "67891233abcdef012345678912345678";
const TIME: i64 = 1_795_408_963;

/// What an SDK posted.
fn posted(name: &str) -> Json {
    serde_json::from_str::<Json>(&fixture(&format!("hr/{name}-api_1_item.decoded.json"))).unwrap()["data"].clone()
}

#[expect(clippy::needless_pass_by_value, reason = "called with literals")]
fn result(result: Json) -> Answer {
    ok(json!({"err": 0, "result": result}))
}

/// A project with one item whose occurrences are these, newest first.
fn project(data: Vec<Json>) -> impl Fn(&Asked) -> Answer + Send + Sync + 'static {
    let instances: Vec<Json> = data
        .into_iter()
        .zip(0_i64..)
        .map(|(data, n)| json!({"id": 9_000_000_000_i64 - n, "item_id": 7, "timestamp": data["timestamp"], "version": 2, "data": data}))
        .collect();
    move |asked| {
        let url = reqwest::Url::parse(&format!("http://x{}", asked.path)).unwrap();
        let before = url.query_pairs().find(|(key, _)| key == "lastId").and_then(|(_, id)| id.parse::<i64>().ok());
        let limit = url.query_pairs().find(|(key, _)| key == "limit").and_then(|(_, limit)| limit.parse().ok()).unwrap_or(20);
        let page = || {
            instances.iter().filter(|one| before.is_none_or(|id| one["id"].as_i64().unwrap() < id)).take(limit).cloned().collect::<Vec<_>>()
        };
        match url.path() {
            "/api/1/items" => result(json!({"page": 1, "total_count": 1, "items": [{"id": 7, "counter": 3, "title": "x"}]})),
            "/api/1/item/7/instances" | "/api/1/instances" => result(json!({"page": 1, "instances": page()})),
            _ => (404, Vec::new(), json!({"err": 1, "message": "not found"}).to_string()),
        }
    }
}

async fn local(endpoint: &str) -> Arc<dyn Source> {
    build(Config::local(endpoint)).await.unwrap()
}

#[tokio::test]
async fn an_occurrence_of_flask_with_every_id() {
    let fake = Fake::new(project(vec![posted("flask-separate-rollbar-01")])).await;
    let (found, verdict) = collect(&*local(&fake.endpoint).await, lookup(XRAY)).await;
    assert_eq!((verdict.state, verdict.counts.errors, verdict.counts.logs), (State::Found, Some(1), None));
    let error = &found.errors[0];
    assert_eq!((error.class.as_str(), error.message.as_str(), error.level.as_str()), ("ValueError", "card declined", "error"));
    assert_eq!((error.time, error.clock_ns), (UnixNs::from_seconds(TIME), 1_000_000_000));
    assert_eq!((error.frames[0].function.as_str(), error.frames[0].line), ("orders", Some(45)));
    assert_eq!(error.frames[0].code, "raise ValueError('card declined')");
    assert_eq!(error.frames.last().unwrap().function, "wsgi_app");
    assert_eq!(error.trace.unwrap().to_string(), OTEL, "the span is of this trace");
    assert_eq!(error.span.unwrap().to_string(), "a79943eccca888e8");
    assert_eq!(error.attributes.get("request.method").and_then(model::Value::as_text), Some("POST"));
    let alias = &found.aliases[0];
    assert_eq!((alias.from.to_string().as_str(), alias.to.to_string().as_str()), (XRAY, OTEL));
    assert!(alias.because.contains("custom.trace_id") && alias.because.contains("custom.xray_trace_id"), "{}", alias.because);

    let asked: Vec<String> = fake.asked().iter().filter(|asked| asked.path.contains("/items")).map(|asked| asked.path.clone()).collect();
    let wanted = reqwest::Url::parse_with_params(
        "http://x/api/1/items",
        [("query", "request_header[X-Amzn-Trace-Id]:Root=1-67891233-abcdef012345678912345678")],
    );
    assert!(asked.contains(&wanted.unwrap().as_str().replace("http://x", "")), "{asked:?}");
    assert_eq!(asked.len(), 7);
}

#[tokio::test]
async fn chains_messages_context_and_links() {
    let chain = posted("py-rollbar-01");
    let trace = json!({"trace_id": XRAY, "service": "pay"});
    let mut with = chain.clone();
    with["custom"] = trace.clone();
    with["body"]["trace_chain"][0]["frames"][0]["context"] = json!({"pre": ["a"], "post": ["b"]});
    let message =
        json!({"timestamp": TIME * 1000, "level": "warning", "uuid": "u-2", "body": {"message": {"body": "low stock", "trace_id": XRAY}}});
    let fake = Fake::new(project(vec![with, message])).await;
    let token = Config { endpoint: fake.endpoint.clone(), token_file: Some(key_file("read-token")), ..Config::default() };
    let (found, _) = collect(&*build(token).await.unwrap(), lookup(XRAY)).await;
    let error = &found.errors[0];
    assert_eq!((error.class.as_str(), error.causes[0].class.as_str()), ("RuntimeError", "ValueError"));
    assert_eq!((error.service.as_str(), error.frames.last().unwrap().before.as_slice()), ("pay", ["a".to_owned()].as_slice()));
    assert!(error.url.starts_with("https://rollbar.com/occurrence/uuid/?uuid="), "{}", error.url);
    let message = &found.errors[1];
    assert_eq!((message.class.as_str(), message.message.as_str(), message.level.as_str()), ("", "low stock", "warning"));
    assert_eq!(message.time, UnixNs::from_seconds(TIME), "milliseconds are read as such");
    assert!(fake.asked().iter().all(|asked| asked.headers["x-rollbar-access-token"] == "read-token"));
}

#[test]
fn every_place_of_an_id() {
    let header = format!("00-{XRAY}-53995c3f42cd8ad8-01");
    for data in [
        json!({"custom": {"trace_id": XRAY}}),
        json!({"custom": {"opentracing_trace_id": XRAY}}),
        json!({"body": {"message": {"body": "x", "trace_id": XRAY}}}),
        json!({"body": {"trace": {"extra": {"trace_id": XRAY}}}}),
        json!({"trace_id": XRAY}),
        json!({"attributes": [{"key": "trace_id", "value": XRAY}, {"key": 7}]}),
        json!({"request": {"headers": {"Traceparent": header}}}),
        json!({"request": {"headers": {"x-amzn-trace-id": "Self=1-1-1;Root=1-67891233-abcdef012345678912345678"}}}),
    ] {
        assert!(Ids::of(data.as_object().unwrap()).name_any(&[XRAY.parse().unwrap()]), "{data}");
    }
    let session =
        json!({"custom": {"session_id": XRAY}, "body": {"message": {"body": XRAY}}, "attributes": "x", "request": {"headers": []}});
    assert!(Ids::of(session.as_object().unwrap()).traces.is_empty());
}

#[tokio::test]
async fn old_occurrences_end_the_walk_and_too_many_are_said() {
    let data = |n: i64, trace: &str| json!({"timestamp": TIME - n, "uuid": format!("u{n}"), "custom": {"trace_id": trace}, "body": {"message": {"body": "x"}}});
    let mut old: Vec<Json> = (0..250).map(|n| data(n * 10, OTEL)).collect();
    old[20] = data(200, XRAY);
    let fake = Fake::new(project(old.clone())).await;
    let range = TimeRange { from: UnixNs::from_seconds(TIME - 300), to: UnixNs::from_seconds(TIME) };
    let (found, verdict) = collect(&*local(&fake.endpoint).await, Lookup { range: Some(range), ..lookup(XRAY) }).await;
    assert_eq!((found.errors.len(), verdict.state), (1, State::Found));
    assert_eq!(fake.asked().iter().filter(|asked| asked.path.contains("/instances")).count(), 1, "the first page reaches far enough back");

    let endless: Vec<Json> = (0..1_100).map(|n| data(n, OTEL)).collect();
    let fake = Fake::new(project(endless)).await;
    let (found, verdict) = collect(&*local(&fake.endpoint).await, lookup(XRAY)).await;
    assert_eq!((found.errors.len(), verdict.state, verdict.counts.errors), (0, State::Partial, None));
    assert!(verdict.why.contains("Item #3 has more occurrences than one search reads"), "{}", verdict.why);
}

#[tokio::test]
async fn every_failure_ends_in_words() {
    let scope = "insufficient privileges: read scope is required but the access token only has post_server_item.";
    let message = |text: &str| json!({"err": 1, "message": text}).to_string();
    let cases: [(Answer, &str); 8] = [
        ((403, vec![], message(scope)), "“insufficient privileges: read scope is required"),
        ((401, vec![], message("invalid access token")), "refused the request: “invalid access token”"),
        ((429, vec![("x-rate-limit-remaining-seconds", "50".to_owned())], message("rate limit")), "limiting how often"),
        ((422, vec![], message("bad query")), "did not accept the query (HTTP 422): “bad query”"),
        ((502, vec![], "<html>".to_owned()), "server error (HTTP 502)"),
        ((200, vec![], "<html>sign in".to_owned()), "is not what Rollbar documents"),
        ((200, vec![], "{\"err\":0,\"result\":{\"items\":[{".to_owned()), "is not what Rollbar documents"),
        ((200, vec![], message("something")), "“something”"),
    ];
    for (answer, words) in cases {
        let fake = Fake::new(move |_| answer.clone()).await;
        let (_, verdict) = collect(&*local(&fake.endpoint).await, lookup(XRAY)).await;
        assert_eq!((verdict.state, verdict.counts.errors), (State::Failed, None), "{verdict:?}");
        assert!(verdict.why.contains(words) && !verdict.next_step.is_empty(), "{}", verdict.why);
    }
    let (_, verdict) = collect(&*local(&closed_port().await).await, lookup(XRAY)).await;
    assert!(verdict.why.contains("No connection to the local services"), "{}", verdict.why);
}

#[tokio::test]
async fn a_search_that_fails_beside_others_leaves_a_gap() {
    let rest = project(vec![posted("flask-separate-rollbar-01")]);
    let fake = Fake::new(move |asked| {
        if asked.path.contains("Traceparent") {
            (422, vec![], json!({"err": 1, "message": "unknown field"}).to_string())
        } else {
            rest(asked)
        }
    })
    .await;
    let (found, verdict) = collect(&*local(&fake.endpoint).await, lookup(OTEL)).await;
    assert_eq!((found.errors.len(), verdict.state), (1, State::Partial));
    assert!(verdict.why.starts_with("1 of 7 searches failed") && verdict.why.contains("“unknown field”"), "{}", verdict.why);
}

#[tokio::test]
async fn hostile_occurrences_do_no_harm() {
    let custom = json!({"trace_id": XRAY, "span_id": "zz"});
    let data = vec![
        json!({"timestamp": "soon", "custom": custom}),
        json!({"timestamp": TIME, "custom": custom, "body": {"trace_chain": [7, {"frames": [null, {"lineno": -1, "filename": {}}], "exception": []}]}}),
        json!({"timestamp": TIME, "custom": custom, "body": {"trace": "x"}, "uuid": "a&b=\u{0}", "level": {"x": 1}}),
        json!({"timestamp": 1e300, "custom": custom}),
    ];
    let fake = Fake::new(project(data)).await;
    let (found, verdict) = collect(&*local(&fake.endpoint).await, lookup(XRAY)).await;
    assert_eq!((found.errors.len(), verdict.state), (2, State::Found));
    assert!(found.errors.iter().all(|error| error.span.is_none() && !error.level.is_empty()));
}

#[tokio::test]
async fn the_list_takes_the_traces_of_the_newest_occurrences() {
    let mut both = posted("flask-separate-rollbar-01");
    both["custom"]["throughline.demo"] = json!(true);
    let nothing = json!({"timestamp": TIME - 1, "body": {"message": {"body": "no id"}}});
    let old = json!({"timestamp": TIME - 100, "custom": {"trace_id": XRAY}});
    let fake = Fake::new(project(vec![both.clone(), both, nothing, old])).await;
    let range = TimeRange { from: UnixNs(TIME * SECOND - 10 * SECOND + 5), to: UnixNs::from_seconds(TIME + 1) };
    let query =
        SearchQuery { range, text: None, service: None, status: None, min_duration_ns: None, limit: 10, deadline: Duration::from_secs(5) };
    let page = local(&fake.endpoint).await.search(query).await;
    assert_eq!((page.found.len(), page.verdict.state, page.complete_from), (1, State::Found, range.from));
    let found = &page.found[0];
    assert_eq!((found.trace.to_string().as_str(), found.counts.errors, found.demo, found.status), (OTEL, Some(2), true, Status::Fault));
    assert_eq!(found.also.iter().map(ToString::to_string).collect::<Vec<_>>(), [XRAY]);
}
