//! The embedded services: their counters, and their sample traffic.

use crate::functions::FunctionError;
use api::Counter;
use leptos::prelude::*;
use server_fn::codec::GetUrl;

/// What the local services received, kept, dropped and refused so far. Empty when they are off.
#[server(prefix = "/_fn", endpoint = "local-counters", input = GetUrl)]
pub async fn local_counters() -> Result<Vec<Counter>, FunctionError> {
    let backend = crate::functions::backend().map_err(crate::refuse)?;
    let report = backend.sources().await.map_err(crate::refuse)?;
    Ok(report.local.map(|local| local.counters).unwrap_or_default())
}

/// Removes the sample traffic from the local services, and leads back to `/sources`. A form posts it, with or without JavaScript.
#[server(prefix = "/_fn", endpoint = "remove-sample-data")]
pub async fn remove_sample_data() -> Result<u64, FunctionError> {
    let backend = crate::functions::backend().map_err(crate::refuse)?;
    let removed = backend.remove_sample_data().await.map_err(crate::refuse)?;
    crate::redirect(&format!("/sources?removed={removed}"));
    Ok(removed)
}
