//! Errors as X-Ray sends them: the code in a header, the sentence in `Message`.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode};

use crate::aws;
use crate::body::BodyError;
use crate::store::{AppendError, ReadError};

/// What a caller gets instead of an answer.
#[derive(Debug, thiserror::Error)]
pub enum XrayError {
    /// The request does not make sense.
    #[error("{0}")]
    InvalidRequest(String),
    /// The body is not JSON, or not of the right types.
    #[error("{0}")]
    Serialization(String),
    /// No such operation here.
    #[error("The requested operation is not recognized by the service.")]
    UnknownOperation,
    /// The body could not be read.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The documents could not be kept.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The documents could not be read back.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The answer could not be written as JSON.
    #[error(transparent)]
    Encode(#[from] serde_json::Error),
    /// The process is stopping.
    #[error("The service is stopping.")]
    Stopped,
}

impl XrayError {
    fn parts(&self) -> (StatusCode, &'static str) {
        match self {
            Self::InvalidRequest(_) => (StatusCode::BAD_REQUEST, "InvalidRequestException"),
            Self::Serialization(_) => (StatusCode::BAD_REQUEST, "SerializationException"),
            Self::UnknownOperation => (StatusCode::NOT_FOUND, "UnknownOperationException"),
            Self::Body(error) => (error.status(), "InvalidRequestException"),
            Self::Append(AppendError::TooLarge { .. }) => (StatusCode::PAYLOAD_TOO_LARGE, "InvalidRequestException"),
            Self::Append(_) | Self::Stopped => (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailableException"),
            Self::Read(_) | Self::Encode(_) => (StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure"),
        }
    }
}

impl IntoResponse for XrayError {
    fn into_response(self) -> Response {
        let (status, code) = self.parts();
        let body = serde_json::json!({ "Message": self.to_string() }).to_string();
        let mut response = aws::json(status, "application/json", body.into_bytes());
        response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(code));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(http::header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
