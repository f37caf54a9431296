//! Stops asking a source that failed several times in a row, and tries again after a while.

use crate::Settings;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// One for each source and kind of call.
#[derive(Debug)]
pub struct Breaker {
    state: Mutex<State>,
    failures_to_open: u32,
    first_pause: Duration,
    longest_pause: Duration,
}

#[derive(Debug)]
struct State {
    failures: u32,
    last_why: String,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    until: Instant,
    pause: Duration,
    probing: bool,
}

/// Leave to ask. Dropped without a report (the viewer left), it counts as nothing.
#[derive(Debug)]
pub struct Permit {
    breaker: Arc<Breaker>,
    probe: bool,
}

impl Breaker {
    /// A closed one.
    pub fn new(settings: &Settings) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State { failures: 0, last_why: String::new(), open: None }),
            failures_to_open: settings.breaker_failures.max(1),
            first_pause: settings.breaker_pause,
            longest_pause: settings.breaker_longest,
        })
    }

    /// Leave to ask, or in words why not.
    pub fn admit(self: &Arc<Self>) -> Result<Permit, String> {
        let now = Instant::now();
        let mut state = self.lock();
        let State { failures, last_why, open } = &mut *state;
        let Some(open) = open else { return Ok(Permit { breaker: Arc::clone(self), probe: false }) };
        if now >= open.until && !open.probing {
            open.probing = true;
            return Ok(Permit { breaker: Arc::clone(self), probe: true });
        }
        let next = if open.probing {
            "it is being tried just now".to_owned()
        } else {
            format!("next try in {} s", (open.until - now).as_millis().div_ceil(1_000))
        };
        let last = if last_why.is_empty() { String::new() } else { format!(" (last: {last_why})") };
        Err(format!("not asked: failed {failures} times in a row{last}, {next}"))
    }

    /// Whether it refuses at the moment.
    pub fn is_open(&self) -> bool {
        self.lock().open.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// The source answered: whatever it said, it can be asked.
    pub fn answered(self) {
        let mut state = self.breaker.lock();
        state.failures = 0;
        state.open = None;
    }

    /// The whole call failed.
    pub fn failed(self, why: &str) {
        let mut state = self.breaker.lock();
        state.failures = state.failures.saturating_add(1);
        why.clone_into(&mut state.last_why);
        if let Some(open) = &mut state.open {
            if self.probe {
                open.pause = (open.pause * 2).min(self.breaker.longest_pause);
                open.until = Instant::now() + open.pause;
            }
        } else if state.failures >= self.breaker.failures_to_open {
            let pause = self.breaker.first_pause;
            state.open = Some(Open { until: Instant::now() + pause, pause, probing: false });
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.probe
            && let Some(open) = &mut self.breaker.lock().open
        {
            open.probing = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker() -> Arc<Breaker> {
        Breaker::new(&Settings::default())
    }

    fn fail(breaker: &Arc<Breaker>, times: usize) {
        for _ in 0..times {
            breaker.admit().unwrap().failed("connection refused");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn opens_after_failures_in_a_row_and_says_when_it_tries_again() {
        let breaker = breaker();
        fail(&breaker, 2);
        breaker.admit().unwrap().answered();
        fail(&breaker, 3);
        let why = breaker.admit().unwrap_err();
        assert_eq!(why, "not asked: failed 3 times in a row (last: connection refused), next try in 12 s");
        tokio::time::advance(Duration::from_millis(10_500)).await;
        assert!(breaker.admit().unwrap_err().ends_with("next try in 2 s"));
    }

    #[tokio::test(start_paused = true)]
    async fn lets_one_probe_through() {
        let breaker = breaker();
        fail(&breaker, 3);
        tokio::time::advance(Duration::from_secs(12)).await;
        let probe = breaker.admit().unwrap();
        assert!(breaker.admit().unwrap_err().ends_with("it is being tried just now"));
        probe.answered();
        assert!(!breaker.is_open());
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_probe_doubles_the_pause_up_to_the_longest() {
        let breaker = breaker();
        fail(&breaker, 3);
        for pause in [12, 24, 48, 60, 60] {
            tokio::time::advance(Duration::from_millis(pause * 1_000 - 1)).await;
            assert!(breaker.admit().is_err(), "before {pause} s");
            tokio::time::advance(Duration::from_millis(1)).await;
            breaker.admit().unwrap().failed("still down");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_whose_viewer_left_counts_as_nothing() {
        let breaker = breaker();
        fail(&breaker, 3);
        tokio::time::advance(Duration::from_secs(12)).await;
        drop(breaker.admit().unwrap());
        assert!(breaker.admit().is_ok(), "the next one may probe at once");
    }
}
