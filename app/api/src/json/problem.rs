//! Errors of the API, as RFC 9457 has them.

use crate::ApiError;
use serde::Serialize;

/// The media type of a problem document.
pub const PROBLEM_CONTENT_TYPE: &str = "application/problem+json";

/// The problem document of an error.
pub fn problem(error: &ApiError) -> impl Serialize + use<> {
    let kind = match error {
        ApiError::UnrecognisedId => "unrecognised_id",
        ApiError::BadParameter { .. } => "bad_parameter",
        ApiError::NotFound => "not_found",
        ApiError::Gone => "gone",
        ApiError::Overloaded { .. } => "overloaded",
        ApiError::Unavailable { .. } => "unavailable",
        ApiError::Internal => "internal",
    };
    let (parameter, retry_after_s) = match error {
        ApiError::BadParameter { parameter, .. } => (Some(parameter.clone()), None),
        ApiError::Overloaded { retry_after_s } => (None, Some(*retry_after_s)),
        _ => (None, None),
    };
    let kind = format!("urn:throughline:problem:{kind}");
    ProblemJson { kind, title: error.title(), status: error.status(), detail: error.to_string(), parameter, retry_after_s }
}

#[derive(Serialize)]
struct ProblemJson {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_s: Option<u32>,
}
