//! The calls to Honeycomb's API.

use super::config::Config;
use super::error::{Call, read};
use super::retry::{READ, poll_pause};
use super::wire::{Auth, Column, Created, Query, QueryResult};
use crate::http::Api;
use crate::retry::retrying;
use crate::{ConfigError, Failure, secret};
use reqwest::{Method, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json, json};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::Instant;

/// The most rows that one result returns.
pub const ROW_LIMIT: usize = 10_000;
/// And as many a query may be created with; a run without a series may ask for more.
pub const CREATED_LIMIT: usize = 1_000;
/// How long the columns of an account, and a refusal to run queries, are believed.
const COLUMNS_TTL: Duration = Duration::from_mins(1);
const REFUSAL_TTL: Duration = Duration::from_mins(10);

/// One environment or dataset.
pub struct Client {
    /// The connection.
    pub api: Api,
    dataset: String,
    local: bool,
    auth: OnceCell<Auth>,
    columns: Mutex<Option<(Instant, Arc<Vec<Column>>)>>,
    refused: Mutex<Option<(Instant, Failure)>>,
}

impl Client {
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        let key = if config.local { None } else { Some(secret::read(&config.key_env, config.key_file.as_deref(), "Honeycomb")?) };
        Ok(Self {
            api: Api::new(&config.endpoint, "x-honeycomb-team", key.as_ref(), "Honeycomb")?,
            dataset: config.dataset.clone().unwrap_or_else(|| "__all__".to_owned()),
            local: config.local,
            auth: OnceCell::new(),
            columns: Mutex::default(),
            refused: Mutex::default(),
        })
    }

    /// Whose key it is and what it may do; asked once.
    pub async fn auth(&self, deadline: Instant) -> Result<&Auth, Failure> {
        self.auth.get_or_try_init(|| self.get(self.api.url(&["1", "auth"]), deadline)).await
    }

    /// The columns that exist, most recently written first.
    pub async fn columns(&self, deadline: Instant) -> Result<Arc<Vec<Column>>, Failure> {
        let known = self.columns.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((read_at, columns)) = known
            && !self.local
            && read_at.elapsed() < COLUMNS_TTL
        {
            return Ok(columns);
        }
        let mut columns: Vec<Column> = self.get(self.api.url(&["1", "columns", &self.dataset]), deadline).await?;
        columns.sort_by(|a, b| b.last_written.cmp(&a.last_written).then_with(|| a.key_name.cmp(&b.key_name)));
        let columns = Arc::new(columns);
        *self.columns.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), Arc::clone(&columns)));
        Ok(columns)
    }

    /// Creates a query, runs it and waits for its rows.
    pub async fn query(&self, query: &Query, deadline: Instant) -> Result<Vec<Map<String, Json>>, Failure> {
        if let Some((since, failure)) = &*self.refused.lock().unwrap_or_else(PoisonError::into_inner)
            && since.elapsed() < REFUSAL_TTL
        {
            return Err(failure.clone());
        }
        let created: Created = self.post(self.api.url(&["1", "queries", &self.dataset]), query, Call::Any, deadline).await?;
        // A limit below what a query may be created with is meant; at that ceiling only the run can ask for more.
        let rows = query.limit.filter(|limit| *limit < CREATED_LIMIT).unwrap_or(ROW_LIMIT);
        let run = json!({"query_id": created.id, "disable_series": true, "limit": rows});
        let results = ["1", "query_results", &self.dataset];
        let started: Result<Created, Failure> = self.post(self.api.url(&results), &run, Call::RunQuery, deadline).await;
        if let Err(failure @ Failure::NotEntitled { .. }) = &started {
            *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), failure.clone()));
        }
        let url = self.api.url(&[results[0], results[1], results[2], &started?.id]);
        for look in 0.. {
            if !self.local || look > 0 {
                tokio::time::sleep(poll_pause(self.local, look)).await;
            }
            let result: QueryResult = self.get(url.clone(), deadline).await?;
            if let Some(message) = result.error {
                return Err(Failure::ServerError { status: 200, message });
            }
            if result.complete {
                let rows: Vec<_> = result.data.unwrap_or_default().results.into_iter().map(|row| row.data).collect();
                self.api.meter.rows(rows.len());
                return Ok(rows);
            }
            if Instant::now() >= deadline {
                break;
            }
        }
        Err(Failure::TimedOut)
    }

    /// Forgets that running queries was refused, so that the next query finds out anew.
    pub fn forget_refusal(&self) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    async fn get<T: DeserializeOwned>(&self, url: Url, deadline: Instant) -> Result<T, Failure> {
        retrying(READ, deadline, || async { read(&self.api.send(Method::GET, url.clone(), None).await?, Call::Any) }).await
    }

    async fn post<T: DeserializeOwned>(&self, url: Url, body: &impl Serialize, call: Call, deadline: Instant) -> Result<T, Failure> {
        let body = serde_json::to_vec(body).map_err(|error| Failure::Malformed { detail: error.to_string() })?;
        retrying(READ, deadline, || async { read(&self.api.send(Method::POST, url.clone(), Some(body.clone())).await?, call) }).await
    }
}
