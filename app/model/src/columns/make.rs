//! A request to columns.

use super::{Columns, ErrorColumns, LogColumns, MAX_TEXT, NONE, SpanColumns, flag};
use crate::request::Span;
use crate::{Request, UnixNs};
use std::collections::HashMap;

/// How much of a log line or a message a row carries, in characters.
const LINE: usize = 400;

impl Columns {
    /// The skeleton of `request`.
    pub fn of(request: &Request, revision: u32) -> Self {
        let mut texts = Texts::default();
        texts.index("");
        let spans = spans(request, &mut texts);
        let logs = logs(request, &mut texts);
        let errors = errors(request, &mut texts);
        Self {
            revision,
            id: request.id,
            traces: request.traces.clone(),
            aliases: request.aliases.clone(),
            start: request.start,
            duration_ns: unsigned(request.duration_ns),
            strings: texts.table,
            spans,
            logs,
            errors,
            verdicts: request.verdicts.clone(),
        }
    }
}

/// Every distinct text once.
#[derive(Default)]
struct Texts<'a> {
    table: Vec<String>,
    index: HashMap<&'a str, u32>,
    bytes: usize,
}

impl<'a> Texts<'a> {
    fn index(&mut self, text: &'a str) -> u32 {
        if let Some(&index) = self.index.get(text) {
            return index;
        }
        // Beyond the cap a row says "…" rather than the whole page failing to load.
        if self.bytes + text.len() + "…".len() > MAX_TEXT {
            return if text == "…" { 0 } else { self.index("…") };
        }
        let Ok(index) = u32::try_from(self.table.len()) else { return 0 };
        self.bytes += text.len();
        self.table.push(text.to_owned());
        self.index.insert(text, index);
        index
    }
}

fn spans<'a>(request: &'a Request, texts: &mut Texts<'a>) -> SpanColumns {
    let count = request.spans.len();
    let mut columns = SpanColumns {
        id: Vec::with_capacity(count),
        parent: Vec::with_capacity(count),
        depth: Vec::with_capacity(count),
        start_ns: Vec::with_capacity(count),
        duration_ns: Vec::with_capacity(count),
        service: Vec::with_capacity(count),
        name: Vec::with_capacity(count),
        status: Vec::with_capacity(count),
        sources: Vec::with_capacity(count),
        flags: Vec::with_capacity(count),
        http_status: Vec::with_capacity(count),
    };
    for span in &request.spans {
        columns.id.push(span.id.value());
        columns.parent.push(span.parent_index.unwrap_or(NONE));
        columns.depth.push(span.depth);
        columns.start_ns.push(unsigned(span.start.since(request.start)));
        columns.duration_ns.push(unsigned(span.duration_ns));
        columns.service.push(texts.index(&span.service));
        columns.name.push(texts.index(&span.name));
        columns.status.push(span.status as u8);
        columns.sources.push(span.sources.bits());
        columns.flags.push(flags(span));
        columns.http_status.push(span.http.as_ref().and_then(|http| http.status).unwrap_or(0));
    }
    columns
}

fn flags(span: &Span) -> u8 {
    let set = |on: bool, bit: u8| if on { bit } else { 0 };
    set(span.in_progress, flag::IN_PROGRESS)
        | set(span.inferred, flag::INFERRED)
        | set(span.orphan, flag::ORPHAN)
        | set(!span.differences.is_empty(), flag::DIFFERS)
}

fn logs<'a>(request: &'a Request, texts: &mut Texts<'a>) -> LogColumns {
    let mut columns = LogColumns::default();
    for log in &request.logs {
        columns.time_ns.push(offset(log.time, request));
        columns.severity.push(log.severity as u8);
        columns.service.push(texts.index(&log.service));
        columns.line.push(texts.index(first_line(&log.body)));
        columns.source.push(log.source as u8);
        columns.span.push(log.span.unwrap_or(NONE));
        columns.placed_by.push(log.placed_by as u8);
    }
    columns
}

fn errors<'a>(request: &'a Request, texts: &mut Texts<'a>) -> ErrorColumns {
    let mut columns = ErrorColumns::default();
    for error in &request.errors {
        columns.time_ns.push(offset(error.time, request));
        columns.class.push(texts.index(first_line(&error.class)));
        columns.message.push(texts.index(first_line(&error.message)));
        columns.level.push(texts.index(&error.level));
        columns.service.push(texts.index(&error.service));
        columns.sources.push(error.sources.bits());
        columns.span.push(error.span.unwrap_or(NONE));
        columns.placed_by.push(error.placed_by as u8);
    }
    columns
}

fn offset(time: UnixNs, request: &Request) -> i64 {
    time.since(request.start)
}

fn unsigned(ns: i64) -> u64 {
    u64::try_from(ns).unwrap_or(0)
}

/// The first line that is not blank, without the space around it, cut to [`LINE`] characters.
fn first_line(text: &str) -> &str {
    let line = text.trim_start().lines().next().unwrap_or("").trim_end();
    match line.char_indices().nth(LINE) {
        Some((end, _)) => line.get(..end).unwrap_or(""),
        None => line,
    }
}
