//! The page as a browser receives it, over the real router.

use api::{ApiError, Backend, ListQuery, RequestList, Snapshot, SourcesReport, TimelineQuery, Wait};
use axum::Router;
use axum::body::Body;
use axum::http::{Request as HttpRequest, Response, StatusCode, header};
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use http_body_util::BodyExt;
use leptos_axum::LeptosRoutes;
use model::{Request, Source, State, TraceId, Verdict};
use std::sync::{Arc, OnceLock};
use tower::ServiceExt;

/// Knows one request, and nothing else.
struct One(Request);

impl Backend for One {
    fn open(&self, query: TimelineQuery, _: Wait) -> BoxFuture<'static, Result<Arc<Snapshot>, ApiError>> {
        let mut request = self.0.clone();
        if query.id != request.id {
            let verdicts =
                Source::ALL.map(|source| Verdict { searched: vec!["the group /a".to_owned()], ..Verdict::new(source, State::Empty) });
            request = Request { id: query.id, traces: vec![query.id], verdicts: verdicts.into(), ..model::sample::request() };
            request.spans.clear();
            request.logs.clear();
            request.errors.clear();
        }
        futures::future::ready(Ok(Arc::new(Snapshot { revision: 3, request }))).boxed()
    }

    fn revisions(&self, query: TimelineQuery) -> BoxStream<'static, Result<Arc<Snapshot>, ApiError>> {
        self.open(query, Wait::Ended).into_stream().boxed()
    }

    fn snapshot(&self, id: TraceId, revision: u32) -> Result<Arc<Snapshot>, ApiError> {
        if id == self.0.id && revision == 3 { Ok(Arc::new(Snapshot { revision, request: self.0.clone() })) } else { Err(ApiError::Gone) }
    }

    fn list(&self, _: ListQuery) -> BoxFuture<'static, Result<RequestList, ApiError>> {
        futures::future::ready(Ok(RequestList::default())).boxed()
    }

    fn sources(&self) -> BoxFuture<'static, Result<SourcesReport, ApiError>> {
        futures::future::ready(Ok(SourcesReport::default())).boxed()
    }

    fn remove_sample_data(&self) -> BoxFuture<'static, Result<u64, ApiError>> {
        futures::future::ready(Ok(0)).boxed()
    }
}

/// The router over a backend that knows `request`. The routes are listed once: resources of a page that renders meanwhile would hang.
fn router(request: Request) -> Router {
    static ROUTES: OnceLock<Vec<leptos_axum::AxumRouteListing>> = OnceLock::new();
    let backend: Arc<dyn Backend> = Arc::new(One(request));
    let routes = ROUTES.get_or_init(|| leptos_axum::generate_route_list(crate::App)).clone();
    let options = leptos::config::LeptosOptions::builder().output_name("app").build();
    let context = move || crate::provide(backend.clone(), crate::Assets::default());
    let functions = context.clone();
    Router::new()
        .route("/_fn/{*path}", axum::routing::get(move |request| leptos_axum::handle_server_fns_with_context(functions.clone(), request)))
        .leptos_routes_with_context(&options, routes, context, crate::shell)
        .with_state(options)
}

async fn get(request: Request, path: &str) -> (Response<()>, Vec<u8>) {
    let accept = if path.starts_with("/_fn") { "*/*" } else { "text/html" };
    let wanted = HttpRequest::get(path).header(header::ACCEPT, accept).body(Body::empty()).unwrap();
    let (parts, body) = router(request).oneshot(wanted).await.unwrap().into_parts();
    (Response::from_parts(parts, ()), body.collect().await.unwrap().to_bytes().to_vec())
}

async fn page(request: Request, path: &str) -> (StatusCode, String) {
    let (response, body) = get(request, path).await;
    let html = String::from_utf8(body).unwrap();
    assert!(html.contains("</body></html>"), "{html}");
    (response.status(), html)
}

fn sample() -> Request {
    model::sample::request()
}

