//! The web application: pages rendered on the server, and the islands of them that live on in the browser.
//!
//! Two builds of one crate. With `ssr` it is everything; with `hydrate` it is the islands, the components they share with the pages,
//! and the callers of the server functions. The three `cfg` below are the only ones.
//!
//! How the server puts it to use (`leptos_axum`):
//!
//! ```ignore
//! let routes = leptos_axum::generate_route_list(app::App); // once, before the first request
//! Router::new().leptos_routes_with_context(&options, routes, move || app::provide(backend.clone(), assets.clone()), app::shell)
//! ```
//!
//! * [`provide`] belongs into the context closure of pages and of server functions; it puts the backend and the names of the assets in place.
//!   The nonce of the content security policy is the one of `leptos::nonce::use_nonce`; every script of the shell carries it.
//! * [`App`] has the routes `/`, `/t/*id`, `/sources` and a fallback with status 404.
//! * Server functions live under `/_fn/`; reads are GET, changes are POST.
//! * `<html data-ready="hydrated">` says that the islands are live. A page whose main island needs longer is laid out with
//!   [`components::layout::Page`]`(marks_ready = true)` and calls [`mark_ready`] itself.

#![recursion_limit = "256"]

pub mod components;
mod dom;
pub mod functions;
mod html;
pub mod islands;
pub mod timeline_island;

#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod shell;
#[cfg(feature = "ssr")]
pub use {
    pages::App,
    shell::{Assets, provide, redirect, refuse, set_status, shell},
};

pub use islands::mark_ready;
