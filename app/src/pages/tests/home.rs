use super::support::{Told, get, get_from};
use api::{ApiError, LocalReport, RequestList, RequestSummary, SourcesReport, Volume};
use model::time::SECOND;
use model::{Counts, Source, SourceSet, State, Status, UnixNs, Verdict};
use std::sync::Arc;

const ID: &str = "67a1f2c49d04c1f5a7b33e60d2c81b5e";

fn row(name: &str, service: &str, status: Status, duration_ms: i64) -> RequestSummary {
    RequestSummary {
        id: ID.parse().unwrap(),
        start: UnixNs::parse_rfc3339("2026-11-23T14:03:22.118Z").unwrap(),
        duration_ns: Some(duration_ms * 1_000_000),
        service: service.to_owned(),
        name: name.to_owned(),
        status,
        http_status: None,
        sources: SourceSet::of(Source::Xray).with(Source::Honeycomb),
        counts: Counts { spans: Some(41), logs: None, errors: Some(1) },
        demo: false,
    }
}

fn told(requests: Vec<RequestSummary>) -> Told {
    Told { list: Ok(RequestList { requests, ..RequestList::default() }), ..Told::default() }
}

#[tokio::test]
async fn a_row_leads_to_its_request_with_the_time_around_it() {
    let got = get(told(vec![row("GET /api/home", "backend-flask", Status::Fault, 1_320)]), "/").await;
    assert_eq!(got.status, 200);
    assert!(got.html.contains(&format!("data-request=\"{ID}\"")), "{}", got.html);
    assert!(got.html.contains(&format!("href=\"/t/{ID}?from=2026-11-23T13:58:22.118Z&amp;to=2026-11-23T14:18:23.438Z\"")), "{}", got.html);
    for text in ["GET ", "/api/home", "backend-flask", "1.32 s", "XR", "HC", "fault", "14:03:22"] {
        assert!(got.html.contains(text), "{text}");
    }
    let counts = got.html.split("request-counts").nth(1).unwrap();
    assert!(counts.contains("41<") && counts.contains("–<") && counts.contains("1<"), "{counts}");
    assert!(got.html.contains("name=\"q\""));
    assert!(got.html.contains("</body></html>"), "{}", got.html);
}

#[tokio::test]
async fn a_recognised_id_leads_to_its_request_and_keeps_the_range() {
    let line = "ERROR%20trace%3D1-67a1f2c4-9d04c1f5a7b33e60d2c81b5e%20user%3Dx";
    let got = get(Told::default(), &format!("/?q={line}&from=-6h")).await;
    assert_eq!((got.status, got.location.as_deref()), (303, Some(format!("/t/{ID}?from=-6h").as_str())));
    let asked = Arc::new(Told::default());
    get_from(asked.clone(), &format!("/?q={line}")).await;
    assert!(asked.asked.lock().unwrap().is_empty(), "a redirect asks no source");
}

#[tokio::test]
async fn any_other_text_filters() {
    let asked = Arc::new(Told::default());
    let got = get_from(asked.clone(), "/?q=timeline&service=backend&status=fault&min_duration_ms=250").await;
    assert_eq!(got.status, 200);
    let queries = asked.asked.lock().unwrap();
    assert_eq!(queries[0].text.as_deref(), Some("timeline"));
    assert_eq!(queries[0].service.as_deref(), Some("backend"));
    assert_eq!(queries[0].status, Some(Status::Fault));
    assert_eq!(queries[0].min_duration_ns, Some(250_000_000));
    assert!(got.html.contains("Clear the filters"));
}

#[tokio::test]
async fn wrong_parameters_are_refused_in_words() {
    for (query, words) in [("from=yesterday", "RFC 3339"), ("status=bad", "throttle"), ("from=-1h&to=-2h", "swap the two")] {
        let got = get(Told::default(), &format!("/?{query}")).await;
        assert_eq!(got.status, 400, "{query}");
        assert!(got.html.contains(words) && got.html.contains("name=\"q\""), "{query}: {}", got.html);
    }
}

#[tokio::test]
async fn a_busy_backend_says_so_with_its_status() {
    let told = Told { list: Err(ApiError::Overloaded { retry_after_s: 3 }), ..Told::default() };
    let got = get(told, "/").await;
    assert_eq!(got.status, 503);
    assert!(got.html.contains("try again in 3 s"));
}

#[tokio::test]
async fn hostile_names_stay_text() {
    let hostile = "</span><script>alert(1)</script>\0\u{202e}<img src=x onerror=alert(2)>";
    let mut verdict = Verdict::failed(Source::Rollbar, hostile, hostile);
    verdict.searched = vec![hostile.to_owned()];
    let list = RequestList { requests: vec![row(hostile, hostile, Status::Ok, 1)], verdicts: vec![verdict], ..RequestList::default() };
    let got = get(Told { list: Ok(list), ..Told::default() }, "/").await;
    assert_eq!(got.status, 200);
    assert!(!got.html.contains("<script>alert") && !got.html.contains("<img src=x"));
    assert!(got.html.contains("&lt;script&gt;") && got.html.contains('␀') && got.html.contains("‹U+202E›"));
    let echoed = get(Told::default(), "/?q=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E").await;
    assert!(!echoed.html.contains("<script>alert"), "{}", echoed.html);
}