#[tokio::test]
async fn the_first_screen_is_in_the_html() {
    let request = sample();
    let (status, html) = page(request.clone(), &format!("/t/{}", request.id)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains(&format!("<title>{} · Throughline</title>", request.id)), "{html}");
    for hook in [
        "role=\"treegrid\"",
        "data-scroller",
        "aria-rowindex=\"1\"",
        "aria-level=\"2\"",
        "aria-expanded=\"true\"",
        "aria-selected=\"true\"",
        "name=\"find\"",
        ">Collapse all<",
        ">Expand all<",
        ">Share<",
        "data-verdict=\"xray\" data-state=\"found\"",
        "data-verdict=\"cloudwatch\" data-state=\"partial\"",
    ] {
        assert!(html.contains(hook), "{hook}\n{html}");
    }
    let rows = html.split("<template").next().unwrap().matches("role=\"row\"").count();
    assert_eq!(rows, request.spans.len() + request.logs.len() + request.errors.len());
    assert!(!html.contains(" style=\""), "an inline style, which the content security policy forbids");
    // Everything of the first screen once, and nothing of it again as data.
    assert_eq!(html.matches("render failed").count(), 3, "the row, its label, and the panel");
}

#[tokio::test]
async fn the_first_cause_is_selected_and_its_panel_open() {
    let request = sample();
    let (_, html) = page(request.clone(), &format!("/t/{}", request.id)).await;
    let panel = html.split("<aside").nth(1).unwrap().split("</aside>").next().unwrap();
    assert!(
        panel.contains("KeyError") && panel.contains("backend/messages.py:41") && panel.contains("message[&#x27;display_name&#x27;]")
            || panel.contains("message['display_name']"),
        "{panel}"
    );
    assert!(panel.contains("https://rollbar.com/cruddur/backend/items/41/occurrences/7"), "{panel}");
}

#[tokio::test]
async fn the_url_says_what_is_selected_hidden_and_collapsed() {
    let request = sample();
    let entry = request.spans[1].id;
    let (_, html) = page(request.clone(), &format!("/t/{}?span={entry}&fold={entry}&hide=logs&v=1", request.id)).await;
    let grid = html.split("role=\"treegrid\"").nth(1).unwrap().split("<template").next().unwrap();
    assert_eq!(grid.matches("role=\"row\"").count(), 3, "the root, the closed entry, the orphan: {grid}");
    let selected = grid.split("role=\"row\"").find(|row| row.contains("aria-selected=\"true\"")).unwrap();
    assert!(selected.contains("aria-expanded=\"false\"") && selected.contains("GET /api/activities/home"), "{selected}");
}

#[tokio::test]
async fn another_spelling_goes_to_the_canonical_one_and_keeps_the_query() {
    let request = sample();
    for (given, query, wanted) in [
        (request.id.xray(), "?find=a%26b", format!("/t/{}?find=a%26b", request.id)),
        (request.id.to_string().to_uppercase(), "", format!("/t/{}", request.id)),
        (format!("{}@53995c3f42cd8ad8", request.id.xray()), "", format!("/t/{}?span=53995c3f42cd8ad8&v=1", request.id)),
        (format!("00-{}-53995c3f42cd8ad8-01", request.id), "", format!("/t/{}?span=53995c3f42cd8ad8&v=1", request.id)),
    ] {
        let (response, _) = get(request.clone(), &format!("/t/{given}{query}")).await;
        assert_eq!(response.status(), StatusCode::TEMPORARY_REDIRECT, "{given}");
        assert_eq!(response.headers()[header::LOCATION], wanted, "{given}");
    }
}

