//! The paste box; [`crate::islands`] wakes it.

use super::icons;
use leptos::prelude::*;

/// A form that works without JavaScript: the server recognises what was sent, or takes it for a text to filter by. Live, it says what it
/// recognises while one types.
#[component]
pub fn PasteBox(
    /// What the URL's `q` says.
    value: String,
    /// The large one of the list, else the one in the header.
    large: bool,
    /// The range that goes along to the request, as `?from=…&to=…`; empty for none.
    range: String,
) -> impl IntoView {
    let class = if large { "paste paste-large" } else { "paste" };
    let placeholder =
        if large { "Paste a trace ID, a log line, a header or a vendor URL" } else { "Paste a trace ID, log line, header or vendor URL" };
    let blank = value.trim().is_empty();
    view! {
        <form class=class id="search" action="/" method="get" role="search" data-range=range>
            <div class="paste-field">
                {icons::search()}
                <div class="paste-text">
                    <div class="paste-mirror" aria-hidden="true"></div>
                    <input
                        name="q"
                        value=value
                        placeholder=placeholder
                        aria-label="Trace ID, log line, header or vendor URL"
                        autocomplete="off"
                        autocapitalize="off"
                        spellcheck="false"
                        enterkeyhint="go"
                    />
                </div>
                <kbd aria-hidden="true">"/"</kbd>
                <button type="submit" class="primary">"Open"</button>
            </div>
            <p class="recognised" role="status">
                <span data-hint="found" hidden>
                    "Recognised "
                    <span data-part="article"></span>
                    <b data-part="noun"></b>
                    <span data-part="context"></span>
                    ", also written "
                    <code data-part="also"></code>
                </span>
                <span data-hint="blank" hidden=!blank>
                    "Any spelling: 32 hex digits, 1-8-24, "
                    <code>"traceparent"</code>
                    ", "
                    <code>"X-Amzn-Trace-Id"</code>
                    ", or a whole log line that has one"
                </span>
                <span data-hint="none" hidden=blank>"No trace ID in this: Enter looks for it in names and services"</span>
            </p>
        </form>
    }
}
