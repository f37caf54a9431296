//! One verdict for each source, of however many its accounts, regions and rounds gave.

use crate::{Counts, Request, Source, SourceSet, State, Verdict};

/// In order of display. A source in `open`, or without a verdict, is searching.
pub fn combine(verdicts: &[Verdict], request: &Request, open: SourceSet) -> Vec<Verdict> {
    Source::ALL
        .into_iter()
        .map(|source| if open.contains(source) { Verdict::searching(source) } else { of(source, verdicts, request) })
        .collect()
}

fn of(source: Source, verdicts: &[Verdict], request: &Request) -> Verdict {
    let mut own: Vec<&Verdict> = verdicts.iter().filter(|verdict| verdict.source == source && verdict.ended()).collect();
    own.sort_by(|left, right| key(left).cmp(&key(right)));
    own.dedup();
    let Some((first, rest)) = own.split_first() else { return Verdict::searching(source) };
    if rest.is_empty() {
        return Verdict::clone(first);
    }
    Verdict {
        source,
        state: state(&own),
        counts: counts(source, &own, request),
        elapsed_ms: own.iter().map(|verdict| verdict.elapsed_ms).max().unwrap_or(0),
        why: sentences(own.iter().map(|verdict| verdict.why.as_str())),
        next_step: sentences(own.iter().map(|verdict| verdict.next_step.as_str())),
        searched: distinct(own.iter().flat_map(|verdict| verdict.searched.iter().map(String::as_str)))
            .into_iter()
            .map(str::to_owned)
            .collect(),
    }
}

fn key(verdict: &Verdict) -> impl Ord {
    let Counts { spans, logs, errors } = verdict.counts;
    (verdict.state as u8, spans, logs, errors, verdict.elapsed_ms, &verdict.why, &verdict.next_step, &verdict.searched)
}

/// All alike: that. Found and empty alone make found. Failed and not searched alone make failed. Any other mix, or anything partial,
/// means that something could not be searched: partial.
fn state(verdicts: &[&Verdict]) -> State {
    let any = |state: State| verdicts.iter().any(|verdict| verdict.state == state);
    let answered = any(State::Found) || any(State::Empty);
    let unanswered = any(State::Failed) || any(State::NotSearched);
    match (answered, unanswered) {
        _ if any(State::Partial) => State::Partial,
        (true, true) => State::Partial,
        (true, false) if any(State::Found) => State::Found,
        (true, false) => State::Empty,
        (false, _) if any(State::Failed) => State::Failed,
        (false, _) => State::NotSearched,
    }
}

/// Accounts and rounds may count the same piece, so their counts do not add up: the largest that any of them says, or what is here
/// of this source if that is more; nothing where none of them counted.
fn counts(source: Source, verdicts: &[&Verdict], request: &Request) -> Counts {
    let largest = |pick: fn(&Counts) -> Option<u64>, here: usize| {
        verdicts.iter().filter_map(|verdict| pick(&verdict.counts)).max().map(|said| said.max(here as u64))
    };
    Counts {
        spans: largest(|counts| counts.spans, request.spans.iter().filter(|span| span.sources.contains(source)).count()),
        logs: largest(|counts| counts.logs, request.logs.iter().filter(|log| log.source == source).count()),
        errors: largest(|counts| counts.errors, request.errors.iter().filter(|error| error.sources.contains(source)).count()),
    }
}

fn sentences<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    distinct(texts.filter(|text| !text.is_empty())).join("; ")
}

fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = std::collections::HashSet::new();
    texts.filter(|text| seen.insert(*text)).collect()
}
