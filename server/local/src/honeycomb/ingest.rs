//! `POST /1/events/{dataset}` and `POST /1/batch/{dataset}`.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::Honeycomb;
use super::error::Failure;
use crate::body;
use crate::events::{self, cut, whole_rate};
use crate::store::now_ms;
use crate::time;

/// Longest event, as JSON.
const MAX_EVENT_BYTES: usize = 1_000_000;
/// Most fields of an event.
const MAX_FIELDS: usize = 2_000;
/// Most events of a batch.
const MAX_EVENTS: usize = 100_000;

/// `POST /1/events/{dataset}`: one flat object; time and sample rate in headers.
pub async fn event(State(honeycomb): State<Arc<Honeycomb>>, Path(dataset): Path<String>, request: Request) -> Response {
    let outcome = take_event(&honeycomb, &dataset, request).await;
    honeycomb.count(u64::from(outcome.is_ok()), u64::from(outcome.is_err()));
    // The vendor's answer has no body.
    outcome.map_or_else(Failure::into_response, |()| StatusCode::OK.into_response())
}

async fn take_event(honeycomb: &Honeycomb, dataset: &str, request: Request) -> Result<(), Failure> {
    let (parts, body) = request.into_parts();
    refuse_msgpack(&parts.headers)?;
    let bytes = body::read(&parts.headers, body).await?;
    if bytes.trim_ascii().is_empty() {
        return Err(Failure::empty());
    }
    if bytes.len() > MAX_EVENT_BYTES {
        return Err(Failure::bad_request("Request body is too large."));
    }
    let data: Map<String, Value> = serde_json::from_slice(&bytes).map_err(|_| Failure::malformed())?;
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let time_ns = header("x-honeycomb-event-time").and_then(time::parse).unwrap_or_else(now_ns);
    let sample_rate = header("x-honeycomb-samplerate").and_then(|rate| rate.trim().parse().ok()).map_or(1, whole_rate);
    let mut kept = Kept::new(dataset);
    kept.add(time_ns, sample_rate, data).map_err(Failure::bad_request)?;
    honeycomb.keep(kept).await
}

/// `POST /1/batch/{dataset}`: the answer has one status an event, in their order.
pub async fn batch(State(honeycomb): State<Arc<Honeycomb>>, Path(dataset): Path<String>, request: Request) -> Response {
    match take_batch(&honeycomb, &dataset, request).await {
        Ok(statuses) => {
            let refused = statuses.iter().filter(|status| status.is_err()).count();
            honeycomb.count((statuses.len() - refused) as u64, refused as u64);
            let statuses: Vec<Value> = statuses.into_iter().map(status_json).collect();
            axum::Json(statuses).into_response()
        }
        Err(failure) => {
            honeycomb.count(0, 1);
            failure.into_response()
        }
    }
}

fn status_json(status: Result<(), &str>) -> Value {
    match status {
        Ok(()) => json!({"status": 202}),
        Err(error) => json!({"status": 400, "error": error}),
    }
}

async fn take_batch(honeycomb: &Honeycomb, dataset: &str, request: Request) -> Result<Vec<Result<(), &'static str>>, Failure> {
    let (parts, body) = request.into_parts();
    refuse_msgpack(&parts.headers)?;
    let bytes = body::read(&parts.headers, body).await?;
    if bytes.trim_ascii().is_empty() {
        return Err(Failure::empty());
    }
    let dataset = dataset.to_owned();
    let read = tokio::task::spawn_blocking(move || {
        let mut kept = Kept::new(&dataset);
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let statuses = json.deserialize_seq(Batch(&mut kept)).and_then(|statuses| json.end().map(|()| statuses));
        statuses.map(|statuses| (kept, statuses))
    });
    let (kept, statuses) = read.await.map_err(|_| Failure::malformed())?.map_err(|_| Failure::malformed())?;
    honeycomb.keep(kept).await?;
    Ok(statuses)
}

