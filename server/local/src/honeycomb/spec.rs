//! A query specification, read and checked. What is not supported is refused by name, never ignored.
//!
//! <https://docs.honeycomb.io/api/query-specification/>

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::error::Detail;
use super::filter::{Filter, Operator};

const MAX_PARTS: usize = 100;
/// A window of time if none is given, seconds.
const DEFAULT_RANGE_S: i64 = 7200;

/// What is computed of a group.
#[derive(Debug, Clone, PartialEq)]
pub enum Function {
    Count,
    Sum,
    Avg,
    Min,
    Max,
    CountDistinct,
    /// The share of values below, 0 to 1.
    Percentile(f64),
}

/// One calculation.
#[derive(Debug, Clone)]
pub struct Calculation {
    pub function: Function,
    pub column: Option<String>,
    /// Under which key it stands in a result.
    pub key: String,
}

/// What the rows of a result are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The breakdown of this number.
    Breakdown(usize),
    /// The calculation of this number.
    Calculation(usize),
}

/// One order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    pub by: By,
    pub descending: bool,
}

/// A window of time as it was asked for, unix seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    start: Option<i64>,
    end: Option<i64>,
    range: Option<i64>,
}

impl Window {
    /// Start and end, nanoseconds since 1970; the end does not belong to it.
    pub fn resolve(&self, now_s: i64) -> (i64, i64) {
        let range = self.range.unwrap_or(DEFAULT_RANGE_S);
        let (start, end) = match (self.start, self.end) {
            (Some(start), Some(end)) => (start, end),
            (Some(start), None) => (start, start.saturating_add(range)),
            (None, end) => {
                // An event of this second is in a window that ends now.
                let end = end.unwrap_or(now_s.saturating_add(1));
                (end.saturating_sub(range), end)
            }
        };
        (start.saturating_mul(1_000_000_000), end.saturating_mul(1_000_000_000))
    }
}

/// A query.
#[derive(Debug, Clone)]
pub struct Spec {
    pub calculations: Vec<Calculation>,
    pub filters: Vec<Filter>,
    /// One filter is enough.
    pub any_filter: bool,
    pub breakdowns: Vec<String>,
    pub orders: Vec<Order>,
    pub limit: usize,
    pub window: Window,
    pub granularity_s: Option<i64>,
    /// Names of the columns that are the time of the event, in unix seconds.
    pub timestamps: HashSet<String>,
    /// Sample rates are left aside.
    pub usage_mode: bool,
}

/// Keys of a specification that would change its result and are not supported.
const NOT_SUPPORTED: [&str; 3] = ["havings", "formulas", "compare_time_offset_seconds"];
/// Prefixes that ask for another span of the same trace.
const RELATIONAL: [&str; 7] = ["root.", "parent.", "child.", "any.", "any2.", "any3.", "none."];

impl Spec {
    /// Reads a specification; all that is wrong with it is told at once.
    pub fn read(spec: &Map<String, Value>) -> Result<Self, Vec<Detail>> {
        let mut wrong = Vec::new();
        for key in NOT_SUPPORTED {
            if spec.get(key).is_some_and(|value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty())) {
                wrong.push(Detail::invalid(key, "is not supported by the local services"));
            }
        }
        let timestamps = timestamps(spec, &mut wrong);
        let calculations = calculations(spec, &mut wrong);
        let breakdowns = breakdowns(spec, &mut wrong);
        let filters = filters(spec, &mut wrong);
        let orders = orders(spec, &breakdowns, &calculations, &mut wrong);
        let any_filter = match spec.get("filter_combination").and_then(Value::as_str) {
            None | Some("AND") => false,
            Some("OR") => true,
            Some(_) => {
                wrong.push(Detail::invalid("filter_combination", "must be AND or OR"));
                false
            }
        };
        let limit = integer(spec, "limit", &mut wrong).unwrap_or(100);
        if !(1..=1000).contains(&limit) {
            wrong.push(Detail::invalid("limit", "must be between 1 and 1000"));
        }
        let granularity_s = integer(spec, "granularity", &mut wrong).filter(|seconds| *seconds > 0);
        let window = window(spec, &mut wrong);
        let usage_mode = spec.get("usage_mode").and_then(Value::as_bool).unwrap_or(false);
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let limit = usize::try_from(limit).unwrap_or(1);
        Ok(Self { calculations, filters, any_filter, breakdowns, orders, limit, window, granularity_s, timestamps, usage_mode })
    }
}

