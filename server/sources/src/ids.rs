//! Trace IDs inside of other data, and what joins two of them.

use model::{Alias, DisplayText, Source, SpanId, TraceId};

/// Whether a key is one under which SDKs and people put the ID of the trace itself (not of a linked or remote one).
pub fn names_trace(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    let name =
        ["http.request.header.", "request.headers.", "request.header.", "annotations.", "custom.", "extra.", "fields.", "attributes."]
            .iter()
            .fold(lower.as_str(), |name, prefix| name.strip_prefix(prefix).unwrap_or(name));
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    matches!(
        plain.as_str(),
        "traceid"
            | "tracetraceid"
            | "oteltraceid"
            | "xraytraceid"
            | "awsxraytraceid"
            | "xamzntraceid"
            | "xamzntraceheader"
            | "traceparent"
            | "ddtraceid"
            | "opentracingtraceid"
            | "honeycombtraceid"
            | "w3ctraceid"
    )
}

/// The ID that a value under such a key holds: plain in any spelling, a whole `X-Amzn-Trace-Id` or `traceparent` header, or the array that
/// header capture makes of one.
pub fn in_value(text: &str) -> Option<TraceId> {
    let text = text.trim().trim_start_matches(['[', '"', ' ']).trim_end_matches([']', '"', ' ', '\n']);
    if let Ok(id) = text.parse() {
        // 16 digits alone could as well be a span.
        return (text.len() != 16).then_some(id);
    }
    traceparent(text).map(|(trace, _)| trace).or_else(|| xray_forms(text).next().map(|(trace, _)| trace))
}

/// The IDs of a `traceparent` header: `00-32hex-16hex-2hex`.
pub fn traceparent(text: &str) -> Option<(TraceId, Option<SpanId>)> {
    let mut parts = text.trim().split('-');
    let (version, trace, span) = (parts.next()?, parts.next()?, parts.next()?);
    let hex = |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    (hex(version, 2) && hex(trace, 32) && hex(span, 16)).then(|| Some((trace.parse().ok()?, span.parse().ok()))).flatten()
}

/// Every `1-8hex-24hex` in a text, with the span of `1-…@16hex` where one follows.
pub fn xray_forms(text: &str) -> impl Iterator<Item = (TraceId, Option<SpanId>)> + '_ {
    text.match_indices("1-").filter_map(move |(at, _)| {
        let before = text.get(..at)?.bytes().next_back();
        if before.is_some_and(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        let trace = text.get(at..at + 35)?.parse().ok()?;
        let rest = text.get(at + 35..)?;
        if rest.bytes().next().is_some_and(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let span = rest.strip_prefix('@').and_then(|rest| rest.get(..16)).and_then(|span| span.parse().ok());
        Some((trace, span))
    })
}

/// Collects what joins IDs, each pair once.
#[derive(Debug)]
pub struct Aliases {
    source: Source,
    found: Vec<Alias>,
}

impl Aliases {
    pub fn new(source: Source) -> Self {
        Self { source, found: Vec::new() }
    }

    /// A record found under `from` also carries `to`; nothing happens if they are one, or the pair is known.
    pub fn join(&mut self, from: TraceId, to: TraceId, because: impl FnOnce() -> String, evidence: &str) {
        let known = self.found.iter().any(|alias| (alias.from, alias.to) == (from, to));
        if from == to || known || self.found.len() >= 64 {
            return;
        }
        let evidence = DisplayText::limited(evidence.trim(), 200).into_string();
        self.found.push(Alias { from, to, source: self.source, because: because(), evidence });
    }

    pub fn into_vec(self) -> Vec<Alias> {
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "67891233abcdef012345678912345678";

    #[test]
    fn values_in_every_spelling() {
        for text in [
            ID,
            "1-67891233-abcdef012345678912345678",
            "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1",
            "[\"Root=1-67891233-abcdef012345678912345678\"]\n",
            "00-67891233abcdef012345678912345678-53995c3f42cd8ad8-01",
        ] {
            assert_eq!(in_value(text).map(|id| id.to_string()).as_deref(), Some(ID), "{text}");
        }
        for text in ["", "53995c3f42cd8ad8", "21-67891233-abcdef012345678912345678", "1-67891233-abcdef0123456789123456789", "é1-é"] {
            assert_eq!(in_value(text), None, "{text}");
        }
    }

    #[test]
    fn keys_of_the_trace_itself() {
        for key in
            ["trace_id", "otelTraceID", "xray_trace_id", "AWS-XRAY-TRACE-ID", "X-Amzn-Trace-Id", "http.request.header.x_amzn_trace_id"]
        {
            assert!(names_trace(key), "{key}");
        }
        for key in ["trace.link.trace_id", "parent_trace_id", "session_id", "id", "trace"] {
            assert!(!names_trace(key), "{key}");
        }
    }

    #[test]
    fn a_segment_after_the_at_sign() {
        let found: Vec<_> = xray_forms("x AWS-XRAY-TRACE-ID: 1-67891233-abcdef012345678912345678@77e197aff0a9a49d y").collect();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].1.map(|span| span.to_string()).as_deref(), Some("77e197aff0a9a49d"));
    }
}
