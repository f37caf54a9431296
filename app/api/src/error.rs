//! What can go wrong, in words for the person who asked. No internal text travels in these.

use serde::{Deserialize, Serialize};

/// Every error of the seam. One place turns it into a problem document (RFC 9457), another into a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ApiError {
    /// No trace ID in what was given.
    #[error(
        "no trace ID recognised: paste 32 hex digits, 1-8hex-24hex, a traceparent or X-Amzn-Trace-Id header, or a log line that contains one"
    )]
    UnrecognisedId,
    /// A parameter is wrong.
    #[error("{parameter}: {message}")]
    BadParameter {
        /// Its name.
        parameter: String,
        /// What is wrong and what to write instead.
        message: String,
    },
    /// There is no such thing.
    #[error("not found")]
    NotFound,
    /// The revision was dropped from memory.
    #[error("this view is no longer held in memory; reload the page")]
    Gone,
    /// Too much at once.
    #[error("busy; try again in {retry_after_s} s")]
    Overloaded {
        /// When to try again, in seconds.
        retry_after_s: u32,
    },
    /// This set-up has no such thing.
    #[error("{message}")]
    Unavailable {
        /// What is missing, and what to do.
        message: String,
    },
    /// Our own fault; the log has the details under this number.
    #[error("internal error; the server's log says more")]
    Internal,
}

impl ApiError {
    /// The HTTP status that says the same.
    pub const fn status(&self) -> u16 {
        match self {
            Self::UnrecognisedId | Self::BadParameter { .. } => 400,
            Self::NotFound => 404,
            Self::Gone => 410,
            Self::Overloaded { .. } => 503,
            Self::Unavailable { .. } => 409,
            Self::Internal => 500,
        }
    }

    /// A short constant title, for problem documents and headings.
    pub const fn title(&self) -> &'static str {
        match self {
            Self::UnrecognisedId => "No trace ID recognised",
            Self::BadParameter { .. } => "A parameter is not valid",
            Self::NotFound => "Not found",
            Self::Gone => "No longer held",
            Self::Overloaded { .. } => "Busy",
            Self::Unavailable { .. } => "Not available here",
            Self::Internal => "Internal error",
        }
    }
}
