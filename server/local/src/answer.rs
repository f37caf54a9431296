//! Answers that belong to no vendor.

use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{Method, StatusCode, Uri};
use serde_json::{Value, json};

/// A JSON answer.
pub fn json(status: StatusCode, body: &Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// No vendor has this path.
pub async fn not_found(uri: Uri) -> Response {
    json(StatusCode::NOT_FOUND, &json!({"error": "none of the services on this port has this path", "path": uri.path()}))
}

/// The path exists, the method does not.
pub async fn wrong_method(method: Method, uri: Uri) -> Response {
    json(
        StatusCode::METHOD_NOT_ALLOWED,
        &json!({"error": "this path does not take this method", "method": method.as_str(), "path": uri.path()}),
    )
}
