//! `/sources`: what is configured, reachable, allowed and counted.

use crate::components::layout::Page;
use leptos::prelude::*;
use leptos_meta::Title;

/// The sources.
#[component]
pub fn SourcesPage() -> impl IntoView {
    view! {
        <Title text="Sources · Throughline" />
        <Page>
            <h1>"Sources"</h1>
        </Page>
    }
}
