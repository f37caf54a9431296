//! The Flask app with the vendors' four SDKs: two processes of `cruddur/` on free ports, sending to one Throughline.

use crate::{Throughline, python};
use serde::Deserialize;
use std::net::TcpListener;
use tokio::process::Child;

/// How the app carries trace IDs from one process to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Propagation {
    /// Each SDK its own way: OpenTelemetry and X-Ray have different trace IDs.
    Separate,
    /// OpenTelemetry reads and writes `X-Amzn-Trace-Id`: with such a header from outside, both have the same.
    Xray,
}

/// The running app; its processes are killed when it is dropped.
pub struct Cruddur {
    propagation: Propagation,
    base: String,
    _processes: [Child; 2],
}

/// One request that was made, as the app itself tells it.
#[derive(Debug, Clone, Deserialize)]
pub struct Driven {
    /// The path.
    pub route: String,
    /// The HTTP status.
    pub status: u16,
    /// 32 hex digits: the trace as OpenTelemetry, and so Honeycomb, has it.
    pub otel_trace_id: String,
    /// 16 hex digits: OpenTelemetry's span of the answer.
    pub span_id: String,
    /// `1-8-24`: the trace as X-Ray has it.
    pub xray_trace_id: String,
    /// The JSON line that went to CloudWatch Logs, if the route writes one.
    pub log_line: Option<String>,
}

impl Driven {
    /// X-Ray's ID as 32 hex digits.
    pub fn xray_hex(&self) -> String {
        self.xray_trace_id.trim_start_matches("1-").replace('-', "")
    }
}

impl Cruddur {
    /// Starts both services.
    pub fn start(throughline: &Throughline, propagation: Propagation) -> Self {
        let (backend, messages) = (free_port(), free_port());
        let xray = throughline.ready.local_xray.as_deref().expect("the X-Ray daemon runs");
        let rollbar = format!("{}/api/1/", throughline.local());
        let (messages_url, dynamic_naming) = (format!("http://127.0.0.1:{messages}"), format!("*127.0.0.1:{backend}*"));
        let propagator = if propagation == Propagation::Xray { "xray" } else { "" };
        let common = [
            ("AWS_ENDPOINT_URL", throughline.local()),
            ("AWS_XRAY_DAEMON_ADDRESS", xray),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", throughline.local()),
            ("OTEL_BSP_SCHEDULE_DELAY", "200"),
            ("ROLLBAR_ENDPOINT", &rollbar),
            ("CRUDDUR_PROPAGATOR", propagator),
            ("MESSAGES_URL", &messages_url),
            ("AWS_XRAY_URL", &dynamic_naming),
        ];
        let start = |script: &str, port: u16| {
            let port = port.to_string();
            let environment: Vec<(&str, &str)> = common.iter().copied().chain([("PORT", port.as_str())]).collect();
            python::start(script, &[], &environment)
        };
        let processes = [start("cruddur/app_messages.py", messages), start("cruddur/app.py", backend)];
        Self { propagation, base: format!("http://127.0.0.1:{backend}"), _processes: processes }
    }

    /// Makes one request to each route, as a load balancer in front would where the IDs are to be shared.
    pub async fn drive(&self, routes: &[&str]) -> Vec<Driven> {
        let mut arguments = vec![self.base.as_str()];
        if self.propagation == Propagation::Xray {
            arguments.push("--header");
        }
        arguments.extend_from_slice(routes);
        let said = python::run("cruddur/drive.py", &arguments, &[]).await;
        said.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect()
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}
