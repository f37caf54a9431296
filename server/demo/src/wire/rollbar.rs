//! What pyrollbar posts for an exception in a Flask request.

use super::MARK;
use super::otlp::traceback;
use crate::story::{Occurrence, Shape, Story};
use serde_json::{Value, json};

/// The payloads of `POST /api/1/item/`.
pub fn items(story: &Story) -> impl Iterator<Item = Value> {
    story.occurrences.iter().map(|occurrence| item(story, occurrence))
}

fn item(story: &Story, occurrence: &Occurrence) -> Value {
    let Occurrence { exception, context, method, .. } = occurrence;
    let frames: Vec<Value> = exception
        .frames
        .iter()
        .map(|frame| {
            json!({"filename": frame.file, "lineno": frame.line, "method": frame.function, "code": frame.code,
                "context": {"pre": frame.before, "post": frame.after}})
        })
        .collect();
    let step = story.steps.get(occurrence.step);
    let server = step.and_then(|step| story.above(step, |above| above.xray.is_some()));
    let caller = server.and_then(|server| story.above(server, |above| above.otel)).map_or(0, |caller| caller.id);
    let mut headers = json!({
        "Host": "api.cruddur.example", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
        "Accept": "application/json", "X-Forwarded-For": "203.0.113.24", "X-Forwarded-Proto": "https",
    });
    let (name, value) = match story.shape {
        Shape::Shared => ("X-Amzn-Trace-Id", format!("Root={};Parent={caller:016x};Sampled=1", story.xray_spelling())),
        Shape::Separate => ("Traceparent", format!("00-{:032x}-{caller:016x}-01", story.otel_trace)),
    };
    if let Some(headers) = headers.as_object_mut() {
        headers.insert(name.to_owned(), json!(value));
    }
    json!({
        "access_token": "demo",
        "data": {
            "timestamp": exception.time_ns / 1_000_000_000, "environment": "production", "level": "error", "language": "python 3.11.7",
            "notifier": {"name": "pyrollbar", "version": "1.5.0"}, "uuid": uuid(occurrence.uuid), "framework": "flask",
            "context": context, "code_version": "1.14.2",
            "body": {"trace": {
                "frames": frames,
                "exception": {"class": exception.class, "message": exception.message, "description": traceback(exception)},
            }},
            "request": {
                "url": format!("https://api.cruddur.example{context}"), "GET": {}, "POST": {}, "user_ip": "203.0.113.24",
                "headers": headers, "method": method, "files_keys": [],
            },
            "person": {"id": "user-1", "username": "andrewbrown"},
            "server": {"host": "backend-flask-5d1f0c2e", "pid": 1, "argv": ["app.py"], "root": "/backend-flask"},
            "custom": {
                "trace_id": format!("{:032x}", story.otel_trace), "span_id": format!("{:016x}", step.map_or(0, |step| step.id)),
                "xray_trace_id": story.xray_spelling(), MARK: true,
            },
        },
    })
}

/// Version 4 of the 16 random bytes.
fn uuid(bits: u128) -> String {
    let bits = bits & 0xffff_ffff_ffff_0fff_3fff_ffff_ffff_ffff | 0x0000_0000_0000_4000_8000_0000_0000_0000;
    let mut uuid = format!("{bits:032x}");
    for dash in [20, 16, 12, 8] {
        uuid.insert(dash, '-');
    }
    uuid
}
