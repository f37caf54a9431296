//! OTLP over HTTP and gRPC: what comes is checked on the wire bytes and kept as it came.

pub mod grpc;
pub mod http;
mod json;
mod schema;
mod service;
pub mod walk;
pub mod wire;

pub use service::Receiver;
