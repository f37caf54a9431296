//! Text search over what every row shows: operations, services, log lines, errors. ASCII letters match in any case.

use crate::{Item, Rows, rows::step};
use model::columns::Columns;

/// The places where a text was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matches {
    /// Positions in the whole order, ascending; collapsed rows count too.
    positions: Vec<u32>,
}

impl Matches {
    /// Searches everything; nothing matches an empty needle.
    pub fn of(columns: &Columns, rows: &Rows, needle: &str) -> Self {
        let needle = needle.trim().as_bytes();
        if needle.is_empty() {
            return Self::default();
        }
        // Distinct texts are few against rows: search those, then look rows up.
        let hit: Vec<bool> = columns.strings.iter().map(|text| contains(text.as_bytes(), needle)).collect();
        let hits =
            |column: &[u32], index: u32| column.get(index as usize).and_then(|&text| hit.get(text as usize)).copied().unwrap_or(false);
        let matches = |item| match item {
            Item::Span(index) => hits(&columns.spans.name, index) || hits(&columns.spans.service, index),
            Item::Log(index) => hits(&columns.logs.line, index),
            Item::Error(index) => hits(&columns.errors.class, index) || hits(&columns.errors.message, index),
        };
        let positions = (0u32..).take(rows.positions()).filter(|&at| rows.at(at as usize).is_some_and(matches)).collect();
        Self { positions }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.positions.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }

    /// Whether the place in the whole order is one.
    pub fn contains(&self, position: usize) -> bool {
        u32::try_from(position).is_ok_and(|position| self.positions.binary_search(&position).is_ok())
    }

    /// The next after (or before) `position`, going round.
    pub fn next(&self, position: usize, forward: bool) -> Option<usize> {
        step(&self.positions, position, forward)
    }

    /// The number of the match at `position`, from 1.
    pub fn ordinal(&self, position: usize) -> Option<usize> {
        self.positions.binary_search(&u32::try_from(position).ok()?).ok().map(|at| at + 1)
    }
}

fn contains(text: &[u8], needle: &[u8]) -> bool {
    text.windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fold, Show, samples};
    use proptest::prelude::*;

    #[test]
    fn finds_names_lines_and_errors_also_when_collapsed() {
        let columns = samples::small();
        let mut fold = Fold::default();
        fold.set_all(true);
        let rows = Rows::new(&columns, &fold, Show::default());
        let found = Matches::of(&columns, &rows, "HANDLE");
        let items: Vec<_> = (0..rows.positions()).filter(|&at| found.contains(at)).map(|at| rows.at(at).unwrap()).collect();
        assert_eq!(items, [Item::Span(1), Item::Error(0)]);
        let first = found.next(0, true).unwrap();
        let second = found.next(first, true).unwrap();
        assert_eq!(found.next(second, true), Some(first));
        assert_eq!(found.next(first, false), Some(second));
        assert_eq!(found.ordinal(second), Some(2));
        assert!(Matches::of(&columns, &rows, "  ").is_empty());
    }

    proptest! {
        #[test]
        fn equals_a_naive_scan(columns in samples::columns(40), needle in "[a-oA-O ]{1,3}") {
            let rows = Rows::new(&columns, &Fold::default(), Show::default());
            let found = Matches::of(&columns, &rows, &needle);
            let wanted = needle.trim().to_ascii_lowercase();
            for position in 0..rows.positions() {
                let texts = match rows.at(position).unwrap() {
                    Item::Span(i) => vec![columns.spans.name[i as usize], columns.spans.service[i as usize]],
                    Item::Log(i) => vec![columns.logs.line[i as usize]],
                    Item::Error(i) => vec![columns.errors.class[i as usize], columns.errors.message[i as usize]],
                };
                let naive = !wanted.is_empty() && texts.iter().any(|&text| columns.text(text).to_ascii_lowercase().contains(&wanted));
                prop_assert_eq!(found.contains(position), naive);
            }
        }
    }
}
