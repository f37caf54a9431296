//! The paste box: says what it recognised before Enter.

mod words;

use super::{best_effort, go_to};
use crate::components::icons;
use js_sys::Reflect;
use leptos::prelude::*;
use leptos::{ev, html};
use model::recognise::{Recognised, recognise};
use wasm_bindgen::{JsCast, JsValue};
use words::{also_written, described};

/// A form that works without JavaScript: the server recognises what was sent, or takes it for a text to filter by. Live, it says what it
/// recognises while one types, marks it, and opens it without sending the pasted text anywhere.
#[island]
pub fn PasteBox(
    /// What the URL's `q` says.
    value: String,
    /// The large one of the list, else the one in the header.
    large: bool,
    /// The range that goes along to the request, as `?from=…&to=…`; empty for none.
    range: String,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let mirror = NodeRef::<html::Div>::new();
    let text = RwSignal::new(String::new());
    let found = Memo::new(move |_| text.with(|text| recognise(text)));
    let read = move || {
        if let Some(input) = input.get_untracked() {
            text.set(input.value());
        }
    };
    Effect::new(move |_| {
        read();
        focus_on_slash(input);
        submit_on_choice(input);
        drop_blank();
    });
    let follow = move |_: ev::Event| {
        if let (Some(input), Some(mirror)) = (input.get_untracked(), mirror.get_untracked()) {
            mirror.set_scroll_left(input.scroll_left());
        }
    };
    let submit = move |event: ev::SubmitEvent| {
        read();
        if let Some(found) = found.get_untracked() {
            event.prevent_default();
            go_to(&format!("/t/{}{range}", found.trace));
        }
    };
    let marked = move || found.get().and_then(|found| text.with(|text| split(text, &found)));
    let class = if large { "paste paste-large" } else { "paste" };
    let placeholder =
        if large { "Paste a trace ID, a log line, a header or a vendor URL" } else { "Paste a trace ID, log line, header or vendor URL" };
    view! {
        <form class=class id="search" action="/" method="get" role="search" on:submit=submit>
            <div class="paste-field">
                {icons::search()}
                <div class="paste-text">
                    <div class="paste-mirror" node_ref=mirror aria-hidden="true">
                        {move || marked().map(|(before, id, after)| view! { <span>{before}</span><mark>{id}</mark><span>{after}</span> })}
                    </div>
                    <input
                        node_ref=input
                        name="q"
                        value=value
                        placeholder=placeholder
                        aria-label="Trace ID, log line, header or vendor URL"
                        autocomplete="off"
                        autocapitalize="off"
                        spellcheck="false"
                        enterkeyhint="go"
                        on:input=move |_| read()
                        on:scroll=follow
                    />
                </div>
                <kbd aria-hidden="true">"/"</kbd>
                <button type="submit" class="primary">"Open"</button>
            </div>
            <p class="recognised" role="status" data-recognised=move || found.get().map(|found| found.trace.to_string())>
                {move || match found.get() {
                    Some(found) => {
                        let (what, context) = text.with(|text| described(text, &found));
                        view! {
                            "Recognised "
                            {what.0}
                            <b>{what.1}</b>
                            {context}
                            ", also written "
                            <code>{also_written(&found)}</code>
                        }
                            .into_any()
                    }
                    None if text.with(|text| text.trim().is_empty()) => {
                        view! {
                            "Any spelling: 32 hex digits, 1-8-24, "
                            <code>"traceparent"</code>
                            ", "
                            <code>"X-Amzn-Trace-Id"</code>
                            ", or a whole log line that has one"
                        }
                            .into_any()
                    }
                    None => view! { "No trace ID in this: Enter looks for it in names and services" }.into_any(),
                }}
            </p>
        </form>
    }
}

/// What stands before the ID, the ID, and what follows. The bytes of the range, should they not be those of the text, mark nothing.
fn split(text: &str, found: &Recognised) -> Option<(String, String, String)> {
    let before = text.get(..found.range.start)?;
    let id = text.get(found.range.clone())?;
    let after = text.get(found.range.end..)?;
    Some((before.to_owned(), id.to_owned(), after.to_owned()))
}

/// Fields that say nothing stay out of the address.
fn drop_blank() {
    let handle = window_event_listener_untyped("formdata", |event| {
        let data = Reflect::get(&event, &JsValue::from_str("formData")).ok().and_then(|data| data.dyn_into::<web_sys::FormData>().ok());
        let Some(data) = data else { return };
        for name in ["q", "service", "status", "min_duration_ms"] {
            if data.get(name).as_string().is_some_and(|value| value.trim().is_empty()) {
                data.delete(name);
            }
        }
    });
    on_cleanup(move || handle.remove());
}

/// A choice among the filters of the same form takes effect at once.
fn submit_on_choice(input: NodeRef<html::Input>) {
    let handle = window_event_listener(ev::change, move |event| {
        let chosen = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlSelectElement>().ok());
        let form = input.get_untracked().and_then(|input| input.form());
        if let (Some(chosen), Some(form)) = (chosen, form)
            && chosen.form().as_ref() == Some(&form)
        {
            best_effort(form.request_submit());
        }
    });
    on_cleanup(move || handle.remove());
}

/// "/" leads into the box, unless one is typing already.
fn focus_on_slash(input: NodeRef<html::Input>) {
    let handle = window_event_listener(ev::keydown, move |event| {
        let typing = document().active_element().is_some_and(|element| {
            matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT") || element.has_attribute("contenteditable")
        });
        if event.key() == "/"
            && !typing
            && !event.ctrl_key()
            && !event.meta_key()
            && !event.alt_key()
            && let Some(input) = input.get_untracked()
        {
            event.prevent_default();
            best_effort(input.focus());
            input.select();
        }
    });
    on_cleanup(move || handle.remove());
}
