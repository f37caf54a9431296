//! Our own log: to standard error, by `THROUGHLINE_LOG` (as `info` or `server=debug`).

use tracing_subscriber::EnvFilter;

/// Starts it. Does nothing if a subscriber is there already.
pub fn start() {
    let filter = EnvFilter::try_from_env("THROUGHLINE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_target(false).with_writer(std::io::stderr).try_init();
}
