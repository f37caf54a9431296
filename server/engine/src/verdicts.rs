//! What the sources say about their searches, made one verdict a vendor.

use model::{Counts, Request, Source, State, Verdict};

/// Lines of `searched` shown for one vendor.
const MAX_SEARCHED: usize = 200;

/// A verdict as the engine lets it pass: of the right vendor, and with no count that its state does not bear out. A zero says "there is
/// none", which only a search that ran to its end knows; a search that did not happen counted nothing.
pub fn normal(vendor: Source, mut verdict: Verdict) -> Verdict {
    verdict.source = vendor;
    verdict.counts = bounded(verdict.state, verdict.counts);
    verdict.searched.truncate(MAX_SEARCHED);
    verdict
}

fn bounded(state: State, counts: Counts) -> Counts {
    let keep = |count: Option<u64>| match state {
        State::Found | State::Empty => count,
        State::Partial => count.filter(|count| *count > 0),
        State::Failed | State::NotSearched | State::Searching => None,
    };
    Counts { spans: keep(counts.spans), logs: keep(counts.logs), errors: keep(counts.errors) }
}

/// One verdict for several searches of one vendor: several accounts, or several rounds. `None` if there was none.
/// Each comes with what tells it from the others; empty when nothing needs to.
pub fn merge(vendor: Source, verdicts: &[(&str, &Verdict)]) -> Option<Verdict> {
    let ((_, first), rest) = verdicts.split_first()?;
    if rest.is_empty() {
        return Some((*first).clone());
    }
    let state = rest.iter().fold(first.state, |state, (_, verdict)| both(state, verdict.state));
    let mut merged = Verdict::new(vendor, state);
    for (instance, verdict) in verdicts {
        let why = if instance.is_empty() || verdict.why.is_empty() { verdict.why.clone() } else { format!("{instance}: {}", verdict.why) };
        join(&mut merged.why, &why, "; ");
        join(&mut merged.next_step, &verdict.next_step, " ");
        merged.elapsed_ms = merged.elapsed_ms.max(verdict.elapsed_ms);
        let counts = &mut merged.counts;
        for (sum, count) in [
            (&mut counts.spans, verdict.counts.spans),
            (&mut counts.logs, verdict.counts.logs),
            (&mut counts.errors, verdict.counts.errors),
        ] {
            *sum = sum.map_or(count, |sum| Some(sum.saturating_add(count.unwrap_or(0))));
        }
        for line in &verdict.searched {
            let line = if instance.is_empty() { line.clone() } else { format!("{instance}: {line}") };
            if !merged.searched.contains(&line) && merged.searched.len() < MAX_SEARCHED {
                merged.searched.push(line);
            }
        }
    }
    Some(normal(vendor, merged))
}

/// Two searches of one vendor as one: whole only if both were.
const fn both(one: State, other: State) -> State {
    match (one, other) {
        (State::Searching, _) | (_, State::Searching) => State::Searching,
        (State::Found | State::Empty, State::Found) | (State::Found, State::Empty) => State::Found,
        (State::Empty, State::Empty) => State::Empty,
        (State::NotSearched, State::NotSearched) => State::NotSearched,
        (State::Failed | State::NotSearched, State::Failed | State::NotSearched) => State::Failed,
        _ => State::Partial,
    }
}

/// Adds a reason to a verdict that has others.
pub fn join(text: &mut String, more: &str, between: &str) {
    if more.is_empty() || text.split(between).any(|part| part == more) {
        return;
    }
    if !text.is_empty() {
        text.push_str(between);
    }
    text.push_str(more);
}

