//! What several pages and islands share: pure functions from data to views.
//!
//! Whatever comes from telemetry passes through [`model::DisplayText`] in here; callers hand over the plain text.

pub mod badges;
pub mod copy;
pub mod counters;
pub mod icons;
pub mod layout;
pub mod palette;
pub mod paste_box;
pub mod paste_words;
pub mod time;
pub mod verdicts;
