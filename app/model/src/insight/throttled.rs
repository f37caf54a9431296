//! Calls that were refused for now.

use super::{Sentence, covered, interval, share};
use crate::time::format_duration;
use crate::{Request, Status};
use std::collections::HashSet;

/// How many calls were throttled, how long they took together, and which.
pub fn sentence(request: &Request) -> Option<Sentence> {
    let throttled = || (0_u32..).zip(&request.spans).filter(|(_, span)| span.status == Status::Throttle);
    // Who only passes a throttled call's answer on is not counted.
    let callers: HashSet<u32> = throttled().filter_map(|(_, span)| span.parent_index).collect();
    let calls: Vec<_> = throttled().filter(|(index, _)| !callers.contains(index)).collect();
    let (index, first) = *calls.first()?;
    let mut intervals: Vec<(i64, i64)> = calls.iter().map(|(_, span)| interval(span)).collect();
    let time = covered(&mut intervals);
    let words = match calls.len() {
        1 => "1 call was throttled: ".to_owned(),
        count => format!("{count} calls were throttled, the first of them "),
    };
    let sentence = Sentence::default().text(words).span(index, first);
    Some(sentence.text(format!("; {}, {} % of the request.", format_duration(time), share(time, request))))
}
