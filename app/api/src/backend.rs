//! The one trait.

use crate::{ApiError, ListQuery, RequestList, Snapshot, SourcesReport, TimelineQuery, Wait};
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use model::TraceId;
use std::sync::Arc;

/// Everything the pages, the server functions and the public JSON ask for.
///
/// Futures and streams own what they need (`'static`), because they outlive the reactive owner of the page that asked.
pub trait Backend: Send + Sync + 'static {
    /// The newest snapshot of one request, after waiting as told. Concurrent viewers of one request share one search.
    fn open(&self, query: TimelineQuery, wait: Wait) -> BoxFuture<'static, Result<Arc<Snapshot>, ApiError>>;

    /// Numbered complete revisions, the newest known first, at most one every 50 ms; ends once every source has ended.
    fn revisions(&self, query: TimelineQuery) -> BoxStream<'static, Result<Arc<Snapshot>, ApiError>>;

    /// The snapshot a viewer is looking at, from memory, never by asking a vendor again.
    /// [`ApiError::Gone`] once it was dropped: the viewer then opens the request anew.
    fn snapshot(&self, id: TraceId, revision: u32) -> Result<Arc<Snapshot>, ApiError>;

    /// Recent requests, newest first.
    fn list(&self, query: ListQuery) -> BoxFuture<'static, Result<RequestList, ApiError>>;

    /// What is configured, reachable, allowed and counted.
    fn sources(&self) -> BoxFuture<'static, Result<SourcesReport, ApiError>>;

    /// Removes the sample traffic from the local services; the number of traces removed.
    fn remove_sample_data(&self) -> BoxFuture<'static, Result<u64, ApiError>>;
}
