//! Reading events: `FilterLogEvents` and `GetLogEvents`.

use std::sync::Arc;

use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::CloudWatch;
use super::error::CloudWatchError;
use super::pattern::Pattern;
use super::state::{Held, Stream};
use super::sweep::{Candidate, Found, Key, Page, Sweep};
use super::wire::{answer, chosen_group, limit, request, stream_name};
use crate::store::Place;

const MOST_EVENTS: usize = 10_000;
const MOST_STREAMS: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FilterRequest {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_names: Option<Vec<String>>,
    log_stream_name_prefix: Option<String>,
    start_time: Option<i64>,
    end_time: Option<i64>,
    filter_pattern: Option<String>,
    limit: Option<i64>,
    next_token: Option<String>,
    start_from_head: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FilterAnswer<'a> {
    events: Vec<Event<'a>>,
    /// Always empty since 2020.
    searched_log_streams: [(); 0],
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names of the wire")]
struct Event<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    log_stream_name: Option<&'a str>,
    timestamp: i64,
    message: &'a str,
    ingestion_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
}

/// `FilterLogEvents`: both ends of the time range are inclusive; the earliest event comes first unless `startFromHead` is false.
pub async fn filter_log_events(service: &CloudWatch, body: &[u8]) -> Result<Response, CloudWatchError> {
    let request: FilterRequest = request(body)?;
    let group = chosen_group(request.log_group_name, request.log_group_identifier)?;
    let names = request.log_stream_names.filter(|names| !names.is_empty());
    if names.is_some() && request.log_stream_name_prefix.is_some() {
        return Err(CloudWatchError::invalid("logStreamNames and logStreamNamePrefix cannot both be given."));
    }
    if names.as_ref().is_some_and(|names| names.len() > MOST_STREAMS) {
        return Err(CloudWatchError::invalid(format!("logStreamNames must have at most {MOST_STREAMS} elements.")));
    }
    let (mut forward, mut after) = (request.start_from_head.unwrap_or(true), None);
    if let Some(token) = &request.next_token {
        let (direction, key) = read_token(token)?;
        (forward, after) = (direction, Some(key));
    }
    let sweep = Sweep {
        pattern: Pattern::parse(request.filter_pattern.as_deref().unwrap_or_default())?,
        start_ms: request.start_time.unwrap_or(0),
        end_ms: request.end_time.unwrap_or(i64::MAX),
        forward,
        after,
        limit: limit(request.limit, MOST_EVENTS)?,
    };
    if sweep.end_ms < sweep.start_ms {
        return Err(CloudWatchError::invalid("endTime must not be earlier than startTime."));
    }
    let candidates = {
        let groups = service.state().read();
        let group = groups.get(&group).ok_or(CloudWatchError::NoSuchGroup)?;
        let streams: Vec<(&Arc<str>, &Stream)> = match (&names, &request.log_stream_name_prefix) {
            (Some(names), _) => names
                .iter()
                .map(|name| group.streams.get_key_value(name.as_str()).ok_or(CloudWatchError::NoSuchStream))
                .collect::<Result<_, _>>()?,
            (None, Some(prefix)) => group.streams.iter().filter(|(name, _)| name.starts_with(prefix.as_str())).collect(),
            (None, None) => group.streams.iter().collect(),
        };
        streams.into_iter().flat_map(|(name, stream)| candidates(&sweep, name, stream)).collect()
    };
    let page = run(service, sweep, candidates).await?;
    answer(&FilterAnswer {
        events: page.events.iter().map(|found| event(found, true)).collect::<Result<_, _>>()?,
        searched_log_streams: [],
        next_token: page.next.map(|key| write_token(forward, key)),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GetRequest {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name: String,
    start_time: Option<i64>,
    end_time: Option<i64>,
    limit: Option<i64>,
    next_token: Option<String>,
    start_from_head: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GetAnswer<'a> {
    events: Vec<Event<'a>>,
    next_forward_token: String,
    next_backward_token: String,
}

/// `GetLogEvents`: the end of the time range is exclusive; tokens are never missing, and at the end of the stream the one that came is
/// given back.
pub async fn get_log_events(service: &CloudWatch, body: &[u8]) -> Result<Response, CloudWatchError> {
    let request: GetRequest = request(body)?;
    let group = chosen_group(request.log_group_name, request.log_group_identifier)?;
    stream_name(&request.log_stream_name)?;
    let (mut forward, mut after) = (request.start_from_head.unwrap_or(false), None);
    if let Some(token) = &request.next_token {
        let (direction, key) = read_token(token)?;
        (forward, after) = (direction, Some(key));
    }
    let sweep = Sweep {
        pattern: Pattern::default(),
        start_ms: request.start_time.unwrap_or(0),
        end_ms: request.end_time.map_or(i64::MAX, |end| end.saturating_sub(1)),
        forward,
        after,
        limit: limit(request.limit, MOST_EVENTS)?,
    };
    let candidates = {
        let groups = service.state().read();
        let group = groups.get(&group).ok_or(CloudWatchError::NoSuchGroup)?;
        let (name, stream) = group.streams.get_key_value(request.log_stream_name.as_str()).ok_or(CloudWatchError::NoSuchStream)?;
        candidates(&sweep, name, stream).collect()
    };
    let mut page = run(service, sweep, candidates).await?;
    if !forward {
        page.events.reverse();
    }
    // An empty page stays where it is; in an empty stream that is before whatever will come.
    let here = page.next.or(after).unwrap_or(Key::EARLIEST);
    let first = page.events.first().map_or(here, |found| found.key);
    let last = page.events.last().map_or(here, |found| found.key);
    answer(&GetAnswer {
        events: page.events.iter().map(|found| event(found, false)).collect::<Result<_, _>>()?,
        next_forward_token: write_token(true, last),
        next_backward_token: write_token(false, first),
    })
}

fn candidates<'a>(sweep: &'a Sweep, name: &'a Arc<str>, stream: &'a Stream) -> impl Iterator<Item = Candidate> + 'a {
    let may_match = |held: &&Held| {
        let digest = &held.digest;
        sweep.overlaps(digest.first_ms, digest.last_ms) && sweep.pattern.may_match(digest.identifiers.as_deref())
    };
    stream.blocks.iter().filter(may_match).map(|held| Candidate {
        stream: Arc::clone(name),
        place: held.place,
        ingestion_ms: held.ingestion_ms,
        first_ms: held.digest.first_ms,
        last_ms: held.digest.last_ms,
        bytes: held.digest.bytes,
        without_samples: held.without_samples,
    })
}

async fn run(service: &CloudWatch, sweep: Sweep, candidates: Vec<Candidate>) -> Result<Page, CloudWatchError> {
    if candidates.is_empty() {
        return Ok(Page { events: Vec::new(), next: None });
    }
    let reader = service.store.reader();
    tokio::task::spawn_blocking(move || sweep.page(&reader, candidates)).await.map_err(|_| CloudWatchError::Stopped)?
}

fn event(found: &Found, in_group: bool) -> Result<Event<'_>, CloudWatchError> {
    let message = std::str::from_utf8(&found.message).map_err(|_| crate::store::ReadError::Corrupt)?;
    Ok(Event {
        log_stream_name: in_group.then_some(&found.stream),
        timestamp: found.key.time,
        message,
        ingestion_time: found.ingestion_ms,
        event_id: in_group.then(|| {
            let Key { time, place, at } = found.key;
            format!("{time:014}{:010}{:010}{at:022}", place.file, place.offset)
        }),
    })
}

