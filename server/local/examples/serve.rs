//! The local services alone, on free ports of loopback, until the process is stopped:
//! `cargo run -p local --example serve -- DIRECTORY` prints one JSON line with the addresses.

use std::future::IntoFuture;
use std::io::Write;
use std::time::Duration;

use local::{Local, Options};
use tokio::net::{TcpListener, UdpSocket};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().ok_or("the directory to keep telemetry in is missing")?.into();
    let fsync = arguments.next().as_deref() != Some("--no-fsync");
    let options = Options { directory, retention_age: Duration::from_hours(24), retention_bytes: 4 << 30, fsync };
    let local = Local::open(options).await?;

    let http = TcpListener::bind("127.0.0.1:0").await?;
    let grpc = TcpListener::bind("127.0.0.1:0").await?;
    let xray = TcpListener::bind("127.0.0.1:0").await?;
    let xray_udp = UdpSocket::bind(xray.local_addr()?).await?;
    let (http_at, grpc_at, xray_at) = (http.local_addr()?, grpc.local_addr()?, xray.local_addr()?);
    println!(r#"{{"local_http":"http://{http_at}","local_otlp_grpc":"http://{grpc_at}","local_xray":"{xray_at}"}}"#);
    std::io::stdout().flush()?;

    let daemon = local.xray().clone();
    let stop = std::future::pending();
    tokio::try_join!(
        axum::serve(http, local.http_router()).into_future(),
        axum::serve(grpc, local.grpc_router()).into_future(),
        axum::serve(xray, daemon.daemon_router()).into_future(),
        async {
            daemon.serve_udp(xray_udp, stop).await;
            Ok(())
        },
    )?;
    Ok(())
}
