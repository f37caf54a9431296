//! One trace as `BatchGetTraces` hands it out: streamed subsegments put into their parents, inferred segments added.
//!
//! Documents that need no merging are copied as they came; the others are spliced as text. Nothing recurses.

use std::collections::{HashMap, HashSet, VecDeque};

use super::document::DEEPEST;
use super::id::push_segment_id;
use super::inferred::inferred_document;
use super::outline::Subsegments;
use super::text::push_escaped;
use super::trace::{Calls, Document, Spot, Stored, choose, open};

/// Appends the elements of `Segments`, comma separated.
pub fn write_segments(stored: &[Stored<'_>], out: &mut Vec<u8>) {
    let chosen = choose(stored);
    let mut calls = Calls::new(&chosen);
    let mut inferred = Vec::new();
    if chosen.iter().any(Stored::is_subsegment) {
        let documents: Vec<Document<'_>> = chosen.into_iter().map(|stored| open(stored, false)).collect();
        let nesting = Nesting::new(&documents);
        for (root, document) in nesting.roots.iter().filter_map(|root| Some((*root, documents.get(*root)?))) {
            begin_segment(document.stored.header.id, out);
            write_document(&documents, &nesting, root, out);
            out.extend_from_slice(b"\"},");
        }
        for document in &documents {
            write_inferred(document, &mut calls, &mut inferred);
        }
    } else {
        for stored in chosen {
            begin_segment(stored.header.id, out);
            out.extend_from_slice(stored.inside().as_bytes());
            out.extend_from_slice(b"\"},");
            write_inferred(&open(stored, false), &mut calls, &mut inferred);
        }
    }
    out.extend_from_slice(&inferred);
    if out.last() == Some(&b',') {
        out.pop();
    }
}

fn write_inferred(document: &Document<'_>, calls: &mut Calls, out: &mut Vec<u8>) {
    for node in calls.unanswered(document) {
        let Some((id, text)) = inferred_document(document, node) else { continue };
        begin_segment(id, out);
        push_escaped(&text, out);
        out.extend_from_slice(b"\"},");
    }
}

fn begin_segment(id: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"Id\":\"");
    push_segment_id(id, out);
    out.extend_from_slice(b"\",\"Document\":\"");
}

/// Which document goes into which. Every document is a root, lies inside exactly one other, or is left out as a duplicate.
#[derive(Default)]
struct Nesting {
    roots: Vec<usize>,
    inside: HashMap<usize, Vec<(usize, usize)>>,
    replaces: HashMap<Spot, usize>,
}

