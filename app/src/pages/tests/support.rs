//! A backend that answers what it is told, and the real router before it.

use crate::{App, Assets, provide, shell};
use api::{ApiError, Backend, ListQuery, RequestList, Snapshot, SourcesReport, TimelineQuery, Wait};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, header};
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use http_body_util::BodyExt;
use leptos_axum::{AxumRouteListing, LeptosRoutes, generate_route_list};
use model::TraceId;
use std::sync::{Arc, Mutex, OnceLock};
use tower::ServiceExt;

/// What to answer, and what was asked.
pub struct Told {
    pub list: Result<RequestList, ApiError>,
    pub sources: Result<SourcesReport, ApiError>,
    pub asked: Mutex<Vec<ListQuery>>,
}

impl Default for Told {
    fn default() -> Self {
        Self { list: Ok(RequestList::default()), sources: Ok(SourcesReport::default()), asked: Mutex::default() }
    }
}

impl Backend for Told {
    fn open(&self, _: TimelineQuery, _: Wait) -> BoxFuture<'static, Result<Arc<Snapshot>, ApiError>> {
        Box::pin(async { Err(ApiError::NotFound) })
    }

    fn revisions(&self, _: TimelineQuery) -> BoxStream<'static, Result<Arc<Snapshot>, ApiError>> {
        Box::pin(futures::stream::empty())
    }

    fn snapshot(&self, _: TraceId, _: u32) -> Result<Arc<Snapshot>, ApiError> {
        Err(ApiError::Gone)
    }

    fn list(&self, query: ListQuery) -> BoxFuture<'static, Result<RequestList, ApiError>> {
        self.asked.lock().unwrap().push(query);
        let answer = self.list.clone();
        Box::pin(async move {
            // As in life, the answer comes later and on whatever thread.
            tokio::task::yield_now().await;
            answer
        })
    }

    fn sources(&self) -> BoxFuture<'static, Result<SourcesReport, ApiError>> {
        let answer = self.sources.clone();
        Box::pin(async move { answer })
    }

    fn remove_sample_data(&self) -> BoxFuture<'static, Result<u64, ApiError>> {
        Box::pin(async { Ok(12) })
    }
}

/// Listing the routes suppresses resources in the whole process while it runs, so it runs once.
fn routes() -> Vec<AxumRouteListing> {
    static ROUTES: OnceLock<Vec<AxumRouteListing>> = OnceLock::new();
    ROUTES.get_or_init(|| generate_route_list(App)).clone()
}

/// The answer to one request.
pub async fn answer(told: Arc<Told>, request: Request<Body>) -> Response<Body> {
    let assets = Assets { js: "/pkg/app.1.js".into(), wasm: "/pkg/app.2.wasm".into(), css: "/pkg/app.3.css".into() };
    let context = move || provide(told.clone(), assets.clone());
    let options = leptos::config::LeptosOptions::builder().output_name("app").build();
    let pages = leptos_axum::render_app_async_with_context(context.clone(), shell);
    let router = Router::<leptos::config::LeptosOptions>::new()
        .leptos_routes_with_context(&options, routes(), context, shell)
        .fallback(pages)
        .with_state(options);
    router.oneshot(request).await.unwrap()
}

/// A page: its status, its `Location`, and its text.
pub struct Got {
    pub status: u16,
    pub location: Option<String>,
    pub html: String,
}

/// Gets `path` as a browser would.
pub async fn get(told: Told, path: &str) -> Got {
    get_from(Arc::new(told), path).await
}

/// Gets `path` as a script would.
pub async fn get_json(told: Told, path: &str) -> Got {
    let request = Request::get(path).header(header::ACCEPT, "application/json").body(Body::empty()).unwrap();
    read(answer(Arc::new(told), request).await).await
}

/// [`get`], when the test wants to see afterwards what was asked.
pub async fn get_from(told: Arc<Told>, path: &str) -> Got {
    let request = Request::get(path).header(header::ACCEPT, "text/html").body(Body::empty()).unwrap();
    read(answer(told, request).await).await
}

/// Posts an empty form as a browser would.
pub async fn post(told: Told, path: &str) -> Got {
    let request = Request::post(path)
        .header(header::ACCEPT, "text/html")
        .header(header::REFERER, "http://127.0.0.1:3000/sources")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::empty())
        .unwrap();
    read(answer(Arc::new(told), request).await).await
}

async fn read(response: Response<Body>) -> Got {
    let status = response.status().as_u16();
    let location = response.headers().get(header::LOCATION).map(|location| location.to_str().unwrap().to_owned());
    let body = response.into_body().collect().await.unwrap().to_bytes();
    // Markers between texts, which nobody sees.
    let html = String::from_utf8(body.to_vec()).unwrap().replace("<!>", "");
    Got { status, location, html }
}
