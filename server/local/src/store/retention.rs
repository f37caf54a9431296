//! Which files go, by age since arrival and by total size. Whole files only.

use std::collections::BTreeMap;
use std::time::Duration;

use super::file::FileState;

/// The limits, and the sizes of files that follow from them.
#[derive(Debug, Clone, Copy)]
pub struct Retention {
    pub age: Duration,
    pub bytes: u64,
}

const FILE_BYTES: u64 = 64 * 1024 * 1024;

impl Retention {
    /// A file is closed at this size: small against the limit, so that little goes at once.
    pub fn file_bytes(&self) -> u64 {
        (self.bytes / 16).clamp(64 * 1024, FILE_BYTES)
    }

    /// A file is closed at this age, so that a quiet store forgets too.
    pub fn file_age_ms(&self) -> i64 {
        let age = self.age / 16;
        i64::try_from(age.as_millis()).unwrap_or(i64::MAX).max(1)
    }

    /// Numbers of the files to drop, oldest first; never `active`, the one being written.
    pub fn expired(&self, files: &BTreeMap<u32, FileState>, active: u32, now_ms: i64) -> Vec<u32> {
        let age_ms = i64::try_from(self.age.as_millis()).unwrap_or(i64::MAX);
        let oldest_kept_ms = now_ms.saturating_sub(age_ms);
        let mut bytes: u64 = files.values().map(|state| state.bytes).sum();
        let mut expired = Vec::new();
        for (number, state) in files.iter().filter(|(number, _)| **number != active) {
            if state.last_arrival_ms < oldest_kept_ms || bytes > self.bytes {
                bytes = bytes.saturating_sub(state.bytes);
                expired.push(*number);
            }
        }
        expired
    }
}
