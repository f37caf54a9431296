//! The one HTTP client of the vendors that have no SDK.

use crate::meter::Meter;
use crate::{ConfigError, Failure};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

/// The largest answer that is read, after decompression.
pub const BODY_LIMIT: usize = 64 << 20;

/// One API: where it is, and how to sign in.
#[derive(Clone)]
pub struct Api {
    client: Client,
    base: Url,
    headers: HeaderMap,
    /// What was asked and received so far.
    pub meter: Arc<Meter>,
}

/// A whole answer, whatever its status.
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Api {
    /// `key` goes into the header `key_header` of every call.
    pub fn new(
        endpoint: &str,
        key_header: &'static str,
        key: Option<&SecretString>,
        source_name: &'static str,
    ) -> Result<Self, ConfigError> {
        let base = endpoint_url(endpoint, source_name)?;
        let mut headers = HeaderMap::new();
        if let Some(key) = key {
            let mut value = HeaderValue::from_str(key.expose_secret().trim()).map_err(|_| ConfigError::SecretCharacters { source_name })?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static(key_header), value);
        }
        Ok(Self { client: client()?, base, headers, meter: Arc::default() })
    }

    /// The address of a path under the endpoint; every segment is escaped.
    pub fn url(&self, segments: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// Asks, and reads the whole answer.
    pub async fn send(&self, method: Method, url: Url, body: Option<Vec<u8>>) -> Result<Reply, Failure> {
        let mut request = self.client.request(method, url).headers(self.headers.clone());
        if let Some(body) = body {
            request = request.header(reqwest::header::CONTENT_TYPE, "application/json").body(body);
        }
        self.meter.call();
        let mut response = request.send().await.map_err(|error| network(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| network(&error))? {
            self.meter.bytes(chunk.len());
            if body.len() + chunk.len() > BODY_LIMIT {
                return Err(Failure::TooLarge { limit: BODY_LIMIT });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status, headers, body })
    }
}

impl Reply {
    /// How long the vendor asks us to wait, if it says so in seconds.
    pub fn retry_after(&self) -> Option<Duration> {
        let seconds = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse::<u32>().ok()?;
        Some(Duration::from_secs(seconds.into()))
    }

    /// The body as text, for quoting.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.body.get(..4096).unwrap_or(&self.body)).into_owned()
    }
}

/// An endpoint of ours: `http` or `https`, a host, and nothing that could carry a secret.
pub fn endpoint_url(endpoint: &str, source_name: &'static str) -> Result<Url, ConfigError> {
    let refuse = |endpoint: &str| ConfigError::Endpoint { endpoint: endpoint.to_owned(), source_name };
    let url = Url::parse(endpoint).map_err(|_| refuse(endpoint))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse(url.host_str().unwrap_or_default()));
    }
    let plain = url.query().is_none() && url.fragment().is_none() && url.has_host();
    if plain && matches!(url.scheme(), "http" | "https") { Ok(url) } else { Err(refuse(endpoint)) }
}

/// No redirects (a key must not travel to another host), and no proxy from the environment, which belongs to the application beside us.
fn client() -> Result<Client, reqwest::Error> {
    Client::builder()
        .user_agent(concat!("throughline/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(3))
        .read_timeout(Duration::from_mins(1))
        .pool_idle_timeout(Duration::from_secs(30))
        .tcp_nodelay(true)
        .gzip(true)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
}

/// The innermost cause, which is the one that says something; never the URL.
fn network(error: &reqwest::Error) -> Failure {
    if error.is_timeout() {
        return Failure::TimedOut;
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    if error.is_decode() {
        return Failure::Malformed { detail: cause.to_string() };
    }
    let detail = if error.source().is_some() { cause.to_string() } else { "the connection failed".to_owned() };
    Failure::Unreachable { detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_plain() {
        assert!(endpoint_url("http://127.0.0.1:4318", "x").is_ok());
        assert!(endpoint_url("https://proxy.example/honeycomb", "x").is_ok());
        for bad in ["", "127.0.0.1:4318", "ftp://a/", "http://a/?key=1", "http://a/#x", "file:///etc/passwd"] {
            assert!(endpoint_url(bad, "x").is_err(), "{bad}");
        }
        let error = endpoint_url("https://user:hunter2@example.com", "x").unwrap_err();
        assert!(!error.to_string().contains("hunter2"));
    }

    #[test]
    fn path_segments_are_escaped() {
        let api = Api::new("http://127.0.0.1:1/prefix/", "x-key", None, "x").unwrap();
        assert_eq!(api.url(&["1", "my set/..?"]).as_str(), "http://127.0.0.1:1/prefix/1/my%20set%2F..%3F");
    }
}
