//! `POST` and `GET /1/query_results/{dataset}`: running a query and fetching its rows.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, LOCATION};
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};
use tokio::sync::{Semaphore, watch};

use super::Honeycomb;
use super::datasets::ALL;
use super::error::{Detail, Failure};
use super::queries::object;
use super::run::Task;
use crate::ids;
use crate::store::now_ms;

/// Most rows of a result without a series.
const MAX_ROWS: i64 = 10_000;
/// Queries that run at the same time; more wait.
const MAX_RUNNING: usize = 4;
/// Results that are remembered, and their bytes; the oldest go first.
const MAX_RESULTS: usize = 256;
const MAX_RESULT_BYTES: usize = 16 * 1024 * 1024;
/// A look at a result that is not ready waits this long for it: most queries take milliseconds.
const LOOK: Duration = Duration::from_secs(1);

type Outcome = watch::Receiver<Option<Bytes>>;

struct Known {
    id: String,
    dataset: Option<String>,
    query: Value,
    /// The members of the answer that the run adds, as JSON without the opening brace.
    outcome: Outcome,
}

/// The results that are remembered, oldest first, and who may run now.
pub struct Results {
    known: Mutex<VecDeque<Arc<Known>>>,
    running: Arc<Semaphore>,
}

impl Default for Results {
    fn default() -> Self {
        Self { known: Mutex::default(), running: Arc::new(Semaphore::new(MAX_RUNNING)) }
    }
}

impl Results {
    fn add(&self, result: Arc<Known>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.push_back(result);
        let size = |result: &Arc<Known>| result.outcome.borrow().as_ref().map_or(0, Bytes::len);
        let mut bytes: usize = known.iter().map(size).sum();
        while known.len() > MAX_RESULTS || (bytes > MAX_RESULT_BYTES && known.len() > 1) {
            let Some(oldest) = known.pop_front() else { break };
            bytes -= size(&oldest);
        }
    }

    fn get(&self, id: &str, dataset: Option<&str>) -> Option<Arc<Known>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|result| result.id == id && result.dataset.as_deref() == dataset).cloned()
    }
}

/// `POST /1/query_results/{dataset|__all__}`
pub async fn create(
    State(honeycomb): State<Arc<Honeycomb>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Failure> {
    let dataset = honeycomb.dataset(&name)?;
    let asked = object(request).await?;
    let Some(query_id) = asked.get("query_id").and_then(Value::as_str) else {
        return Err(Failure::Validation(vec![Detail::missing("query_id")]));
    };
    let created = honeycomb.queries.get(query_id, dataset.as_deref()).ok_or_else(|| Failure::not_found("query"))?;
    let disable_series = asked.get("disable_series").and_then(Value::as_bool).unwrap_or(false);
    let limit = limit(&asked, disable_series)?.unwrap_or(created.spec.limit);
    let task = Task {
        reader: honeycomb.store.reader(),
        index: Arc::clone(&honeycomb.index),
        spec: Arc::clone(&created.spec),
        dataset: dataset.clone(),
        limit,
        with_series: !disable_series,
        now_s: now_ms() / 1000,
    };
    let mut query = created.json.clone();
    if let Some(query) = query.as_object_mut() {
        query.insert("limit".into(), limit.into());
    }
    honeycomb.answered.fetch_add(1, Ordering::Relaxed);
    let (sender, outcome) = watch::channel(None);
    let running = Arc::clone(&honeycomb.results.running);
    tokio::spawn(async move {
        let permit = running.acquire_owned().await;
        let ran = tokio::task::spawn_blocking(move || {
            let body = match task.run() {
                Ok(data) => json!({"data": data}),
                Err(error) => json!({"error": error.to_string()}),
            };
            Bytes::from(body.to_string())
        });
        let body = ran.await.unwrap_or_else(|_| Bytes::from_static(b"{\"error\":\"the query could not be run\"}"));
        drop(permit);
        // Nobody may be waiting any more.
        let _ = sender.send(Some(body));
    });
    let id = new_id(query_id);
    let result = Arc::new(Known { id, dataset, query, outcome });
    honeycomb.results.add(Arc::clone(&result));
    let url = result.url(&headers);
    let body = json!({"id": result.id, "complete": false, "query": result.query, "links": {"query_url": url}});
    Ok((StatusCode::CREATED, [(CONTENT_TYPE, "application/json"), (LOCATION, url.as_str())], body.to_string()).into_response())
}

fn limit(asked: &Map<String, Value>, disable_series: bool) -> Result<Option<usize>, Failure> {
    match asked.get("limit").filter(|limit| !limit.is_null()).map(Value::as_i64) {
        None => Ok(None),
        // The vendor honours the limit of a result only if it has no series.
        Some(Some(limit)) if (1..=MAX_ROWS).contains(&limit) => Ok(usize::try_from(limit).ok().filter(|_| disable_series)),
        Some(_) => Err(Failure::Validation(vec![Detail::invalid("limit", "must be between 1 and 10000")])),
    }
}

fn new_id(query_id: &str) -> String {
    let mut random = [0; 8];
    // Without a source of randomness the time still tells results apart.
    let _ = getrandom::fill(&mut random);
    ids::short_hash(&[query_id, &ids::hex(&random), &now_ms().to_string()])
}

impl Known {
    fn url(&self, headers: &HeaderMap) -> String {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1:4318");
        format!("http://{host}/1/query_results/{}/{}", self.dataset.as_deref().unwrap_or(ALL), self.id)
    }
}

/// `GET /1/query_results/{dataset|__all__}/{id}`
pub async fn read(
    State(honeycomb): State<Arc<Honeycomb>>,
    Path((name, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let dataset = honeycomb.dataset(&name)?;
    let result = honeycomb.results.get(&id, dataset.as_deref()).ok_or_else(|| Failure::not_found("query result"))?;
    let mut outcome = result.outcome.clone();
    let ready = tokio::time::timeout(LOOK, outcome.wait_for(Option::is_some)).await;
    let ready = ready.ok().and_then(|outcome| outcome.ok().and_then(|outcome| outcome.clone()));
    let head = json!({"id": result.id, "complete": ready.is_some(), "query": result.query, "links": {"query_url": result.url(&headers)}});
    let mut body = head.to_string().into_bytes();
    if let Some(ready) = &ready {
        // Both are objects: the second's members go on where the first's end.
        body.pop();
        body.push(b',');
        body.extend_from_slice(ready.strip_prefix(b"{").unwrap_or(ready));
    }
    Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
}
