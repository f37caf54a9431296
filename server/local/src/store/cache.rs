//! The few payloads that were read last, decompressed.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use super::Place;

const MAX_BYTES: usize = 4 * 1024 * 1024;
const MAX_ENTRIES: usize = 64;

/// Least recently used goes first. Small enough that a scan beats a map.
#[derive(Default)]
pub struct Cache(Mutex<VecDeque<(Place, Bytes)>>);

impl Cache {
    pub fn get(&self, place: Place) -> Option<Bytes> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = entries.iter().position(|(known, _)| *known == place)?;
        let entry = entries.remove(at)?;
        let payload = entry.1.clone();
        entries.push_back(entry);
        Some(payload)
    }

    pub fn put(&self, place: Place, payload: Bytes) {
        if payload.len() > MAX_BYTES / 2 {
            return;
        }
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.iter().any(|(known, _)| *known == place) {
            return;
        }
        entries.push_back((place, payload));
        let mut bytes: usize = entries.iter().map(|(_, payload)| payload.len()).sum();
        while bytes > MAX_BYTES || entries.len() > MAX_ENTRIES {
            let Some((_, dropped)) = entries.pop_front() else { break };
            bytes -= dropped.len();
        }
    }
}
