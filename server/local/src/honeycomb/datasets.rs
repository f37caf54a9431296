//! Datasets, columns, and which column plays which part.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Honeycomb;
use super::error::Failure;
use crate::events::{Column, Dataset, slug};
use crate::ids;
use crate::time::rfc3339;

/// The slug that means every dataset of the environment.
pub const ALL: &str = "__all__";

/// `GET /1/datasets`
pub async fn list(State(honeycomb): State<Arc<Honeycomb>>) -> Json<Vec<Value>> {
    Json(honeycomb.index.datasets(|datasets| datasets.iter().map(|(slug, dataset)| dataset_json(slug, dataset)).collect()))
}

/// `GET /1/datasets/{slug}`
pub async fn one(State(honeycomb): State<Arc<Honeycomb>>, Path(name): Path<String>) -> Result<Json<Value>, Failure> {
    let slug = slug(&name);
    let found = honeycomb.index.datasets(|datasets| datasets.get(&slug).map(|dataset| dataset_json(&slug, dataset)));
    found.map(Json).ok_or_else(|| Failure::not_found("dataset"))
}

fn dataset_json(slug: &str, dataset: &Dataset) -> Value {
    json!({
        "name": dataset.name,
        "slug": slug,
        "description": "",
        "expand_json_depth": 0,
        "created_at": time(dataset.created_ms),
        "last_written_at": time(dataset.written_ms),
        "regular_columns_count": dataset.columns.len(),
    })
}

fn time(ms: i64) -> String {
    rfc3339(ms.div_euclid(1000).saturating_mul(1_000_000_000))
}

/// The query of `GET /1/columns/{slug}`.
#[derive(Deserialize)]
pub struct OneColumn {
    key_name: Option<String>,
}

/// `GET /1/columns/{slug|__all__}`
pub async fn columns(
    State(honeycomb): State<Arc<Honeycomb>>,
    Path(name): Path<String>,
    Query(wanted): Query<OneColumn>,
) -> Result<Json<Value>, Failure> {
    let columns = columns_of(&honeycomb, &name)?;
    match wanted.key_name {
        Some(key) => columns.get(key.as_str()).map(|column| Json(column_json(&key, column))).ok_or_else(|| Failure::not_found("column")),
        None => Ok(Json(columns.iter().map(|(key, column)| column_json(key, column)).collect())),
    }
}

fn columns_of(honeycomb: &Honeycomb, name: &str) -> Result<BTreeMap<Box<str>, Column>, Failure> {
    honeycomb.index.datasets(|datasets| {
        if name != ALL {
            return datasets.get(&slug(name)).map(|dataset| dataset.columns.clone()).ok_or_else(|| Failure::not_found("dataset"));
        }
        let mut all: BTreeMap<Box<str>, Column> = BTreeMap::new();
        for (key, column) in datasets.iter().flat_map(|(_, dataset)| &dataset.columns) {
            let known = all.entry(key.clone()).or_insert(*column);
            known.created_ms = known.created_ms.min(column.created_ms);
            known.written_ms = known.written_ms.max(column.written_ms);
        }
        Ok(all)
    })
}

fn column_json(key: &str, column: &Column) -> Value {
    json!({
        "id": ids::short_hash(&[key]),
        "key_name": key,
        "hidden": false,
        "description": "",
        "type": column.kind.name(),
        "last_written": time(column.written_ms),
        "created_at": time(column.created_ms),
        "updated_at": time(column.created_ms),
    })
}

/// Part, the columns that may play it, first choice first.
const DEFINITIONS: [(&str, &[&str]); 16] = [
    ("span_id", &["trace.span_id"]),
    ("trace_id", &["trace.trace_id"]),
    ("parent_id", &["trace.parent_id"]),
    ("name", &["name"]),
    ("service_name", &["service.name", "service_name"]),
    ("duration_ms", &["duration_ms"]),
    ("span_kind", &["span.kind"]),
    ("annotation_type", &["meta.annotation_type"]),
    ("link_span_id", &["trace.link.span_id"]),
    ("link_trace_id", &["trace.link.trace_id"]),
    ("error", &["error"]),
    ("status", &["http.response.status_code", "http.status_code"]),
    ("route", &["http.route"]),
    ("user", &["user.id", "enduser.id"]),
    ("log_severity", &["severity_text", "severity"]),
    ("log_message", &["body"]),
];

/// `GET /1/dataset_definitions/{slug}`
pub async fn definitions(State(honeycomb): State<Arc<Honeycomb>>, Path(name): Path<String>) -> Result<Json<Value>, Failure> {
    let columns = columns_of(&honeycomb, &name)?;
    let part = |(part, choices): (&str, &[&str])| {
        let column = choices.iter().find(|choice| columns.contains_key(**choice));
        (part.to_owned(), column.map_or(Value::Null, |name| json!({"name": name, "column_type": "column"})))
    };
    Ok(Json(Value::Object(DEFINITIONS.into_iter().map(part).collect::<Map<_, _>>())))
}
