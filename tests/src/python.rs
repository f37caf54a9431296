//! The vendors' own SDKs, in the virtual environment that `make test` activates.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::{Child, Command};

/// The folder `tests/` of the checkout.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Runs a script to its end; its standard output. Panics with everything it printed if it fails.
pub async fn run(script: &str, arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let output = command(&folder().join(script), arguments, environment).output().await.expect("python3 starts");
    let (out, err) = (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script} failed ({}):\n{out}\n{err}", output.status);
    out
}

/// Starts a script that keeps running; killed when dropped. What it prints is shown where `THROUGHLINE_LOG` is set.
pub fn start(script: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Child {
    let mut command = command(&folder().join(script), arguments, environment);
    if std::env::var_os("THROUGHLINE_LOG").is_none() {
        command.stderr(Stdio::null());
    }
    command.stdout(Stdio::null()).spawn().expect("python3 starts")
}

fn command(script: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new("python3");
    command.arg(script).args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    if let Some(parent) = script.parent() {
        command.current_dir(parent);
    }
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("AWS_EC2_METADATA_DISABLED", "true").env("NO_PROXY", "*");
    command
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_DEFAULT_REGION", "us-east-1");
    command.envs(environment.iter().copied());
    command
}