#[tokio::test]
async fn what_is_no_id_is_refused_with_what_would_be_one() {
    let (status, html) = page(sample(), "/t/hello").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(html.contains("32 hex digits"), "{html}");
    let (status, _) = page(sample(), &format!("/t/{}?from=yesterday", sample().id)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_request_nobody_knows_is_404_with_what_was_searched() {
    let (status, html) = page(sample(), "/t/00000000000000000000000000000001").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(
        html.contains("the group /a") && html.contains("data-state=\"empty\"") && html.contains("1-00000000-000000000000000000000001"),
        "{html}"
    );
}

#[tokio::test]
async fn while_sources_search_the_page_says_so() {
    let mut request = sample();
    request.spans.clear();
    request.logs.clear();
    request.errors.clear();
    request.verdicts = Source::ALL.map(Verdict::searching).into();
    let (status, html) = page(request.clone(), &format!("/t/{}", request.id)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("data-state=\"searching\"") && html.contains("class=\"skeleton\""), "{html}");
}

#[tokio::test]
async fn the_list_shows_everything_without_a_script() {
    let request = sample();
    let (status, html) = page(request.clone(), &format!("/t/{}?view=list", request.id)).await;
    assert_eq!(status, StatusCode::OK);
    for span in &request.spans {
        assert!(html.contains(&span.name), "{}", span.name);
    }
    assert!(html.contains("Traceback (most recent call last)") && html.contains("enduser.id") && html.contains("KeyError"), "{html}");
    assert!(!html.contains("http-equiv=\"refresh\""));
    let (_, timeline) = page(request.clone(), &format!("/t/{}?hide=logs", request.id)).await;
    assert!(timeline.contains(&format!("content=\"0; url=/t/{}?view=list&amp;hide=logs&amp;v=1\"", request.id)), "{timeline}");
}

#[tokio::test]
async fn hostile_text_stays_text() {
    let evil = "</title></script><script>alert(1)</script><img src=x onerror=alert(1)>\u{202e}\0";
    let mut request = sample();
    for span in &mut request.spans {
        span.name = evil.to_owned();
        span.service = evil.to_owned();
        span.raw = vec![(Source::Xray, evil.to_owned())];
        for attribute in &mut span.attributes {
            attribute.key = evil.to_owned();
            attribute.value = evil.into();
        }
    }
    for log in &mut request.logs {
        log.body = format!("\n{evil}");
    }
    for error in &mut request.errors {
        error.class = evil.to_owned();
        error.message = evil.to_owned();
        error.url = format!("javascript:alert(1)//{evil}");
        for frame in &mut error.frames {
            frame.code = evil.to_owned();
        }
    }
    for verdict in &mut request.verdicts {
        verdict.why = evil.to_owned();
        verdict.searched = vec![evil.to_owned()];
    }
    for path in [format!("/t/{}", request.id), format!("/t/{}?view=list", request.id)] {
        let (_, html) = page(request.clone(), &path).await;
        for bad in ["<script>alert", "<img src=x", "\u{202e}", "\0", "href=\"javascript:"] {
            assert!(!html.contains(bad), "{bad:?} in {path}");
        }
    }
}

#[tokio::test]
async fn revisions_travel_as_frames_of_head_and_columns() {
    use crate::functions::timeline::frame;
    let request = sample();
    let (response, body) = get(request.clone(), &format!("/_fn/timeline?id={}", request.id)).await;
    assert_eq!(response.status(), StatusCode::OK);
    let mut frames = Vec::new();
    let mut rest = body.as_slice();
    while let Some((header, after)) = rest.split_at_checked(frame::HEADER) {
        let length = u32::from_le_bytes(header[1..].try_into().unwrap()) as usize;
        frames.push((header[0], &after[..length]));
        rest = &after[length..];
    }
    assert!(rest.is_empty());
    assert_eq!(frames.iter().map(|frame| frame.0).collect::<Vec<_>>(), [frame::HEAD, frame::COLUMNS]);
    assert!(std::str::from_utf8(frames[0].1).unwrap().contains("data-live=\"verdicts\""));
    assert_eq!(model::columns::Columns::decode(frames[1].1).unwrap(), model::columns::Columns::of(&request, 3));
}

#[tokio::test]
async fn a_panel_is_fetched_by_row_and_is_gone_with_its_revision() {
    let request = sample();
    let (response, body) = get(request.clone(), &format!("/_fn/detail?id={}&revision=3&kind=span&index=1", request.id)).await;
    assert_eq!(response.status(), StatusCode::OK);
    let html = String::from_utf8(body).unwrap();
    assert!(html.contains("enduser.id") && html.contains("cache miss") && html.contains("Raw document"), "{html}");
    for (query, status) in
        [("revision=2&kind=span&index=1", 410), ("revision=3&kind=span&index=999", 404), ("revision=3&kind=x&index=1", 404)]
    {
        let (response, _) = get(request.clone(), &format!("/_fn/detail?id={}&{query}", request.id)).await;
        assert_eq!(response.status(), status, "{query}");
    }
}

#[test]
fn self_time_leaves_out_overlapping_children_once() {
    let request = sample();
    let load = request.spans.iter().position(|span| span.name == "load activities").unwrap();
    // 310 ms less 92 ms and five times 36 ms, none of which overlap.
    assert_eq!(super::detail::self_time(&request, u32::try_from(load).unwrap()), 38_000_000);
    assert_eq!(super::detail::self_time(&request, 999), 0);
}
