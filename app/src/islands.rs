//! What lives on in the browser, apart from the timeline.

/// Says on `<html>` that the page is live: `data-ready="hydrated"`. Only in the browser.
pub fn mark_ready() {
    if let Some(root) = web_sys::window().and_then(|window| window.document()).and_then(|document| document.document_element()) {
        // Setting an attribute of an existing element has no way to fail that a page could act upon.
        let _ = root.set_attribute("data-ready", "hydrated");
    }
}
