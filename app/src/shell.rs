//! The HTML document around every page, and what a request's context holds. Server only.

use crate::pages::App;
use api::{ApiError, Backend};
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::MetaTags;
use std::sync::Arc;

/// The URLs of the browser's half, with the hash of their content in the name, such as `/pkg/app.3f2a.js`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assets {
    /// The glue module that `wasm-bindgen` writes.
    pub js: String,
    /// The module itself.
    pub wasm: String,
    /// The style sheet.
    pub css: String,
}

/// Puts in place what pages and server functions ask the context for. Call it in the context closure of each request.
pub fn provide(backend: Arc<dyn Backend>, assets: Assets) {
    provide_context(backend);
    provide_context(assets);
}

/// Sets the status of the response being made; does nothing outside a request.
pub fn set_status(status: u16) {
    if let (Some(response), Ok(status)) = (use_context::<leptos_axum::ResponseOptions>(), axum::http::StatusCode::from_u16(status)) {
        response.set_status(status);
    }
}

/// Sets the status that says the same as `error`, and hands the error on.
pub fn refuse(error: ApiError) -> ApiError {
    set_status(error.status());
    if let (ApiError::Overloaded { retry_after_s }, Some(response)) = (&error, use_context::<leptos_axum::ResponseOptions>()) {
        response.insert_header(axum::http::header::RETRY_AFTER, axum::http::HeaderValue::from(*retry_after_s));
    }
    error
}

/// Answers with a redirect, also to clients that do not say that they accept HTML. `path` must be made of validated parts.
pub fn redirect(path: &str) {
    if let (Some(response), Ok(location)) = (use_context::<leptos_axum::ResponseOptions>(), axum::http::HeaderValue::from_str(path)) {
        response.insert_header(axum::http::header::LOCATION, location);
        set_status(303);
    }
}

/// Applies the remembered theme before anything is painted.
const THEME_SCRIPT: &str =
    r#"try{const t=localStorage.getItem("theme");if(t==="light"||t==="dark")document.documentElement.dataset.theme=t}catch{}"#;

/// Loads the browser's half and wakes the islands, in document order. What `leptos::HydrationScripts` does in its island mode, with our
/// own URLs and without waiting for an idle moment; `data-ready` is set at the end unless an island of the page does that.
const HYDRATION_SCRIPT: &str = r#"(async(js,wasm)=>{
const island=async(el,id,mod)=>{const f=mod[id];if(!f)throw new Error(`page and script are of two builds: no ${id}`);const cb=callbacks[callbacks.length-1];if(cb)cb();await f(el)};
const callbacks=[];
const walk=async(node,mod)=>{
const tag=node.tagName.toLowerCase();
if(tag==="leptos-island")await island(node,node.dataset.component,mod);
const inner=tag==="leptos-children";
if(inner)callbacks.push(node.$$on_hydrate);
for(const child of [...node.children])await walk(child,mod);
if(inner)callbacks.pop()};
const mod=await import(js);
await mod.default({module_or_path:wasm});
mod.hydrate();
window.__hydrateIsland=(el,id)=>island(el,id,mod);
await walk(document.body,mod);
if(!document.querySelector("[data-marks-ready]"))setTimeout(()=>{document.documentElement.dataset.ready="hydrated"})
})"#;

/// The document. Pass this function to `leptos_routes_with_context`.
pub fn shell() -> impl IntoView {
    let assets = use_context::<Assets>().unwrap_or_default();
    let nonce = use_nonce();
    // Pages are islands: nothing outside them hydrates, so no data needs to travel beside the HTML.
    if let Some(shared) = Owner::current_shared_context() {
        shared.set_is_hydrating(false);
    }
    let start = format!("{HYDRATION_SCRIPT}({:?},{:?})", assets.js, assets.wasm);
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="referrer" content="same-origin" />
                <script nonce=nonce.clone()>{THEME_SCRIPT}</script>
                <link rel="stylesheet" href=assets.css />
                <link rel="modulepreload" href=assets.js nonce=nonce.clone() />
                <link rel="preload" href=assets.wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous" />
                <link rel="icon" href=FAVICON />
                <script type="module" nonce=nonce>{start}</script>
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// The mark of the product, as a data URL, so that no page asks for a file more.
const FAVICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 20 20'%3E%3Cg stroke='%235b54e8' stroke-width='2.6' stroke-linecap='round'%3E%3Cpath d='M2 5h8'/%3E%3Cpath d='M5 10h12'/%3E%3Cpath d='M9 15h9'/%3E%3C/g%3E%3C/svg%3E";
