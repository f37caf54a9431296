//! Listing groups and streams.

use std::cmp::Reverse;
use std::sync::Arc;

use axum::response::Response;
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::CloudWatch;
use super::error::CloudWatchError;
use super::state::{Group, Stream};
use super::wire::{answer, chosen_group, group_arn, limit, region, request};

const PAGE: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GroupsRequest {
    log_group_name_prefix: Option<String>,
    log_group_name_pattern: Option<String>,
    next_token: Option<String>,
    limit: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GroupsAnswer {
    log_groups: Vec<WireGroup>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireGroup {
    log_group_name: String,
    creation_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    retention_in_days: Option<i32>,
    metric_filter_count: u32,
    arn: String,
    stored_bytes: u64,
    log_group_class: String,
    log_group_arn: String,
}

/// `DescribeLogGroups`, by name.
pub fn describe_log_groups(service: &CloudWatch, headers: &HeaderMap, body: &[u8]) -> Result<Response, CloudWatchError> {
    let request: GroupsRequest = request(body)?;
    if request.log_group_name_prefix.is_some() && request.log_group_name_pattern.is_some() {
        return Err(CloudWatchError::invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."));
    }
    let (limit, region) = (limit(request.limit, PAGE)?, region(headers));
    let wanted = |name: &&String| {
        request.log_group_name_prefix.as_ref().is_none_or(|prefix| name.starts_with(prefix.as_str()))
            && request.log_group_name_pattern.as_ref().is_none_or(|pattern| name.contains(pattern.as_str()))
    };
    let groups = service.state().read();
    let all: Vec<(&String, &Group)> = groups.iter().filter(|(name, _)| wanted(name)).collect();
    let (page, next_token) = page(&all, request.next_token.as_deref(), limit)?;
    let log_groups = page.iter().map(|(name, group)| wire_group(name, group, region)).collect();
    answer(&GroupsAnswer { log_groups, next_token })
}

fn wire_group(name: &str, group: &Group, region: &str) -> WireGroup {
    let arn = group_arn(region, name);
    WireGroup {
        log_group_name: name.to_owned(),
        creation_time: group.created_ms,
        retention_in_days: group.retention_days,
        metric_filter_count: 0,
        arn: format!("{arn}:*"),
        stored_bytes: group.stored_bytes(),
        log_group_class: group.class.clone().unwrap_or_else(|| "STANDARD".to_owned()),
        log_group_arn: arn,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StreamsRequest {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name_prefix: Option<String>,
    order_by: Option<String>,
    descending: Option<bool>,
    next_token: Option<String>,
    limit: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StreamsAnswer {
    log_streams: Vec<WireStream>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireStream {
    log_stream_name: String,
    creation_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_event_timestamp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_event_timestamp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_ingestion_time: Option<i64>,
    arn: String,
    /// Always 0 since 2019.
    stored_bytes: u64,
}

/// `DescribeLogStreams`, by name or by the time of the last event.
pub fn describe_log_streams(service: &CloudWatch, headers: &HeaderMap, body: &[u8]) -> Result<Response, CloudWatchError> {
    let request: StreamsRequest = request(body)?;
    let group = chosen_group(request.log_group_name, request.log_group_identifier)?;
    let by_time = match request.order_by.as_deref() {
        None | Some("LogStreamName") => false,
        Some("LastEventTime") => true,
        Some(_) => return Err(CloudWatchError::invalid("orderBy must be LogStreamName or LastEventTime.")),
    };
    if by_time && request.log_stream_name_prefix.is_some() {
        return Err(CloudWatchError::invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
    }
    let (limit, region) = (limit(request.limit, PAGE)?, region(headers));
    let groups = service.state().read();
    let known = groups.get(&group).ok_or(CloudWatchError::NoSuchGroup)?;
    let prefix = request.log_stream_name_prefix.unwrap_or_default();
    let mut all: Vec<(&Arc<str>, &Stream)> = known.streams.iter().filter(|(name, _)| name.starts_with(prefix.as_str())).collect();
    match (by_time, request.descending.unwrap_or(false)) {
        (false, false) => {}
        (false, true) => all.reverse(),
        (true, false) => all.sort_by_cached_key(|(_, stream)| stream.times().map(|times| times.1)),
        (true, true) => all.sort_by_cached_key(|(_, stream)| Reverse(stream.times().map(|times| times.1))),
    }
    let (page, next_token) = page(&all, request.next_token.as_deref(), limit)?;
    let log_streams = page
        .iter()
        .map(|(name, stream)| WireStream {
            log_stream_name: name.to_string(),
            creation_time: stream.created_ms,
            first_event_timestamp: stream.times().map(|times| times.0),
            last_event_timestamp: stream.times().map(|times| times.1),
            last_ingestion_time: stream.last_ingestion_ms,
            arn: format!("{}:log-stream:{name}", group_arn(region, &group)),
            stored_bytes: 0,
        })
        .collect();
    answer(&StreamsAnswer { log_streams, next_token })
}

/// The page of a list that a token names, and the token of the next.
fn page<'a, T>(all: &'a [T], token: Option<&str>, limit: usize) -> Result<(&'a [T], Option<String>), CloudWatchError> {
    let invalid = || CloudWatchError::invalid("The specified nextToken is invalid.");
    let from = token.map_or(Ok(0), |token| token.strip_prefix("n/").and_then(|from| from.parse().ok()).ok_or_else(invalid))?;
    let rest = all.get(from..).unwrap_or_default();
    let page = rest.get(..limit).unwrap_or(rest);
    Ok((page, (rest.len() > limit).then(|| format!("n/{}", from + limit))))
}
