//! From a pasted log line to the whole request, and to a link that shows the same elsewhere.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::browser::Look;
use tests::client::verdict;
use tests::cruddur::{Driven, Propagation};
use tests::waterfall::{four_found, row_count, rows, rows_until, selected_until, ticks};
use tests::{Browser, Client, Cruddur, Throughline};
use thirtyfour::Key;

const SOURCES: [&str; 4] = ["xray", "cloudwatch", "honeycomb", "rollbar"];

/// A Flask app fails; whoever has its log line sees the whole request, and whoever has their link sees the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_pasted_log_line_leads_to_the_whole_request() {
    let throughline = Throughline::start().await;
    let client = Client::new(&throughline.ready.ui);
    let base = throughline.ready.ui.as_str();
    let cruddur = Cruddur::start(&throughline, Propagation::Separate);
    let driven = cruddur.drive(&["/api/activities/fail", "/api/messages"]).await;
    let fail = &driven[0];
    let complete = |request: &Value| {
        SOURCES.iter().all(|source| verdict(request, source)["state"] == "found") && request["spans"].as_array().unwrap().len() >= 3
    };
    let request = client.request_until(&fail.otel_trace_id, complete).await;
    assert!(complete(&request), "{request:#}");

    let browser = Browser::start(Look::default()).await;
    nothing_jumps_when_the_islands_wake(&browser, base, fail).await;
    browser.watch().await;
    paste(&browser, base, fail).await;
    all_of_it_is_there(&browser).await;
    by_keyboard(&browser).await;
    folds(&browser).await;
    let link = find_zoom_select_and_share(&browser, &request).await;
    range_filter(&browser, base, fail).await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());

    elsewhere(&browser, &link).await;
    browser.quit().await;
    without_javascript(base, fail).await;
}

/// The first screen is the server's; the browser's half takes it over where it stands.
async fn nothing_jumps_when_the_islands_wake(browser: &Browser, base: &str, fail: &Driven) {
    let pages = [
        (format!("{base}/t/{}", fail.otel_trace_id), ".tools, .minimap, .axis, .scroller, aside.detail, .verdict, .row, .row > *"),
        (format!("{base}/"), ".paste, .recognised, .list-controls, .list-controls > *, .verdict, [data-request], [data-request] > *"),
    ];
    // The browser's half waits until it is told to start.
    let wait = "const start = WebAssembly.instantiateStreaming;\
        WebAssembly.instantiateStreaming = async (...all) => { await new Promise(wake => { window.wake = wake }); return start.apply(WebAssembly, all) }";
    let held = browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({"source": wait})).await;
    for (page, parts) in pages {
        let script = format!(
            "return [...document.querySelectorAll({parts:?})].slice(0, 60).map(e => {{ const b = e.getBoundingClientRect(); \
             return [e.className || e.tagName, [b.left, b.top, b.width, b.height]] }})"
        );
        let boxes = async || -> Vec<(String, [f64; 4])> { serde_json::from_value(browser.run(&script).await).unwrap() };
        browser.goto(&page).await;
        browser.wait("the page is drawn", "return document.readyState === 'complete' && typeof window.wake === 'function'").await;
        let before = boxes().await;
        assert_ne!(browser.run("return document.documentElement.dataset.ready").await, "hydrated", "{page}: the browser's half is held");
        browser.run("window.wake()").await;
        browser.hydrated().await;
        let after = boxes().await;
        assert!(before.len() >= 10, "{page}: {before:?}");
        for ((name, was), (_, is)) in before.iter().zip(&after) {
            let still = was.iter().zip(is).all(|(was, is)| (was - is).abs() <= 1.0);
            assert!(still, "{page}: {name} jumped from {was:?} to {is:?}");
        }
    }
    browser.devtools("Page.removeScriptToEvaluateOnNewDocument", held).await;
}

/// The box says what it recognised before Enter, and Enter leads there.
async fn paste(browser: &Browser, base: &str, fail: &Driven) {
    browser.goto(&format!("{base}/")).await;
    browser.hydrated().await;
    browser.type_into("input[name=q]", fail.log_line.as_deref().unwrap()).await;
    let recognised = format!("return document.querySelector('[data-recognised=\"{}\"]') !== null", fail.otel_trace_id);
    browser.wait("the ID is recognised", &recognised).await;
    let said = browser.text(".recognised").await;
    assert!(said.contains("Recognised") && said.contains(&fail.otel_trace_id[..8]), "{said}");
    assert_eq!(browser.url().await, format!("{base}/"), "nothing happens before Enter");
    assert_eq!(browser.foreign().await, Vec::<String>::new());
    browser.press(Key::Enter).await;
    browser.wait("Enter leads to the request", &format!("return location.pathname === '/t/{}'", fail.otel_trace_id)).await;
    browser.hydrated().await;
    let sent = browser.url().await;
    assert!(!sent.contains("cannot") && !sent.contains("level"), "what was pasted stays in the browser: {sent}");
}

