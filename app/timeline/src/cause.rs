//! Where to look first.

use crate::Item;
use model::columns::{Columns, flag};

/// `Status::Error`, from which on a span has failed.
const FAILED: u8 = 2;

/// What a timeline selects when nobody says: the span where the failure began, as [`model::insight::first_cause`] finds it, or the nearest
/// above it that has an exception to show; else the first error that was reported; else the first row. `None` if there is nothing.
pub fn first_cause(columns: &Columns) -> Option<Item> {
    let serious = |level: &u32| matches!(columns.text(*level), "error" | "critical");
    let reported = || columns.errors.level.iter().position(serious).and_then(|at| u32::try_from(at).ok()).map(Item::Error);
    let first = || (!columns.spans.is_empty()).then_some(Item::Span(0));
    let rest = || match (columns.errors.time_ns.is_empty(), columns.logs.time_ns.is_empty()) {
        (false, _) => Some(Item::Error(0)),
        (true, false) => Some(Item::Log(0)),
        _ => None,
    };
    failed(columns).map(|span| Item::Span(telling(columns, span).unwrap_or(span))).or_else(reported).or_else(first).or_else(rest)
}

/// The span itself or the nearest above it on which an error stands.
fn telling(columns: &Columns, span: u32) -> Option<u32> {
    let mut at = span;
    loop {
        if columns.errors.span.contains(&at) {
            return Some(at);
        }
        at = columns.spans.parent.get(at as usize).copied().filter(|&parent| parent < at)?;
    }
}

fn failed(columns: &Columns) -> Option<u32> {
    let spans = &columns.spans;
    let has_failed = |span: u32| spans.status.get(span as usize).is_some_and(|&status| status >= FAILED);
    let all = || (0u32..).take(spans.len());
    // The worst first, and of equals the one that ended last, because its end is what its caller saw.
    let rank = |span: u32| {
        let at = span as usize;
        let end = spans.start_ns.get(at).zip(spans.duration_ns.get(at)).map(|(&start, &duration)| start.saturating_add(duration));
        (spans.status.get(at).copied(), end)
    };
    let mut below: Vec<Option<u32>> = vec![None; spans.len()];
    for span in all().filter(|&span| has_failed(span)) {
        let parent = spans.parent.get(span as usize).copied().unwrap_or(u32::MAX);
        if let Some(best) = below.get_mut(parent as usize)
            && best.is_none_or(|best| rank(best) < rank(span))
        {
            *best = Some(span);
        }
    }
    let top = |span: &u32| spans.depth.get(*span as usize) == Some(&0);
    let orphan = |span: &u32| spans.flags.get(*span as usize).is_some_and(|flags| flags & flag::ORPHAN != 0);
    let root = all().filter(top).find(|span| !orphan(span)).or_else(|| all().find(top));
    let start = root.filter(|&root| has_failed(root)).or_else(|| all().filter(top).find(|&span| has_failed(span)));
    let mut at = start.or_else(|| all().find(|&span| has_failed(span)))?;
    // A child comes after its parent, so every step goes further down.
    while let Some(next) = below.get(at as usize).copied().flatten().filter(|&next| next > at) {
        at = next;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn the_deepest_failure_then_an_error_then_the_first_row() {
        let mut columns = samples::small();
        assert_eq!(first_cause(&columns), Some(Item::Span(1)));
        columns.spans.status.fill(1);
        assert_eq!(first_cause(&columns), Some(Item::Error(0)));
        columns.errors = model::columns::ErrorColumns::default();
        assert_eq!(first_cause(&columns), Some(Item::Span(0)));
        columns.spans = model::columns::SpanColumns::default();
        assert_eq!(first_cause(&columns), Some(Item::Log(0)));
        assert_eq!(first_cause(&samples::empty()), None);
    }

    #[test]
    fn agrees_with_the_sentence() {
        for request in [model::sample::request(), model::sample::large(400), model::sample::large(3_000)] {
            let columns = Columns::of(&request, 1);
            let said = model::insight::first_cause(&request);
            assert!(said.is_some());
            assert_eq!(failed(&columns), said);
        }
    }
}
