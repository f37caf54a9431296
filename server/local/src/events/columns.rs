//! Which datasets and columns there are.

use std::collections::{BTreeMap, HashMap};

use crate::otlp::walk;
use crate::otlp::wire::{Fields, Value};

/// Columns a dataset remembers; further ones can be queried but are not listed.
const MAX_COLUMNS: usize = 5_000;
/// Datasets that are remembered.
const MAX_DATASETS: usize = 2_000;
/// Longest name of a column that is remembered.
const MAX_NAME_BYTES: usize = 255;

/// A column's type, as it was first seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// Text, and what is kept as JSON text.
    String,
    /// Whole numbers.
    Integer,
    /// Other numbers.
    Float,
    /// True or false.
    Boolean,
}

impl ColumnType {
    /// The vendor's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Float => "float",
            Self::Boolean => "boolean",
        }
    }
}

/// One column of a dataset.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its type, as first seen.
    pub kind: ColumnType,
    /// Arrival of the first row with it.
    pub created_ms: i64,
    /// Arrival of the last.
    pub written_ms: i64,
}

/// One dataset.
#[derive(Debug, Clone, Default)]
pub struct Dataset {
    /// As its sender wrote it; the slug is the key it is kept under.
    pub name: String,
    /// Arrival of the first row.
    pub created_ms: i64,
    /// Arrival of the last.
    pub written_ms: i64,
    /// By name.
    pub columns: BTreeMap<Box<str>, Column>,
}

/// The slug of a dataset: lower case, everything but letters, digits, `_`, `.` and `~` becomes `-`.
pub fn slug(name: &str) -> String {
    let keep = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '~');
    name.chars().map(|c| if keep(c) { c.to_ascii_lowercase() } else { '-' }).collect()
}

/// Columns with their types.
pub type Columns = Vec<(Box<str>, ColumnType)>;

/// The columns that one payload brings for one dataset.
#[derive(Debug, Default)]
pub struct Seen<'a> {
    columns: HashMap<std::borrow::Cow<'a, str>, ColumnType>,
    last: Vec<&'a str>,
    at: usize,
}

impl<'a> Seen<'a> {
    /// Notes an attribute (`KeyValue` of OTLP, checked before).
    pub fn attribute(&mut self, attribute: &'a [u8]) {
        let (key, value) = walk::key_and_value(attribute);
        // Neighbouring spans mostly carry the same keys in the same order.
        let at = self.at;
        self.at += 1;
        if self.last.get(at) == Some(&key) {
            return;
        }
        match self.last.get_mut(at) {
            Some(last) => *last = key,
            None if at < 64 => self.last.push(key),
            None => {}
        }
        if !self.columns.contains_key(key) {
            self.value(key.into(), value, 0);
        }
    }

    /// The next attributes belong to another row.
    pub fn next_row(&mut self) {
        self.at = 0;
    }

    fn value(&mut self, key: std::borrow::Cow<'a, str>, value: &'a [u8], depth: u32) {
        let Some(Ok((number, content))) = Fields::new(value).last() else { return };
        let kind = match (number, content) {
            (2, _) => ColumnType::Boolean,
            (3, _) => ColumnType::Integer,
            (4, _) => ColumnType::Float,
            (6, Value::Bytes(list)) if depth <= super::row::MAX_FLATTEN_DEPTH => {
                for entry in walk::attributes(list, 1) {
                    let (inner, value) = walk::key_and_value(entry);
                    self.value(format!("{key}.{inner}").into(), value, depth + 1);
                }
                return;
            }
            _ => ColumnType::String,
        };
        self.column(key, kind);
    }

    /// Notes a column.
    pub fn column(&mut self, key: std::borrow::Cow<'a, str>, kind: ColumnType) {
        if !key.is_empty() && key.len() <= MAX_NAME_BYTES && self.columns.len() < MAX_COLUMNS {
            self.columns.entry(key).or_insert(kind);
        }
    }

    /// What was noted.
    pub fn into_columns(self) -> Columns {
        self.columns.into_iter().map(|(key, kind)| (key.into(), kind)).collect()
    }
}

/// All datasets, by slug.
#[derive(Debug, Default)]
pub struct Datasets(BTreeMap<String, Dataset>);

impl Datasets {
    /// Adds what a payload brought for one dataset.
    pub fn add(&mut self, name: &str, columns: Columns, arrival_ms: i64) {
        let slug = slug(name);
        if self.0.len() >= MAX_DATASETS && !self.0.contains_key(&slug) {
            return;
        }
        let dataset = self.0.entry(slug).or_insert_with(|| Dataset { name: name.to_owned(), created_ms: arrival_ms, ..Dataset::default() });
        dataset.written_ms = dataset.written_ms.max(arrival_ms);
        for (key, kind) in columns {
            if let Some(column) = dataset.columns.get_mut(&key) {
                column.written_ms = column.written_ms.max(arrival_ms);
            } else if dataset.columns.len() < MAX_COLUMNS {
                dataset.columns.insert(key, Column { kind, created_ms: arrival_ms, written_ms: arrival_ms });
            }
        }
    }

    /// By slug.
    pub fn get(&self, slug: &str) -> Option<&Dataset> {
        self.0.get(slug)
    }

    /// With their slugs.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Dataset)> {
        self.0.iter()
    }
}
