//! Why a vendor did not answer, and what to tell people about it.

use engine::source::Permission;
use model::{DisplayText, Source};
use std::time::Duration;

/// One call that did not give what was asked for. Vendors' own codes are sorted into these by each folder's `error`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No connection: nothing listens, the name does not resolve, the connection broke.
    #[error("no connection: {detail}")]
    Unreachable {
        /// What the network said.
        detail: String,
    },
    /// No answer within the deadline.
    #[error("no answer in time")]
    TimedOut,
    /// The credentials are missing, wrong, expired, or do not allow this.
    #[error("refused: {message}")]
    Refused {
        /// The vendor's own words.
        message: String,
    },
    /// The credentials are good, but the plan does not include this.
    #[error("not included in the plan: {message}")]
    NotEntitled {
        /// The vendor's own words.
        message: String,
    },
    /// Too many calls.
    #[error("throttled: {message}")]
    Throttled {
        /// When the vendor wants to be asked again.
        retry_after: Option<Duration>,
        /// The vendor's own words.
        message: String,
    },
    /// The vendor did not accept the question itself.
    #[error("rejected with {status}: {message}")]
    Rejected {
        /// The HTTP status.
        status: u16,
        /// The vendor's own words.
        message: String,
    },
    /// The vendor failed.
    #[error("server error {status}: {message}")]
    ServerError {
        /// The HTTP status; 200 where the vendor reports a failed query in a good answer.
        status: u16,
        /// The vendor's own words.
        message: String,
    },
    /// The answer is not what the vendor documents.
    #[error("malformed answer: {detail}")]
    Malformed {
        /// What is wrong with it.
        detail: String,
    },
    /// The answer is larger than we read.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// What we read at most.
        limit: usize,
    },
}

/// Who was asked, as far as the words need it.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The vendor.
    pub vendor: Source,
    /// Where it was asked.
    pub endpoint: String,
    /// What the credentials are called, never themselves: `the key in HONEYCOMB_API_KEY`. Empty for the local services.
    pub credential: String,
}

/// A failure in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What happened.
    pub why: String,
    /// What the reader can do about it.
    pub next_step: String,
}

impl Failure {
    /// The one place where a failure becomes words.
    pub fn explain(&self, subject: &Subject) -> Explanation {
        let (name, endpoint) = (subject.vendor.label(), &subject.endpoint);
        let local = subject.credential.is_empty();
        let (why, next_step) = match self {
            Self::Unreachable { detail } if local => (
                format!("No connection to the local services at {endpoint} ({}).", plain(detail)),
                "Check that they are running: the start of the server's log names their addresses.".to_owned(),
            ),
            Self::Unreachable { detail } => (
                format!("No connection to {name} at {endpoint} ({}).", plain(detail)),
                "Check the endpoint in throughline.toml and that this machine may reach it.".to_owned(),
            ),
            Self::TimedOut => (
                format!("{name} did not answer in time."),
                "Try again, narrow the time range, or raise deadline_ms of this source.".to_owned(),
            ),
            Self::Refused { message } => (
                format!("{name} refused the request{}.", quoted(message)),
                if local {
                    "The local services take any key: is something else listening there?".to_owned()
                } else {
                    permission_step(subject)
                },
            ),
            Self::NotEntitled { message } => (
                format!("The plan of this {name} account does not include querying by API{}.", quoted(message)),
                format!("Send the telemetry through Throughline's local services as well, or open the trace in {name} itself."),
            ),
            Self::Throttled { retry_after, message } => (
                format!("{name} is limiting how often it can be asked{}.", quoted(message)),
                match retry_after {
                    Some(wait) => format!("Try again in {} s.", wait.as_secs().max(1)),
                    None => "Try again in a minute.".to_owned(),
                },
            ),
            Self::Rejected { status, message } => (
                format!("{name} did not accept the query (HTTP {status}){}.", quoted(message)),
                "Check the configuration of this source; if it is right, this is a fault of Throughline worth reporting.".to_owned(),
            ),
            Self::ServerError { status: 200, message } => {
                (format!("{name} could not run the query{}.", quoted(message)), "Try again.".to_owned())
            }
            Self::ServerError { status, message } => (
                format!("{name} answered with a server error (HTTP {status}){}.", quoted(message)),
                format!("Try again; if it stays, look at the status page of {name}."),
            ),
            Self::Malformed { detail } => (
                format!("The answer from {endpoint} is not what {name} documents ({}).", plain(detail)),
                "Check that the endpoint is the vendor's, and that no proxy or sign-in page answers in its place.".to_owned(),
            ),
            Self::TooLarge { limit } => {
                (format!("The answer of {name} was larger than {} MiB and was not read.", limit >> 20), "Narrow the time range.".to_owned())
            }
        };
        Explanation { why, next_step }
    }

