//! Requests that change something must come from our own pages: no other site may make a browser send them.

use super::problem;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, Method, StatusCode, header};

/// Answers 403 to a cross-site POST, PUT, PATCH or DELETE, and drops a foreign Referer: the server functions would redirect to it.
pub async fn check(mut request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if !safe && !same_origin(request.headers()) {
        return problem::refusal(StatusCode::FORBIDDEN, "Cross-site request", "this change must be made from Throughline's own pages");
    }
    let foreign =
        request.headers().get(header::REFERER).is_some_and(|referer| !ours(referer.to_str().unwrap_or_default(), request.headers()));
    if foreign {
        request.headers_mut().remove(header::REFERER);
    }
    next.run(request).await
}

/// `Sec-Fetch-Site` decides where the browser sends it, else `Origin`; a client with neither is not a browser.
fn same_origin(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    match headers.get(header::ORIGIN) {
        Some(origin) => ours(origin.to_str().unwrap_or_default(), headers),
        None => true,
    }
}

/// Whether `url` begins with the scheme and the very host (with port) that was asked.
fn ours(url: &str, headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|value| value.to_str().ok()) else { return false };
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    rest.and_then(|rest| rest.split('/').next()).is_some_and(|authority| authority.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn other_sites_may_not_change_anything() {
        let host = ("host", "127.0.0.1:3000");
        assert!(same_origin(&headers(&[host])));
        assert!(same_origin(&headers(&[host, ("origin", "http://127.0.0.1:3000")])));
        assert!(same_origin(&headers(&[host, ("sec-fetch-site", "same-origin")])));
        for foreign in ["http://evil.example", "http://127.0.0.1:3001", "http://127.0.0.1:3000.evil.example", "null", ""] {
            assert!(!same_origin(&headers(&[host, ("origin", foreign)])), "{foreign}");
        }
        assert!(!same_origin(&headers(&[host, ("sec-fetch-site", "cross-site"), ("origin", "http://127.0.0.1:3000")])));
        assert!(!same_origin(&headers(&[host, ("sec-fetch-site", "same-site")])));
    }
}
