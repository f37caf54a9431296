//! Rollbar: receives items as its SDKs post them and answers the reading half of its API
//! (<https://docs.rollbar.com/reference>).
//!
//! One project; any access token or none is accepted. Every answer is Rollbar's envelope: `{"err":0,"result":…}` or
//! `{"err":1,"message":"…"}`. No origin is granted anything: no answer can be read by a page of another site.

mod answer;
mod grouping;
mod ingest;
mod items;
mod occurrence;
mod parameters;
mod read;
mod search;
#[cfg(test)]
mod tests;
mod view;

use crate::store::Store;
use answer::{Failure, Quota};
use axum::Router;
use axum::middleware::map_response_with_state;
use axum::routing::{MethodRouter, any, get, post};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use view::RollbarItems;

/// The service: what was received, over the store in which it is kept.
pub struct Rollbar {
    store: Arc<Store>,
    view: Arc<RollbarItems>,
    quota: Quota,
    received: AtomicU64,
    refused: AtomicU64,
    duplicates: AtomicU64,
}

impl Rollbar {
    /// `view` is the one that was registered with the store before it was opened:
    /// `builder.view(RollbarItems::default())`.
    pub fn new(store: Arc<Store>, view: Arc<RollbarItems>) -> Arc<Self> {
        Arc::new(Self {
            store,
            view,
            quota: Quota::default(),
            received: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            duplicates: AtomicU64::new(0),
        })
    }

    /// Everything below `/api/1/`.
    pub fn router(self: &Arc<Self>) -> Router {
        let mut router = Router::new();
        let mut at = |path: &str, methods: MethodRouter<Arc<Self>>| {
            let methods = methods.fallback(|| async { Failure::wrong_method() });
            router = std::mem::take(&mut router).route(path, methods.clone()).route(&format!("{path}/"), methods);
        };
        at("/api/1/item", post(ingest::item).get(read::item_by_question));
        at("/api/1/status/ping", get(async || "pong"));
        at("/api/1/items", get(read::items));
        at("/api/1/item/{id}", get(read::item));
        at("/api/1/item_by_counter/{counter}", get(read::item_by_counter));
        at("/api/1/item/{id}/instances", get(read::instances_of_item));
        at("/api/1/instances", get(read::instances));
        at("/api/1/instance/{id}", get(read::instance));
        at("/api/1/reports/occurrence_counts", get(read::occurrence_counts));
        router
            .route("/api/1/{*rest}", any(|| async { Failure::not_found("Not Found") }))
            .layer(map_response_with_state(Arc::clone(self), answer::with_rate_limit))
            .with_state(Arc::clone(self))
    }

    /// Counts since the start, and what is held now: name, number, unit.
    pub fn counters(&self) -> Vec<(String, u64, &'static str)> {
        let (occurrences, items) = self.view.len();
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        vec![
            ("rollbar.received".into(), count(&self.received), "occurrences"),
            ("rollbar.refused".into(), count(&self.refused), "occurrences"),
            ("rollbar.duplicates".into(), count(&self.duplicates), "occurrences"),
            ("rollbar.held".into(), occurrences, "occurrences"),
            ("rollbar.items".into(), items, "items"),
        ]
    }
}