/// Spans of both, the line, the exception, four verdicts.
async fn all_of_it_is_there(browser: &Browser) {
    four_found(browser).await;
    let rows = rows_until(browser, "spans of X-Ray and Honeycomb, the line and the exception have rows", |rows| {
        let has = |badge: &str, kind: &str, text: &str| {
            rows.iter().any(|row| row.kind.contains(kind) && row.text.contains(text) && row.badges.iter().any(|each| each == badge))
        };
        has("XR", "span", "/api/activities/fail")
            && has("HC", "span", "render_timeline")
            && has("CW", "log", "cannot render the timeline")
            && has("RB", "err", "KeyError: 'handle'")
    })
    .await;
    let error = rows.iter().find(|row| row.kind.contains("err") && row.badges.iter().any(|badge| badge == "RB")).unwrap();
    let above = rows.iter().rev().find(|row| row.index < error.index && row.level < error.level).unwrap();
    assert!(above.text.contains("render_timeline"), "the exception stands under the span it was raised in: {rows:#?}");
    let levels: BTreeSet<u32> = rows.iter().map(|row| row.level).collect();
    assert!(levels.len() >= 3, "a tree: {rows:#?}");
    let joined = browser.text("details.joined > summary").await;
    assert!(joined.contains("1 other trace ID joined"), "{joined}");
    assert_eq!(browser.foreign().await, Vec::<String>::new());
}

async fn by_keyboard(browser: &Browser) {
    let count = row_count(browser).await;
    browser.press(Key::Home).await;
    selected_until(browser, "Home leads to the first row", 1).await;
    browser.press(Key::Down).await;
    selected_until(browser, "down leads to the second", 2).await;
    browser.press(Key::Up).await;
    selected_until(browser, "up leads back", 1).await;
    browser.press(Key::Left).await;
    rows_until(browser, "left collapses", |rows| rows[0].expanded.as_deref() == Some("false")).await;
    assert!(row_count(browser).await < count);
    browser.press(Key::Right).await;
    rows_until(browser, "right expands", |rows| rows[0].expanded.as_deref() == Some("true")).await;
    assert_eq!(row_count(browser).await, count);
    browser.press(Key::Right).await;
    selected_until(browser, "right once more leads to the first child", 2).await;
    let focused = browser.run("return document.activeElement.getAttribute('aria-rowindex')").await;
    assert_eq!(focused, "2", "the focus is on the selected row");
    let panel = "return document.querySelector('aside.detail').getBoundingClientRect().width > 100";
    assert_eq!(browser.run(panel).await, true, "details are open");
    browser.press(Key::Enter).await;
    browser.wait("enter closes the details", &panel.replace("> 100", "=== 0")).await;
    browser.press(Key::Enter).await;
    browser.wait("and opens them", panel).await;
    browser.press(Key::Down).await;
    rows_until(browser, "down leads to a span below the first", |rows| {
        rows.iter().any(|row| row.selected && row.text.contains("render_timeline"))
    })
    .await;
    browser.type_keys("f").await;
    browser.wait("f zooms to the row", "return location.search.includes('zoom=')").await;
    browser.press(Key::Escape).await;
    browser.wait("escape leads back to the whole", "return !location.search.includes('zoom=')").await;
}

async fn folds(browser: &Browser) {
    let count = row_count(browser).await;
    browser.click_named("Collapse all").await;
    let rows = rows_until(browser, "all is collapsed", |rows| rows.iter().all(|row| row.expanded.as_deref() != Some("true"))).await;
    assert!(rows.iter().all(|row| row.level == 1) && row_count(browser).await < count, "{rows:#?}");
    browser.wait("it is in the URL", "return location.search.includes('fold=all')").await;
    browser.click_named("Expand all").await;
    rows_until(browser, "all is expanded", |rows| rows.iter().all(|row| row.expanded.as_deref() != Some("false"))).await;
    assert_eq!(row_count(browser).await, count);
}

