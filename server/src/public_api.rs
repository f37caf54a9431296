//! The public JSON, as `api::json` shapes it, and what orchestrators ask.

use crate::layers::problem;
use api::{ApiError, Backend, ListParameters, ListQuery, TimelineQuery, Wait};
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use engine::{Clock, SystemClock};
use http::{StatusCode, header};
use model::{TraceId, UnixNs};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

/// The longest a caller may ask to wait.
const LONGEST_WAIT_MS: u64 = 60_000;

/// What the routes need.
#[derive(Clone)]
pub struct Public {
    /// Finds things.
    pub backend: Arc<dyn Backend>,
    /// Prometheus text.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
}

/// The router of `/api/v1`, `/healthz`, `/readyz` and `/metrics`.
pub fn router(public: Public) -> Router {
    Router::new()
        .route("/api/v1/requests", get(list))
        .route("/api/v1/requests/{id}", get(request))
        .route("/api/v1/sources", get(sources))
        .route("/api/v1/openapi.json", get(|| async { json(&api::json::openapi()) }))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(|| async { "ready\n" }))
        .route("/metrics", get(metrics))
        .with_state(public)
}

#[derive(Debug, Deserialize)]
struct RequestParameters {
    /// Milliseconds after which "searching" verdicts are answered.
    wait: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

async fn list(
    State(public): State<Public>,
    parameters: Result<Query<ListParameters>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let query = match parameters {
        Ok(Query(parameters)) => ListQuery::parse(&parameters, now()),
        Err(rejection) => Err(unreadable(&rejection)),
    };
    match query {
        Ok(query) => answer(public.backend.list(query).await.map(|list| json(&api::json::list(&list)))),
        Err(error) => problem::of(&error),
    }
}

async fn request(
    State(public): State<Public>,
    Path(id): Path<String>,
    parameters: Result<Query<RequestParameters>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let (id, as_text) = match id.strip_suffix(".txt") {
        Some(id) => (id, true),
        None => (id.as_str(), false),
    };
    let asked = parameters.map_err(|rejection| unreadable(&rejection)).and_then(|Query(parameters)| understand(id, &parameters));
    let (query, wait) = match asked {
        Ok(asked) => asked,
        Err(error) => return problem::of(&error),
    };
    answer(public.backend.open(query, wait).await.map(|snapshot| {
        let request = &snapshot.request;
        let status =
            if request.is_empty() && request.ended() && nothing_anywhere(request) { StatusCode::NOT_FOUND } else { StatusCode::OK };
        if as_text {
            (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], api::json::text(request)).into_response()
        } else {
            (status, json(&api::json::timeline(request))).into_response()
        }
    }))
}

/// Every source searched to its end and found nothing. A source that failed may hold it, so the answer is then 200 with its verdict.
fn nothing_anywhere(request: &model::Request) -> bool {
    request.verdicts.iter().all(|verdict| matches!(verdict.state, model::State::Empty | model::State::NotSearched))
}

async fn sources(State(public): State<Public>) -> Response {
    answer(public.backend.sources().await.map(|report| json(&api::json::sources(&report))))
}

async fn metrics(State(public): State<Public>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], (public.metrics)()).into_response()
}

fn understand(id: &str, parameters: &RequestParameters) -> Result<(TimelineQuery, Wait), ApiError> {
    let id = TraceId::recognise(id).ok_or(ApiError::UnrecognisedId)?;
    let from = api::list::moment(parameters.from.as_deref(), "from", now())?;
    let to = api::list::moment(parameters.to.as_deref(), "to", now())?;
    let range = match (from, to) {
        (Some(from), Some(to)) if from < to => Some(model::TimeRange { from, to }),
        (Some(_), Some(_)) => {
            return Err(ApiError::BadParameter { parameter: "from".to_owned(), message: "it is not before `to`; swap the two".to_owned() });
        }
        _ => None,
    };
    let wait = match parameters.wait.as_deref() {
        None => Wait::Ended,
        Some(text) => {
            let unreadable =
                |_| ApiError::BadParameter { parameter: "wait".to_owned(), message: "write a whole number of milliseconds".to_owned() };
            Wait::AtMost(Duration::from_millis(text.parse::<u64>().map_err(unreadable)?.min(LONGEST_WAIT_MS)))
        }
    };
    Ok((TimelineQuery { id, range }, wait))
}

fn answer(result: Result<impl IntoResponse, ApiError>) -> Response {
    match result {
        Ok(response) => response.into_response(),
        Err(error) => problem::of(&error),
    }
}

fn unreadable(rejection: &axum::extract::rejection::QueryRejection) -> ApiError {
    ApiError::BadParameter { parameter: "query".to_owned(), message: rejection.body_text() }
}

fn json(value: &impl serde::Serialize) -> Response {
    match serde_json::to_string(value) {
        Ok(text) => ([(header::CONTENT_TYPE, "application/json")], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written as JSON");
            problem::of(&ApiError::Internal)
        }
    }
}

fn now() -> UnixNs {
    SystemClock.now()
}
