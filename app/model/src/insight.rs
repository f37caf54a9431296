//! What happened, in sentences that rest on evidence.
//!
//! Nothing is said without a row to show for it, and nothing about absence while a source has not answered in full.

mod cause;
mod repeated;
mod slow;
mod throttled;

#[cfg(test)]
mod tests;

pub use cause::first_cause;

use crate::request::Span;
use crate::{DisplayText, Request, State};
use serde::{Deserialize, Serialize};

/// One sentence, in pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentence {
    /// To be shown one after the other, without space between.
    pub parts: Vec<Part>,
}

/// A piece of a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Our own words and numbers.
    Text(String),
    /// What a row says, made safe to show, and the row.
    Evidence {
        /// A service and operation, or a class and message.
        text: String,
        /// Where it stands.
        row: Evidence,
    },
}

/// A row of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// An index in [`Request::spans`].
    Span(u32),
    /// An index in [`Request::errors`].
    Error(u32),
    /// An index in [`Request::logs`].
    Log(u32),
}

/// What can be said of the request, the most important first.
pub fn what_happened(request: &Request) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    sentences.extend(cause::sentence(request));
    sentences.extend(throttled::sentence(request));
    sentences.extend(repeated::sentences(request));
    sentences.extend(slow::sentence(request));
    sentences
}

impl Sentence {
    fn text(mut self, text: impl Into<String>) -> Self {
        let text = text.into();
        match self.parts.last_mut() {
            Some(Part::Text(before)) => before.push_str(&text),
            _ => self.parts.push(Part::Text(text)),
        }
        self
    }

    fn span(mut self, index: u32, span: &Span) -> Self {
        // An inferred segment is often named as its service.
        let once = span.service.is_empty() || span.service == span.name;
        let text = if once { span.name.clone() } else { format!("{} {}", span.service, span.name) };
        self.parts.push(Part::Evidence { text: safe(&text), row: Evidence::Span(index) });
        self
    }

    fn error(mut self, index: u32, request: &Request) -> Self {
        if let Some(error) = request.errors.get(index as usize) {
            let text = match (error.class.as_str(), error.message.as_str()) {
                ("", message) => message.to_owned(),
                (class, "") => class.to_owned(),
                (class, message) => format!("{class}: {message}"),
            };
            self.parts.push(Part::Evidence { text: safe(&text), row: Evidence::Error(index) });
        }
        self
    }
}

fn safe(text: &str) -> String {
    DisplayText::limited(text, 160).into_string()
}

/// The names of the sources whose answer is not whole; empty when absence means absence.
fn unanswered(request: &Request) -> String {
    let whole = |state| matches!(state, State::Found | State::Empty);
    let labels: Vec<&str> = request.verdicts.iter().filter(|verdict| !whole(verdict.state)).map(|verdict| verdict.source.label()).collect();
    labels.join(", ")
}

/// Whole percent of the request.
fn share(ns: i64, request: &Request) -> i128 {
    i128::from(ns) * 100 / i128::from(request.duration_ns.max(1))
}

/// How long at least one of these intervals lasted, in ns. Sorts them by start.
fn covered(intervals: &mut [(i64, i64)]) -> i64 {
    intervals.sort_unstable();
    let mut covered = 0_i64;
    let mut until = i64::MIN;
    for &(start, end) in &*intervals {
        covered = covered.saturating_add(end.saturating_sub(start.max(until)).max(0));
        until = until.max(end);
    }
    covered
}

fn interval(span: &Span) -> (i64, i64) {
    (span.start.0, span.start.0.saturating_add(span.duration_ns))
}
