//! The task behind a flight: search, and as long as the request is young and somebody watches, search again.

use super::{Arc, Core, Duration, Flight, Instant};
use crate::collect::Lost;
use crate::search::Search;
use crate::shelf::Numbered;
use futures::FutureExt as _;
use std::panic::AssertUnwindSafe;
use tokio::time::{sleep, sleep_until};

/// How a flight is over.
enum End {
    /// Everybody left before the first search ended.
    Abandoned,
    /// Its last answer serves for so long.
    Settled(Duration),
}

/// When to ask again.
enum Turn {
    Again,
    /// A new viewer came, and the last answer was too old for them.
    Poked,
    Nobody,
}

/// Runs a flight to its end and removes it.
pub async fn fly(core: Arc<Core>, flight: Arc<Flight>, numbered: Arc<Numbered>) {
    match AssertUnwindSafe(course(&core, &flight, numbered)).catch_unwind().await {
        Ok(Ok(End::Abandoned)) => return,
        Ok(Ok(End::Settled(good_for))) => hold(&core, &flight, good_for).await,
        Ok(Err(Lost)) | Err(_) => {
            tracing::error!(trace = %flight.query.id, "putting the request together failed");
            flight.progress.send_modify(|progress| {
                progress.asking = false;
                progress.settled = true;
                progress.failed = true;
            });
        }
    }
    core.flights.remove(&flight);
}

/// Waits until the answer is no longer good, or memory was needed for others.
async fn hold(core: &Core, flight: &Flight, good_for: Duration) {
    let until = Instant::now() + good_for;
    let revision = flight.progress.borrow().latest.revision;
    while Instant::now() < until && core.shelf.holds(flight.query.id, revision) {
        sleep(Duration::from_secs(1).min(until - Instant::now())).await;
    }
}

async fn course(core: &Arc<Core>, flight: &Arc<Flight>, numbered: Arc<Numbered>) -> Result<End, Lost> {
    let first = Arc::clone(&flight.progress.borrow().latest);
    let mut search = Search::new(core, flight.query, numbered, first);
    tokio::select! {
        ran = search.run(flight, false) => ran?,
        () = abandoned(core, flight) => return Ok(End::Abandoned),
    }
    let settings = &core.settings;
    let mut pause = settings.follow_first;
    let mut following_since = Instant::now();
    loop {
        let young = search.is_young();
        let good_for = match (search.failed_somewhere(), young) {
            (true, _) => settings.reuse_failed,
            (false, true) => settings.reuse_young,
            (false, false) => settings.reuse_old,
        };
        flight.progress.send_modify(|progress| {
            progress.asking = false;
            progress.ended = Some(Instant::now());
            progress.good_for = good_for;
        });
        let over = !young || search.is_heavy() || following_since.elapsed() >= settings.follow_for;
        if over && core.flights.settle(flight) {
            return Ok(End::Settled(good_for));
        }
        match if over { Turn::Poked } else { flight.next_turn(pause, good_for).await } {
            Turn::Again => pause = (pause * 2).min(settings.follow_longest),
            Turn::Poked => {
                pause = settings.follow_first;
                following_since = Instant::now();
            }
            Turn::Nobody if core.flights.settle(flight) => return Ok(End::Settled(Duration::ZERO)),
            Turn::Nobody => {}
        }
        tokio::select! {
            ran = search.run(flight, true) => ran?,
            () = flight.left_alone() => {
                // What was found before stays, and whoever came in this moment gets that.
                flight.progress.send_modify(|progress| {
                    progress.asking = false;
                    progress.settled = true;
                });
                return Ok(End::Settled(Duration::ZERO));
            }
        }
    }
}

/// Returns once nobody watches and the time they may come back in is over; the flight is removed then.
async fn abandoned(core: &Core, flight: &Arc<Flight>) {
    loop {
        flight.left_alone().await;
        if core.flights.abandon(flight) {
            return;
        }
    }
}

impl Flight {
    async fn left_alone(&self) {
        let mut watching = self.presence.subscribe();
        loop {
            let presence = *watching.borrow_and_update();
            if presence.viewers == 0 && Instant::now() >= presence.stay_until {
                return;
            }
            let until = (presence.viewers == 0).then_some(presence.stay_until);
            tokio::select! {
                _ = watching.changed() => {}
                () = sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => {}
            }
        }
    }

    /// Waits for the next look: after `pause` while somebody follows; never if nobody does for as long as the answer is good.
    async fn next_turn(&self, pause: Duration, good_for: Duration) -> Turn {
        let begun = Instant::now();
        let mut watching = self.presence.subscribe();
        loop {
            if self.progress.borrow().asking {
                return Turn::Poked;
            }
            let followed = watching.borrow_and_update().followers > 0;
            let wake = begun + if followed { pause } else { good_for };
            if Instant::now() >= wake {
                return if followed { Turn::Again } else { Turn::Nobody };
            }
            tokio::select! {
                _ = watching.changed() => {}
                () = sleep_until(wake) => {}
                () = self.poke.notified() => {}
            }
        }
    }
}