#[tokio::test]
async fn every_verdict_is_told_whole() {
    let mut partial = Verdict::new(Source::Cloudwatch, State::Partial);
    partial.why = "no access to /aws/lambda/x".to_owned();
    partial.next_step = "allow logs:FilterLogEvents".to_owned();
    partial.searched = vec!["/cruddur/backend".to_owned()];
    partial.counts.logs = Some(38);
    let list = RequestList { verdicts: vec![Verdict::new(Source::Xray, State::Empty), partial], ..RequestList::default() };
    let got = get(Told { list: Ok(list), ..Told::default() }, "/").await;
    for text in [
        "data-verdict=\"xray\" data-state=\"empty\"",
        "data-verdict=\"cloudwatch\" data-state=\"partial\"",
        "no access to /aws/lambda/x",
        "allow logs:FilterLogEvents",
        "/cruddur/backend",
        "38 lines",
        "nothing found",
        "Not every source could be searched",
    ] {
        assert!(got.html.contains(text), "{text}: {}", got.html);
    }
}

#[tokio::test]
async fn sorting_is_within_what_is_loaded_and_says_so() {
    let rows = vec![row("fast", "a", Status::Ok, 1), row("slow", "b", Status::Ok, 900)];
    let list = RequestList { requests: rows, next_cursor: Some("c&1".to_owned()), ..RequestList::default() };
    let got = get(Told { list: Ok(list), ..Told::default() }, "/?sort=duration").await;
    let (slow, fast) = (got.html.find("<b>slow").unwrap(), got.html.find("<b>fast").unwrap());
    assert!(slow < fast, "slowest first");
    assert!(got.html.contains("sorted within what is loaded"));
    assert!(got.html.contains("limit=100"), "more is one link away");
}

#[tokio::test]
async fn an_empty_list_teaches_how_to_send_the_first() {
    let local = LocalReport { http: "http://127.0.0.1:4318".to_owned(), ..LocalReport::default() };
    let told = Told { sources: Ok(SourcesReport { local: Some(local), sources: Vec::new() }), ..Told::default() };
    let got = get(told, "/").await;
    assert!(got.html.contains("OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318"), "{}", got.html);
    assert!(got.html.contains("Last 24 hours"));
    let elsewhere = get(Told::default(), "/").await;
    assert!(!elsewhere.html.contains("OTEL_EXPORTER") && elsewhere.html.contains("Last 24 hours"));
}

#[tokio::test]
async fn the_strip_stacks_faults_and_has_no_bar_for_nothing() {
    let volume = Volume { start: UnixNs(0), bucket_ns: 60 * SECOND, buckets: vec![(10, 2, 1), (0, 0, 0), (1, 0, 0)] };
    let list = RequestList { requests: vec![row("x", "y", Status::Ok, 1)], volume: Some(volume), ..RequestList::default() };
    let got = get(Told { list: Ok(list), ..Told::default() }, "/").await;
    assert_eq!(got.html.matches("class=\"volume-fault\"").count(), 1);
    assert_eq!(got.html.matches("class=\"volume-rest\"").count(), 2);
    assert!(got.html.contains("11 in all, 2 with a fault, 1 throttled"));
}

#[tokio::test]
async fn scripts_and_styles_obey_the_policy() {
    let got = get(told(vec![row("x", "y", Status::Ok, 1)]), "/").await;
    assert!(!got.html.contains(" style=\""), "no inline styles");
    for script in got.html.split("<script").skip(1) {
        let tag = script.split('>').next().unwrap();
        assert!(tag.contains("nonce=\""), "a script without nonce: {tag}");
    }
    assert!(got.html.contains("/pkg/app.1.js") && got.html.contains("/pkg/app.2.wasm") && got.html.contains("/pkg/app.3.css"));
}

#[tokio::test]
async fn an_unknown_address_is_404() {
    let got = get(Told::default(), "/nowhere").await;
    assert_eq!(got.status, 404);
    assert!(got.html.contains("There is no such page"));
}

#[tokio::test]
async fn without_a_count_the_strip_shows_what_is_loaded_and_says_so() {
    let list = RequestList { requests: vec![row("x", "y", Status::Fault, 1)], next_cursor: Some("c".to_owned()), ..RequestList::default() };
    let path = "/?from=2026-11-23T14:00:00Z&to=2026-11-23T15:00:00Z";
    let got = get(Told { list: Ok(list), ..Told::default() }, path).await;
    assert!(got.html.contains("Requests by time of what is loaded: 1 in all, 1 with a fault, 0 throttled"), "{}", got.html);
    // 3 min 22 s into the hour: what lies before is not loaded, and is not drawn as empty.
    assert!(got.html.contains("<line x1=\"0\" x2=\"5.6"), "{}", got.html);
}
