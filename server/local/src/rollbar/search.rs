//! Under which fields an occurrence is found, and the grammar of `query`
//! (<https://docs.rollbar.com/docs/search-items>, <https://docs.rollbar.com/docs/searchable-fields>).

use serde_json::{Map, Value};

/// Values longer than this are found by their beginning only.
const LONGEST_VALUE: usize = 256;
/// So many fields of one occurrence are found, no more: an occurrence may be 1 MB of keys.
const MOST_POSTINGS: usize = 512;

/// One value under one field, lower case: `custom[trace_id]` → `4bf9…`.
pub type Posting = (String, String);

/// One term of a query. All terms must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// `#123`.
    Counter(u64),
    /// Words without a field: the title contains them (lower case).
    Title(String),
    /// `field:value`; an occurrence has such a value under that field.
    Field(String, Pattern),
}

/// What a value must look like; compared in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// `"…"`: this value.
    Exact(String),
    /// Anything else: a value that begins so. `%` stands for any run of characters, `_` for one.
    Like(Vec<Piece>),
}

/// One step of a [`Pattern::Like`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// This character.
    One(char),
    /// Any one character.
    AnyOne,
    /// Any run of characters.
    AnyRun,
}

/// Fields with one place in `data`.
const PLAIN: [(&str, &str); 14] = [
    ("uuid", "/uuid"),
    ("context", "/context"),
    ("host", "/server/host"),
    ("code_version", "/code_version"),
    ("fingerprint", "/fingerprint"),
    ("request_url", "/request/url"),
    ("request_method", "/request/method"),
    ("ip", "/request/user_ip"),
    ("user_id", "/person/id"),
    ("username", "/person/username"),
    ("email", "/person/email"),
    ("message_body", "/body/message/body"),
    ("framework", "/framework"),
    ("language", "/language"),
];

/// Every field under which an occurrence is found.
///
/// `custom[key]` also covers the other places in which SDKs leave the IDs that an application gave them: the
/// message body, the extra data of a trace, the top of `data` and `attributes`.
pub fn postings(data: &Map<String, Value>) -> Vec<Posting> {
    let mut found = Found::default();
    for (field, pointer) in PLAIN {
        let mut steps = pointer.split('/').skip(1);
        let first = steps.next().and_then(|key| data.get(key));
        if let Some(value) = steps.try_fold(first, |value, key| Some(value?.get(key))).flatten() {
            found.add(field, value);
        }
    }
    let body = data.get("body");
    if let Some(Value::Object(custom)) = data.get("custom") {
        for (key, value) in custom {
            found.custom(key, value);
        }
    }
    for (key, value) in object(body, "/message").chain(object(body, "/trace/extra")) {
        if key != "body" {
            found.custom(key, value);
        }
    }
    for (key, value) in data.iter().filter(|(_, value)| value.as_str().is_some_and(is_id)) {
        found.custom(key, value);
    }
    for attribute in data.get("attributes").and_then(Value::as_array).into_iter().flatten() {
        if let (Some(key), Some(value)) = (attribute.get("key").and_then(Value::as_str), attribute.get("value")) {
            found.custom(key, value);
        }
    }
    let request = data.get("request");
    for (key, value) in object(request, "/headers") {
        found.add(&format!("request_header[{}]", key.to_ascii_lowercase()), value);
        found.add("request_headers_value", value);
    }
    for (key, value) in ["/params", "/GET", "/POST"].into_iter().flat_map(|place| object(request, place)) {
        found.add(&format!("request_param[{key}]"), value);
    }
    let chain = body.and_then(|body| body.get("trace_chain")).and_then(Value::as_array);
    for trace in body.and_then(|body| body.get("trace")).into_iter().chain(chain.into_iter().flatten()) {
        for (field, pointer) in [("exception_class", "/exception/class"), ("exception_message", "/exception/message")] {
            if let Some(value) = trace.pointer(pointer) {
                found.add(field, value);
            }
        }
    }
    found.0
}

fn object<'a>(value: Option<&'a Value>, pointer: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    value.and_then(|value| value.pointer(pointer)).and_then(Value::as_object).into_iter().flatten()
}

