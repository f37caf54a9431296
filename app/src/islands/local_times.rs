//! The viewer's own time zone, beside the UTC of the pages.

use super::root;
use crate::dom;
use js_sys::{Date, Object};
use leptos::prelude::window;
use wasm_bindgen::JsValue;

/// Gives every `<time datetime>` of the page its local time as a title, and fills every `[data-local-range="from/to"]`.
pub fn wake() {
    let Some(root) = root() else { return };
    for element in dom::all(&root, "time[datetime]") {
        if let Some(local) = element.get_attribute("datetime").and_then(|moment| local(&moment)) {
            dom::set(&element, "title", &[&local, " local time"].concat());
        }
    }
    for element in dom::all(&root, "[data-local-range]") {
        let range = element.get_attribute("data-local-range").unwrap_or_default();
        let ends = range.split_once('/').and_then(|(from, to)| Some((clock(from)?, clock(to)?)));
        if let Some((from, to)) = ends
            && Date::new_0().get_timezone_offset() != 0.0
        {
            dom::text(&element, &[&from, " – ", &to, " local"].concat());
        }
    }
}

/// Date and time to the second as the viewer's language writes them.
fn local(moment: &str) -> Option<String> {
    let language = window().navigator().language().unwrap_or_else(|| "en".to_owned());
    valid(moment)?.to_locale_string(&language, &Object::new()).as_string()
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
