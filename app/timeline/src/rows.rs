//! The rows: every span in pre-order, its log lines and errors under it by time, less what is collapsed or switched off.

use crate::{Fold, Item, Show};
use model::columns::{Columns, NONE};

/// The rows of one revision under one state. Position: a place in the whole order; row: a place among what is visible.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// Everything, in order of display, each packed as two bits of kind and thirty of index.
    order: Vec<u32>,
    /// The span under which each log line and error stands, ascending: position of a span = its index + those before it.
    mark_spans: Vec<u32>,
    /// The positions of the errors, ascending.
    error_positions: Vec<u32>,
    /// How many spans each span's subtree has, itself included.
    subtree: Vec<u32>,
    folded: Vec<bool>,
    /// The visible positions, ascending.
    visible: Vec<u32>,
}

const KIND_SHIFT: u32 = 30;
const INDEX_MASK: u32 = (1 << KIND_SHIFT) - 1;
/// More than this of a kind does not become rows; the columns hold what the server sent, which is capped far below.
const MOST: usize = INDEX_MASK as usize;

const fn pack(item: Item) -> u32 {
    match item {
        Item::Span(index) => index & INDEX_MASK,
        Item::Log(index) => (index & INDEX_MASK) | 1 << KIND_SHIFT,
        Item::Error(index) => (index & INDEX_MASK) | 2 << KIND_SHIFT,
    }
}

const fn unpack(packed: u32) -> Item {
    let index = packed & INDEX_MASK;
    match packed >> KIND_SHIFT {
        0 => Item::Span(index),
        1 => Item::Log(index),
        _ => Item::Error(index),
    }
}

fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(NONE)
}

impl Rows {
    /// Orders the columns and shows what `fold` and `show` leave.
    pub fn new(columns: &Columns, fold: &Fold, show: Show) -> Self {
        let spans = columns.spans.len().min(MOST);
        let marks = marks(columns, spans);
        let mut rows = Self {
            order: Vec::with_capacity(spans + marks.len()),
            mark_spans: marks.iter().map(|mark| mark.0).collect(),
            subtree: subtrees(columns, spans),
            ..Self::default()
        };
        let mut rest = marks.iter().peekable();
        let push = |rows: &mut Self, packed: u32| {
            if let Item::Error(_) = unpack(packed) {
                rows.error_positions.push(narrow(rows.order.len()));
            }
            rows.order.push(packed);
        };
        for span in 0..narrow(spans) {
            push(&mut rows, pack(Item::Span(span)));
            while let Some(mark) = rest.next_if(|mark| mark.0 <= span) {
                push(&mut rows, mark.2);
            }
        }
        for mark in rest {
            push(&mut rows, mark.2);
        }
        rows.apply(columns, fold, show);
        rows
    }

