//! The pages and server functions of `app`, put on routes.

use crate::layers::headers::page_policy;
use crate::{assets, layers};
use api::Backend;
use app::Assets;
use axum::Router;
use axum::response::Response;
use axum::routing::{any, get};
use http::{HeaderValue, StatusCode, header};
use leptos::config::LeptosOptions;
use leptos::nonce::use_nonce;
use leptos::prelude::{expect_context, use_context};
use leptos_axum::{AxumRouteListing, LeptosRoutes, ResponseOptions};
use std::sync::{Arc, OnceLock};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};

/// Made once for the process: while it runs, leptos suppresses every resource of the process (leptos #4773).
fn routes() -> Vec<AxumRouteListing> {
    static ROUTES: OnceLock<Vec<AxumRouteListing>> = OnceLock::new();
    ROUTES.get_or_init(|| leptos_axum::generate_route_list(app::App)).clone()
}

/// The router of everything a browser loads.
pub fn router(backend: Arc<dyn Backend>) -> Router {
    let url = |kind| assets::name(kind).map(|name| format!("/pkg/{name}")).unwrap_or_default();
    let assets = Assets { js: url("js"), wasm: url("wasm"), css: url("css") };
    let options = LeptosOptions::builder().output_name("app").build();
    let context = move || {
        app::provide(Arc::clone(&backend), assets.clone());
        set_policy();
    };
    // Already compressed files and the stream of columns, which is compressed per revision, go through as they are.
    let worth_compressing = DefaultPredicate::new().and(NotForContentType::const_new("application/wasm"));
    Router::new()
        .leptos_routes_with_context(&options, routes(), context.clone(), app::shell)
        .fallback(leptos_axum::render_app_async_with_context(context, app::shell))
        .layer(CompressionLayer::new().compress_when(worth_compressing))
        .route("/pkg/{*path}", get(assets::serve))
        .route("/api/{*path}", any(unknown))
        .route("/favicon.ico", get(|| async { StatusCode::NO_CONTENT }))
        .with_state(options)
}

/// The policy of this page, with this response's nonce.
fn set_policy() {
    if use_context::<ResponseOptions>().is_none() {
        return;
    }
    let nonce = use_nonce().map(|nonce| nonce.to_string()).unwrap_or_default();
    if let Ok(policy) = HeaderValue::from_str(&page_policy(&nonce)) {
        expect_context::<ResponseOptions>().insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// Programs get a problem document where people get a page.
async fn unknown() -> Response {
    layers::problem::of(&api::ApiError::NotFound)
}
