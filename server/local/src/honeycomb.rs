//! Honeycomb: takes events, and answers queries over everything that came over OTLP too (<https://docs.honeycomb.io/api/>).
//!
//! One team with one environment; any key or none is accepted.

mod aggregate;
mod auth;
mod datasets;
mod error;
mod filter;
mod ingest;
mod plan;
mod queries;
mod results;
mod run;
mod spec;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::routing::{get, post};

use crate::events::{HoneycombEvents, Index};
use crate::store::Store;
use queries::Queries;
use results::Results;

/// The service.
pub struct Honeycomb {
    store: Arc<Store>,
    index: Arc<Index>,
    events: Arc<HoneycombEvents>,
    queries: Queries,
    results: Results,
    received: AtomicU64,
    refused: AtomicU64,
    answered: AtomicU64,
}

impl Honeycomb {
    /// The service over the store that the view belongs to.
    pub fn new(store: Arc<Store>, events: Arc<HoneycombEvents>) -> Arc<Self> {
        Arc::new(Self {
            store,
            index: Arc::clone(&events.0),
            events,
            queries: Queries::default(),
            results: Results::default(),
            received: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            answered: AtomicU64::new(0),
        })
    }

    /// Everything below `/1/`.
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/1/auth", get(auth::auth))
            .route("/1/events/{dataset}", post(ingest::event))
            .route("/1/batch/{dataset}", post(ingest::batch))
            .route("/1/datasets", get(datasets::list))
            .route("/1/datasets/{dataset}", get(datasets::one))
            .route("/1/columns/{dataset}", get(datasets::columns))
            .route("/1/dataset_definitions/{dataset}", get(datasets::definitions))
            .route("/1/queries/{dataset}", post(queries::create))
            .route("/1/queries/{dataset}/{id}", get(queries::read))
            .route("/1/query_results/{dataset}", post(results::create))
            .route("/1/query_results/{dataset}/{id}", get(results::read))
            .route("/1/{*rest}", axum::routing::any(error::unknown_path))
            .method_not_allowed_fallback(error::wrong_method)
            .with_state(Arc::clone(self))
    }

    /// Counts since the start, and what is held now: name, number, unit.
    pub fn counters(&self) -> Vec<(String, u64, &'static str)> {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (traces, spans) = self.index.counts();
        vec![
            ("honeycomb.received".into(), count(&self.received), "events"),
            ("honeycomb.refused".into(), count(&self.refused), "events"),
            ("honeycomb.queries".into(), count(&self.answered), "queries"),
            ("honeycomb.traces".into(), traces, "traces"),
            ("honeycomb.spans".into(), spans, "spans"),
        ]
    }
}
