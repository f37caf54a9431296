//! Every number the engine works by.

use std::time::Duration;

/// The numbers; [`Settings::default`] is right for production and for the local services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long a source may take for one request, unless [`crate::Source::deadline`] says otherwise.
    pub deadline: Duration,
    /// How long a source may take for one page of the list.
    pub list_deadline: Duration,
    /// How long a source may take to say what its credentials allow.
    pub check_deadline: Duration,
    /// For how long that answer is good.
    pub check_reuse: Duration,
    /// Revisions of one request come at most this often.
    pub publish_every: Duration,
    /// A request whose youngest piece is younger than this may still be arriving.
    pub young: Duration,
    /// How long a finished search of a young request answers for the next viewer.
    pub reuse_young: Duration,
    /// The same once the request is no longer young.
    pub reuse_old: Duration,
    /// The same when a source failed, so that a reload tries again.
    pub reuse_failed: Duration,
    /// How long a search goes on for a viewer who got a page and will come back for the rest.
    pub linger_answered: Duration,
    /// How long it goes on after the last viewer went away while waiting.
    pub linger_left: Duration,
    /// The first pause before a young request is asked for again; doubled each time.
    pub follow_first: Duration,
    /// The longest such pause.
    pub follow_longest: Duration,
    /// For how long a young request is asked for again at all.
    pub follow_for: Duration,
    /// How many rounds may follow the first, for IDs and log groups that were found on the way.
    pub max_rounds: usize,
    /// How many IDs of one request are asked for, all rounds together.
    pub max_ids: usize,
    /// How long a round waits for more IDs before it starts, while sources are still answering.
    pub settle: Duration,
    /// So many failures in a row, and a source is not asked for a while.
    pub breaker_failures: u32,
    /// How long that while is at first; doubled with each failed probe.
    pub breaker_pause: Duration,
    /// The longest it gets.
    pub breaker_longest: Duration,
    /// How many requests are looked up at one source at the same time.
    pub slots_per_source: usize,
    /// How many pieces (spans, lines, errors) one source may send for one request.
    pub max_pieces: usize,
    /// How many searches run at the same time.
    pub max_searches: usize,
    /// How much memory the snapshots of recently viewed requests may take, about.
    pub snapshot_bytes: u64,
    /// How many revisions of one request are kept.
    pub revisions_kept: u32,
    /// For how long a snapshot that nobody looks at is kept.
    pub snapshot_idle: Duration,
    /// How many requests each source is asked for on a page of the list, at least; more make the volume chart complete more often.
    pub list_ask: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(8),
            list_deadline: Duration::from_secs(5),
            check_deadline: Duration::from_secs(10),
            check_reuse: Duration::from_secs(30),
            publish_every: Duration::from_millis(50),
            young: Duration::from_mins(5),
            reuse_young: Duration::from_secs(10),
            reuse_old: Duration::from_mins(1),
            reuse_failed: Duration::from_secs(2),
            linger_answered: Duration::from_secs(5),
            linger_left: Duration::from_millis(500),
            follow_first: Duration::from_secs(2),
            follow_longest: Duration::from_secs(30),
            follow_for: Duration::from_mins(2),
            max_rounds: 2,
            max_ids: 8,
            settle: Duration::from_millis(250),
            breaker_failures: 3,
            breaker_pause: Duration::from_secs(12),
            breaker_longest: Duration::from_mins(1),
            slots_per_source: 8,
            max_pieces: 1_200_000,
            max_searches: 256,
            snapshot_bytes: 256 * 1024 * 1024,
            revisions_kept: 8,
            snapshot_idle: Duration::from_mins(10),
            list_ask: 500,
        }
    }
}
