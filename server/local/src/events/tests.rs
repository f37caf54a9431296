use std::path::PathBuf;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use serde_json::{Value, json};

use super::index::Form;
use super::rows::Select;
use super::*;
use crate::store::Place;

const PLACE: Place = Place { file: 1, offset: 16 };

fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/hr").join(name);
    std::fs::read(path).unwrap()
}

fn all_rows(index: &Index, payload: &[u8], form: Form, entries: Entries) -> Vec<Row> {
    index.add(form, PLACE, 1_000, entries);
    let block = index.in_range(&(i64::MIN..=i64::MAX)).first().unwrap().1;
    let mut found = Vec::new();
    rows(payload, &block, &Select::default(), &Wanted::All, &|trace| index.knows(trace), &mut |row| found.push(row));
    found
}

fn golden(name: &str) -> Vec<(String, u64, Value)> {
    let batches: Value = serde_json::from_slice(&fixture(name)).unwrap();
    let events = batches[0]["events"].as_array().unwrap();
    events
        .iter()
        .map(|event| (event["time"].as_str().unwrap().to_owned(), event["samplerate"].as_u64().unwrap(), event["data"].clone()))
        .collect()
}

fn comparable(rows: Vec<Row>) -> Vec<(String, u64, Value)> {
    rows.into_iter().map(|row| (crate::time::rfc3339(row.time_ns), row.sample_rate.into(), Value::Object(row.fields))).collect()
}

fn assert_same_rows(found: Vec<Row>, expected: &[(String, u64, Value)]) {
    for (found, expected) in comparable(found).into_iter().zip(expected) {
        assert_eq!(found, *expected);
    }
}

#[test]
fn spans_become_the_events_that_honeycomb_makes_of_them() {
    let payload = fixture("py-otlp-http-protobuf-01-v1_traces.body.bin");
    let expected = golden("derived-honeycomb-events--py-otlp-http-protobuf-01-v1_traces.json");
    let found = all_rows(&Index::default(), &payload, Form::Traces, traces(&payload).unwrap());
    assert_eq!(found.len(), expected.len());
    assert_same_rows(found, &expected);
}

#[test]
fn log_records_become_the_events_that_honeycomb_makes_of_them() {
    let payload = fixture("py-otlp-http-protobuf-02-v1_logs.body.bin");
    let expected = golden("derived-honeycomb-events--py-otlp-http-protobuf-02-v1_logs.json");
    let found = all_rows(&Index::default(), &payload, Form::Logs, logs(&payload).unwrap());
    assert_eq!(found.len(), expected.len());
    assert_same_rows(found, &expected);
}

fn text(value: &str) -> AnyValue {
    AnyValue { value: Some(Any::StringValue(value.into())) }
}

fn attribute(key: &str, value: AnyValue) -> KeyValue {
    KeyValue { key: key.into(), value: Some(value), ..KeyValue::default() }
}

fn request(spans: Vec<Span>) -> Vec<u8> {
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    ExportTraceServiceRequest { resource_spans: vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }] }.encode_to_vec()
}

fn span(attributes: Vec<KeyValue>) -> Span {
    Span { trace_id: vec![7; 16], span_id: vec![8; 8], start_time_unix_nano: 5, end_time_unix_nano: 9, attributes, ..Span::default() }
}

#[test]
fn attributes_of_every_kind_are_kept_as_honeycomb_keeps_them() {
    let nested = |inner| AnyValue { value: Some(Any::KvlistValue(KeyValueList { values: vec![attribute("k", inner)] })) };
    let deep = (0..8).fold(text("end"), |inner, _| nested(inner));
    let array =
        AnyValue { value: Some(Any::ArrayValue(ArrayValue { values: vec![text("<a>"), AnyValue { value: Some(Any::IntValue(1)) }] })) };
    let payload = request(vec![span(vec![
        attribute("deep", deep),
        attribute("array", array),
        attribute("bytes", AnyValue { value: Some(Any::BytesValue(vec![1, 2, 3])) }),
        attribute("", text("no key")),
        KeyValue { key: "no value".into(), ..KeyValue::default() },
        attribute("long", text(&"ä".repeat(40_000))),
        attribute("SampleRate", AnyValue { value: Some(Any::DoubleValue(2.6)) }),
    ])]);
    let rows = all_rows(&Index::default(), &payload, Form::Traces, traces(&payload).unwrap());
    let fields = &rows[0].fields;
    assert_eq!(rows[0].sample_rate, 3);
    assert_eq!(fields["deep.k.k.k.k.k.k"], "{\"k\":{\"k\":\"end\"}}\n");
    assert_eq!(fields["array"], "[\"\\u003ca\\u003e\",1]\n");
    assert_eq!(fields["bytes"], "\"AQID\"\n");
    assert_eq!(fields["long"].as_str().unwrap().len(), 65_534);
    for absent in ["", "no value", "SampleRate", "trace.parent_id"] {
        assert!(!fields.contains_key(absent), "{absent}");
    }
}

