//! AWS X-Ray as its SDKs know it: the daemon on UDP, its sampling endpoints, and the query API (REST-JSON, POST to fixed paths).
//!
//! API: <https://docs.aws.amazon.com/xray/latest/api/Welcome.html>. Documents are kept as the text they came as; the index holds where
//! each lies, its IDs and its times. Signatures are not checked: one tenant, any region.

mod daemon;
mod document;
mod error;
mod filter;
mod get;
mod id;
mod index;
mod inferred;
mod merge;
mod outline;
mod packet;
mod put;
mod sampling;
mod search;
mod summary;
#[cfg(test)]
mod tests;
mod text;
mod trace;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::routing::post;

pub use index::Segments;

use crate::store::{AppendError, Store, View};
use error::XrayError;
use packet::Packet;

/// Operations of X-Ray that exist and are not offered here.
const NOT_OFFERED: [&str; 27] = [
    "/CancelTraceRetrieval",
    "/CreateGroup",
    "/CreateSamplingRule",
    "/DeleteGroup",
    "/DeleteResourcePolicy",
    "/DeleteSamplingRule",
    "/EncryptionConfig",
    "/GetGroup",
    "/GetIndexingRules",
    "/GetRetrievedTracesGraph",
    "/Groups",
    "/Insight",
    "/InsightEvents",
    "/InsightImpactGraph",
    "/InsightSummaries",
    "/ListResourcePolicies",
    "/ListRetrievedTraces",
    "/PutEncryptionConfig",
    "/PutResourcePolicy",
    "/SamplingStatisticSummaries",
    "/ServiceGraph",
    "/StartTraceRetrieval",
    "/TimeSeriesServiceStatistics",
    "/TraceGraph",
    "/UpdateGroup",
    "/UpdateIndexingRule",
    "/UpdateTraceSegmentDestination",
];

/// The service. Cheap to clone.
#[derive(Clone)]
pub struct Xray {
    store: Arc<Store>,
    segments: Arc<Segments>,
    counters: Arc<Counters>,
}

/// Documents since the start.
#[derive(Debug, Default)]
struct Counters {
    received: Count,
    refused: Count,
}

#[derive(Debug, Default)]
struct Count(AtomicU64);

impl Count {
    fn add(&self, count: usize) {
        self.0.fetch_add(count as u64, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Xray {
    /// The service over a store and its view of segments (`builder.view(Segments::default())`).
    pub fn new(store: Arc<Store>, segments: Arc<Segments>) -> Self {
        Self { store, segments, counters: Arc::default() }
    }

    /// The operations of X-Ray, to be merged with other routes of one port.
    pub fn router(&self) -> Router {
        let routes = Router::new()
            .route("/TraceSegments", only(put::put_trace_segments))
            .route("/TelemetryRecords", only(sampling::put_telemetry_records))
            .route("/GetSamplingRules", only(sampling::get_sampling_rules))
            .route("/SamplingTargets", only(sampling::get_sampling_targets))
            .route("/GetTraceSegmentDestination", only(sampling::get_trace_segment_destination))
            .route("/TraceSummaries", only(search::get_trace_summaries))
            .route("/Traces", only(get::batch_get_traces));
        let routes = NOT_OFFERED.iter().fold(routes, |routes, path| routes.route(path, axum::routing::any(unknown)));
        routes.with_state(self.clone())
    }

    /// The TCP side of the daemon: the same operations, and X-Ray's own error for every other path.
    pub fn daemon_router(&self) -> Router {
        self.router().fallback(unknown)
    }

    /// What came in since the start and what is held now: name, count, unit.
    pub fn counters(&self) -> Vec<(String, u64, &'static str)> {
        let (documents, traces) = self.segments.len();
        vec![
            ("xray.received".into(), self.counters.received.get(), "segments"),
            ("xray.refused".into(), self.counters.refused.get(), "segments"),
            ("xray.held".into(), documents as u64, "segments"),
            ("xray.traces".into(), traces as u64, "traces"),
        ]
    }

    /// Traces that carry the mark of sample data.
    pub fn sample_traces(&self) -> u64 {
        self.segments.sample_traces()
    }

    /// Keeps documents; when this resolves they are on disk and can be found.
    async fn keep(&self, packet: Packet) -> Result<(), AppendError> {
        if packet.is_empty() {
            return Ok(());
        }
        let count = packet.len();
        let (payload, entries): (Vec<u8>, <Segments as View>::Entries) = packet.finish();
        self.store.append(&self.segments, payload, entries).await?;
        self.counters.received.add(count);
        Ok(())
    }
}

/// A route for POST; every other method gets X-Ray's own error.
fn only<H, T>(handler: H) -> axum::routing::MethodRouter<Xray>
where
    H: axum::handler::Handler<T, Xray>,
    T: 'static,
{
    post(handler).fallback(unknown)
}

async fn unknown() -> XrayError {
    XrayError::UnknownOperation
}
