//! What watchtower puts into CloudWatch Logs: one JSON object a line.

use super::MARK;
use super::otlp::{service, traceback};
use crate::story::{Line, Process, Story};
use serde_json::{Value, json};

/// The log groups and the stream in each.
pub const GROUPS: [(&str, &str); 2] =
    [("/cruddur/backend", "ecs/backend-flask/5d1f0c2e"), ("/cruddur/worker", "ecs/message-worker/a94b7730")];

/// Well below the 10,000 events and 1 MB that `PutLogEvents` takes at once.
const EVENTS_A_CALL: usize = 1_000;

/// The events of one call.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The log group.
    pub group: &'static str,
    /// The stream in it.
    pub stream: &'static str,
    /// Unix ms and message, in chronological order, as the service demands.
    pub events: Vec<(i64, String)>,
}

impl Batch {
    /// The body of the call.
    pub fn put(&self) -> Value {
        let events: Vec<Value> =
            self.events.iter().map(|(timestamp, message)| json!({"timestamp": timestamp, "message": message})).collect();
        json!({"logGroupName": self.group, "logStreamName": self.stream, "logEvents": events})
    }
}

/// The lines that come with the rest, or those that come late.
pub fn batches(stories: &[Story], late: bool) -> Vec<Batch> {
    let mut batches = Vec::new();
    for (group, stream) in GROUPS {
        let mut events: Vec<(i64, String)> = stories
            .iter()
            .flat_map(|story| story.lines.iter().map(move |line| (story, line)))
            .filter(|(_, line)| line.late == late && group_of(line.process) == group)
            .map(|(story, line)| (line.time_ns / 1_000_000, message(story, line)))
            .collect();
        events.sort_by_key(|(timestamp, _)| *timestamp);
        batches.extend(events.chunks(EVENTS_A_CALL).map(|events| Batch { group, stream, events: events.to_vec() }));
    }
    batches
}

fn group_of(process: Process) -> &'static str {
    match process {
        Process::Worker => "/cruddur/worker",
        Process::Frontend | Process::Backend => "/cruddur/backend",
    }
}

fn message(story: &Story, line: &Line) -> String {
    let step = line.step.and_then(|step| story.steps.get(step));
    let span = step.map(|step| if step.otel { step.id } else { story.above(step, |above| above.otel).map_or(0, |above| above.id) });
    let mut message = json!({
        "level": line.level, "logger": service(line.process), "message": line.message,
        "trace_id": format!("{:032x}", story.otel_trace), "span_id": format!("{:016x}", span.unwrap_or(0)),
    });
    if let Some(message) = message.as_object_mut() {
        // The worker has no X-Ray SDK.
        if line.process == Process::Backend {
            message.insert("xray_trace_id".to_owned(), json!(story.xray_spelling()));
        }
        message.insert(MARK.to_owned(), json!(true));
        if let Some(exception) = &line.exception {
            message.insert("exc_info".to_owned(), json!(traceback(exception)));
        }
    }
    message.to_string()
}
