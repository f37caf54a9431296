//! The paste box: says what it recognised before Enter, marks it, and opens it without sending the pasted text anywhere.

use super::go_to;
use crate::components::paste_words::{also_written, described};
use crate::dom;
use js_sys::Reflect;
use leptos::prelude::document;
use model::recognise::{Recognised, recognise};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, FormData, HtmlFormElement, HtmlInputElement, HtmlSelectElement, KeyboardEvent};

/// The elements of one box.
#[derive(Clone)]
struct PasteBox {
    form: HtmlFormElement,
    input: HtmlInputElement,
    mirror: Element,
    said: Element,
}

/// Wakes the box, and what belongs to its form.
pub fn wake() {
    let Some(paste) = find() else { return };
    read(&paste);
    let reading = paste.clone();
    dom::listen(&paste.input, "input", true, move |_| read(&reading));
    let following = paste.clone();
    dom::listen(&paste.input, "scroll", true, move |_| following.mirror.set_scroll_left(following.input.scroll_left()));
    let submitting = paste.clone();
    dom::listen(&paste.form, "submit", false, move |event| {
        if let Some(found) = recognise(&submitting.input.value()) {
            event.prevent_default();
            let range = submitting.form.get_attribute("data-range").unwrap_or_default();
            go_to(&["/t/", &found.trace.to_string(), &range].concat());
        }
    });
    drop_blank(&paste);
    submit_on_choice(&paste);
    focus_on_slash(&paste);
}

fn find() -> Option<PasteBox> {
    let form = dom::query("form.paste")?;
    Some(PasteBox {
        input: dom::within(&form, "input[name=q]")?.dyn_into().ok()?,
        mirror: dom::within(&form, ".paste-mirror")?,
        said: dom::within(&form, ".recognised")?,
        form: form.dyn_into().ok()?,
    })
}

/// Shows what is recognised in what stands in the box now.
fn read(paste: &PasteBox) {
    let text = paste.input.value();
    let found = recognise(&text);
    paste.mirror.set_text_content(None);
    for hint in dom::all(&paste.said, "[data-hint]") {
        let wanted = match (&found, text.trim().is_empty()) {
            (Some(_), _) => "found",
            (None, true) => "blank",
            (None, false) => "none",
        };
        dom::flag(&hint, "hidden", hint.get_attribute("data-hint").as_deref() != Some(wanted));
    }
    let Some(found) = found else {
        dom::best_effort(paste.said.remove_attribute("data-recognised"));
        return;
    };
    dom::set(&paste.said, "data-recognised", &found.trace.to_string());
    let ((article, noun), context) = described(&text, &found);
    for (part, words) in [("article", article), ("noun", noun), ("context", context), ("also", &also_written(&found))] {
        if let Some(place) = dom::within(&paste.said, &["[data-part=", part, "]"].concat()) {
            dom::text(&place, words);
        }
    }
    mark(paste, &text, &found);
}

/// Repeats the text behind the box with the ID marked.
fn mark(paste: &PasteBox, text: &str, found: &Recognised) {
    let parts = [("span", text.get(..found.range.start)), ("mark", text.get(found.range.clone())), ("span", text.get(found.range.end..))];
    for (tag, part) in parts {
        let (Some(part), Ok(element)) = (part, document().create_element(tag)) else { return };
        dom::text(&element, part);
        dom::best_effort(paste.mirror.append_child(&element));
    }
}

/// Fields that say nothing stay out of the address.
fn drop_blank(paste: &PasteBox) {
    dom::listen(&paste.form, "formdata", true, |event| {
        let data = Reflect::get(&event, &JsValue::from_str("formData")).ok().and_then(|data| data.dyn_into::<FormData>().ok());
        let Some(data) = data else { return };
        for name in ["q", "service", "status", "min_duration_ms"] {
            if data.get(name).as_string().is_some_and(|value| value.trim().is_empty()) {
                data.delete(name);
            }
        }
    });
}

/// A choice among the filters of the same form takes effect at once.
fn submit_on_choice(paste: &PasteBox) {
    let form = paste.form.clone();
    dom::listen(&document(), "change", true, move |event| {
        let chosen = dom::target(&event).and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
        if chosen.is_some_and(|chosen| chosen.form().as_ref() == Some(&form)) {
            dom::best_effort(form.request_submit());
        }
    });
}

/// "/" leads into the box, unless one is typing already.
fn focus_on_slash(paste: &PasteBox) {
    let input = paste.input.clone();
    dom::listen(&document(), "keydown", false, move |event| {
        let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
        let typing = document().active_element().is_some_and(|element| {
            matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT") || element.has_attribute("contenteditable")
        });
        if event.key() == "/" && !typing && !event.ctrl_key() && !event.meta_key() && !event.alt_key() {
            event.prevent_default();
            dom::best_effort(input.focus());
            input.select();
        }
    });
}
