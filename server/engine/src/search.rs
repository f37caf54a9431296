//! One search for one request: all sources at once, round after round, revision after revision.

pub mod outcome;

use crate::collect::{Collector, Lost};
use crate::core::Core;
use crate::deadline::{self, Event};
use crate::flight::Flight;
use crate::hints::Hints;
use crate::round::{LogRound, Round, Rounds};
use crate::shelf::Numbered;
use crate::{Lookup, verdicts};
use api::{Snapshot, TimelineQuery};
use model::{Alias, Fragment, Request, Source, SourceSet, State, TimeRange, TraceId, UnixNs, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// A search and everything it has found. May run again: what comes then is added to what is there.
pub struct Search {
    core: Arc<Core>,
    query: TimelineQuery,
    numbered: Arc<Numbered>,
    collector: Collector,
    hints: Hints,
    aliases: BTreeSet<Alias>,
    known_by: BTreeMap<TraceId, SourceSet>,
    /// The earliest and latest moments of spans, lines and errors.
    seen: Option<(UnixNs, UnixNs)>,
    /// The calls of this run.
    asks: Vec<Ask>,
    /// How each source ended in the run before.
    earlier: Vec<Option<Verdict>>,
    published: Arc<Snapshot>,
}

/// One call to one source.
struct Ask {
    entry: usize,
    verdict: Option<Verdict>,
}

/// Why a source is asked.
#[derive(Clone, Copy)]
enum Look<'a> {
    /// In the first round: where to look is left to the source.
    First,
    /// For IDs found on the way.
    Further,
    /// For log lines where nobody has looked yet.
    Logs(&'a LogRound),
}

/// A run in progress: its tasks end when it is dropped.
struct Run {
    begun: Instant,
    rounds: Rounds,
    tasks: JoinSet<()>,
    events: mpsc::Sender<Event>,
    running: usize,
}

/// Between what a viewer names as the time of a request and what is searched.
const PADDING_NS: i64 = 5 * 60 * model::time::SECOND;

/// With less time than this left, a further round is not worth a call.
const LEAST_TIME: Duration = Duration::from_millis(100);

/// Requests beyond this are not asked for again by themselves.
const HEAVY_PIECES: usize = 50_000;

/// Pieces that may wait to be folded in, before sources have to wait.
const EVENTS: usize = 64;

impl Search {
    /// A search that has not begun. The first snapshot says "searching".
    pub fn new(core: &Arc<Core>, query: TimelineQuery, numbered: Arc<Numbered>, first: Arc<Snapshot>) -> Self {
        Self {
            query,
            numbered,
            collector: Collector::new(query.id),
            hints: Hints::default(),
            aliases: BTreeSet::new(),
            known_by: BTreeMap::new(),
            seen: None,
            asks: Vec::new(),
            earlier: vec![None; core.entries.len()],
            published: first,
            core: Arc::clone(core),
        }
    }

    /// Asks every source until all have ended. Each revision goes to the flight; when `quiet`, only the last, and only if something changed.
    pub async fn run(&mut self, flight: &Flight, quiet: bool) -> Result<(), Lost> {
        if quiet {
            self.collector.begin_again();
        }
        let first = self.first_ids().await;
        let settings = &self.core.settings;
        let (events, mut arriving) = mpsc::channel(EVENTS);
        let mut run = Run {
            begun: Instant::now(),
            rounds: Rounds::new(&first, settings.max_rounds, settings.max_ids, settings.settle),
            tasks: JoinSet::new(),
            events,
            running: 0,
        };
        run.rounds.note(&self.aliases.iter().cloned().collect::<Vec<_>>());
        self.asks.clear();
        for entry in 0..self.core.entries.len() {
            self.ask(&mut run, entry, &first, Look::First);
        }
        let mut changed = false;
        let mut publish_at = run.begun;
        loop {
            while let Some(round) = run.rounds.next(&self.hints, run.running == 0, Instant::now()) {
                self.start(&mut run, &round);
                changed = true;
            }
            if run.running == 0 {
                break;
            }
            let wake_at = run.rounds.wake_at();
            tokio::select! {
                Some(event) = arriving.recv() => {
                    self.take(&mut run, event).await;
                    changed = true;
                }
                () = sleep_until(publish_at), if changed && !quiet => {
                    changed = false;
                    let begun = Instant::now();
                    self.publish(flight, false, run.rounds.not_asked()).await?;
                    // A large request is put together at most a fifth of the time.
                    publish_at = begun + self.core.settings.publish_every.max(begun.elapsed() * 5);
                }
                () = sleep_until(wake_at.unwrap_or(publish_at)), if wake_at.is_some() => {}
            }
        }
        self.collector.end_again(self.found_all_again());
        self.publish(flight, true, run.rounds.not_asked()).await?;
        self.earlier = (0..self.core.entries.len()).map(|entry| Some(self.entry_verdict(entry))).collect();
        self.core.learned.keep_aside(self.aliases.iter().cloned().collect(), self.known_by.clone(), self.hints.by_service.clone());
        Ok(())
    }

    /// Whether more may still be arriving.
    pub fn is_young(&self) -> bool {
        let now = self.core.now();
        let age = match (self.seen, self.query.range) {
            (Some((_, latest)), _) => now.since(latest),
            (None, Some(range)) if range.to < now => now.since(range.to),
            (None, _) => now.since(self.numbered.first_asked),
        };
        u128::from(age.unsigned_abs()) < self.core.settings.young.as_nanos()
    }

    /// Whether asking again and again would hold too much of the same.
    pub const fn is_heavy(&self) -> bool {
        self.collector.pieces() > HEAVY_PIECES
    }

    /// Whether a source could not be asked, so that asking again soon may help.
    pub fn failed_somewhere(&self) -> bool {
        self.published.request.verdicts.iter().any(|verdict| matches!(verdict.state, State::Failed | State::Partial))
    }

    /// The ID asked for, and those that earlier searches joined with it.
    async fn first_ids(&mut self) -> Vec<TraceId> {
        let mut ids = vec![self.query.id];
        let learned = self.core.learned.aliases([self.query.id]).await.remove(&self.query.id).unwrap_or_default();
        for alias in &learned {
            for id in [alias.from, alias.to] {
                if !ids.contains(&id) && ids.len() < self.core.settings.max_ids {
                    ids.push(id);
                }
            }
        }
        if !learned.is_empty() {
            self.collector.add(Fragment { aliases: learned, ..Fragment::default() });
        }
        ids
    }

    /// Asks one source for these IDs.
    fn ask(&mut self, run: &mut Run, entry: usize, ids: &[TraceId], look: Look<'_>) {
        let Some(of) = self.core.entries.get(entry).cloned() else { return };
        let ask = self.asks.len();
        let left = of.deadline.saturating_sub(run.begun.elapsed());
        if left < LEAST_TIME {
            let why = "no time was left to ask for what was found on the way";
            let verdict = Verdict::failed(of.vendor, why, "Open the request again, or give this source more time with deadline_ms.");
            self.asks.push(Ask { entry, verdict: Some(verdict) });
            return;
        }
        let padded = self.query.range.map(|range| TimeRange { from: range.from.plus(-PADDING_NS), to: range.to.plus(PADDING_NS) });
        let services = || self.hints.services.iter().cloned().collect();
        let (range, log_groups, services) = match look {
            Look::First => (padded, Vec::new(), Vec::new()),
            Look::Further => (padded, self.hints.log_groups.iter().cloned().collect(), services()),
            Look::Logs(logs) => (padded.or_else(|| self.around_seen()), logs.log_groups.clone(), services()),
        };
        let lookup = Lookup { traces: ids.to_vec(), range, log_groups, services, now: self.core.now(), deadline: left };
        self.asks.push(Ask { entry, verdict: None });
        run.running += 1;
        run.tasks.spawn(deadline::fetch(of, lookup, ask, self.core.settings.max_pieces, run.events.clone()));
    }

    /// Starts a further round. Sources that could not be asked in this run are left alone.
    fn start(&mut self, run: &mut Run, round: &Round) {
        for entry in 0..self.core.entries.len() {
            let refused = self.asks.iter().any(|ask| {
                let state = ask.verdict.as_ref().map(|verdict| verdict.state);
                ask.entry == entry && matches!(state, Some(State::Failed | State::NotSearched))
            });
            let vendor = self.core.entries.get(entry).map(|entry| entry.vendor);
            match &round.logs {
                _ if refused => {}
                Some(logs) if vendor == Some(Source::Cloudwatch) => self.ask(run, entry, &logs.ids, Look::Logs(logs)),
                _ if !round.ids.is_empty() => self.ask(run, entry, &round.ids, Look::Further),
                _ => {}
            }
        }
    }

    async fn take(&mut self, run: &mut Run, event: Event) {
        match event {
            Event::Piece { ask, fragment } => {
                self.note(ask, &fragment);
                run.rounds.note(&fragment.aliases);
                let services = self.hints.services.len();
                self.hints.note(&fragment);
                if self.hints.services.len() > services {
                    run.rounds.learned(self.core.learned.log_groups(self.hints.services.iter().cloned()).await);
                }
                self.collector.add(fragment);
            }
            Event::Ended { ask, verdict } => {
                run.running = run.running.saturating_sub(1);
                if verdict.source == Source::Cloudwatch {
                    run.rounds.logs_ended(&verdict);
                }
                if let Some(ask) = self.asks.get_mut(ask) {
                    ask.verdict = Some(verdict);
                }
            }
        }
    }

    /// Takes note of who knows what, and when it happened.
    fn note(&mut self, ask: usize, fragment: &Fragment) {
        let vendor = self.asks.get(ask).and_then(|ask| self.core.entries.get(ask.entry)).map(|entry| entry.vendor);
        let spans = fragment.spans.iter().map(|span| (Some(span.trace), span.start, span.end.unwrap_or(span.start)));
        let logs = fragment.logs.iter().map(|log| (log.trace, log.time, log.time));
        let errors = fragment.errors.iter().map(|error| (error.trace, error.time, error.time));
        for (trace, start, end) in spans.chain(logs).chain(errors) {
            let (earliest, latest) = self.seen.unwrap_or((start, end));
            self.seen = Some((earliest.min(start), latest.max(end)));
            // Only IDs that were asked for are worth remembering, and telemetry does not decide how many those are.
            let trace = trace.unwrap_or(self.query.id);
            if let Some(vendor) = vendor
                && (self.known_by.len() < self.core.settings.max_ids || self.known_by.contains_key(&trace))
            {
                let sources = self.known_by.entry(trace).or_default();
                *sources = sources.with(vendor);
            }
        }
        let room = MAX_ALIASES.saturating_sub(self.aliases.len());
        self.aliases.extend(fragment.aliases.iter().take(room).cloned());
    }

    fn around_seen(&self) -> Option<TimeRange> {
        let (earliest, latest) = self.seen?;
        Some(TimeRange { from: earliest.plus(-3 * PADDING_NS), to: latest.plus(3 * PADDING_NS) })
    }

    async fn publish(&mut self, flight: &Flight, ended: bool, not_asked: usize) -> Result<(), Lost> {
        let mut request = self.collector.request().await?;
        request.verdicts = self.verdicts(&request, ended, not_asked);
        if !outcome::same(&request, &self.published.request) {
            self.published = self.core.shelf.keep(&self.numbered, request);
            flight.publish(&self.published);
        }
        Ok(())
    }
}

/// Records that join IDs, kept of one request at most.
const MAX_ALIASES: usize = 1_000;
