//! What Honeycomb would hold: the spans and log records that came over OTLP and the events that came over its own API.
//!
//! One index in memory serves them all; the rows themselves are made from the stored payloads when a query needs them.

mod columns;
mod entries;
mod index;
mod otlp_rows;
mod row;
mod rows;
#[cfg(test)]
mod tests;
mod views;

pub use columns::{Column, Dataset, slug};
pub use entries::{EntranceFlags, Entries, honeycomb, logs, traces};
pub use index::{Block, Index};
pub use row::{Row, Wanted, cut, whole_rate};
pub use rows::{Located, Select, entrance_rows, rows};
pub use views::{HoneycombEvents, OtlpLogs, OtlpTraces};
