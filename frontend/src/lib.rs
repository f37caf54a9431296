//! The browser's half: wakes the islands of `app` in the page that the server rendered.

// Named so that the islands are linked; nothing calls into the crate by path.
use app as _;

/// Called by the page's start-up script once the module is loaded.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
