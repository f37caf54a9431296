//! Columns for tests: one small by hand, and any by chance.

use model::columns::{Columns, ErrorColumns, LogColumns, NONE, SpanColumns};
use model::{TraceId, UnixNs};
use proptest::prelude::*;

pub fn empty() -> Columns {
    Columns {
        revision: 1,
        id: TraceId::new(0x67a1_f2c4_9d04_c1f5_a7b3_3e60_d2c8_1b5e).unwrap(),
        traces: Vec::new(),
        aliases: Vec::new(),
        start: UnixNs(1_795_000_000_000_000_000),
        duration_ns: 0,
        strings: vec![String::new()],
        spans: SpanColumns::default(),
        logs: LogColumns::default(),
        errors: ErrorColumns::default(),
        verdicts: Vec::new(),
    }
}

fn text(columns: &mut Columns, text: &str) -> u32 {
    let at = columns.strings.iter().position(|each| each == text).unwrap_or_else(|| {
        columns.strings.push(text.to_owned());
        columns.strings.len() - 1
    });
    u32::try_from(at).unwrap()
}

pub fn span(columns: &mut Columns, parent: Option<u32>, (start, duration): (u64, u64), service: &str, name: &str, status: u8) {
    let id = columns.spans.len() as u64 + 1;
    let depth = parent.map_or(0, |parent| columns.spans.depth[parent as usize] + 1);
    let (service, name) = (text(columns, service), text(columns, name));
    columns.duration_ns = columns.duration_ns.max(start + duration);
    let spans = &mut columns.spans;
    spans.id.push(id);
    spans.parent.push(parent.unwrap_or(NONE));
    spans.depth.push(depth);
    spans.start_ns.push(start);
    spans.duration_ns.push(duration);
    spans.service.push(service);
    spans.name.push(name);
    spans.status.push(status);
    spans.sources.push(0b0101);
    spans.flags.push(0);
    spans.http_status.push(0);
}

pub fn log(columns: &mut Columns, span: Option<u32>, time: i64, severity: u8, line: &str) {
    let (line, service) = (text(columns, line), text(columns, "api"));
    let logs = &mut columns.logs;
    logs.time_ns.push(time);
    logs.severity.push(severity);
    logs.service.push(service);
    logs.line.push(line);
    logs.source.push(1);
    logs.span.push(span.unwrap_or(NONE));
    logs.placed_by.push(0);
}

pub fn error(columns: &mut Columns, span: Option<u32>, time: i64, class: &str, message: &str) {
    let (class, message, level, service) = (text(columns, class), text(columns, message), text(columns, "error"), text(columns, "api"));
    let errors = &mut columns.errors;
    errors.time_ns.push(time);
    errors.class.push(class);
    errors.message.push(message);
    errors.level.push(level);
    errors.service.push(service);
    errors.sources.push(0b1000);
    errors.span.push(span.unwrap_or(NONE));
    errors.placed_by.push(0);
}

/// Four spans (1 and 3 under 0, 2 under 1), two log lines and an error on 1, a log line on the whole request.
pub fn small() -> Columns {
    let mut columns = empty();
    let ms = 1_000_000;
    span(&mut columns, None, (0, 100 * ms), "web", "GET /", 4);
    span(&mut columns, Some(0), (10 * ms, 50 * ms), "api", "handle", 4);
    span(&mut columns, Some(1), (20 * ms, 10 * ms), "db", "SELECT", 1);
    span(&mut columns, Some(0), (70 * ms, 20 * ms), "worker", "notify", 1);
    log(&mut columns, Some(1), 12_000_000, 3, "begin");
    log(&mut columns, Some(1), 50_000_000, 5, "it broke");
    log(&mut columns, None, 90_000_000, 0, "elsewhere");
    error(&mut columns, Some(1), 40_000_000, "KeyError", "'handle'");
    columns
}

/// Any valid columns of up to `most` spans in pre-order.
pub fn columns(most: usize) -> impl Strategy<Value = Columns> {
    let spans = proptest::collection::vec((0usize..6, 0u64..2_000_000_000, 0u64..500_000_000, 0u8..5), 0..most);
    let marks = proptest::collection::vec((0usize..most + 4, 0i64..2_500_000_000, 0u8..7), 0..most);
    let errors = proptest::collection::vec((0usize..most + 4, 0i64..2_500_000_000), 0..8);
    (spans, marks, errors).prop_map(|(spans, mut marks, mut errors)| {
        let mut columns = empty();
        let mut path: Vec<u32> = Vec::new();
        for (index, (up, start, duration, status)) in (0u32..).zip(spans) {
            path.truncate(path.len().saturating_sub(up));
            span(&mut columns, path.last().copied(), (start, duration), ["web", "api", "db"][up % 3], "op", status);
            path.push(index);
        }
        let on = |columns: &Columns, at: usize| (at < columns.spans.len()).then(|| u32::try_from(at).unwrap());
        marks.sort_by_key(|mark| mark.1);
        for (at, time, severity) in marks {
            let at = on(&columns, at);
            log(&mut columns, at, time, severity, "a line");
        }
        errors.sort_by_key(|error| error.1);
        for (at, time) in errors {
            let at = on(&columns, at);
            error(&mut columns, at, time, "Boom", "it broke");
        }
        columns
    })
}

/// A colour a service, in order of appearance.
pub fn colours(columns: &Columns) -> crate::Colours {
    crate::Colours::of(columns, |names| (0..names.len()).collect())
}
