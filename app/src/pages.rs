//! The pages and their routes. Server only: what lives on in the browser stands in [`crate::islands`].

pub mod home;
pub mod not_found;
pub mod request;
pub mod setup;
pub mod sources;

#[cfg(test)]
mod tests;

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};

/// The routes.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Routes fallback=not_found::NotFoundPage>
                <Route path=path!("/") view=home::HomePage ssr=SsrMode::Async />
                <Route path=path!("/t/*id") view=request::RequestPage ssr=SsrMode::Async />
                <Route path=path!("/sources") view=sources::SourcesPage ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}
