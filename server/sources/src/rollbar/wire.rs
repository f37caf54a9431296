//! What travels from Rollbar: <https://docs.rollbar.com/reference>.

use model::TraceId;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

/// Every answer.
#[derive(Deserialize)]
pub struct Envelope<T> {
    #[serde(default)]
    pub err: i64,
    pub result: Option<T>,
    pub message: Option<String>,
}

/// `GET /api/1/items`
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Items {
    pub items: Vec<Item>,
    pub total_count: Option<u64>,
}

/// A group of occurrences.
#[derive(Clone, Debug, Deserialize)]
pub struct Item {
    pub id: i64,
    #[serde(default)]
    pub counter: Option<i64>,
}

/// `GET /api/1/instances` and `GET /api/1/item/{id}/instances`, newest first.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Instances {
    pub instances: Vec<Instance>,
}

/// One occurrence.
#[derive(Clone, Debug, Deserialize)]
pub struct Instance {
    pub id: i64,
    #[serde(default)]
    pub item_id: Option<i64>,
    /// Unix seconds; the reference says milliseconds, so both are read.
    #[serde(default)]
    pub timestamp: Json,
    /// What the SDK sent.
    #[serde(default)]
    pub data: Map<String, Json>,
}

/// The searches that together find the occurrences of one trace, in the grammar of <https://docs.rollbar.com/docs/search-items>. A quoted value
/// is exact; others match from the beginning, which is right for headers that go on after the ID. Header names are kept as the SDK
/// wrote them.
pub fn searches(id: TraceId) -> Vec<String> {
    let xray = id.xray();
    let mut searches =
        vec![format!("custom[trace_id]:\"{id}\""), format!("custom[xray_trace_id]:\"{xray}\""), format!("custom[trace_id]:\"{xray}\"")];
    searches.extend(["X-Amzn-Trace-Id", "x-amzn-trace-id"].map(|header| format!("request_header[{header}]:Root={xray}")));
    searches.extend(["Traceparent", "traceparent"].map(|header| format!("request_header[{header}]:00-{id}")));
    searches
}
