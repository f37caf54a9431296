//! The embedded default: receivers and query APIs of four vendors over one store on disk (`docs/architecture.md`).

mod answer;
mod aws;
pub mod body;
pub mod cloudwatch;
mod events;
mod honeycomb;
mod ids;
mod otlp;
pub mod rollbar;
pub mod store;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod time;
pub mod xray;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::delete;
use http::StatusCode;
use serde_json::json;

use cloudwatch::CloudWatch;
use events::{HoneycombEvents, Index, OtlpLogs, OtlpTraces};
use honeycomb::Honeycomb;
use otlp::Receiver;
use rollbar::{Rollbar, RollbarItems};
use store::{AppendError, OpenError, Store, StoreOptions};
use xray::{Segments, Xray};

/// How the local services keep what they receive.
#[derive(Debug, Clone)]
pub struct Options {
    /// Created if it does not exist; one process at a time.
    pub directory: PathBuf,
    /// Telemetry is dropped this long after it arrived.
    pub retention_age: Duration,
    /// Most bytes on disk.
    pub retention_bytes: u64,
    /// `false` only to measure what durability costs.
    pub fsync: bool,
}

/// The local services: everything but the listeners.
pub struct Local {
    store: Arc<Store>,
    index: Arc<Index>,
    otlp: Arc<Receiver>,
    honeycomb: Arc<Honeycomb>,
    rollbar: Arc<Rollbar>,
    xray: Xray,
    cloudwatch: CloudWatch,
}

impl Local {
    /// Opens the store and replays it.
    pub async fn open(options: Options) -> Result<Arc<Self>, OpenError> {
        let directory = options.directory.clone();
        let opened = tokio::task::spawn_blocking(move || Self::open_blocking(options)).await;
        opened.map_err(|error| OpenError::Io { path: directory, source: std::io::Error::other(error) })?.map(Arc::new)
    }

    fn open_blocking(options: Options) -> Result<Self, OpenError> {
        let Options { directory, retention_age, retention_bytes, fsync } = options;
        let mut builder = Store::builder(StoreOptions { directory, retention_age, retention_bytes, fsync });
        let index = Arc::new(Index::default());
        let traces = builder.view(OtlpTraces(Arc::clone(&index)));
        let logs = builder.view(OtlpLogs(Arc::clone(&index)));
        let events = builder.view(HoneycombEvents(Arc::clone(&index)));
        let items = builder.view(RollbarItems::default());
        let segments = builder.view(Segments::default());
        let log_views = cloudwatch::Views::register(&mut builder);
        let store = Arc::new(builder.open()?);
        Ok(Self {
            otlp: Arc::new(Receiver::new(Arc::clone(&store), traces, logs)),
            honeycomb: Honeycomb::new(Arc::clone(&store), events),
            rollbar: Rollbar::new(Arc::clone(&store), items),
            xray: Xray::new(Arc::clone(&store), segments),
            cloudwatch: CloudWatch::new(Arc::clone(&store), log_views),
            index,
            store,
        })
    }

    /// The port that all SDKs over HTTP share (4318).
    pub fn http_router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/_throughline/sample-data", delete(remove_sample_data))
            .with_state(Arc::clone(self))
            .merge(otlp::http::router(Arc::clone(&self.otlp)))
            .merge(self.honeycomb.router())
            .merge(self.rollbar.router())
            .merge(self.xray.router())
            .merge(self.cloudwatch.router())
            .fallback(answer::not_found)
            .method_not_allowed_fallback(answer::wrong_method)
    }

    /// The port of OTLP/gRPC (4317).
    pub fn grpc_router(&self) -> Router {
        otlp::grpc::router(Arc::clone(&self.otlp))
    }

    /// X-Ray: its API and the two sides of its daemon (UDP and TCP 2000).
    pub fn xray(&self) -> &Xray {
        &self.xray
    }

    /// Counts by kind since the start, and what is held: name, number, unit.
    pub fn counters(&self) -> Vec<(String, u64, &'static str)> {
        let mut counters = self.otlp.counters();
        counters.extend(self.honeycomb.counters());
        counters.extend(self.rollbar.counters());
        counters.extend(self.xray.counters());
        counters.extend(self.cloudwatch.counters());
        counters.extend(self.store.counters());
        counters
    }

    /// Traces that carry the mark of sample data.
    pub fn sample_traces(&self) -> u64 {
        self.index.demo_traces().max(self.xray.sample_traces())
    }

    /// Forgets all sample data, now and after every restart; says how many traces that were.
    pub async fn remove_sample_data(&self) -> Result<u64, AppendError> {
        self.store.forget_demo().await
    }

    /// Waits until what was handed in is on disk. What comes later is refused.
    pub async fn close(&self) {
        self.store.close().await;
    }
}

async fn remove_sample_data(State(local): State<Arc<Local>>) -> Response {
    match local.remove_sample_data().await {
        Ok(traces) => answer::json(StatusCode::OK, &json!({"removed_traces": traces})),
        Err(error) => answer::json(StatusCode::SERVICE_UNAVAILABLE, &json!({"error": error.to_string()})),
    }
}
