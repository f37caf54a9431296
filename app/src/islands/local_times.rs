//! The viewer's own time zone, beside the UTC of the pages.

use super::best_effort;
use js_sys::{Date, Object};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};

/// Gives every `<time datetime>` of the page its local time as a title, and fills every `[data-local-range="from/to"]`.
/// Draws nothing itself; outside islands the page is plain HTML, so its text may be set from here.
#[island]
pub fn LocalTimes() -> impl IntoView {
    Effect::new(move |_| {
        let document = document();
        each(&document, "time[datetime]", |element| {
            if let Some(local) = element.get_attribute("datetime").and_then(|moment| local(&moment)) {
                best_effort(element.set_attribute("title", &format!("{local} local time")));
            }
        });
        each(&document, "[data-local-range]", |element| {
            let range = element.get_attribute("data-local-range").unwrap_or_default();
            let ends = range.split_once('/').and_then(|(from, to)| Some((clock(from)?, clock(to)?)));
            if let Some((from, to)) = ends
                && Date::new_0().get_timezone_offset() != 0.0
            {
                element.set_text_content(Some(&format!("{from} – {to} local")));
            }
        });
    });
}

fn each(document: &web_sys::Document, selector: &str, act: impl Fn(&web_sys::Element)) {
    let Ok(found) = document.query_selector_all(selector) else { return };
    for index in 0..found.length() {
        if let Some(element) = found.item(index).and_then(|node| node.dyn_into::<web_sys::Element>().ok()) {
            act(&element);
        }
    }
}

/// Date and time to the second as the viewer's language writes them.
fn local(moment: &str) -> Option<String> {
    let date = valid(moment)?;
    date.to_locale_string(&language(), &Object::new()).as_string()
}

/// Hours and minutes.
fn clock(moment: &str) -> Option<String> {
    let date = valid(moment)?;
    Some(format!("{:02}:{:02}", date.get_hours(), date.get_minutes()))
}

fn valid(moment: &str) -> Option<Date> {
    let date = Date::new(&JsValue::from_str(moment));
    date.get_time().is_finite().then_some(date)
}

fn language() -> String {
    window().navigator().language().unwrap_or_else(|| "en".to_owned())
}
