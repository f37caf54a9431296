use super::*;
use crate::{ApiError, RequestList, RequestSummary};
use model::request::{Attribute, PlacedBy};
use model::{Status, sample};
use serde_json::Value;

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_timeline_has_the_shape_of_the_contract() {
    let request = sample::request();
    let json = serde_json::to_value(timeline(&request)).unwrap();
    assert_eq!(keys(&json), ["id", "spellings", "aliases", "start_unix_ns", "duration_ns", "spans", "logs", "errors", "verdicts"]);
    assert_eq!(json["id"], "6b03c354535b6dfea5195785698743b7");
    assert_eq!(json["spellings"], serde_json::json!(["1-6b03c354-535b6dfea5195785698743b7"]));
    assert_eq!(keys(&json["aliases"][0]), ["id", "because", "evidence"]);
    assert_eq!(json["aliases"][0]["id"], "5f4b9fd889ee5839d8fc66e33940305f");
    assert_eq!(json["start_unix_ns"], "1795442602000000000");
    assert_eq!(json["duration_ns"], 1_184_000_000_i64);
    let span = &json["spans"][1];
    assert_eq!(
        keys(span),
        [
            "id",
            "parent",
            "trace",
            "service",
            "name",
            "kind",
            "start_unix_ns",
            "duration_ns",
            "status",
            "sources",
            "in_progress",
            "inferred",
            "orphan",
            "attributes",
            "events",
            "links"
        ]
    );
    assert_eq!((&span["parent"], &span["kind"], &span["status"]), (&json["spans"][0]["id"], &"server".into(), &"fault".into()));
    assert_eq!(span["sources"], serde_json::json!(["xray", "honeycomb"]));
    assert_eq!(span["attributes"]["http.route"], "/api/activities/home");
    assert_eq!(span["events"][0]["time_unix_ns"], "1795442602118000000");
    assert_eq!(json["spans"][0]["parent"], Value::Null);
    let log = &json["logs"][0];
    assert_eq!(keys(log), ["time_unix_ns", "severity", "service", "body", "source", "log_group", "log_stream", "span", "placed_by"]);
    assert_eq!((&log["source"], &log["span"], &log["placed_by"]), (&"cloudwatch".into(), &span["id"], &"span".into()));
    let error = &json["errors"][0];
    assert_eq!(keys(error), ["time_unix_ns", "level", "class", "message", "frames", "source", "sources", "url", "span", "placed_by"]);
    assert_eq!((&error["source"], &error["class"]), (&"rollbar".into(), &"KeyError".into()));
    assert_eq!(keys(&error["frames"][0]), ["file", "line", "function", "code", "before", "after"]);
    let verdict = &json["verdicts"][1];
    assert_eq!(keys(verdict), ["source", "state", "counts", "elapsed_ms", "why", "next_step", "searched"]);
    assert_eq!((&verdict["state"], &verdict["counts"]["spans"], &verdict["counts"]["logs"]), (&"partial".into(), &Value::Null, &6.into()));
}

#[test]
fn sources_that_disagree_both_have_their_say() {
    let mut request = sample::request();
    let says = |value: &str, source| Attribute { key: "user".to_owned(), value: value.into(), sources: SourceSet::of(source) };
    request.spans[0].attributes = vec![says("a", Source::Xray), says("b", Source::Honeycomb), says("c", Source::Honeycomb)];
    let json = serde_json::to_value(timeline(&request)).unwrap();
    assert_eq!(json["spans"][0]["attributes"], serde_json::json!({ "user": "a", "user@honeycomb": "b", "user@honeycomb#2": "c" }));
}

#[test]
fn the_list_has_the_shape_of_the_contract() {
    let summary = RequestSummary {
        id: sample::trace(),
        start: UnixNs(1),
        duration_ns: None,
        service: "shop".to_owned(),
        name: "GET /".to_owned(),
        status: Status::Throttle,
        http_status: Some(429),
        sources: SourceSet::of(Source::Xray),
        counts: Counts { spans: Some(2), ..Counts::default() },
        demo: true,
    };
    let page = RequestList { requests: vec![summary], verdicts: vec![Verdict::searching(Source::Rollbar)], ..RequestList::default() };
    let text = serde_json::to_string(&list(&page)).unwrap();
    assert_eq!(
        text,
        r#"{"requests":[{"id":"6b03c354535b6dfea5195785698743b7","start_unix_ns":"1","duration_ns":null,"service":"shop","name":"GET /","status":"throttle","sources":["xray"],"counts":{"spans":2,"logs":null,"errors":null},"demo":true}],"next_cursor":null,"verdicts":[{"source":"rollbar","state":"searching","counts":{"spans":null,"logs":null,"errors":null},"elapsed_ms":0,"why":"","next_step":"","searched":[]}]}"#
    );
}

