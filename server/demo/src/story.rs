//! One request as it really happened, from which every vendor's pieces are made.
//!
//! A [`Step`] is one operation. Which SDKs saw it, and under which IDs, decides what is sent where; so the pieces of
//! different vendors agree wherever the real ones would.

use crate::random::Random;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use serde_json::{Map, Value};
use std::ops::Range;

/// One of the processes of the app, with its own SDKs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Process {
    /// The page in the browser: OpenTelemetry only.
    Frontend,
    /// The Flask app: all four SDKs.
    Backend,
    /// The message worker: OpenTelemetry and watchtower.
    Worker,
}

/// How the IDs of X-Ray and OpenTelemetry relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// OpenTelemetry propagates and generates X-Ray's IDs: one trace ID, and the same IDs for spans both have.
    Shared,
    /// Each SDK makes its own IDs; only records that carry both join them.
    Separate,
}

/// What kind of operation a step is, as OpenTelemetry names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Inside one process.
    Internal = 1,
    /// Answering a request.
    Server = 2,
    /// Making one.
    Client = 3,
    /// Putting a message into a queue.
    Producer = 4,
    /// Taking it out.
    Consumer = 5,
}

/// One operation.
#[derive(Debug, Clone)]
pub struct Step {
    /// The ID of the OpenTelemetry span.
    pub id: u64,
    /// The ID of the X-Ray segment or subsegment.
    pub xray_id: u64,
    /// The step it is part of.
    pub parent: Option<usize>,
    /// Whose SDKs record it.
    pub process: Process,
    /// The name of the OpenTelemetry span.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// Unix ns.
    pub start_ns: i64,
    /// Unix ns.
    pub end_ns: i64,
    /// Whether OpenTelemetry records it.
    pub otel: bool,
    /// What X-Ray records besides IDs and times; `None` if it does not see the step. Must have `name`.
    pub xray: Option<Map<String, Value>>,
    /// Recorded, but never delivered.
    pub lost: bool,
    /// The attributes of the OpenTelemetry span.
    pub attributes: Vec<KeyValue>,
    /// The exception that left the step, if any.
    pub exception: Option<Exception>,
    /// Whether OpenTelemetry sets the status to error.
    pub failed: bool,
    /// Links to this step (a consumer to its producer).
    pub link: Option<usize>,
}

/// An exception with its stack.
#[derive(Debug, Clone)]
pub struct Exception {
    /// Its class.
    pub class: &'static str,
    /// Its message.
    pub message: String,
    /// Outermost frame first.
    pub frames: &'static [Frame],
    /// Unix ns.
    pub time_ns: i64,
}

/// One frame.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// The file.
    pub file: &'static str,
    /// The line.
    pub line: u32,
    /// The function.
    pub function: &'static str,
    /// The source line.
    pub code: &'static str,
    /// Lines before it.
    pub before: &'static [&'static str],
    /// Lines after it.
    pub after: &'static [&'static str],
}

/// One log line.
#[derive(Debug, Clone)]
pub struct Line {
    /// Unix ns; `CloudWatch` keeps the milliseconds.
    pub time_ns: i64,
    /// Who logs.
    pub process: Process,
    /// `DEBUG`, `INFO`, `WARNING`, `ERROR`.
    pub level: &'static str,
    /// What.
    pub message: String,
    /// Inside which step.
    pub step: Option<usize>,
    /// Delivered only some seconds after the rest.
    pub late: bool,
    /// A traceback below the message.
    pub exception: Option<Exception>,
}

/// One Rollbar occurrence.
#[derive(Debug, Clone)]
pub struct Occurrence {
    /// What happened.
    pub exception: Exception,
    /// Inside which step.
    pub step: usize,
    /// 16 random bytes for its uuid.
    pub uuid: u128,
    /// `data.context`: the route.
    pub context: String,
    /// The method.
    pub method: &'static str,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Story {
    /// The trace ID of OpenTelemetry.
    pub otel_trace: u128,
    /// The trace ID of X-Ray, as a number.
    pub xray_trace: u128,
    /// How they relate.
    pub shape: Shape,
    /// The operations; a parent stands before its children.
    pub steps: Vec<Step>,
    /// The log lines, in the order of time.
    pub lines: Vec<Line>,
    /// The occurrences.
    pub occurrences: Vec<Occurrence>,
    /// What all times are multiplied by, in percent: no two requests last equally long.
    pace: i64,
    start_ns: i64,
    random: Random,
}

impl Shape {
    /// Every fourth request has separate IDs.
    pub const fn of_turn(index: u32) -> Self {
        if index % 4 == 2 { Self::Separate } else { Self::Shared }
    }
}

