//! `GET /1/auth`: whose key it is and what it may do.

use axum::Json;
use serde_json::{Value, json};

/// Any key is one of the only team's, with every permission that has something behind it here.
pub async fn auth() -> Json<Value> {
    let granted = ["events", "queries", "columns", "createDatasets"].map(|name| (name, true));
    let refused = ["markers", "triggers", "boards", "slos", "recipients", "privateBoards"].map(|name| (name, false));
    let access: serde_json::Map<String, Value> =
        granted.into_iter().chain(refused).map(|(name, may)| (name.to_owned(), may.into())).collect();
    Json(json!({
        "id": "hcalk_local",
        "type": "configuration",
        "api_key_access": access,
        "environment": {"name": "Local", "slug": "local"},
        "team": {"name": "Local", "slug": "local"},
    }))
}