fn integer(spec: &Map<String, Value>, key: &str, wrong: &mut Vec<Detail>) -> Option<i64> {
    let value = spec.get(key).filter(|value| !value.is_null())?;
    if value.as_i64().is_none() {
        wrong.push(Detail::incorrect_type(key, "a whole number"));
    }
    value.as_i64()
}

fn window(spec: &Map<String, Value>, wrong: &mut Vec<Detail>) -> Window {
    let [start, end, range] = ["start_time", "end_time", "time_range"].map(|key| integer(spec, key, wrong));
    if start.is_some() && end.is_some() && range.is_some() {
        wrong.push(Detail::invalid("time_range", "give at most two of start_time, end_time and time_range"));
    }
    if start.zip(end).is_some_and(|(start, end)| start >= end) {
        wrong.push(Detail::invalid("start_time", "must be before end_time"));
    }
    if range.is_some_and(|range| range <= 0) {
        wrong.push(Detail::invalid("time_range", "must be more than 0"));
    }
    Window { start, end, range }
}

/// The elements of a list, each with its path.
fn list<'a>(spec: &'a Map<String, Value>, key: &str, wrong: &mut Vec<Detail>) -> Vec<(String, &'a Value)> {
    let list = match spec.get(key) {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(list)) => list,
        Some(_) => {
            wrong.push(Detail::incorrect_type(key, "an array"));
            return Vec::new();
        }
    };
    if list.len() > MAX_PARTS {
        wrong.push(Detail::invalid(key, "has more than 100 elements"));
        return Vec::new();
    }
    list.iter().enumerate().map(|(at, value)| (format!("{key}[{at}]"), value)).collect()
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn check_column(path: &str, column: &str, wrong: &mut Vec<Detail>) {
    if RELATIONAL.iter().any(|prefix| column.starts_with(prefix)) {
        wrong.push(Detail::invalid(path, "relational fields are not supported by the local services"));
    }
}

fn timestamps(spec: &Map<String, Value>, wrong: &mut Vec<Detail>) -> HashSet<String> {
    let mut fields = HashSet::new();
    for (path, field) in list(spec, "calculated_fields", wrong) {
        let Some(name) = text(field, "name") else {
            wrong.push(Detail::missing(format!("{path}.name")));
            continue;
        };
        let expression: String = text(field, "expression").unwrap_or_default().split_whitespace().collect();
        if expression.eq_ignore_ascii_case("EVENT_TIMESTAMP()") {
            fields.insert(name.to_owned());
        } else {
            wrong.push(Detail::invalid(format!("{path}.expression"), "only EVENT_TIMESTAMP() is supported by the local services"));
        }
    }
    fields
}

fn calculations(spec: &Map<String, Value>, wrong: &mut Vec<Detail>) -> Vec<Calculation> {
    let mut calculations = Vec::new();
    for (path, calculation) in list(spec, "calculations", wrong) {
        let Some(op) = text(calculation, "op") else {
            wrong.push(Detail::missing(format!("{path}.op")));
            continue;
        };
        if calculation.get("filters").is_some_and(|filters| !filters.is_null()) {
            wrong.push(Detail::invalid(format!("{path}.filters"), "is not supported by the local services"));
        }
        let Some(function) = function(op) else {
            wrong.push(Detail::invalid(format!("{path}.op"), format!("{op} is not supported by the local services")));
            continue;
        };
        let column = text(calculation, "column").map(str::to_owned);
        if (function == Function::Count) != column.is_none() {
            wrong.push(Detail::invalid(format!("{path}.column"), "COUNT takes no column, every other operation needs one"));
        }
        if let Some(column) = &column {
            check_column(&format!("{path}.column"), column, wrong);
        }
        let key = text(calculation, "name")
            .map_or_else(|| column.as_ref().map_or(op.to_owned(), |column| format!("{op}({column})")), str::to_owned);
        calculations.push(Calculation { function, column, key });
    }
    if calculations.is_empty() && wrong.is_empty() {
        calculations.push(Calculation { function: Function::Count, column: None, key: "COUNT".into() });
    }
    calculations
}

