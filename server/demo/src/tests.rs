//! Every scenario, in both shapes: what is sent must hold together.

use crate::cruddur::Scenario;
use crate::random::Random;
use crate::story::{Process, Shape, Story};
use crate::wire::{logs, otlp, rollbar, xray};
use crate::{BACK_FILL, HOUR_MS, SETTLED_MS, back_fill};
use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap, HashSet};

const START: i64 = 1_795_408_963_000_000_000;

fn told(scenario: Scenario, shape: Shape) -> Story {
    scenario.tell(START, shape, &mut Random::seeded(7))
}

fn all() -> impl Iterator<Item = (Scenario, Story)> {
    let shapes = [Shape::Shared, Shape::Separate];
    Scenario::ALL.into_iter().flat_map(move |scenario| shapes.map(|shape| (scenario, told(scenario, shape))))
}

fn spans(story: &Story) -> Vec<Span> {
    let exports = otlp::exports(std::slice::from_ref(story));
    exports.into_iter().flat_map(|export| export.resource_spans).flat_map(|spans| spans.scope_spans).flat_map(|scope| scope.spans).collect()
}

/// All segments and subsegments, flat, with the ID of the document around each.
fn documents(story: &Story) -> Vec<(Option<String>, Value)> {
    let mut flat = Vec::new();
    let mut waiting: Vec<(Option<String>, Value)> = xray::documents(story).into_iter().map(|segment| (None, segment)).collect();
    while let Some((around, document)) = waiting.pop() {
        for inner in document["subsegments"].as_array().into_iter().flatten() {
            waiting.push((Some(document["id"].as_str().unwrap().to_owned()), inner.clone()));
        }
        flat.push((around, document));
    }
    flat
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) && text.bytes().any(|b| b != b'0')
}

#[test]
fn every_parent_exists_unless_it_is_meant_to_be_missing() {
    for (scenario, story) in all() {
        let spans = spans(&story);
        let ids: HashSet<&[u8]> = spans.iter().map(|span| span.span_id.as_slice()).collect();
        assert_eq!(ids.len(), spans.len(), "{scenario:?}: span IDs are unique");
        let orphans = spans.iter().filter(|span| !span.parent_span_id.is_empty() && !ids.contains(span.parent_span_id.as_slice())).count();
        assert_eq!(orphans, usize::from(scenario == Scenario::MissingParent), "{scenario:?}");
        let roots = spans.iter().filter(|span| span.parent_span_id.is_empty()).count();
        assert_eq!(roots, usize::from(scenario != Scenario::MissingParent), "{scenario:?}");
        for link in spans.iter().flat_map(|span| &span.links) {
            assert!(ids.contains(link.span_id.as_slice()) && link.trace_id == story.otel_trace.to_be_bytes(), "{scenario:?}");
        }
    }
}

#[test]
fn times_are_nested_except_across_the_queue() {
    for (scenario, story) in all() {
        for step in &story.steps {
            assert!(step.start_ns < step.end_ns, "{scenario:?} {}", step.name);
            let Some(parent) = step.parent.map(|parent| &story.steps[parent]) else { continue };
            assert!(parent.start_ns <= step.start_ns, "{scenario:?} {}", step.name);
            if step.process != Process::Worker || parent.process == Process::Worker {
                assert!(step.end_ns <= parent.end_ns, "{scenario:?} {}", step.name);
            }
        }
    }
}

