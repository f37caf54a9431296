//! The documents of one trace, sorted out: which copy of a segment counts, what lies inside what, what was called and never answered.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use super::document::{Header, Traits};
use super::outline::{Member, Node, outline};

/// A stored document: its header and its text as a JSON string literal.
#[derive(Debug, Clone, Copy)]
pub struct Stored<'a> {
    pub header: Header,
    pub literal: &'a str,
}

impl<'a> Stored<'a> {
    /// The literal without its quotes.
    pub fn inside(&self) -> &'a str {
        let literal = self.literal;
        literal.get(1..literal.len().saturating_sub(1)).unwrap_or_default()
    }

    pub fn is_subsegment(&self) -> bool {
        self.header.traits.has(Traits::SUBSEGMENT)
    }
}

/// A document that counts. `text` and `nodes` are filled only when something inside it matters.
#[derive(Debug)]
pub struct Document<'a> {
    pub stored: Stored<'a>,
    pub text: Cow<'a, str>,
    pub nodes: Vec<Node>,
}

/// A place for subsegments: a document, and a node of it (0: the document itself).
pub type Spot = (usize, usize);

/// Reads the documents of one trace; of several with one ID a complete one beats one in progress, then the last wins.
///
/// `whole` opens every document; without it only those that have something inside, or are calls.
pub fn documents<'a>(stored: &[Stored<'a>], whole: bool) -> Vec<Document<'a>> {
    let mut chosen: HashMap<u64, usize> = HashMap::with_capacity(stored.len());
    for (index, candidate) in stored.iter().enumerate() {
        let held = chosen.entry(candidate.header.id).or_insert(index);
        let beaten = stored.get(*held).is_none_or(|held| held.header.in_progress() || !candidate.header.in_progress());
        if beaten {
            *held = index;
        }
    }
    let mut order: Vec<usize> = chosen.into_values().collect();
    order.sort_unstable();
    order.into_iter().filter_map(|index| stored.get(index)).map(|stored| open(*stored, whole)).collect()
}

fn open(stored: Stored<'_>, whole: bool) -> Document<'_> {
    let traits = stored.header.traits;
    if !(whole || traits.has(Traits::NESTED) || traits.has(Traits::CALL)) {
        return Document { stored, text: Cow::Borrowed(""), nodes: Vec::new() };
    }
    let text = serde_json::from_str::<String>(stored.literal).unwrap_or_default();
    let nodes = outline(&text);
    Document { stored, text: Cow::Owned(text), nodes }
}

/// The subsegments that called something which sent no segment of its own: the service draws these as inferred segments.
pub fn unanswered_calls(documents: &[Document<'_>]) -> Vec<Spot> {
    let answered: HashSet<u64> =
        documents.iter().filter(|document| !document.stored.is_subsegment()).filter_map(|document| document.stored.header.parent).collect();
    let mut seen = HashSet::new();
    let mut calls = Vec::new();
    for (index, document) in documents.iter().enumerate() {
        for (at, node) in document.nodes.iter().enumerate() {
            let is_segment = at == 0 && !document.stored.is_subsegment();
            let Some(id) = node.id.filter(|id| !is_segment && !answered.contains(id)) else { continue };
            if is_call(&document.text, node) && seen.insert(id) {
                calls.push((index, at));
            }
        }
    }
    calls
}

#[derive(Deserialize)]
struct Http {
    request: Option<Request>,
}

#[derive(Deserialize)]
struct Request {
    traced: Option<bool>,
}

fn is_call(text: &str, node: &Node) -> bool {
    let named = matches!(node.member(text, Member::Namespace), Some("\"aws\"" | "\"remote\""));
    if !named && node.member(text, Member::Sql).is_none() {
        return false;
    }
    let http = node.member(text, Member::Http).and_then(|http| serde_json::from_str::<Http>(http).ok());
    http.and_then(|http| http.request).and_then(|request| request.traced) != Some(true)
}
