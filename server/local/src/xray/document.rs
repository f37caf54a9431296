//! One segment document as a client sends it: the checks the service makes, and what the index keeps of it.
//!
//! Format: <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html>.

use std::borrow::Cow;

use memchr::memmem;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::id::{parse_segment_id, parse_trace_id};

/// Documents nested deeper than this are refused: common JSON readers give up at 128 levels.
pub const DEEPEST: usize = 120;

/// Up to so many brackets are taken for levels without looking closer.
const FEW_BRACKETS: usize = 16;

/// Longest name the service takes, in characters.
const LONGEST_NAME: usize = 200;

/// What the index keeps of one document. Times are seconds since 1970, as on the wire.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Header {
    pub trace: u128,
    pub id: u64,
    pub parent: Option<u64>,
    pub start: f64,
    /// Missing while the segment is in progress.
    pub end: Option<f64>,
    /// Levels of JSON nesting, or a few more.
    pub depth: u8,
    pub traits: Traits,
}

impl Header {
    pub fn in_progress(&self) -> bool {
        self.end.is_none()
    }
}

/// What decides whether a document can be handed out as it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traits(u8);

impl Traits {
    /// `"type":"subsegment"`: belongs inside its parent.
    pub const SUBSEGMENT: Self = Self(1);
    /// Has a `subsegments` member.
    pub const NESTED: Self = Self(2);
    /// Is itself a call to another service.
    pub const CALL: Self = Self(4);
    /// Carries the mark of sample data.
    pub const SAMPLE: Self = Self(8);

    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The bits as stored.
    pub fn bits(self) -> u8 {
        self.0
    }

    pub fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    fn set(&mut self, other: Self, on: bool) {
        if on {
            self.0 |= other.0;
        }
    }
}

/// Why a document was not taken, in the words of `UnprocessedTraceSegments`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub id: Option<String>,
    pub code: &'static str,
}

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    trace_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    parent_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    start_time: Option<f64>,
    end_time: Option<f64>,
    in_progress: Option<bool>,
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    namespace: Option<Cow<'a, str>>,
    sql: Option<IgnoredAny>,
}

/// The documents in one string: a JSON object, or an array of them.
///
/// Nothing here recurses: members that are not needed are skipped by a reader that counts brackets.
pub fn split(text: &str) -> Result<Vec<&str>, Refusal> {
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    if !text.starts_with('[') {
        return Ok(vec![text]);
    }
    let parts: Vec<&RawValue> = serde_json::from_str(text).map_err(|_| refusal(None, "InvalidSegment"))?;
    if parts.is_empty() {
        return Err(refusal(None, "MissingId"));
    }
    Ok(parts.into_iter().map(RawValue::get).collect())
}

/// Checks one document (no surrounding white space) and reads its header.
pub fn read(text: &str) -> Result<Header, Refusal> {
    if !text.starts_with('{') {
        return Err(refusal(None, "InvalidSegment"));
    }
    let fields: Fields<'_> = serde_json::from_str(text).map_err(|_| refusal(None, "InvalidSegment"))?;
    let given = fields.id.as_deref();
    let refuse = |code| refusal(given, code);

    let id = parse_segment_id(given.ok_or_else(|| refuse("MissingId"))?).ok_or_else(|| refuse("InvalidId"))?;
    let trace = fields.trace_id.as_deref().and_then(parse_trace_id).ok_or_else(|| refuse("InvalidTraceId"))?;
    let name = fields.name.as_deref().ok_or_else(|| refuse("MissingName"))?;
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        return Err(refuse("InvalidName"));
    }
    let parent = match fields.parent_id.as_deref() {
        None | Some("") => None,
        Some(parent) => Some(parse_segment_id(parent).ok_or_else(|| refuse("InvalidParentId"))?),
    };
    let start = fields.start_time.filter(|start| *start >= 0.0).ok_or_else(|| refuse("InvalidSegment"))?;
    let end = fields.end_time.filter(|_| fields.in_progress != Some(true));
    let is_subsegment = fields.kind.as_deref() == Some("subsegment");
    let depth = depth(text);
    if end.is_none() && fields.in_progress != Some(true)
        || end.is_some_and(|end| end < 0.0)
        || is_subsegment && parent.is_none()
        || depth > DEEPEST
    {
        return Err(refuse("InvalidSegment"));
    }

    let mut traits = Traits::default();
    traits.set(Traits::SUBSEGMENT, is_subsegment);
    traits.set(Traits::NESTED, text.contains("\"subsegments\""));
    traits.set(Traits::CALL, matches!(fields.namespace.as_deref(), Some("aws" | "remote")) || fields.sql.is_some());
    traits.set(Traits::SAMPLE, is_sample(text));
    Ok(Header { trace, id, parent, start, end, depth: u8::try_from(depth).unwrap_or(u8::MAX), traits })
}

