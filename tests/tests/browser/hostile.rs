//! Telemetry is whatever somebody sent: as a name, a line, a message or a value it is shown, and does nothing.

use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};
use tests::browser::Look;
use tests::waterfall::{four_found, row_count, selected_until};
use tests::{Browser, Client, Throughline};
use thirtyfour::Key;

const TRACE: &str = "5759e988bd862e3fe1be46a994272793";

/// What each of them would set off if it were taken for anything but text.
fn strings() -> Vec<String> {
    let mut strings: Vec<String> = [
        "<script>window.hacked=1</script>",
        "</title></head><body><img src=x onerror=window.hacked=1>",
        "\"'><svg onload=window.hacked=1>",
        "</textarea></pre></template></noscript><script>window.hacked=1</script>",
        "--><!--<script>window.hacked=1</script>-->",
        "javascript:window.hacked=1",
        "a NUL \0 inside",
        "bidi \u{202e}gnp.exe\u{2066} and \u{200b} nothing",
        "escape \u{1b}[31m and bell \u{7}",
        "line\r\nfeed\n",
        "🧵 e\u{301} 𝕿",
    ]
    .map(str::to_owned)
    .into();
    strings.push("long ".repeat(20_000));
    strings
}

async fn send(local: &str, strings: &[String]) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let (ms, at) = (u64::try_from(now.as_millis()).unwrap(), |ms: u64| (ms * 1_000_000).to_string());
    let (xray, group) = (format!("1-{}-{}", &TRACE[..8], &TRACE[8..]), "/hostile");
    let post = async |path: &str, target: &str, body: Value| {
        let request = http.post(format!("{local}{path}")).header("x-amz-target", target);
        let kind = if target.is_empty() { "application/json" } else { "application/x-amz-json-1.1" };
        let response = request.header("content-type", kind).body(body.to_string()).send().await.unwrap();
        assert!(response.status().is_success(), "{path} {target}: {}", response.text().await.unwrap_or_default());
    };
    let mut resources = Vec::new();
    for (number, string) in (1_u64..).zip(strings) {
        let parent = if number == 1 { String::new() } else { format!("{:016x}", number - 1) };
        let span = json!({"traceId": TRACE, "spanId": format!("{number:016x}"), "parentSpanId": parent, "name": string, "kind": 2,
            "startTimeUnixNano": at(ms - 900 + number * 10), "endTimeUnixNano": at(ms - 100),
            "attributes": [{"key": string, "value": {"stringValue": string}}, {"key": "http.url", "value": {"stringValue": string}}],
            "events": [{"name": string, "timeUnixNano": at(ms - 500)}], "status": {"code": 2, "message": string}});
        let service = json!({"attributes": [{"key": "service.name", "value": {"stringValue": string}}]});
        resources.push(json!({"resource": service, "scopeSpans": [{"scope": {"name": string}, "spans": [span]}]}));
        let item = json!({"data": {"environment": "test", "level": "error", "timestamp": now.as_secs(), "custom": {"trace_id": TRACE,
            "span_id": format!("{number:016x}"), "note": string}, "body": {"trace": {"frames": [{"filename": string, "lineno": 1, "method": string, "code": string}],
            "exception": {"class": string, "message": string}}}}});
        post("/api/1/item/", "", item).await;
    }
    post("/v1/traces", "", json!({"resourceSpans": resources})).await;
    let exceptions: Vec<Value> =
        strings.iter().map(|string| json!({"id": "00000000000000aa", "type": string, "message": string})).take(6).collect();
    let seconds = now.as_secs_f64();
    let segment = json!({"name": "hostile", "id": "00000000000000ff", "trace_id": xray, "start_time": seconds - 0.9, "end_time": seconds - 0.1,
        "fault": true, "metadata": {"all": strings}, "annotations": {"first": strings[0]}, "cause": {"exceptions": exceptions},
        "http": {"request": {"method": strings[0], "url": strings[1], "user_agent": strings[2]}, "response": {"status": 500}}});
    // X-Ray takes 64 kB a document: without the long one.
    let mut segment = segment;
    segment["metadata"]["all"].as_array_mut().unwrap().pop();
    post("/TraceSegments", "", json!({"TraceSegmentDocuments": [segment.to_string()]})).await;
    post("/", "Logs_20140328.CreateLogGroup", json!({"logGroupName": group})).await;
    post("/", "Logs_20140328.CreateLogStream", json!({"logGroupName": group, "logStreamName": "web"})).await;
    let events: Vec<Value> =
        (ms - 800..).zip(strings).map(|(time, string)| json!({"timestamp": time, "message": format!("{string} trace={xray}")})).collect();
    post("/", "Logs_20140328.PutLogEvents", json!({"logGroupName": group, "logStreamName": "web", "logEvents": events})).await;
}

