//! What every part of the engine shares.

use crate::entry::Entry;
use crate::flight::Flights;
use crate::learned::Learned;
use crate::shelf::Shelf;
use crate::{Hooks, Settings};
use model::UnixNs;
use std::sync::Arc;

/// The sources, the settings, and what is kept between requests.
pub struct Core {
    /// Every configured source.
    pub entries: Vec<Arc<Entry>>,
    /// The numbers.
    pub settings: Settings,
    /// The house around.
    pub hooks: Hooks,
    /// What earlier searches taught.
    pub learned: Learned,
    /// Recent snapshots.
    pub shelf: Shelf,
    /// The searches that run or just ran.
    pub flights: Flights,
}

impl Core {
    /// The time of day.
    pub fn now(&self) -> UnixNs {
        self.hooks.clock.now()
    }
}
