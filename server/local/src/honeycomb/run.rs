//! Running a query: blocking, bounded in time and memory.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Number, Value, json};

use super::aggregate::{Groups, TooMany};
use super::plan::{Plan, narrowed, time_order};
use super::spec::Spec;
use crate::events::{Block, Index, Located, Row, Select, Wanted, entrance_rows, rows};
use crate::store::{Place, Reader};
use crate::time::rfc3339;

/// A query may run this long; the vendor's limit.
const MAX_RUN: Duration = Duration::from_secs(10);
/// Entrances that are read at a time.
const ENTRANCES: usize = 256;
/// Steps of time of a series if no granularity is given.
const STEPS: i64 = 120;

/// Why a query has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// The vendor's limit, and ours.
    #[error("the query ran longer than 10 seconds; narrow the time range or the filters")]
    TimedOut,
    /// See [`TooMany`].
    #[error(transparent)]
    TooMany(#[from] TooMany),
}

/// A query that is ready to run.
pub struct Task {
    pub reader: Reader,
    pub index: Arc<Index>,
    pub spec: Arc<Spec>,
    /// Slug; `None` for the whole environment.
    pub dataset: Option<String>,
    pub limit: usize,
    pub with_series: bool,
    /// Unix seconds.
    pub now_s: i64,
}

impl Task {
    /// The `data` of a result.
    pub fn run(&self) -> Result<Value, RunError> {
        let window = self.spec.window.resolve(self.now_s);
        let step_s = self.with_series.then(|| self.step_s(window));
        let mut run = Run {
            task: self,
            window,
            groups: Groups::new(&self.spec, self.limit, false),
            steps: step_s.map(|step| (step.max(1), Groups::new(&self.spec, usize::MAX / 4, true))),
            deadline: Instant::now() + MAX_RUN,
            failure: None,
        };
        let plan = Plan::of(&self.spec);
        let select = Select { traces: None, dataset: self.dataset.clone() };
        let (start_ns, end_ns) = narrowed(&self.spec, window);
        let range = start_ns..=end_ns.saturating_sub(1);
        match plan {
            Plan::Traces(traces) => {
                let blocks = self.index.of_traces(traces.iter().copied());
                run.blocks(&blocks, &Select { traces: Some(traces.into_iter().collect()), ..select });
            }
            Plan::Entrances { .. } => run.entrances(&plan, &range, &select),
            Plan::Scan => run.blocks(&self.index.in_range(&range), &select),
        }
        run.finish()
    }

    fn step_s(&self, (start_ns, end_ns): (i64, i64)) -> i64 {
        self.spec.granularity_s.unwrap_or_else(|| end_ns.saturating_sub(start_ns) / 1_000_000_000 / STEPS)
    }

    fn wanted(&self) -> Wanted {
        let calculations = self.spec.calculations.iter().filter_map(|calculation| calculation.column.as_ref());
        let filters = self.spec.filters.iter().map(|filter| &filter.column);
        let columns = self.spec.breakdowns.iter().chain(calculations).chain(filters);
        Wanted::Only(columns.filter(|column| !self.spec.timestamps.contains(*column)).cloned().collect::<HashSet<_>>())
    }
}

struct Run<'a> {
    task: &'a Task,
    window: (i64, i64),
    groups: Groups<'a>,
    steps: Option<(i64, Groups<'a>)>,
    deadline: Instant,
    failure: Option<RunError>,
}

