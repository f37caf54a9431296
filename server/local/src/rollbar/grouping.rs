//! Which occurrences are one item, and what it is called
//! (<https://docs.rollbar.com/docs/grouping-algorithm>).

use serde_json::{Map, Value};
use sha1::{Digest, Sha1};
use std::fmt::Write;

const LONGEST_TITLE: usize = 255;
const LONGEST_FINGERPRINT: usize = 40;

/// The fingerprint: the client's own if it sent one; for exceptions the file and method names of all frames and the
/// class; for messages the text without what changes from one to the next.
pub fn fingerprint(data: &Map<String, Value>) -> String {
    if let Some(given) = data.get("fingerprint").and_then(Value::as_str).filter(|given| !given.is_empty()) {
        return if given.chars().count() <= LONGEST_FINGERPRINT { given.to_owned() } else { digest(given) };
    }
    let body = data.get("body");
    let mut text = String::new();
    let mut exceptions = false;
    let root = data.get("server").and_then(|server| server.get("root")).and_then(Value::as_str).unwrap_or_default();
    for trace in traces(body) {
        exceptions = true;
        for frame in trace.get("frames").and_then(Value::as_array).into_iter().flatten() {
            let part = |key: &str| frame.get(key).and_then(Value::as_str).unwrap_or_default();
            let filename = part("filename");
            let filename = filename.strip_prefix(root).unwrap_or(filename);
            let method = without_runs(part("method"), |run| is_digits(run) && run.len() >= 2);
            let _ = writeln!(text, "{}:{method}", without_runs(filename, is_date_or_sha));
        }
        text.push_str(trace.pointer("/exception/class").and_then(Value::as_str).unwrap_or_default());
        text.push('\n');
    }
    if !exceptions {
        text = steady(&first_text(body));
    }
    digest(&text)
}

/// `Class: message` of the outermost exception, or the first line of the message, unless the client gave a title.
pub fn title(data: &Map<String, Value>) -> String {
    if let Some(given) = data.get("title").and_then(Value::as_str).filter(|given| !given.is_empty()) {
        return shortened(given);
    }
    let body = data.get("body");
    match traces(body).next() {
        Some(trace) => {
            let part = |key: &str| trace.pointer(key).and_then(Value::as_str).unwrap_or_default();
            let (class, message) = (part("/exception/class"), part("/exception/message"));
            shortened(&if message.is_empty() { class.to_owned() } else { format!("{class}: {message}") })
        }
        None => shortened(first_text(body).lines().next().unwrap_or_default()),
    }
}

/// The traces of a body, outermost exception first.
fn traces(body: Option<&Value>) -> impl Iterator<Item = &Value> {
    let one = body.and_then(|body| body.get("trace"));
    let chain = body.and_then(|body| body.get("trace_chain")).and_then(Value::as_array);
    one.into_iter().chain(chain.into_iter().flatten())
}

fn first_text(body: Option<&Value>) -> String {
    let message = body.and_then(|body| body.pointer("/message/body").or_else(|| body.pointer("/crash_report/raw")));
    match message {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(LONGEST_TITLE).collect()
}

fn digest(text: &str) -> String {
    let mut hex = String::with_capacity(40);
    for byte in Sha1::digest(text.as_bytes()) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// A message without dates, e-mail addresses, IP addresses, decimals, integers of two digits and more, and hex of four and more.
fn steady(text: &str) -> String {
    let words = text.split_whitespace().filter(|word| !word.split_once('@').is_some_and(|(_, domain)| domain.contains('.')));
    let mut steady = String::with_capacity(text.len());
    for word in words {
        steady.push_str(&without_runs(word, |run| {
            let number = run.len() >= 2 && run.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            let hex = run.len() >= 4 && run.bytes().all(|byte| byte.is_ascii_hexdigit()) && run.bytes().any(|byte| byte.is_ascii_digit());
            number || hex || run.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
        }));
        steady.push(' ');
    }
    steady
}

fn is_digits(run: &str) -> bool {
    run.bytes().all(|byte| byte.is_ascii_digit())
}

/// A year, month or day between dashes, or the name of a commit.
fn is_date_or_sha(run: &str) -> bool {
    (is_digits(run) && matches!(run.len(), 2 | 4 | 8 | 14)) || (run.len() == 40 && run.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// `text` without the runs of letters, digits and inner points that `drop` names.
fn without_runs(text: &str, drop: impl Fn(&str) -> bool) -> String {
    let mut kept = String::with_capacity(text.len());
    for piece in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '.') {
        let run = piece.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let rest = piece.get(run.len()..).unwrap_or_default();
        if !drop(run) {
            kept.push_str(run);
        }
        kept.push_str(rest);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn data(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn exception(file: &str, line: u32, method: &str, class: &str) -> Map<String, Value> {
        data(&json!({"server": {"root": "/srv/app"}, "body": {"trace": {
            "frames": [{"filename": file, "lineno": line, "method": method}],
            "exception": {"class": class, "message": format!("line {line}")}}}}))
    }

    #[test]
    fn an_exception_is_its_files_methods_and_class() {
        let first = fingerprint(&exception("/srv/app/services/home.py", 38, "run", "KeyError"));
        assert_eq!(first.len(), 40);
        for same in [exception("/srv/app/services/home.py", 99, "run", "KeyError"), exception("/services/home.py", 38, "run", "KeyError")] {
            assert_eq!(fingerprint(&same), first);
        }
        for other in [
            exception("/srv/app/services/home.py", 38, "walk", "KeyError"),
            exception("/srv/app/services/away.py", 38, "run", "KeyError"),
            exception("/srv/app/services/home.py", 38, "run", "ValueError"),
        ] {
            assert_ne!(fingerprint(&other), first);
        }
        let release = |day: &str| fingerprint(&exception(&format!("/releases/{day}/app.py"), 1, "lambda_12", "E"));
        assert_eq!(release("2026-11-23"), release("2026-12-24"));
    }

    #[test]
    fn a_message_is_its_text_without_what_changes() {
        let of = |text: &str| fingerprint(&data(&json!({"body": {"message": {"body": text}}})));
        assert_eq!(
            of("user ada@example.test paid 12.50 from 10.0.0.1 (order 4711, 9f3cab12)"),
            of("user bob@example.org paid 7.95 from 192.168.1.7 (order 12, 00ffaa)")
        );
        assert_ne!(of("added a user"), of("removed a user"));
        assert_ne!(of("step 1"), of("step 2"), "a single digit is kept");
    }

    #[test]
    fn the_clients_fingerprint_wins() {
        let with = |fingerprint: &str| data(&json!({"fingerprint": fingerprint, "body": {"message": {"body": "x"}}}));
        assert_eq!(fingerprint(&with("checkout-failed")), "checkout-failed");
        assert_eq!(fingerprint(&with(&"long".repeat(20))).len(), 40);
    }

    #[test]
    fn titles() {
        assert_eq!(title(&exception("a", 3, "m", "KeyError")), "KeyError: line 3");
        let chain = json!({"body": {"trace_chain": [
            {"frames": [], "exception": {"class": "RuntimeError", "message": "outer"}}, {"frames": [], "exception": {"class": "ValueError"}}]}});
        assert_eq!(title(&data(&chain)), "RuntimeError: outer");
        assert_eq!(title(&data(&json!({"title": "mine", "body": {}}))), "mine");
        assert_eq!(title(&data(&json!({"body": {"message": {"body": "é".repeat(300)}}}))).chars().count(), 255);
    }
}
