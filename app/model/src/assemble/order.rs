//! Total orders over the pieces, so that no choice depends on who came first.

use crate::{ErrorRecord, LogRecord, SpanRecord};
use std::cmp::Ordering;
use std::fmt::Debug;

/// By everything there is. Only pieces that are alike in all that is compared before come here, so the cost of writing them out does not matter.
pub fn entirely<T: Debug + PartialEq>(left: &T, right: &T) -> Ordering {
    if left == right { Ordering::Equal } else { format!("{left:?}").cmp(&format!("{right:?}")) }
}

/// Who is believed first about times: complete before in progress, the finer clock, then the order of the sources.
pub fn spans(left: &SpanRecord, right: &SpanRecord) -> Ordering {
    let key = |record: &SpanRecord| {
        (record.end.is_none(), record.clock_ns.max(1), record.source, record.start, record.end, record.trace, record.parent)
    };
    key(left).cmp(&key(right)).then_with(|| left.name.cmp(&right.name)).then_with(|| entirely(left, right))
}

/// By time; within one stream then as the vendor numbered them.
pub fn logs(left: &LogRecord, right: &LogRecord) -> Ordering {
    fn key(record: &LogRecord) -> impl Ord {
        (record.time, record.source, &record.log_group, &record.log_stream, record.id.len(), &record.id, &record.body)
    }
    key(left).cmp(&key(right)).then_with(|| entirely(left, right))
}

/// By source, then time.
pub fn errors(left: &ErrorRecord, right: &ErrorRecord) -> Ordering {
    fn key(record: &ErrorRecord) -> impl Ord {
        (record.source, record.time, &record.id, record.span, &record.class, &record.message)
    }
    key(left).cmp(&key(right)).then_with(|| entirely(left, right))
}
