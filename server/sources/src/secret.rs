//! Secrets come from the environment or a file, never from the configuration itself.

use crate::ConfigError;
use secrecy::SecretString;
use std::path::Path;

/// The secret in `file` if one is named, else in the environment variable.
pub fn read(variable: &str, file: Option<&Path>, source_name: &'static str) -> Result<SecretString, ConfigError> {
    let text = match file {
        Some(path) => std::fs::read_to_string(path).map_err(|cause| ConfigError::SecretFile {
            path: path.display().to_string(),
            source_name,
            cause,
        })?,
        None => std::env::var(variable).unwrap_or_default(),
    };
    let text = text.trim();
    if text.is_empty() {
        return Err(ConfigError::MissingSecret { variable: variable.to_owned(), source_name });
    }
    Ok(SecretString::from(text))
}
