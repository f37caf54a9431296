//! Which IDs and log groups were asked for, and what the next round has to ask.

use crate::hints::Hints;
use model::{Alias, State, TraceId, Verdict};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::Instant;

/// The bookkeeping of the rounds of one search.
#[derive(Debug)]
pub struct Rounds {
    /// Asked for, in the order they became known.
    asked: Vec<TraceId>,
    /// Known to be the same request, not asked for yet.
    pending: BTreeSet<TraceId>,
    /// Records that join two IDs of which neither is known yet.
    loose: Vec<(TraceId, TraceId)>,
    groups_asked: BTreeSet<String>,
    services_asked: BTreeSet<String>,
    /// Log groups learned earlier for the services of this request.
    learned_groups: BTreeSet<String>,
    /// How `CloudWatch` ended so far.
    logs: Logs,
    pending_since: Option<Instant>,
    left: usize,
    max_ids: usize,
    settle: Duration,
}

/// How the search for log lines stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Logs {
    #[default]
    Running,
    /// Ended; what it searched, as it told, and whether that was all there is.
    Ended { searched: Vec<String>, whole: bool },
}

/// What one more round asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// For every source.
    pub ids: Vec<TraceId>,
    /// For `CloudWatch` alone: all IDs again, in these groups.
    pub logs: Option<LogRound>,
}

/// A second look for log lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRound {
    /// Every ID of the request.
    pub ids: Vec<TraceId>,
    /// Where it has not been looked yet.
    pub log_groups: Vec<String>,
}

/// Loose records kept at most.
const MAX_LOOSE: usize = 1_000;

impl Rounds {
    /// Starts with the IDs of the first round: the one asked for, and those learned earlier.
    pub fn new(first: &[TraceId], max_rounds: usize, max_ids: usize, settle: Duration) -> Self {
        Self {
            asked: first.to_vec(),
            pending: BTreeSet::new(),
            loose: Vec::new(),
            groups_asked: BTreeSet::new(),
            services_asked: BTreeSet::new(),
            learned_groups: BTreeSet::new(),
            logs: Logs::Running,
            pending_since: None,
            left: max_rounds,
            max_ids,
            settle,
        }
    }

    /// How many IDs of this request were found and not asked for.
    pub fn not_asked(&self) -> usize {
        self.pending.len()
    }

    /// Takes note of records that join IDs. Only an ID joined with a known one belongs to this request.
    pub fn note(&mut self, aliases: &[Alias]) {
        let room = MAX_LOOSE.saturating_sub(self.loose.len());
        self.loose.extend(aliases.iter().map(|alias| (alias.from, alias.to)).take(room));
        loop {
            let before = self.loose.len();
            let (asked, pending) = (&self.asked, &mut self.pending);
            self.loose.retain(|(from, to)| {
                let known = |id: &TraceId, pending: &BTreeSet<TraceId>| asked.contains(id) || pending.contains(id);
                match (known(from, pending), known(to, pending)) {
                    (true, true) => false,
                    (true, false) => !pending.insert(*to),
                    (false, true) => !pending.insert(*from),
                    (false, false) => true,
                }
            });
            if self.loose.len() == before {
                return;
            }
        }
    }

    /// Takes note of how `CloudWatch` ended.
    pub fn logs_ended(&mut self, verdict: &Verdict) {
        let whole = matches!(verdict.state, State::Found | State::Empty);
        let mut searched = verdict.searched.clone();
        if let Logs::Ended { searched: earlier, .. } = &self.logs {
            searched.extend_from_slice(earlier);
        }
        self.logs = Logs::Ended { searched, whole };
    }

    /// Takes note of groups learned earlier for services of this request.
    pub fn learned(&mut self, groups: BTreeSet<String>) {
        self.learned_groups.extend(groups);
    }

    /// When [`Rounds::next`] has to be asked again, if nothing else happens before.
    pub fn wake_at(&self) -> Option<Instant> {
        self.pending_since.map(|since| since + self.settle)
    }

    /// The next round, once there is something to ask and either nothing runs any more or there was time for more to arrive.
    pub fn next(&mut self, hints: &Hints, idle: bool, now: Instant) -> Option<Round> {
        let groups = self.new_groups(hints);
        // Only names of services: worth a second look only where the first could not look everywhere.
        let services = match &self.logs {
            Logs::Ended { whole: false, .. } => hints.services.iter().any(|service| !self.services_asked.contains(service)),
            _ => false,
        };
        let look_again = !groups.is_empty() || services;
        let room = self.max_ids.saturating_sub(self.asked.len());
        if self.left == 0 || !(look_again || (room > 0 && !self.pending.is_empty())) {
            self.pending_since = None;
            return None;
        }
        let since = *self.pending_since.get_or_insert(now);
        if !idle && now < since + self.settle {
            return None;
        }
        self.pending_since = None;
        self.left -= 1;
        let ids: Vec<TraceId> = self.pending.iter().copied().take(room).collect();
        for id in &ids {
            self.pending.remove(id);
        }
        self.asked.extend_from_slice(&ids);
        let logs = look_again.then(|| LogRound { ids: self.asked.clone(), log_groups: groups.iter().cloned().collect() });
        if look_again {
            self.groups_asked.extend(groups);
            self.services_asked.extend(hints.services.iter().cloned());
            self.logs = match std::mem::take(&mut self.logs) {
                // Judged by what the second look says; never a third for the same services.
                Logs::Ended { searched, .. } => Logs::Ended { searched, whole: true },
                Logs::Running => Logs::Running,
            };
        }
        Some(Round { ids, logs })
    }

