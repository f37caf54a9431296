//! Where to look first.

use crate::Item;
use model::columns::Columns;

/// What a timeline selects when nobody says: the earliest error on the deepest span that failed, else the deepest failed
/// span, else an error on no span, else the first span. `None` if there is nothing.
pub fn first_cause(columns: &Columns) -> Option<Item> {
    let spans = &columns.spans;
    let depth = |span: u32| spans.depth.get(span as usize).copied();
    let serious =
        |error: usize| columns.errors.level.get(error).is_none_or(|&level| !matches!(columns.text(level), "info" | "debug" | "warning"));
    let errors = columns.errors.span.iter().zip(0u32..).filter(|(_, index)| serious(*index as usize));
    let mut best: Option<(Option<u32>, u32)> = None;
    for (&span, index) in errors {
        let depth = depth(span);
        if best.is_none_or(|(deepest, _)| depth > deepest) {
            best = Some((depth, index));
        }
    }
    if let Some((Some(_), index)) = best {
        return Some(Item::Error(index));
    }
    let mut deepest: Option<(u32, u32)> = None;
    for (&status, index) in spans.status.iter().zip(0u32..) {
        let depth = depth(index).unwrap_or(0);
        if status == 4 && deepest.is_none_or(|(most, _)| depth > most) {
            deepest = Some((depth, index));
        }
    }
    let failed = deepest.map(|(_, index)| Item::Span(index));
    let error = best.map(|(_, index)| Item::Error(index));
    let first = (!spans.is_empty()).then_some(Item::Span(0));
    failed.or(error).or(first).or_else(|| (!columns.logs.time_ns.is_empty()).then_some(Item::Log(0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn the_deepest_error_then_the_deepest_fault_then_the_first() {
        let mut columns = samples::small();
        assert_eq!(first_cause(&columns), Some(Item::Error(0)));
        columns.errors.span[0] = model::columns::NONE;
        assert_eq!(first_cause(&columns), Some(Item::Span(1)));
        columns.spans.status.fill(1);
        assert_eq!(first_cause(&columns), Some(Item::Error(0)));
        columns.errors = model::columns::ErrorColumns::default();
        assert_eq!(first_cause(&columns), Some(Item::Span(0)));
        assert_eq!(first_cause(&samples::empty()), None);
    }
}
