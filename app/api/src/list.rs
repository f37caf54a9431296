//! Asking for recent requests.

use crate::ApiError;
use model::{Counts, SourceSet, Status, TimeRange, TraceId, UnixNs, Verdict};
use serde::{Deserialize, Serialize};

/// The parameters of `/` and `/api/v1/requests` as they stand in the URL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListParameters {
    /// RFC 3339, or relative as `-1h` (s, m, h, d).
    pub from: Option<String>,
    /// The same; absent means now.
    pub to: Option<String>,
    /// Text to be found in name or service.
    pub q: Option<String>,
    /// Exactly this service.
    pub service: Option<String>,
    /// `ok`, `error`, `throttle`, `fault` or `unset`.
    pub status: Option<String>,
    /// At least so long, in ms.
    pub min_duration_ms: Option<String>,
    /// How many at most: 1 to 500, 50 unless told.
    pub limit: Option<String>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// [`ListParameters`], understood.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ListQuery {
    /// When.
    pub range: TimeRange,
    /// Text to be found in name or service, in any letter case.
    pub text: Option<String>,
    /// Exactly this service.
    pub service: Option<String>,
    /// Exactly this status.
    pub status: Option<Status>,
    /// At least so long, in ns.
    pub min_duration_ns: Option<i64>,
    /// How many at most.
    pub limit: usize,
    /// Opaque: where the page before ended.
    pub cursor: Option<String>,
}

/// A page of requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RequestList {
    /// Newest first.
    pub requests: Vec<RequestSummary>,
    /// For the next page; `None` at the end.
    pub next_cursor: Option<String>,
    /// One for each source.
    pub verdicts: Vec<Verdict>,
    /// Requests by time over the range; `None` where the sources could not count all of it.
    pub volume: Option<Volume>,
}

/// Requests by time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// The start of the first bucket.
    pub start: UnixNs,
    /// The width of a bucket, in ns.
    pub bucket_ns: i64,
    /// For each bucket: all, faults among them, throttles among them.
    pub buckets: Vec<(u32, u32, u32)>,
}

/// One row of the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestSummary {
    /// The ID under which it is opened.
    pub id: TraceId,
    /// When it began.
    pub start: UnixNs,
    /// How long it took, in ns; `None` if nobody says.
    pub duration_ns: Option<i64>,
    /// The service it entered.
    pub service: String,
    /// The operation, such as `GET /api/activities/home`.
    pub name: String,
    /// How it ended.
    pub status: Status,
    /// The HTTP status, if known.
    pub http_status: Option<u16>,
    /// Who is known to know it. Others may: nobody asked them.
    pub sources: SourceSet,
    /// `None` for what nobody counted.
    pub counts: Counts,
    /// Sample traffic.
    pub demo: bool,
}

impl ListQuery {
    /// Understands the parameters; `now` resolves relative times.
    pub fn parse(parameters: &ListParameters, now: UnixNs) -> Result<Self, ApiError> {
        let to = moment(parameters.to.as_deref(), "to", now)?.unwrap_or(now);
        let from = moment(parameters.from.as_deref(), "from", now)?.unwrap_or(to.plus(-3_600 * model::time::SECOND));
        if from >= to {
            let told = filled(parameters.to.as_deref()).is_some();
            return Err(bad(
                "from",
                if told { "it is not before `to`; swap the two" } else { "it lies in the future; write an earlier moment" },
            ));
        }
        let status = match filled(parameters.status.as_deref()) {
            None | Some("any") => None,
            Some(name) => Some(Status::from_name(name).ok_or_else(|| bad("status", "write ok, error, throttle, fault or unset"))?),
        };
        let min_duration_ns = match filled(parameters.min_duration_ms.as_deref()) {
            None => None,
            Some(text) => Some(
                text.parse::<u32>()
                    .map(|ms| i64::from(ms) * 1_000_000)
                    .map_err(|_| bad("min_duration_ms", "write a whole number of milliseconds"))?,
            ),
        };
        let limit = match filled(parameters.limit.as_deref()) {
            None => 50,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=500).contains(limit))
                .ok_or_else(|| bad("limit", "write a whole number from 1 to 500"))?,
        };
        Ok(Self {
            range: TimeRange { from, to },
            text: owned(parameters.q.as_deref()),
            service: owned(parameters.service.as_deref()),
            status,
            min_duration_ns,
            limit,
            cursor: owned(parameters.cursor.as_deref()),
        })
    }
}

/// Reads a moment: RFC 3339, `now`, or relative as `-15m`. `None` when absent or blank.
pub fn moment(text: Option<&str>, parameter: &str, now: UnixNs) -> Result<Option<UnixNs>, ApiError> {
    let Some(text) = filled(text) else { return Ok(None) };
    if text == "now" {
        return Ok(Some(now));
    }
    let parsed = match text.strip_prefix('-') {
        Some(relative) => relative_ns(relative).map(|ns| now.plus(-ns)),
        None => UnixNs::parse_rfc3339(text),
    };
    parsed.map(Some).ok_or_else(|| bad(parameter, "write RFC 3339 as 2026-11-23T14:00:00Z, or relative as -15m, -1h, -7d"))
}

/// `15m` in ns.
fn relative_ns(text: &str) -> Option<i64> {
    let at = text.find(|c: char| !c.is_ascii_digit())?;
    let (digits, unit) = text.split_at_checked(at)?;
    let seconds: i64 = match unit {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    digits.parse::<i64>().ok()?.checked_mul(seconds)?.checked_mul(model::time::SECOND)
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

fn owned(text: Option<&str>) -> Option<String> {
    filled(text).map(str::to_owned)
}

fn bad(parameter: &str, message: &str) -> ApiError {
    ApiError::BadParameter { parameter: parameter.to_owned(), message: message.to_owned() }
}
