//! What happened, in sentences that rest on evidence.