impl Story {
    /// An empty story that begins at `start_ns`; `pace` in percent.
    pub fn new(start_ns: i64, shape: Shape, pace: i64, random: Random) -> Self {
        let mut story = Self {
            otel_trace: 0,
            xray_trace: 0,
            shape,
            steps: Vec::new(),
            lines: Vec::new(),
            occurrences: Vec::new(),
            pace,
            start_ns,
            random,
        };
        story.xray_trace = story.wide_id();
        story.otel_trace = story.wide_id();
        story.date_ids();
        story
    }

    fn wide_id(&mut self) -> u128 {
        (u128::from(self.random.id()) << 64) | u128::from(self.random.id())
    }

    /// X-Ray's IDs begin with the second in which they were made.
    fn date_ids(&mut self) {
        let second = u128::try_from(self.start_ns / 1_000_000_000).unwrap_or(0) & 0xffff_ffff;
        self.xray_trace = (self.xray_trace & ((1 << 96) - 1)) | (second << 96);
        if self.shape == Shape::Shared {
            self.otel_trace = self.xray_trace;
        }
    }

    /// The moment so many µs after the beginning, at this story's pace.
    pub const fn at(&self, us: i64) -> i64 {
        self.start_ns + us * self.pace * 10
    }

    /// Moves the whole story so that its last step ends at `end_ns`.
    pub fn end_at(&mut self, end_ns: i64) {
        let last = self.steps.iter().map(|step| step.end_ns).max().unwrap_or(self.start_ns);
        let by = end_ns - last;
        self.start_ns += by;
        for step in &mut self.steps {
            step.start_ns += by;
            step.end_ns += by;
            if let Some(exception) = &mut step.exception {
                exception.time_ns += by;
            }
        }
        for line in &mut self.lines {
            line.time_ns += by;
            if let Some(exception) = &mut line.exception {
                exception.time_ns += by;
            }
        }
        for occurrence in &mut self.occurrences {
            occurrence.exception.time_ns += by;
        }
        self.date_ids();
    }

    /// Adds a step that lasts `time` (µs after the beginning) and returns its place.
    pub fn step(&mut self, parent: Option<usize>, process: Process, kind: Kind, name: &str, time: Range<i64>) -> usize {
        let id = self.random.id();
        let own = self.random.id();
        self.steps.push(Step {
            id,
            xray_id: if self.shape == Shape::Shared { id } else { own },
            parent,
            process,
            name: name.to_owned(),
            kind,
            start_ns: self.at(time.start),
            end_ns: self.at(time.end),
            otel: true,
            xray: None,
            lost: false,
            attributes: Vec::new(),
            exception: None,
            failed: false,
            link: None,
        });
        self.steps.len() - 1
    }

    /// The step at this place, to add to it.
    pub fn change(&mut self, step: usize, change: impl FnOnce(&mut Step)) {
        if let Some(step) = self.steps.get_mut(step) {
            change(step);
        }
    }

    /// Adds a log line, `at` µs after the beginning.
    pub fn log(&mut self, step: usize, process: Process, level: &'static str, at: i64, message: impl Into<String>) {
        let time_ns = self.at(at);
        self.lines.push(Line { time_ns, process, level, message: message.into(), step: Some(step), late: false, exception: None });
    }

    /// Puts the log lines into the order of time.
    pub fn in_order(&mut self) {
        self.lines.sort_by_key(|line| line.time_ns);
    }

    /// Adds a Rollbar occurrence.
    pub fn report(&mut self, step: usize, exception: Exception, method: &'static str, context: &str) {
        let uuid = self.wide_id();
        self.occurrences.push(Occurrence { exception, step, uuid, context: context.to_owned(), method });
    }

    /// A number below `limit`, for variety.
    pub const fn any(&mut self, limit: u64) -> u64 {
        self.random.below(limit)
    }

    /// The nearest step above `step` for which `seen` holds.
    pub fn above(&self, step: &Step, seen: impl Fn(&Step) -> bool) -> Option<&Step> {
        let mut next = step.parent;
        while let Some(parent) = next.and_then(|index| self.steps.get(index)) {
            if seen(parent) {
                return Some(parent);
            }
            next = parent.parent;
        }
        None
    }

    /// X-Ray's spelling of its trace ID.
    pub fn xray_spelling(&self) -> String {
        let first = self.xray_trace >> 96;
        let rest = self.xray_trace & ((1 << 96) - 1);
        format!("1-{first:08x}-{rest:024x}")
    }
}

/// An attribute that is a text.
pub fn text(key: &str, value: impl Into<String>) -> KeyValue {
    attribute(key, any_value::Value::StringValue(value.into()))
}

/// An attribute that is a whole number.
pub fn number(key: &str, value: i64) -> KeyValue {
    attribute(key, any_value::Value::IntValue(value))
}

/// An attribute that is true or false.
pub fn flag(key: &str, value: bool) -> KeyValue {
    attribute(key, any_value::Value::BoolValue(value))
}

fn attribute(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}
