//! OTLP's JSON, turned into the protobuf that is kept.
//!
//! <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use serde::de::DeserializeOwned;

use super::service::Signal;

/// Why a JSON body cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// No JSON, or not of the right shape.
    #[error("the request is not valid OTLP JSON: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Valid JSON of some other kind, which would be dropped without a word.
    #[error("the request holds nothing under `{0}`; OTLP JSON has lowerCamelCase keys")]
    Nothing(&'static str),
}

/// The protobuf of a JSON request.
pub fn to_protobuf(signal: Signal, body: &[u8]) -> Result<Vec<u8>, JsonError> {
    match signal {
        Signal::Traces => convert(body, "resourceSpans", |request: &ExportTraceServiceRequest| request.resource_spans.is_empty()),
        Signal::Logs => convert(body, "resourceLogs", |request: &ExportLogsServiceRequest| request.resource_logs.is_empty()),
        Signal::Metrics => convert(body, "resourceMetrics", |request: &ExportMetricsServiceRequest| request.resource_metrics.is_empty()),
    }
}

fn convert<M: Message + DeserializeOwned>(body: &[u8], key: &'static str, is_empty: impl FnOnce(&M) -> bool) -> Result<Vec<u8>, JsonError> {
    let request: M = serde_json::from_slice(body)?;
    if is_empty(&request) {
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(body)?;
        if !object.is_empty() && !object.contains_key(key) {
            return Err(JsonError::Nothing(key));
        }
    }
    Ok(request.encode_to_vec())
}