    /// Shows what `fold` and `show` leave; the order stays.
    pub fn apply(&mut self, columns: &Columns, fold: &Fold, show: Show) {
        self.folded.clear();
        self.folded.extend(columns.spans.id.iter().take(self.subtree.len()).map(|&id| fold.is_folded(id)));
        self.visible.clear();
        let mut position = 0;
        while let Some(&packed) = self.order.get(position) {
            let mut next = position + 1;
            let shown = match unpack(packed) {
                Item::Span(span) => {
                    // With the spans switched off nothing is left to open, so nothing stays closed either.
                    if show.spans && self.is_folded(span) {
                        next = self.end_position(span);
                    }
                    show.spans
                }
                Item::Log(_) => show.logs,
                Item::Error(_) => show.errors,
            };
            if shown {
                self.visible.push(narrow(position));
            }
            position = next.max(position + 1);
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.visible.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.visible.is_empty()
    }

    /// What row `row` stands for.
    pub fn item(&self, row: usize) -> Option<Item> {
        self.at(*self.visible.get(row)? as usize)
    }

    /// What stands at `position` of the whole order.
    pub fn at(&self, position: usize) -> Option<Item> {
        self.order.get(position).map(|&packed| unpack(packed))
    }

    /// How many positions the whole order has.
    pub fn positions(&self) -> usize {
        self.order.len()
    }

    /// The place of `item` in the whole order.
    pub fn position(&self, columns: &Columns, item: Item) -> Option<usize> {
        let under = match item {
            Item::Span(span) => return ((span as usize) < self.subtree.len()).then(|| self.span_position(span)),
            Item::Log(index) => *columns.logs.span.get(index as usize)?,
            Item::Error(index) => *columns.errors.span.get(index as usize)?,
        };
        let wanted = pack(item);
        let (from, to) = if (under as usize) < self.subtree.len() {
            (self.span_position(under) + 1, self.span_position(under + 1))
        } else {
            (self.span_position(narrow(self.subtree.len())), self.order.len())
        };
        self.order.get(from..to)?.iter().position(|&each| each == wanted).map(|at| from + at)
    }

    /// The row of `item`, if it is visible.
    pub fn row(&self, columns: &Columns, item: Item) -> Option<usize> {
        self.visible.binary_search(&narrow(self.position(columns, item)?)).ok()
    }

    /// The row of `item`, or of the nearest span around it that is visible.
    pub fn nearest_row(&self, columns: &Columns, item: Item) -> Option<usize> {
        if let Some(row) = self.row(columns, item) {
            return Some(row);
        }
        let mut span = item.span(columns)?;
        loop {
            if let Some(row) = self.row(columns, Item::Span(span)) {
                return Some(row);
            }
            let parent = *columns.spans.parent.get(span as usize)?;
            if parent >= span {
                return None;
            }
            span = parent;
        }
    }

    /// Whether the span is closed, however it stands with its children.
    pub fn is_folded(&self, span: u32) -> bool {
        self.folded.get(span as usize).copied().unwrap_or(false)
    }

    /// How many spans are under this one.
    pub fn descendants(&self, span: u32) -> u32 {
        self.subtree.get(span as usize).map_or(0, |size| size.saturating_sub(1))
    }

    /// Whether anything stands under the span.
    pub fn has_children(&self, span: u32) -> bool {
        self.end_position(span) > self.span_position(span) + 1
    }

    /// The positions of everything under the span, logs and errors included.
    pub fn below(&self, span: u32) -> std::ops::Range<usize> {
        let from = self.span_position(span) + 1;
        from..self.end_position(span).max(from)
    }

    /// The positions of the span's own log lines and errors.
    pub fn own_marks(&self, span: u32) -> std::ops::Range<usize> {
        let from = self.span_position(span) + 1;
        from..self.span_position(span.saturating_add(1)).max(from)
    }

    /// How many errors stand under the span, at any depth.
    pub fn errors_below(&self, span: u32) -> usize {
        self.error_positions(&self.below(span)).len()
    }

    /// The positions of the errors within `positions`.
    pub fn error_positions(&self, positions: &std::ops::Range<usize>) -> &[u32] {
        let from = self.error_positions.partition_point(|&each| (each as usize) < positions.start);
        let to = self.error_positions.partition_point(|&each| (each as usize) < positions.end);
        self.error_positions.get(from..to).unwrap_or_default()
    }

    /// The next error after (or before) `position` in the whole order, going round.
    pub fn next_error(&self, position: usize, forward: bool) -> Option<usize> {
        step(&self.error_positions, position, forward)
    }

    fn span_position(&self, span: u32) -> usize {
        span as usize + self.mark_spans.partition_point(|&each| each < span)
    }

    fn end_position(&self, span: u32) -> usize {
        let size = self.subtree.get(span as usize).copied().unwrap_or(1);
        self.span_position(span.saturating_add(size))
    }
}

/// The next of ascending `positions` after `position`, going round.
pub(crate) fn step(positions: &[u32], position: usize, forward: bool) -> Option<usize> {
    let found = if forward {
        positions.get(positions.partition_point(|&each| each as usize <= position)).or(positions.first())
    } else {
        positions.partition_point(|&each| (each as usize) < position).checked_sub(1).and_then(|at| positions.get(at)).or(positions.last())
    };
    found.map(|&each| each as usize)
}

/// Log lines and errors as (span, time, packed), in order of display.
fn marks(columns: &Columns, spans: usize) -> Vec<(u32, i64, u32)> {
    let place = |span: u32| if (span as usize) < spans { span } else { NONE };
    let logs = columns.logs.span.iter().zip(&columns.logs.time_ns).take(MOST).zip(0..);
    let errors = columns.errors.span.iter().zip(&columns.errors.time_ns).take(MOST).zip(0..);
    let mut marks: Vec<_> = logs.map(|((&span, &time), index)| (place(span), time, pack(Item::Log(index)))).collect();
    marks.extend(errors.map(|((&span, &time), index)| (place(span), time, pack(Item::Error(index)))));
    marks.sort_unstable();
    marks
}

fn subtrees(columns: &Columns, spans: usize) -> Vec<u32> {
    let mut sizes = vec![1u32; spans];
    for span in (0..spans).rev() {
        let size = sizes.get(span).copied().unwrap_or(1);
        let parent = columns.spans.parent.get(span).copied().unwrap_or(NONE) as usize;
        if parent < span
            && let Some(of_parent) = sizes.get_mut(parent)
        {
            *of_parent = of_parent.saturating_add(size);
        }
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use proptest::prelude::*;

    #[test]
    fn logs_and_errors_stand_under_their_span_by_time() {
        let columns = samples::small();
        let rows = Rows::new(&columns, &Fold::default(), Show::default());
        let items: Vec<_> = (0..rows.len()).map(|row| rows.item(row).unwrap()).collect();
        assert_eq!(
            items,
            [Item::Span(0), Item::Span(1), Item::Log(0), Item::Error(0), Item::Log(1), Item::Span(2), Item::Span(3), Item::Log(2)]
        );
        assert_eq!(rows.descendants(0), 3);
        assert_eq!(rows.errors_below(0), 1);
        assert_eq!(rows.errors_below(2), 0);
    }

    #[test]
    fn a_collapsed_span_hides_all_below_it_and_nothing_else() {
        let columns = samples::small();
        let mut fold = Fold::default();
        fold.toggle(columns.spans.id[1]);
        let rows = Rows::new(&columns, &fold, Show::default());
        let items: Vec<_> = (0..rows.len()).map(|row| rows.item(row).unwrap()).collect();
        assert_eq!(items, [Item::Span(0), Item::Span(1), Item::Span(3), Item::Log(2)]);
        assert_eq!(rows.nearest_row(&columns, Item::Error(0)), Some(1));
        assert_eq!(rows.nearest_row(&columns, Item::Log(2)), Some(3));
    }

    proptest! {
        #[test]
        fn every_item_is_a_row_once_and_finds_itself(columns in samples::columns(60)) {
            let rows = Rows::new(&columns, &Fold::default(), Show::default());
            prop_assert_eq!(rows.len(), columns.spans.len() + columns.logs.time_ns.len() + columns.errors.time_ns.len());
            for row in 0..rows.len() {
                prop_assert_eq!(rows.row(&columns, rows.item(row).unwrap()), Some(row));
            }
        }

        #[test]
        fn marks_are_sorted_by_time_under_one_span(columns in samples::columns(60)) {
            let rows = Rows::new(&columns, &Fold::default(), Show::default());
            for span in 0..u32::try_from(columns.spans.len()).unwrap() {
                let times: Vec<_> = rows.own_marks(span).map(|at| rows.at(at).unwrap().start_ns(&columns).unwrap()).collect();
                prop_assert!(times.is_sorted());
            }
        }

        #[test]
        fn collapse_and_expand_come_back(columns in samples::columns(60), picks in proptest::collection::vec(0usize..60, 0..8)) {
            let mut fold = Fold::default();
            let open = Rows::new(&columns, &fold, Show::default());
            let mut rows = open.clone();
            let ids: Vec<u64> = picks.iter().filter_map(|&pick| columns.spans.id.get(pick).copied()).collect();
            for &id in &ids {
                fold.toggle(id);
            }
            rows.apply(&columns, &fold, Show::default());
            // What is visible is exactly what has no closed span above it: the naive definition.
            for position in 0..rows.positions() {
                let item = rows.at(position).unwrap();
                let mut above = match item { Item::Span(span) => columns.spans.parent[span as usize], _ => item.span(&columns).unwrap_or(NONE) };
                let mut hidden = false;
                while above != NONE {
                    hidden |= fold.is_folded(columns.spans.id[above as usize]);
                    above = columns.spans.parent[above as usize];
                }
                prop_assert_eq!(rows.row(&columns, item).is_none(), hidden);
            }
            for &id in &ids {
                fold.toggle(id);
            }
            rows.apply(&columns, &fold, Show::default());
            prop_assert_eq!(rows.visible, open.visible);
        }
    }
}
