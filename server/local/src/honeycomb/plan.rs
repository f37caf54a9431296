//! Which part of the index answers a query.

use serde_json::Value;

use super::filter::{Filter, Operator, TRACE_ID};
use super::spec::{By, Spec};
use crate::events::EntranceFlags;
use crate::ids;

/// The rows that have to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// Those of these traces.
    Traces(Vec<u128>),
    /// Those that a request may begin with.
    Entrances {
        /// Only rows without a parent; else only servers' spans.
        roots: bool,
        /// Only rows of traces.
        in_trace: bool,
    },
    /// All in the range of time.
    Scan,
}

impl Plan {
    /// The cheapest plan that misses no row.
    pub fn of(spec: &Spec) -> Self {
        if spec.any_filter {
            return Self::Scan;
        }
        if let Some(traces) = spec.filters.iter().find_map(traces_of) {
            return Self::Traces(traces);
        }
        let has = |column: &str, operator: Operator, negated: bool| {
            spec.filters.iter().any(|filter| filter.column == column && filter.operator == operator && filter.negated == negated)
        };
        let in_trace = has(TRACE_ID, Operator::Exists, false);
        if !has("meta.annotation_type", Operator::Exists, true) {
            return Self::Scan;
        }
        if has("trace.parent_id", Operator::Exists, true) {
            return Self::Entrances { roots: true, in_trace };
        }
        let is_server = |filter: &Filter| filter.column == "span.kind" && is_equal_to(filter, "server");
        if spec.filters.iter().any(is_server) { Self::Entrances { roots: false, in_trace } } else { Self::Scan }
    }

    /// Whether an entrance belongs to the plan.
    pub fn takes(&self, flags: EntranceFlags) -> bool {
        match self {
            Self::Entrances { roots, in_trace } => {
                (if *roots { !flags.has_parent } else { flags.is_server }) && (flags.in_trace || !in_trace)
            }
            Self::Traces(_) | Self::Scan => true,
        }
    }
}

fn is_equal_to(filter: &Filter, text: &str) -> bool {
    filter.operator == Operator::Equals && !filter.negated && filter.values.iter().all(|value| value.as_str() == Some(text))
}

fn traces_of(filter: &Filter) -> Option<Vec<u128>> {
    let is_list = filter.column == TRACE_ID && !filter.negated && matches!(filter.operator, Operator::Equals | Operator::In);
    // A value that is no ID of OTLP may still be one of Honeycomb's own events, which the index does not know by it.
    is_list.then(|| filter.values.iter().map(|value| value.as_str().and_then(ids::parse_trace_id)).collect::<Option<Vec<_>>>())?
}

/// Whether the first order is by time, and then whether newest first.
pub fn time_order(spec: &Spec) -> Option<bool> {
    let first = spec.orders.first()?;
    let By::Breakdown(at) = first.by else { return None };
    let is_time = spec.timestamps.contains(spec.breakdowns.get(at)?);
    is_time.then_some(first.descending)
}

/// The range of time that filters on the time leave of the window, a little generous.
pub fn narrowed(spec: &Spec, (mut start_ns, mut end_ns): (i64, i64)) -> (i64, i64) {
    const SLACK_NS: i64 = 2_000;
    if spec.any_filter {
        return (start_ns, end_ns);
    }
    for filter in spec.filters.iter().filter(|filter| spec.timestamps.contains(&filter.column)) {
        let Some(ns) = filter.values.first().and_then(Value::as_f64).map(nanoseconds) else { continue };
        match filter.operator {
            Operator::Greater | Operator::GreaterOrEqual => start_ns = start_ns.max(ns.saturating_sub(SLACK_NS)),
            Operator::Less | Operator::LessOrEqual => end_ns = end_ns.min(ns.saturating_add(SLACK_NS)),
            _ => {}
        }
    }
    (start_ns, end_ns)
}

#[expect(clippy::cast_possible_truncation, reason = "a float beyond the range of i64 becomes its nearest end")]
fn nanoseconds(seconds: f64) -> i64 {
    (seconds * 1e9) as i64
}