/// A trace or span ID, a UUID, or X-Ray's spelling.
fn is_id(text: &str) -> bool {
    matches!(text.len(), 16 | 32 | 35 | 36) && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[derive(Default)]
struct Found(Vec<Posting>);

impl Found {
    /// Every scalar in `value`, under this one field: `custom[a]` covers `custom.a.b`.
    fn add(&mut self, field: &str, value: &Value) {
        let mut waiting = vec![value];
        while let Some(value) = waiting.pop() {
            let text = match value {
                Value::Object(map) => {
                    waiting.extend(map.values());
                    continue;
                }
                Value::Array(list) => {
                    waiting.extend(list);
                    continue;
                }
                Value::Null => continue,
                Value::String(text) => text.chars().take(LONGEST_VALUE).collect::<String>().to_lowercase(),
                other => other.to_string(),
            };
            if self.0.len() >= MOST_POSTINGS {
                return;
            }
            let posting = (field.to_owned(), text);
            if !self.0.contains(&posting) {
                self.0.push(posting);
            }
        }
    }

    fn custom(&mut self, key: &str, value: &Value) {
        self.add(&format!("custom[{key}]"), value);
        self.add("customs_value", value);
    }
}

/// Reads a query. Total: what is no term is a word of the title.
pub fn parse(query: &str) -> Vec<Term> {
    let mut terms = Vec::new();
    let mut rest = query.trim_start();
    while !rest.is_empty() {
        let (term, after) = next_term(rest);
        terms.extend(term);
        rest = after.trim_start();
    }
    terms
}

fn next_term(text: &str) -> (Option<Term>, &str) {
    if let Some((field, rest)) = field(text) {
        let (pattern, rest) = value(rest);
        return (Some(Term::Field(field, pattern)), rest);
    }
    let (pattern, rest) = value(text);
    let word = match &pattern {
        Pattern::Exact(word) => word.clone(),
        Pattern::Like(pieces) => pieces.iter().filter_map(|piece| if let Piece::One(c) = piece { Some(*c) } else { None }).collect(),
    };
    if let Some(counter) = word.strip_prefix('#').and_then(|digits| digits.parse().ok()) {
        return (Some(Term::Counter(counter)), rest);
    }
    let plain = text.get(..text.len() - rest.len()).unwrap_or_default();
    let word = if matches!(pattern, Pattern::Exact(_)) { word } else { plain.to_lowercase() };
    ((!word.is_empty()).then_some(Term::Title(word)), rest)
}

/// `name:` or `name[key]:` at the start. The name of a header is compared without regard to case.
fn field(text: &str) -> Option<(String, &str)> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
    let (name, rest) = text.split_at_checked(end)?;
    if name.is_empty() {
        return None;
    }
    if let Some(rest) = rest.strip_prefix(':') {
        return Some((name.to_ascii_lowercase(), rest));
    }
    let (key, rest) = rest.strip_prefix('[')?.split_once("]:")?;
    if key.contains(char::is_whitespace) {
        return None;
    }
    let name = name.to_ascii_lowercase();
    let key = if name == "request_header" { key.to_ascii_lowercase() } else { key.to_owned() };
    Some((format!("{name}[{key}]"), rest))
}

fn value(text: &str) -> (Pattern, &str) {
    let quoted = text.strip_prefix('"');
    let body = quoted.unwrap_or(text);
    let mut exact = String::new();
    let mut pieces = Vec::new();
    let mut characters = body.char_indices();
    let mut end = body.len();
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' => {
                if let Some((_, escaped)) = characters.next() {
                    exact.extend(escaped.to_lowercase());
                    pieces.extend(escaped.to_lowercase().map(Piece::One));
                }
            }
            '"' if quoted.is_some() => {
                end = at;
                break;
            }
            c if quoted.is_none() && c.is_whitespace() => {
                end = at;
                break;
            }
            '%' if quoted.is_none() => pieces.push(Piece::AnyRun),
            '_' if quoted.is_none() => pieces.push(Piece::AnyOne),
            c => {
                exact.extend(c.to_lowercase());
                pieces.extend(c.to_lowercase().map(Piece::One));
            }
        }
    }
    let rest = body.get(end..).unwrap_or_default();
    if quoted.is_some() {
        return (Pattern::Exact(exact), rest.strip_prefix('"').unwrap_or(rest));
    }
    pieces.push(Piece::AnyRun);
    (Pattern::Like(pieces), rest)
}

impl Pattern {
    /// How every matching value begins.
    pub fn prefix(&self) -> String {
        match self {
            Self::Exact(value) => value.clone(),
            Self::Like(pieces) => pieces.iter().map_while(|piece| if let Piece::One(c) = piece { Some(*c) } else { None }).collect(),
        }
    }

