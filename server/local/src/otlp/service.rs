//! What both transports do with a request.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::walk;
use super::wire::{Fields, Malformed, Value};
use crate::events::{Entries, OtlpLogs, OtlpTraces, logs, traces};
use crate::store::{AppendError, Store};

/// Payloads from this size on are checked away from the async runtime's threads.
const CHECK_ELSEWHERE_BYTES: usize = 1024 * 1024;

/// The three kinds of telemetry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Spans.
    Traces,
    /// Log records.
    Logs,
    /// Data points: counted, not kept.
    Metrics,
}

/// What was taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Items left out; the client must not send them again.
    pub rejected: u64,
    /// Why.
    pub reason: &'static str,
}

/// Why nothing was taken.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Sending it again does not help.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Sending it again later may.
    #[error(transparent)]
    Store(#[from] AppendError),
}

/// Counts by kind since the start.
#[derive(Debug, Default)]
pub struct Counts {
    pub(super) requests: AtomicU64,
    pub(super) refused: AtomicU64,
    spans: AtomicU64,
    logs: AtomicU64,
    metrics: AtomicU64,
    rejected: AtomicU64,
}

/// Takes OTLP requests into the store.
pub struct Receiver {
    store: Arc<Store>,
    traces: Arc<OtlpTraces>,
    logs: Arc<OtlpLogs>,
    counts: Counts,
}

impl Receiver {
    /// A receiver over the store that the views belong to.
    pub fn new(store: Arc<Store>, traces: Arc<OtlpTraces>, logs: Arc<OtlpLogs>) -> Self {
        Self { store, traces, logs, counts: Counts::default() }
    }

    /// Takes the protobuf of an export request. When this resolves, what was taken is durable and can be queried.
    pub async fn receive(&self, signal: Signal, payload: Vec<u8>) -> Result<Accepted, Refusal> {
        self.counts.requests.fetch_add(1, Ordering::Relaxed);
        let taken = self.take(signal, payload).await;
        if taken.is_err() {
            self.counts.refused.fetch_add(1, Ordering::Relaxed);
        }
        taken
    }

    /// A request that did not get as far as [`Receiver::receive`].
    pub fn count_refused(&self) {
        self.counts.requests.fetch_add(1, Ordering::Relaxed);
        self.counts.refused.fetch_add(1, Ordering::Relaxed);
    }

    async fn take(&self, signal: Signal, payload: Vec<u8>) -> Result<Accepted, Refusal> {
        let counts = &self.counts;
        let accepted = match signal {
            Signal::Traces => {
                let (payload, entries) = checked(payload, traces).await?;
                let (kept, accepted) = (entries.kept, accepted(&entries));
                if kept > 0 {
                    self.store.append(&self.traces, payload, entries).await?;
                }
                counts.spans.fetch_add(kept, Ordering::Relaxed);
                accepted
            }
            Signal::Logs => {
                let (payload, entries) = checked(payload, logs).await?;
                let (kept, accepted) = (entries.kept, accepted(&entries));
                if kept > 0 {
                    self.store.append(&self.logs, payload, entries).await?;
                }
                counts.logs.fetch_add(kept, Ordering::Relaxed);
                accepted
            }
            Signal::Metrics => {
                counts.metrics.fetch_add(data_points(&payload)?, Ordering::Relaxed);
                Accepted::default()
            }
        };
        counts.rejected.fetch_add(accepted.rejected, Ordering::Relaxed);
        Ok(accepted)
    }

    /// Name, value, unit.
    pub fn counters(&self) -> Vec<(String, u64, &'static str)> {
        let counts = &self.counts;
        [
            ("otlp.requests", &counts.requests, "requests"),
            ("otlp.refused", &counts.refused, "requests"),
            ("otlp.spans", &counts.spans, "spans"),
            ("otlp.logs", &counts.logs, "records"),
            ("otlp.metrics", &counts.metrics, "data points"),
            ("otlp.rejected", &counts.rejected, "items"),
        ]
        .map(|(name, count, unit)| (name.to_owned(), count.load(Ordering::Relaxed), unit))
        .into()
    }
}

fn accepted(entries: &Entries) -> Accepted {
    Accepted { rejected: entries.rejected, reason: entries.reason }
}

type Check = fn(&[u8]) -> Result<Entries, Malformed>;

async fn checked(payload: Vec<u8>, check: Check) -> Result<(Vec<u8>, Entries), Refusal> {
    if payload.len() < CHECK_ELSEWHERE_BYTES {
        let entries = check(&payload)?;
        return Ok((payload, entries));
    }
    let checked = tokio::task::spawn_blocking(move || check(&payload).map(|entries| (payload, entries)));
    Ok(checked.await.map_err(|_| AppendError::Closed)??)
}

/// Counts data points: request → resources → scopes → metrics → one of the kinds of data → points.
fn data_points(payload: &[u8]) -> Result<u64, Malformed> {
    let mut points = 0;
    for resource in walk::resources(payload) {
        for scope in resource?.scopes() {
            for metric in scope?.items() {
                for field in Fields::new(metric?) {
                    if let (5 | 7 | 9 | 10 | 11, Value::Bytes(data)) = field? {
                        for field in Fields::new(data) {
                            points += u64::from(matches!(field?, (1, Value::Bytes(_))));
                        }
                    }
                }
            }
        }
    }
    Ok(points)
}
