//! Rows into groups, groups into result rows.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use serde_json::{Map, Number, Value};

use super::spec::{By, Function, Spec};

/// More groups than this are an error, unless the order allows to forget those that cannot be among the first.
const MAX_GROUPS: usize = 100_000;
/// More values than this for one percentile or distinct count are an error.
const MAX_VALUES: usize = 1_000_000;

/// A query that would need too much memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the query has too many groups or values; narrow the time range or the filters")]
pub struct TooMany;

enum Cell {
    Count(u64),
    Sum(f64),
    Avg { sum: f64, weight: f64 },
    Min(Option<f64>),
    Max(Option<f64>),
    Distinct(HashSet<String>),
    Values(Vec<(f64, f64)>),
}

/// One group.
pub struct Group {
    /// Start of the step of time, seconds; 0 if there are none.
    pub step_s: i64,
    values: Vec<Option<Value>>,
    cells: Vec<Cell>,
}

/// The groups so far.
pub struct Groups<'a> {
    spec: &'a Spec,
    limit: usize,
    by_key: HashMap<String, usize>,
    list: Vec<Group>,
    may_forget: bool,
}

impl<'a> Groups<'a> {
    /// No groups. `limit` is how many will be asked for; `steps` whether groups are also apart by time.
    pub fn new(spec: &'a Spec, limit: usize, steps: bool) -> Self {
        let may_forget = !steps && spec.orders.iter().all(|order| matches!(order.by, By::Breakdown(_)));
        let mut groups = Self { spec, limit, by_key: HashMap::new(), list: Vec::new(), may_forget };
        if spec.breakdowns.is_empty() && !steps {
            // Without breakdowns there is one row, also if nothing was found.
            groups.group(0, Vec::new());
        }
        groups
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    fn group(&mut self, step_s: i64, values: Vec<Option<Value>>) -> Option<&mut Group> {
        let key = key(step_s, &values);
        let at = *self.by_key.entry(key).or_insert(self.list.len());
        if at == self.list.len() {
            let cells = self.spec.calculations.iter().map(|calculation| Cell::new(&calculation.function)).collect();
            self.list.push(Group { step_s, values, cells });
        }
        self.list.get_mut(at)
    }

    /// Adds a row. `value` looks up a column of it.
    pub fn add<'v>(
        &mut self,
        step_s: i64,
        weight: u32,
        value: impl Fn(&str) -> Option<std::borrow::Cow<'v, Value>>,
    ) -> Result<(), TooMany> {
        let spec = self.spec;
        let values = spec.breakdowns.iter().map(|column| value(column).map(std::borrow::Cow::into_owned)).collect();
        if let Some(group) = self.group(step_s, values) {
            for (cell, calculation) in group.cells.iter_mut().zip(&spec.calculations) {
                let value = calculation.column.as_deref().and_then(&value);
                cell.add(value.as_deref(), weight)?;
            }
        }
        if self.list.len() <= MAX_GROUPS.max(2 * self.limit) && !(self.may_forget && self.list.len() > 4 * self.limit.max(1_000)) {
            return Ok(());
        }
        if !self.may_forget {
            return Err(TooMany);
        }
        self.forget_last();
        Ok(())
    }

    /// Forgets groups beyond the limit. Right because a key that comes again will be beyond the limit again.
    fn forget_last(&mut self) {
        let list = std::mem::take(&mut self.list);
        self.by_key.clear();
        for group in self.sorted(list) {
            let key = key(group.step_s, &group.values);
            self.by_key.insert(key, self.list.len());
            self.list.push(group);
        }
    }

    fn sorted(&self, mut list: Vec<Group>) -> Vec<Group> {
        list.sort_by(|a, b| {
            let order = |order: &super::spec::Order| {
                let (a, b) = match order.by {
                    By::Breakdown(at) => (a.values.get(at).cloned().flatten(), b.values.get(at).cloned().flatten()),
                    By::Calculation(at) => (a.cells.get(at).and_then(Cell::value), b.cells.get(at).and_then(Cell::value)),
                };
                compare(a.as_ref(), b.as_ref(), order.descending)
            };
            self.spec.orders.iter().map(order).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        });
        list.truncate(self.limit);
        list
    }

