//! From a stored payload to its rows.

use std::collections::HashSet;

use serde_json::Value;

use super::columns::slug;
use super::entries::EntranceFlags;
use super::index::{Block, Form};
use super::otlp_rows;
use super::row::{Fields, Row, Wanted, whole_rate};
use crate::ids;
use crate::otlp::walk::{self, Group};
use crate::store::{DEMO_MARK, Place};

/// An entrance and where it lies. Ordered by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Located {
    /// Nanoseconds since 1970.
    pub start_ns: i64,
    /// The payload.
    pub place: Place,
    /// Where in the payload.
    pub at: u32,
    /// What is known without reading it.
    pub flags: EntranceFlags,
}

impl Located {
    /// Before every entrance of this time.
    pub fn first_at(start_ns: i64) -> Self {
        Self { start_ns, place: Place { file: 0, offset: 0 }, at: 0, flags: EntranceFlags::default() }
    }
}

/// Which rows of a payload are asked for.
#[derive(Debug, Default)]
pub struct Select {
    /// Only of these traces.
    pub traces: Option<HashSet<u128>>,
    /// Only of this dataset, by its slug.
    pub dataset: Option<String>,
}

impl Select {
    fn takes_trace(&self, trace: Option<u128>) -> bool {
        self.traces.as_ref().is_none_or(|traces| trace.is_some_and(|trace| traces.contains(&trace)))
    }

    fn takes_dataset(&self, name: &str) -> bool {
        self.dataset.as_ref().is_none_or(|dataset| *dataset == slug(name))
    }
}

/// All rows of a payload that are asked for. `knows` tells whether a trace was not forgotten; asked only for swept payloads.
pub fn rows(payload: &[u8], block: &Block, select: &Select, wanted: &Wanted, knows: &dyn Fn(u128) -> bool, sink: &mut dyn FnMut(Row)) {
    match block.form {
        Form::Traces | Form::Logs => otlp(payload, block, select, wanted, None, knows, &mut |_, row| sink(row)),
        Form::Events => events(payload, block, select, wanted, None, knows, &mut |_, row| sink(row)),
    }
}

/// The rows that lie where entrances do, each with that place: the entrance's own row and those of its events and links.
pub fn entrance_rows(
    payload: &[u8],
    block: &Block,
    at: &HashSet<u32>,
    select: &Select,
    wanted: &Wanted,
    knows: &dyn Fn(u128) -> bool,
    sink: &mut dyn FnMut(u32, Row),
) {
    match block.form {
        Form::Traces | Form::Logs => otlp(payload, block, select, wanted, Some(at), knows, sink),
        Form::Events => events(payload, block, select, wanted, Some(at), knows, sink),
    }
}

fn is_forgotten(block: &Block, is_demo: bool, trace: Option<u128>, knows: &dyn Fn(u128) -> bool) -> bool {
    block.is_swept && (is_demo || trace.is_some_and(|trace| !knows(trace)))
}

fn otlp(
    payload: &[u8],
    block: &Block,
    select: &Select,
    wanted: &Wanted,
    only: Option<&HashSet<u32>>,
    knows: &dyn Fn(u128) -> bool,
    sink: &mut dyn FnMut(u32, Row),
) {
    let is_log = block.form == Form::Logs;
    let trace_field = if is_log { 9 } else { 1 };
    let is_left_out = |group: &Group<'_>| only.is_some_and(|only| !only.iter().any(|at| group.holds(payload, *at as usize)));
    for resource in walk::resources(payload).filter_map(Result::ok) {
        if is_left_out(&resource) || !select.takes_dataset(&otlp_rows::dataset_of(resource.common, is_log)) {
            continue;
        }
        let mut of_resource = None;
        for scope in resource.scopes().filter_map(Result::ok) {
            if is_left_out(&scope) {
                continue;
            }
            let mut common = None;
            for item in scope.items().filter_map(Result::ok) {
                let at = u32::try_from(walk::offset_in(payload, item)).unwrap_or(u32::MAX);
                if only.is_some_and(|only| !only.contains(&at)) {
                    continue;
                }
                let trace = walk::trace_of(item, trace_field);
                if !select.takes_trace(trace) {
                    continue;
                }
                let common: &Fields<'_> = common.get_or_insert_with(|| {
                    let mut fields = of_resource.get_or_insert_with(|| otlp_rows::resource_fields(&resource, wanted)).clone();
                    fields.extend(&otlp_rows::scope_fields(&scope, wanted));
                    fields
                });
                let mut keep = |row: Row| {
                    if !is_forgotten(block, row.is_demo, trace, knows) {
                        sink(at, row);
                    }
                };
                if is_log {
                    otlp_rows::log_row(item, block.arrival_ms, common, wanted, &mut keep);
                } else {
                    otlp_rows::span_rows(item, common, wanted, &mut keep);
                }
            }
        }
    }
}

fn events(
    payload: &[u8],
    block: &Block,
    select: &Select,
    wanted: &Wanted,
    only: Option<&HashSet<u32>>,
    knows: &dyn Fn(u128) -> bool,
    sink: &mut dyn FnMut(u32, Row),
) {
    let Ok(Value::Object(mut request)) = serde_json::from_slice(payload) else { return };
    if !select.takes_dataset(request.get("dataset").and_then(Value::as_str).unwrap_or_default()) {
        return;
    }
    let Some(Value::Array(events)) = request.remove("events") else { return };
    for (at, event) in (0_u32..).zip(events) {
        let Value::Object(mut event) = event else { continue };
        let Some(Value::Object(fields)) = event.remove("data") else { continue };
        if only.is_some_and(|only| !only.contains(&at)) {
            continue;
        }
        let trace = fields.get("trace.trace_id").and_then(Value::as_str).and_then(ids::parse_trace_id);
        let is_demo = fields.get(DEMO_MARK).is_some_and(|mark| *mark != Value::Bool(false) && !mark.is_null());
        if !select.takes_trace(trace) || is_forgotten(block, is_demo, trace, knows) {
            continue;
        }
        let time_ns = event.get("time_ns").and_then(Value::as_i64).unwrap_or(0);
        let sample_rate = event.get("samplerate").and_then(Value::as_f64).map_or(1, whole_rate);
        let fields = fields.into_iter().filter(|(column, value)| !value.is_null() && wanted.has(column)).collect();
        sink(at, Row { time_ns, sample_rate, fields, is_demo });
    }
}
