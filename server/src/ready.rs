//! The ready file: the addresses, once everything listens.

use crate::error::ServerError;
use serde::Serialize;
use std::net::SocketAddr;
use std::path::Path;

/// Where everything listens; `None` for local services that are off.
#[derive(Debug, Clone, Serialize)]
pub struct Ready {
    /// The dashboard: `http://127.0.0.1:3000`.
    pub ui: String,
    /// The local services over HTTP.
    pub local_http: Option<String>,
    /// OTLP/gRPC.
    pub local_otlp_grpc: Option<String>,
    /// The X-Ray daemon, UDP and TCP: `127.0.0.1:2000`.
    pub local_xray: Option<String>,
}

/// `http://` and the address.
pub fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}

/// Writes the file whole: a reader sees nothing or all of it.
pub fn write(path: &Path, ready: &Ready) -> Result<(), ServerError> {
    let failed = |error| ServerError::ReadyFile { path: path.to_owned(), error };
    let text = serde_json::to_string(ready).map_err(|error| failed(error.into()))?;
    let partial = path.with_extension("partial");
    std::fs::write(&partial, text).map_err(failed)?;
    std::fs::rename(&partial, path).map_err(failed)
}