/// Everything the viewer does is in the link that Share writes; returns that link.
async fn find_zoom_select_and_share(browser: &Browser, request: &Value) -> String {
    browser.click("input[name=find]").await;
    browser.type_keys("cannot render").await;
    browser.wait("the match is counted", "return document.querySelector('.found').textContent.startsWith('1 ')").await;
    browser.press(Key::Enter).await;
    rows_until(browser, "Enter leads to the match", |rows| rows.iter().any(|row| row.selected && row.text.contains("cannot render"))).await;
    browser.press(Key::Escape).await;
    browser.wait("escape ends the search", "return document.querySelector('input[name=find]').value === ''").await;

    let whole = ticks(browser).await;
    browser.drag(".minimap", 0.2, 0.7).await;
    browser.wait("the window is in the URL", "return /zoom=\\d+,\\d+/.test(location.search)").await;
    let dragged = browser.url().await;
    browser.control_wheel(".stage", -1).await;
    let zoomed = format!("return /zoom=\\d+,\\d+/.test(location.search) && location.href !== {dragged:?}");
    browser.wait("the wheel with control zooms further", &zoomed).await;
    assert_ne!(ticks(browser).await, whole);

    let rows = rows(browser).await;
    let render = rows.iter().position(|row| row.text.contains("render_timeline")).unwrap();
    browser.click(&format!(".row:nth-child({}) .operation", render + 1)).await;
    let spans = request["spans"].as_array().unwrap();
    let id = spans.iter().find(|span| span["name"] == "render_timeline").unwrap()["id"].as_str().unwrap();
    browser.wait("the span is in the URL", &format!("return location.search.includes('span={id}')")).await;
    assert!(!browser.url().await.contains("from="), "nothing absolute yet");
    browser.click_named("Share").await;
    let shared = "return /from=\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z&to=\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z/.test(decodeURIComponent(location.search))";
    browser.wait("Share writes absolute times", shared).await;
    browser.wait("and says so", "return /link/i.test(document.querySelector('.shared').textContent)").await;
    let link = browser.url().await;
    assert!(link.contains(&format!("span={id}")) && link.contains("zoom="), "{link}");
    link
}

/// The ranges of the list.
async fn range_filter(browser: &Browser, base: &str, fail: &Driven) {
    let listed = format!(
        "return document.querySelector('[data-request=\"{}\"], [data-request=\"{}\"]') !== null",
        fail.otel_trace_id,
        fail.xray_hex()
    );
    // The page before this one keeps its own complaints.
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.goto(&format!("{base}/")).await;
    browser.hydrated().await;
    browser.wait("the request is in the list", &listed).await;
    browser.click_named("15 min").await;
    browser.wait("the preset is in the URL", "return location.search.includes('from=-15m')").await;
    browser.hydrated().await;
    assert_eq!(browser.run(&listed).await, true, "it is in the last 15 minutes");
    browser.click_named("Custom").await;
    browser.run("document.querySelector('input[name=from][type=datetime-local]').value = '2026-01-01T00:00'").await;
    browser.run("document.querySelector('input[name=to][type=datetime-local]').value = '2026-01-01T06:00'").await;
    browser.click_named("Show").await;
    browser.wait("the range is in the URL", "return location.search.includes('2026-01-01')").await;
    browser.hydrated().await;
    assert_eq!(browser.count("[data-request]").await, 0);
    let text = browser.text("main").await;
    assert!(text.contains("No requests in this range") && text.contains("01-01 00:00"), "{text}");
    assert_eq!(browser.foreign().await, Vec::<String>::new());
}

/// The link in another browser, which has never been here.
async fn elsewhere(first: &Browser, link: &str) {
    let fresh = Browser::start(Look::default()).await;
    fresh.watch().await;
    first.goto(link).await;
    for browser in [first, &fresh] {
        browser.goto(link).await;
        browser.hydrated().await;
        four_found(browser).await;
        rows_until(browser, "the row is selected", |rows| rows.iter().any(|row| row.selected)).await;
        let panel = "return document.querySelector('aside.detail').innerText.includes('render_timeline')";
        browser.wait("its details are open", panel).await;
    }
    let (here, there) = (rows(first).await, rows(&fresh).await);
    assert_eq!(here, there, "the same rows, and the same one of them selected");
    assert!(there.iter().any(|row| row.selected && row.text.contains("render_timeline")), "{there:#?}");
    assert_eq!(ticks(first).await, ticks(&fresh).await, "the same window");
    assert_eq!(fresh.url().await, link, "opening a link does not change it");
    assert_eq!(fresh.complaints().await, Vec::<String>::new());
    assert_eq!(fresh.foreign().await, Vec::<String>::new());
    fresh.quit().await;
}

/// Everything can be read where no script runs.
async fn without_javascript(base: &str, fail: &Driven) {
    let browser = Browser::start(Look { javascript: false, ..Look::default() }).await;
    browser.goto(&format!("{base}/")).await;
    assert!(browser.count("[data-request]").await >= 2, "the list is in the page itself");
    browser.type_into("input[name=q]", fail.log_line.as_deref().unwrap()).await;
    browser.press(Key::Enter).await;
    let there = format!("/t/{}", fail.otel_trace_id);
    let listed =
        format!("return location.pathname === {there:?} && location.search.includes('view=list') && document.readyState === 'complete'");
    browser.wait("a pasted line leads to the list view", &listed).await;
    assert_eq!(browser.count("html[data-ready]").await, 0, "no script ran");
    let text = browser.text("main").await;
    let parts = ["GET /api/activities/fail", "render_timeline", "cannot render the timeline", "KeyError", "'handle'", "app.py"];
    for part in parts.iter().chain(&["X-Ray", "CloudWatch", "Honeycomb", "Rollbar"]) {
        assert!(text.contains(part), "no {part} in:\n{text}");
    }
    assert!(browser.count("ul.tree ul > li").await >= 2, "the lists are nested");
    assert_eq!(browser.count("[data-verdict][data-state=found]").await, 4);
    browser.quit().await;
}
