//! Rows in memory, bounded by table.

use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// Rows by table and key, and the order in which they were written.
#[derive(Debug, Default)]
pub struct Rows {
    tables: BTreeMap<String, Contents>,
}

#[derive(Debug, Default)]
struct Contents {
    by_key: HashMap<String, (u64, Value)>,
    /// When written (a count), to key.
    by_age: BTreeMap<u64, String>,
    written: u64,
}

impl Rows {
    /// The value under `key`.
    pub fn get(&self, table: &str, key: &str) -> Option<&Value> {
        self.tables.get(table)?.by_key.get(key).map(|(_, value)| value)
    }

    /// Keeps a row; beyond `max_rows`, the ones written longest ago go.
    pub fn insert(&mut self, table: &str, key: String, value: Value, max_rows: usize) {
        let contents = self.tables.entry(table.to_owned()).or_default();
        contents.written += 1;
        let written = contents.written;
        contents.by_age.insert(written, key.clone());
        if let Some((earlier, _)) = contents.by_key.insert(key, (written, value)) {
            contents.by_age.remove(&earlier);
        }
        while contents.by_key.len() > max_rows {
            let Some((_, oldest)) = contents.by_age.pop_first() else { break };
            contents.by_key.remove(&oldest);
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.tables.values().map(|contents| contents.by_key.len()).sum()
    }

    /// All rows, oldest first within a table.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        self.tables.iter().flat_map(|(table, contents)| {
            contents.by_age.values().filter_map(move |key| {
                let (_, value) = contents.by_key.get(key)?;
                Some((table.as_str(), key.as_str(), value))
            })
        })
    }
}
