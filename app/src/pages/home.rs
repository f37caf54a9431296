//! `/`: the paste box and the recent requests.

use crate::components::layout::Page;
use leptos::prelude::*;
use leptos_meta::Title;

/// The list.
#[component]
pub fn HomePage() -> impl IntoView {
    view! {
        <Title text="Requests · Throughline" />
        <Page>
            <form action="/" role="search">
                <input name="q" aria-label="Trace ID, log line, header or vendor URL" />
            </form>
        </Page>
    }
}
