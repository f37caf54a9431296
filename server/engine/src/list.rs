//! Recent requests: every source at once, one row a request, page after page.

mod page;
mod volume;

use crate::core::Core;
use crate::cursor::Cursor;
use crate::{SearchPage, SearchQuery, deadline, merge_list, verdicts};
use api::{ApiError, ListQuery, RequestList};
use futures::future::join_all;
use model::{Source, State, Status, TimeRange, TraceId, Verdict};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A page on which nothing passes the filters is followed by the next, so often at most.
const MAX_PASSES: usize = 3;

/// One page of recent requests.
pub async fn list(core: Arc<Core>, query: ListQuery) -> Result<RequestList, ApiError> {
    let begun = Instant::now();
    let mut cursor = query.cursor.as_deref().map_or_else(|| Ok(Cursor::first(query.range.to)), Cursor::parse)?;
    cursor.to = cursor.to.min(query.range.to);
    let mut volume = None;
    for pass in 1.. {
        let left = core.settings.list_deadline.saturating_sub(begun.elapsed());
        let pages = ask(&core, &query, &cursor, left).await;
        let verdicts = vendor_verdicts(&core, &pages);
        let rows = rows(&core, &query, &cursor, &pages).await;
        if pass == 1 && query.cursor.is_none() {
            volume = volume::over(query.range, &pages, &rows);
        }
        let floor = page::floor(query.range, &cursor, &pages);
        let (shown, next) = page::cut(&query, &cursor, floor, rows);
        let enough = !shown.is_empty() || pass >= MAX_PASSES || begun.elapsed() * 2 > core.settings.list_deadline;
        match next {
            Some(next) if !enough => cursor = next,
            next => {
                let mut requests: Vec<_> = shown.iter().map(|row| row.summary.clone()).collect();
                let known = core.learned.known_by(shown.iter().flat_map(|row| row.ids.iter().copied())).await;
                for (request, row) in requests.iter_mut().zip(&shown) {
                    let earlier = row.ids.iter().filter_map(|id| known.get(id)).copied();
                    request.sources = earlier.fold(request.sources, model::SourceSet::union);
                }
                return Ok(RequestList { requests, next_cursor: next.map(|next| next.text()), verdicts, volume });
            }
        }
    }
    Err(ApiError::Internal)
}

/// Asks every source for what lies before the cursor.
async fn ask(core: &Core, query: &ListQuery, cursor: &Cursor, deadline: Duration) -> Vec<SearchPage> {
    let range = TimeRange { from: query.range.from, to: cursor.to.max(query.range.from) };
    let search = SearchQuery {
        range,
        text: query.text.clone(),
        service: query.service.clone(),
        // Another source may know worse of the same request; only of the worst that cannot be.
        status: query.status.filter(|status| *status == Status::Fault),
        min_duration_ns: query.min_duration_ns,
        limit: core.settings.list_ask.max(query.limit + cursor.shown.len() + 1),
        deadline,
    };
    let asked = core.entries.iter().map(|entry| deadline::search(Arc::clone(entry), search.clone()));
    let mut pages = join_all(asked).await;
    for page in &mut pages {
        page.found.retain(|found| range.contains(found.start));
        page.complete_from = page.complete_from.max(range.from);
    }
    pages
}

/// The rows that pass the filters and were not shown before, newest first.
async fn rows(core: &Core, query: &ListQuery, cursor: &Cursor, pages: &[SearchPage]) -> Vec<merge_list::Row> {
    let all = core.entries.iter().zip(pages).flat_map(|(entry, page)| page.found.iter().map(|found| (entry.vendor, found.clone())));
    let all: Vec<_> = all.collect();
    let ids: BTreeSet<TraceId> = all.iter().map(|(_, found)| found.trace).collect();
    let learned = core.learned.aliases(ids).await;
    let mut rows = merge_list::merge(all, &learned);
    rows.retain(|row| {
        let shown = row.ids.iter().any(|id| cursor.has_shown(*id)) || (cursor.is_full() && row.summary.start > cursor.before);
        !shown && row.passes(query)
    });
    rows
}

fn vendor_verdicts(core: &Core, pages: &[SearchPage]) -> Vec<Verdict> {
    let of = |vendor: Source| {
        let entries = core.entries.iter().zip(pages).filter(|(entry, _)| entry.vendor == vendor);
        let each: Vec<_> = entries.map(|(entry, page)| (entry.instance.as_str(), &page.verdict)).collect();
        verdicts::merge(vendor, &each).unwrap_or_else(|| verdicts::not_configured(vendor))
    };
    Source::ALL.into_iter().map(of).collect()
}

/// Whether a source looked at all.
const fn searched(page: &SearchPage) -> bool {
    matches!(page.verdict.state, State::Found | State::Empty | State::Partial)
}

#[cfg(test)]
mod tests;
