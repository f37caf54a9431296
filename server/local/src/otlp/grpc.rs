//! OTLP/gRPC: the three `Export` methods, on the bytes as they come.
//!
//! <https://opentelemetry.io/docs/specs/otlp/#otlpgrpc>

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::{Buf, BufMut};
use http::header::CONTENT_TYPE;
use prost::Message;
use tonic::codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::server::{Grpc, UnaryService};
use tonic::{Code, Status};

use super::http::response;
use super::service::{Receiver, Refusal, Signal};
use crate::body::MAX_BODY_BYTES;
use crate::store::AppendError;

/// The methods; any other is answered as unimplemented.
pub fn router(receiver: Arc<Receiver>) -> Router {
    let method = |signal| post(move |State(receiver): State<Arc<Receiver>>, request: Request| call(receiver, signal, request));
    Router::new()
        .route("/opentelemetry.proto.collector.trace.v1.TraceService/Export", method(Signal::Traces))
        .route("/opentelemetry.proto.collector.logs.v1.LogsService/Export", method(Signal::Logs))
        .route("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", method(Signal::Metrics))
        .with_state(receiver)
        .fallback(unimplemented)
        .method_not_allowed_fallback(unimplemented)
}

async fn unimplemented() -> Response {
    let (parts, body) = Status::new(Code::Unimplemented, "this port takes OTLP traces, logs and metrics by gRPC")
        .into_http::<axum::body::Body>()
        .into_parts();
    (parts, body).into_response()
}

async fn call(receiver: Arc<Receiver>, signal: Signal, request: Request) -> Response {
    let is_grpc = request.headers().get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"));
    if !is_grpc {
        return unimplemented().await;
    }
    let mut grpc = Grpc::new(Raw)
        .accept_compressed(CompressionEncoding::Gzip)
        .send_compressed(CompressionEncoding::Gzip)
        .apply_max_message_size_config(Some(MAX_BODY_BYTES), None);
    grpc.unary(Export { receiver, signal }, request).await.map(axum::body::Body::new)
}

struct Export {
    receiver: Arc<Receiver>,
    signal: Signal,
}

impl UnaryService<Vec<u8>> for Export {
    type Response = Vec<u8>;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<tonic::Response<Vec<u8>>, Status>> + Send>>;

    fn call(&mut self, request: tonic::Request<Vec<u8>>) -> Self::Future {
        let (receiver, signal) = (Arc::clone(&self.receiver), self.signal);
        Box::pin(async move {
            match receiver.receive(signal, request.into_inner()).await {
                Ok(accepted) => Ok(tonic::Response::new(response(accepted).encode_to_vec())),
                Err(error @ (Refusal::Malformed(_) | Refusal::Store(AppendError::TooLarge { .. }))) => {
                    Err(Status::new(Code::InvalidArgument, error.to_string()))
                }
                Err(error) => Err(Status::new(Code::Unavailable, error.to_string())),
            }
        })
    }
}

/// Messages as bytes: the payload is checked and kept as it came.
#[derive(Debug, Clone, Copy, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, message: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut message = vec![0; buffer.remaining()];
        buffer.copy_to_slice(&mut message);
        Ok(Some(message))
    }
}