    /// The rows of the result, in order, with the step of time each belongs to.
    pub fn into_rows(mut self) -> Vec<(i64, Value)> {
        let list = std::mem::take(&mut self.list);
        self.sorted(list).into_iter().map(|group| (group.step_s, self.row(group))).collect()
    }

    fn row(&self, group: Group) -> Value {
        let breakdowns = self.spec.breakdowns.iter().cloned().zip(group.values).filter_map(|(column, value)| Some((column, value?)));
        let cells = self.spec.calculations.iter().zip(&group.cells);
        let cells = cells.map(|(calculation, cell)| (calculation.key.clone(), cell.value().unwrap_or(Value::Null)));
        Value::Object(breakdowns.chain(cells).collect::<Map<_, _>>())
    }
}

/// What tells groups apart.
fn key(step_s: i64, values: &[Option<Value>]) -> String {
    let values: Value = values.iter().map(|value| value.clone().unwrap_or(Value::Null)).collect();
    format!("{step_s}{values}")
}

/// Numbers before text, and what is absent last whichever way.
fn compare(a: Option<&Value>, b: Option<&Value>, descending: bool) -> Ordering {
    let order = match (a, b) {
        (None, None) => return Ordering::Equal,
        (None, Some(_)) => return Ordering::Greater,
        (Some(_), None) => return Ordering::Less,
        (Some(Value::Number(a)), Some(Value::Number(b))) => a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal),
        (Some(Value::String(a)), Some(Value::String(b))) => a.cmp(b),
        (Some(Value::Bool(a)), Some(Value::Bool(b))) => a.cmp(b),
        (Some(a), Some(b)) => rank(a).cmp(&rank(b)),
    };
    if descending { order.reverse() } else { order }
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Bool(_) => 0,
        Value::Number(_) => 1,
        _ => 2,
    }
}

impl Cell {
    fn new(function: &Function) -> Self {
        match function {
            Function::Count => Self::Count(0),
            Function::Sum => Self::Sum(0.0),
            Function::Avg => Self::Avg { sum: 0.0, weight: 0.0 },
            Function::Min => Self::Min(None),
            Function::Max => Self::Max(None),
            Function::CountDistinct => Self::Distinct(HashSet::new()),
            Function::Percentile(share) => Self::Values(vec![(*share, 0.0)]),
        }
    }

    fn add(&mut self, value: Option<&Value>, row_weight: u32) -> Result<(), TooMany> {
        let number = value.and_then(Value::as_f64);
        let row_weight_f = f64::from(row_weight);
        match self {
            Self::Count(count) => *count += u64::from(row_weight),
            Self::Sum(sum) => *sum += number.unwrap_or(0.0) * row_weight_f,
            Self::Avg { sum, weight } => {
                if let Some(number) = number {
                    *sum += number * row_weight_f;
                    *weight += row_weight_f;
                }
            }
            Self::Min(least) => *least = [*least, number].into_iter().flatten().reduce(f64::min),
            Self::Max(most) => *most = [*most, number].into_iter().flatten().reduce(f64::max),
            Self::Distinct(seen) => {
                if let Some(value) = value {
                    seen.insert(value.to_string());
                }
                if seen.len() > MAX_VALUES {
                    return Err(TooMany);
                }
            }
            Self::Values(values) => {
                values.extend(number.map(|number| (number, row_weight_f)));
                if values.len() > MAX_VALUES {
                    return Err(TooMany);
                }
            }
        }
        Ok(())
    }

    fn value(&self) -> Option<Value> {
        let number = |number: f64| Number::from_f64(number).map(Value::Number);
        match self {
            Self::Count(count) => Some((*count).into()),
            Self::Sum(sum) => number(*sum),
            Self::Avg { sum, weight } => number(sum / weight),
            Self::Min(value) | Self::Max(value) => value.and_then(number),
            Self::Distinct(seen) => Some(seen.len().into()),
            Self::Values(values) => percentile(values).and_then(number),
        }
    }
}

/// The smallest value that at least the share of the weight does not exceed. The first element holds the share.
fn percentile(values: &[(f64, f64)]) -> Option<f64> {
    let ((share, _), values) = values.split_first()?;
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let wanted = sorted.iter().map(|(_, weight)| weight).sum::<f64>() * share;
    let mut below = 0.0;
    let found = sorted.iter().find(|(_, weight)| {
        below += weight;
        below >= wanted
    });
    found.or(sorted.last()).map(|(value, _)| *value)
}
