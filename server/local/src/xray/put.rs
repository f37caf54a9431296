//! Taking documents in: `PutTraceSegments`.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Xray;
use super::document::{Refusal, read, split};
use super::error::XrayError;
use super::packet::Packet;
use super::text::literal;
use super::wire::{answer, request};

/// Bodies from this size on are read through away from the async runtime's threads.
const READ_ELSEWHERE_BYTES: usize = 512 * 1024;

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow, rename = "TraceSegmentDocuments")]
    documents: Vec<&'a RawValue>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    unprocessed_trace_segments: Vec<Unprocessed>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Unprocessed {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    error_code: &'static str,
    message: String,
}

/// `POST /TraceSegments`.
pub async fn put_trace_segments(State(xray): State<Xray>, headers: HeaderMap, body: Body) -> Result<Response, XrayError> {
    let body = crate::body::read(&headers, body).await?;
    let (packet, refused) = if body.len() < READ_ELSEWHERE_BYTES {
        gather(&body)?
    } else {
        tokio::task::spawn_blocking(move || gather(&body)).await.map_err(|_| XrayError::Stopped)??
    };
    xray.counters.refused.add(refused.len());
    xray.keep(packet).await?;
    let unprocessed_trace_segments = refused.into_iter().map(unprocessed).collect();
    answer(&Answer { unprocessed_trace_segments })
}

fn unprocessed(refusal: Refusal) -> Unprocessed {
    Unprocessed { message: format!("Invalid segment. ErrorCode: {}", refusal.code), id: refusal.id, error_code: refusal.code }
}

fn gather(body: &[u8]) -> Result<(Packet, Vec<Refusal>), XrayError> {
    let request: Request<'_> = request(body)?;
    let mut packet = Packet::default();
    let mut refused = Vec::new();
    for given in request.documents {
        let text: String = serde_json::from_str(given.get()).map_err(|error| XrayError::Serialization(error.to_string()))?;
        push_documents(&text, Some(given.get()), &mut packet, &mut refused);
    }
    Ok((packet, refused))
}

/// Adds what one string holds. `quoted` is that string as it came: kept as it is where it holds one document and nothing else.
pub fn push_documents(text: &str, quoted: Option<&str>, packet: &mut Packet, refused: &mut Vec<Refusal>) {
    let parts = match split(text) {
        Ok(parts) => parts,
        Err(refusal) => return refused.push(refusal),
    };
    for part in parts {
        match read(part) {
            Ok(header) => match quoted.filter(|quoted| part.len() == text.len() && quoted.ends_with("}\"")) {
                Some(quoted) => packet.push(header, quoted),
                None => packet.push(header, &literal(part)),
            },
            Err(refusal) => refused.push(refusal),
        }
    }
}
