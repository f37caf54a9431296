//! The public JSON, as a program outside sees it.

use serde_json::Value;
use std::time::{Duration, Instant};

/// Asks one Throughline.
#[derive(Debug, Clone)]
pub struct Client {
    base: String,
    http: reqwest::Client,
}

impl Client {
    /// For the dashboard at `base`.
    pub fn new(base: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).timeout(Duration::from_mins(1));
        Self { base: base.to_owned(), http: http.build().expect("an HTTP client") }
    }

    /// GET, whatever comes back.
    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.http.get(format!("{}{path}", self.base)).send().await.expect("an answer")
    }

    /// GET, status and JSON.
    pub async fn json(&self, path: &str) -> (u16, Value) {
        let response = self.get(path).await;
        let status = response.status().as_u16();
        let text = response.text().await.expect("a body");
        (status, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path} answered no JSON ({error}): {text:.400}")))
    }

    /// The timeline of one request.
    pub async fn request(&self, id: &str) -> Value {
        self.json(&format!("/api/v1/requests/{id}")).await.1
    }

    /// Asks again until `enough` says so, for at most ten seconds; the last answer either way.
    pub async fn request_until(&self, id: &str, enough: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let answer = self.request(id).await;
            if enough(&answer) || begun.elapsed() > Duration::from_secs(20) {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// The verdict of `source` in a timeline.
pub fn verdict<'a>(timeline: &'a Value, source: &str) -> &'a Value {
    let verdicts = timeline["verdicts"].as_array().expect("verdicts");
    verdicts.iter().find(|verdict| verdict["source"] == source).unwrap_or_else(|| panic!("no verdict of {source}"))
}
