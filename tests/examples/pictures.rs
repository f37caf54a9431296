//! Takes the pictures of `docs/pictures` from the real program with its sample traffic: `cargo run -p tests --example pictures`.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::print_stdout, reason = "a tool that is run by hand")]

use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use tests::browser::Look;
use tests::{Browser, Client, Throughline};

/// So many requests of the last hour the sample traffic begins with.
const BACK_FILL: usize = 40;

#[tokio::main(flavor = "multi_thread")]
async fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/pictures");
    std::fs::create_dir_all(&folder).expect("docs/pictures");
    let throughline = Throughline::start_with(&["--demo"]).await;
    let base = &throughline.ready.ui;
    let request = broken_request(&Client::new(base)).await;
    let browser = Browser::start(Look::default()).await;
    let timeline = format!("{base}{request}");
    for scheme in ["light", "dark"] {
        browser.colour_scheme(scheme).await;
        for (name, url) in [("home", format!("{base}/?from=-1h")), ("timeline", timeline.clone()), ("sources", format!("{base}/sources"))] {
            take(&browser, &url, &folder.join(format!("{name}-{scheme}.png"))).await;
        }
    }
    browser.colour_scheme("light").await;
    let phone = json!({"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true});
    browser.devtools("Emulation.setDeviceMetricsOverride", phone).await;
    take(&browser, &timeline, &folder.join("timeline-phone.png")).await;
    browser.quit().await;
}

/// The page of the newest complete request that ends in a `KeyError`, with the error selected.
async fn broken_request(client: &Client) -> String {
    let begun = Instant::now();
    loop {
        let (_, list) = client.json("/api/v1/requests?from=-1h&limit=200").await;
        let rows = list["requests"].as_array().map(Vec::as_slice).unwrap_or_default();
        if rows.len() >= BACK_FILL {
            for row in rows.iter().filter(|row| row["status"] == "fault") {
                let id = row["id"].as_str().unwrap_or_default();
                if let Some(error) = key_error(&client.request(id).await) {
                    return format!("/t/{id}?error={error}&v=1");
                }
            }
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "the sample traffic brought no KeyError within a minute");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// The moment of Rollbar's `KeyError`, if all four sources found the request under one ID: then a span that two of them saw has two badges.
fn key_error(request: &Value) -> Option<&str> {
    if !request["aliases"].as_array()?.is_empty() {
        return None;
    }
    let found = request["verdicts"].as_array()?.iter().filter(|verdict| verdict["state"] == "found").count();
    let error = request["errors"].as_array()?.iter().find(|error| error["class"] == "KeyError" && error["source"] == "rollbar")?;
    (found == 4).then_some(error["time_unix_ns"].as_str()?)
}

async fn take(browser: &Browser, url: &str, path: &Path) {
    browser.goto(url).await;
    browser.hydrated().await;
    if url.contains("/t/") {
        browser.wait("the error is shown", "return document.querySelector('aside.detail')?.innerText.includes('KeyError')").await;
    }
    // The pictures are of what is painted, so wait for the frames that paint it.
    let frames = "window.__frames = 0; const step = () => { if (++window.__frames < 30) requestAnimationFrame(step) }; step();";
    browser.run(frames).await;
    browser.wait("it is painted", "return window.__frames >= 30").await;
    browser.screenshot(path).await;
    println!("{}", path.display());
}
