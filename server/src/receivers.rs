//! The embedded local services on their ports, and what the engine may know of them.

use crate::cli::Serve;
use crate::config::Config;
use crate::error::ServerError;
use crate::layers::{self, hosts::AllowedHosts};
use crate::{listen, ready};
use api::{ApiError, Counter, LocalReport};
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use engine::Hooks;
use local::Local;
use socket2::{Domain, Protocol, Socket, Type};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, UdpSocket};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::catch_panic::CatchPanicLayer;

/// How much the kernel may hold of datagrams that we have not read yet: the SDKs send without waiting or repeating.
const DATAGRAM_BUFFER: usize = 8 * 1024 * 1024;
/// How often port 0 is tried again until UDP and TCP got the same number.
const SAME_PORT_TRIES: u32 = 20;

/// The running local services.
pub struct Receivers {
    local: Arc<Local>,
    /// Where they listen.
    pub addresses: Addresses,
}

/// Where they listen.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// OTLP/HTTP, AWS, Honeycomb, Rollbar.
    pub http: SocketAddr,
    /// OTLP/gRPC.
    pub otlp_grpc: SocketAddr,
    /// The X-Ray daemon: UDP and TCP, the same number.
    pub xray: SocketAddr,
}

/// Opens the store, binds every port, serves.
pub async fn start(
    arguments: &Serve,
    config: &Config,
    data: &Path,
    hosts: &AllowedHosts,
    stop: &CancellationToken,
    tasks: &TaskTracker,
) -> Result<Receivers, ServerError> {
    let http = listen::bind(arguments.local_http, "the local services over HTTP", "--local-http").await?;
    let grpc = listen::bind(arguments.local_otlp_grpc, "OTLP/gRPC", "--local-otlp-grpc").await?;
    let (tcp, udp) = bind_daemon(arguments.local_xray).await?;
    let addresses = Addresses { http: address(&http)?, otlp_grpc: address(&grpc)?, xray: address(&tcp)? };

    let options = local::Options {
        directory: data.join("local"),
        retention_age: Duration::from_secs(u64::from(config.local.retention_days) * 86_400),
        retention_bytes: config.local.retention_mb.saturating_mul(1_000_000),
        fsync: true,
    };
    let local = Local::open(options).await.map_err(|error| ServerError::Store(error.to_string()))?;
    listen::serve(http, guard(local.http_router(), hosts), stop.clone(), tasks);
    listen::serve(grpc, guard(local.grpc_router(), hosts), stop.clone(), tasks);
    listen::serve(tcp, guard(local.xray().daemon_router(), hosts), stop.clone(), tasks);
    let (daemon, stopped) = (local.xray().clone(), stop.clone());
    tasks.spawn(async move { daemon.serve_udp(udp, stopped.cancelled_owned()).await });
    Ok(Receivers { local, addresses })
}

impl Receivers {
    /// What the engine may know and do.
    pub fn hooks(&self) -> Hooks {
        let (reporting, removing, addresses) = (Arc::clone(&self.local), Arc::clone(&self.local), self.addresses.clone());
        Hooks {
            local_report: Arc::new(move || {
                let counters = reporting.counters().into_iter();
                Some(LocalReport {
                    http: ready::url(addresses.http),
                    otlp_grpc: ready::url(addresses.otlp_grpc),
                    xray: addresses.xray.to_string(),
                    counters: counters.map(|(name, value, unit)| Counter { name, value, unit: unit.into() }).collect(),
                    sample_traces: reporting.sample_traces(),
                })
            }),
            remove_sample_data: Arc::new(move || {
                let local = Arc::clone(&removing);
                Box::pin(async move {
                    local.remove_sample_data().await.map_err(|error| {
                        tracing::error!(%error, "the sample data could not be removed");
                        ApiError::Overloaded { retry_after_s: 5 }
                    })
                })
            }),
            ..Hooks::default()
        }
    }

    /// Starts the sender of sample traffic.
    pub fn send_sample_traffic(&self, stop: &CancellationToken, tasks: &TaskTracker) {
        let targets = demo::Targets {
            http: ready::url(self.addresses.http),
            xray_udp: self.addresses.xray,
            back_fill: self.local.sample_traces() == 0,
        };
        tasks.spawn(demo::run(targets, stop.clone().cancelled_owned()));
    }

    /// Writes what is pending and closes the store.
    pub async fn close(self) {
        self.local.close().await;
    }
}

/// A page of another site must not send us telemetry through its visitor's browser, so the same-origin check stands here too. No SDK outside a
/// browser sends an Origin.
fn guard(router: Router, hosts: &AllowedHosts) -> Router {
    let guarded = router.layer(from_fn(layers::origin::check)).layer(CatchPanicLayer::custom(layers::panic::respond));
    guarded.layer(from_fn_with_state(hosts.clone(), layers::hosts::check))
}

fn address(listener: &TcpListener) -> Result<SocketAddr, ServerError> {
    listener.local_addr().map_err(ServerError::Runtime)
}

/// TCP and UDP on one port number, as the daemon has them. For port 0, tries until a number is free for both.
async fn bind_daemon(wanted: SocketAddr) -> Result<(TcpListener, UdpSocket), ServerError> {
    let mut tries = 0;
    loop {
        let tcp = listen::bind(wanted, "the X-Ray daemon over TCP", "--local-xray").await?;
        let both = address(&tcp)?;
        match bind_datagrams(both) {
            Ok(udp) => return Ok((tcp, udp)),
            Err(_) if wanted.port() == 0 && tries < SAME_PORT_TRIES => tries += 1,
            Err(error) => {
                return Err(ServerError::Listen { what: "the X-Ray daemon over UDP", address: both, flag: "--local-xray", error });
            }
        }
    }
}

fn bind_datagrams(address: SocketAddr) -> std::io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    // The kernel caps this at what the administrator allows; less is not a reason to refuse.
    let _ = socket.set_recv_buffer_size(DATAGRAM_BUFFER);
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}
