//! The one place where everything is put together.

use crate::cli::Serve;
use crate::config::{self, Config};
use crate::error::ServerError;
use crate::layers::{self, hosts::AllowedHosts};
use crate::listen;
use crate::public_api::{self, Public};
use crate::ready::{self, Ready};
use crate::{pages, receivers};
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use engine::{Engine, Settings};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::catch_panic::CatchPanicLayer;

/// The largest body that the dashboard's own port takes: its forms are small.
const BODY_LIMIT: usize = 64 * 1024;
/// How long open requests may take to finish once we were told to stop.
const SHUTDOWN: Duration = Duration::from_secs(10);

/// Runs `throughline serve` until it is told to stop.
pub async fn run(arguments: Serve) -> Result<(), ServerError> {
    let config = config::load(arguments.config.as_deref())?;
    let data = config::data_directory(arguments.data_dir.clone())?;
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let hosts = AllowedHosts::new(&config.allowed_hosts);

    // The dashboard's own port first: if it is taken, nothing has been touched yet.
    let listener = listen::bind(arguments.listen, "the dashboard", "--listen").await?;
    let ui = listener.local_addr().map_err(ServerError::Runtime)?;
    let receivers =
        if arguments.no_local { None } else { Some(receivers::start(&arguments, &config, &data, &hosts, &stop, &tasks).await?) };

    let engine = engine(config, &data, receivers.as_ref()).await?;
    listen::serve(listener, dashboard(Arc::clone(&engine), hosts), stop.clone(), &tasks);

    let addresses = receivers.as_ref().map(|receivers| receivers.addresses.clone());
    let ready = Ready {
        ui: ready::url(ui),
        local_http: addresses.as_ref().map(|addresses| ready::url(addresses.http)),
        local_otlp_grpc: addresses.as_ref().map(|addresses| ready::url(addresses.otlp_grpc)),
        local_xray: addresses.as_ref().map(|addresses| addresses.xray.to_string()),
    };
    if let Some(path) = &arguments.ready_file {
        ready::write(path, &ready)?;
    }
    announce(&ready);
    if let (true, Some(receivers)) = (arguments.demo, &receivers) {
        receivers.send_sample_traffic(&stop, &tasks);
    }

    told_to_stop().await;
    tracing::info!("stopping");
    stop.cancel();
    tasks.close();
    if tokio::time::timeout(SHUTDOWN, tasks.wait()).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
    if let Some(receivers) = receivers {
        receivers.close().await;
    }
    Ok(())
}

async fn engine(config: Config, data: &Path, receivers: Option<&receivers::Receivers>) -> Result<Arc<Engine>, ServerError> {
    let mut configured = config.sources;
    if let Some(receivers) = receivers.filter(|_| configured.is_empty() || config.local.keep) {
        configured.add_local(&ready::url(receivers.addresses.http));
    }
    let mut built: Vec<Arc<dyn engine::Source>> = Vec::new();
    let failed = |source_name| move |error: sources::ConfigError| ServerError::Source { source_name, message: error.to_string() };
    for one in configured.xray {
        built.push(sources::xray::build(one).await.map_err(failed("xray"))?);
    }
    for one in configured.cloudwatch {
        built.push(sources::cloudwatch::build(one).await.map_err(failed("cloudwatch"))?);
    }
    for one in configured.honeycomb {
        built.push(sources::honeycomb::build(one).await.map_err(failed("honeycomb"))?);
    }
    for one in configured.rollbar {
        built.push(sources::rollbar::build(one).await.map_err(failed("rollbar"))?);
    }
    let hooks = receivers.map(receivers::Receivers::hooks).unwrap_or_default();
    Ok(Arc::new(Engine::new(built, hooks, Settings::default(), learned(data)?)))
}

/// What earlier views taught us. Its loss is harmless, so a damaged file is set aside and the rest is kept.
fn learned(data: &Path) -> Result<Arc<dyn state::Store>, ServerError> {
    let opened = state::File::open(&data.join("learned")).map_err(|error| ServerError::Store(error.to_string()))?;
    if let Some((path, lines)) = opened.set_aside {
        tracing::warn!(path = %path.display(), lines, "some of what earlier views taught us could not be read; the file was set aside");
    }
    Ok(Arc::new(opened.store))
}

/// Everything on the dashboard's port, with its layers.
fn dashboard(engine: Arc<Engine>, hosts: AllowedHosts) -> Router {
    let metrics = Arc::clone(&engine);
    let public = Public { backend: Arc::clone(&engine) as Arc<dyn api::Backend>, metrics: Arc::new(move || metrics.metrics()) };
    // The last layer added is the outermost.
    pages::router(engine)
        .merge(public_api::router(public))
        .layer(axum::extract::DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn(layers::origin::check))
        .layer(from_fn(layers::headers::add))
        .layer(CatchPanicLayer::custom(layers::panic::respond))
        .layer(from_fn_with_state(hosts, layers::hosts::check))
}

fn announce(ready: &Ready) {
    println!("Throughline  {}", ready.ui);
    if let (Some(http), Some(grpc), Some(xray)) = (&ready.local_http, &ready.local_otlp_grpc, &ready.local_xray) {
        println!("  OTLP/HTTP, AWS, Honeycomb, Rollbar  {http}");
        println!("  OTLP/gRPC                           {grpc}");
        println!("  X-Ray daemon (UDP and TCP)          {xray}");
    }
}

/// Ctrl-C, or SIGTERM as orchestrators send it.
async fn told_to_stop() {
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}
