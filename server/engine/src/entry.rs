//! One source and everything the engine keeps beside it.

use crate::breaker::Breaker;
use crate::metrics::Usage;
use crate::{Settings, Source};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// One configured source.
pub struct Entry {
    /// The source itself.
    pub source: Arc<dyn Source>,
    /// The vendor.
    pub vendor: model::Source,
    /// Which of several of one vendor; empty when there is one.
    pub instance: String,
    /// How long one request may take.
    pub deadline: Duration,
    /// Guards [`Source::fetch`].
    pub fetch_breaker: Arc<Breaker>,
    /// Guards [`Source::search`]: credentials may allow the one and not the other.
    pub search_breaker: Arc<Breaker>,
    /// How many requests are looked up at the same time.
    pub slots: Semaphore,
    /// How many pages of the list are asked for at the same time.
    pub search_slots: Semaphore,
    /// Calls of [`Source::fetch`].
    pub fetches: Usage,
    /// Calls of [`Source::search`].
    pub searches: Usage,
    /// Calls of [`Source::check`].
    pub checks: Usage,
}

impl Entry {
    /// Beside a source that was not asked yet.
    pub fn new(source: Arc<dyn Source>, settings: &Settings) -> Self {
        Self {
            vendor: source.vendor(),
            instance: source.instance().to_owned(),
            deadline: source.deadline().unwrap_or(settings.deadline),
            fetch_breaker: Breaker::new(settings),
            search_breaker: Breaker::new(settings),
            slots: Semaphore::new(settings.slots_per_source.max(1)),
            search_slots: Semaphore::new(settings.slots_per_source.max(1)),
            fetches: Usage::default(),
            searches: Usage::default(),
            checks: Usage::default(),
            source,
        }
    }
}
