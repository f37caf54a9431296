//! The four vendors: how each is asked, and what its answers mean. Every folder has the same files:
//! `config client wire convert error retry tests`.
//!
//! Endpoints come from our configuration only, never from variables that are meant for the application beside us.

mod aws;
pub mod cloudwatch;
pub mod failure;
pub mod honeycomb;
mod http;
mod ids;
mod json;
mod meter;
mod progress;
mod retry;
pub mod rollbar;
mod secret;
mod stack;
#[cfg(test)]
mod testing;
pub mod xray;

pub use failure::Failure;

/// Why a source cannot be built from its configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The endpoint is not a plain `http` or `https` URL.
    #[error("the endpoint {endpoint:?} of {source_name} is not an http or https address without credentials, query and fragment")]
    Endpoint {
        /// What was configured, without any credentials it may contain.
        endpoint: String,
        /// Which source.
        source_name: &'static str,
    },
    /// The environment variable that should hold the secret is not set, or is empty.
    #[error("the environment variable {variable} is not set; {source_name} needs its key there")]
    MissingSecret {
        /// The variable.
        variable: String,
        /// Which source.
        source_name: &'static str,
    },
    /// The file that should hold the secret cannot be read.
    #[error("the key file {path} of {source_name} cannot be read")]
    SecretFile {
        /// The file.
        path: String,
        /// Which source.
        source_name: &'static str,
        /// What the operating system says.
        #[source]
        cause: std::io::Error,
    },
    /// The secret contains characters that no header can carry.
    #[error("the key of {source_name} contains characters that cannot be sent in a header")]
    SecretCharacters {
        /// Which source.
        source_name: &'static str,
    },
    /// The HTTP client could not be set up.
    #[error("the HTTP client could not be set up")]
    Client(#[from] reqwest::Error),
}
