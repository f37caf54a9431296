//! Rollbar's refusals, sorted. Its envelope is `{"err":0,"result":…}` or `{"err":1,"message":"…"}`, and both are checked.

use super::wire::Envelope;
use crate::Failure;
use crate::http::Reply;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// The `result`, or why there is none.
pub fn read<T: DeserializeOwned>(reply: &Reply) -> Result<T, Failure> {
    let status = reply.status.as_u16();
    if reply.status.is_success() {
        let envelope: Envelope<T> =
            serde_json::from_slice(&reply.body).map_err(|error| Failure::Malformed { detail: error.to_string() })?;
        return match envelope {
            Envelope { err: 0, result: Some(result), .. } => Ok(result),
            Envelope { err: 0, .. } => Err(Failure::Malformed { detail: "there is no result".to_owned() }),
            Envelope { message, .. } => Err(Failure::Rejected { status, message: message.unwrap_or_default() }),
        };
    }
    let envelope: Option<Envelope<serde::de::IgnoredAny>> = serde_json::from_slice(&reply.body).ok();
    let message = envelope.and_then(|envelope| envelope.message).unwrap_or_else(|| reply.text());
    Err(match status {
        401 | 403 => Failure::Refused { message },
        429 => Failure::Throttled { retry_after: reply.retry_after().or_else(|| reset(reply)), message },
        500.. => Failure::ServerError { status, message },
        300..=399 => Failure::Malformed { detail: format!("HTTP {status}, a redirect") },
        _ => Failure::Rejected { status, message },
    })
}

/// Rollbar says in a header of its own when the next call is allowed.
fn reset(reply: &Reply) -> Option<Duration> {
    let seconds = reply.headers.get("x-rate-limit-remaining-seconds")?.to_str().ok()?.parse::<u32>().ok()?;
    Some(Duration::from_secs(seconds.into()))
}
