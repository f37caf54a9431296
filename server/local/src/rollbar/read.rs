//! The reading half: items, occurrences, counts.

use super::Rollbar;
use super::answer::{Failure, success};
use super::items::Found;
use super::occurrence::Occurrence;
use super::parameters::Parameters;
use super::search;
use crate::store::{Place, now_ms};
use axum::extract::{Path, State};
use axum::response::Response;
use http::header::LOCATION;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;

/// IDs of items are not their counters: a client that mixes them up shall notice.
const ITEM_IDS: i64 = 270_000_000;
const PROJECT: u64 = 1;
const ITEMS_A_PAGE: usize = 100;
const OCCURRENCES_A_PAGE: usize = 20;
const MOST_A_PAGE: usize = 5_000;
/// A page of occurrences ends early rather than grow beyond this; `lastId` goes on from there.
const MOST_BYTES_A_PAGE: usize = 32 * 1024 * 1024;
/// So many documents are read by one trip to the disk.
const DOCUMENTS_A_READ: usize = 64;
const UNKNOWN_ITEM: &str = "Item not found";

/// `GET /api/1/items`.
pub async fn items(State(rollbar): State<Arc<Rollbar>>, parameters: Parameters) -> Result<Response, Failure> {
    let page = parameters.number("page", 1, usize::MAX)?;
    let limit = parameters.number("limit", ITEMS_A_PAGE, MOST_A_PAGE)?;
    let terms = search::parse(parameters.get("query").unwrap_or_default());
    let mut found = rollbar.view.read().search(&terms);
    found.retain(|found| {
        let item = &found.item;
        parameters.admit("status", "active")
            && parameters.admit("level", &item.level)
            && parameters.admit("environment", &item.environment)
            && parameters.admit("framework", &item.framework)
            && parameters.admit("ids", &id_of(item.counter).to_string())
    });
    let total = found.len();
    let items: Vec<Value> = found.iter().skip((page - 1).saturating_mul(limit)).take(limit).map(shown).collect();
    Ok(success(&json!({"page": page, "total_count": total, "items": items})))
}

/// `GET /api/1/item/{id}`.
pub async fn item(State(rollbar): State<Arc<Rollbar>>, Path(id): Path<String>) -> Result<Response, Failure> {
    let found = rollbar.view.read().item(counter_of(&id)?);
    found.map(|found| success(&shown(&found))).ok_or_else(|| Failure::not_found(UNKNOWN_ITEM))
}

/// `GET /api/1/item/?uuid=…` (of an occurrence) or `?counter=…`.
pub async fn item_by_question(State(rollbar): State<Arc<Rollbar>>, parameters: Parameters) -> Result<Response, Failure> {
    if let Some(uuid) = parameters.get("uuid") {
        if uuid.is_empty() || uuid.chars().count() > 36 {
            return Err(Failure::new(StatusCode::BAD_REQUEST, "Invalid UUID format"));
        }
        let found = rollbar.view.read().item_of_uuid(uuid);
        return found.map(|found| success(&shown(&found))).ok_or_else(|| Failure::not_found("UUID did not match any occurrence"));
    }
    let Some(counter) = parameters.get("counter") else {
        return Err(Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "One of uuid, counter is required"));
    };
    let found = counter.parse().ok().and_then(|counter| rollbar.view.read().item(counter));
    found.map(|found| success(&shown(&found))).ok_or_else(|| Failure::not_found(UNKNOWN_ITEM))
}