fn function(op: &str) -> Option<Function> {
    Some(match op {
        "COUNT" => Function::Count,
        "SUM" => Function::Sum,
        "AVG" => Function::Avg,
        "MIN" => Function::Min,
        "MAX" => Function::Max,
        "COUNT_DISTINCT" => Function::CountDistinct,
        // P999 is 99.9 %, P05 is 5 %.
        "P001" | "P01" | "P05" | "P10" | "P20" | "P25" | "P50" | "P75" | "P80" | "P90" | "P95" | "P99" | "P999" => {
            Function::Percentile(format!("0.{}", op.trim_start_matches('P')).parse().ok()?)
        }
        _ => return None,
    })
}

fn breakdowns(spec: &Map<String, Value>, wrong: &mut Vec<Detail>) -> Vec<String> {
    let mut breakdowns = Vec::new();
    for (path, breakdown) in list(spec, "breakdowns", wrong) {
        match breakdown.as_str() {
            Some(column) if !column.is_empty() => {
                check_column(&path, column, wrong);
                breakdowns.push(column.to_owned());
            }
            _ => wrong.push(Detail::incorrect_type(path, "the name of a column")),
        }
    }
    breakdowns
}

fn filters(spec: &Map<String, Value>, wrong: &mut Vec<Detail>) -> Vec<Filter> {
    let mut filters = Vec::new();
    for (path, filter) in list(spec, "filters", wrong) {
        let Some(column) = text(filter, "column") else {
            wrong.push(Detail::missing(format!("{path}.column")));
            continue;
        };
        check_column(&format!("{path}.column"), column, wrong);
        let operator = text(filter, "op").and_then(Operator::read);
        let Some(operator) = operator else {
            wrong.push(Detail::invalid(format!("{path}.op"), "is no operator of a filter"));
            continue;
        };
        match Filter::new(column, operator, filter.get("value")) {
            Ok(filter) => filters.push(filter),
            Err(description) => wrong.push(Detail::invalid(format!("{path}.value"), description)),
        }
    }
    filters
}

fn orders(spec: &Map<String, Value>, breakdowns: &[String], calculations: &[Calculation], wrong: &mut Vec<Detail>) -> Vec<Order> {
    let mut orders = Vec::new();
    for (path, order) in list(spec, "orders", wrong) {
        let descending = match text(order, "order") {
            None | Some("ascending") => false,
            Some("descending") => true,
            Some(_) => {
                wrong.push(Detail::invalid(format!("{path}.order"), "must be ascending or descending"));
                continue;
            }
        };
        let (column, op) = (text(order, "column"), text(order, "op"));
        let key = match (op, column) {
            (Some(op), Some(column)) => Some(format!("{op}({column})")),
            (Some(op), None) => Some(op.to_owned()),
            (None, _) => None,
        };
        let by = match &key {
            Some(key) => calculations.iter().position(|calculation| calculation.key == *key).map(By::Calculation),
            None => breakdowns.iter().position(|breakdown| Some(breakdown.as_str()) == column).map(By::Breakdown),
        };
        match by {
            Some(by) => orders.push(Order { by, descending }),
            None => wrong.push(Detail::invalid(path, "must be one of the breakdowns or calculations")),
        }
    }
    if orders.is_empty() && !calculations.is_empty() {
        orders.push(Order { by: By::Calculation(0), descending: true });
    }
    orders
}
