//! Rollbar's envelope, its errors and its rate-limit headers.

use super::Rollbar;
use crate::body::BodyError;
use crate::store::{AppendError, ReadError, now_ms};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{HeaderName, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// Calls a minute that the headers speak of. Nothing is refused here: the numbers let a client show that it reads them.
const CALLS_PER_MINUTE: u64 = 5_000;

/// `{"err":0,"result":…}`.
pub fn success(result: &Value) -> Response {
    Json(json!({"err": 0, "result": result})).into_response()
}

/// `{"err":1,"message":"…"}` with a status.
#[derive(Debug)]
pub struct Failure {
    status: StatusCode,
    message: String,
    retry: bool,
}

impl Failure {
    /// With a status of the client's making.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), retry: false }
    }

    /// 404.
    pub fn not_found(message: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// 405.
    pub fn wrong_method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
    }

    /// 503 with `Retry-After`.
    pub fn try_again(message: &str) -> Self {
        Self { status: StatusCode::SERVICE_UNAVAILABLE, message: message.to_owned(), retry: true }
    }

    /// 413, in Rollbar's words.
    pub fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "request entity too large")
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(json!({"err": 1, "message": self.message}))).into_response();
        if self.retry {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl From<BodyError> for Failure {
    fn from(error: BodyError) -> Self {
        if error == BodyError::TooLarge { Self::too_large() } else { Self::new(error.status(), error.to_string()) }
    }
}

impl From<AppendError> for Failure {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::TooLarge { .. } => Self::too_large(),
            AppendError::Io { .. } | AppendError::Closed => {
                tracing::error!(%error, "a Rollbar item was not kept");
                Self::try_again("The item could not be stored, try again")
            }
        }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Dropped => Self::not_found("The occurrence is no longer kept"),
            ReadError::Corrupt | ReadError::Io(_) | ReadError::Stopped => {
                tracing::error!(%error, "a Rollbar item was not read");
                Self::try_again("The occurrence could not be read")
            }
        }
    }
}

/// Counts the calls of the current minute.
#[derive(Debug, Default)]
pub struct Quota {
    minute: AtomicI64,
    used: AtomicU64,
}

impl Quota {
    /// Counts one call; says how many remain, and the unix second at which the minute ends.
    fn count(&self, now: i64) -> (u64, i64) {
        let minute = now.div_euclid(60);
        if self.minute.swap(minute, Ordering::Relaxed) != minute {
            self.used.store(0, Ordering::Relaxed);
        }
        let used = self.used.fetch_add(1, Ordering::Relaxed) + 1;
        (CALLS_PER_MINUTE.saturating_sub(used), (minute + 1) * 60)
    }
}

/// Adds the four headers that Rollbar sends with every answer.
pub async fn with_rate_limit(State(rollbar): State<Arc<Rollbar>>, mut response: Response) -> Response {
    let now = now_ms() / 1000;
    let (remaining, reset) = rollbar.quota.count(now);
    let mut add = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    };
    add("x-rate-limit-limit", CALLS_PER_MINUTE.to_string());
    add("x-rate-limit-remaining", remaining.to_string());
    add("x-rate-limit-reset", reset.to_string());
    add("x-rate-limit-remaining-seconds", (reset - now).to_string());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quota_counts_within_a_minute() {
        let quota = Quota::default();
        assert_eq!(quota.count(120), (4_999, 180));
        assert_eq!(quota.count(179), (4_998, 180));
        assert_eq!(quota.count(180), (4_999, 240));
    }
}
