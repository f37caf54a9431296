//! What stands before every handler: hosts, origins, headers, methods, caps, plain bad input.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::time::Duration;
use tests::{Client, Throughline};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test(flavor = "multi_thread")]
async fn every_port_answers_to_its_own_names_only() {
    let throughline = Throughline::start().await;
    let ready = &throughline.ready;
    let ports = [Some(&ready.ui), ready.local_http.as_ref(), ready.local_otlp_grpc.as_ref(), ready.local_xray.as_ref()];
    for port in ports.into_iter().flatten() {
        let address = port.trim_start_matches("http://");
        for path in ["/", "/pkg/app.css", "/api/v1/requests", "/v1/traces", "/GetSamplingRules"] {
            let answer = raw(address, &format!("GET {path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")).await;
            assert!(answer.starts_with("HTTP/1.1 421"), "{address}{path}: {answer:.120}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_gets_a_problem_document_that_says_what_to_do() {
    let throughline = Throughline::start().await;
    let client = Client::new(&throughline.ready.ui);
    for (path, status, word) in [
        ("/api/v1/requests?from=yesterday", 400, "RFC 3339"),
        ("/api/v1/requests?limit=many", 400, "limit"),
        ("/api/v1/requests?status=bad", 400, "throttle"),
        ("/api/v1/requests?from=-1h&to=-2h", 400, "swap"),
        ("/api/v1/requests/nothing-like-an-id", 400, "32 hex"),
        ("/api/v1/requests/67a1f2c49d04c1f5a7b33e60d2c81b5e?wait=long", 400, "milliseconds"),
        ("/api/v1/nowhere", 404, "ot found"),
    ] {
        let response = client.get(path).await;
        assert_eq!(response.status().as_u16(), status, "{path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{path}");
        let text = response.text().await.unwrap();
        assert!(text.contains(word), "{path}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_orchestrators_ask_is_never_empty() {
    let throughline = Throughline::start().await;
    let client = Client::new(&throughline.ready.ui);
    for path in ["/healthz", "/readyz", "/metrics", "/api/v1/openapi.json", "/api/v1/sources"] {
        let response = client.get(path).await;
        assert_eq!(response.status().as_u16(), 200, "{path}");
        assert!(!response.text().await.unwrap().is_empty(), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_carry_their_policy_and_no_two_the_same_nonce() {
    let throughline = Throughline::start().await;
    let client = Client::new(&throughline.ready.ui);
    let mut nonces = std::collections::BTreeSet::new();
    let pages = if tests::soak() { 10_000 } else { 50 };
    for _ in 0..pages {
        let response = client.get("/").await;
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'", "style-src 'self'"] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce").to_owned();
        let body = response.text().await.unwrap();
        assert!(body.contains(&nonce), "the scripts carry the nonce of the header");
        assert!(is_whole(&body), "the page broke off");
        nonces.insert(nonce);
    }
    assert_eq!(nonces.len(), pages);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_viewers_at_once_all_get_whole_pages() {
    let throughline = Throughline::start_with(&["--demo"]).await;
    let (viewers, rounds) = if tests::soak() { (20, 1_000) } else { (20, 10) };
    let mut tasks = Vec::new();
    for viewer in 0..viewers {
        let client = Client::new(&throughline.ready.ui);
        tasks.push(tokio::spawn(async move {
            for round in 0..rounds {
                let path = if (viewer + round) % 2 == 0 { "/" } else { "/t/67a1f2c49d04c1f5a7b33e60d2c81b5e" };
                let body = client.get(path).await.text().await.unwrap();
                assert!(is_whole(&body), "{path} broke off: {:?}", body.get(body.len().saturating_sub(200)..));
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
}

/// The framework writes two scripts behind the document; the last of them is the end of the answer.
fn is_whole(body: &str) -> bool {
    body.contains("</body></html>") && body.ends_with("__INCOMPLETE_CHUNKS=[];</script>")
}

#[tokio::test(flavor = "multi_thread")]
async fn other_sites_cannot_change_anything() {
    let throughline = Throughline::start().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/_fn/remove-sample-data", throughline.ready.ui);
    let answer = http.post(&url).header("origin", "http://evil.example").send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 403);
    let answer = http.post(&url).header("sec-fetch-site", "cross-site").send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn assets_are_immutable_compressed_and_conditional() {
    let throughline = Throughline::start().await;
    let client = Client::new(&throughline.ready.ui);
    let page = client.get("/").await.text().await.unwrap();
    let start = page.find("/pkg/app.").expect("the page names its assets");
    let path = page[start..].split(['"', '\'']).next().unwrap().to_owned();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}{path}", throughline.ready.ui);
    let response = http.get(&url).header("accept-encoding", "gzip, br").send().await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "br");
    assert!(response.headers()["cache-control"].to_str().unwrap().contains("immutable"));
    let tag = response.headers()["etag"].clone();
    let again = http.get(&url).header("accept-encoding", "gzip, br").header("if-none-match", tag).send().await.unwrap();
    assert_eq!(again.status().as_u16(), 304);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_header_does_not_hold_a_connection() {
    let throughline = Throughline::start().await;
    let address = throughline.ready.ui.trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ").await.unwrap();
    let mut rest = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(15), stream.read_to_end(&mut rest)).await;
    assert!(closed.is_ok(), "the connection was still open after 15 s");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bind_beyond_loopback_is_refused() {
    let output =
        tokio::process::Command::new(tests::program::path()).args(["serve", "--listen", "0.0.0.0:0", "--no-local"]).output().await.unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("not loopback") && said.contains("sign-in"), "{said}");
}

async fn raw(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}
