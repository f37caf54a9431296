//! What opens over the page closes again: menus and verdicts, on Escape (the focus goes back to what opened them) and on a click beside them.
//! Without JavaScript they close as they opened.

use crate::dom;
use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent, Node};

/// The `<details>` that lie over the page while they are open.
const OVERLAYS: &str = "details.menu[open], details.verdict[open]";

/// Wakes the closing.
pub fn wake() {
    dom::listen(&document(), "keydown", true, |event| {
        if event.dyn_ref::<KeyboardEvent>().is_some_and(|event| event.key() == "Escape") {
            for open in overlays() {
                dom::flag(&open, "open", false);
                if let Some(summary) = dom::within(&open, "summary").and_then(|summary| summary.dyn_into::<HtmlElement>().ok()) {
                    dom::best_effort(summary.focus());
                }
            }
        }
    });
    dom::listen(&document(), "pointerdown", true, |event| {
        let target = event.target().and_then(|target| target.dyn_into::<Node>().ok());
        for open in overlays() {
            if !open.contains(target.as_ref()) {
                dom::flag(&open, "open", false);
            }
        }
    });
}

fn overlays() -> Vec<Element> {
    document().document_element().map(|root| dom::all(&root, OVERLAYS)).unwrap_or_default()
}
