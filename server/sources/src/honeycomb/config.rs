//! The part of `throughline.toml` about Honeycomb.

use serde::Deserialize;
use std::path::PathBuf;

/// One `[[sources.honeycomb]]`: one environment (or one dataset) behind one Configuration key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The environment variable with the Configuration key.
    pub key_env: String,
    /// A file with the key, instead of the variable.
    pub key_file: Option<PathBuf>,
    /// `https://api.honeycomb.io`, or `https://api.eu1.honeycomb.io`.
    pub endpoint: String,
    /// Where people look at traces, for links.
    pub ui: String,
    /// One dataset; all of the environment if absent (not possible with Classic keys).
    pub dataset: Option<String>,
    /// The team's slug, for links; asked from Honeycomb if absent.
    pub team: Option<String>,
    /// The environment's slug, for links; asked from Honeycomb if absent.
    pub environment: Option<String>,
    /// How long one search may take.
    pub deadline_ms: Option<u64>,
    /// The embedded services: no key, no limits of rate or age.
    #[serde(skip)]
    pub local: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            key_env: "HONEYCOMB_API_KEY".to_owned(),
            key_file: None,
            endpoint: "https://api.honeycomb.io".to_owned(),
            ui: "https://ui.honeycomb.io".to_owned(),
            dataset: None,
            team: None,
            environment: None,
            deadline_ms: None,
            local: false,
        }
    }
}

impl Config {
    /// The embedded services at `endpoint`.
    pub fn local(endpoint: impl Into<String>) -> Self {
        Self { endpoint: endpoint.into(), local: true, ..Self::default() }
    }
}
