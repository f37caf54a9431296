//! The few calls of the browser that everything here uses, without their ways to fail that nobody can act upon.

use leptos::prelude::{document, set_timeout};
use std::time::Duration;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AddEventListenerOptions, Element, Event, EventTarget, HtmlElement};

/// For calls whose refusal leaves the page as useful as it was.
pub fn best_effort<T>(result: Result<T, JsValue>) {
    drop(result);
}

/// The first element that fits.
pub fn query(selector: &str) -> Option<Element> {
    document().query_selector(selector).ok().flatten()
}

/// The first element within `root` that fits.
pub fn within(root: &Element, selector: &str) -> Option<Element> {
    root.query_selector(selector).ok().flatten()
}

/// Every element within `root` that fits.
pub fn all(root: &Element, selector: &str) -> Vec<Element> {
    let Ok(list) = root.query_selector_all(selector) else { return Vec::new() };
    (0..list.length()).filter_map(|index| list.item(index)?.dyn_into().ok()).collect()
}

/// Sets an attribute.
pub fn set(element: &Element, name: &str, value: &str) {
    best_effort(element.set_attribute(name, value));
}

/// Sets or removes an attribute without a value.
pub fn flag(element: &Element, name: &str, on: bool) {
    best_effort(if on { element.set_attribute(name, "") } else { element.remove_attribute(name) });
}

/// Adds or removes a class.
pub fn class(element: &Element, name: &str, on: bool) {
    best_effort(element.class_list().toggle_with_force(name, on));
}

/// Replaces everything in the element by a text; nothing at all for an empty one.
pub fn text(element: &Element, text: &str) {
    element.set_text_content((!text.is_empty()).then_some(text));
}

/// A number as the browser writes it: the printing of floats stays out of the bundle.
pub fn decimal(number: f64) -> String {
    js_sys::Number::from(number).to_string_with_radix(10).map(String::from).unwrap_or_default()
}

/// The place of the element as a whole number, from an attribute.
pub fn number(element: &Element, name: &str) -> Option<usize> {
    element.get_attribute(name)?.parse().ok()
}

/// One property of the element's style, by script: what the content security policy leaves open.
pub fn style(element: &Element, name: &str, value: &str) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        best_effort(element.style().set_property(name, value));
    }
}

/// Calls `act` on each event for as long as the page lives. `passive: false` lets it prevent what the browser would do.
pub fn listen(target: &EventTarget, name: &str, passive: bool, act: impl FnMut(Event) + 'static) {
    let act: Box<dyn FnMut(Event)> = Box::new(act);
    let act = Closure::wrap(act).into_js_value();
    let options = AddEventListenerOptions::new();
    options.set_passive(passive);
    best_effort(target.add_event_listener_with_callback_and_add_event_listener_options(name, act.unchecked_ref(), &options));
}

/// Calls `act` once, before the next frame is drawn.
pub fn next_frame(act: impl FnOnce() + 'static) {
    if let Some(window) = web_sys::window() {
        let act = Closure::once_into_js(act);
        best_effort(window.request_animation_frame(act.unchecked_ref()));
    }
}

/// Calls `act` once, later.
pub fn later(ms: u64, act: impl FnOnce() + 'static) {
    set_timeout(act, Duration::from_millis(ms));
}

/// The element an event happened on.
pub fn target(event: &Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}
