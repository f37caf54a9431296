//! Creating, deleting and marking groups and streams.

use std::collections::BTreeMap;

use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::CloudWatch;
use super::error::CloudWatchError;
use super::state::{Change, Group};
use super::wire::{answer, done, group_name, group_of_arn, invalid_value, request, stream_name};

/// The retention times that the service offers, in days.
const RETENTIONS: [i32; 22] = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];
const MOST_TAGS: usize = 50;
const CLASSES: [&str; 4] = ["STANDARD", "INFREQUENT_ACCESS", "ESSENTIALS", "DELIVERY"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateGroup {
    log_group_name: String,
    log_group_class: Option<String>,
    tags: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GroupOnly {
    log_group_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StreamOnly {
    log_group_name: String,
    log_stream_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Retention {
    log_group_name: String,
    retention_in_days: i32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names of the wire")]
struct Tags {
    resource_arn: String,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(default)]
    tag_keys: Vec<String>,
}

pub async fn create_log_group(service: &CloudWatch, body: &[u8]) -> Result<Response, CloudWatchError> {
    let request: CreateGroup = request(body)?;
    group_name(&request.log_group_name)?;
    if request.log_group_name.starts_with("aws/") {
        return Err(CloudWatchError::invalid("Log groups starting with AWS/ are reserved for AWS."));
    }
    if let Some(class) = request.log_group_class.as_deref().filter(|class| !CLASSES.contains(class)) {
        return Err(invalid_value(
            class,
            "logGroupClass",
            "Member must satisfy enum value set: [STANDARD, INFREQUENT_ACCESS, ESSENTIALS, DELIVERY]",
        ));
    }
    let tags = request.tags.unwrap_or_default();
    check_tags(&tags)?;
    let _turn = service.changing.lock().await;
    if service.state().read().contains_key(&request.log_group_name) {
        return Err(CloudWatchError::GroupExists);
    }
    change(service, Change::CreateGroup { group: request.log_group_name, class: request.log_group_class, tags }).await
}

pub async fn delete_log_group(service: &CloudWatch, body: &[u8]) -> Result<Response, CloudWatchError> {
    let GroupOnly { log_group_name: group } = request(body)?;
    let _turn = service.changing.lock().await;
    with_group(service, &group, |_| Ok(()))?;
    change(service, Change::DeleteGroup { group }).await
}

pub async fn create_log_stream(service: &CloudWatch, body: &[u8]) -> Result<Response, CloudWatchError> {
    let StreamOnly { log_group_name: group, log_stream_name: stream } = request(body)?;
    stream_name(&stream)?;
    let _turn = service.changing.lock().await;
    with_group(
        service,
        &group,
        |group| if group.streams.contains_key(stream.as_str()) { Err(CloudWatchError::StreamExists) } else { Ok(()) },
    )?;
    change(service, Change::CreateStream { group, stream }).await
}

pub async fn delete_log_stream(service: &CloudWatch, body: &[u8]) -> Result<Response, CloudWatchError> {
    let StreamOnly { log_group_name: group, log_stream_name: stream } = request(body)?;
    stream_name(&stream)?;
    let _turn = service.changing.lock().await;
    with_group(
        service,
        &group,
        |group| if group.streams.contains_key(stream.as_str()) { Ok(()) } else { Err(CloudWatchError::NoSuchStream) },
    )?;
    change(service, Change::DeleteStream { group, stream }).await
}

pub async fn put_retention_policy(service: &CloudWatch, body: &[u8]) -> Result<Response, CloudWatchError> {
    let Retention { log_group_name: group, retention_in_days: days } = request(body)?;
    if !RETENTIONS.contains(&days) {
        return Err(invalid_value(&days.to_string(), "retentionInDays", &format!("Member must satisfy enum value set: {RETENTIONS:?}")));
    }
    let _turn = service.changing.lock().await;
    with_group(service, &group, |_| Ok(()))?;
    change(service, Change::Retention { group, days: Some(days) }).await
}

pub async fn delete_retention_policy(service: &CloudWatch, body: &[u8]) -> Result<Response, CloudWatchError> {
    let GroupOnly { log_group_name: group } = request(body)?;
    let _turn = service.changing.lock().await;
    with_group(service, &group, |_| Ok(()))?;
    change(service, Change::Retention { group, days: None }).await
}

pub async fn tag_resource(service: &CloudWatch, body: &[u8]) -> Result<Response, CloudWatchError> {
    let request: Tags = request(body)?;
    check_tags(&request.tags)?;
    let group = tagged_group(&request.resource_arn)?;
    let _turn = service.changing.lock().await;
    with_group(service, &group, |known| {
        let added = request.tags.keys().filter(|key| !known.tags.contains_key(*key)).count();
        if known.tags.len() + added > MOST_TAGS { Err(too_many_tags()) } else { Ok(()) }
    })?;
    change(service, Change::Tag { group, tags: request.tags }).await
}

pub async fn untag_resource(service: &CloudWatch, body: &[u8]) -> Result<Response, CloudWatchError> {
    let request: Tags = request(body)?;
    let group = tagged_group(&request.resource_arn)?;
    let _turn = service.changing.lock().await;
    with_group(service, &group, |_| Ok(()))?;
    change(service, Change::Untag { group, keys: request.tag_keys }).await
}

pub fn list_tags_for_resource(service: &CloudWatch, body: &[u8]) -> Result<Response, CloudWatchError> {
    let request: Tags = request(body)?;
    let tags = with_group(service, &tagged_group(&request.resource_arn)?, |group| Ok(group.tags.clone()))?;
    answer(&json!({ "tags": tags }))
}

fn tagged_group(arn: &str) -> Result<String, CloudWatchError> {
    group_of_arn(arn).map(str::to_owned).ok_or_else(|| CloudWatchError::invalid("resourceArn must be the ARN of a log group."))
}

fn check_tags(tags: &BTreeMap<String, String>) -> Result<(), CloudWatchError> {
    if tags.len() > MOST_TAGS {
        return Err(too_many_tags());
    }
    if tags.iter().any(|(key, value)| key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256) {
        return Err(CloudWatchError::invalid("A tag key has 1 to 128 characters, a value at most 256."));
    }
    Ok(())
}

fn too_many_tags() -> CloudWatchError {
    CloudWatchError::invalid(format!("A log group can have at most {MOST_TAGS} tags."))
}

fn with_group<T>(service: &CloudWatch, name: &str, ask: impl FnOnce(&Group) -> Result<T, CloudWatchError>) -> Result<T, CloudWatchError> {
    group_name(name)?;
    ask(service.state().read().get(name).ok_or(CloudWatchError::NoSuchGroup)?)
}

async fn change(service: &CloudWatch, change: Change) -> Result<Response, CloudWatchError> {
    let payload = serde_json::to_vec(&change)?;
    service.store.append(&service.control, payload, Some(change)).await?;
    Ok(done())
}
