//! Listing traces: `GetTraceSummaries`.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Xray;
use super::error::XrayError;
use super::filter::{self, Expression};
use super::get::Records;
use super::index::{Cursor, Located, Segments, TimeRangeType, Window, microseconds};
use super::summary::summarize;
use super::wire::{answer, request};
use crate::store::Reader;

/// Summaries on one page.
const PAGE: usize = 100;
/// Traces and documents looked at for one page; a page may come out empty and still have a successor.
const MOST_TRACES: usize = 2_000;
const MOST_DOCUMENTS: usize = 50_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    start_time: f64,
    end_time: f64,
    time_range_type: Option<String>,
    filter_expression: Option<String>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    trace_summaries: Vec<Value>,
    approximate_time: f64,
    traces_processed_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// `POST /TraceSummaries`.
pub async fn get_trace_summaries(State(xray): State<Xray>, headers: HeaderMap, body: Body) -> Result<Response, XrayError> {
    let body = crate::body::read(&headers, body).await?;
    let request: Request = request(&body)?;
    if request.end_time <= request.start_time {
        return Err(XrayError::InvalidRequest("EndTime must be later than StartTime.".to_owned()));
    }
    let kind = match request.time_range_type.as_deref() {
        None | Some("TraceId") => TimeRangeType::TraceId,
        Some("Event") => TimeRangeType::Event,
        Some("Service") => TimeRangeType::Service,
        Some(_) => return Err(XrayError::InvalidRequest("TimeRangeType must be TraceId, Event or Service.".to_owned())),
    };
    let expression = request.filter_expression.as_deref().map(filter::parse).transpose();
    let search = Search {
        window: Window { start_us: microseconds(request.start_time), end_us: microseconds(request.end_time), kind },
        start_time: request.start_time,
        expression: expression.map_err(|error| XrayError::InvalidRequest(error.to_string()))?,
        after: request.next_token.as_deref().map(read_token).transpose()?,
    };
    let (segments, reader) = (std::sync::Arc::clone(&xray.segments), xray.store.reader());
    let page = tokio::task::spawn_blocking(move || search.page(&segments, &reader)).await.map_err(|_| XrayError::Stopped)??;
    answer(&page)
}

struct Search {
    window: Window,
    start_time: f64,
    expression: Option<Expression>,
    after: Option<Cursor>,
}

impl Search {
    fn page(mut self, segments: &Segments, reader: &Reader) -> Result<Answer, XrayError> {
        let mut page =
            Answer { trace_summaries: Vec::new(), approximate_time: self.start_time, traces_processed_count: 0, next_token: None };
        let mut opened = 0;
        loop {
            let chunk = segments.list(self.window, self.after, PAGE);
            let is_last = chunk.len() < PAGE;
            let located: Vec<(Cursor, Vec<Located>)> = chunk.into_iter().map(|cursor| (cursor, segments.documents(cursor.1))).collect();
            for (cursor, documents) in located {
                if page.trace_summaries.len() >= PAGE || page.traces_processed_count >= MOST_TRACES || opened >= MOST_DOCUMENTS {
                    return Ok(self.unfinished(page));
                }
                opened += documents.len();
                page.traces_processed_count += 1;
                self.after = Some(cursor);
                self.add(cursor.1, &documents, reader, &mut page)?;
            }
            if is_last {
                return Ok(page);
            }
        }
    }

    fn add(&self, id: u128, documents: &[Located], reader: &Reader, page: &mut Answer) -> Result<(), XrayError> {
        let records = Records::read(reader, documents)?;
        let stored = records.stored(documents);
        if stored.is_empty() {
            return Ok(());
        }
        let summary = summarize(id, &stored);
        if self.expression.as_ref().is_none_or(|expression| expression.matches(&summary)) {
            page.trace_summaries.push(summary.to_json()?);
        }
        Ok(())
    }

    fn unfinished(&self, mut page: Answer) -> Answer {
        if let Some((start_us, id)) = self.after {
            page.approximate_time = (start_us as f64 / 1e6).max(self.start_time);
            page.next_token = Some(format!("{:016x}{id:032x}", start_us.cast_unsigned()));
        }
        page
    }
}

fn read_token(token: &str) -> Result<Cursor, XrayError> {
    let parts = token.split_at_checked(16).filter(|(start, id)| id.len() == 32 && !start.starts_with('+') && !id.starts_with('+'));
    parts
        .and_then(|(start, id)| Some((u64::from_str_radix(start, 16).ok()?.cast_signed(), u128::from_str_radix(id, 16).ok()?)))
        .ok_or_else(|| XrayError::InvalidRequest("The NextToken is not valid.".to_owned()))
}
