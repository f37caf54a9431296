//! The view of the store that holds Rollbar's items.

use super::items::Items;
use super::occurrence::{Occurrence, Summary};
use crate::store::{Place, View, family};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// All items, shared between the store's writer and the readers.
#[derive(Debug, Default)]
pub struct RollbarItems(RwLock<Items<Place>>);

impl RollbarItems {
    /// For reading. Nothing that holds the lock can panic half-way through a change that matters.
    pub(super) fn read(&self) -> RwLockReadGuard<'_, Items<Place>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// For changing.
    pub(super) fn write(&self) -> RwLockWriteGuard<'_, Items<Place>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many occurrences and items there are.
    pub fn len(&self) -> (u64, u64) {
        let (occurrences, items) = self.read().len();
        (occurrences as u64, items as u64)
    }
}

impl View for RollbarItems {
    const FAMILY: u8 = family::ROLLBAR_ITEMS;
    type Entries = Option<Summary>;

    fn entries(payload: &[u8]) -> Self::Entries {
        serde_json::from_slice::<Occurrence>(payload).ok().map(|occurrence| occurrence.summary())
    }

    fn apply(&self, place: Place, _arrival_ms: i64, entries: Self::Entries) {
        if let Some(occurrence) = entries {
            self.write().apply(place, occurrence);
        }
    }

    fn forget_file(&self, file: u32) {
        self.write().forget(|place, _| place.file == file);
    }

    fn forget_demo(&self) -> u64 {
        self.write().forget(|_, sample| sample)
    }
}
