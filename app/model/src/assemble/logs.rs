//! Log lines: duplicates merged, each on its place.

use super::place::{Moment, Places};
use super::{attributes, order};
use crate::LogRecord;
use crate::request::{Log, PlacedBy};

/// By time.
pub fn place(records: &[LogRecord], places: &Places<'_>) -> Vec<Log> {
    let mut sorted: Vec<&LogRecord> = records.iter().collect();
    // Lines with an identity meet first by it: the vendor may have sent one of them with less in it.
    sorted.sort_by(|left, right| (left.source, &left.id).cmp(&(right.source, &right.id)).then_with(|| order::logs(left, right)));
    sorted.dedup();
    let mut groups: Vec<&[&LogRecord]> =
        sorted.chunk_by(|left, right| left.source == right.source && left.id == right.id && !left.id.is_empty()).collect();
    groups.sort_by(|left, right| match (left.first(), right.first()) {
        (Some(left), Some(right)) => order::logs(left, right),
        _ => left.len().cmp(&right.len()),
    });
    let mut logs: Vec<Log> = groups.iter().filter_map(|group| merge(group, places)).collect();
    let moments: Vec<Moment<'_>> = logs.iter().map(|log| (if log.span.is_some() { "" } else { log.service.as_str() }, log.time)).collect();
    let found = places.innermost(&moments);
    for (log, place) in logs.iter_mut().zip(found) {
        if place.is_some() {
            (log.span, log.placed_by) = (place, PlacedBy::Time);
        }
    }
    logs
}

/// One line of all its copies, placed only if it names a span that is here.
fn merge(group: &[&LogRecord], places: &Places<'_>) -> Option<Log> {
    let first = group.first()?;
    let text = |pick: fn(&LogRecord) -> &String| {
        group.iter().map(|record| pick(record)).find(|text| !text.is_empty()).cloned().unwrap_or_default()
    };
    let span = group.iter().filter_map(|record| record.span).find_map(|id| places.by_id(id));
    let named = text(|record| &record.service);
    // A line that names its span was written by that span's service, whether it says so or not.
    let service = if named.is_empty() { span.and_then(|span| places.span(span)).map_or(named, |span| span.service.clone()) } else { named };
    Some(Log {
        time: first.time,
        severity: group.iter().map(|record| record.severity).max().unwrap_or_default(),
        service,
        body: text(|record| &record.body),
        source: first.source,
        log_group: text(|record| &record.log_group),
        log_stream: text(|record| &record.log_stream),
        span,
        placed_by: if span.is_some() { PlacedBy::Span } else { PlacedBy::Trace },
        attributes: attributes::merge(group.iter().map(|record| (record.source, &record.attributes))),
    })
}
