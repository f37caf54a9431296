//! Taking events in: `PutLogEvents`.
//!
//! Rules: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html>.

use std::borrow::Cow;

use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::CloudWatch;
use super::block::{Block, digest, encode};
use super::error::CloudWatchError;
use super::state::NewBlock;
use super::wire::{answer, group_name, invalid_value, request, stream_name};

const MOST_EVENTS: usize = 10_000;
/// Of a batch, and of one event.
const MOST_BYTES: usize = 1_048_576;
/// Counted for every event beside its message.
const EVENT_OVERHEAD: usize = 26;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Bodies from this size on are read away from the async runtime's threads.
const READ_ELSEWHERE_BYTES: usize = 128 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names of the wire")]
struct Request<'a> {
    #[serde(borrow)]
    log_group_name: Cow<'a, str>,
    #[serde(borrow)]
    log_stream_name: Cow<'a, str>,
    #[serde(borrow)]
    log_events: Vec<Event<'a>>,
}

#[derive(Deserialize)]
struct Event<'a> {
    timestamp: i64,
    #[serde(borrow)]
    message: Cow<'a, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    next_sequence_token: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejected_log_events_info: Option<Rejected>,
}

/// Which events of a batch were not taken.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names of the wire")]
struct Rejected {
    /// The first that is too new.
    #[serde(skip_serializing_if = "Option::is_none")]
    too_new_log_event_start_index: Option<usize>,
    /// Behind the last that is too old.
    #[serde(skip_serializing_if = "Option::is_none")]
    too_old_log_event_end_index: Option<usize>,
    /// Behind the last that is older than the group keeps events.
    #[serde(skip_serializing_if = "Option::is_none")]
    expired_log_event_end_index: Option<usize>,
}

/// Sequence tokens are not looked at any more; clients of old still send back what they got.
const SEQUENCE_TOKEN: &str = "49600000000000000000000000000000000000000000000000000000";

/// What a batch came to.
struct Batch {
    block: Option<(Vec<u8>, NewBlock)>,
    accepted: usize,
    sent: usize,
    rejected: Rejected,
}

pub async fn put_log_events(service: &CloudWatch, body: Vec<u8>) -> Result<Response, CloudWatchError> {
    let batch = if body.len() < READ_ELSEWHERE_BYTES {
        gather(service, &body)?
    } else {
        let service = service.clone();
        tokio::task::spawn_blocking(move || gather(&service, &body)).await.map_err(|_| CloudWatchError::Stopped)??
    };
    if let Some((payload, block)) = batch.block {
        service.store.append(&service.events, payload, Some(block)).await?;
    }
    service.counters.received.add(batch.accepted);
    service.counters.refused.add(batch.sent - batch.accepted);
    let rejected_log_events_info = (batch.rejected != Rejected::default()).then_some(batch.rejected);
    answer(&Answer { next_sequence_token: SEQUENCE_TOKEN, rejected_log_events_info })
}

fn gather(service: &CloudWatch, body: &[u8]) -> Result<Batch, CloudWatchError> {
    let request: Request<'_> = request(body)?;
    let (group, stream) = (request.log_group_name.as_ref(), request.log_stream_name.as_ref());
    group_name(group)?;
    stream_name(stream)?;
    let events: Vec<(i64, &str)> = request.log_events.iter().map(|event| (event.timestamp, event.message.as_ref())).collect();
    check(&events)?;
    let retention_days = {
        let groups = service.state().read();
        let known = groups.get(group).ok_or(CloudWatchError::NoSuchGroup)?;
        known.streams.get(stream).ok_or(CloudWatchError::NoSuchStream)?;
        known.retention_days
    };
    let (taken, rejected) = sift(&events, service.now_ms(), retention_days);
    let accepted = events.get(taken).unwrap_or_default();
    let payload = (!accepted.is_empty()).then(|| encode(group, stream, accepted));
    let block = payload.and_then(|payload| {
        let digest = digest(&Block::open(&payload[..])?)?;
        Some((payload, NewBlock { group: group.to_owned(), stream: stream.to_owned(), digest }))
    });
    Ok(Batch { block, accepted: accepted.len(), sent: events.len(), rejected })
}

