//! Asks every source at the same time, and makes one request of what comes back.

pub mod engine;
pub mod hooks;
pub mod settings;
pub mod source;

mod breaker;
mod collect;
mod core;
mod cursor;
mod deadline;
mod entry;
mod flight;
mod hints;
mod learned;
mod list;
mod merge_list;
mod metrics;
mod revisions;
mod round;
mod search;
mod shelf;
mod sources_report;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod verdicts;

pub use engine::Engine;
pub use hooks::{Clock, Hooks, SystemClock};
pub use settings::Settings;
pub use source::{Check, Cost, Found, Lookup, SearchPage, SearchQuery, Source};
