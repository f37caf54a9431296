//! What a Rollbar SDK posts, checked as far as Rollbar checks it.

use super::grouping;
use super::search;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The key in `custom` that marks sample data.
const SAMPLE_MARK: &str = "throughline.demo";

/// The four kinds of `body`, of which an item carries exactly one
/// (<https://docs.rollbar.com/reference/create-item>).
const KINDS: [&str; 4] = ["trace", "trace_chain", "message", "crash_report"];
const LEVELS: [&str; 5] = ["critical", "error", "warning", "info", "debug"];

/// Why a payload is not an item; the text goes to the client in the `message` of the error envelope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not JSON, or no object named `data`: answered 400.
    #[error("{0}")]
    Malformed(String),
    /// JSON, but not an item: answered 422.
    #[error("Invalid item: {0}")]
    Invalid(String),
}

/// One occurrence as it is stored: the numbers given to it on arrival, and `data` as the SDK sent it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Occurrence {
    /// Unique and growing, beyond 32 bits like Rollbar's own.
    pub id: i64,
    /// The item it belongs to.
    pub counter: u64,
    /// The grouping fingerprint of that item.
    pub hash: String,
    /// What the SDK sent under `data`, with `uuid` and `timestamp` filled in.
    pub data: Map<String, Value>,
}

/// What the views need of an occurrence, without its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// See [`Occurrence::id`].
    pub id: i64,
    /// See [`Occurrence::counter`].
    pub counter: u64,
    /// See [`Occurrence::hash`].
    pub hash: String,
    /// The client's uuid.
    pub uuid: String,
    /// Whole unix seconds.
    pub timestamp: i64,
    /// `data.environment`.
    pub environment: String,
    /// One of Rollbar's five levels.
    pub level: String,
    /// What the item is called.
    pub title: String,
    /// `data.framework`, or `unknown`.
    pub framework: String,
    /// `data.platform`, or `unknown`.
    pub platform: String,
    /// Whether it is marked as sample data.
    pub sample: bool,
    /// Under which fields it is found.
    pub terms: Vec<search::Posting>,
}

/// Reads the body of `POST /api/1/item/` (the JSON text, also when it came as the form field `payload`), fills in what
/// the SDK may leave out, and checks what Rollbar requires. `now` is unix seconds; `uuid` is used where there is none.
pub fn accept(json: &[u8], now: i64, uuid: impl FnOnce() -> String) -> Result<Map<String, Value>, Refused> {
    let payload: Value = serde_json::from_slice(json).map_err(|error| Refused::Malformed(format!("Invalid JSON: {error}")))?;
    let Value::Object(mut payload) = payload else { return Err(Refused::Malformed("The payload must be an object".to_owned())) };
    let Some(Value::Object(mut data)) = payload.remove("data") else {
        return Err(Refused::Malformed("The payload must have an object named 'data'".to_owned()));
    };
    let invalid = |text: &str| Err(Refused::Invalid(text.to_owned()));
    match data.get("environment") {
        Some(Value::String(environment)) if !environment.is_empty() && environment.chars().count() <= 255 => {}
        Some(_) => return invalid("'environment' must be a string of 1 to 255 characters"),
        None => return invalid("'environment' is required"),
    }
    let Some(Value::Object(body)) = data.get("body") else { return invalid("'body' is required and must be an object") };
    let kinds = KINDS.iter().filter(|kind| body.contains_key(**kind)).count();
    if kinds != 1 {
        return invalid("'body' must have exactly one of 'trace', 'trace_chain', 'message', 'crash_report'");
    }
    check_body(body)?;
    if let Some(level) = data.get("level").filter(|level| !level.is_null())
        && !level.as_str().is_some_and(|level| LEVELS.contains(&level))
    {
        return invalid("'level' must be one of 'critical', 'error', 'warning', 'info', 'debug'");
    }
    match data.get("uuid") {
        Some(Value::String(given)) if !given.is_empty() && given.chars().count() <= 36 => {}
        Some(Value::Null | Value::String(_)) | None => {
            if data.get("uuid").and_then(Value::as_str).is_some_and(|given| !given.is_empty()) {
                return invalid("'uuid' must be at most 36 characters");
            }
            data.insert("uuid".to_owned(), Value::String(uuid()));
        }
        Some(_) => return invalid("'uuid' must be a string"),
    }
    let timestamp = data.get("timestamp").and_then(whole_seconds).unwrap_or(now);
    data.insert("timestamp".to_owned(), Value::from(timestamp));
    Ok(data)
}

fn check_body(body: &Map<String, Value>) -> Result<(), Refused> {
    let invalid = |text: &str| Err(Refused::Invalid(text.to_owned()));
    let is_trace = |trace: &Value| trace.get("frames").is_some_and(Value::is_array) && trace.pointer("/exception/class").is_some();
    if body.get("trace").is_some_and(|trace| !is_trace(trace)) {
        return invalid("'body.trace' must have 'frames' and 'exception.class'");
    }
    if let Some(chain) = body.get("trace_chain")
        && !chain.as_array().is_some_and(|chain| !chain.is_empty() && chain.iter().all(is_trace))
    {
        return invalid("'body.trace_chain' must be a list of traces with 'frames' and 'exception.class'");
    }
    if body.get("message").is_some_and(|message| message.get("body").is_none()) {
        return invalid("'body.message' must have 'body'");
    }
    if body.get("crash_report").is_some_and(|report| !report.get("raw").is_some_and(Value::is_string)) {
        return invalid("'body.crash_report' must have 'raw'");
    }
    Ok(())
}

