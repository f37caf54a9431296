//! One search shared by everybody who looks at the same request.

mod course;

use crate::core::Core;
use crate::search::outcome;
use api::{ApiError, Snapshot, TimelineQuery};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// A search that runs, or ran a moment ago.
pub struct Flight {
    /// What is looked for.
    pub query: TimelineQuery,
    progress: watch::Sender<Progress>,
    presence: watch::Sender<Presence>,
    /// A new viewer finds the last answer too old.
    poke: Notify,
}

/// How far a search is.
#[derive(Clone)]
pub struct Progress {
    /// The newest revision.
    pub latest: Arc<Snapshot>,
    /// Sources are being asked.
    pub asking: bool,
    /// No further revision will come.
    pub settled: bool,
    /// It broke, by our own fault.
    pub failed: bool,
    ended: Option<Instant>,
    good_for: Duration,
}

/// Who is watching.
#[derive(Clone, Copy)]
struct Presence {
    viewers: usize,
    /// Those among them who want every revision.
    followers: usize,
    /// Until when the search goes on without anybody.
    stay_until: Instant,
}

/// All of them, by what they look for.
#[derive(Default)]
pub struct Flights {
    by_query: Mutex<HashMap<TimelineQuery, Arc<Flight>>>,
}

/// One who watches; dropping it is leaving.
pub struct Viewer {
    flight: Arc<Flight>,
    follows: bool,
    linger: Duration,
}

impl Flights {
    fn lock(&self) -> MutexGuard<'_, HashMap<TimelineQuery, Arc<Flight>>> {
        self.by_query.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many searches are asking sources.
    pub fn running(&self) -> usize {
        self.lock().values().filter(|flight| flight.progress.borrow().asking).count()
    }

    /// Forgets what ended, so that the next viewer gets a new search.
    pub fn forget_ended(&self) {
        self.lock().retain(|_, flight| flight.progress.borrow().asking);
    }

    fn remove(&self, flight: &Arc<Flight>) {
        let mut flights = self.lock();
        if flights.get(&flight.query).is_some_and(|held| Arc::ptr_eq(held, flight)) {
            flights.remove(&flight.query);
        }
    }

    /// Removes a flight that nobody watches any more; `false` if somebody came in this moment.
    fn abandon(&self, flight: &Arc<Flight>) -> bool {
        let mut flights = self.lock();
        if flight.presence.borrow().viewers > 0 {
            return false;
        }
        if flights.get(&flight.query).is_some_and(|held| Arc::ptr_eq(held, flight)) {
            flights.remove(&flight.query);
        }
        true
    }

    /// Says that no further revision will come; `false` if somebody asked for one in this moment.
    fn settle(&self, flight: &Flight) -> bool {
        let _held = self.lock();
        if flight.progress.borrow().asking {
            return false;
        }
        flight.progress.send_modify(|progress| progress.settled = true);
        true
    }
}

impl Flight {
    /// Shows a new revision to everybody.
    pub fn publish(&self, snapshot: &Arc<Snapshot>) {
        self.progress.send_modify(|progress| progress.latest = Arc::clone(snapshot));
    }

    /// Whether another viewer can be served by it.
    fn serves(&self) -> bool {
        let progress = self.progress.borrow();
        !progress.failed && (progress.asking || !progress.settled || progress.is_fresh())
    }

    fn enter(self: &Arc<Self>, follows: bool, linger: Duration) -> Viewer {
        self.presence.send_modify(|presence| {
            presence.viewers += 1;
            presence.followers += usize::from(follows);
        });
        Viewer { flight: Arc::clone(self), follows, linger }
    }
}

impl Progress {
    fn is_fresh(&self) -> bool {
        self.ended.is_some_and(|ended| ended.elapsed() < self.good_for)
    }

    /// Whether every source has ended and nobody is asked again.
    pub fn ended(&self) -> bool {
        self.failed || (!self.asking && self.ended.is_some())
    }
}

impl Viewer {
    /// Joins the search for this request, or starts one.
    pub fn join(core: &Arc<Core>, query: TimelineQuery, follows: bool) -> Result<Self, ApiError> {
        let linger = core.settings.linger_left;
        let mut flights = core.flights.lock();
        if let Some(flight) = flights.get(&query).filter(|flight| flight.serves()) {
            let stale = {
                let progress = flight.progress.borrow();
                !progress.asking && !progress.is_fresh()
            };
            if stale {
                flight.progress.send_modify(|progress| progress.asking = true);
                flight.poke.notify_one();
            }
            return Ok(flight.enter(follows, linger));
        }
        if flights.values().filter(|flight| flight.progress.borrow().asking).count() >= core.settings.max_searches {
            return Err(ApiError::Overloaded { retry_after_s: 2 });
        }
        let numbered = core.shelf.numbered(query.id, core.now());
        let latest = core.shelf.keep(&numbered, outcome::before(core, query.id));
        let progress = Progress { latest, asking: true, settled: false, failed: false, ended: None, good_for: Duration::ZERO };
        let presence = Presence { viewers: 0, followers: 0, stay_until: Instant::now() };
        let flight =
            Arc::new(Flight { query, progress: watch::Sender::new(progress), presence: watch::Sender::new(presence), poke: Notify::new() });
        let viewer = flight.enter(follows, linger);
        flights.insert(query, Arc::clone(&flight));
        drop(flights);
        tokio::spawn(course::fly(Arc::clone(core), flight, numbered));
        Ok(viewer)
    }

    /// Watches how far it is.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.flight.progress.subscribe()
    }

    /// Leaves with an answer, likely to come back: the search goes on for so long.
    pub fn leave_for(mut self, linger: Duration) {
        self.linger = linger;
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        let until = Instant::now() + self.linger;
        self.flight.presence.send_modify(|presence| {
            presence.viewers = presence.viewers.saturating_sub(1);
            presence.followers = presence.followers.saturating_sub(usize::from(self.follows));
            presence.stay_until = presence.stay_until.max(until);
        });
    }
}
