//! How a span ended.

use serde::{Deserialize, Serialize};

/// The outcome of a span. Ordered by severity, so the worst of several is their maximum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Nobody said.
    #[default]
    Unset,
    /// It went well.
    Ok,
    /// The caller's mistake: HTTP 4xx, X-Ray `error`.
    Error,
    /// Refused for now: HTTP 429, X-Ray `throttle`.
    Throttle,
    /// The service's own failure: HTTP 5xx, an exception, X-Ray `fault`, OpenTelemetry status 2.
    Fault,
}

impl Status {
    /// The name in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unset => "unset",
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Throttle => "throttle",
            Self::Fault => "fault",
        }
    }

    /// The reverse of [`Status::as_str`].
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Unset, Self::Ok, Self::Error, Self::Throttle, Self::Fault].into_iter().find(|status| status.as_str() == name)
    }

    /// What an HTTP status code says.
    pub const fn from_http(code: u16) -> Self {
        match code {
            429 => Self::Throttle,
            400..=499 => Self::Error,
            500..=599 => Self::Fault,
            100..=399 => Self::Ok,
            _ => Self::Unset,
        }
    }
}
