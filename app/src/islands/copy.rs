//! Copying to the clipboard.

use crate::components::icons;
use js_sys::{Promise, Reflect};
use leptos::prelude::*;
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// A button that copies `text` and says that it did.
#[island]
pub fn Copy(
    /// What is copied.
    text: String,
    /// What the button is for: `Copy the ID`.
    label: String,
) -> impl IntoView {
    let said = RwSignal::new("");
    let copy = move |_| {
        let text = text.clone();
        leptos::task::spawn_local(async move {
            said.set(if copy_text(&text).await { "Copied" } else { "Select and copy by hand" });
            set_timeout(move || said.set(""), Duration::from_millis(1_600));
        });
    };
    view! {
        <span class="copy">
            <button type="button" class="bare" on:click=copy aria-label=label.clone() title=label>{icons::copy()}</button>
            <span class="copied" role="status">{said}</span>
        </span>
    }
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
