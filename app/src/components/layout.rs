//! The frame of every page.

use crate::components::icons;
use crate::components::paste_box::PasteBox;
use crate::islands::Live;
use leptos::prelude::*;

/// Which entry of the navigation the page belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// None of them; the paste box is in the header.
    #[default]
    Elsewhere,
    /// The list, which has a paste box of its own.
    Requests,
    /// The sources.
    Sources,
}

/// Header and main part. With `marks_ready` an island of the page calls [`crate::mark_ready`] once it is live; without, the loader does.
#[component]
pub fn Page(
    /// Where in the navigation.
    #[prop(optional)]
    place: Place,
    /// Whether an island of this page says itself when the page is live.
    #[prop(optional)]
    marks_ready: bool,
    /// The page.
    children: Children,
) -> impl IntoView {
    let current = move |entry: Place| (place == entry).then_some("page");
    view! {
        <a class="skip" href="#main">"Skip to the content"</a>
        <header class="top">
            <a class="logo" href="/">{icons::logo()}<span>"Throughline"</span></a>
            {(place != Place::Requests).then(|| view! { <PasteBox value=String::new() large=false range=String::new() /> })}
            <nav aria-label="Pages">
                <a href="/" aria-current=current(Place::Requests)>"Requests"</a>
                <a href="/sources" aria-current=current(Place::Sources)>"Sources"</a>
            </nav>
            <button type="button" class="bare theme" data-theme-toggle aria-label="Theme: auto" title="Theme: auto">{icons::theme()}</button>
        </header>
        <main id="main" data-marks-ready=marks_ready>{children()}</main>
        <Live />
    }
}
