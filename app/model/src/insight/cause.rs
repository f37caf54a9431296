//! Where a failure began.

use super::{Sentence, interval, unanswered};
use crate::request::Span;
use crate::time::format_duration;
use crate::{Request, Status};
use std::collections::HashMap;

/// The span where the failure began: from the root (else the first failed span at the top, else the first failed span) down
/// through what failed below it, the worst first and of equals the one that ended last, because its end is what its caller saw. `None`
/// if no span failed.
pub fn first_cause(request: &Request) -> Option<u32> {
    let failed = |span: &Span| span.status >= Status::Error;
    // For each span its failed child to follow. Children come after their parent, so one pass is enough.
    let mut below: Vec<Option<u32>> = vec![None; request.spans.len()];
    let rank = |index: u32| request.spans.get(index as usize).map(|span| (span.status, interval(span).1));
    for (index, span) in (0_u32..).zip(&request.spans).filter(|(_, span)| failed(span)) {
        if let Some(best) = span.parent_index.and_then(|parent| below.get_mut(parent as usize))
            && best.is_none_or(|best| rank(best) < rank(index))
        {
            *best = Some(index);
        }
    }
    let root = request.root().map(|root| root.id);
    let all = || (0_u32..).zip(&request.spans).filter(|(_, span)| failed(span));
    let start = all().find(|(_, span)| span.depth == 0 && Some(span.id) == root).or_else(|| all().find(|(_, span)| span.depth == 0));
    let (mut at, _) = start.or_else(|| all().next())?;
    while let Some(next) = below.get(at as usize).copied().flatten() {
        at = next;
    }
    Some(at)
}

/// The first cause with its exception; without a failed span, an error that was reported.
pub fn sentence(request: &Request) -> Option<Sentence> {
    let errors = || (0_u32..).zip(&request.errors);
    let Some(cause) = first_cause(request) else {
        let (index, _) = errors().find(|(_, error)| matches!(error.level.as_str(), "error" | "critical"))?;
        return Some(Sentence::default().text("An error was reported, but no span failed: ").error(index, request).text("."));
    };
    let span = request.spans.get(cause as usize)?;
    let sentence = Sentence::default().text("The failure began in ").span(cause, span);
    let sentence = sentence.text(format!(", {} after {}", span.status.as_str(), format_duration(span.duration_ns)));
    // The exception on it, else the nearest on the way up.
    let mut first_on: HashMap<u32, u32> = HashMap::new();
    for (index, error) in errors() {
        if let Some(at) = error.span {
            first_on.entry(at).or_insert(index);
        }
    }
    let way = std::iter::successors(Some(cause), |at| request.spans.get(*at as usize)?.parent_index);
    if let Some(error) = way.into_iter().find_map(|at| first_on.get(&at)) {
        return Some(sentence.text(": ").error(*error, request).text("."));
    }
    let missing = unanswered(request);
    let rest = if missing.is_empty() { ".".to_owned() } else { format!("; whether there is one cannot be told without {missing}.") };
    Some(sentence.text(". No exception was found for it").text(rest))
}
