use super::*;
use proptest::prelude::*;

const HEX: &str = "67a1f2c49d04c1f5a7b33e60d2c81b5e";
const XRAY: &str = "1-67a1f2c4-9d04c1f5a7b33e60d2c81b5e";
const UUID: &str = "67a1f2c4-9d04-c1f5-a7b3-3e60d2c81b5e";
const OTHER: &str = "5f4b9fd889ee5839d8fc66e33940305f";
const OTHER_XRAY: &str = "1-5f4b9fd8-89ee5839d8fc66e33940305f";

/// `Ħ`, `Ẋ`, `Ŭ` stand for the ID in its three forms, `Ø` and `Þ` for another ID, `Ş` for a span ID.
fn fill(pattern: &str) -> String {
    let mut text = String::new();
    for c in pattern.chars() {
        match c {
            'Ħ' => text.push_str(HEX),
            'Ẋ' => text.push_str(XRAY),
            'Ŭ' => text.push_str(UUID),
            'Ø' => text.push_str(OTHER),
            'Þ' => text.push_str(OTHER_XRAY),
            'Ş' => text.push_str("53995c3f42cd8ad8"),
            c => text.push(c),
        }
    }
    text
}

#[test]
fn finds_the_id_in_what_people_paste() {
    use Spelling::{Hex, Traceparent, Uuid, Xray, XrayHeader};
    let table = [
        // IDs alone.
        ("Ħ", Hex, false),
        ("  Ẋ\n", Xray, false),
        ("Ŭ", Uuid, false),
        ("Ẋ@Ş", Xray, true),
        ("\"Ħ\"", Hex, false),
        ("<Ħ>", Hex, false),
        // Headers.
        ("00-Ħ-Ş-01", Traceparent, true),
        ("traceparent: 00-Ħ-Ş-01", Traceparent, true),
        ("cc-Ħ-Ş-01-more", Traceparent, true),
        ("Root=Ẋ;Parent=Ş;Sampled=1", XrayHeader, true),
        ("X-Amzn-Trace-Id: Root=Ẋ;Parent=Ş;Sampled=1", XrayHeader, true),
        ("x-amzn-trace-id:Sampled=1; Parent=Ş ;Root=Ẋ", XrayHeader, true),
        ("Self=Þ;Root=Ẋ;CalledFrom=app", XrayHeader, false),
        ("Root=Ẋ;Lineage=a87bd80c:1|68fd508a:5", XrayHeader, false),
        ("X-B3-TraceId: Ħ", Hex, false),
        ("b3: Ħ-Ş-1", Hex, true),
        // Log lines.
        ("boom AWS-XRAY-TRACE-ID: Ẋ@Ş", Xray, true),
        ("XRAY TraceId: Ẋ\tSegmentId: Ş\tSampled: true", Xray, true),
        (r#"{"level":"error","msg":"x","trace_id":"Ħ","span_id":"Ş"}"#, Hex, true),
        (r#"{"traceId": "Ħ", "parentSpanId": "0011223344556677"}"#, Hex, false),
        (r#"{"log":"{\"xray_trace_id\":\"Ẋ\"}"}"#, Xray, false),
        (r#"{"trace":"projects/p/traces/Ħ"}"#, Hex, false),
        (r#"{"value":"Root=Ẋ;Parent=Ş;Sampled=1","type":"X-Amzn-Trace-Id"}"#, XrayHeader, true),
        ("2026-11-23T14:03:22.118Z ERROR [shop,Ħ,Ş] payment failed", Hex, false),
        ("time=14:03 otelTraceID=Ħ otelSpanID=Ş otelServiceName=shop", Hex, true),
        (r#""message":"first\nĦ""#, Hex, false),
        ("https.request.header.x_amzn_trace_id=[\"Root=Ẋ\"]\n", XrayHeader, false),
        ("request ended, id Ŭ", Uuid, false),
        // The more specific wins, wherever it stands.
        ("request Ø trace_id=Ħ", Hex, false),
        ("sha Ø then Ẋ", Xray, false),
        ("RequestId: 5f4b9fd8-89ee-5839-d8fc-66e33940305f Ħ", Hex, false),
        ("Þ handled, traceparent 00-Ħ-Ş-00", Traceparent, true),
        // URLs.
        ("https://ui.honeycomb.io/team/environments/prod/datasets/shop/trace?trace_id=Ħ&span=Ş&trace_start_ts=1", Hex, true),
        ("https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#xray:traces/Ẋ", Xray, false),
        ("https://x.console.aws.amazon.com/xray/home#/traces/Ẋ?timeRange=PT5M", Xray, false),
        ("http://127.0.0.1:3000/t/Ħ?span=Ş&view=list", Hex, true),
        ("https://jaeger.example/trace/Ħ?uiFind=Ø", Hex, false),
        ("/t/Ẋ", Xray, false),
        ("https://x/?next=%2Ftrace%3Ftrace_id%3DĦ%26span%3DŞ", Hex, true),
        ("https://x/?next=trace_id%253DĦ", Hex, false),
        ("https://x/#logsV2:log-groups/log-group/$252Fshop/log-events$3FfilterPattern$3D$2522Ẋ$2522", Xray, false),
        ("#logsV2:logs-insights$3FqueryDetail$3D~(editorString~'filter*20*40message*20like*20*22Ħ*22)", Hex, false),
    ];
    let span = SpanId::new(0x5399_5c3f_42cd_8ad8);
    let trace: TraceId = HEX.parse().unwrap();
    for (pattern, spelling, has_span) in table {
        let text = fill(pattern);
        let found = recognise(&text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(found.trace, trace, "{text}");
        assert_eq!(found.spelling, spelling, "{text}");
        assert_eq!(found.span, span.filter(|_| has_span), "{text}");
        assert_eq!(text[found.range].parse(), Ok(trace), "{text}");
        let upper = text.replace(HEX, &HEX.to_uppercase());
        assert_eq!(TraceId::recognise(&upper), Some(trace), "{upper}");
    }
}

#[test]
fn a_trimmed_id_needs_to_be_alone_or_named() {
    let trimmed = "00f067aa0ba902b7".parse().ok();
    assert_eq!(TraceId::recognise("00f067aa0ba902b7"), trimmed);
    assert_eq!(TraceId::recognise("trace.trace_id: 00f067aa0ba902b7"), trimmed);
    assert_eq!(TraceId::recognise("saw 00f067aa0ba902b7 today"), None);
    assert_eq!(TraceId::recognise("span_id=00f067aa0ba902b7"), None);
}

#[test]
fn finds_nothing_where_there_is_none() {
    let zeros = "0".repeat(32);
    for pattern in [
        "",
        "hello",
        "Ħ0",
        "0Ħ",
        "ĦĦ",
        "xĦ",
        "Ħz",
        "11-67a1f2c4-9d04c1f5a7b33e60d2c81b5e",
        "x1-67a1f2c4-9d04c1f5a7b33e60d2c81b5e",
        "1-67a1f2c4-9d04c1f5a7b33e60d2c81b5e0",
        "1_67a1f2c4_9d04c1f5a7b33e60d2c81b5e",
        "67a1f2c4-9d04-c1f5-a7b3-3e60d2c81b5e-1",
        "Self=Þ",
        "sha256:ĦØ",
        "Parent=Ş",
        "1-00000000-000000000000000000000000",
    ] {
        let text = fill(pattern);
        assert_eq!(recognise(&text), None, "{text}");
    }
    assert_eq!(recognise(&zeros), None);
    assert_eq!(recognise(&format!("trace_id={zeros}")), None);
    assert_eq!(recognise(&format!("00-{zeros}-53995c3f42cd8ad8-01")), None);
    let behind = fill("trace_id=Ħ");
    assert_eq!(TraceId::recognise(&format!("trace_id={zeros} {behind}")), HEX.parse().ok());
}

#[test]
fn an_invalid_version_or_span_still_leaves_the_trace() {
    assert_eq!(recognise(&fill("ff-Ħ-Ş-01")).unwrap().spelling, Spelling::Hex);
    let zero = recognise(&fill("00-Ħ-0000000000000000-01")).unwrap();
    assert_eq!((zero.spelling, zero.span), (Spelling::Traceparent, None));
}

#[test]
fn long_lines_end_at_64_kib() {
    let within = format!("{} trace_id={HEX}", "x".repeat(LIMIT - 100));
    assert_eq!(TraceId::recognise(&within), HEX.parse().ok());
    let beyond = format!("{} trace_id={HEX}", "x".repeat(LIMIT));
    assert_eq!(recognise(&beyond), None);
    // The limit cuts a run of 40 digits to 32: still not an ID.
    let cut = format!("{}{HEX}01234567", " ".repeat(LIMIT - 32));
    assert_eq!(recognise(&cut), None);
}

#[test]
fn a_megabyte_takes_no_time() {
    for unit in ["a-", "00-", "1-67a1f2c4-", "67a1f2c4-9d04-c1f5-a7b3-", "%25", "$25", "traceid="] {
        let text = unit.repeat(1_000_000 / unit.len());
        let begin = std::time::Instant::now();
        assert_eq!(recognise(&text), None);
        assert!(begin.elapsed().as_millis() < 500, "{unit}");
    }
}

proptest! {
    #[test]
    fn any_text_is_safe(text in any::<String>()) {
        if let Some(found) = recognise(&text) {
            prop_assert!(text.get(found.range).is_some());
        }
    }

    #[test]
    fn pieces_of_ids_are_safe(pieces in proptest::collection::vec(prop_oneof![
        Just(HEX), Just(XRAY), Just(UUID), Just("-"), Just("00"), Just("=ż"), Just("%3D"), Just("$25"), Just("*20"), Just("%"), Just("trace_id"),
        Just("Root="), Just(";Parent="), Just("53995c3f42cd8ad8"), Just("\n"), Just("@"), Just("/t/"), Just("1"),
    ], 0..24)) {
        let text = pieces.concat();
        if let Some(found) = recognise(&text) {
            let slice = text.get(found.range);
            prop_assert!(slice.is_some());
            prop_assert_eq!(slice.and_then(|slice| slice.parse::<TraceId>().ok()), Some(found.trace));
        }
    }

    #[test]
    fn every_id_is_found_in_every_spelling(value in 1..=u128::MAX, before in "[^0-9a-zA-Z%*$-]{0,20}") {
        let trace = TraceId::new(value).unwrap();
        for spelling in [trace.to_string(), trace.xray(), format!("00-{trace}-53995c3f42cd8ad8-01"), format!("Root={};Sampled=1", trace.xray())] {
            prop_assert_eq!(TraceId::recognise(&format!("{before}{spelling}")), Some(trace));
        }
    }
}