/// Rollbar counts in whole seconds; milliseconds (some clients send them) are recognised by their size.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked first")]
fn whole_seconds(value: &Value) -> Option<i64> {
    let number = value.as_i64().or_else(|| value.as_f64().filter(|n| n.is_finite() && n.abs() < 1e15).map(|n| n.floor() as i64))?;
    let seconds = if number > 100_000_000_000 { number / 1000 } else { number };
    (seconds >= 0).then_some(seconds)
}

impl Occurrence {
    /// What the views keep.
    pub fn summary(&self) -> Summary {
        let text = |key: &str| self.data.get(key).and_then(Value::as_str);
        Summary {
            id: self.id,
            counter: self.counter,
            hash: self.hash.clone(),
            uuid: text("uuid").unwrap_or_default().to_owned(),
            timestamp: self.data.get("timestamp").and_then(Value::as_i64).unwrap_or_default(),
            environment: text("environment").unwrap_or_default().to_owned(),
            level: text("level").unwrap_or_else(|| default_level(&self.data)).to_owned(),
            title: grouping::title(&self.data),
            framework: text("framework").unwrap_or("unknown").to_owned(),
            platform: text("platform").unwrap_or("unknown").to_owned(),
            sample: self.data.get("custom").and_then(|custom| custom.get(SAMPLE_MARK)) == Some(&Value::Bool(true)),
            terms: search::postings(&self.data),
        }
    }
}

fn default_level(data: &Map<String, Value>) -> &'static str {
    if data.get("body").is_some_and(|body| body.get("message").is_some()) { "info" } else { "error" }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use serde_json::json;

    pub fn accepted(payload: &Value) -> Map<String, Value> {
        accept(payload.to_string().as_bytes(), 1_795_408_853, || "made-here".to_owned()).unwrap()
    }

    fn refusal(payload: &Value) -> Refused {
        accept(payload.to_string().as_bytes(), 1, || "made-here".to_owned()).unwrap_err()
    }

    #[test]
    fn fills_in_what_a_client_may_leave_out() {
        let data = accepted(&json!({"data": {"environment": "test", "body": {"message": {"body": "hello"}}}}));
        assert_eq!(data["uuid"], "made-here");
        assert_eq!(data["timestamp"], 1_795_408_853);
        let occurrence = Occurrence { id: 1, counter: 1, hash: String::new(), data };
        let summary = occurrence.summary();
        assert_eq!((summary.level.as_str(), summary.title.as_str(), summary.framework.as_str()), ("info", "hello", "unknown"));
        assert!(!summary.sample);
    }

    #[test]
    fn keeps_the_clients_uuid_and_reads_milliseconds() {
        let data = accepted(
            &json!({"data": {"environment": "test", "uuid": "abc", "timestamp": 1_795_408_853_123_i64, "custom": {"throughline.demo": true},
                "body": {"crash_report": {"raw": "segfault\nat 0x0"}}}}),
        );
        assert_eq!((&data["uuid"], &data["timestamp"]), (&json!("abc"), &json!(1_795_408_853)));
        let summary = Occurrence { id: 1, counter: 1, hash: String::new(), data }.summary();
        assert_eq!((summary.level.as_str(), summary.title.as_str(), summary.sample), ("error", "segfault", true));
    }

    #[test]
    fn refuses_what_rollbar_refuses() {
        assert!(matches!(accept(b"{", 1, String::new), Err(Refused::Malformed(_))));
        assert!(matches!(refusal(&json!([1])), Refused::Malformed(_)));
        assert!(matches!(refusal(&json!({"access_token": "x"})), Refused::Malformed(_)));
        let message = json!({"message": {"body": "x"}});
        for data in [
            json!({"body": message}),
            json!({"environment": 5, "body": message}),
            json!({"environment": "test"}),
            json!({"environment": "test", "body": {}}),
            json!({"environment": "test", "body": {"message": {"body": "x"}, "trace": {"frames": [], "exception": {"class": "E"}}}}),
            json!({"environment": "test", "body": {"trace": {"frames": []}}}),
            json!({"environment": "test", "body": {"trace_chain": []}}),
            json!({"environment": "test", "body": {"message": {}}}),
            json!({"environment": "test", "body": {"crash_report": {}}}),
            json!({"environment": "test", "body": message, "level": "loud"}),
            json!({"environment": "test", "body": message, "uuid": 7}),
            json!({"environment": "test", "body": message, "uuid": "x".repeat(37)}),
        ] {
            assert!(matches!(refusal(&json!({"data": data})), Refused::Invalid(_)), "{data}");
        }
    }

    #[test]
    fn deep_nesting_is_an_error_and_nothing_worse() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(matches!(accept(deep.as_bytes(), 1, String::new), Err(Refused::Malformed(_))));
    }
}
