//! The timeline once it is live.
use leptos::prelude::*;

/// Wakes the timeline of the page.
#[island]
pub fn TimelineIsland() -> impl IntoView {
    Effect::new(move |_| crate::mark_ready());
}
