//! A revision as it travels: see [`crate::functions::timeline::frame`].

use super::{head, now};
use crate::functions::timeline::frame;
use api::Snapshot;
use leptos::prelude::*;
use model::columns::Columns;

/// The frames of one revision: the head first, so that what is read first is there first.
pub fn frames(snapshot: &Snapshot) -> Vec<u8> {
    let html = Owner::new().with(|| head::head(&snapshot.request, now()).to_html());
    let columns = Columns::of(&snapshot.request, snapshot.revision).encode();
    let mut out = Vec::with_capacity(html.len() + columns.len() + 2 * frame::HEADER);
    for (kind, bytes) in [(frame::HEAD, html.as_bytes()), (frame::COLUMNS, &columns)] {
        // A frame of 4 GiB cannot come to be: columns hold capped texts, and a head is a few kB.
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        out.push(kind);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(bytes);
    }
    out
}
