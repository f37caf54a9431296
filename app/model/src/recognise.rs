//! Finds a trace ID in whatever a person pastes.
//!
//! Every ID is built of runs of hex digits, so one pass over the runs finds all of them, in time linear in the text. A run counts
//! only whole: an ID is never taken out of a longer one. What a key, a header or a URL calls a trace ID wins over what merely looks like one.

mod unescape;

#[cfg(test)]
mod tests;

use crate::{SpanId, TraceId};
use std::ops::Range;
use unescape::Unescaped;

/// What was found, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// The trace.
    pub trace: TraceId,
    /// The span that was named beside it, if any (`traceparent`, `1-…@segment`, `Parent=`, a vendor URL).
    pub span: Option<SpanId>,
    /// How it was written.
    pub spelling: Spelling,
    /// The bytes of the input that are the ID itself.
    pub range: Range<usize>,
}

/// How an ID was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Spelling {
    /// 32 hex digits.
    Hex,
    /// `1-8hex-24hex`.
    Xray,
    /// `00-32hex-16hex-01`.
    Traceparent,
    /// `Root=1-…;Parent=…;Sampled=1`.
    XrayHeader,
    /// `8-4-4-4-12`.
    Uuid,
}

/// No more of a text is looked at, in bytes.
const LIMIT: usize = 64 * 1024;
/// How far from an ID its key may begin, and the rest of its header may lie, in bytes.
const NEAR: usize = 64;
const HEADER: usize = 512;

impl TraceId {
    /// The trace ID in `text`, in any spelling: see [`recognise`].
    pub fn recognise(text: &str) -> Option<Self> {
        recognise(text).map(|found| found.trace)
    }
}

/// Finds the trace ID in `text`: an ID in any spelling, a `traceparent` or `X-Amzn-Trace-Id` header, a log line, a vendor's URL
/// (also percent-encoded, or as the CloudWatch console encodes). Looks at the first 64 KiB. Of several IDs the most specific
/// wins (named by a key, header or URL; then X-Ray's form; then 32 hex digits; then a UUID), of equals the first.
pub fn recognise(text: &str) -> Option<Recognised> {
    if let Some(found) = exact(text) {
        return Some(found);
    }
    let bytes = text.as_bytes();
    let bytes = bytes.get(..LIMIT).map_or(bytes, whole_runs);
    let plain = || find(bytes).map(|(candidate, span)| candidate.into_recognised(span, |at| at));
    match Unescaped::of(bytes) {
        Some(unescaped) => {
            let found = find(&unescaped.bytes);
            found.map(|(candidate, span)| candidate.into_recognised(span, |at| unescaped.place(at))).or_else(plain)
        }
        None => plain(),
    }
}

/// An ID with nothing around it but space.
fn exact(text: &str) -> Option<Recognised> {
    let start = text.len() - text.trim_start().len();
    let text = text.trim();
    let spelling = match text.len() {
        35 => Spelling::Xray,
        36 => Spelling::Uuid,
        _ => Spelling::Hex,
    };
    let trace = text.parse().ok()?;
    Some(Recognised { trace, span: None, spelling, range: start..start + text.len() })
}

/// Without the end that may be the first half of an ID.
fn whole_runs(bytes: &[u8]) -> &[u8] {
    let part = |byte: &u8| byte.is_ascii_hexdigit() || *byte == b'-';
    let end = bytes.iter().rposition(|byte| !part(byte)).map_or(0, |last| last + 1);
    bytes.get(..end).unwrap_or(bytes)
}

/// From the most to the least specific.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Named,
    Xray,
    Hex,
    Uuid,
}

#[derive(Clone)]
struct Candidate {
    rank: Rank,
    spelling: Spelling,
    trace: TraceId,
    range: Range<usize>,
    /// A span written as part of the same ID.
    span: Option<SpanId>,
}

impl Candidate {
    fn into_recognised(self, span: Option<SpanId>, place: impl Fn(usize) -> usize) -> Recognised {
        Recognised { trace: self.trace, span, spelling: self.spelling, range: place(self.range.start)..place(self.range.end) }
    }
}

