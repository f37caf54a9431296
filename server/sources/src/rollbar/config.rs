//! The part of `throughline.toml` about Rollbar.

use serde::Deserialize;
use std::path::PathBuf;

/// One `[[sources.rollbar]]`: one project, by a token with the scope `read`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The environment variable with the token.
    pub token_env: String,
    /// A file with the token, instead of the variable.
    pub token_file: Option<PathBuf>,
    /// `https://api.rollbar.com`.
    pub endpoint: String,
    /// What this project is called on our pages, where there are several.
    pub project: Option<String>,
    /// How long one search may take.
    pub deadline_ms: Option<u64>,
    /// The embedded services: no token.
    #[serde(skip)]
    pub local: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            token_env: "ROLLBAR_READ_TOKEN".to_owned(),
            token_file: None,
            endpoint: "https://api.rollbar.com".to_owned(),
            project: None,
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
