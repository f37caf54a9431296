//! What the X-Ray SDK for Python sends to the daemon
//! (<https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html>).

use crate::story::{Exception, Shape, Step, Story};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// The longest datagram of UDP over IPv4.
pub const LONGEST_DATAGRAM: usize = 65_507;

/// The segments of a story, each with its subsegments inside.
pub fn documents(story: &Story) -> Vec<Value> {
    let mut inside: HashMap<u64, Vec<Value>> = HashMap::new();
    let mut segments = Vec::new();
    // Children stand after their parents, so from the end every document is whole when its own turn comes.
    for step in story.steps.iter().rev() {
        let Some(recorded) = step.xray.as_ref().filter(|_| !step.lost) else { continue };
        let mut document = common(story, step, recorded);
        if let Some(mut subsegments) = inside.remove(&step.xray_id) {
            subsegments.reverse();
            document.insert("subsegments".to_owned(), Value::Array(subsegments));
        }
        match story.above(step, |above| above.xray.is_some() && above.process == step.process) {
            Some(parent) => {
                document.insert("parent_id".to_owned(), json!(format!("{:016x}", parent.xray_id)));
                document.insert("type".to_owned(), json!("subsegment"));
                inside.entry(parent.xray_id).or_default().push(Value::Object(document));
            }
            None => segments.push(Value::Object(segment(story, step, document))),
        }
    }
    segments.reverse();
    segments
}

fn common(story: &Story, step: &Step, recorded: &Map<String, Value>) -> Map<String, Value> {
    let mut document = Map::new();
    document.insert("id".to_owned(), json!(format!("{:016x}", step.xray_id)));
    document.extend(recorded.clone());
    document.insert("start_time".to_owned(), json!(seconds(step.start_ns)));
    document.insert("end_time".to_owned(), json!(seconds(step.end_ns)));
    document.insert("in_progress".to_owned(), json!(false));
    document.insert("trace_id".to_owned(), json!(story.xray_spelling()));
    if let Some(exception) = &step.exception {
        document.insert("cause".to_owned(), cause(step, exception));
    }
    document
}

/// What only a segment has. With one trace ID it has a parent too: the span whose header the middleware read.
fn segment(story: &Story, step: &Step, mut document: Map<String, Value>) -> Map<String, Value> {
    if story.shape == Shape::Shared
        && let Some(parent) = story.above(step, |above| above.otel)
    {
        document.insert("parent_id".to_owned(), json!(format!("{:016x}", parent.id)));
    }
    document.insert("annotations".to_owned(), json!({"throughline_demo": true}));
    document.insert("service".to_owned(), json!({"runtime": "CPython", "runtime_version": "3.11.7", "version": "1.14.2"}));
    document
        .insert("aws".to_owned(), json!({"xray": {"sdk": "X-Ray for Python", "sdk_version": "2.15.0", "sampling_rule_name": "Default"}}));
    document
}

fn cause(step: &Step, exception: &Exception) -> Value {
    let stack: Vec<Value> = exception
        .frames
        .iter()
        .map(|frame| json!({"path": frame.file.rsplit('/').next(), "line": frame.line, "label": frame.function}))
        .collect();
    json!({"working_directory": "/backend-flask", "exceptions": [{
        "id": format!("{:016x}", step.xray_id.rotate_left(17)), "type": exception.class, "message": exception.message,
        "remote": false, "stack": stack}]})
}

/// Seconds with seven decimals, as the SDK writes them.
fn seconds(ns: i64) -> f64 {
    (ns / 100) as f64 / 1e7
}

/// One datagram: the header, a line break, the document.
pub fn datagram(document: &Value) -> Vec<u8> {
    format!("{{\"format\":\"json\",\"version\":1}}\n{document}").into_bytes()
}
