//! Errors of the HTTP layer as RFC 9457 problem documents.

use api::ApiError;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

/// The document for `error`, with its status.
pub fn of(error: &ApiError) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = respond(status, &api::json::problem(error));
    if let ApiError::Overloaded { retry_after_s } = error {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*retry_after_s));
    }
    response
}

/// A problem that has no [`ApiError`] of its own: refused before any handler.
pub fn refusal(status: StatusCode, title: &str, detail: &str) -> Response {
    respond(status, &serde_json::json!({"type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail}))
}

fn respond(status: StatusCode, document: &impl serde::Serialize) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/problem+json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, serde_json::to_string(document).unwrap_or_default()).into_response()
}
