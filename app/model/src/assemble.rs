//! Turns what the sources sent into one [`crate::Request`].
//!
//! Pure and iterative: no clock, no recursion on the depth of a trace. Any order, duplication or split of the fragments gives the
//! same request, byte for byte: every choice below is made by a total order over the pieces, never by who came first.

mod alias;
mod attributes;
mod errors;
mod logs;
mod merge;
mod order;
mod place;
mod tree;
mod verdicts;

#[cfg(test)]
mod tests;

use crate::{Alias, ErrorRecord, Fragment, LogRecord, Request, SourceSet, SpanRecord, TraceId, UnixNs, Verdict};

/// The pieces of one request, as they arrive.
#[derive(Clone, Debug)]
pub struct Assembly {
    asked: TraceId,
    spans: Vec<SpanRecord>,
    logs: Vec<LogRecord>,
    errors: Vec<ErrorRecord>,
    aliases: Vec<Alias>,
    verdicts: Vec<Verdict>,
}

/// The request that `fragments` make, under the ID that was asked for.
pub fn assemble(asked: TraceId, fragments: impl IntoIterator<Item = Fragment>) -> Request {
    let mut assembly = Assembly::new(asked);
    for fragment in fragments {
        assembly.add(fragment);
    }
    assembly.request()
}

impl Assembly {
    /// Nothing yet, for the ID that was asked for.
    pub const fn new(asked: TraceId) -> Self {
        Self { asked, spans: Vec::new(), logs: Vec::new(), errors: Vec::new(), aliases: Vec::new(), verdicts: Vec::new() }
    }

    /// Takes in one more piece.
    pub fn add(&mut self, mut fragment: Fragment) {
        attributes::normalise(&mut fragment);
        self.spans.append(&mut fragment.spans);
        self.logs.append(&mut fragment.logs);
        self.errors.append(&mut fragment.errors);
        self.aliases.append(&mut fragment.aliases);
        self.verdicts.extend(fragment.verdict);
    }

    /// The trace IDs known so far to name this request: the asked one first, then ascending.
    pub fn traces(&self) -> Vec<TraceId> {
        alias::traces(self.asked, &self.aliases, &self.spans)
    }

    /// The request as of now. A source without a verdict is still searching.
    pub fn request(&self) -> Request {
        self.request_while(SourceSet::EMPTY)
    }

    /// The request as of now, while the sources `open` still search: also when one of their accounts, regions or rounds has
    /// ended already, their verdict is "searching".
    pub fn request_while(&self, open: SourceSet) -> Request {
        let (spans, exceptions) = tree::arrange(merge::spans(self.asked, &self.spans));
        let places = place::Places::of(&spans);
        let logs = logs::place(&self.logs, &places);
        let errors = errors::place(&self.errors, &exceptions, &places);
        let times: Vec<(i64, i64)> = if spans.is_empty() {
            logs.iter().map(|log| log.time).chain(errors.iter().map(|error| error.time)).map(|time| (time.0, time.0)).collect()
        } else {
            spans.iter().map(|span| (span.start.0, span.start.0.saturating_add(span.duration_ns))).collect()
        };
        let start = times.iter().map(|(start, _)| *start).min().unwrap_or(0);
        let end = times.iter().map(|(_, end)| *end).max().unwrap_or(start);
        let mut request = Request {
            id: self.asked,
            traces: self.traces(),
            aliases: alias::reasons(self.asked, &self.aliases),
            start: UnixNs(start),
            duration_ns: end.saturating_sub(start),
            spans,
            logs,
            errors,
            verdicts: Vec::new(),
        };
        request.verdicts = verdicts::combine(&self.verdicts, &request, open);
        request
    }
}
