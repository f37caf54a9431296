//! Whether a trace matches.

use serde_json::Value;

use super::super::summary::{Segment, Summary};
use super::{Comparison, Expression, Flag, Literal, Number, Text};

impl Expression {
    /// Keywords outside `service()` look at the root for outcomes and times, at any segment for strings.
    pub fn matches(&self, trace: &Summary) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(trace)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(trace)),
            Self::Not(part) => !part.matches(trace),
            Self::Flag(flag) => trace_flag(trace, *flag),
            Self::Number(number, comparison, wanted) => match number {
                Number::Duration => numbers(trace.duration(), *comparison, *wanted),
                Number::ResponseTime => trace.response_time().is_some_and(|time| numbers(time, *comparison, *wanted)),
                Number::HttpStatus => trace.root().is_some_and(|root| self.matches_segment(root, true)),
            },
            Self::Text(..) => trace.segments.iter().any(|segment| self.matches_segment(segment, false)),
            Self::Annotation(key, compared) => trace.annotations.iter().filter(|annotation| annotation.key == *key).any(|annotation| {
                compared.as_ref().is_none_or(|(comparison, literal)| annotation_matches(&annotation.value, *comparison, literal))
            }),
            Self::Service(name, inner) => trace.segments.iter().enumerate().any(|(index, segment)| {
                name.as_ref().is_none_or(|name| segment.service.name == *name)
                    && inner.as_ref().is_none_or(|inner| inner.matches_segment(segment, trace.root == Some(index)))
            }),
        }
    }

    fn matches_segment(&self, segment: &Segment, is_root: bool) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches_segment(segment, is_root)),
            Self::Any(parts) => parts.iter().any(|part| part.matches_segment(segment, is_root)),
            Self::Not(part) => !part.matches_segment(segment, is_root),
            Self::Flag(Flag::Ok) => !(segment.fault || segment.error || segment.throttle),
            Self::Flag(Flag::Error) => segment.error,
            Self::Flag(Flag::Throttle) => segment.throttle,
            Self::Flag(Flag::Fault) => segment.fault,
            Self::Flag(Flag::Partial) => segment.end.is_none(),
            Self::Flag(Flag::Inferred) => segment.inferred,
            Self::Flag(Flag::Root) => is_root,
            Self::Number(Number::HttpStatus, comparison, wanted) => {
                segment.http.status.is_some_and(|status| numbers(f64::from(status), *comparison, *wanted))
            }
            Self::Number(_, comparison, wanted) => segment.end.is_some_and(|end| numbers(end - segment.start, *comparison, *wanted)),
            Self::Text(field, comparison, wanted) => field_of(segment, *field).is_some_and(|text| texts(text, *comparison, wanted)),
            Self::Annotation(..) | Self::Service(..) => false,
        }
    }
}

fn trace_flag(trace: &Summary, flag: Flag) -> bool {
    match flag {
        Flag::Ok => !(trace.has_fault() || trace.has_error() || trace.root().is_some_and(|root| root.throttle)),
        Flag::Error => trace.has_error(),
        Flag::Throttle => trace.has_throttle(),
        Flag::Fault => trace.has_fault(),
        Flag::Partial => trace.partial,
        Flag::Inferred => trace.segments.iter().any(|segment| segment.inferred),
        Flag::Root => trace.root.is_some(),
    }
}

fn field_of(segment: &Segment, field: Text) -> Option<&str> {
    match field {
        Text::HttpUrl => segment.http.url.as_deref(),
        Text::HttpMethod => segment.http.method.as_deref(),
        Text::HttpUserAgent => segment.http.user_agent.as_deref(),
        Text::HttpClientIp => segment.http.client_ip.as_deref(),
        Text::User => segment.user.as_deref(),
        Text::Name => Some(&segment.service.name),
    }
}

fn annotation_matches(value: &Value, comparison: Comparison, literal: &Literal) -> bool {
    match (value, literal) {
        (Value::String(value), Literal::Text(wanted)) => texts(value, comparison, wanted),
        (Value::Number(value), Literal::Number(wanted)) => value.as_f64().is_some_and(|value| numbers(value, comparison, *wanted)),
        (Value::Bool(value), Literal::Bool(wanted)) => match comparison {
            Comparison::Equal => value == wanted,
            Comparison::NotEqual => value != wanted,
            _ => false,
        },
        _ => comparison == Comparison::NotEqual,
    }
}

#[expect(clippy::float_cmp, reason = "the caller wrote the number it wants")]
fn numbers(value: f64, comparison: Comparison, wanted: f64) -> bool {
    match comparison {
        Comparison::Equal => value == wanted,
        Comparison::NotEqual => value != wanted,
        Comparison::Less => value < wanted,
        Comparison::AtMost => value <= wanted,
        Comparison::Greater => value > wanted,
        Comparison::AtLeast => value >= wanted,
        Comparison::Contains | Comparison::BeginsWith | Comparison::EndsWith => false,
    }
}

fn texts(value: &str, comparison: Comparison, wanted: &str) -> bool {
    match comparison {
        Comparison::Equal => value == wanted,
        Comparison::NotEqual => value != wanted,
        Comparison::Contains => value.contains(wanted),
        Comparison::BeginsWith => value.starts_with(wanted),
        Comparison::EndsWith => value.ends_with(wanted),
        Comparison::Less => value < wanted,
        Comparison::AtMost => value <= wanted,
        Comparison::Greater => value > wanted,
        Comparison::AtLeast => value >= wanted,
    }
}
