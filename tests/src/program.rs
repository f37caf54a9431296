//! The binary as a process of its own, on free ports, in a folder of its own.

use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};

/// What the ready file says.
#[derive(Debug, Clone, Deserialize)]
pub struct Ready {
    /// `http://127.0.0.1:P`.
    pub ui: String,
    /// `http://127.0.0.1:P`, if the local services run.
    pub local_http: Option<String>,
    /// `http://127.0.0.1:P`, if the local services run.
    pub local_otlp_grpc: Option<String>,
    /// `127.0.0.1:P`, if the local services run.
    pub local_xray: Option<String>,
}

/// A running `throughline serve`; killed when dropped.
pub struct Throughline {
    child: Child,
    /// Its addresses.
    pub ready: Ready,
    /// How long it took from start to the ready file.
    pub started_in: Duration,
    data: PathBuf,
    // Holds the folder for as long as the process may use it.
    folder: Option<tempfile::TempDir>,
}

impl Throughline {
    /// Starts it with the local services and no sample traffic.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts it with further arguments.
    pub async fn start_with(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().join("data");
        Self::start_in(&data, arguments, Some(folder)).await
    }

    /// Starts it with a configuration file of this text.
    pub async fn start_configured(configuration: &str, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("throughline.toml");
        std::fs::write(&file, configuration).expect("a configuration file");
        let data = folder.path().join("data");
        let file = file.to_string_lossy().into_owned();
        let mut all = vec!["--config", file.as_str()];
        all.extend_from_slice(arguments);
        Self::start_in(&data, &all, Some(folder)).await
    }

    async fn start_in(data: &Path, arguments: &[&str], folder: Option<tempfile::TempDir>) -> Self {
        std::fs::create_dir_all(data).expect("a data folder");
        let ready_file = data.with_extension("ready.json");
        let _ = std::fs::remove_file(&ready_file);
        let mut command = command(arguments);
        command.arg("--data-dir").arg(data).arg("--ready-file").arg(&ready_file);
        let begun = Instant::now();
        let mut child = command.spawn().expect("the program starts");
        let ready = loop {
            if let Ok(text) = std::fs::read_to_string(&ready_file) {
                break serde_json::from_str(&text).expect("the ready file is JSON");
            }
            if let Ok(Some(status)) = child.try_wait() {
                panic!("throughline ended before it was ready: {status}");
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "throughline was not ready within 30 s");
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        Self { child, ready, started_in: begun.elapsed(), data: data.to_owned(), folder }
    }

    /// Kills it as `kill -9` does, and starts it again over the same data.
    pub async fn kill_and_restart(mut self, arguments: &[&str]) -> Self {
        self.child.start_kill().expect("it can be killed");
        let _ = self.child.wait().await;
        let (data, folder) = (self.data.clone(), self.folder.take());
        drop(self);
        Self::start_in(&data, arguments, folder).await
    }

    /// Asks it to stop as an orchestrator does (SIGTERM), and waits; true if it ended well within `limit`.
    pub async fn stop(mut self, limit: Duration) -> bool {
        let Some(id) = self.child.id() else { return false };
        let _ = Command::new("kill").arg("-TERM").arg(id.to_string()).status().await;
        matches!(tokio::time::timeout(limit, self.child.wait()).await, Ok(Ok(status)) if status.success())
    }

    /// Its resident memory in KiB, as Linux counts it.
    pub fn resident_kib(&self) -> u64 {
        let Some(id) = self.child.id() else { return 0 };
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
    }

    /// Processor time it has used so far, in ms.
    pub fn processor_ms(&self) -> u64 {
        let Some(id) = self.child.id() else { return 0 };
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let fields: Vec<u64> = rest.split_whitespace().map(|field| field.parse().unwrap_or(0)).collect();
        // utime and stime are fields 14 and 15 of the whole line, in ticks of 10 ms.
        fields.get(11..13).map_or(0, |ticks| ticks.iter().sum::<u64>() * 10)
    }

    /// The local services over HTTP.
    pub fn local(&self) -> &str {
        self.ready.local_http.as_deref().expect("the local services run")
    }
}

/// The program with free ports and a clean environment.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(path());
    command.args(["serve", "--listen", "127.0.0.1:0"]);
    if !arguments.contains(&"--no-local") {
        command.args(["--local-http", "127.0.0.1:0", "--local-otlp-grpc", "127.0.0.1:0", "--local-xray", "127.0.0.1:0"]);
    }
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
    command.env("THROUGHLINE_LOG", std::env::var("THROUGHLINE_LOG").unwrap_or_else(|_| "warn".to_owned()));
    // Configured sources need credentials, whatever they are: nothing here leaves the machine.
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "TEST_HONEYCOMB_KEY", "TEST_ROLLBAR_TOKEN"] {
        command.env(name, "test");
    }
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    for name in ["AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_REGION", "HTTP_PROXY", "HTTPS_PROXY"] {
        command.env_remove(name);
    }
    command
}

/// Where the program is: `THROUGHLINE_PROGRAM`, else where `make build` leaves it.
pub fn path() -> PathBuf {
    if let Some(program) = std::env::var_os("THROUGHLINE_PROGRAM") {
        return program.into();
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").expect("THROUGHLINE_PROGRAM or CARGO_TARGET_DIR is set: run `make test`");
    PathBuf::from(target).join("release/throughline")
}
