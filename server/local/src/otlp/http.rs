//! OTLP/HTTP: `/v1/traces`, `/v1/logs`, `/v1/metrics`.
//!
//! <https://opentelemetry.io/docs/specs/otlp/#otlphttp>

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceResponse};
use prost::Message;
use serde_json::json;

use super::json;
use super::service::{Accepted, Receiver, Refusal, Signal};
use crate::body;
use crate::store::AppendError;

/// The routes.
pub fn router(receiver: Arc<Receiver>) -> Router {
    let signal = |signal| {
        post(move |State(receiver): State<Arc<Receiver>>, request: Request| async move { export(&receiver, signal, request).await })
    };
    Router::new()
        .route("/v1/traces", signal(Signal::Traces))
        .route("/v1/logs", signal(Signal::Logs))
        .route("/v1/metrics", signal(Signal::Metrics))
        .with_state(receiver)
}

#[derive(Clone, Copy)]
enum Encoding {
    Protobuf(&'static str),
    Json,
}

impl Encoding {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.as_str() {
            "application/x-protobuf" => Some(Self::Protobuf("application/x-protobuf")),
            "application/protobuf" => Some(Self::Protobuf("application/protobuf")),
            "application/json" => Some(Self::Json),
            _ => None,
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Protobuf(name) => name,
            Self::Json => "application/json",
        }
    }
}

async fn export(receiver: &Receiver, signal: Signal, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(encoding) = Encoding::of(&parts.headers) else {
        receiver.count_refused();
        let supported = "unsupported content type; send application/x-protobuf or application/json";
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, [(CONTENT_TYPE, "text/plain; charset=utf-8")], supported).into_response();
    };
    let bytes = match body::read(&parts.headers, body).await {
        Ok(bytes) => bytes,
        Err(error) => {
            receiver.count_refused();
            return failure(encoding, error.status(), &error.to_string());
        }
    };
    let payload = match encoding {
        Encoding::Protobuf(_) => bytes,
        Encoding::Json => match json::to_protobuf(signal, &bytes) {
            Ok(payload) => payload,
            Err(error) => {
                receiver.count_refused();
                return failure(encoding, StatusCode::BAD_REQUEST, &error.to_string());
            }
        },
    };
    match receiver.receive(signal, payload).await {
        Ok(accepted) => success(encoding, signal, accepted),
        Err(error @ (Refusal::Malformed(_) | Refusal::Store(AppendError::TooLarge { .. }))) => {
            failure(encoding, StatusCode::BAD_REQUEST, &error.to_string())
        }
        Err(error) => failure(encoding, StatusCode::SERVICE_UNAVAILABLE, &error.to_string()),
    }
}

fn success(encoding: Encoding, signal: Signal, accepted: Accepted) -> Response {
    let body = match encoding {
        Encoding::Json => {
            let rejected = match signal {
                Signal::Traces => "rejectedSpans",
                Signal::Logs => "rejectedLogRecords",
                Signal::Metrics => "rejectedDataPoints",
            };
            let partial = json!({"partialSuccess": {rejected: accepted.rejected.to_string(), "errorMessage": accepted.reason}});
            if accepted.rejected > 0 { partial.to_string().into_bytes() } else { b"{}".to_vec() }
        }
        Encoding::Protobuf(_) => response(accepted).encode_to_vec(),
    };
    (StatusCode::OK, [(CONTENT_TYPE, encoding.content_type())], body).into_response()
}

/// The three response messages have the same fields by the same numbers.
pub fn response(accepted: Accepted) -> ExportTraceServiceResponse {
    let partial_success = (accepted.rejected > 0).then(|| ExportTracePartialSuccess {
        rejected_spans: i64::try_from(accepted.rejected).unwrap_or(i64::MAX),
        error_message: accepted.reason.to_owned(),
    });
    ExportTraceServiceResponse { partial_success }
}

/// An error as `google.rpc.Status`, in the encoding of the request.
fn failure(encoding: Encoding, status: StatusCode, message: &str) -> Response {
    // google.rpc.Code: INVALID_ARGUMENT or UNAVAILABLE.
    let code = if status == StatusCode::SERVICE_UNAVAILABLE { 14 } else { 3 };
    let body = match encoding {
        Encoding::Json => json!({"code": code, "message": message}).to_string().into_bytes(),
        Encoding::Protobuf(_) => {
            let mut body = Vec::new();
            prost::encoding::int32::encode(1, &code, &mut body);
            prost::encoding::string::encode(2, &message.to_owned(), &mut body);
            body
        }
    };
    let mut response = (status, [(CONTENT_TYPE, encoding.content_type())], body).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, http::HeaderValue::from_static("1"));
    }
    response
}
