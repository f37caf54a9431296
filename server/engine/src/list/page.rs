//! Where one page of the list ends and the next begins.

use super::searched;
use crate::SearchPage;
use crate::cursor::{Cursor, MAX_SHOWN, short};
use crate::merge_list::Row;
use api::ListQuery;
use model::{TimeRange, UnixNs};

/// Sources may disagree by so much on when a request began, and it is still shown once.
const DISAGREEMENT_NS: i64 = 60 * model::time::SECOND;

/// How far down every source has seen everything. Rows below may lack newer ones between them, so they wait for the next page.
pub fn floor(range: TimeRange, cursor: &Cursor, pages: &[SearchPage]) -> UnixNs {
    // One that saw nothing at all holds up nobody; its verdict says so.
    let seen = pages.iter().filter(|page| searched(page) && page.complete_from < cursor.to).map(|page| page.complete_from);
    seen.max().unwrap_or(range.from).max(range.from)
}

/// The rows of this page, and the cursor of the next; `None` at the end.
pub fn cut(query: &ListQuery, cursor: &Cursor, floor: UnixNs, mut rows: Vec<Row>) -> (Vec<Row>, Option<Cursor>) {
    let visible = rows.iter().take_while(|row| row.summary.start >= floor).count();
    let rest = rows.split_off(visible.min(query.limit));
    if rest.is_empty() && floor <= query.range.from {
        return (rows, None);
    }
    let full = rows.len() < visible;
    let before = rows.last().filter(|_| full).map_or(floor, |last| last.summary.start);
    let latest = rest.iter().map(|row| row.latest_start).max().unwrap_or(before).min(before.plus(DISAGREEMENT_NS));
    // One more, because others may have begun in the same nanosecond as the last one shown.
    let mut to = before.max(latest).plus(1).min(cursor.to);
    if rows.is_empty() && to >= cursor.to {
        to = floor;
        if to >= cursor.to {
            return (rows, None);
        }
    }
    let near = rows.iter().rev().filter(|row| row.summary.start <= before.plus(DISAGREEMENT_NS));
    let mut shown: Vec<u64> = near.flat_map(|row| row.ids.iter().map(|id| short(*id))).collect();
    shown.extend(&cursor.shown);
    shown.truncate(MAX_SHOWN);
    (rows, Some(Cursor { to, before, shown }))
}
