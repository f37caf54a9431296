//! One condition on a row.

use std::cmp::Ordering;

use serde_json::Value;

use crate::ids;

/// The column whose values have two spellings.
pub const TRACE_ID: &str = "trace.trace_id";

/// The operators of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Equals,
    Exists,
    In,
    Contains,
    StartsWith,
    EndsWith,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Operator {
    /// The operator, and whether the condition is its opposite.
    pub fn read(name: &str) -> Option<(Self, bool)> {
        Some(match name {
            "=" => (Self::Equals, false),
            "!=" => (Self::Equals, true),
            "exists" => (Self::Exists, false),
            "does-not-exist" => (Self::Exists, true),
            "in" => (Self::In, false),
            "not-in" => (Self::In, true),
            "contains" => (Self::Contains, false),
            "does-not-contain" => (Self::Contains, true),
            "starts-with" => (Self::StartsWith, false),
            "does-not-start-with" => (Self::StartsWith, true),
            "ends-with" => (Self::EndsWith, false),
            "does-not-end-with" => (Self::EndsWith, true),
            ">" => (Self::Greater, false),
            ">=" => (Self::GreaterOrEqual, false),
            "<" => (Self::Less, false),
            "<=" => (Self::LessOrEqual, false),
            _ => return None,
        })
    }
}

/// One condition.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Of which column.
    pub column: String,
    /// Which relation.
    pub operator: Operator,
    /// The relation must not hold; a row without the column fulfils that.
    pub negated: bool,
    /// To what; one value unless the operator is `In`.
    pub values: Vec<Value>,
}

impl Filter {
    /// A condition, or what is wrong with its value.
    pub fn new(column: &str, (operator, negated): (Operator, bool), value: Option<&Value>) -> Result<Self, &'static str> {
        let values = match (operator, value) {
            (Operator::Exists, None | Some(Value::Null)) => Vec::new(),
            (Operator::Exists, Some(_)) => return Err("exists and does-not-exist take no value"),
            (Operator::In, Some(Value::Array(values))) if values.iter().all(is_simple) => values.clone(),
            (Operator::In, _) => return Err("in and not-in take an array of text, numbers or booleans"),
            (_, Some(value)) if is_simple(value) => vec![value.clone()],
            _ => return Err("must be text, a number or a boolean"),
        };
        Ok(Self { column: column.to_owned(), operator, negated, values })
    }

    /// Whether a row with this value (or none) in the column fulfils the condition.
    pub fn holds(&self, value: Option<&Value>) -> bool {
        let value = value.filter(|value| !value.is_null());
        let holds = value.is_some_and(|value| match self.operator {
            Operator::Exists => true,
            Operator::Equals | Operator::In => self.values.iter().any(|wanted| equals(&self.column, value, wanted)),
            Operator::Contains => self.is_text(value, |text, wanted| text.contains(wanted)),
            Operator::StartsWith => self.is_text(value, |text, wanted| text.starts_with(wanted)),
            Operator::EndsWith => self.is_text(value, |text, wanted| text.ends_with(wanted)),
            Operator::Greater => self.is_order(value, Ordering::is_gt),
            Operator::GreaterOrEqual => self.is_order(value, Ordering::is_ge),
            Operator::Less => self.is_order(value, Ordering::is_lt),
            Operator::LessOrEqual => self.is_order(value, Ordering::is_le),
        });
        holds != self.negated
    }

    fn is_text(&self, value: &Value, relation: fn(&str, &str) -> bool) -> bool {
        self.values.iter().any(|wanted| relation(&as_text(value), &as_text(wanted)))
    }

    fn is_order(&self, value: &Value, relation: fn(Ordering) -> bool) -> bool {
        self.values.iter().any(|wanted| match (as_number(value), as_number(wanted)) {
            (Some(value), Some(wanted)) => value.partial_cmp(&wanted).is_some_and(relation),
            _ => relation(as_text(value).cmp(&as_text(wanted))),
        })
    }
}

fn is_simple(value: &Value) -> bool {
    matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_))
}

fn equals(column: &str, value: &Value, wanted: &Value) -> bool {
    if value == wanted {
        return true;
    }
    if column == TRACE_ID
        && let (Some(value), Some(wanted)) = (value.as_str().and_then(ids::parse_trace_id), wanted.as_str().and_then(ids::parse_trace_id))
    {
        return value == wanted;
    }
    match (value, wanted) {
        (Value::String(_), Value::String(_)) => false,
        (Value::Number(value), Value::Number(wanted)) => value.as_f64() == wanted.as_f64(),
        // A value of another type is compared as the column's type would show it.
        _ => as_text(value) == as_text(wanted),
    }
}

fn as_text(value: &Value) -> std::borrow::Cow<'_, str> {
    match value {
        Value::String(text) => text.as_str().into(),
        other => other.to_string().into(),
    }
}

fn as_number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}