/// Counts what arrived and is shown: the same piece sent twice, by two rounds or two accounts, is one. A count that the vendor did not make stays
/// `None` unless something of that kind is there.
pub fn count(verdict: &mut Verdict, request: &Request) {
    if matches!(verdict.state, State::Failed | State::NotSearched | State::Searching) {
        return;
    }
    let vendor = verdict.source;
    let spans = request.spans.iter().filter(|span| span.sources.contains(vendor)).count();
    let logs = request.logs.iter().filter(|log| log.source == vendor).count();
    let errors = request.errors.iter().filter(|error| error.sources.contains(vendor)).count();
    let counts = &mut verdict.counts;
    for (count, shown) in [(&mut counts.spans, spans), (&mut counts.logs, logs), (&mut counts.errors, errors)] {
        if shown > 0 || count.is_some() {
            *count = u64::try_from(shown).ok();
        }
    }
    verdict.counts = bounded(verdict.state, verdict.counts);
    if verdict.state == State::Empty && spans + logs + errors > 0 {
        verdict.state = State::Found;
    }
}

/// For a vendor of which no source is configured.
pub fn not_configured(vendor: Source) -> Verdict {
    let next_step = match vendor {
        Source::Xray => "Add [[sources.xray]] with a region to throughline.toml.",
        Source::Cloudwatch => "Add [[sources.cloudwatch]] with a region to throughline.toml.",
        Source::Honeycomb => "Add [[sources.honeycomb]] to throughline.toml and put the key into HONEYCOMB_API_KEY.",
        Source::Rollbar => "Add [[sources.rollbar]] to throughline.toml and put the read token into ROLLBAR_READ_TOKEN.",
    };
    Verdict::not_searched(vendor, "not configured", next_step)
}

/// A reason short enough to stand within another.
pub fn short(why: &str) -> String {
    const LIMIT: usize = 160;
    let mut short: String = why.chars().take(LIMIT).collect();
    if short.len() < why.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STATES: [State; 6] = [State::Searching, State::Found, State::Empty, State::Partial, State::Failed, State::NotSearched];

    fn any_verdict() -> impl Strategy<Value = Verdict> {
        let count = || prop::option::of(0_u64..3);
        (prop::sample::select(&STATES[..]), count(), count(), count(), "[a-c]{0,2}").prop_map(|(state, spans, logs, errors, why)| Verdict {
            counts: Counts { spans, logs, errors },
            why,
            ..Verdict::new(Source::Rollbar, state)
        })
    }

    fn zero(counts: Counts) -> bool {
        [counts.spans, counts.logs, counts.errors].contains(&Some(0))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_zero_unless_the_query_ran_to_its_end(verdicts in prop::collection::vec(any_verdict(), 1..5)) {
            let verdicts: Vec<_> = verdicts.into_iter().map(|verdict| normal(Source::Xray, verdict)).collect();
            let named: Vec<_> = verdicts.iter().map(|verdict| ("", verdict)).collect();
            let merged = merge(Source::Xray, &named).unwrap();
            for verdict in verdicts.iter().chain([&merged]) {
                prop_assert_eq!(verdict.source, Source::Xray);
                prop_assert!(!zero(verdict.counts) || matches!(verdict.state, State::Found | State::Empty), "{:?}", verdict);
            }
        }

        #[test]
        fn merging_does_not_depend_on_the_order(verdicts in prop::collection::vec(any_verdict(), 1..5)) {
            let forward: Vec<_> = verdicts.iter().map(|verdict| ("", verdict)).collect();
            let backward: Vec<_> = forward.iter().rev().copied().collect();
            let (one, other) = (merge(Source::Xray, &forward).unwrap(), merge(Source::Xray, &backward).unwrap());
            prop_assert_eq!((one.state, one.counts), (other.state, other.counts));
        }
    }

    #[test]
    fn one_account_down_makes_it_partial_and_names_it() {
        let found = Verdict { counts: Counts { spans: Some(2), ..Counts::default() }, ..Verdict::new(Source::Xray, State::Found) };
        let down = Verdict::failed(Source::Xray, "connection refused", "Look at the network.");
        let merged = merge(Source::Xray, &[("eu-central-1", &found), ("us-east-1", &down)]).unwrap();
        assert_eq!((merged.state, merged.counts.spans), (State::Partial, Some(2)));
        assert_eq!((merged.why.as_str(), merged.next_step.as_str()), ("us-east-1: connection refused", "Look at the network."));
    }
}
