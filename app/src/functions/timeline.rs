//! What the timeline asks for after the first screen: the revisions, and the panel of a row.

#![allow(
    missing_docs,
    clippy::unused_async,
    reason = "a server function is async, and its macro makes an undocumented struct of the arguments"
)]

use crate::functions::FunctionError;
use leptos::prelude::*;
use server_fn::codec::{ByteStream, GetUrl, Streaming};

/// What a frame of the stream carries: its first byte; then its length as four bytes, little-endian; then the bytes.
pub mod frame {
    /// `model::columns::Columns`, encoded.
    pub const COLUMNS: u8 = 1;
    /// The parts of the page marked `data-live`, as HTML of ours.
    pub const HEAD: u8 = 2;
    /// How long the bytes before the content are.
    pub const HEADER: usize = 5;
}

/// The revisions of a request, newest first known, as frames: each a head, then the columns. Ends once every source has ended.
#[server(prefix = "/_fn", endpoint = "timeline", input = GetUrl, output = Streaming)]
pub async fn timeline_revisions(id: String, from: Option<String>, to: Option<String>) -> Result<ByteStream<FunctionError>, FunctionError> {
    use crate::pages::request;
    use futures::StreamExt;

    let backend = crate::functions::backend().map_err(crate::refuse)?;
    let id = request::trace_id(&id).map_err(crate::refuse)?;
    let range = request::range(from.as_deref(), to.as_deref()).map_err(crate::refuse)?;
    let revisions = backend.revisions(api::TimelineQuery { id, range });
    // The owner of this call ends before the stream does: nothing below may ask for a context.
    let frames = revisions.map(|snapshot| match snapshot {
        Ok(snapshot) => Ok(request::stream::frames(&snapshot)),
        Err(error) => Err(FunctionError::from(error)),
    });
    // Whoever writes the response may ask once more after the end.
    Ok(ByteStream::new(frames.fuse()))
}

/// The panel of one row of one revision, as HTML of ours.
#[server(prefix = "/_fn", endpoint = "detail", input = GetUrl, output = Streaming)]
pub async fn timeline_detail(id: String, revision: u32, kind: String, index: u32) -> Result<ByteStream<FunctionError>, FunctionError> {
    use crate::pages::request;

    let backend = crate::functions::backend().map_err(crate::refuse)?;
    let id = request::trace_id(&id).map_err(crate::refuse)?;
    let item = timeline::Item::of(&kind, index).ok_or(api::ApiError::NotFound).map_err(crate::refuse)?;
    let snapshot = backend.snapshot(id, revision).map_err(crate::refuse)?;
    let panel = request::detail::detail(&snapshot.request, item).ok_or(api::ApiError::NotFound).map_err(crate::refuse)?;
    let html = panel.to_html();
    Ok(ByteStream::new(futures::stream::once(async move { Ok::<_, FunctionError>(html) })))
}
