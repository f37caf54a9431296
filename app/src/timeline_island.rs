//! The timeline once it is live: takes over the rows, strip and panel that the server rendered.
//!
//! It draws no view of its own and so hydrates nothing: it finds the elements of [`crate::pages::request`] in the page, fills the
//! same rows anew while scrolling, and paints bars on a canvas. Whatever is HTML comes rendered from the server. Data lives in
//! plain columns outside the reactive graph; one animation frame at a time brings everything on screen up to date.

mod act;
mod canvas;

mod drag;
mod frame;

mod input;
mod minimap;
mod page;
mod panel;
mod pool;
mod revise;
mod scroll;
mod share;
mod stream;
mod view;

use crate::{dom, html};
use leptos::prelude::*;

/// Wakes the timeline of the page, if there is one, and says that the page is live.
#[island]
pub fn TimelineIsland() -> impl IntoView {
    Effect::new(move |_| match page::Page::find() {
        Some(page) => stream::open(page),
        None => crate::mark_ready(),
    });
}