#[test]
fn the_trace_state_says_the_sample_rate_if_no_attribute_does() {
    for (trace_state, rate) in [("ot=th:c", 4), ("a=b,ot=rv:1;th:8", 2), ("ot=th:0", 1), ("ot=th:zz", 1), ("ot=th:", 1), ("", 1)] {
        let payload = request(vec![Span { trace_state: trace_state.into(), ..span(Vec::new()) }]);
        let rows = all_rows(&Index::default(), &payload, Form::Traces, traces(&payload).unwrap());
        assert_eq!(rows[0].sample_rate, rate, "{trace_state}");
    }
}

#[test]
fn a_span_that_ends_before_it_begins_took_no_time() {
    let payload = request(vec![Span { end_time_unix_nano: 1, ..span(Vec::new()) }]);
    let rows = all_rows(&Index::default(), &payload, Form::Traces, traces(&payload).unwrap());
    assert_eq!((&rows[0].fields["duration_ms"], &rows[0].fields["meta.invalid_duration"]), (&json!(0.0), &json!(true)));
}

#[test]
fn spans_without_ids_are_left_out_and_counted() {
    let bad = [vec![], vec![0; 16], vec![1; 3]].map(|trace_id| Span { trace_id, ..span(Vec::new()) });
    let payload = request(bad.into_iter().chain([span(Vec::new()), Span { span_id: vec![0; 8], ..span(Vec::new()) }]).collect());
    let entries = traces(&payload).unwrap();
    assert_eq!((entries.kept, entries.rejected), (1, 4));
    assert_eq!(all_rows(&Index::default(), &payload, Form::Traces, entries).len(), 1);
}

#[test]
fn sample_data_is_forgotten_trace_by_trace() {
    let mark = attribute(crate::store::DEMO_MARK, AnyValue { value: Some(Any::BoolValue(true)) });
    let payload = request(vec![
        span(vec![mark]),
        Span { span_id: vec![9; 8], ..span(Vec::new()) },
        Span { trace_id: vec![1; 16], ..span(Vec::new()) },
    ]);
    let index = Index::default();
    assert_eq!(all_rows(&index, &payload, Form::Traces, traces(&payload).unwrap()).len(), 3);
    assert_eq!(index.demo_traces(), 1);
    assert_eq!(index.forget_demo(), 1);
    let block = index.in_range(&(0..=100)).first().unwrap().1;
    let mut left = Vec::new();
    rows(&payload, &block, &Select::default(), &Wanted::All, &|trace| index.knows(trace), &mut |row| left.push(row));
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].fields["trace.trace_id"], "01".repeat(16));
}

/// Whatever passes the check on arrival can be decoded when it is asked for.
#[test]
fn what_is_acknowledged_can_be_decoded() {
    let whole = fixture("py-otlp-http-protobuf-01-v1_traces.body.bin");
    assert!(traces(&whole).is_ok());
    let mut seed = 42_u64;
    let mut passed = 0;
    for _ in 0..30_000 {
        let mut damaged = whole.clone();
        for _ in 0..=(seed % 3) {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = (seed >> 33) as usize % damaged.len();
            damaged[at] = seed.to_le_bytes()[3];
        }
        if traces(&damaged).is_ok() {
            passed += 1;
            assert!(ExportTraceServiceRequest::decode(damaged.as_slice()).is_ok());
        }
    }
    assert!(passed > 1_000 && passed < 30_000, "{passed} passed");
    for cut in 0..whole.len() {
        if traces(&whole[..cut]).is_ok() {
            assert!(ExportTraceServiceRequest::decode(&whole[..cut]).is_ok());
        }
    }
}

#[test]
fn attributes_nested_too_deep_are_refused() {
    let nested = |depth: usize| {
        let inner = (0..depth).fold(text("end"), |inner, _| AnyValue { value: Some(Any::ArrayValue(ArrayValue { values: vec![inner] })) });
        request(vec![span(vec![attribute("deep", inner)])])
    };
    assert!(traces(&nested(20)).is_ok());
    assert!(ExportTraceServiceRequest::decode(nested(20).as_slice()).is_ok());
    assert!(traces(&nested(60)).is_err());
}

#[test]
fn thousands_of_messages_in_one_another_do_no_harm() {
    // An array's value (field 1) in an array (field 5) in a value …
    let mut bytes = Vec::new();
    while bytes.len() < 60_000 {
        for tag in [0x0a, 0x2a] {
            bytes = [vec![tag], prost_length(&bytes), bytes].concat();
        }
    }
    let value = [vec![0x12], prost_length(&bytes), bytes].concat();
    let attribute = [vec![0x4a], prost_length(&value), value].concat();
    let span = [vec![0x12], prost_length(&attribute), attribute].concat();
    let scope = [vec![0x12], prost_length(&span), span].concat();
    let resource = [vec![0x0a], prost_length(&scope), scope].concat();
    assert!(traces(&resource).is_err());
}

fn prost_length(bytes: &[u8]) -> Vec<u8> {
    let mut length = Vec::new();
    prost::encoding::encode_varint(bytes.len() as u64, &mut length);
    length
}
