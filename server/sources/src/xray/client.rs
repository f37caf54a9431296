//! The calls to X-Ray.

use super::config::Config;
use super::error::failure;
use super::retry::RETRIEVAL_PAUSE;
use super::wire::Document;
use crate::meter::Meter;
use crate::{ConfigError, Failure, aws};
use aws_sdk_xray::Client as Sdk;
use aws_sdk_xray::types::{RetrievalStatus, TimeRangeType, TraceFormatType, TraceSegmentDestination, TraceSummary};
use aws_smithy_types::DateTime;
use model::{TimeRange, TraceId, UnixNs};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// The most IDs of one `BatchGetTraces`.
pub const BATCH: usize = 5;
/// The most pages of one answer.
const PAGE_LIMIT: usize = 200;

/// One account and region.
pub struct Client {
    sdk: Sdk,
    /// What was asked and received so far.
    pub meter: Arc<Meter>,
    /// Where it is asked.
    pub endpoint: String,
    destination: OnceCell<bool>,
}

/// What was found of some traces.
#[derive(Default)]
pub struct Traces {
    /// The documents by trace.
    pub documents: BTreeMap<TraceId, Vec<Document>>,
    /// Traces that X-Ray itself cut for their size.
    pub cut: Vec<TraceId>,
    /// Documents that could not be read.
    pub unreadable: usize,
    /// IDs that X-Ray does not know, or not yet.
    pub unprocessed: Vec<TraceId>,
}

/// One page of a search.
pub struct Page {
    pub summaries: Vec<TraceSummary>,
    /// Everything newer than this was seen.
    pub seen_from: Option<UnixNs>,
    pub next: Option<String>,
}

impl Client {
    pub async fn new(config: &Config) -> Result<Self, ConfigError> {
        let meter = Arc::default();
        let shared = aws::load(&config.account(), &meter, "X-Ray").await?;
        let region = shared.region().map_or_else(|| "us-east-1".to_owned(), ToString::to_string);
        let mut builder = aws_sdk_xray::config::Builder::from(&shared);
        builder.set_endpoint_url(config.endpoint.clone());
        let endpoint = config.endpoint.clone().unwrap_or_else(|| format!("https://xray.{region}.amazonaws.com"));
        Ok(Self { sdk: Sdk::from_conf(builder.build()), meter, endpoint, destination: OnceCell::new() })
    }

    /// Whether segments go to Transaction Search, where `BatchGetTraces` finds only the indexed share; asked once.
    pub async fn transaction_search(&self) -> Result<bool, Failure> {
        let ask = || async {
            let answer = self.sdk.get_trace_segment_destination().send().await.map_err(|error| failure(&error))?;
            Ok(answer.destination() == Some(&TraceSegmentDestination::CloudWatchLogs))
        };
        self.destination.get_or_try_init(ask).await.copied()
    }

    /// `BatchGetTraces` for at most [`BATCH`] IDs, all pages.
    pub async fn batch_get(&self, ids: &[TraceId]) -> Result<Traces, Failure> {
        let mut traces = Traces::default();
        let mut token: Option<String> = None;
        for _ in 0..PAGE_LIMIT {
            let request = self.sdk.batch_get_traces().set_trace_ids(Some(ids.iter().map(|id| id.xray()).collect()));
            let page = request.set_next_token(token.clone()).send().await.map_err(|error| failure(&error))?;
            for trace in page.traces() {
                let Some(id) = trace.id().and_then(|id| id.parse().ok()) else { continue };
                if trace.limit_exceeded() == Some(true) {
                    traces.cut.push(id);
                }
                traces.add(id, trace.segments().iter().filter_map(|segment| segment.document()));
            }
            traces.unprocessed.extend(page.unprocessed_trace_ids().iter().filter_map(|id| id.parse::<TraceId>().ok()));
            let next = page.next_token().map(str::to_owned);
            if next.is_none() || next == token {
                break;
            }
            token = next;
        }
        self.meter.billed(traces.documents.len() as u64);
        self.meter.rows(traces.documents.values().map(Vec::len).sum());
        Ok(traces)
    }

    /// The traces as Transaction Search holds them, in X-Ray's own format. Scans a log group, so it is asked only where nothing else finds them.
    pub async fn retrieve(&self, ids: &[TraceId], range: TimeRange) -> Result<Traces, Failure> {
        let request = self.sdk.start_trace_retrieval().set_trace_ids(Some(ids.iter().map(|id| id.xray()).collect()));
        let started = request.start_time(moment(range.from)).end_time(moment(range.to)).send().await.map_err(|error| failure(&error))?;
        let retrieval = started.retrieval_token().unwrap_or_default().to_owned();
        let mut traces = Traces::default();
        let mut token: Option<String> = None;
        for _ in 0..PAGE_LIMIT {
            let request = self.sdk.list_retrieved_traces().retrieval_token(&retrieval).trace_format(TraceFormatType::Xray);
            let page = request.set_next_token(token.clone()).send().await.map_err(|error| failure(&error))?;
            match page.retrieval_status() {
                Some(RetrievalStatus::Complete) => {}
                Some(RetrievalStatus::Failed | RetrievalStatus::Cancelled | RetrievalStatus::Timeout) => {
                    let status = page.retrieval_status().map(RetrievalStatus::as_str).unwrap_or_default();
                    return Err(Failure::ServerError {
                        status: 200,
                        message: format!("the retrieval from Transaction Search ended as {status}"),
                    });
                }
                _ => {
                    tokio::time::sleep(RETRIEVAL_PAUSE).await;
                    continue;
                }
            }
            for trace in page.traces() {
                let Some(id) = trace.id().and_then(|id| id.parse().ok()) else { continue };
                traces.add(id, trace.spans().iter().filter_map(|span| span.document()));
            }
            let next = page.next_token().map(str::to_owned);
            if next.is_none() || next == token {
                break;
            }
            token = next;
        }
        Ok(traces)
    }

    /// One page of `GetTraceSummaries` by the time of events, newest first.
    pub async fn summaries(&self, range: TimeRange, filter: Option<&str>, token: Option<String>) -> Result<Page, Failure> {
        let request = self.sdk.get_trace_summaries().time_range_type(TimeRangeType::Event).sampling(false);
        let request = request.start_time(moment(range.from)).end_time(moment(range.to));
        let request = request.set_filter_expression(filter.map(str::to_owned)).set_next_token(token);
        let page = request.send().await.map_err(|error| failure(&error))?;
        self.meter.billed(u64::try_from(page.traces_processed_count().unwrap_or_default()).unwrap_or_default());
        self.meter.rows(page.trace_summaries().len());
        Ok(Page {
            seen_from: page.approximate_time().and_then(|time| UnixNs::from_float_seconds(time.as_secs_f64())),
            next: page.next_token().map(str::to_owned),
            summaries: page.trace_summaries.unwrap_or_default(),
        })
    }
}

impl Traces {
    fn add<'a>(&mut self, id: TraceId, texts: impl Iterator<Item = &'a str>) {
        let documents = self.documents.entry(id).or_default();
        for text in texts {
            match Document::parse(text) {
                Some(document) => documents.push(document),
                None => self.unreadable += 1,
            }
        }
    }
}

fn moment(time: UnixNs) -> DateTime {
    DateTime::from_millis(time.as_ms())
}
