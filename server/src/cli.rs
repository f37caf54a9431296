//! The command line.

use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;

/// One request on one timeline: traces, logs and errors from AWS X-Ray, CloudWatch Logs, Honeycomb and Rollbar.
#[derive(Debug, Parser)]
#[command(name = "throughline", version, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the dashboard, and the embedded local services unless told otherwise.
    Serve(Box<Serve>),
    /// Remove the sample traffic from the local services of a running `throughline serve`.
    DemoClean(DemoClean),
}

/// The arguments of `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where the dashboard listens; port 0 picks a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,
    /// The configuration; without it all four sources read the local services.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where the local services and the product keep what they hold [default: the user's data directory].
    #[arg(long, value_name = "DIR", env = "THROUGHLINE_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Send sample traffic through the local services.
    #[arg(long)]
    pub demo: bool,
    /// Where the local services take OTLP/HTTP, the AWS APIs, Honeycomb and Rollbar.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4318")]
    pub local_http: SocketAddr,
    /// Where they take OTLP/gRPC.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4317")]
    pub local_otlp_grpc: SocketAddr,
    /// Where they stand in for the X-Ray daemon, UDP and TCP.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:2000")]
    pub local_xray: SocketAddr,
    /// Do not start the local services.
    #[arg(long, conflicts_with = "demo")]
    pub no_local: bool,
    /// Write the addresses here, as JSON, once every listener accepts.
    #[arg(long, value_name = "PATH")]
    pub ready_file: Option<PathBuf>,
}

/// The arguments of `demo-clean`.
#[derive(Debug, Args)]
pub struct DemoClean {
    /// The HTTP address of the local services.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4318")]
    pub local_http: SocketAddr,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_defaults_are_the_ports_the_sdks_use() {
        let cli = Cli::parse_from(["throughline", "serve"]);
        let Command::Serve(serve) = cli.command else { panic!("serve expected") };
        assert_eq!(serve.listen.to_string(), "127.0.0.1:3000");
        assert_eq!(serve.local_http.port(), 4318);
        assert_eq!(serve.local_otlp_grpc.port(), 4317);
        assert_eq!(serve.local_xray.port(), 2000);
        assert!(!serve.demo);
    }

    #[test]
    fn demo_needs_the_local_services() {
        assert!(Cli::try_parse_from(["throughline", "serve", "--demo", "--no-local"]).is_err());
    }
}
