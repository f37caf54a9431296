//! How often X-Ray is asked again. Single calls are repeated by the SDK (two attempts); this is about traces that are not there yet.

use engine::Lookup;
use model::time::SECOND;
use std::time::Duration;

/// X-Ray takes seconds, at most about a minute, to index a new trace.
const INDEXING: i64 = 60 * SECOND;

/// The pauses after which IDs that X-Ray did not process are asked for again: some for a trace that ended just now, one for a trace of
/// unknown age, none for an old one and for the local services, which know at once.
pub fn unprocessed_pauses(lookup: &Lookup, local: bool) -> &'static [Duration] {
    const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(3)];
    match lookup.range {
        _ if local => &[],
        Some(range) if lookup.now.since(range.to) > INDEXING => &[],
        Some(_) => &PAUSES,
        None => PAUSES.split_at(1).0,
    }
}

/// The pause between two looks at a retrieval from Transaction Search.
pub const RETRIEVAL_PAUSE: Duration = Duration::from_millis(500);