impl Nesting {
    fn new(documents: &[Document<'_>]) -> Self {
        if !documents.iter().any(|document| document.stored.is_subsegment()) {
            return Self { roots: (0..documents.len()).collect(), ..Self::default() };
        }
        let own: HashMap<u64, usize> = documents.iter().enumerate().map(|(index, document)| (document.stored.header.id, index)).collect();
        let (spots, replaces, dropped) = spots(documents, &own);
        let replacing: HashSet<usize> = replaces.values().copied().collect();

        let mut children: HashMap<usize, Vec<(Spot, usize)>> = HashMap::new();
        let mut roots = Vec::new();
        for (index, document) in documents.iter().enumerate() {
            let header = &document.stored.header;
            let parent = header.parent.filter(|_| document.stored.is_subsegment()).and_then(|parent| spots.get(&parent));
            match parent {
                _ if dropped.contains(&index) || replacing.contains(&index) => {}
                Some(&spot) if spot.0 != index => children.entry(spot.0).or_default().push((spot, index)),
                _ => roots.push(index),
            }
        }
        for (&spot, &index) in &replaces {
            children.entry(spot.0).or_default().push((spot, index));
        }
        let mut nesting = Self { roots, inside: HashMap::new(), replaces };
        nesting.settle(documents, &mut children, &dropped);
        nesting
    }

    /// Walks down from the roots. What would get too deep, or is in a circle, becomes a root.
    fn settle(&mut self, documents: &[Document<'_>], children: &mut HashMap<usize, Vec<(Spot, usize)>>, dropped: &HashSet<usize>) {
        let mut reached: HashSet<usize> = self.roots.iter().copied().collect();
        let mut queue: VecDeque<(usize, usize)> = self.roots.iter().map(|root| (*root, 0)).collect();
        let mut next = 0;
        loop {
            while let Some((index, base)) = queue.pop_front() {
                for (spot, child) in children.remove(&index).unwrap_or_default() {
                    let replaces = self.replaces.get(&spot) == Some(&child);
                    if !reached.insert(child) {
                        if replaces {
                            self.replaces.remove(&spot);
                        }
                        continue;
                    }
                    let level = documents.get(spot.0).and_then(|document| document.nodes.get(spot.1)).map_or(0, |node| node.level);
                    let child_base = base + 2 * level + if replaces { 0 } else { 2 };
                    let depth = documents.get(child).map_or(0, |document| usize::from(document.stored.header.depth));
                    if child_base + depth > DEEPEST {
                        if replaces {
                            self.replaces.remove(&spot);
                        }
                        self.roots.push(child);
                        queue.push_back((child, 0));
                    } else {
                        if !replaces {
                            self.inside.entry(spot.0).or_default().push((spot.1, child));
                        }
                        queue.push_back((child, child_base));
                    }
                }
            }
            let Some(left) = (next..documents.len()).find(|index| !reached.contains(index) && !dropped.contains(index)) else { return };
            next = left;
            reached.insert(left);
            self.roots.push(left);
            queue.push_back((left, 0));
        }
    }
}

type Spots = (HashMap<u64, Spot>, HashMap<Spot, usize>, HashSet<usize>);

/// Where each ID is found; which embedded nodes a separate document replaces; which separate documents are only duplicates.
fn spots(documents: &[Document<'_>], own: &HashMap<u64, usize>) -> Spots {
    let mut spots: HashMap<u64, Spot> = own.iter().map(|(id, index)| (*id, (*index, 0))).collect();
    let mut replaces = HashMap::new();
    let mut replacing = HashSet::new();
    let mut dropped = HashSet::new();
    for (index, document) in documents.iter().enumerate() {
        if dropped.contains(&index) {
            continue;
        }
        let mut hidden = HashSet::new();
        for (at, node) in document.nodes.iter().enumerate().skip(1) {
            if node.enclosing.is_some_and(|enclosing| hidden.contains(&enclosing)) {
                hidden.insert(at);
                continue;
            }
            let Some(id) = node.id else { continue };
            let separate = own.get(&id).copied().filter(|separate| *separate != index);
            match separate.and_then(|separate| documents.get(separate).map(|document| (separate, document))) {
                None => {
                    spots.entry(id).or_insert((index, at));
                }
                Some((separate, sent)) if !sent.stored.is_subsegment() || dropped.contains(&separate) || replacing.contains(&separate) => {}
                Some((separate, sent)) if !node.complete && !sent.stored.header.in_progress() => {
                    if replacing.insert(separate) {
                        replaces.insert((index, at), separate);
                        hidden.insert(at);
                    }
                }
                Some((separate, _)) => {
                    dropped.insert(separate);
                    spots.insert(id, (index, at));
                }
            }
        }
    }
    (spots, replaces, dropped)
}

enum Piece<'a> {
    /// Inside of a JSON string already.
    Quoted(&'a str),
    Plain(&'a str),
    Document(usize),
}

/// Writes a document and all that goes inside it, as the inside of a JSON string.
fn write_document(documents: &[Document<'_>], nesting: &Nesting, root: usize, out: &mut Vec<u8>) {
    let mut open = vec![pieces(documents, nesting, root).into_iter()];
    while let Some(current) = open.last_mut() {
        match current.next() {
            None => {
                open.pop();
            }
            Some(Piece::Quoted(text)) => out.extend_from_slice(text.as_bytes()),
            Some(Piece::Plain(text)) => push_escaped(text, out),
            Some(Piece::Document(index)) => open.push(pieces(documents, nesting, index).into_iter()),
        }
    }
}

fn pieces<'a>(documents: &'a [Document<'a>], nesting: &Nesting, index: usize) -> Vec<Piece<'a>> {
    let Some(document) = documents.get(index) else { return Vec::new() };
    let inside = nesting.inside.get(&index);
    let whole = document.stored.inside();
    if document.nodes.is_empty() {
        let (Some(children), Some(open_end)) = (inside, whole.strip_suffix('}')) else { return vec![Piece::Quoted(whole)] };
        let mut pieces = vec![Piece::Quoted(open_end), Piece::Quoted(r#",\"subsegments\":["#)];
        push_children(&mut pieces, children.iter().map(|(_, child)| *child));
        pieces.push(Piece::Quoted("]}"));
        return pieces;
    }
    let replaced = (1..document.nodes.len()).filter_map(|at| nesting.replaces.get(&(index, at)).map(|by| (at, *by)));
    let mut edits: Vec<(std::ops::Range<usize>, Vec<Piece<'a>>)> = Vec::new();
    if !nesting.replaces.is_empty() {
        edits.extend(replaced.filter_map(|(at, by)| Some((document.nodes.get(at)?.span.clone(), vec![Piece::Document(by)]))));
    }
    edits.extend(inside.into_iter().flat_map(|children| insertions(document, children)));
    if edits.is_empty() {
        return vec![Piece::Quoted(whole)];
    }
    edits.sort_by_key(|(range, _)| range.start);
    let mut pieces = Vec::new();
    let mut done = 0;
    for (range, inserted) in edits {
        pieces.push(Piece::Plain(document.text.get(done..range.start).unwrap_or_default()));
        pieces.extend(inserted);
        done = range.end;
    }
    pieces.push(Piece::Plain(document.text.get(done..).unwrap_or_default()));
    pieces
}

/// For each node that gets children: the range of text to replace, and with what.
fn insertions(document: &Document<'_>, children: &[(usize, usize)]) -> Vec<(std::ops::Range<usize>, Vec<Piece<'static>>)> {
    let mut by_node: HashMap<usize, Vec<usize>> = HashMap::new();
    for (node, child) in children {
        by_node.entry(*node).or_default().push(*child);
    }
    let mut edits = Vec::new();
    for (at, children) in by_node {
        let Some(node) = document.nodes.get(at) else { continue };
        let (range, before, after) = match &node.subsegments {
            Subsegments::Missing => (node.span.end.saturating_sub(1)..node.span.end.saturating_sub(1), r#","subsegments":["#, "]"),
            Subsegments::Unusable(range) => (range.clone(), "[", "]"),
            Subsegments::Array(end, true) => (*end..*end, ",", ""),
            Subsegments::Array(end, false) => (*end..*end, "", ""),
        };
        let mut pieces = vec![Piece::Plain(before)];
        push_children(&mut pieces, children.into_iter());
        pieces.push(Piece::Plain(after));
        edits.push((range, pieces));
    }
    edits
}

fn push_children(pieces: &mut Vec<Piece<'_>>, children: impl Iterator<Item = usize>) {
    for (at, child) in children.enumerate() {
        if at > 0 {
            pieces.push(Piece::Quoted(","));
        }
        pieces.push(Piece::Document(child));
    }
}

#[cfg(test)]
mod tests;