#[test]
fn segments_hold_together_and_fit_a_datagram() {
    for (scenario, story) in all() {
        let documents = documents(&story);
        assert!(!documents.is_empty(), "{scenario:?}");
        let spans: HashMap<String, Span> = spans(&story).into_iter().map(|span| (hex(&span.span_id), span)).collect();
        let mut ids = HashSet::new();
        for (around, document) in &documents {
            let id = document["id"].as_str().unwrap();
            assert!(is_hex(id, 16) && ids.insert(id), "{scenario:?}: {id}");
            assert_eq!(document["trace_id"], story.xray_spelling(), "{scenario:?}");
            assert!(document["start_time"].as_f64().unwrap() < document["end_time"].as_f64().unwrap());
            if let Some(around) = around {
                assert_eq!((document["parent_id"].as_str(), document["type"].as_str()), (Some(around.as_str()), Some("subsegment")));
                assert!(matches!(document["namespace"].as_str(), Some("aws" | "remote")));
            } else {
                assert_eq!((&document["name"], &document["annotations"]["throughline_demo"]), (&"backend-flask".into(), &true.into()));
                let sent = document["parent_id"].as_str().is_some_and(|parent| spans.contains_key(parent));
                let expected = story.shape == Shape::Shared && !matches!(scenario, Scenario::HealthCheck | Scenario::MissingParent);
                assert_eq!(sent, expected, "{scenario:?}");
            }
            // One span that both saw is one ID, with the same times to the microsecond; or two IDs and never the same.
            assert!(story.shape == Shape::Shared || !spans.contains_key(id), "{scenario:?}");
            if let Some(span) = spans.get(id) {
                let start = document["start_time"].as_f64().unwrap();
                assert!((start - span.start_time_unix_nano as f64 / 1e9).abs() < 2e-6, "{scenario:?}");
            }
        }
        for segment in xray::documents(&story) {
            assert!(xray::datagram(&segment).len() < xray::LONGEST_DATAGRAM, "{scenario:?}");
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    let value = bytes.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    format!("{value:016x}")
}

#[test]
fn lines_are_in_order_and_name_a_span_of_their_request() {
    for (scenario, story) in all() {
        let spans: HashSet<String> = spans(&story).iter().map(|span| hex(&span.span_id)).collect();
        let mut lines = 0;
        for batch in [false, true].into_iter().flat_map(|late| logs::batches(std::slice::from_ref(&story), late)) {
            assert!(batch.events.is_sorted_by_key(|(timestamp, _)| *timestamp), "{scenario:?}");
            for (timestamp, message) in &batch.events {
                lines += 1;
                let message: Value = serde_json::from_str(message).unwrap();
                assert_eq!(message["trace_id"], format!("{:032x}", story.otel_trace), "{scenario:?}");
                assert!(spans.contains(message["span_id"].as_str().unwrap()), "{scenario:?} {message}");
                assert_eq!(message["throughline.demo"], true);
                let backend = batch.group == "/cruddur/backend";
                assert_eq!(message["xray_trace_id"].as_str(), backend.then(|| story.xray_spelling()).as_deref(), "{scenario:?}");
                assert!(story.steps.iter().any(|step| step.start_ns / 1_000_000 <= *timestamp && *timestamp <= step.end_ns / 1_000_000));
            }
        }
        assert_eq!(lines, story.lines.len(), "{scenario:?}: nothing is lost between the groups");
        assert!(lines > 0);
        let late = story.lines.iter().filter(|line| line.late).count();
        assert_eq!(late, usize::from(scenario == Scenario::LateLine), "{scenario:?}");
    }
}

#[test]
fn the_two_shapes_relate_as_they_should() {
    for (scenario, story) in all() {
        assert!(is_hex(&format!("{:032x}", story.otel_trace), 32));
        assert!(story.xray_spelling().starts_with(&format!("1-{:08x}-", START / 1_000_000_000)), "{scenario:?}");
        assert_eq!(story.otel_trace == story.xray_trace, story.shape == Shape::Shared, "{scenario:?}");
    }
}

#[test]
fn the_occurrence_names_its_span_and_both_traces() {
    for shape in [Shape::Shared, Shape::Separate] {
        let story = told(Scenario::HomeFeedBroken, shape);
        let items: Vec<Value> = rollbar::items(&story).collect();
        assert_eq!(items.len(), 1);
        let data = &items[0]["data"];
        let render = spans(&story).into_iter().find(|span| span.name == "render_timeline").unwrap();
        assert_eq!(data["custom"]["span_id"], hex(&render.span_id));
        assert_eq!(data["custom"]["trace_id"], format!("{:032x}", story.otel_trace));
        assert_eq!(data["custom"]["xray_trace_id"], story.xray_spelling());
        assert_eq!(data["custom"]["throughline.demo"], true);
        let header = if shape == Shape::Shared { "X-Amzn-Trace-Id" } else { "Traceparent" };
        assert!(data["request"]["headers"][header].is_string());
        let event = &render.events[0];
        let second = i64::try_from(event.time_unix_nano / 1_000_000_000).unwrap();
        assert_eq!((event.name.as_str(), data["timestamp"].as_i64()), ("exception", Some(second)));
    }
}

#[test]
fn the_request_of_the_pictures() {
    let story = told(Scenario::HomeFeedBroken, Shape::Shared);
    assert_eq!((story.steps.len(), story.lines.len(), story.occurrences.len()), (41, 38, 1));
    let mut services: BTreeSet<String> = story.steps.iter().map(|step| otlp::service(step.process).to_owned()).collect();
    services.extend(documents(&story).iter().map(|(_, document)| document["name"].as_str().unwrap().to_owned()));
    assert_eq!(
        services.into_iter().collect::<Vec<_>>(),
        ["backend-flask", "cognito", "dynamodb", "frontend", "message-worker", "postgres"]
    );
    let throttled = documents(&story).iter().filter(|(_, document)| document["throttle"] == true).count();
    assert_eq!(throttled, 3);
    assert_eq!(spans(&story).iter().filter(|span| span.name == "SELECT activities").count(), 24);
    let seen_twice = documents(&story).iter().filter(|(_, d)| spans(&story).iter().any(|s| hex(&s.span_id) == d["id"])).count();
    assert_eq!(seen_twice, 27, "the handler and the statements of the backend");
    let first = story.steps.iter().map(|step| step.start_ns).min().unwrap();
    let last = story.steps.iter().map(|step| step.end_ns).max().unwrap();
    assert_eq!((last - first) / 1_000_000, 1_319);
}

#[test]
fn the_back_fill_is_an_hour_of_requests_and_the_same_for_the_same_seed() {
    let now_ms = START / 1_000_000;
    let stories = back_fill(now_ms, &mut Random::seeded(1));
    assert_eq!(stories.len(), usize::try_from(BACK_FILL).unwrap());
    let ends: Vec<i64> = stories.iter().map(|story| story.steps.iter().map(|step| step.end_ns).max().unwrap() / 1_000_000).collect();
    assert!(ends.is_sorted());
    assert!(ends.iter().all(|end| (now_ms - HOUR_MS..=now_ms - SETTLED_MS).contains(end)));
    let again = back_fill(now_ms, &mut Random::seeded(1));
    assert_eq!(
        stories.iter().map(|story| story.otel_trace).collect::<Vec<_>>(),
        again.iter().map(|story| story.otel_trace).collect::<Vec<_>>()
    );
    let traces: HashSet<u128> = stories.iter().flat_map(|story| [story.otel_trace, story.xray_trace]).collect();
    let separate = stories.iter().filter(|story| story.shape == Shape::Separate).count();
    assert_eq!(traces.len(), stories.len() + separate);
    assert!(separate > 5);
    for batch in logs::batches(&stories, false) {
        assert!(batch.events.is_sorted_by_key(|(timestamp, _)| *timestamp));
        assert!(batch.events.last().unwrap().0 - batch.events[0].0 < 24 * HOUR_MS);
    }
    // X-Ray's IDs carry the second in which the request began.
    for story in &stories {
        let second = story.steps.iter().map(|step| step.start_ns).min().unwrap() / 1_000_000_000;
        assert_eq!(i64::try_from(story.xray_trace >> 96).unwrap(), second);
    }
}

#[test]
fn every_scenario_has_its_turn() {
    let turns: HashSet<Scenario> = (0..BACK_FILL).map(Scenario::of_turn).collect();
    assert_eq!(turns.len(), Scenario::ALL.len());
    let shapes: HashSet<bool> = (0..BACK_FILL)
        .filter(|index| Scenario::of_turn(*index) == Scenario::HomeFeedBroken)
        .map(|index| Shape::of_turn(index) == Shape::Shared)
        .collect();
    assert_eq!(shapes.len(), 2, "the exception comes with one trace ID and with two");
}
