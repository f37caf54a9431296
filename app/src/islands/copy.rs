//! Copying to the clipboard.

use crate::dom;
use js_sys::{Promise, Reflect};
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Element;

/// How long a button says that it did.
const SAID_MS: u64 = 1_600;

/// Wakes every copy button of the page, those that come later too.
pub fn wake() {
    dom::listen(&document(), "click", true, |event| {
        let clicked = dom::target(&event).and_then(|target| target.closest("[data-copy] button").ok().flatten());
        if let Some(place) = clicked.and_then(|button| button.closest("[data-copy]").ok().flatten()) {
            copy(&place);
        }
    });
}

fn copy(place: &Element) {
    let text = place.get_attribute("data-copy").unwrap_or_default();
    let Some(said) = dom::within(place, ".copied") else { return };
    leptos::task::spawn_local(async move {
        dom::text(&said, if copy_text(&text).await { "Copied" } else { "Select and copy by hand" });
        dom::later(SAID_MS, move || dom::text(&said, ""));
    });
}

/// Copies `text`; whether it worked. Browsers offer a clipboard to pages of https and of the own machine only.
pub async fn copy_text(text: &str) -> bool {
    let navigator = window().navigator();
    // Absent, not empty, on other pages: the typed getter would call a method of `undefined`.
    let Ok(clipboard) = Reflect::get(&navigator, &JsValue::from_str("clipboard")) else { return false };
    let Ok(write) = Reflect::get(&clipboard, &JsValue::from_str("writeText")) else { return false };
    let Ok(write) = write.dyn_into::<js_sys::Function>() else { return false };
    let Ok(promise) = write.call1(&clipboard, &JsValue::from_str(text)) else { return false };
    match promise.dyn_into::<Promise>() {
        Ok(promise) => JsFuture::from(promise).await.is_ok(),
        Err(_) => false,
    }
}
