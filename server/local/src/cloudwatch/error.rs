//! Errors as CloudWatch Logs sends them: nearly always status 400, the code in `__type`.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode};

use crate::aws;
use crate::body::BodyError;
use crate::store::{AppendError, ReadError};

/// The content type of the protocol.
pub const JSON_1_1: &str = "application/x-amz-json-1.1";

/// What a caller gets instead of an answer.
#[derive(Debug, thiserror::Error)]
pub enum CloudWatchError {
    /// A parameter is missing or breaks a rule.
    #[error("{0}")]
    InvalidParameter(String),
    /// No such log group.
    #[error("The specified log group does not exist.")]
    NoSuchGroup,
    /// No such log stream. Clients create it and try again.
    #[error("The specified log stream does not exist.")]
    NoSuchStream,
    /// The group is there already.
    #[error("The specified log group already exists")]
    GroupExists,
    /// The stream is there already.
    #[error("The specified log stream already exists")]
    StreamExists,
    /// The body is not JSON, or not of the right types.
    #[error("{0}")]
    Serialization(String),
    /// No such operation here.
    #[error("The requested operation is not recognized by the service.")]
    UnknownOperation,
    /// The body could not be read.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The events could not be kept.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The events could not be read back.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The answer could not be written as JSON.
    #[error(transparent)]
    Encode(#[from] serde_json::Error),
    /// The process is stopping.
    #[error("The service is stopping.")]
    Stopped,
}

impl CloudWatchError {
    /// A parameter that breaks a rule, in a sentence.
    pub fn invalid(why: impl Into<String>) -> Self {
        Self::InvalidParameter(why.into())
    }

    fn parts(&self) -> (StatusCode, &'static str) {
        match self {
            Self::InvalidParameter(_) => (StatusCode::BAD_REQUEST, "InvalidParameterException"),
            Self::NoSuchGroup | Self::NoSuchStream => (StatusCode::BAD_REQUEST, "ResourceNotFoundException"),
            Self::GroupExists | Self::StreamExists => (StatusCode::BAD_REQUEST, "ResourceAlreadyExistsException"),
            Self::Serialization(_) => (StatusCode::BAD_REQUEST, "SerializationException"),
            Self::UnknownOperation => (StatusCode::BAD_REQUEST, "UnknownOperationException"),
            Self::Body(error) => (error.status(), "InvalidParameterException"),
            Self::Append(AppendError::TooLarge { .. }) => (StatusCode::PAYLOAD_TOO_LARGE, "InvalidParameterException"),
            Self::Append(_) | Self::Stopped => (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailableException"),
            Self::Read(_) | Self::Encode(_) => (StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure"),
        }
    }
}

impl IntoResponse for CloudWatchError {
    fn into_response(self) -> Response {
        let (status, code) = self.parts();
        let body = serde_json::json!({ "__type": code, "message": self.to_string() }).to_string();
        let mut response = aws::json(status, JSON_1_1, body.into_bytes());
        response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(code));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(http::header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