/// `f/…` goes on to later events, `b/…` to earlier ones.
fn write_token(forward: bool, key: Key) -> String {
    let Key { time, place, at } = key;
    format!("{}/{:016x}{:08x}{:08x}{at:08x}", if forward { 'f' } else { 'b' }, time.cast_unsigned(), place.file, place.offset)
}

fn read_token(token: &str) -> Result<(bool, Key), CloudWatchError> {
    let parse = || {
        let (direction, rest) = token.split_once('/')?;
        let forward = match direction {
            "f" => true,
            "b" => false,
            _ => return None,
        };
        if rest.len() != 40 || !rest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let word = |from: usize| u32::from_str_radix(rest.get(from..from + 8)?, 16).ok();
        let time = u64::from_str_radix(rest.get(..16)?, 16).ok()?.cast_signed();
        Some((forward, Key { time, place: Place { file: word(16)?, offset: word(24)? }, at: word(32)? }))
    };
    parse().ok_or_else(|| CloudWatchError::invalid("The specified nextToken is invalid."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_go_there_and_back() {
        let key = Key { time: 1_795_409_003_677, place: Place { file: 3, offset: 99 }, at: 7 };
        assert_eq!(read_token(&write_token(true, key)).unwrap(), (true, key));
        assert_eq!(read_token(&write_token(false, Key::EARLIEST)).unwrap(), (false, Key::EARLIEST));
        for bad in ["", "f/", "x/0", "f/é", &format!("f/{}", "+".repeat(40)), &"a".repeat(50)] {
            assert!(read_token(bad).is_err(), "{bad}");
        }
    }
}
