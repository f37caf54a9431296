//! Where the time went.

use super::{Sentence, covered, interval, share, unanswered};
use crate::time::{SECOND, format_duration};
use crate::{Request, Status};

/// Nobody asks where the time went below this, in ns.
const SLOW: i64 = SECOND / 2;

/// The span that spent most time on its own, if the request was slow and nothing that was found failed.
pub fn sentence(request: &Request) -> Option<Sentence> {
    if request.duration_ns < SLOW || !request.errors.is_empty() || request.spans.iter().any(|span| span.status >= Status::Error) {
        return None;
    }
    let (index, own) = slowest(request)?;
    let missing = unanswered(request);
    let words = if missing.is_empty() {
        "Nothing failed. ".to_owned()
    } else {
        format!("Nothing that was found failed; whether anything did cannot be told without {missing}. ")
    };
    let sentence = Sentence::default().text(words).text("Most time was spent in ").span(index, request.spans.get(index as usize)?);
    Some(sentence.text(format!(": {} of its own, {} % of the request.", format_duration(own), share(own, request))))
}

/// The span with the most time not covered by those below it, and that time.
fn slowest(request: &Request) -> Option<(u32, i64)> {
    let mut below: Vec<(u32, (i64, i64))> = Vec::new();
    for span in &request.spans {
        let Some(parent) = span.parent_index else { continue };
        let Some((from, to)) = request.spans.get(parent as usize).map(interval) else { continue };
        let (start, end) = interval(span);
        below.push((parent, (start.clamp(from, to), end.clamp(from, to))));
    }
    below.sort_unstable();
    let mut groups = below.chunk_by(|left, right| left.0 == right.0).peekable();
    let mut best: Option<(u32, i64)> = None;
    for (index, span) in (0_u32..).zip(&request.spans) {
        let group = groups.next_if(|group| group.first().is_some_and(|(parent, _)| *parent == index));
        if span.in_progress {
            continue;
        }
        let mut intervals: Vec<(i64, i64)> = group.unwrap_or_default().iter().map(|(_, interval)| *interval).collect();
        let own = span.duration_ns.saturating_sub(covered(&mut intervals));
        if best.is_none_or(|(_, most)| own > most) {
            best = Some((index, own));
        }
    }
    best
}
