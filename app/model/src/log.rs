//! A log line as one source saw it.

use crate::{Attributes, Source, SpanId, TraceId, UnixNs};
use serde::{Deserialize, Serialize};

/// One log line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogRecord {
    /// Who reports it.
    pub source: Source,
    /// The vendor's own identity of the line (CloudWatch `eventId`), which makes duplicates recognisable; empty if none.
    pub id: String,
    /// The trace it names.
    pub trace: Option<TraceId>,
    /// The span it names.
    pub span: Option<SpanId>,
    /// When it was written.
    pub time: UnixNs,
    /// How bad.
    pub severity: Severity,
    /// The service that wrote it; empty if unknown.
    pub service: String,
    /// The whole text.
    pub body: String,
    /// CloudWatch's log group; empty elsewhere.
    pub log_group: String,
    /// CloudWatch's log stream; empty elsewhere.
    pub log_stream: String,
    /// Fields found in the line or sent with it.
    pub attributes: Attributes,
}

/// How bad a log line is. Ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nobody said.
    #[default]
    Unset,
    /// The finest.
    Trace,
    /// For developers.
    Debug,
    /// Ordinary.
    Info,
    /// Worth a look.
    Warn,
    /// Something failed.
    Error,
    /// The process cannot go on.
    Fatal,
}

impl Severity {
    /// The name in JSON; empty when unset.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unset => "",
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }

    /// Reads any of the usual words, in any letter case (`WARNING`, `crit`, `E`, …).
    pub fn from_name(name: &str) -> Self {
        match name.trim().to_ascii_lowercase().as_str() {
            "trace" | "finest" | "t" => Self::Trace,
            "debug" | "fine" | "d" => Self::Debug,
            "info" | "information" | "notice" | "i" => Self::Info,
            "warn" | "warning" | "w" => Self::Warn,
            "error" | "err" | "severe" | "e" => Self::Error,
            "fatal" | "critical" | "crit" | "alert" | "emergency" | "panic" | "f" | "c" => Self::Fatal,
            _ => Self::Unset,
        }
    }
}
