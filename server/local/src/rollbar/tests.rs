//! The service over HTTP and a real store, with what real SDKs sent (`tests/fixtures/hr`).

use super::{Rollbar, RollbarItems};
use crate::store::{Store, StoreOptions};
use axum::body::Body;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../../../../tests/fixtures/hr/", $name, "-api_1_item.body.bin"))
    };
}

const CHAIN: &[u8] = fixture!("py-rollbar-01");
const MESSAGE: &[u8] = fixture!("py-rollbar-02");
const LOGGING: &[u8] = fixture!("py-rollbar-03");
const BAGGAGE: &[u8] = fixture!("py-rollbar-baggage-01");
const ADOPTED: &[u8] = fixture!("flask-separate-rollbar-01");
const OWN: &[u8] = fixture!("flask-separate-rollbar-02");
const PROPAGATED: &[u8] = fixture!("flask-xrayprop-rollbar-01");

fn start(directory: &Path) -> Arc<Rollbar> {
    let options =
        StoreOptions { directory: directory.to_owned(), retention_age: Duration::from_hours(24), retention_bytes: 1 << 30, fsync: false };
    let mut builder = Store::builder(options);
    let view = builder.view(RollbarItems::default());
    Rollbar::new(Arc::new(builder.open().unwrap()), view)
}

async fn answer(rollbar: &Arc<Rollbar>, request: Request<Body>) -> (StatusCode, Value, Response<()>) {
    let (parts, body) = rollbar.router().oneshot(request).await.unwrap().into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (parts.status, serde_json::from_slice(&bytes).unwrap_or(Value::Null), Response::from_parts(parts, ()))
}

async fn post(rollbar: &Arc<Rollbar>, body: impl Into<Body>) -> (StatusCode, Value) {
    let request = Request::post("/api/1/item/").header("content-type", "application/json").body(body.into()).unwrap();
    let (status, value, _) = answer(rollbar, request).await;
    (status, value)
}

async fn get(rollbar: &Arc<Rollbar>, path: &str) -> (StatusCode, Value) {
    let (status, value, _) = answer(rollbar, Request::get(path).body(Body::empty()).unwrap()).await;
    (status, value)
}

