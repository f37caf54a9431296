//! What opens over the page closes again.

use super::best_effort;
use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, Node};

/// The `<details>` that lie over the page while they are open.
const OVERLAYS: &str = "details.menu[open], details.verdict[open]";

/// Closes open menus and verdicts on Escape (the focus goes back to what opened them) and on a click beside them.
/// Without JavaScript they close as they opened.
#[island]
pub fn CloseMenus() -> impl IntoView {
    Effect::new(move |_| {
        let keys = window_event_listener(ev::keydown, |event| {
            if event.key() == "Escape" {
                for open in overlays() {
                    best_effort(open.remove_attribute("open"));
                    if let Ok(Some(summary)) = open.query_selector("summary")
                        && let Ok(summary) = summary.dyn_into::<web_sys::HtmlElement>()
                    {
                        best_effort(summary.focus());
                    }
                }
            }
        });
        let clicks = window_event_listener(ev::pointerdown, |event| {
            let target = event.target().and_then(|target| target.dyn_into::<Node>().ok());
            for open in overlays() {
                if !open.contains(target.as_ref()) {
                    best_effort(open.remove_attribute("open"));
                }
            }
        });
        on_cleanup(move || {
            keys.remove();
            clicks.remove();
        });
    });
}

fn overlays() -> Vec<Element> {
    let Ok(found) = document().query_selector_all(OVERLAYS) else { return Vec::new() };
    (0..found.length()).filter_map(|index| found.item(index)?.dyn_into().ok()).collect()
}
