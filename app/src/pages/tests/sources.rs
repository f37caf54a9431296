use super::support::{Told, get, get_json, post};
use api::{Counter, LocalReport, Permission, SourceReport, SourcesReport};
use model::{Source, State};

fn told() -> Told {
    let source = SourceReport {
        source: Source::Cloudwatch,
        instance: "eu-central-1".to_owned(),
        endpoint: "https://logs.eu-central-1.amazonaws.com".to_owned(),
        state: State::Partial,
        why: "<b>one</b> thing is not allowed".to_owned(),
        next_step: "add logs:FilterLogEvents to the policy".to_owned(),
        route: "FilterLogEvents".to_owned(),
        permissions: vec![
            Permission { name: "logs:DescribeLogGroups".to_owned(), allowed: Some(true), note: String::new() },
            Permission { name: "logs:FilterLogEvents".to_owned(), allowed: Some(false), note: "AccessDeniedException".to_owned() },
        ],
        counters: vec![Counter { name: "calls".to_owned(), value: 1_234, unit: String::new() }],
    };
    let local = LocalReport {
        http: "http://127.0.0.1:14318".to_owned(),
        otlp_grpc: "http://127.0.0.1:14317".to_owned(),
        xray: "127.0.0.1:12000".to_owned(),
        counters: vec![
            Counter { name: "otlp.spans".to_owned(), value: 7, unit: "spans".to_owned() },
            Counter { name: "store.dropped_disk".to_owned(), value: 1_500, unit: "bytes".to_owned() },
        ],
        sample_traces: 12,
    };
    Told { sources: Ok(SourcesReport { sources: vec![source], local: Some(local) }), ..Told::default() }
}

#[tokio::test]
async fn a_card_says_state_reason_and_what_to_do() {
    let got = get(told(), "/sources").await;
    assert_eq!(got.status, 200);
    for text in [
        "data-source=\"cloudwatch\" data-state=\"partial\"",
        "eu-central-1",
        "&lt;b&gt;one&lt;/b&gt; thing",
        "add logs:FilterLogEvents to the policy",
        "Allowed: 1 of 2",
        "AccessDeniedException",
        "1\u{202f}234",
    ] {
        assert!(got.html.contains(text), "{text}: {}", got.html);
    }
}

#[tokio::test]
async fn set_up_lines_have_the_addresses_that_are_listened_on() {
    let got = get(told(), "/sources").await;
    for line in [
        "AWS_ENDPOINT_URL_XRAY=http://127.0.0.1:14318",
        "AWS_XRAY_DAEMON_ADDRESS=127.0.0.1:12000",
        "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:14318",
        "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:14317",
        "http://127.0.0.1:14318/api/1/",
    ] {
        assert!(got.html.contains(line), "{line}");
    }
}

#[tokio::test]
async fn sample_data_goes_by_a_plain_form() {
    let got = get(told(), "/sources").await;
    assert!(got.html.contains("action=\"/_fn/remove-sample-data\" method=\"post\""), "{}", got.html);
    let got = post(told(), "/_fn/remove-sample-data").await;
    assert_eq!((got.status, got.location.as_deref()), (303, Some("/sources?removed=12")));
    let got = get(told(), "/sources?removed=12").await;
    assert!(got.html.contains("12 sample traces were removed."));
}

#[tokio::test]
async fn counters_are_read_by_get() {
    let got = get_json(told(), "/_fn/local-counters?brief=false").await;
    assert_eq!(got.status, 200);
    assert!(got.html.contains("<dt>spans</dt><dd>7</dd>"), "{}", got.html);
    let got = get_json(told(), "/_fn/local-counters?brief=true").await;
    assert!(got.html.contains("data-arrived=\"7\"") && got.html.contains("<dt>OpenTelemetry spans</dt><dd>7</dd>"), "{}", got.html);
}

#[tokio::test]
async fn local_counters_stand_by_what_they_are_about() {
    let got = get(told(), "/sources").await;
    for text in ["<h3>OTLP</h3>", "<dt>spans</dt><dd>7</dd>", "<h3>Store on disk</h3>", "<dt>dropped disk</dt><dd>1.5 kB</dd>"] {
        assert!(got.html.contains(text), "{text}: {}", got.html);
    }
}
