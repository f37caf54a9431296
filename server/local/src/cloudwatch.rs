//! Amazon CloudWatch Logs as its SDKs know it: awsJson1.1, `POST /`, the operation named in `X-Amz-Target`.
//!
//! API: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/Welcome.html>. A batch of events is kept as one block of
//! text; memory holds where it lies, its times and a sample of the IDs in it. Signatures are not checked: one tenant, any region.

mod block;
mod describe;
mod error;
mod identifier;
mod manage;
mod pattern;
mod put;
mod read;
mod state;
mod sweep;
#[cfg(test)]
mod tests;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::State as Shared;
use axum::response::Response;
use axum::routing::post;
use http::HeaderMap;
use tokio::sync::Mutex;

pub use state::{Control, Events};

use crate::store::{Builder, Store};
use error::CloudWatchError;
use state::State;

const TARGET: &str = "Logs_20140328.";

/// The views of the store that the service needs; made before the store is opened.
#[derive(Clone)]
pub struct Views {
    events: Arc<Events>,
    control: Arc<Control>,
}

impl Views {
    /// Registers both views.
    pub fn register(builder: &mut Builder) -> Self {
        let state = Arc::new(State::default());
        Self { events: builder.view(Events(Arc::clone(&state))), control: builder.view(Control(state)) }
    }
}

/// The service. Cheap to clone.
#[derive(Clone)]
pub struct CloudWatch {
    store: Arc<Store>,
    events: Arc<Events>,
    control: Arc<Control>,
    /// Held while a group or stream is checked and changed, so that of two equal requests one is told that it came second.
    changing: Arc<Mutex<()>>,
    counters: Arc<Counters>,
    clock: fn() -> i64,
}

/// Events since the start.
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

impl CloudWatch {
    /// The service over a store and its views.
    pub fn new(store: Arc<Store>, views: Views) -> Self {
        let Views { events, control } = views;
        Self { store, events, control, changing: Arc::default(), counters: Arc::default(), clock: crate::store::now_ms }
    }

    /// `POST /` with the operations of CloudWatch Logs, to be merged with other routes of one port.
    pub fn router(&self) -> Router {
        Router::new().route("/", post(operation)).with_state(self.clone())
    }

    /// What came in since the start and what is held now: name, count, unit.
    pub fn counters(&self) -> Vec<(String, u64, &'static str)> {
        let groups = self.state().read();
        let held = groups.values().flat_map(|group| group.streams.values()).flat_map(|stream| &stream.blocks);
        let events: u64 = held.map(|held| u64::from(held.digest.count)).sum();
        vec![
            ("cloudwatch.received".into(), self.counters.received.get(), "events"),
            ("cloudwatch.refused".into(), self.counters.refused.get(), "events"),
            ("cloudwatch.held".into(), events, "events"),
            ("cloudwatch.groups".into(), groups.len() as u64, "groups"),
        ]
    }

    fn state(&self) -> &State {
        &self.events.0
    }

    fn now_ms(&self) -> i64 {
        (self.clock)()
    }
}

async fn operation(Shared(service): Shared<CloudWatch>, headers: HeaderMap, body: Body) -> Result<Response, CloudWatchError> {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).and_then(|target| target.strip_prefix(TARGET));
    let operation = target.ok_or(CloudWatchError::UnknownOperation)?;
    let body = crate::body::read(&headers, body).await?;
    match operation {
        "PutLogEvents" => put::put_log_events(&service, body).await,
        "FilterLogEvents" => read::filter_log_events(&service, &body).await,
        "GetLogEvents" => read::get_log_events(&service, &body).await,
        "DescribeLogGroups" => describe::describe_log_groups(&service, &headers, &body),
        "DescribeLogStreams" => describe::describe_log_streams(&service, &headers, &body),
        "CreateLogGroup" => manage::create_log_group(&service, &body).await,
        "CreateLogStream" => manage::create_log_stream(&service, &body).await,
        "DeleteLogGroup" => manage::delete_log_group(&service, &body).await,
        "DeleteLogStream" => manage::delete_log_stream(&service, &body).await,
        "PutRetentionPolicy" => manage::put_retention_policy(&service, &body).await,
        "DeleteRetentionPolicy" => manage::delete_retention_policy(&service, &body).await,
        "TagResource" => manage::tag_resource(&service, &body).await,
        "UntagResource" => manage::untag_resource(&service, &body).await,
        "ListTagsForResource" => manage::list_tags_for_resource(&service, &body),
        _ => Err(CloudWatchError::UnknownOperation),
    }
}
