//! `throughline.toml`. Every key has a default; an unknown key is an error that names the known ones. Secrets come by environment or file.

use crate::error::ServerError;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The vendors to ask; with none at all, the local services stand for all four.
    pub sources: Sources,
    /// The embedded services.
    pub local: LocalServices,
    /// Further names under which this server may be asked, beside the loopback names.
    pub allowed_hosts: Vec<String>,
}

/// The `[[sources.…]]` tables: several of one vendor are several accounts, regions or projects.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sources {
    /// AWS X-Ray.
    pub xray: Vec<sources::xray::Config>,
    /// Amazon CloudWatch Logs.
    pub cloudwatch: Vec<sources::cloudwatch::Config>,
    /// Honeycomb.
    pub honeycomb: Vec<sources::honeycomb::Config>,
    /// Rollbar.
    pub rollbar: Vec<sources::rollbar::Config>,
}

/// The `[local]` table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LocalServices {
    /// Keep them as sources beside the configured ones.
    pub keep: bool,
    /// How long they keep what they receive, in days since its arrival.
    pub retention_days: u32,
    /// How much they keep, in MB; the oldest goes first.
    pub retention_mb: u64,
}

impl Default for LocalServices {
    fn default() -> Self {
        Self { keep: false, retention_days: 30, retention_mb: 4_096 }
    }
}

impl Sources {
    /// Whether nothing is configured.
    pub fn is_empty(&self) -> bool {
        self.xray.is_empty() && self.cloudwatch.is_empty() && self.honeycomb.is_empty() && self.rollbar.is_empty()
    }

    /// The local services at `endpoint`, in addition.
    pub fn add_local(&mut self, endpoint: &str) {
        self.xray.push(sources::xray::Config::local(endpoint));
        self.cloudwatch.push(sources::cloudwatch::Config::local(endpoint));
        self.honeycomb.push(sources::honeycomb::Config::local(endpoint));
        self.rollbar.push(sources::rollbar::Config::local(endpoint));
    }
}

/// Reads the file, or the defaults without one.
pub fn load(path: Option<&Path>) -> Result<Config, ServerError> {
    let Some(path) = path else { return Ok(Config::default()) };
    let failed = |message: String| ServerError::Config { path: path.to_owned(), message };
    let text = std::fs::read_to_string(path).map_err(|error| failed(format!("cannot be read: {error}")))?;
    toml::from_str(&text).map_err(|error| failed(error.to_string()))
}

/// Where things are kept: as told, else the user's data directory (XDG).
pub fn data_directory(told: Option<PathBuf>) -> Result<PathBuf, ServerError> {
    let user = || {
        let shared = std::env::var_os("XDG_DATA_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
        shared.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/share"))).map(|base| base.join("throughline"))
    };
    told.or_else(user).ok_or(ServerError::NoDataDirectory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_example_is_valid() {
        let config: Config = toml::from_str(
            r#"
            allowed_hosts = ["dash.example"]
            [[sources.xray]]
            region = "eu-central-1"
            [[sources.cloudwatch]]
            region = "eu-central-1"
            groups = { "backend-flask" = ["/cruddur/backend"] }
            [[sources.honeycomb]]
            key_env = "HONEYCOMB_API_KEY"
            [[sources.rollbar]]
            token_env = "ROLLBAR_READ_TOKEN"
            [local]
            keep = false
            "#,
        )
        .unwrap();
        assert_eq!(config.sources.xray.len(), 1);
        assert!(!config.sources.is_empty());
    }

    #[test]
    fn a_misspelt_key_is_named() {
        let error = toml::from_str::<Config>("[local]\nkept = true").unwrap_err().to_string();
        assert!(error.contains("kept") && error.contains("keep"), "{error}");
    }

    #[test]
    fn nothing_configured_means_the_local_services() {
        let mut config = Config::default();
        assert!(config.sources.is_empty());
        config.sources.add_local("http://127.0.0.1:4318");
        assert_eq!(config.sources.rollbar.len(), 1);
    }
}
