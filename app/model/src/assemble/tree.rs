//! Rows to a tree in the order of display.

use super::merge::Merged;
use crate::request::Span;
use crate::{ErrorRecord, SpanId, SpanKind};
use std::collections::{HashMap, HashSet};

/// No parent.
const NONE: usize = usize::MAX;

/// An exception, and the index of the span it was recorded on.
pub type Recorded<'a> = (u32, &'a ErrorRecord);

/// The spans in pre-order, siblings by start, then by ID; and their exceptions. `merged` ascends by ID.
pub fn arrange(merged: Vec<Merged<'_>>) -> (Vec<Span>, Vec<Recorded<'_>>) {
    let (mut merged, mut parents) = real(merged);
    break_circles(&mut parents);
    for (row, parent) in merged.iter_mut().zip(&parents) {
        row.span.orphan = row.span.parent.is_some() && *parent == NONE;
    }
    let order = pre_order(&merged, &parents);
    let mut places = vec![0_u32; merged.len()];
    for (place, &row) in (0_u32..).zip(&order) {
        if let Some(slot) = places.get_mut(row) {
            *slot = place;
        }
    }
    let mut rows: Vec<Option<Merged<'_>>> = merged.into_iter().map(Some).collect();
    let mut spans: Vec<Span> = Vec::with_capacity(rows.len());
    let mut exceptions = Vec::new();
    for (place, row) in (0_u32..).zip(order) {
        let Some(Merged { mut span, exceptions: recorded }) = rows.get_mut(row).and_then(Option::take) else { continue };
        span.parent_index = parents.get(row).and_then(|parent| places.get(*parent)).copied();
        span.depth = span.parent_index.and_then(|parent| spans.get(parent as usize)).map_or(0, |parent| parent.depth + 1);
        spans.push(span);
        exceptions.extend(recorded.into_iter().map(|error| (place, error)));
    }
    prolong(&mut spans);
    (spans, exceptions)
}

/// Without the segments that X-Ray made up for a callee which did send its own, and the index of everyone's parent.
fn real(mut merged: Vec<Merged<'_>>) -> (Vec<Merged<'_>>, Vec<usize>) {
    let mut parents = parents_of(&merged);
    let made_up: HashSet<usize> = redundant(&merged, &parents);
    if !made_up.is_empty() {
        for index in 0..merged.len() {
            let above = parents.get(index).copied().filter(|parent| made_up.contains(parent));
            let grandparent = above.and_then(|above| merged.get(above)).and_then(|row| row.span.parent);
            if let (Some(grandparent), Some(row)) = (grandparent, merged.get_mut(index)) {
                row.span.parent = Some(grandparent);
            }
        }
        let mut index = 0;
        merged.retain(|_| {
            index += 1;
            !made_up.contains(&(index - 1))
        });
        parents = parents_of(&merged);
    }
    (merged, parents)
}

fn parents_of(merged: &[Merged<'_>]) -> Vec<usize> {
    let ids: Vec<SpanId> = merged.iter().map(|row| row.span.id).collect();
    let find = |id| ids.binary_search(&id).ok();
    merged.iter().map(|row| row.span.parent.and_then(find).unwrap_or(NONE)).collect()
}

/// The inferred segments beside which, under the same call, stands the real callee: a server, or a span of the same service or name.
fn redundant(merged: &[Merged<'_>], parents: &[usize]) -> HashSet<usize> {
    let inferred = || merged.iter().zip(parents).enumerate().filter(|(_, (row, _))| row.span.inferred);
    let mut calls: HashMap<usize, (bool, HashSet<&str>)> = HashMap::new();
    for (_, (_, &parent)) in inferred() {
        if merged.get(parent).is_some_and(|parent| !parent.span.inferred) {
            calls.entry(parent).or_default();
        }
    }
    if calls.is_empty() {
        return HashSet::new();
    }
    for (row, parent) in merged.iter().zip(parents).filter(|(row, _)| !row.span.inferred) {
        if let Some((served, names)) = calls.get_mut(parent) {
            *served |= matches!(row.span.kind, SpanKind::Server | SpanKind::Consumer);
            names.extend([row.span.service.as_str(), row.span.name.as_str()].into_iter().filter(|name| !name.is_empty()));
        }
    }
    let real = |span: &Span, (served, names): &(bool, HashSet<&str>)| {
        *served || names.contains(span.service.as_str()) || names.contains(span.name.as_str())
    };
    inferred().filter(|(_, (row, parent))| calls.get(parent).is_some_and(|call| real(&row.span, call))).map(|(index, _)| index).collect()
}

/// Cuts every circle above its smallest ID (the rows ascend by ID).
fn break_circles(parents: &mut [usize]) {
    // 0: not seen; otherwise the number of the walk that saw it, from 1.
    let mut seen = vec![0_usize; parents.len()];
    for start in 0..parents.len() {
        let walk = start + 1;
        let mut at = start;
        while let Some(mark) = seen.get_mut(at)
            && *mark == 0
        {
            *mark = walk;
            at = parents.get(at).copied().unwrap_or(NONE);
        }
        if seen.get(at) != Some(&walk) {
            continue;
        }
        let mut smallest = at;
        let mut round = parents.get(at).copied().unwrap_or(NONE);
        while round != at && round != NONE {
            smallest = smallest.min(round);
            round = parents.get(round).copied().unwrap_or(NONE);
        }
        if let Some(parent) = parents.get_mut(smallest) {
            *parent = NONE;
        }
    }
}

fn pre_order(merged: &[Merged<'_>], parents: &[usize]) -> Vec<usize> {
    let count = merged.len();
    let mut late: Vec<(i64, usize)> = merged.iter().enumerate().map(|(index, row)| (row.span.start.0, index)).collect();
    late.sort_unstable_by(|left, right| right.cmp(left));
    // The latest first: so each list of siblings, a chain from the first to the next, ends up by start.
    let mut first_child = vec![NONE; count];
    let mut next_sibling = vec![NONE; count];
    let mut first_root = NONE;
    for (_, index) in late {
        let parent = parents.get(index).copied().unwrap_or(NONE);
        let head = first_child.get_mut(parent).unwrap_or(&mut first_root);
        if let Some(next) = next_sibling.get_mut(index) {
            *next = *head;
        }
        *head = index;
    }
    let mut order = Vec::with_capacity(count);
    let mut open = vec![first_root];
    while let Some(index) = open.pop() {
        if index == NONE {
            continue;
        }
        order.push(index);
        open.extend(next_sibling.get(index));
        open.extend(first_child.get(index));
    }
    order
}

/// What is in progress lasts at least as long as what it called.
fn prolong(spans: &mut [Span]) {
    for index in (0..spans.len()).rev() {
        let Some(span) = spans.get(index) else { continue };
        let end = span.start.0.saturating_add(span.duration_ns);
        if let Some(parent) = span.parent_index.and_then(|parent| spans.get_mut(parent as usize))
            && parent.in_progress
        {
            parent.duration_ns = parent.duration_ns.max(end.saturating_sub(parent.start.0));
        }
    }
}