#[test]
fn problems_say_what_and_when_again() {
    let json = serde_json::to_value(problem(&ApiError::Overloaded { retry_after_s: 3 })).unwrap();
    assert_eq!(json["type"], "urn:throughline:problem:overloaded");
    assert_eq!((&json["status"], &json["retry_after_s"], &json["title"]), (&503.into(), &3.into(), &"Busy".into()));
    let json = serde_json::to_value(problem(&ApiError::NotFound)).unwrap();
    assert_eq!(keys(&json), ["type", "title", "status", "detail"]);
}

#[test]
fn the_waterfall_reads_like_this() {
    let page = text(&sample::request());
    let expected = "\
frontend-react-js  GET /home  fault  1.18 s
6b03c354535b6dfea5195785698743b7  1-6b03c354-535b6dfea5195785698743b7
also 5f4b9fd889ee5839d8fc66e33940305f: a Rollbar occurrence carries both in custom.trace_id and custom.xray_trace_id
2026-11-23T14:03:22.000Z  spans 16  services 6  logs 6  errors 1

X-Ray       found         spans 12  errors 1      41 ms
";
    assert!(page.starts_with(expected), "{page}");
    for line in [
        "   offset     duration status   |                        | service  operation",
        "     0 ns       1.18 s fault    |========================| frontend-react-js  GET /home  500  HC",
        "    12 ms       1.15 s fault    |======================= |   backend-flask  GET /api/activities/home  500  XR HC",
        "    13 ms                                                      - info GET /api/activities/home  CW",
        "   1.13 s                                                          ! KeyError: 'display_name'  XR HC RB",
        "                                                                     at backend/messages.py:41 render",
        "            next: allow logs:FilterLogEvents on /cruddur/worker",
    ] {
        assert!(page.lines().any(|own| own == line), "{line}\n{page}");
    }
}

#[test]
fn hostile_text_neither_breaks_lines_nor_the_width() {
    let mut request = sample::request();
    for span in &mut request.spans {
        span.name = "\u{1b}[2J\u{202e}\r\n".repeat(100);
        span.depth = u32::MAX / 2;
    }
    request.logs[0].body = "\u{7}a".repeat(1_000);
    request.errors[0].span = None;
    request.errors[0].placed_by = PlacedBy::Trace;
    request.errors[0].message = "x\ny".to_owned();
    let lines = text(&sample::request()).lines().count();
    let page = text(&request);
    assert_eq!(page.lines().count(), lines + 2);
    assert!(page.lines().all(|line| line.chars().count() <= 120), "{page}");
    assert!(!page.contains(['\u{1b}', '\u{202e}', '\r', '\u{7}']));
    assert!(page.contains("on the request as a whole\n") && page.contains("! KeyError: x␊y"));
}

#[test]
fn the_description_is_complete_and_fits_the_answers() {
    let description = openapi();
    let text = description.to_string();
    let mut rest = text.as_str();
    while let Some((_, after)) = rest.split_once("\"$ref\":\"#") {
        let (pointer, after) = after.split_once('"').unwrap();
        assert!(description.pointer(pointer).is_some(), "{pointer}");
        rest = after;
    }
    for path in ["requests", "requests/{id}", "requests/{id}.txt", "sources", "openapi.json"] {
        assert!(description["paths"][format!("/api/v1/{path}")]["get"]["responses"]["200"].is_object(), "{path}");
    }
    let request = sample::request();
    fits(&description, &description["components"]["schemas"]["Timeline"], &serde_json::to_value(timeline(&request)).unwrap());
    let problem = serde_json::to_value(problem(&ApiError::BadParameter { parameter: "to".to_owned(), message: "no".to_owned() })).unwrap();
    fits(&description, &description["components"]["schemas"]["Problem"], &problem);
    let report =
        serde_json::to_value(sources(&SourcesReport { local: Some(crate::LocalReport::default()), ..SourcesReport::default() })).unwrap();
    fits(&description, &description["components"]["schemas"]["Sources"], &report);
}

/// Every property is described, every required one there, and the types are as said.
fn fits(document: &Value, schema: &Value, value: &Value) {
    if let Some(pointer) = schema["$ref"].as_str() {
        return fits(document, document.pointer(&pointer[1..]).unwrap(), value);
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        return fits(document, &choices[usize::from(value.is_null())], value);
    }
    let types: Vec<&str> = schema["type"]
        .as_array()
        .map_or_else(|| vec![schema["type"].as_str().unwrap()], |all| all.iter().filter_map(Value::as_str).collect());
    let own = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    assert!(types.contains(&own), "{value} is no {types:?}");
    if let Some(choices) = schema["enum"].as_array() {
        assert!(choices.contains(value), "{value}");
    }
    for item in value.as_array().into_iter().flatten() {
        fits(document, &schema["items"], item);
    }
    let Some(object) = value.as_object() else { return };
    for name in schema["required"].as_array().into_iter().flatten() {
        assert!(object.contains_key(name.as_str().unwrap()), "{name}");
    }
    for (name, value) in object {
        let schema = schema["properties"].get(name).or(schema.get("additionalProperties"));
        fits(document, schema.unwrap_or_else(|| panic!("{name} is not described")), value);
    }
}