/// The titles of the items that a query finds.
async fn found(rollbar: &Arc<Rollbar>, query: &str) -> Vec<String> {
    let query = percent_encoding::utf8_percent_encode(query, percent_encoding::NON_ALPHANUMERIC);
    let (status, answer) = get(rollbar, &format!("/api/1/items?query={query}")).await;
    assert_eq!((status, &answer["err"]), (StatusCode::OK, &json!(0)));
    answer["result"]["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_the_sdks_send_is_kept_grouped_and_shown() {
    let directory = tempfile::tempdir().unwrap();
    let rollbar = start(directory.path());
    for body in [CHAIN, MESSAGE, LOGGING, BAGGAGE, ADOPTED, OWN, PROPAGATED] {
        let sent: Value = serde_json::from_slice(body).unwrap();
        let (status, answer) = post(&rollbar, body).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(answer, json!({"err": 0, "result": {"id": null, "uuid": sent["data"]["uuid"]}}));
    }
    assert_eq!(found(&rollbar, "").await.len(), 5, "the three occurrences of the Flask app are one item");

    let (_, answer) = get(&rollbar, "/api/1/items?query=custom%5Border_id%5D%3A42").await;
    let item = &answer["result"]["items"][0];
    assert_eq!(item["title"], "RuntimeError: checkout failed");
    assert_eq!((&item["hash"], &item["level"], &item["environment"]), (&json!("checkout-failed"), &json!("error"), &json!("local")));
    let id = item["id"].as_i64().unwrap();
    assert_eq!(get(&rollbar, &format!("/api/1/item/{id}/")).await.1["result"], *item);

    let occurrence = item["last_occurrence_id"].as_i64().unwrap();
    let (_, answer) = get(&rollbar, &format!("/api/1/instance/{occurrence}")).await;
    let sent: Value = serde_json::from_slice(CHAIN).unwrap();
    assert_eq!(answer["result"]["data"], sent["data"]);
    assert_eq!(answer["result"]["timestamp"], sent["data"]["timestamp"]);
    assert_eq!((answer["result"]["id"].as_i64(), answer["result"]["item_id"].as_i64()), (Some(occurrence), Some(id)));
}

#[tokio::test]
async fn one_request_is_found_by_every_id_it_carries() {
    let directory = tempfile::tempdir().unwrap();
    let rollbar = start(directory.path());
    for body in [CHAIN, ADOPTED, OWN] {
        post(&rollbar, body).await;
    }
    let flask = ["ValueError: card declined"];
    for query in [
        r#"custom[trace_id]:"5f4b9fd889ee5839d8fc66e33940305f""#,
        r#"custom[xray_trace_id]:"1-67891233-abcdef012345678912345678""#,
        "request_header[X-Amzn-Trace-Id]:Root=1-67891233-abcdef012345678912345678",
        "request_header[x-amzn-trace-id]:%1-67891233-abcdef012345678912345678",
        "uuid:c0f6bf79-0465-461f-b94c-ac7e414660d3",
        "card declined",
        "exception_class:ValueError context:/orders",
    ] {
        assert_eq!(found(&rollbar, query).await, flask, "{query}");
    }
    assert_eq!(found(&rollbar, r#"custom[trace_id]:"5f4b9fd8""#).await, [""; 0], "quotes ask for the whole value");
    assert_eq!(found(&rollbar, r#"custom[trace_id]:"4bf92f3577b34da6a3ce929d0e0e4736""#).await, ["RuntimeError: checkout failed"]);

    let (_, answer) = get(&rollbar, "/api/1/items?query=custom%5Btrace_id%5D%3A%225f4b9fd889ee5839d8fc66e33940305f%22").await;
    let item = &answer["result"]["items"][0];
    assert_eq!(item["total_occurrences"], 1, "counted over the occurrences that match");
    let (_, instance) = get(&rollbar, &format!("/api/1/instance/{}", item["last_occurrence_id"])).await;
    assert_eq!(instance["result"]["data"]["custom"]["trace_id"], "5f4b9fd889ee5839d8fc66e33940305f");
}

#[tokio::test]
async fn a_uuid_counts_once_also_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let rollbar = start(directory.path());
    for _ in 0..2 {
        assert_eq!(post(&rollbar, ADOPTED).await.0, StatusCode::OK);
    }
    let before = get(&rollbar, "/api/1/items").await.1;
    assert_eq!(before["result"]["items"][0]["total_occurrences"], 1);
    drop(rollbar);
    let rollbar = start(directory.path());
    assert_eq!(get(&rollbar, "/api/1/items").await.1, before);
    post(&rollbar, ADOPTED).await;
    post(&rollbar, OWN).await;
    let item = &get(&rollbar, "/api/1/items").await.1["result"]["items"][0];
    assert_eq!((&item["total_occurrences"], &item["counter"]), (&json!(2), &json!(1)));
}

#[tokio::test]
async fn pages_go_from_new_to_old() {
    let directory = tempfile::tempdir().unwrap();
    let rollbar = start(directory.path());
    for n in 0..5 {
        let body = json!({"data": {"environment": "test", "custom": {"n": n}, "body": {"message": {"body": "same"}}}});
        post(&rollbar, body.to_string()).await;
    }
    let numbers = |answer: &Value| {
        answer["result"]["instances"].as_array().unwrap().iter().map(|i| i["data"]["custom"]["n"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    let first = get(&rollbar, "/api/1/instances?limit=2").await.1;
    assert_eq!(numbers(&first), [4, 3]);
    let item = first["result"]["instances"][1]["item_id"].as_i64().unwrap();
    let last = first["result"]["instances"][1]["id"].as_i64().unwrap();
    assert!(last > i64::from(u32::MAX));
    assert_eq!(numbers(&get(&rollbar, &format!("/api/1/item/{item}/instances?lastId={last}&page=9")).await.1), [2, 1, 0]);
    assert_eq!(numbers(&get(&rollbar, &format!("/api/1/item/{item}/instances?page=2&limit=3")).await.1), [1, 0]);
    let counts = get(&rollbar, "/api/1/reports/occurrence_counts?bucket_size=60").await.1;
    let counted: u64 = counts["result"].as_array().unwrap().iter().map(|pair| pair[1].as_u64().unwrap()).sum();
    assert_eq!((counts["result"].as_array().unwrap().len(), counted), (60, 5));
    let (status, _, response) = answer(&rollbar, Request::get("/api/1/item_by_counter/1").body(Body::empty()).unwrap()).await;
    assert_eq!(
        (status, response.headers()["location"].to_str().unwrap()),
        (StatusCode::MOVED_PERMANENTLY, &*format!("/api/1/item/{item}"))
    );
    for path in ["/api/1/items?status=resolved", "/api/1/items?environment=other", "/api/1/items?level=critical"] {
        assert_eq!(get(&rollbar, path).await.1["result"]["total_count"], 0, "{path}");
    }
    assert_eq!(get(&rollbar, "/api/1/items?status=active&level=info&environment=test").await.1["result"]["total_count"], 1);
}

#[tokio::test]
async fn forms_gzip_and_their_limits() {
    let directory = tempfile::tempdir().unwrap();
    let rollbar = start(directory.path());
    let item = json!({"data": {"environment": "test", "uuid": "form", "body": {"message": {"body": "a b&c"}}}}).to_string();
    let form = format!("access_token=x&payload={}", percent_encoding::utf8_percent_encode(&item, percent_encoding::NON_ALPHANUMERIC));
    let request = |path: &str| Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    let (status, sent, _) = answer(&rollbar, request("/api/1/item").body(form.into()).unwrap()).await;
    assert_eq!((status, &sent["result"]["uuid"]), (StatusCode::OK, &json!("form")));
    let (status, refused, _) = answer(&rollbar, request("/api/1/item/").body("access_token=x".into()).unwrap()).await;
    assert_eq!((status, &refused["err"]), (StatusCode::BAD_REQUEST, &json!(1)));

    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(ADOPTED).unwrap();
    let compressed = Request::post("/api/1/item/").header("content-encoding", "gzip").body(gzip.finish().unwrap().into()).unwrap();
    assert_eq!(answer(&rollbar, compressed).await.0, StatusCode::OK);
    assert_eq!(found(&rollbar, "a b&c").await, ["a b&c"]);

    let large = json!({"data": {"environment": "test", "body": {"message": {"body": "x".repeat(1024 * 1024)}}}}).to_string();
    assert_eq!(post(&rollbar, large).await, (StatusCode::PAYLOAD_TOO_LARGE, json!({"err": 1, "message": "request entity too large"})));
}

#[tokio::test]
async fn errors_have_the_envelope_and_every_answer_the_limits() {
    let directory = tempfile::tempdir().unwrap();
    let rollbar = start(directory.path());
    assert_eq!(post(&rollbar, "{").await.0, StatusCode::BAD_REQUEST);
    assert_eq!(post(&rollbar, r#"{"data":{"body":{"message":{"body":"x"}}}}"#).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(post(&rollbar, vec![0xff, 0xfe]).await.0, StatusCode::BAD_REQUEST);
    for (path, status) in [
        ("/api/1/item/1", 404),
        ("/api/1/item/x", 404),
        ("/api/1/item/270000009/instances", 404),
        ("/api/1/instance/1", 404),
        ("/api/1/item/?uuid=nobody", 404),
        ("/api/1/item/?uuid=", 400),
        ("/api/1/item/", 422),
        ("/api/1/item_by_counter/9", 404),
        ("/api/1/items?page=0", 422),
        ("/api/1/instances?lastId=x", 422),
        ("/api/1/deploys", 404),
    ] {
        let (found, answer) = get(&rollbar, path).await;
        assert_eq!((found.as_u16(), &answer["err"], answer["message"].is_string()), (status, &json!(1), true), "{path}");
    }
    let ping = Request::get("/api/1/status/ping").body(Body::empty()).unwrap();
    let (status, _, response) = answer(&rollbar, ping).await;
    assert_eq!(status, StatusCode::OK);
    for name in ["x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset", "x-rate-limit-remaining-seconds"] {
        assert!(response.headers().contains_key(name), "{name}");
    }
    let preflight = Request::options("/api/1/item/").header("origin", "https://elsewhere.example").body(Body::empty()).unwrap();
    let (_, _, response) = answer(&rollbar, preflight).await;
    assert!(!response.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn sample_data_is_forgotten_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let rollbar = start(directory.path());
    post(&rollbar, ADOPTED).await;
    let sample = json!({"data": {"environment": "demo", "custom": {"throughline.demo": true}, "body": {"message": {"body": "sample"}}}});
    post(&rollbar, sample.to_string()).await;
    assert_eq!(found(&rollbar, "").await, ["sample", "ValueError: card declined"]);
    assert_eq!(rollbar.store.forget_demo().await.unwrap(), 1);
    assert_eq!(found(&rollbar, "").await, ["ValueError: card declined"]);
}
