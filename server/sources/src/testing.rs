//! A vendor that answers what a test tells it to.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Response};
use engine::{Lookup, Source};
use futures::StreamExt;
use model::{Fragment, TraceId, UnixNs, Verdict};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

/// What arrived.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    /// With the query.
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
}

/// What to answer: status, headers, body.
pub type Answer = (u16, Vec<(&'static str, String)>, String);

/// A JSON answer.
#[expect(clippy::needless_pass_by_value, reason = "called with literals")]
pub fn ok(body: impl ToString) -> Answer {
    (200, vec![("content-type", "application/json".to_owned())], body.to_string())
}

pub struct Fake {
    pub endpoint: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Fake {
    pub async fn new(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (seen, answer) = (Arc::clone(&asked), Arc::new(answer));
        let app = Router::new().fallback(move |request: Request| {
            let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
            async move {
                let (parts, body) = request.into_parts();
                let body = to_bytes(body, 1 << 24).await.unwrap();
                let asked = Asked {
                    method: parts.method.to_string(),
                    path: parts.uri.to_string(),
                    headers: parts.headers,
                    body: String::from_utf8(body.to_vec()).unwrap(),
                };
                let (status, headers, body) = answer(&asked);
                seen.lock().unwrap().push(asked);
                if status == 0 {
                    std::future::pending::<()>().await;
                }
                let mut response = Response::builder().status(status);
                for (name, value) in headers {
                    response = response.header(name, value);
                }
                response.body(Body::from(body)).unwrap()
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { endpoint, asked }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The bodies of the calls to paths that contain `path`.
    pub fn bodies(&self, path: &str) -> Vec<serde_json::Value> {
        let asked = self.asked();
        asked.iter().filter(|asked| asked.path.contains(path)).filter_map(|asked| serde_json::from_str(&asked.body).ok()).collect()
    }
}

/// An address where nothing listens.
pub async fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

pub fn lookup(trace: &str) -> Lookup {
    Lookup {
        traces: vec![trace.parse::<TraceId>().unwrap()],
        range: None,
        log_groups: Vec::new(),
        services: Vec::new(),
        now: UnixNs::from_seconds(1_795_409_000),
        deadline: Duration::from_secs(5),
    }
}

/// Everything of one search in one fragment, and its verdict.
pub async fn collect(source: &dyn Source, lookup: Lookup) -> (Fragment, Verdict) {
    let fragments: Vec<Fragment> = source.fetch(lookup).collect().await;
    let mut whole = Fragment::default();
    for fragment in fragments {
        assert!(whole.verdict.is_none(), "a fragment after the verdict");
        whole.spans.extend(fragment.spans);
        whole.logs.extend(fragment.logs);
        whole.errors.extend(fragment.errors);
        whole.aliases.extend(fragment.aliases);
        whole.verdict = fragment.verdict;
    }
    let verdict = whole.verdict.take().expect("a search ends with a verdict");
    assert!(verdict.ended());
    (whole, verdict)
}

/// A fixture of `tests/fixtures`.
pub fn fixture(path: &str) -> String {
    let file = format!("{}/../../tests/fixtures/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// A file with a key, because tests cannot set environment variables.
pub fn key_file(key: &str) -> std::path::PathBuf {
    static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let file = std::env::temp_dir().join(format!("throughline-test-key-{}-{number}", std::process::id()));
    std::fs::write(&file, key).unwrap();
    file
}
