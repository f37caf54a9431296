//! What is shown when there is nothing to show: the page for an unknown address, and the view of an error.

use crate::components::layout::Page;
use api::ApiError;
use leptos::prelude::*;
use leptos_meta::Title;
use model::DisplayText;

/// The page for an address that leads nowhere. Status 404.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    crate::set_status(404);
    view! {
        <Title text="Not found · Throughline" />
        <Page>
            <section class="notice">
                <h1>"There is no such page"</h1>
                <p>"Paste a trace ID, a log line or a header above to open the request it belongs to, or go to the " <a href="/">"recent requests"</a> "."</p>
            </section>
        </Page>
    }
}

/// An error in words. Setting the status is the page's own business: see [`crate::refuse`].
#[component]
#[expect(clippy::needless_pass_by_value, reason = "a component owns its properties")]
pub fn ErrorView(
    /// The error.
    error: ApiError,
) -> impl IntoView {
    let message = DisplayText::line(&error.to_string()).into_string();
    view! {
        <section class="notice" role="alert" data-error=error.status().to_string()>
            <h1>{error.title()}</h1>
            <p>{message}</p>
            <p><a href="/">"Recent requests"</a></p>
        </section>
    }
}