/// `GET /api/1/item_by_counter/{counter}`: a redirect.
pub async fn item_by_counter(
    State(rollbar): State<Arc<Rollbar>>,
    Path(counter): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let found = counter.parse().ok().and_then(|counter| rollbar.view.read().item(counter));
    let found = found.ok_or_else(|| Failure::not_found(UNKNOWN_ITEM))?;
    let id = id_of(found.item.counter);
    let path = format!("/api/1/item/{id}");
    let host = headers.get(http::header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let mut response = success(&json!({"itemId": id, "path": path, "uri": format!("http://{host}{path}")}));
    *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
    if let Ok(location) = HeaderValue::try_from(path) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// `GET /api/1/item/{id}/instances`.
pub async fn instances_of_item(
    State(rollbar): State<Arc<Rollbar>>,
    Path(id): Path<String>,
    parameters: Parameters,
) -> Result<Response, Failure> {
    let counter = counter_of(&id)?;
    if rollbar.view.read().item(counter).is_none() {
        return Err(Failure::not_found(UNKNOWN_ITEM));
    }
    page_of_occurrences(&rollbar, Some(counter), &parameters).await
}

/// `GET /api/1/instances`.
pub async fn instances(State(rollbar): State<Arc<Rollbar>>, parameters: Parameters) -> Result<Response, Failure> {
    page_of_occurrences(&rollbar, None, &parameters).await
}

/// Newest first; `lastId` goes on below that occurrence and beats `page`.
async fn page_of_occurrences(rollbar: &Rollbar, counter: Option<u64>, parameters: &Parameters) -> Result<Response, Failure> {
    let page = parameters.number("page", 1, usize::MAX)?;
    let limit = parameters.number("limit", OCCURRENCES_A_PAGE, MOST_A_PAGE)?;
    let before = match parameters.get("lastId").filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid lastId"))?),
    };
    let skip = if before.is_some() { 0 } else { (page - 1).saturating_mul(limit) };
    let places: Vec<Place> = rollbar.view.read().newest(counter, before, skip, limit).into_iter().map(|(_, place)| place).collect();
    let mut occurrences = Vec::with_capacity(places.len());
    let mut bytes = 0;
    for some in places.chunks(DOCUMENTS_A_READ) {
        for document in rollbar.store.read_many(some.to_vec()).await? {
            let document = match document {
                Ok(document) => document,
                // Retention is faster than a reader at times; what is gone is not on the page.
                Err(crate::store::ReadError::Dropped) => continue,
                Err(error) => return Err(error.into()),
            };
            bytes += document.len();
            occurrences.push(instance_shown(&document)?);
        }
        if bytes > MOST_BYTES_A_PAGE {
            break;
        }
    }
    Ok(success(&json!({"page": page, "instances": occurrences})))
}

/// `GET /api/1/instance/{id}`.
pub async fn instance(State(rollbar): State<Arc<Rollbar>>, Path(id): Path<String>) -> Result<Response, Failure> {
    let place = id.parse().ok().and_then(|id| rollbar.view.read().place(id));
    let place = place.ok_or_else(|| Failure::not_found("Occurrence not found"))?;
    let document = rollbar.store.read(place).await?;
    Ok(success(&instance_shown(&document)?))
}

/// `GET /api/1/reports/occurrence_counts`: `[[unix second, count], …]`, oldest first.
pub async fn occurrence_counts(State(rollbar): State<Arc<Rollbar>>, parameters: Parameters) -> Result<Response, Failure> {
    let (seconds, buckets) = match parameters.get("bucket_size").unwrap_or("3600") {
        "60" => (60, 60),
        "3600" => (3_600, 24),
        "86400" => (86_400, 30),
        _ => return Err(Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "bucket_size must be 60, 3600 or 86400")),
    };
    let least = parameters.get("min_level").map_or(0, rank);
    let most = parameters.get("max_level").map_or(u8::MAX, rank);
    let counts = rollbar.view.read().counts(now_ms() / 1000, seconds, buckets, |item| {
        (least..=most).contains(&rank(&item.level))
            && parameters.admit("environment", &item.environment)
            && parameters.admit("environments", &item.environment)
            && parameters.admit("item_id", &id_of(item.counter).to_string())
    });
    Ok(success(&json!(counts)))
}

fn rank(level: &str) -> u8 {
    match level {
        "critical" => 50,
        "error" => 40,
        "warning" => 30,
        "info" => 20,
        _ => 10,
    }
}

fn id_of(counter: u64) -> i64 {
    ITEM_IDS.saturating_add_unsigned(counter)
}

fn counter_of(id: &str) -> Result<u64, Failure> {
    let id = id.parse::<i64>().map_err(|_| Failure::not_found(UNKNOWN_ITEM))?;
    u64::try_from(id.saturating_sub(ITEM_IDS)).map_err(|_| Failure::not_found(UNKNOWN_ITEM))
}

fn shown(found: &Found) -> Value {
    let item = &found.item;
    json!({
        "id": id_of(item.counter), "counter": item.counter, "project_id": PROJECT, "title": item.title, "environment": item.environment,
        "level": item.level, "status": "active", "framework": item.framework, "platform": item.platform, "hash": item.hash,
        "total_occurrences": found.total, "unique_occurrences": null,
        "first_occurrence_id": found.first.0, "first_occurrence_timestamp": found.first.1,
        "last_occurrence_id": found.last.0, "last_occurrence_timestamp": found.last.1,
        "activating_occurrence_id": found.first.0, "last_activated_timestamp": found.first.1,
        "last_resolved_timestamp": null, "resolved_in_version": null, "assigned_user_id": null, "assigned_team_id": null,
        "group_item_id": null, "group_status": 1, "level_lock": 0, "title_lock": 0, "controlling_id": id_of(item.counter),
        "last_modified_by": 1, "public_item_id": null, "integrations_data": null,
    })
}

fn instance_shown(document: &[u8]) -> Result<Value, Failure> {
    let Occurrence { id, counter, data, .. } = serde_json::from_slice(document)
        .map_err(|_| Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "The occurrence could not be read"))?;
    Ok(json!({
        "id": id, "project_id": PROJECT, "item_id": id_of(counter), "timestamp": data.get("timestamp"), "version": 2, "billable": 1,
        "data": data,
    }))
}
