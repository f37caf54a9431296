//! What lives on in the browser, apart from the timeline.
//!
//! One island that draws nothing: the server has rendered every element, and each module here finds its own in the page and listens. So
//! nothing is hydrated, no properties travel, and neither the views nor a JSON reader are in the bundle.

mod brush;
mod copy;
mod counters;
mod local_times;
mod menus;
mod paste;
mod theme;

pub use copy::copy_text;

use leptos::prelude::*;

/// Wakes everything that a page may have. Stands once in every page.
#[island]
pub fn Live() -> impl IntoView {
    Effect::new(|_| {
        theme::wake();
        paste::wake();
        copy::wake();
        counters::wake();
        brush::wake();
        menus::wake();
        local_times::wake();
    });
}

/// Says on `<html>` that the page is live: `data-ready="hydrated"`. Only in the browser.
pub fn mark_ready() {
    if let Some(root) = root() {
        crate::dom::set(&root, "data-ready", "hydrated");
    }
}

/// The `<html>` element.
fn root() -> Option<web_sys::Element> {
    web_sys::window()?.document()?.document_element()
}

/// Goes to another page.
fn go_to(url: &str) {
    if let Some(window) = web_sys::window() {
        crate::dom::best_effort(window.location().set_href(url));
    }
}
