//! The frame of every page.

use leptos::prelude::*;

/// Header and main part. With `marks_ready` an island of the page calls [`crate::mark_ready`] once it is live; without, the loader does.
#[component]
pub fn Page(
    /// Whether an island of this page says itself when the page is live.
    #[prop(optional)]
    marks_ready: bool,
    /// The page.
    children: Children,
) -> impl IntoView {
    view! {
        <header class="top">
            <a class="logo" href="/">"Throughline"</a>
            <nav><a href="/">"Requests"</a><a href="/sources">"Sources"</a></nav>
        </header>
        <main data-marks-ready=marks_ready>{children()}</main>
    }
}
