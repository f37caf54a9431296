//! Honeycomb's refusals, sorted.

use crate::Failure;
use crate::http::Reply;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

/// Which call it was; the same status means different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Anything that every plan includes.
    Any,
    /// Running a query, which only Enterprise plans include.
    RunQuery,
}

/// The answer, or why there is none.
pub fn read<T: DeserializeOwned>(reply: &Reply, call: Call) -> Result<T, Failure> {
    if reply.status.is_success() {
        return serde_json::from_slice(&reply.body).map_err(|error| Failure::Malformed { detail: error.to_string() });
    }
    let (status, message) = (reply.status.as_u16(), message(reply));
    Err(match (status, call) {
        (401 | 403 | 404, Call::RunQuery) => Failure::NotEntitled { message },
        (401 | 403, Call::Any) => Failure::Refused { message },
        (429, _) => Failure::Throttled { retry_after: reply.retry_after(), message },
        (500.., _) => Failure::ServerError { status, message },
        (300..=399, _) => Failure::Malformed { detail: format!("HTTP {status}, a redirect") },
        _ => Failure::Rejected { status, message },
    })
}

/// `error` stands in both shapes of the v1 API; problem documents add `detail` and `type_detail`.
fn message(reply: &Reply) -> String {
    let Ok(json) = serde_json::from_slice::<Json>(&reply.body) else { return reply.text() };
    let text = |json: &Json, key: &str| json.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
    let mut parts = vec![text(&json, "error"), text(&json, "detail")];
    let details = json.get("type_detail").and_then(Json::as_array).into_iter().flatten().take(3);
    parts.extend(details.map(|detail| format!("{}: {}", text(detail, "field"), text(detail, "description"))));
    parts.retain(|part| !part.is_empty() && part != ": ");
    parts.dedup();
    parts.join("; ")
}
