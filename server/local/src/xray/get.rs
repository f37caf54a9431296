//! Handing traces out: `BatchGetTraces`.

use std::collections::{HashMap, HashSet};

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;
use serde::Deserialize;

use super::Xray;
use super::error::XrayError;
use super::id::parse_trace_id;
use super::index::Located;
use super::merge::write_segments;
use super::packet;
use super::text::literal;
use super::trace::Stored;
use super::wire::{raw, request};
use crate::store::{Place, Reader};

/// The service answers for at most so many traces at once.
const MOST_TRACES: usize = 5;
/// The length of a trace ID in the service's model.
const LONGEST_ID: usize = 35;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    trace_ids: Vec<String>,
}

/// `POST /Traces`.
pub async fn batch_get_traces(State(xray): State<Xray>, headers: HeaderMap, body: Body) -> Result<Response, XrayError> {
    let body = crate::body::read(&headers, body).await?;
    let Request { mut trace_ids } = request(&body)?;
    let mut seen = HashSet::new();
    trace_ids.retain(|id| seen.insert(id.clone()));
    if trace_ids.len() > MOST_TRACES {
        return Err(XrayError::InvalidRequest(format!("TraceIds must have at most {MOST_TRACES} elements.")));
    }
    if trace_ids.iter().any(|id| id.is_empty() || id.len() > LONGEST_ID) {
        return Err(XrayError::InvalidRequest(format!("A trace ID must have between 1 and {LONGEST_ID} characters.")));
    }
    let located: Vec<(String, Vec<Located>)> = trace_ids
        .into_iter()
        .map(|id| {
            let documents = parse_trace_id(&id).map(|trace| xray.segments.documents(trace)).unwrap_or_default();
            (id, documents)
        })
        .collect();
    let reader = xray.store.reader();
    let body = tokio::task::spawn_blocking(move || write_traces(&reader, &located)).await.map_err(|_| XrayError::Stopped)??;
    Ok(raw(body))
}

fn write_traces(reader: &Reader, located: &[(String, Vec<Located>)]) -> Result<Vec<u8>, XrayError> {
    let bytes: u64 = located.iter().flat_map(|(_, documents)| documents).map(|document| u64::from(document.entry.length) + 48).sum();
    let mut out = Vec::with_capacity(usize::try_from(bytes).unwrap_or(0) + 1024);
    out.extend_from_slice(b"{\"Traces\":[");
    let mut unprocessed = Vec::new();
    let mut first = true;
    for (id, documents) in located {
        let records = Records::read(reader, documents)?;
        let stored = records.stored(documents);
        if stored.is_empty() {
            unprocessed.push(literal(id));
            continue;
        }
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        let start = stored.iter().map(|document| document.header.start).fold(f64::INFINITY, f64::min);
        let end = stored.iter().map(|document| document.header.end.unwrap_or(document.header.start)).fold(start, f64::max);
        let duration = serde_json::to_string(&(end - start))?;
        out.extend_from_slice(
            format!("{{\"Id\":{},\"Duration\":{duration},\"LimitExceeded\":false,\"Segments\":[", literal(id)).as_bytes(),
        );
        write_segments(&stored, &mut out);
        out.extend_from_slice(b"]}");
    }
    out.extend_from_slice(format!("],\"UnprocessedTraceIds\":[{}]}}", unprocessed.join(",")).as_bytes());
    Ok(out)
}

/// The records that hold some documents, read once each.
pub struct Records(HashMap<Place, Bytes>);

impl Records {
    /// A record that retention has dropped since is left out.
    pub fn read(reader: &Reader, documents: &[Located]) -> Result<Self, XrayError> {
        let mut records = HashMap::new();
        for Located { place, .. } in documents {
            if let std::collections::hash_map::Entry::Vacant(slot) = records.entry(*place) {
                match reader.read(*place) {
                    Ok(payload) => {
                        slot.insert(payload);
                    }
                    Err(crate::store::ReadError::Dropped) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(Self(records))
    }

    /// The documents with their text.
    pub fn stored(&self, documents: &[Located]) -> Vec<Stored<'_>> {
        let text = |located: &Located| packet::literal(self.0.get(&located.place)?, &located.entry);
        documents.iter().filter_map(|located| Some(Stored { header: located.entry.header, literal: text(located)? })).collect()
    }
}
