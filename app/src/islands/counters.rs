//! The counters of the local services, moving. Asks the local services only: no vendor is asked.

use crate::{dom, html};
use leptos::prelude::document;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, Response};

/// How often the server is asked, while the page can be seen.
const EVERY_MS: u64 = 2_000;

/// Wakes the counters, if the page has some.
pub fn wake() {
    if let Some(place) = dom::query("[data-counters]") {
        later(place);
    }
}

fn later(place: Element) {
    dom::later(EVERY_MS, move || {
        if document().hidden() {
            return later(place);
        }
        leptos::task::spawn_local(async move {
            let note = dom::within(&place, ".counters-note");
            let said = match fetch(&place).await {
                Some(content) => {
                    show(&place, &content);
                    ""
                }
                None => "The server does not answer; still trying.",
            };
            if let Some(note) = note {
                dom::text(&note, said);
            }
            later(place);
        });
    });
}

/// The counters as HTML of ours.
async fn fetch(place: &Element) -> Option<String> {
    let brief = place.get_attribute("data-counters")? == "brief";
    let url = if brief { "/_fn/local-counters?brief=true" } else { "/_fn/local-counters?brief=false" };
    let response: Response = JsFuture::from(web_sys::window()?.fetch_with_str(url)).await.ok()?.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    JsFuture::from(response.text().ok()?).await.ok()?.as_string()
}

/// Puts them in place; on a page that waits for the first request, offers it once something arrived.
fn show(place: &Element, content: &str) {
    let Some(values) = dom::within(place, "[data-values]") else { return };
    let before = dom::within(&values, "[data-arrived]").and_then(|first| dom::number(&first, "data-arrived"));
    html::replace(&values, content);
    let now = dom::within(&values, "[data-arrived]").and_then(|first| dom::number(&first, "data-arrived"));
    if now > before
        && let Some(offer) = dom::within(place, ".arrived")
    {
        dom::flag(&offer, "hidden", false);
    }
}
