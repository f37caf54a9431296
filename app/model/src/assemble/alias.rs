//! Which trace IDs are one request, and why.

use crate::{Alias, SpanRecord, TraceId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Every ID that the records join to `asked`, and those of the spans at hand: `asked` first, then ascending.
pub fn traces(asked: TraceId, aliases: &[Alias], spans: &[SpanRecord]) -> Vec<TraceId> {
    let mut traces = joined(asked, aliases);
    let mut last = asked;
    for span in spans {
        if span.trace != last {
            last = span.trace;
            traces.insert(last);
        }
    }
    traces.remove(&asked);
    std::iter::once(asked).chain(traces).collect()
}

/// The aliases of this request, ascending: for each pair of IDs, source and reason the one with the smallest evidence.
pub fn reasons(asked: TraceId, aliases: &[Alias]) -> Vec<Alias> {
    let joined = joined(asked, aliases);
    let mut kept: BTreeMap<_, &Alias> = BTreeMap::new();
    for alias in aliases.iter().filter(|alias| alias.from != alias.to && joined.contains(&alias.from)) {
        let pair = (alias.from.min(alias.to), alias.from.max(alias.to), alias.source, &alias.because);
        kept.entry(pair).and_modify(|best| *best = alias.min(*best)).or_insert(alias);
    }
    let mut reasons: Vec<Alias> = kept.into_values().cloned().collect();
    reasons.sort();
    reasons
}

fn joined(asked: TraceId, aliases: &[Alias]) -> BTreeSet<TraceId> {
    let mut others: HashMap<TraceId, Vec<TraceId>> = HashMap::new();
    for alias in aliases {
        others.entry(alias.from).or_default().push(alias.to);
        others.entry(alias.to).or_default().push(alias.from);
    }
    let mut joined = BTreeSet::from([asked]);
    let mut open = vec![asked];
    while let Some(trace) = open.pop() {
        for &other in others.get(&trace).into_iter().flatten() {
            if joined.insert(other) {
                open.push(other);
            }
        }
    }
    joined
}
