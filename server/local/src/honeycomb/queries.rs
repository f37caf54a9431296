//! `POST` and `GET /1/queries/{dataset}`: specifications. The same specification has the same ID.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::{Path, Request, State};
use serde_json::{Map, Value};

use super::Honeycomb;
use super::datasets::ALL;
use super::error::{Detail, Failure};
use super::spec::Spec;
use crate::body;
use crate::events::slug;
use crate::ids;

/// Specifications that are remembered; the oldest go first.
const MAX_QUERIES: usize = 1_000;
/// Longest specification.
const MAX_SPEC_BYTES: usize = 256 * 1024;

/// A specification that was created.
pub struct Created {
    /// Slug; `None` for the whole environment.
    pub dataset: Option<String>,
    /// As it was sent, with its ID.
    pub json: Value,
    /// As it was understood.
    pub spec: Arc<Spec>,
}

/// The specifications that were created.
#[derive(Default)]
pub struct Queries(Mutex<Known>);

#[derive(Default)]
struct Known {
    by_id: HashMap<String, Arc<Created>>,
    oldest_first: VecDeque<String>,
}

impl Queries {
    fn add(&self, id: &str, created: Created) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.by_id.insert(id.to_owned(), Arc::new(created)).is_none() {
            known.oldest_first.push_back(id.to_owned());
        }
        while known.by_id.len() > MAX_QUERIES {
            let Some(oldest) = known.oldest_first.pop_front() else { break };
            known.by_id.remove(&oldest);
        }
    }

    /// The specification of this ID and dataset.
    pub fn get(&self, id: &str, dataset: Option<&str>) -> Option<Arc<Created>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.by_id.get(id).filter(|created| created.dataset.as_deref() == dataset).cloned()
    }
}

impl Honeycomb {
    /// The slug of a dataset that exists, `None` for the whole environment.
    pub fn dataset(&self, name: &str) -> Result<Option<String>, Failure> {
        if name == ALL {
            return Ok(None);
        }
        let slug = slug(name);
        let exists = self.index.datasets(|datasets| datasets.get(&slug).is_some());
        if exists { Ok(Some(slug)) } else { Err(Failure::not_found("dataset")) }
    }
}

/// The object in a request's body.
pub async fn object(request: Request) -> Result<Map<String, Value>, Failure> {
    let (parts, body) = request.into_parts();
    let bytes = body::read(&parts.headers, body).await?;
    if bytes.len() > MAX_SPEC_BYTES {
        return Err(Failure::bad_request("Request body is too large."));
    }
    serde_json::from_slice(&bytes).map_err(|_| Failure::malformed())
}

/// `POST /1/queries/{dataset|__all__}`
pub async fn create(State(honeycomb): State<Arc<Honeycomb>>, Path(name): Path<String>, request: Request) -> Result<Json<Value>, Failure> {
    let dataset = honeycomb.dataset(&name)?;
    let mut json = object(request).await?;
    if json.remove("id").is_some_and(|id| !id.is_null()) {
        return Err(Failure::Validation(vec![Detail::invalid("id", "is given by the server")]));
    }
    let spec = Spec::read(&json).map_err(Failure::Validation)?;
    let id = ids::short_hash(&[dataset.as_deref().unwrap_or(ALL), &Value::Object(json.clone()).to_string()]);
    json.insert("id".into(), id.as_str().into());
    let json = Value::Object(json);
    honeycomb.queries.add(&id, Created { dataset, json: json.clone(), spec: Arc::new(spec) });
    Ok(Json(json))
}

/// `GET /1/queries/{dataset|__all__}/{id}`
pub async fn read(State(honeycomb): State<Arc<Honeycomb>>, Path((name, id)): Path<(String, String)>) -> Result<Json<Value>, Failure> {
    let dataset = honeycomb.dataset(&name)?;
    let created = honeycomb.queries.get(&id, dataset.as_deref()).ok_or_else(|| Failure::not_found("query"))?;
    Ok(Json(created.json.clone()))
}
