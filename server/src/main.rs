//! `throughline`: one request on one timeline.
#![recursion_limit = "512"]

use clap::Parser;
use server::cli::{Cli, Command};
use std::process::ExitCode;

fn main() -> ExitCode {
    server::logging::start();
    let cli = Cli::parse();
    // Server rendering blocks a worker now and then (leptos #4647), so there are never fewer than four.
    let workers = std::thread::available_parallelism().map_or(4, |cores| cores.get().max(4));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(async {
            match cli.command {
                Command::Serve(arguments) => server::run(*arguments).await,
                Command::DemoClean(arguments) => server::demo_clean::run(&arguments).await,
            }
        }),
        Err(error) => Err(server::error::ServerError::Runtime(error)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("throughline: {error}");
            ExitCode::FAILURE
        }
    }
}
