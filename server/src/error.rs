//! What stops the program, in words that say what to do.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Every error that ends `throughline`.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// No async runtime.
    #[error("cannot start the runtime: {0}")]
    Runtime(io::Error),
    /// A port is taken, or not ours.
    #[error("cannot listen on {address} ({what}): {error}; choose another address with {flag}")]
    Listen {
        /// What for.
        what: &'static str,
        /// Where.
        address: SocketAddr,
        /// The flag that moves it.
        flag: &'static str,
        /// Why.
        error: io::Error,
    },
    /// Everyone could read everything.
    #[error(
        "refusing to listen on {address}: it is not loopback, and no sign-in is configured, so anyone who reaches the port could read every request; listen on 127.0.0.1 and put a proxy with sign-in before it"
    )]
    Exposed {
        /// Where.
        address: SocketAddr,
    },
    /// The configuration cannot be read.
    #[error("{path}: {message}")]
    Config {
        /// Which file.
        path: PathBuf,
        /// What is wrong and where.
        message: String,
    },
    /// A source cannot be built from its configuration.
    #[error("source {source_name}: {message}")]
    Source {
        /// Which.
        source_name: &'static str,
        /// What is wrong.
        message: String,
    },
    /// No place to keep things.
    #[error("no data directory: set --data-dir or THROUGHLINE_DATA_DIR (neither XDG_DATA_HOME nor HOME is set)")]
    NoDataDirectory,
    /// The store cannot be opened.
    #[error("{0}")]
    Store(String),
    /// The ready file cannot be written.
    #[error("cannot write {path}: {error}")]
    ReadyFile {
        /// Where.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// `demo-clean` did not get through.
    #[error("{0}")]
    DemoClean(String),
}
