//! Reading requests and writing answers of the REST-JSON protocol.

use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::error::XrayError;
use crate::aws;

/// Reads a JSON request; an empty body is an empty request.
pub fn request<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, XrayError> {
    let body = if body.trim_ascii().is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        serde_json::error::Category::Data if error.to_string().starts_with("missing field") => XrayError::InvalidRequest(error.to_string()),
        _ => XrayError::Serialization(error.to_string()),
    })
}

/// Writes an answer.
pub fn answer<T: Serialize>(value: &T) -> Result<Response, XrayError> {
    Ok(raw(serde_json::to_vec(value)?))
}

/// An answer that is JSON already.
pub fn raw(body: Vec<u8>) -> Response {
    aws::json(StatusCode::OK, "application/json", body)
}