    /// Whether a value (in lower case) matches, in time proportional to pattern × value at worst.
    pub fn matches(&self, value: &str) -> bool {
        let pieces = match self {
            Self::Exact(exact) => return exact == value,
            Self::Like(pieces) => pieces,
        };
        let text: Vec<char> = value.chars().collect();
        let (mut piece, mut at) = (0, 0);
        let mut back: Option<(usize, usize)> = None;
        loop {
            match (pieces.get(piece), text.get(at)) {
                (Some(Piece::AnyRun), _) => {
                    back = Some((piece, at));
                    piece += 1;
                }
                (Some(Piece::AnyOne), Some(_)) => (piece, at) = (piece + 1, at + 1),
                (Some(Piece::One(expected)), Some(found)) if expected == found => (piece, at) = (piece + 1, at + 1),
                (None, None) => return true,
                _ => match back {
                    Some((run, from)) if from < text.len() => {
                        back = Some((run, from + 1));
                        (piece, at) = (run + 1, from + 1);
                    }
                    _ => return false,
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn like(text: &str) -> Pattern {
        value(text).0
    }

    #[test]
    fn the_grammar() {
        assert_eq!(
            parse(r#"custom[trace_id]:"4BF9 x" request_header[X-Amzn-Trace-Id]:Root=1-67 #12 Key "two words""#),
            [
                Term::Field("custom[trace_id]".to_owned(), Pattern::Exact("4bf9 x".to_owned())),
                Term::Field("request_header[x-amzn-trace-id]".to_owned(), like("root=1-67")),
                Term::Counter(12),
                Term::Title("key".to_owned()),
                Term::Title("two words".to_owned()),
            ]
        );
        assert_eq!(parse("  "), []);
        assert_eq!(
            parse("KeyError: 'handle'"),
            [Term::Field("keyerror".to_owned(), Pattern::Like(vec![Piece::AnyRun])), Term::Title("'handle'".to_owned())]
        );
        assert_eq!(parse(r#"custom[a]:"open"#), [Term::Field("custom[a]".to_owned(), Pattern::Exact("open".to_owned()))]);
    }

    #[test]
    fn a_value_without_quotes_is_a_prefix_with_wildcards() {
        for (pattern, value, matches) in [
            ("root=1-6789", "root=1-67891233-abc;parent=5", true),
            ("1-6789", "root=1-6789", false),
            ("%1-6789", "root=1-6789", true),
            ("a_c", "abcd", true),
            (r"a\_c", "abc", false),
            (r"a\_c", "a_c", true),
            ("a%b%c", "axxbxxbyc", true),
            ("a%b%c", "acb", false),
            (r#""abc""#, "abcd", false),
            (r#""abc""#, "abc", true),
            ("", "", true),
        ] {
            assert_eq!(like(pattern).matches(value), matches, "{pattern} on {value}");
        }
        assert_eq!(like("ab%c").prefix(), "ab");
    }

    #[test]
    fn many_wildcards_do_not_explode() {
        assert!(!like(&format!("{}x", "%a".repeat(100))).matches(&"a".repeat(256)[..255]));
    }

    #[test]
    fn every_place_in_which_an_id_can_sit() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        let found = |data: &Value| postings(data.as_object().unwrap()).contains(&("custom[trace_id]".to_owned(), id.to_owned()));
        for data in [
            json!({"custom": {"trace_id": id.to_uppercase()}}),
            json!({"custom": {"trace_id": {"otel": id}}}),
            json!({"body": {"message": {"body": "x", "trace_id": id}}}),
            json!({"body": {"trace": {"extra": {"trace_id": id}}}}),
            json!({"trace_id": id}),
            json!({"attributes": [{"key": "trace_id", "value": id}]}),
        ] {
            assert!(found(&data), "{data}");
        }
        let header = json!({"request": {"headers": {"X-Amzn-Trace-Id": "Root=1-67"}}});
        assert!(postings(header.as_object().unwrap()).contains(&("request_header[x-amzn-trace-id]".to_owned(), "root=1-67".to_owned())));
    }

    #[test]
    fn one_occurrence_cannot_fill_the_index() {
        let custom: Map<String, Value> = (0..10_000).map(|n| (format!("key{n}"), json!("v"))).collect();
        let data = json!({"custom": custom, "context": "x".repeat(5_000)});
        let postings = postings(data.as_object().unwrap());
        assert_eq!(postings.len(), MOST_POSTINGS);
        assert!(postings.iter().all(|(_, value)| value.len() <= LONGEST_VALUE));
    }
}
