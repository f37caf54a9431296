//! The calls to Rollbar's API.

use super::config::Config;
use super::error::read;
use super::retry::READ;
use super::wire::{Instances, Items};
use crate::http::Api;
use crate::retry::retrying;
use crate::{ConfigError, Failure, secret};
use reqwest::{Method, Url};
use serde::de::DeserializeOwned;
use tokio::time::Instant;

/// How many occurrences a page holds.
pub const PAGE: usize = 100;

/// One project.
pub struct Client {
    /// The connection.
    pub api: Api,
}

impl Client {
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        let token = if config.local { None } else { Some(secret::read(&config.token_env, config.token_file.as_deref(), "Rollbar")?) };
        Ok(Self { api: Api::new(&config.endpoint, "x-rollbar-access-token", token.as_ref(), "Rollbar")? })
    }

    /// The first page of items whose occurrences match; of any status, because a resolved item belongs to the request as well.
    pub async fn items(&self, query: &str, deadline: Instant) -> Result<Items, Failure> {
        let mut url = self.api.url(&["api", "1", "items"]);
        url.query_pairs_mut().append_pair("query", query);
        self.get(url, deadline).await
    }

    /// A page of occurrences, newest first: of one item, or of the whole project. `before` is the last ID of the page before.
    pub async fn instances(&self, item: Option<i64>, before: Option<i64>, deadline: Instant) -> Result<Instances, Failure> {
        let mut url = match item {
            Some(item) => self.api.url(&["api", "1", "item", &item.to_string(), "instances"]),
            None => self.api.url(&["api", "1", "instances"]),
        };
        url.query_pairs_mut().append_pair("limit", &PAGE.to_string());
        if let Some(before) = before {
            url.query_pairs_mut().append_pair("lastId", &before.to_string());
        }
        let page: Instances = self.get(url, deadline).await?;
        self.api.meter.rows(page.instances.len());
        Ok(page)
    }

    async fn get<T: DeserializeOwned>(&self, url: Url, deadline: Instant) -> Result<T, Failure> {
        retrying(READ, deadline, || async { read(&self.api.send(Method::GET, url.clone(), None).await?) }).await
    }
}