/// Levels of nesting of a valid JSON text, or a few more, without recursion.
fn depth(text: &str) -> usize {
    let brackets = text.bytes().filter(|byte| matches!(byte, b'{' | b'[')).count();
    if brackets <= FEW_BRACKETS {
        return brackets;
    }
    let (mut now, mut deepest, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                now += 1;
                deepest = deepest.max(now);
            }
            b'}' | b']' if !quoted => now = now.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// An annotation `throughline_demo`, or a metadata key or annotation `throughline.demo`, that is not `false`.
fn is_sample(text: &str) -> bool {
    memmem::find_iter(text.as_bytes(), b"\"throughline").any(|at| {
        let Some(rest) = text.get(at..) else { return false };
        let value = rest.strip_prefix("\"throughline_demo\"").or_else(|| rest.strip_prefix("\"throughline.demo\""));
        value.and_then(|value| value.trim_start().strip_prefix(':')).is_some_and(|value| !value.trim_start().starts_with("false"))
    })
}

fn refusal(id: Option<&str>, code: &'static str) -> Refusal {
    Refusal { id: id.map(|id| id.chars().take(64).collect()), code }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"name":"a","id":"70de5b6f19ff9a0a","start_time":1.4E9,"end_time":1400000001.5,"trace_id":"1-6b03c354-535b6dfea5195785698743b7"}"#;

    fn code(text: &str) -> &'static str {
        read(text).unwrap_err().code
    }

    #[test]
    fn reads_what_the_index_needs() {
        let header = read(GOOD).unwrap();
        assert_eq!((header.id, header.start, header.end), (0x70de_5b6f_19ff_9a0a, 1.4e9, Some(1_400_000_001.5)));
        assert_eq!((header.depth, header.traits), (1, Traits::default()));
        let nested = GOOD.replacen('{', r#"{"subsegments":[],"annotations":{"throughline_demo":true},"namespace":"aws","#, 1);
        let header = read(&nested).unwrap();
        assert!(header.traits.has(Traits::NESTED) && header.traits.has(Traits::CALL) && header.traits.has(Traits::SAMPLE));
        assert_eq!(header.depth, 3);
    }

    #[test]
    fn refuses_with_the_codes_of_the_service() {
        assert_eq!(code("not json"), "InvalidSegment");
        assert_eq!(code(r#"{"name":"a"}"#), "MissingId");
        assert_eq!(code(&GOOD.replace("70de5b6f19ff9a0a", "xyz")), "InvalidId");
        assert_eq!(code(&GOOD.replace("1-6b03c354-", "")), "InvalidTraceId");
        assert_eq!(code(&GOOD.replace("\"name\":\"a\",", "")), "MissingName");
        assert_eq!(code(&GOOD.replace("\"name\":\"a\"", &format!("\"name\":\"{}\"", "x".repeat(201)))), "InvalidName");
        assert_eq!(code(&GOOD.replace("\"end_time\":1400000001.5,", "")), "InvalidSegment");
        assert_eq!(code(&GOOD.replace("\"name\"", "\"type\":\"subsegment\",\"name\"")), "InvalidSegment");
        assert_eq!(split("[]").unwrap_err().code, "MissingId");
        assert_eq!(read(&GOOD.replace("1-6b03c354-", "")).unwrap_err().id.as_deref(), Some("70de5b6f19ff9a0a"));
    }

    #[test]
    fn an_array_holds_several_documents() {
        let both = format!(" [{GOOD}, {GOOD}] ");
        let parts = split(&both).unwrap();
        assert_eq!(parts, [GOOD, GOOD]);
    }

    #[test]
    fn a_nesting_bomb_is_refused_and_costs_no_stack() {
        let bomb = GOOD.replacen('{', &format!("{{\"metadata\":{{\"a\":{}{}}},", "[".repeat(300_000), "]".repeat(300_000)), 1);
        assert_eq!(code(&bomb), "InvalidSegment");
        assert_eq!(code(&"{\"a\":".repeat(300_000)), "InvalidSegment");
        assert!(split(&"[".repeat(300_000)).is_err());
        let fine = GOOD.replacen('{', &format!("{{\"metadata\":{{\"a\":{}{}}},", "[".repeat(100), "]".repeat(100)), 1);
        assert_eq!(read(&fine).unwrap().depth, 102);
    }

    #[test]
    fn only_the_mark_itself_makes_sample_data() {
        assert!(is_sample(r#"{"metadata":{"default":{"throughline.demo" : true}}}"#));
        assert!(!is_sample(r#"{"annotations":{"throughline_demo":false}}"#));
        assert!(!is_sample(r#"{"name":"throughline_demo"}"#));
    }
}
