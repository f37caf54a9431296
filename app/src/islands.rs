//! What lives on in the browser, apart from the timeline.

mod brush;
mod copy;
mod counters;
mod local_times;
mod menus;
mod paste;
mod theme;

pub use brush::VolumeBrush;
pub use copy::{Copy, copy_text};
pub use counters::{LocalCounters, value_text};
pub use local_times::LocalTimes;
pub use menus::CloseMenus;
pub use paste::PasteBox;
pub use theme::ThemeToggle;

use wasm_bindgen::JsValue;

/// Says on `<html>` that the page is live: `data-ready="hydrated"`. Only in the browser.
pub fn mark_ready() {
    if let Some(root) = root() {
        best_effort(root.set_attribute("data-ready", "hydrated"));
    }
}

/// The `<html>` element.
fn root() -> Option<web_sys::Element> {
    web_sys::window()?.document()?.document_element()
}

/// Goes to another page.
fn go_to(url: &str) {
    if let Some(window) = web_sys::window() {
        best_effort(window.location().set_href(url));
    }
}

/// For calls of the browser whose refusal leaves the page as useful as it was.
fn best_effort<T>(result: Result<T, JsValue>) {
    drop(result);
}