    /// Whether asking once more may help.
    pub fn transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Throttled { .. } | Self::ServerError { .. })
    }
}

fn permission_step(subject: &Subject) -> String {
    let need = match subject.vendor {
        Source::Xray => "xray:BatchGetTraces, xray:GetTraceSummaries and xray:GetTraceSegmentDestination",
        Source::Cloudwatch => "logs:FilterLogEvents and logs:DescribeLogGroups",
        Source::Honeycomb => "“Run Queries” and “Manage Queries and Columns”",
        Source::Rollbar => "the scope “read”",
    };
    format!("Check {}: it must be valid and allow {need}.", subject.credential)
}

/// Whether a call was allowed, as `/sources` shows it.
pub fn permission<T>(name: &str, result: &Result<T, Failure>) -> Permission {
    let allowed = match result {
        Ok(_) => Some(true),
        Err(Failure::Refused { .. } | Failure::NotEntitled { .. }) => Some(false),
        Err(_) => None,
    };
    let note = result.as_ref().err().map(|failure| plain(&failure.to_string())).unwrap_or_default();
    Permission { name: name.to_owned(), allowed, note }
}

/// The vendor's own words as the end of a sentence; nothing if there are none.
fn quoted(message: &str) -> String {
    let text = plain(message);
    if text.is_empty() { String::new() } else { format!(": “{}”", text.trim_end_matches('.')) }
}

/// Vendor text on one line, shortened, with a page of HTML told as such.
fn plain(text: &str) -> String {
    let text = text.trim();
    if text.starts_with('<') {
        return "an HTML page".to_owned();
    }
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    DisplayText::limited(&line, 300).into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(credential: &str) -> Subject {
        Subject { vendor: Source::Honeycomb, endpoint: "http://127.0.0.1:4318".to_owned(), credential: credential.to_owned() }
    }

    #[test]
    fn quotes_the_vendor_and_names_the_credential() {
        let failure = Failure::Refused { message: "unknown API key - check your credentials".to_owned() };
        let words = failure.explain(&subject("the key in HONEYCOMB_API_KEY"));
        assert_eq!(words.why, "Honeycomb refused the request: “unknown API key - check your credentials”.");
        assert!(words.next_step.contains("the key in HONEYCOMB_API_KEY"), "{}", words.next_step);
    }

    #[test]
    fn vendor_text_is_shortened_and_made_safe() {
        let failure = Failure::Rejected { status: 400, message: format!("a\0b\u{202e}{}", "x".repeat(5_000)) };
        let why = failure.explain(&subject("")).why;
        assert!(why.len() < 600 && why.contains("a␀b‹U+202E›"), "{why}");
        let page = Failure::ServerError { status: 502, message: "<html><script>".to_owned() };
        assert!(page.explain(&subject("")).why.contains("an HTML page"));
    }

    #[test]
    fn a_dead_local_service_is_named_as_such() {
        let failure = Failure::Unreachable { detail: "Connection refused".to_owned() };
        assert!(failure.explain(&subject("")).why.contains("local services at http://127.0.0.1:4318 (Connection refused)"));
    }
}
