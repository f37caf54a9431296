//! The vendors' own clients against the local services: each script of `contract/` sends with a real SDK, changed in its endpoint only,
//! and reads back through the vendor's own client or API.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use tests::{Throughline, python};

/// Runs one script; it ends with an error that says what did not hold. `least` is the number of things it has to have shown.
async fn holds(script: &str, least: usize) {
    let throughline = Throughline::start().await;
    let environment = [
        ("THROUGHLINE_LOCAL_HTTP", throughline.local()),
        ("THROUGHLINE_LOCAL_OTLP_GRPC", throughline.ready.local_otlp_grpc.as_deref().unwrap()),
        ("THROUGHLINE_LOCAL_XRAY", throughline.ready.local_xray.as_deref().unwrap()),
    ];
    let said = python::run(&format!("contract/{script}"), &[], &environment).await;
    let shown = said.lines().filter(|line| line.starts_with("ok ")).count();
    assert!(shown >= least, "{script} showed only {shown} things:\n{said}");
    println!("{script}: {shown} things hold");
}

#[tokio::test(flavor = "multi_thread")]
async fn boto3_keeps_and_finds_traces() {
    holds("xray_boto3.py", 10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn boto3_keeps_and_filters_log_events() {
    holds("logs_boto3.py", 15).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_xray_sdk_reports_to_the_daemon() {
    holds("xray_sdk.py", 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn watchtower_ships_logs() {
    holds("logs_watchtower.py", 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn opentelemetry_exports_over_http_and_grpc() {
    holds("otlp_python.py", 12).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn libhoney_sends_events() {
    holds("honeycomb_libhoney.py", 7).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pyrollbar_reports_exceptions() {
    holds("rollbar_pyrollbar.py", 8).await;
}
