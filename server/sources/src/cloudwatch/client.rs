//! The calls to CloudWatch Logs.

use super::config::Config;
use super::error::failure;
use super::retry::READ;
use crate::meter::Meter;
use crate::retry::retrying;
use crate::{ConfigError, Failure, aws};
use aws_sdk_cloudwatchlogs::Client as Sdk;
use aws_sdk_cloudwatchlogs::types::{FilteredLogEvent, OrderBy};
use futures::StreamExt;
use model::TimeRange;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How many groups of an account are looked at to find the most recently written.
const LISTED: usize = 200;
/// How long the list of an account's groups is believed.
const TTL: Duration = Duration::from_mins(5);

/// One account and region.
pub struct Client {
    sdk: Sdk,
    /// What was asked and received so far.
    pub meter: Arc<Meter>,
    /// Where it is asked.
    pub endpoint: String,
    local: bool,
    recent: Mutex<Option<(Instant, Groups)>>,
}

/// The log groups of an account.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    /// Most recently written first, as far as that is known.
    pub names: Vec<String>,
    /// There are more than were listed.
    pub more: bool,
}

/// One page of `FilterLogEvents`.
pub struct Page {
    pub events: Vec<FilteredLogEvent>,
    pub next: Option<String>,
}

impl Client {
    pub async fn new(config: &Config) -> Result<Self, ConfigError> {
        let meter = Arc::default();
        let shared = aws::load(&config.account(), &meter, "CloudWatch Logs").await?;
        let region = shared.region().map_or_else(|| "us-east-1".to_owned(), ToString::to_string);
        let mut builder = aws_sdk_cloudwatchlogs::config::Builder::from(&shared);
        builder.set_endpoint_url(config.endpoint.clone());
        let endpoint = config.endpoint.clone().unwrap_or_else(|| format!("https://logs.{region}.amazonaws.com"));
        Ok(Self { sdk: Sdk::from_conf(builder.build()), meter, endpoint, local: config.local, recent: Mutex::default() })
    }

    /// The account's groups, most recently written first; of the local services all, in their own order.
    pub async fn groups(&self, deadline: Instant) -> Result<Groups, Failure> {
        let known = self.recent.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((listed, groups)) = known
            && !self.local
            && listed.elapsed() < TTL
        {
            return Ok(groups);
        }
        let mut groups = self.list(deadline).await?;
        if !self.local {
            // Groups do not say when they were written to, only their streams do.
            let written = futures::stream::iter(groups.names).map(|name| async { (self.last_written(&name, deadline).await, name) });
            let mut written: Vec<_> = written.buffer_unordered(5).collect().await;
            written.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
            groups.names = written.into_iter().map(|(_, name)| name).collect();
            *self.recent.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), groups.clone()));
        }
        Ok(groups)
    }

    async fn list(&self, deadline: Instant) -> Result<Groups, Failure> {
        let mut groups = Groups::default();
        let limit = if self.local { 5_000 } else { LISTED };
        let mut token: Option<String> = None;
        loop {
            let page = retrying(READ, deadline, || async {
                let request = self.sdk.describe_log_groups().limit(50).set_next_token(token.clone());
                request.send().await.map_err(|error| failure(&error))
            })
            .await?;
            groups.names.extend(page.log_groups().iter().filter_map(|group| group.log_group_name()).map(str::to_owned));
            let next = page.next_token().map(str::to_owned);
            if next.is_none() || next == token {
                return Ok(groups);
            }
            if groups.names.len() >= limit {
                groups.more = true;
                return Ok(groups);
            }
            token = next;
        }
    }

    /// `None` if it was never written to, or cannot be asked: then it sorts last.
    async fn last_written(&self, group: &str, deadline: Instant) -> Option<i64> {
        let answer = retrying(READ, deadline, || async {
            let request = self.sdk.describe_log_streams().log_group_name(group).order_by(OrderBy::LastEventTime);
            request.descending(true).limit(1).send().await.map_err(|error| failure(&error))
        });
        answer.await.ok()?.log_streams().first()?.last_event_timestamp()
    }

    /// One page of the lines of a group that match.
    pub async fn filter(
        &self,
        group: &str,
        pattern: &str,
        range: Option<TimeRange>,
        token: Option<&str>,
        deadline: Instant,
    ) -> Result<Page, Failure> {
        let page = retrying(READ, deadline, || async {
            let request = self.sdk.filter_log_events().filter_pattern(pattern).set_next_token(token.map(str::to_owned));
            // A group of another account is named by its ARN.
            let request = if group.starts_with("arn:") { request.log_group_identifier(group) } else { request.log_group_name(group) };
            let request = request.set_start_time(range.map(|range| range.from.as_ms().max(0)));
            request.set_end_time(range.map(|range| range.to.as_ms().max(0))).send().await.map_err(|error| failure(&error))
        })
        .await?;
        self.meter.rows(page.events().len());
        Ok(Page { next: page.next_token().map(str::to_owned), events: page.events.unwrap_or_default() })
    }
}