impl Run<'_> {
    fn take(&mut self, row: &Row) {
        let spec = &*self.task.spec;
        let (start_ns, end_ns) = self.window;
        if self.failure.is_some() || row.time_ns < start_ns || row.time_ns >= end_ns {
            return;
        }
        let value = |column: &str| {
            if spec.timestamps.contains(column) {
                Number::from_f64(seconds(row.time_ns)).map(|number| Cow::Owned(Value::Number(number)))
            } else {
                row.fields.get(column).map(Cow::Borrowed)
            }
        };
        let mut holds = spec.filters.iter().map(|filter| filter.holds(value(&filter.column).as_deref()));
        let is_wanted = if spec.any_filter && !spec.filters.is_empty() { holds.any(|holds| holds) } else { holds.all(|holds| holds) };
        if !is_wanted {
            return;
        }
        let weight = if spec.usage_mode { 1 } else { row.sample_rate };
        let mut added = self.groups.add(0, weight, value);
        if let Some((step_s, steps)) = &mut self.steps {
            let at_s = row.time_ns.div_euclid(1_000_000_000);
            added = added.and_then(|()| steps.add(at_s - at_s.rem_euclid(*step_s), weight, value));
        }
        if let Err(error) = added {
            self.failure = Some(error.into());
        }
    }

    fn is_over(&mut self) -> bool {
        if self.failure.is_none() && Instant::now() > self.deadline {
            self.failure = Some(RunError::TimedOut);
        }
        self.failure.is_some()
    }

    fn blocks(&mut self, blocks: &[(Place, Block)], select: &Select) {
        let task = self.task;
        let wanted = task.wanted();
        for (place, block) in blocks {
            if self.is_over() {
                return;
            }
            // A payload that retention dropped meanwhile, or that is damaged (counted by the store), has no rows.
            let Ok(payload) = task.reader.read(*place) else { continue };
            rows(&payload, block, select, &wanted, &|trace| task.index.knows(trace), &mut |row| self.take(&row));
        }
    }

    fn entrances(&mut self, plan: &Plan, range: &RangeInclusive<i64>, select: &Select) {
        let time_order = time_order(&self.task.spec);
        let newest_first = time_order.unwrap_or(true);
        let wanted = self.task.wanted();
        let (mut after, mut last_s) = (None, f64::NAN);
        loop {
            let batch = self.task.index.entrances(range, newest_first, after, ENTRANCES, |flags| plan.takes(flags));
            let Some((last, _)) = batch.last() else { return };
            after = Some(*last);
            let mut found = self.read(&batch, select, &wanted);
            for (located, _) in &batch {
                let is_enough =
                    time_order.is_some() && self.groups.len() >= self.task.limit && seconds(located.start_ns).total_cmp(&last_s).is_ne();
                if is_enough || self.is_over() {
                    return;
                }
                last_s = seconds(located.start_ns);
                for row in found.remove(&(located.place, located.at)).into_iter().flatten() {
                    self.take(&row);
                }
            }
        }
    }

    /// The rows of these entrances; every payload is read once.
    fn read(&mut self, batch: &[(Located, Block)], select: &Select, wanted: &Wanted) -> HashMap<(Place, u32), Vec<Row>> {
        let mut by_place: HashMap<Place, (Block, HashSet<u32>)> = HashMap::new();
        for (located, block) in batch {
            by_place.entry(located.place).or_insert_with(|| (*block, HashSet::new())).1.insert(located.at);
        }
        let mut found: HashMap<_, Vec<Row>> = HashMap::new();
        for (place, (block, wanted_at)) in by_place {
            if self.is_over() {
                break;
            }
            let Ok(payload) = self.task.reader.read(place) else { continue };
            let knows = |trace| self.task.index.knows(trace);
            entrance_rows(&payload, &block, &wanted_at, select, wanted, &knows, &mut |at, row| {
                found.entry((place, at)).or_default().push(row);
            });
        }
        found
    }

    fn finish(self) -> Result<Value, RunError> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        let results: Vec<Value> = self.groups.into_rows().into_iter().map(|(_, data)| json!({"data": data})).collect();
        let mut steps = self.steps.map(|(_, steps)| steps.into_rows()).unwrap_or_default();
        steps.sort_by_key(|(step_s, _)| *step_s);
        let step = |(step_s, data): (i64, Value)| json!({"time": rfc3339(step_s.saturating_mul(1_000_000_000)), "data": data});
        Ok(json!({"series": steps.into_iter().map(step).collect::<Vec<_>>(), "results": results}))
    }
}

/// Unix seconds as a float, as near as a float comes.
fn seconds(ns: i64) -> f64 {
    ns.div_euclid(1_000_000_000) as f64 + ns.rem_euclid(1_000_000_000) as f64 / 1e9
}
