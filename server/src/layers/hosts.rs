//! The Host allow-list, outermost on every port: a page that rebinds its own name to 127.0.0.1 gets nothing, not even a static file.

use super::problem;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{StatusCode, header};
use std::sync::Arc;

/// Host names under which we answer, without ports, in lower case.
#[derive(Debug, Clone)]
pub struct AllowedHosts(Arc<[String]>);

impl AllowedHosts {
    /// The loopback names and `more`.
    pub fn new(more: &[String]) -> Self {
        let loopback = ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned);
        Self(loopback.into_iter().chain(more.iter().map(|name| name.to_ascii_lowercase())).collect())
    }

    fn allows(&self, host: &str) -> bool {
        let name = without_port(host).to_ascii_lowercase();
        self.0.contains(&name)
    }
}

/// Answers 421 to any other Host, 400 to none at all.
pub async fn check(axum::extract::State(allowed): axum::extract::State<AllowedHosts>, request: Request, next: Next) -> Response {
    let host = match request.uri().authority() {
        Some(authority) => Some(authority.as_str()),
        None => request.headers().get(header::HOST).and_then(|value| value.to_str().ok()),
    };
    match host {
        Some(host) if allowed.allows(host) => next.run(request).await,
        Some(_) => problem::refusal(
            StatusCode::MISDIRECTED_REQUEST,
            "Unknown host",
            "this server does not answer under that name; use 127.0.0.1 or localhost, or add the name to allowed_hosts in the configuration",
        ),
        None => problem::refusal(StatusCode::BAD_REQUEST, "No host", "send a Host header"),
    }
}

/// `127.0.0.1:3000` → `127.0.0.1`, `[::1]:3000` → `[::1]`.
fn without_port(host: &str) -> &str {
    match host.rfind(':') {
        Some(colon) if !host.get(colon..).is_some_and(|rest| rest.contains(']')) => host.get(..colon).unwrap_or(host),
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_names_pass() {
        let allowed = AllowedHosts::new(&["Dash.example".to_owned()]);
        for host in ["127.0.0.1", "127.0.0.1:3000", "LOCALHOST:1", "[::1]", "[::1]:3000", "dash.example:443"] {
            assert!(allowed.allows(host), "{host}");
        }
        for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:3000", "", ":3000", "[::2]"] {
            assert!(!allowed.allows(host), "{host}");
        }
    }
}
