//! What `/sources` shows.

use model::{Source, State};
use serde::{Deserialize, Serialize};

/// Everything about the sources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourcesReport {
    /// One for each configured source (several of one vendor with several accounts or regions), in order of display.
    pub sources: Vec<SourceReport>,
    /// The embedded services; `None` when they are off.
    pub local: Option<LocalReport>,
}

/// One configured source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceReport {
    /// The vendor.
    pub source: Source,
    /// Which of several: region, account, project; empty when there is one.
    pub instance: String,
    /// Where it is asked. Never contains credentials.
    pub endpoint: String,
    /// `found`: reachable and allowed. `partial`: something is not allowed. `failed`: unreachable or refused. `not_searched`: not configured.
    pub state: State,
    /// In words.
    pub why: String,
    /// What to do about it; empty when nothing.
    pub next_step: String,
    /// The route in use: for Honeycomb the rung of its ladder, for X-Ray classic or Transaction Search.
    pub route: String,
    /// One by one, what the credentials allow.
    pub permissions: Vec<Permission>,
    /// What was used since the start: calls, rows, bytes.
    pub counters: Vec<Counter>,
}

/// One thing the credentials may or may not do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// As the vendor names it: `xray:BatchGetTraces`.
    pub name: String,
    /// `None`: could not be found out.
    pub allowed: Option<bool>,
    /// The vendor's own message when it is not.
    pub note: String,
}

/// A number with a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counter {
    /// What is counted.
    pub name: String,
    /// How many.
    pub value: u64,
    /// `bytes` is shown in units; anything else as it stands.
    pub unit: String,
}

/// The embedded services.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalReport {
    /// `http://127.0.0.1:4318`.
    pub http: String,
    /// `http://127.0.0.1:4317`.
    pub otlp_grpc: String,
    /// `127.0.0.1:2000`.
    pub xray: String,
    /// Received, kept, dropped, refused, by kind.
    pub counters: Vec<Counter>,
    /// How many traces of sample traffic it holds.
    pub sample_traces: u64,
}
