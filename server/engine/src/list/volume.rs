//! Requests by time, where all of them were seen.

use super::searched;
use crate::SearchPage;
use crate::merge_list::Row;
use api::Volume;
use model::{State, Status, TimeRange};

/// Buckets over a range; a little fewer where ns do not divide evenly.
const BUCKETS: i64 = 60;

/// `None` unless every source that searches saw the whole range.
pub fn over(range: TimeRange, pages: &[SearchPage], rows: &[Row]) -> Option<Volume> {
    let mut asked = pages.iter().filter(|page| page.verdict.state != State::NotSearched).peekable();
    asked.peek()?;
    let whole = |page: &SearchPage| searched(page) && page.verdict.state != State::Partial && page.complete_from <= range.from;
    if !asked.all(whole) || range.duration_ns() == 0 {
        return None;
    }
    let bucket_ns = (range.duration_ns() - 1) / BUCKETS + 1;
    let number = usize::try_from((range.duration_ns() - 1) / bucket_ns + 1).ok()?;
    let mut buckets = vec![(0, 0, 0); number];
    for row in rows {
        let at = usize::try_from(row.summary.start.since(range.from) / bucket_ns).ok();
        if let Some((all, faults, throttles)) = at.and_then(|at| buckets.get_mut(at)) {
            *all += 1;
            *faults += u32::from(row.summary.status == Status::Fault);
            *throttles += u32::from(row.summary.status == Status::Throttle);
        }
    }
    Some(Volume { start: range.from, bucket_ns, buckets })
}