/// The best candidate, and the span named with it.
fn find(bytes: &[u8]) -> Option<(Candidate, Option<SpanId>)> {
    let runs = Runs::of(bytes);
    let mut best: Option<Candidate> = None;
    for at in 0..runs.list.len() {
        let Some(candidate) = runs.candidate(at) else { continue };
        if best.as_ref().is_none_or(|best| candidate.rank < best.rank) {
            let done = candidate.rank == Rank::Named;
            best = Some(candidate);
            if done {
                break;
            }
        }
    }
    let best = best?;
    let span = best.span.or_else(|| runs.span_of(&best));
    Some((best, span))
}

/// The maximal runs of hex digits in a text.
struct Runs<'a> {
    bytes: &'a [u8],
    list: Vec<Range<usize>>,
}

impl<'a> Runs<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        let mut list = Vec::new();
        let mut start = None;
        for (at, byte) in bytes.iter().enumerate() {
            match (byte.is_ascii_hexdigit(), start) {
                (true, None) => start = Some(at),
                (false, Some(from)) => {
                    list.push(from..at);
                    start = None;
                }
                _ => {}
            }
        }
        if let Some(from) = start {
            list.push(from..bytes.len());
        }
        Self { bytes, list }
    }

    /// The candidate whose first long part is the run `at`.
    fn candidate(&self, at: usize) -> Option<Candidate> {
        let run = self.list.get(at)?;
        match run.len() {
            32 => self.hex32(at, run),
            16 if self.named(run) => self.whole(run.clone(), Spelling::Hex, Rank::Named, None),
            8 => self.xray(at, run).or_else(|| self.uuid(at, run)),
            _ => None,
        }
    }

    fn hex32(&self, at: usize, run: &Range<usize>) -> Option<Candidate> {
        let version = at.checked_sub(1).and_then(|before| self.list.get(before)).filter(|version| self.joined(version, run, b'-'));
        let span = self.joined_run(at, 16, b'-');
        let flags = span.as_ref().and_then(|_| self.joined_run(at + 1, 2, b'-'));
        if let (Some(version), Some(span), Some(_)) = (version, &span, flags)
            && version.len() == 2
            && self.free(version)
            && !self.part(version).eq_ignore_ascii_case(b"ff")
        {
            return self.whole(run.clone(), Spelling::Traceparent, Rank::Named, self.span_id(span));
        }
        if !self.free(run) {
            return None;
        }
        let rank = if self.named(run) { Rank::Named } else { Rank::Hex };
        self.whole(run.clone(), Spelling::Hex, rank, span.and_then(|span| self.span_id(&span)))
    }

    fn xray(&self, at: usize, run: &Range<usize>) -> Option<Candidate> {
        let one = self.list.get(at.checked_sub(1)?)?;
        let last = self.joined_run(at, 24, b'-')?;
        let range = one.start..last.end;
        if self.part(one) != b"1" || !self.joined(one, run, b'-') || !self.free(&range) {
            return None;
        }
        let key = self.key(&range);
        if key.is("self") {
            return None;
        }
        let span = self.joined_run(at + 1, 16, b'@').and_then(|span| self.span_id(&span));
        let (spelling, rank) = match () {
            () if key.is("root") => (Spelling::XrayHeader, Rank::Named),
            () if key.names_a_trace() => (Spelling::Xray, Rank::Named),
            () => (Spelling::Xray, Rank::Xray),
        };
        self.whole(range, spelling, rank, span)
    }

    fn uuid(&self, at: usize, run: &Range<usize>) -> Option<Candidate> {
        let lengths = [4, 4, 4, 12];
        let mut last = run.clone();
        for (step, length) in lengths.into_iter().enumerate() {
            last = self.joined_run(at + step, length, b'-')?;
        }
        let range = run.start..last.end;
        let dashed = run.start.checked_sub(1).and_then(|before| self.bytes.get(before)) == Some(&b'-');
        if dashed || !self.free(&range) || self.bytes.get(range.end) == Some(&b'-') {
            return None;
        }
        let rank = if self.named(&range) { Rank::Named } else { Rank::Uuid };
        self.whole(range, Spelling::Uuid, rank, None)
    }

    fn whole(&self, range: Range<usize>, spelling: Spelling, rank: Rank, span: Option<SpanId>) -> Option<Candidate> {
        let trace = str::from_utf8(self.part(&range)).ok()?.parse().ok()?;
        Some(Candidate { rank, spelling, trace, range, span })
    }

    /// The span that a header names as `Parent=`, or that the same line names by a key.
    fn span_of(&self, found: &Candidate) -> Option<SpanId> {
        let header = found.spelling == Spelling::XrayHeader;
        let reach = if header { HEADER } else { LIMIT };
        let from = found.range.start.saturating_sub(reach);
        let before = self.bytes.get(from..found.range.start)?.iter().rposition(|byte| *byte == b'\n').map_or(from, |at| from + at);
        let after =
            self.bytes.get(found.range.end..)?.iter().position(|byte| *byte == b'\n').map_or(self.bytes.len(), |at| found.range.end + at);
        let end = after.min(found.range.end.saturating_add(reach));
        let near = self.list.iter().filter(|run| run.start >= before && run.end <= end && run.len() == 16 && self.free(run));
        near.filter(|run| {
            let key = self.key(run);
            if header { key.is("parent") } else { key.names_a_span() }
        })
        .find_map(|run| self.span_id(run))
    }

    /// The run after `at`, if it has this length and only `joint` stands between.
    fn joined_run(&self, at: usize, length: usize, joint: u8) -> Option<Range<usize>> {
        let next = self.list.get(at + 1)?;
        (next.len() == length && self.joined(self.list.get(at)?, next, joint)).then(|| next.clone())
    }

    fn joined(&self, left: &Range<usize>, right: &Range<usize>, joint: u8) -> bool {
        left.end + 1 == right.start && self.bytes.get(left.end) == Some(&joint)
    }

    /// Whether no letter or digit touches it; the `n` of an escaped line end is none.
    fn free(&self, range: &Range<usize>) -> bool {
        let letter = |at: Option<usize>| at.and_then(|at| self.bytes.get(at)).is_some_and(u8::is_ascii_alphanumeric);
        let before = range.start.checked_sub(1);
        let escaped = range.start.checked_sub(2).and_then(|from| self.bytes.get(from..range.start));
        (!letter(before) || matches!(escaped, Some(b"\\n" | b"\\r" | b"\\t"))) && !letter(Some(range.end))
    }

    fn named(&self, range: &Range<usize>) -> bool {
        self.free(range) && self.key(range).names_a_trace()
    }

    /// The word before a value: the key of JSON, of a header or of a URL, or the part of a path.
    fn key(&self, range: &Range<usize>) -> Key<'a> {
        let near = self.bytes.get(range.start.saturating_sub(NEAR)..range.start).unwrap_or_default();
        let between = |byte: &u8| matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'\\' | b':' | b'=' | b'[' | b'/');
        let within = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'@');
        let end = near.iter().rposition(|byte| !between(byte)).map_or(0, |last| last + 1);
        let word = near.get(..end).unwrap_or_default();
        let start = word.iter().rposition(|byte| !within(byte)).map_or(0, |last| last + 1);
        let path = near.len() == end + 1 && near.last() == Some(&b'/') && start.checked_sub(1).and_then(|at| near.get(at)) == Some(&b'/');
        Key { word: word.get(start..).unwrap_or_default(), path }
    }

    fn part(&self, range: &Range<usize>) -> &'a [u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }

    fn span_id(&self, run: &Range<usize>) -> Option<SpanId> {
        str::from_utf8(self.part(run)).ok()?.parse().ok()
    }
}

/// A key as written, whatever its letter case and joints.
struct Key<'a> {
    word: &'a [u8],
    /// It is a part of a path: `/word/value`.
    path: bool,
}

impl Key<'_> {
    fn letters(&self) -> impl DoubleEndedIterator<Item = u8> {
        self.word.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase)
    }

    fn is(&self, word: &str) -> bool {
        self.letters().eq(word.bytes())
    }

    fn ends_with(&self, word: &str) -> bool {
        let mut letters = self.letters().rev();
        word.bytes().rev().all(|byte| letters.next() == Some(byte))
    }

    fn names_a_trace(&self) -> bool {
        self.ends_with("traceid") || self.is("trace") || self.is("traces") || (self.path && self.is("t"))
    }

    fn names_a_span(&self) -> bool {
        (self.ends_with("spanid") && !self.ends_with("parentspanid")) || self.ends_with("segmentid") || self.is("span")
    }
}