/// Nothing ran, nothing is invisible, nothing was made of it but text.
async fn inert(browser: &Browser, page: &str, scripts: usize) {
    assert!(browser.run("return window.hacked === undefined").await.as_bool().unwrap(), "{page}: a script of the telemetry ran");
    assert_eq!(browser.complaints().await, Vec::<String>::new(), "{page}");
    assert_eq!(browser.foreign().await, Vec::<String>::new(), "{page}");
    assert_eq!(browser.count("script").await, scripts, "{page}: no script but ours");
    assert_eq!(browser.count("img, iframe, object, embed, [onerror], [onload]").await, 0, "{page}");
    let raw =
        "return [...document.documentElement.outerHTML].filter(c => /[\\0\\u202a-\\u202e\\u2066-\\u2069\\u001b\\u0007]/.test(c)).length";
    assert_eq!(browser.run(raw).await, 0, "{page}: what is invisible was made visible");
    let links = "return [...document.links].filter(a => !/^https?:$/.test(a.protocol)).map(a => a.href)";
    assert_eq!(browser.run(links).await, json!([]), "{page}: links lead to pages");
    let wide = "return document.documentElement.scrollWidth <= innerWidth";
    assert_eq!(browser.run(wide).await, true, "{page}: nothing makes the page wider than its window");
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_telemetry_is_text_everywhere() {
    let throughline = Throughline::start().await;
    let base = throughline.ready.ui.as_str();
    let strings = strings();
    send(throughline.local(), &strings).await;
    let count = strings.len();
    let complete = |request: &Value| {
        let many = |key: &str, least: usize| request[key].as_array().is_some_and(|all| all.len() >= least);
        many("spans", count) && many("logs", count) && many("errors", count)
    };
    let request = Client::new(base).request_until(TRACE, complete).await;
    assert!(complete(&request), "{} spans, {} logs", request["spans"].as_array().unwrap().len(), request["logs"].as_array().unwrap().len());

    let browser = Browser::start(Look::default()).await;
    browser.watch().await;
    browser.goto(&format!("{base}/sources")).await;
    browser.hydrated().await;
    let scripts = browser.count("script").await;

    browser.goto(&format!("{base}/?from=-1h")).await;
    browser.hydrated().await;
    assert!(browser.count("[data-request]").await >= 1);
    inert(&browser, "the list", scripts).await;

    browser.goto(&format!("{base}/t/{TRACE}")).await;
    browser.hydrated().await;
    four_found(&browser).await;
    assert_eq!(browser.driver.title().await.unwrap(), format!("{TRACE} · Throughline"));
    inert(&browser, "the timeline", scripts).await;
    // Every row, and with it every panel, is on screen once.
    browser.press(Key::Home).await;
    selected_until(&browser, "the first row is selected", 1).await;
    let last = u32::try_from(row_count(&browser).await).unwrap();
    assert!(usize::try_from(last).unwrap() > 2 * count, "{last} rows");
    for index in 2..=last {
        browser.press(Key::Down).await;
        selected_until(&browser, "the next row is selected", index).await;
        if index % 8 == 0 || index == last {
            let settled = "const [row, head] = ['[role=row][aria-selected=true] .name', 'aside.detail h2'].map(s => document.querySelector(s)?.innerText.trim());\
                return head !== undefined && head !== '' && row !== undefined";
            browser.wait("its details are there", settled).await;
            inert(&browser, &format!("row {index}"), scripts).await;
        }
    }
    let shown = browser.run("return document.body.innerText").await;
    let shown = shown.as_str().unwrap();
    assert!(shown.contains('<') || shown.contains('␀'), "it is shown as it is, made visible:\n{shown}");
    browser.click("input[name=find]").await;
    browser.type_keys("<script>").await;
    browser.wait("markup can be found as text", "return /^\\d+ (found|of)/.test(document.querySelector('.found').textContent)").await;
    inert(&browser, "find", scripts).await;

    browser.goto(&format!("{base}/t/{TRACE}?view=list")).await;
    browser.hydrated().await;
    inert(&browser, "the list view", scripts).await;
    let listed = browser.run("return document.body.innerText").await;
    for part in ["<script>window.hacked=1</script>", "a NUL ␀ inside", "</title></head>"] {
        assert!(listed.as_str().unwrap().contains(part), "{part} is not shown");
    }

    let pasted = "</title><script>window.hacked=1</script> \u{202e}";
    browser.goto(&format!("{base}/")).await;
    browser.hydrated().await;
    browser
        .run(&format!(
            "const q = document.querySelector('input[name=q]'); q.value = {}; q.dispatchEvent(new Event('input', {{bubbles: true}}))",
            json!(pasted)
        ))
        .await;
    browser.click("input[name=q]").await;
    browser.press(Key::Enter).await;
    browser.wait("the text filters the list", "return location.search.includes('q=') && document.readyState === 'complete'").await;
    browser.hydrated().await;
    assert_eq!(browser.run("return window.hacked === undefined").await, true);
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.quit().await;
}
