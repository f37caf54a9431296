//! One row of Honeycomb: a flat event with its time and its sample rate.

use std::collections::HashSet;

use crate::ids;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use serde_json::{Map, Number, Value};

/// Nested attributes are flattened this deep; what lies deeper becomes JSON text.
pub const MAX_FLATTEN_DEPTH: u32 = 5;

/// Longest text a field may hold.
const MAX_TEXT_BYTES: usize = 65_535;

/// Which columns a reader wants; rows are made with no others.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// Every column.
    #[cfg(test)]
    All,
    /// These.
    Only(HashSet<String>),
}

impl Wanted {
    /// Whether a column is wanted.
    pub fn has(&self, column: &str) -> bool {
        match self {
            #[cfg(test)]
            Self::All => true,
            Self::Only(columns) => columns.contains(column),
        }
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Nanoseconds since 1970.
    pub time_ns: i64,
    /// How many events this one stands for.
    pub sample_rate: u32,
    /// Values by column: text, numbers, booleans.
    pub fields: Map<String, Value>,
    /// Carries the mark of sample data itself.
    pub is_demo: bool,
}

/// Puts fields into a row, those that are wanted.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    wanted: &'a Wanted,
    /// What was put so far.
    pub map: Map<String, Value>,
    rates: [Option<Value>; 2],
    /// The mark of sample data was among them.
    pub is_demo: bool,
}

impl<'a> Fields<'a> {
    /// An empty row.
    pub fn new(wanted: &'a Wanted) -> Self {
        Self { wanted, map: Map::new(), rates: [None, None], is_demo: false }
    }

    /// Puts a field, in place of one of that name.
    pub fn put(&mut self, column: &str, value: impl Into<Value>) {
        if self.wanted.has(column) {
            self.map.insert(column.to_owned(), value.into());
        }
    }

    /// Puts text, cut to what a field may hold.
    pub fn text(&mut self, column: &str, text: &str) {
        if self.wanted.has(column) {
            self.map.insert(column.to_owned(), cut(text).into());
        }
    }

    /// Puts all fields of another row.
    pub fn extend(&mut self, other: &Fields<'_>) {
        self.map.extend(other.map.iter().map(|(column, value)| (column.clone(), value.clone())));
        for (rate, other) in self.rates.iter_mut().zip(&other.rates) {
            if other.is_some() {
                rate.clone_from(other);
            }
        }
        self.is_demo |= other.is_demo;
    }

    /// Puts attributes, flattened; an empty key or a missing value is left out.
    pub fn attributes(&mut self, attributes: &[KeyValue]) {
        for attribute in attributes.iter().filter(|attribute| !attribute.key.is_empty()) {
            if let Some(value) = &attribute.value {
                self.attribute(&attribute.key, value, 0);
            }
        }
    }

    /// Puts one attribute.
    pub fn attribute(&mut self, column: &str, value: &AnyValue, depth: u32) {
        let Some(value) = &value.value else { return };
        match column {
            "sampleRate" => {
                self.rates[0] = Some(simple(value));
                return;
            }
            "SampleRate" => {
                self.rates[1] = Some(simple(value));
                return;
            }
            crate::store::DEMO_MARK => self.is_demo |= !matches!(value, Any::BoolValue(false)),
            _ => {}
        }
        match value {
            Any::KvlistValue(list) => {
                for entry in &list.values {
                    let Some(inner) = &entry.value else { continue };
                    let column = format!("{column}.{}", entry.key);
                    if depth < MAX_FLATTEN_DEPTH {
                        self.attribute(&column, inner, depth + 1);
                    } else if self.wanted.has(&column) {
                        self.text(&column, &json_text(inner.value.as_ref()));
                    }
                }
            }
            _ if !self.wanted.has(column) => {}
            Any::StringValue(text) => self.text(column, text),
            Any::ArrayValue(_) | Any::BytesValue(_) => self.text(column, &json_text(Some(value))),
            other => self.put(column, simple(other)),
        }
    }

    /// The sample rate that the attributes say, else what the W3C trace state says, else 1.
    pub fn sample_rate(&self, trace_state: &str) -> u32 {
        let said = self.rates.iter().flatten().next();
        let rate = match said {
            Some(Value::Number(number)) => number.as_f64(),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(_) => None,
            None => rate_of_trace_state(trace_state),
        };
        rate.map_or(1, whole_rate)
    }

    /// The row.
    pub fn into_row(self, time_ns: i64, sample_rate: u32) -> Row {
        Row { time_ns, sample_rate, fields: self.map, is_demo: self.is_demo }
    }
}

/// A sample rate as Honeycomb keeps it: rounded, at least 1.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "held within the range of u32 before")]
pub fn whole_rate(rate: f64) -> u32 {
    if rate.is_finite() { rate.round().clamp(1.0, f64::from(i32::MAX)) as u32 } else { 1 }
}

/// `ot=th:c` says that of 2^56 random values those below the threshold (hex, zeros to the right left out) were not kept.
/// <https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/>
fn rate_of_trace_state(trace_state: &str) -> Option<f64> {
    let ot = trace_state.split(',').find_map(|member| member.trim().strip_prefix("ot="))?;
    let threshold = ot.split(';').find_map(|part| part.strip_prefix("th:"))?;
    if threshold.is_empty() || threshold.len() > 14 || !threshold.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let threshold = u64::from_str_radix(&format!("{threshold:0<14}"), 16).ok()?;
    let all = (1_u64 << 56) as f64;
    Some(all / (all - threshold as f64))
}

/// Text cut to what a field may hold.
pub fn cut(text: &str) -> &str {
    if text.len() <= MAX_TEXT_BYTES { text } else { text.get(..text.floor_char_boundary(MAX_TEXT_BYTES)).unwrap_or_default() }
}

fn simple(value: &Any) -> Value {
    match value {
        Any::StringValue(text) => text.as_str().into(),
        Any::BoolValue(value) => (*value).into(),
        Any::IntValue(value) => (*value).into(),
        Any::DoubleValue(value) => Number::from_f64(*value).map_or_else(|| value.to_string().into(), Value::Number),
        Any::BytesValue(bytes) => ids::base64(bytes).into(),
        Any::ArrayValue(list) => list.values.iter().map(|value| value.value.as_ref().map_or(Value::Null, simple)).collect(),
        Any::KvlistValue(list) => {
            let mut entries: Vec<_> = list
                .values
                .iter()
                .map(|entry| (entry.key.clone(), entry.value.as_ref().and_then(|value| value.value.as_ref()).map_or(Value::Null, simple)))
                .collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect())
        }
        Any::StringValueStrindex(_) => Value::Null,
    }
}

/// JSON text as Go's encoder writes it, with its line feed and its care for HTML, because that is what Honeycomb holds.
pub fn json_text(value: Option<&Any>) -> String {
    let value = value.map_or(Value::Null, simple);
    let text = serde_json::to_string(&value).unwrap_or_default();
    let mut escaped = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("\\u003c"),
            '>' => escaped.push_str("\\u003e"),
            '&' => escaped.push_str("\\u0026"),
            '\u{2028}' => escaped.push_str("\\u2028"),
            '\u{2029}' => escaped.push_str("\\u2029"),
            c => escaped.push(c),
        }
    }
    escaped.push('\n');
    escaped
}