/// The rules that refuse a whole batch.
fn check(events: &[(i64, &str)]) -> Result<(), CloudWatchError> {
    let Some((first, _)) = events.first() else {
        return Err(invalid_value("[]", "logEvents", "Member must have length greater than or equal to 1"));
    };
    if events.len() > MOST_EVENTS {
        let rule = format!("Member must have length less than or equal to {MOST_EVENTS}");
        return Err(invalid_value(&format!("[{} events]", events.len()), "logEvents", &rule));
    }
    let mut bytes = 0;
    for (at, (time, message)) in events.iter().enumerate() {
        let number = at + 1;
        if message.is_empty() {
            return Err(invalid_value(
                "",
                &format!("logEvents.{number}.member.message"),
                "Member must have length greater than or equal to 1",
            ));
        }
        if *time < 0 {
            return Err(invalid_value(
                &time.to_string(),
                &format!("logEvents.{number}.member.timestamp"),
                "Member must have value greater than or equal to 0",
            ));
        }
        let size = message.len() + EVENT_OVERHEAD;
        if size > MOST_BYTES {
            return Err(CloudWatchError::invalid(format!("Log event too large: {size} bytes exceeds limit of {MOST_BYTES}")));
        }
        bytes += size;
    }
    if bytes > MOST_BYTES {
        return Err(CloudWatchError::invalid(format!("Upload too large: {bytes} bytes exceeds limit of {MOST_BYTES}")));
    }
    if !events.is_sorted_by_key(|(time, _)| *time) {
        return Err(CloudWatchError::invalid("Log events in a single PutLogEvents request must be in chronological order."));
    }
    if events.last().is_some_and(|(last, _)| last.saturating_sub(*first) > DAY_MS) {
        return Err(CloudWatchError::invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours."));
    }
    Ok(())
}

/// Which events are taken, and the places of the others. The batch is in chronological order.
fn sift(events: &[(i64, &str)], now_ms: i64, retention_days: Option<i32>) -> (std::ops::Range<usize>, Rejected) {
    let before = |oldest: i64| events.partition_point(|(time, _)| *time < oldest);
    let too_old = before(now_ms - 14 * DAY_MS);
    let expired = retention_days.map_or(0, |days| before(now_ms - i64::from(days) * DAY_MS));
    let too_new = events.partition_point(|(time, _)| *time <= now_ms + 2 * HOUR_MS);
    let rejected = Rejected {
        too_new_log_event_start_index: (too_new < events.len()).then_some(too_new),
        too_old_log_event_end_index: (too_old > 0).then_some(too_old),
        expired_log_event_end_index: (expired > 0).then_some(expired),
    };
    let first = too_old.max(expired);
    (first..too_new.max(first), rejected)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(events: &[(i64, &str)]) -> String {
        check(events).unwrap_err().to_string()
    }

    #[test]
    fn whole_batches_are_refused_by_the_rules() {
        assert!(said(&[]).contains("greater than or equal to 1"));
        assert!(said(&vec![(1, "x"); 10_001]).contains("less than or equal to 10000"));
        assert!(check(&vec![(1, "x"); 10_000]).is_ok());
        assert!(said(&[(2, "x"), (1, "x")]).contains("chronological order"));
        assert!(said(&[(1, "x"), (2 + DAY_MS, "x")]).contains("24 hours"));
        assert!(check(&[(1, "x"), (1 + DAY_MS, "x")]).is_ok());
        assert!(said(&[(1, "")]).contains("logEvents.1.member.message"));
        assert!(said(&[(-1, "x")]).contains("timestamp"));
        let most = "x".repeat(MOST_BYTES - EVENT_OVERHEAD);
        assert!(check(&[(1, &most)]).is_ok());
        assert!(said(&[(1, &most), (1, "x")]).starts_with("Upload too large: 1048603 bytes"));
        assert!(said(&[(1, &format!("{most}x"))]).starts_with("Log event too large"));
    }

    #[test]
    fn too_old_and_too_new_events_are_left_out_by_index() {
        let now = 100 * DAY_MS;
        let old = now - 14 * DAY_MS - 1;
        assert_eq!(sift(&[(old, "x")], now, None).1.too_old_log_event_end_index, Some(1));
        let (taken, rejected) = sift(&[(old, "a"), (old + 1, "b"), (old + 2, "c")], now, None);
        assert_eq!((taken, rejected.too_old_log_event_end_index, rejected.too_new_log_event_start_index), (1..3, Some(1), None));
        let soon = now + 2 * HOUR_MS;
        let (taken, rejected) = sift(&[(now, "a"), (soon, "b"), (soon + 1, "c")], now, None);
        assert_eq!((taken, rejected.too_new_log_event_start_index), (0..2, Some(2)));
        let (taken, rejected) = sift(&[(now - 4 * DAY_MS, "a"), (now - DAY_MS, "b")], now, Some(3));
        assert_eq!((taken, rejected.expired_log_event_end_index, rejected.too_old_log_event_end_index), (1..2, Some(1), None));
        assert_eq!(sift(&[(now, "a")], now, None), (0..1, Rejected::default()));
    }
}
