//! The same call again and again: what a loop around a query looks like.

use super::{Sentence, share};
use crate::Request;
use crate::request::Span;
use crate::time::format_duration;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// From so many calls of one kind below one span on.
const MANY: usize = 5;
/// No more than so many kinds are named.
const NAMED: usize = 3;
/// Where vendors keep the text of a query.
const QUERIES: [&str; 4] = ["db.query.text", "db.statement", "sql.sanitized_query", "sql.query"];

/// The kinds of calls that were repeated below one span, those that took longest first.
pub fn sentences(request: &Request) -> Vec<Sentence> {
    let mut kinds: BTreeMap<(u32, &str, String), Vec<u32>> = BTreeMap::new();
    for (index, span) in (0_u32..).zip(&request.spans) {
        if let Some(parent) = span.parent_index {
            kinds.entry((parent, &span.service, shape(span))).or_default().push(index);
        }
    }
    let span = |index: u32| request.spans.get(index as usize);
    let took = |calls: &[u32]| calls.iter().filter_map(|call| span(*call)).fold(0_i64, |sum, span| sum.saturating_add(span.duration_ns));
    let mut many: Vec<(i64, u32, Vec<u32>)> =
        kinds.into_iter().filter(|(_, calls)| calls.len() >= MANY).map(|((parent, ..), calls)| (took(&calls), parent, calls)).collect();
    many.sort_by_key(|(took, parent, calls)| (Reverse(*took), *parent, calls.first().copied()));
    let sentences = many.into_iter().take(NAMED).filter_map(|(took, parent, calls)| {
        let first = *calls.first()?;
        let sentence = Sentence::default().span(parent, span(parent)?).text(format!(" made the same call {} times: ", calls.len()));
        let sentence = sentence.span(first, span(first)?);
        Some(sentence.text(format!("; {} in all, {} % of the request.", format_duration(took), share(took, request))))
    });
    sentences.collect()
}

/// The query without its values, else the operation without its numbers.
fn shape(span: &Span) -> String {
    let query =
        span.attributes.iter().find(|attribute| QUERIES.contains(&attribute.key.as_str())).and_then(|attribute| attribute.value.as_text());
    let text = query.unwrap_or(&span.name);
    let mut shape = String::with_capacity(text.len().min(256));
    let mut quoted = false;
    for c in text.chars().take(4_096) {
        match c {
            '\'' => quoted = !quoted,
            _ if quoted => continue,
            '0'..='9' if shape.ends_with('?') => continue,
            _ => {}
        }
        shape.push(if c == '\'' || c.is_ascii_digit() { '?' } else { c });
    }
    shape
}
