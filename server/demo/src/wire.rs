//! What the SDKs make of a story, and its delivery.

pub mod logs;
pub mod otlp;
pub mod rollbar;
pub mod xray;

use crate::Targets;
use crate::story::Story;
use logs::Batch;
use prost::Message;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::time::Instant;

/// The key that marks sample data with every vendor but X-Ray, whose annotations may not have a point in their name.
pub const MARK: &str = "throughline.demo";

/// Lines that come late come so long after the rest.
const LATE: Duration = Duration::from_secs(6);
/// Between two datagrams, so that a burst does not overrun the receiver's buffer.
const BETWEEN_DATAGRAMS: Duration = Duration::from_millis(1);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Why something was not delivered.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The connection failed, or took too long.
    #[error("no answer: {0}")]
    Http(#[from] reqwest::Error),
    /// UDP.
    #[error("datagram not sent: {0}")]
    Udp(#[from] std::io::Error),
    /// The service said no.
    #[error("{what} was refused with {status}")]
    Refused {
        /// What was sent.
        what: &'static str,
        /// The answer.
        status: StatusCode,
    },
}

/// Sends stories to one set of local services.
pub struct Sender {
    client: Client,
    socket: UdpSocket,
    base: String,
    late: Vec<(Instant, Vec<Batch>)>,
    groups_exist: bool,
    failing: bool,
}

impl Sender {
    /// Opens the sockets; sends nothing yet.
    pub async fn new(targets: Targets) -> Result<Self, SendError> {
        let any: SocketAddr =
            if targets.xray_udp.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() };
        let socket = UdpSocket::bind(any).await?;
        socket.connect(targets.xray_udp).await?;
        // Proxies are for the app beside us; this traffic stays on the machine.
        let client = Client::builder().no_proxy().timeout(REQUEST_TIMEOUT).build()?;
        let base = targets.http.trim_end_matches('/').to_owned();
        Ok(Self { client, socket, base, late: Vec::new(), groups_exist: false, failing: false })
    }

    /// Delivers the stories, and the late lines whose time has come. A failure is logged when it begins.
    pub async fn deliver(&mut self, stories: Vec<Story>) {
        match self.try_deliver(&stories).await {
            Ok(()) => self.failing = false,
            Err(error) if !self.failing => {
                self.failing = true;
                tracing::warn!(%error, "sample traffic does not arrive");
            }
            Err(_) => {}
        }
    }

    async fn try_deliver(&mut self, stories: &[Story]) -> Result<(), SendError> {
        let late = logs::batches(stories, true);
        if !late.is_empty() {
            self.late.push((Instant::now() + LATE, late));
        }
        for document in stories.iter().flat_map(xray::documents) {
            self.socket.send(&xray::datagram(&document)).await?;
            tokio::time::sleep(BETWEEN_DATAGRAMS).await;
        }
        for export in otlp::exports(stories) {
            let request = self.client.post(format!("{}/v1/traces", self.base)).header("content-type", "application/x-protobuf");
            accepted("a trace export", &request.body(export.encode_to_vec()).send().await?)?;
        }
        for item in stories.iter().flat_map(rollbar::items) {
            let request = self.client.post(format!("{}/api/1/item/", self.base)).json(&item);
            accepted("a Rollbar item", &request.send().await?)?;
        }
        self.put(logs::batches(stories, false)).await?;
        let now = Instant::now();
        let (due, waiting) = std::mem::take(&mut self.late).into_iter().partition(|(at, _)| *at <= now);
        self.late = waiting;
        let due: Vec<(Instant, Vec<Batch>)> = due;
        for (_, batches) in due {
            self.put(batches).await?;
        }
        Ok(())
    }

    /// As watchtower does it: put, and where that says there is no such group or stream, create them and put again.
    async fn put(&mut self, batches: Vec<Batch>) -> Result<(), SendError> {
        for batch in batches {
            let body = batch.put();
            if self.groups_exist {
                match self.logs("PutLogEvents", &body).await {
                    Err(SendError::Refused { status: StatusCode::BAD_REQUEST, .. }) => self.groups_exist = false,
                    other => {
                        other?;
                        continue;
                    }
                }
            }
            for (group, stream) in logs::GROUPS {
                // Refused when it exists already, which is as good.
                let _ = self.logs("CreateLogGroup", &json!({"logGroupName": group})).await;
                let _ = self.logs("CreateLogStream", &json!({"logGroupName": group, "logStreamName": stream})).await;
            }
            self.logs("PutLogEvents", &body).await?;
            self.groups_exist = true;
        }
        Ok(())
    }

    async fn logs(&self, operation: &'static str, body: &Value) -> Result<(), SendError> {
        let request = self.client.post(format!("{}/", self.base)).header("x-amz-target", format!("Logs_20140328.{operation}"));
        let request = request.header("content-type", "application/x-amz-json-1.1").body(body.to_string());
        accepted(operation, &request.send().await?)
    }
}

fn accepted(what: &'static str, response: &Response) -> Result<(), SendError> {
    if response.status().is_success() { Ok(()) } else { Err(SendError::Refused { what, status: response.status() }) }
}
