//! The vendor's error bodies: `{"error":"…"}`, and RFC 7807 where a query is not valid.

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::body::BodyError;
use crate::store::AppendError;

/// One thing that is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// Where: a path such as `filters[0].op`.
    pub field: String,
    /// The vendor's code.
    pub code: Code,
    /// What is wrong, in words.
    pub description: String,
}

/// The vendor's codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// Not one of the values that are possible.
    Invalid,
    /// Needed and not there.
    Missing,
    /// Of another type.
    IncorrectType,
}

impl Detail {
    /// A value that is not possible.
    pub fn invalid(field: impl Into<String>, description: impl Into<String>) -> Self {
        Self { field: field.into(), code: Code::Invalid, description: description.into() }
    }

    /// A value that is needed.
    pub fn missing(field: impl Into<String>) -> Self {
        Self { field: field.into(), code: Code::Missing, description: "is required".into() }
    }

    /// A value of another type.
    pub fn incorrect_type(field: impl Into<String>, wanted: &str) -> Self {
        Self { field: field.into(), code: Code::IncorrectType, description: format!("must be {wanted}") }
    }
}

/// An answer that is an error.
#[derive(Debug)]
pub enum Failure {
    /// A status and a sentence.
    Plain(StatusCode, String),
    /// 422
    Validation(Vec<Detail>),
}

impl Failure {
    /// 404
    pub fn not_found(what: &str) -> Self {
        Self::Plain(StatusCode::NOT_FOUND, format!("{what} not found"))
    }

    /// 400
    pub fn bad_request(message: &str) -> Self {
        Self::Plain(StatusCode::BAD_REQUEST, message.to_owned())
    }

    /// No JSON.
    pub fn malformed() -> Self {
        Self::bad_request("Request body is malformed and cannot be read.")
    }

    /// No body.
    pub fn empty() -> Self {
        Self::bad_request("Request body should not be empty.")
    }
}

impl From<BodyError> for Failure {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Self::Plain(StatusCode::PAYLOAD_TOO_LARGE, "Request body is too large.".into()),
            BodyError::Malformed | BodyError::Incomplete => Self::malformed(),
            BodyError::UnsupportedEncoding | BodyError::TooSlow => Self::Plain(error.status(), error.to_string()),
        }
    }
}

impl From<AppendError> for Failure {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::TooLarge { .. } => Self::Plain(StatusCode::PAYLOAD_TOO_LARGE, "Request body is too large.".into()),
            AppendError::Io { .. } | AppendError::Closed => Self::Plain(StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Plain(status, message) => {
                let mut response = (status, [(CONTENT_TYPE, "application/json")], json!({"error": message}).to_string()).into_response();
                if status == StatusCode::SERVICE_UNAVAILABLE {
                    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
                }
                response
            }
            Self::Validation(details) => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                let title = "The provided input is invalid.";
                let type_detail: Vec<Value> = details.iter().map(detail).collect();
                let body = json!({
                    "status": status.as_u16(),
                    "type": "https://api.honeycomb.io/problems/validation-failed",
                    "title": title,
                    "error": title,
                    "type_detail": type_detail,
                });
                (status, [(CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
            }
        }
    }
}

fn detail(detail: &Detail) -> Value {
    let code = match detail.code {
        Code::Invalid => "invalid",
        Code::Missing => "missing",
        Code::IncorrectType => "incorrect_type",
    };
    json!({"field": detail.field, "code": code, "description": detail.description})
}

/// No operation of Honeycomb's that is offered here.
pub async fn unknown_path() -> Failure {
    Failure::not_found("path")
}

/// The path takes another method.
pub async fn wrong_method() -> Failure {
    Failure::Plain(StatusCode::METHOD_NOT_ALLOWED, "method not allowed".into())
}
