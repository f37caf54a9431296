//! Asks every source at the same time, and makes one request of what comes back.

pub mod source;

pub use source::{Check, Cost, Found, Lookup, SearchPage, SearchQuery, Source};
