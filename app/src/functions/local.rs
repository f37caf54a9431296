//! The embedded services: their counters, and their sample traffic.

#![allow(missing_docs, reason = "the macro of a server function makes an undocumented struct of the arguments")]

use crate::functions::FunctionError;
use leptos::prelude::*;
use server_fn::codec::{ByteStream, GetUrl, Streaming};

/// What the local services received, kept, dropped and refused so far, as HTML of ours. Empty when they are off.
#[server(prefix = "/_fn", endpoint = "local-counters", input = GetUrl, output = Streaming)]
pub async fn local_counters(brief: bool) -> Result<ByteStream<FunctionError>, FunctionError> {
    let backend = crate::functions::backend().map_err(crate::refuse)?;
    let report = backend.sources().await.map_err(crate::refuse)?;
    let counters = report.local.map(|local| local.counters).unwrap_or_default();
    let html = crate::components::counters::values(&counters, brief).to_html();
    Ok(ByteStream::new(futures::stream::once(async move { Ok::<_, FunctionError>(html) })))
}

/// Removes the sample traffic from the local services, and leads back to `/sources`. A form posts it, with or without JavaScript.
#[server(prefix = "/_fn", endpoint = "remove-sample-data")]
pub async fn remove_sample_data() -> Result<u64, FunctionError> {
    let backend = crate::functions::backend().map_err(crate::refuse)?;
    let removed = backend.remove_sample_data().await.map_err(crate::refuse)?;
    crate::redirect(&format!("/sources?removed={removed}"));
    Ok(removed)
}
