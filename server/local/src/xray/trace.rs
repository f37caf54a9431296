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

/// The documents of one trace that count: of several with one ID a complete one beats one in progress, then the last wins.
pub fn choose<'a>(stored: &[Stored<'a>]) -> Vec<Stored<'a>> {
    let mut chosen: HashMap<u64, usize> = HashMap::with_capacity(stored.len());
    for (index, candidate) in stored.iter().enumerate() {
        let held = chosen.entry(candidate.header.id).or_insert(index);
        let beaten = stored.get(*held).is_none_or(|held| held.header.in_progress() || !candidate.header.in_progress());
        if beaten {
            *held = index;
        }
    }
    let is_chosen = |index: usize, id: u64| chosen.get(&id) == Some(&index);
    stored.iter().enumerate().filter(|(index, stored)| is_chosen(*index, stored.header.id)).map(|(_, stored)| *stored).collect()
}

/// Looks inside a document where that matters: it has something inside or is a call, or `whole` asks for it.
pub fn open(stored: Stored<'_>, whole: bool) -> Document<'_> {
    let traits = stored.header.traits;
    if !(whole || traits.has(Traits::NESTED) || traits.has(Traits::CALL)) {
        return Document { stored, text: Cow::Borrowed(""), nodes: Vec::new() };
    }
    let text = serde_json::from_str::<String>(stored.literal).unwrap_or_default();
    let nodes = outline(&text);
    Document { stored, text: Cow::Owned(text), nodes }
}

/// Finds the subsegments that called something which sent no segment of its own: the service draws these as inferred segments.
pub struct Calls {
    answered: HashSet<u64>,
    seen: HashSet<u64>,
}

impl Calls {
    pub fn new(chosen: &[Stored<'_>]) -> Self {
        let segments = chosen.iter().filter(|stored| !stored.is_subsegment());
        Self { answered: segments.filter_map(|stored| stored.header.parent).collect(), seen: HashSet::new() }
    }

    /// The unanswered calls of a document that were not reported before.
    pub fn unanswered<'a>(&mut self, document: &'a Document<'_>) -> Vec<&'a Node> {
        let skipped = usize::from(!document.stored.is_subsegment());
        let mut calls = Vec::new();
        for node in document.nodes.iter().skip(skipped) {
            let Some(id) = node.id.filter(|id| !self.answered.contains(id)) else { continue };
            if is_call(&document.text, node) && self.seen.insert(id) {
                calls.push(node);
            }
        }
        calls
    }
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
