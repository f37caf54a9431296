//! Filter expressions and windows of a search.

use engine::SearchQuery;
use model::time::SECOND;
use model::{Status, TimeRange};

/// The longest window of one `GetTraceSummaries`.
const WINDOW: i64 = 6 * 3_600 * SECOND;

/// The filter expression of a query; `None` if everything is wanted.
/// Grammar: <https://docs.aws.amazon.com/xray/latest/devguide/xray-console-filters.html>.
pub fn filter(query: &SearchQuery) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(service) = &query.service {
        parts.push(format!("service(\"{}\")", escape(service)));
    }
    parts.extend(match query.status {
        Some(Status::Fault) => Some("fault = true".to_owned()),
        Some(Status::Throttle) => Some("throttle = true".to_owned()),
        Some(Status::Error) => Some("error = true".to_owned()),
        Some(Status::Ok) => Some("ok = true".to_owned()),
        Some(Status::Unset) | None => None,
    });
    if let Some(ns) = query.min_duration_ns.filter(|ns| *ns > 0) {
        parts.push(format!("duration >= {}", ns as f64 / 1e9));
    }
    (!parts.is_empty()).then(|| parts.join(" AND "))
}

/// A text inside of double quotes; control characters cannot be written, and no name has them.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !c.is_control()).take(250) {
        if matches!(c, '"' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// The range cut into pieces that one call may ask for, newest first; at most two hundred of them.
pub fn windows(range: TimeRange, local: bool) -> Vec<TimeRange> {
    if local {
        return vec![range];
    }
    let mut windows = Vec::new();
    let mut to = range.to;
    while to > range.from && windows.len() < 200 {
        let from = to.plus(-WINDOW).max(range.from);
        windows.push(TimeRange { from, to });
        to = from;
    }
    windows
}
