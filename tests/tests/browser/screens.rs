//! The pages with sample traffic: on a desk and on a phone, light and dark; and the end of the sample traffic.

use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::browser::Look;
use tests::waterfall::{row_count, rows, rows_until, selected_until};
use tests::{Browser, Client, Throughline};
use thirtyfour::Key;

/// So many requests of the last hour the sample traffic begins with.
const BACK_FILL: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn sample_traffic_on_every_screen_until_it_is_removed() {
    let throughline = Throughline::start_with(&["--demo"]).await;
    let base = throughline.ready.ui.as_str();
    let client = Client::new(base);
    let id = broken_request(&client).await;
    let browser = Browser::start(Look::default()).await;
    browser.watch().await;
    every_screen(&browser, base, &id).await;
    browser.resize(1366, 768).await;
    a_long_timeline(&browser, base, &id).await;
    sources(&browser, base).await;
    removed(&browser, &client, base, &id).await;
    browser.quit().await;
}

/// A request of the sample traffic that fails, from the list, as soon as the last hour is there.
async fn broken_request(client: &Client) -> String {
    let begun = Instant::now();
    loop {
        let (_, list) = client.json("/api/v1/requests?from=-1h&limit=200").await;
        let rows = list["requests"].as_array().unwrap();
        let complete = |row: &&Value| row["status"] == "fault" && row["sources"].as_array().unwrap().len() >= 3;
        if rows.len() >= BACK_FILL
            && let Some(row) = rows.iter().find(complete)
        {
            assert!(rows.iter().all(|row| row["demo"] == true), "all of it is marked as sample data: {list:#}");
            return row["id"].as_str().unwrap().to_owned();
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "no sample traffic within a minute: {list:#}");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// No page is wider than its window; each colour scheme has its own ground.
async fn every_screen(browser: &Browser, base: &str, id: &str) {
    let pages = [format!("{base}/?from=-1h"), format!("{base}/t/{id}"), format!("{base}/t/{id}?view=list"), format!("{base}/sources")];
    for page in pages {
        let mut grounds = Vec::new();
        for scheme in ["light", "dark"] {
            browser.colour_scheme(scheme).await;
            for (width, height) in [(390, 844), (768, 1024), (1366, 768), (2560, 1440)] {
                browser.resize(width, height).await;
                browser.goto(&page).await;
                browser.hydrated().await;
                let wide = "const wide = document.documentElement.scrollWidth; if (wide <= innerWidth) return []; \
                    return [wide, ...[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.className || e.tagName).slice(0, 8)]";
                assert_eq!(browser.run(wide).await, json!([]), "{page} at {width} px scrolls sideways");
                assert_eq!(browser.complaints().await, Vec::<String>::new(), "{page}");
                assert_eq!(browser.foreign().await, Vec::<String>::new(), "{page}");
            }
            grounds.push(browser.run("return getComputedStyle(document.body).backgroundColor").await);
        }
        assert_ne!(grounds[0], grounds[1], "{page} is the same in light and dark");
    }
    browser.colour_scheme("light").await;
}

/// More rows than fit: they are recycled while one moves through them.
async fn a_long_timeline(browser: &Browser, base: &str, id: &str) {
    browser.goto(&format!("{base}/t/{id}")).await;
    browser.hydrated().await;
    let count = row_count(browser).await;
    assert!(count > 40, "{count} rows");
    let cause = rows_until(browser, "the first cause is selected", |rows| rows.iter().any(|row| row.selected)).await;
    assert!(cause.iter().any(|row| row.selected && (row.kind.contains("err") || row.kind.contains("fault"))), "{cause:#?}");
    browser.press(Key::Home).await;
    selected_until(browser, "Home leads to the first row", 1).await;
    assert_eq!(browser.run("return document.querySelector('[data-scroller]').scrollTop").await, 0);
    browser.press(Key::End).await;
    let last = u32::try_from(count).unwrap();
    selected_until(browser, "End leads to the last row", last).await;
    let scrolled =
        "const s = document.querySelector('[data-scroller]'); return s.scrollTop > 0 && s.scrollTop + s.clientHeight <= s.scrollHeight + 1";
    browser.wait("it scrolled there", scrolled).await;
    browser.run("document.querySelector('[data-scroller]').scrollTop = 0").await;
    let shown = rows_until(browser, "scrolling back shows the first rows", |rows| rows.first().is_some_and(|row| row.index == 1)).await;
    assert!(shown.len() <= 60 && shown.windows(2).all(|two| two[1].index == two[0].index + 1), "{shown:#?}");
    browser.type_keys("e").await;
    rows_until(browser, "e leads to an error", |rows| rows.iter().any(|row| row.selected && row.kind.contains("err"))).await;
    browser.type_keys("l").await;
    rows_until(browser, "l hides the log lines", |rows| !rows.iter().any(|row| row.kind.contains("log"))).await;
    browser.wait("that is in the URL", "return location.search.includes('hide=logs')").await;
    let fewer = row_count(browser).await;
    assert!(fewer < count);
    browser.driver.back().await.unwrap();
    browser.driver.forward().await.unwrap();
    browser.hydrated().await;
    rows_until(browser, "the view comes back", |rows| !rows.is_empty() && !rows.iter().any(|row| row.kind.contains("log"))).await;
    assert_eq!(row_count(browser).await, fewer);
    assert!(!rows(browser).await.is_empty());
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

async fn sources(browser: &Browser, base: &str) {
    browser.goto(&format!("{base}/sources")).await;
    browser.hydrated().await;
    let text = browser.text("main").await;
    for part in
        ["X-Ray", "CloudWatch", "Honeycomb", "Rollbar", "AWS_ENDPOINT_URL", "OTEL_EXPORTER_OTLP_ENDPOINT", "AWS_XRAY_DAEMON_ADDRESS"]
    {
        assert!(text.contains(part), "no {part} in:\n{text}");
    }
    assert!(text.contains("sample traffic"), "{text}");
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

/// One click and its confirmation: the sample traffic is gone, and the page says how much that was.
async fn removed(browser: &Browser, client: &Client, base: &str, id: &str) {
    browser.click_named("Remove sample data").await;
    browser.click_named("Remove it").await;
    browser.wait("the page says what was removed", "return /\\d+ sample traces were removed/.test(document.body.innerText)").await;
    let begun = Instant::now();
    loop {
        let (_, list) = client.json("/api/v1/requests?from=-1h&limit=200").await;
        let rows = list["requests"].as_array().unwrap();
        if !rows.iter().any(|row| row["id"] == id) && rows.len() < BACK_FILL / 2 {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "sample requests are still listed: {} of them", rows.len());
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    browser.goto(&format!("{base}/?from=-1h")).await;
    browser.hydrated().await;
    assert_eq!(browser.count(&format!("[data-request=\"{id}\"]")).await, 0);
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}
