//! The segments and subsegments inside one document, as places in its text.
//!
//! One pass, no recursion, no copy: this is what lets documents be merged by splicing text.

use std::ops::Range;

use super::id::parse_segment_id;

/// One segment or subsegment. Ranges are byte ranges of the document; those of values hold the JSON text of the value.
#[derive(Debug, Default, Clone)]
pub struct Node {
    /// From its `{` to behind its `}`.
    pub span: Range<usize>,
    /// 0 for the document itself, 1 for its subsegments.
    pub level: usize,
    pub enclosing: Option<usize>,
    pub id: Option<u64>,
    pub complete: bool,
    pub subsegments: Subsegments,
    members: Vec<(Member, Range<usize>)>,
}

/// Where further subsegments can be put.
#[derive(Debug, Default, Clone, PartialEq)]
pub enum Subsegments {
    #[default]
    Missing,
    /// A value that is no array, to be replaced.
    Unusable(Range<usize>),
    /// Just before the `]`; `true` when the array has an element.
    Array(usize, bool),
}

/// The members that are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Member {
    Name,
    ParentId,
    StartTime,
    EndTime,
    Namespace,
    Origin,
    Http,
    Aws,
    Sql,
    Annotations,
    User,
    Error,
    Fault,
    Throttle,
    Inferred,
    ResourceArn,
}

impl Member {
    fn named(key: &str) -> Option<Self> {
        Some(match key {
            "name" => Self::Name,
            "parent_id" => Self::ParentId,
            "start_time" => Self::StartTime,
            "end_time" => Self::EndTime,
            "namespace" => Self::Namespace,
            "origin" => Self::Origin,
            "http" => Self::Http,
            "aws" => Self::Aws,
            "sql" => Self::Sql,
            "annotations" => Self::Annotations,
            "user" => Self::User,
            "error" => Self::Error,
            "fault" => Self::Fault,
            "throttle" => Self::Throttle,
            "inferred" => Self::Inferred,
            "resource_arn" => Self::ResourceArn,
            _ => return None,
        })
    }
}

impl Node {
    /// The JSON text of a member, in the document that this node was read from.
    pub fn member<'a>(&self, document: &'a str, member: Member) -> Option<&'a str> {
        let (_, range) = self.members.iter().find(|(known, _)| *known == member)?;
        document.get(range.clone())
    }

    pub fn is_true(&self, document: &str, member: Member) -> bool {
        self.member(document, member) == Some("true")
    }
}

/// The nodes of a document, the document itself first, each before those inside it. Empty when the text is no object.
pub fn outline(document: &str) -> Vec<Node> {
    let mut scan = Scan { text: document, at: 0 };
    let mut nodes: Vec<Node> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut in_array = false;
    scan.skip_blank();
    if scan.peek() != Some(b'{') {
        return nodes;
    }
    open_node(&mut nodes, &mut open, scan.at);
    scan.at += 1;
    while let Some(&current) = open.last() {
        scan.skip_blank();
        let at = scan.at;
        match (scan.peek(), in_array) {
            (None, _) => break,
            (Some(b','), _) => scan.at += 1,
            (Some(b'{'), true) => {
                open_node(&mut nodes, &mut open, at);
                scan.at += 1;
                in_array = false;
            }
            (Some(b']'), true) => {
                scan.at += 1;
                in_array = false;
                let used = nodes.get(current).is_some_and(|node| matches!(node.subsegments, Subsegments::Array(_, true)));
                set_subsegments(&mut nodes, current, Subsegments::Array(at, used));
            }
            (Some(_), true) => {
                set_subsegments(&mut nodes, current, Subsegments::Array(at, true));
                scan.skip_value();
            }
            (Some(b'}'), false) => {
                scan.at += 1;
                open.pop();
                if let Some(node) = nodes.get_mut(current) {
                    node.span.end = scan.at;
                }
                if let Some(&outer) = open.last() {
                    in_array = true;
                    set_subsegments(&mut nodes, outer, Subsegments::Array(at, true));
                }
            }
            (Some(_), false) => in_array = scan.member(nodes.get_mut(current)),
        }
    }
    nodes
}

fn open_node(nodes: &mut Vec<Node>, open: &mut Vec<usize>, at: usize) {
    nodes.push(Node { span: at..at, level: open.len(), enclosing: open.last().copied(), ..Node::default() });
    open.push(nodes.len() - 1);
}

fn set_subsegments(nodes: &mut [Node], index: usize, value: Subsegments) {
    if let Some(node) = nodes.get_mut(index) {
        node.subsegments = value;
    }
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Reads one `"key": value`. True when it stopped inside the array of subsegments.
    fn member(&mut self, node: Option<&mut Node>) -> bool {
        let key_start = self.at + 1;
        self.skip_value();
        let key = self.text.get(key_start..self.at.saturating_sub(1)).unwrap_or_default();
        self.skip_blank();
        if self.peek() == Some(b':') {
            self.at += 1;
        }
        self.skip_blank();
        let Some(node) = node else { return false };
        if key == "subsegments" && self.peek() == Some(b'[') {
            self.at += 1;
            node.subsegments = Subsegments::Array(self.at, false);
            return true;
        }
        let start = self.at;
        self.skip_value();
        let range = start..self.at;
        match key {
            "subsegments" => node.subsegments = Subsegments::Unusable(range),
            "id" => node.id = self.text.get(range).and_then(|value| parse_segment_id(value.trim_matches('"'))),
            _ => {
                if let Some(member) = Member::named(key) {
                    node.complete |= member == Member::EndTime;
                    node.members.push((member, range));
                }
            }
        }
        false
    }

    /// Moves behind one value, counting brackets. Always moves at least one byte.
    fn skip_value(&mut self) {
        let bytes = self.text.as_bytes();
        let mut depth = 0_usize;
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b'"' => {
                    self.skip_string();
                    if depth == 0 {
                        return;
                    }
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        self.at += 1;
                        return;
                    }
                }
                _ => {}
            }
            self.at += 1;
            if depth == 0 && matches!(bytes.get(self.at), None | Some(b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r' | b':')) {
                return;
            }
        }
    }

    fn skip_string(&mut self) {
        let bytes = self.text.as_bytes();
        self.at += 1;
        while let Some(found) = bytes.get(self.at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
            self.at += found;
            if bytes.get(self.at) == Some(&b'"') {
                self.at += 1;
                return;
            }
            self.at += 2;
        }
        self.at = bytes.len();
    }
}

#[cfg(test)]
mod tests;