fn refuse_msgpack(headers: &HeaderMap) -> Result<(), Failure> {
    let is_msgpack = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|kind| kind.contains("msgpack"));
    let refusal = || Failure::Plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "msgpack is not supported here; send application/json".into());
    if is_msgpack { Err(refusal()) } else { Ok(()) }
}

fn now_ns() -> i64 {
    now_ms().saturating_mul(1_000_000)
}

/// Reads a batch one event at a time, so that no body becomes a large tree.
struct Batch<'a>(&'a mut Kept);

impl<'de> Visitor<'de> for Batch<'_> {
    type Value = Vec<Result<(), &'static str>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut events: A) -> Result<Self::Value, A::Error> {
        let mut statuses = Vec::new();
        while let Some(event) = events.next_element::<&RawValue>()? {
            if statuses.len() == MAX_EVENTS {
                return Err(serde::de::Error::custom("too many events"));
            }
            statuses.push(self.0.take(event.get()));
        }
        Ok(statuses)
    }
}

#[derive(Deserialize)]
struct Event {
    #[serde(default)]
    time: Value,
    #[serde(default)]
    samplerate: Value,
    data: Option<Map<String, Value>>,
}

/// The events of a request in the form in which they are kept:
/// `{"dataset":"…","events":[{"time_ns":0,"samplerate":1,"data":{…}}]}`.
struct Kept {
    json: Vec<u8>,
    events: usize,
}

impl Kept {
    fn new(dataset: &str) -> Self {
        Self { json: format!("{{\"dataset\":{},\"events\":[", Value::from(dataset)).into_bytes(), events: 0 }
    }

    fn take(&mut self, event: &str) -> Result<(), &'static str> {
        if event.len() > MAX_EVENT_BYTES {
            return Err("Request body is too large.");
        }
        let event: Event = serde_json::from_str(event).map_err(|_| "Request body is malformed and cannot be read.")?;
        let time_ns = match &event.time {
            Value::String(text) => time::parse(text),
            Value::Number(number) => time::parse(&number.to_string()),
            _ => None,
        };
        let sample_rate = event.samplerate.as_f64().map_or(1, whole_rate);
        self.add(time_ns.unwrap_or_else(now_ns), sample_rate, event.data.unwrap_or_default())
    }

    fn add(&mut self, time_ns: i64, sample_rate: u32, data: Map<String, Value>) -> Result<(), &'static str> {
        if data.is_empty() {
            return Err("Request body should not be empty.");
        }
        if data.len() > MAX_FIELDS {
            return Err("The event has too many fields.");
        }
        let data: Map<String, Value> = data.into_iter().map(|(column, value)| (column, flat(value))).collect();
        if self.events > 0 {
            self.json.push(b',');
        }
        self.events += 1;
        let event = json!({"time_ns": time_ns, "samplerate": sample_rate, "data": data});
        serde_json::to_writer(&mut self.json, &event).map_err(|_| "Request body is malformed and cannot be read.")
    }
}

/// Nested values are kept as JSON text, as in a dataset that expands none.
fn flat(value: Value) -> Value {
    match value {
        Value::Array(_) | Value::Object(_) => cut(&value.to_string()).into(),
        Value::String(text) if cut(&text).len() < text.len() => cut(&text).into(),
        other => other,
    }
}

impl Honeycomb {
    async fn keep(&self, kept: Kept) -> Result<(), Failure> {
        if kept.events == 0 {
            return Ok(());
        }
        let mut payload = kept.json;
        payload.extend_from_slice(b"]}");
        let entries = events::honeycomb(&payload);
        self.store.append(&self.events, payload, entries).await?;
        Ok(())
    }

    fn count(&self, received: u64, refused: u64) {
        self.received.fetch_add(received, Ordering::Relaxed);
        self.refused.fetch_add(refused, Ordering::Relaxed);
    }
}