    /// Groups that were not searched yet, as far as one can tell: those that spans name, and those learned earlier unless the first look was whole.
    fn new_groups(&self, hints: &Hints) -> BTreeSet<String> {
        let (searched, whole) = match &self.logs {
            Logs::Running => (&[][..], false),
            Logs::Ended { searched, whole } => (&searched[..], *whole),
        };
        let learned = self.learned_groups.iter().filter(|_| !whole);
        let new = hints.log_groups.iter().chain(learned).filter(|group| {
            let listed = searched.iter().any(|line| line.contains(group.as_str()));
            !listed && !self.groups_asked.contains(*group)
        });
        new.cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Source;

    fn id(value: u128) -> TraceId {
        TraceId::new(value).unwrap()
    }

    fn alias(from: u128, to: u128) -> Alias {
        Alias { from: id(from), to: id(to), source: Source::Rollbar, because: String::new(), evidence: String::new() }
    }

    fn rounds() -> Rounds {
        Rounds::new(&[id(1)], 2, 8, Duration::from_millis(250))
    }

    #[tokio::test(start_paused = true)]
    async fn asks_new_ids_once_after_a_moment() {
        let mut rounds = rounds();
        let hints = Hints::default();
        rounds.note(&[alias(1, 2), alias(2, 1)]);
        assert_eq!(rounds.next(&hints, false, Instant::now()), None, "others may follow");
        rounds.note(&[alias(2, 3)]);
        tokio::time::advance(Duration::from_millis(250)).await;
        assert_eq!(rounds.next(&hints, false, Instant::now()).unwrap().ids, [id(2), id(3)]);
        rounds.note(&[alias(3, 2), alias(1, 3)]);
        assert_eq!(rounds.next(&hints, true, Instant::now()), None);
    }

    #[tokio::test(start_paused = true)]
    async fn is_bounded_in_rounds_and_ids() {
        let mut rounds = rounds();
        let hints = Hints::default();
        let many: Vec<_> = (2..100).map(|to| alias(1, to)).collect();
        rounds.note(&many);
        assert_eq!(rounds.next(&hints, true, Instant::now()).unwrap().ids.len(), 7);
        assert_eq!(rounds.next(&hints, true, Instant::now()), None);
        assert_eq!((rounds.asked.len(), rounds.not_asked()), (8, 91));
    }

    #[tokio::test(start_paused = true)]
    async fn an_endless_chain_ends() {
        let mut rounds = rounds();
        let hints = Hints::default();
        let mut asked = 0;
        for from in 1..20 {
            rounds.note(&[alias(from, from + 1)]);
            asked += usize::from(rounds.next(&hints, true, Instant::now()).is_some());
        }
        assert_eq!(asked, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn ids_of_somebody_else_stay_out() {
        let mut rounds = rounds();
        rounds.note(&[alias(7, 8)]);
        assert_eq!(rounds.next(&Hints::default(), true, Instant::now()), None);
        rounds.note(&[alias(1, 7)]);
        assert_eq!(rounds.next(&Hints::default(), true, Instant::now()).unwrap().ids, [id(7), id(8)]);
    }

    #[tokio::test(start_paused = true)]
    async fn looks_again_for_lines_only_where_nobody_looked() {
        let mut hints = Hints::default();
        hints.services.insert("backend".to_owned());
        hints.log_groups.insert("/backend".to_owned());
        let searched = |state, line: &str| Verdict { searched: vec![line.to_owned()], ..Verdict::new(Source::Cloudwatch, state) };

        let mut all = rounds();
        all.logs_ended(&searched(State::Found, "/backend, 3 streams"));
        assert_eq!(all.next(&hints, true, Instant::now()), None);

        let mut other = rounds();
        other.logs_ended(&searched(State::Partial, "/other"));
        let round = other.next(&hints, true, Instant::now()).unwrap();
        assert_eq!(round, Round { ids: vec![], logs: Some(LogRound { ids: vec![id(1)], log_groups: vec!["/backend".to_owned()] }) });
        other.logs_ended(&searched(State::Partial, "/other"));
        assert_eq!(other.next(&hints, true, Instant::now()), None, "not again for the same hints");
    }
}
