//! What several pages and islands share: pure functions from data to views.

pub mod layout;
pub mod verdicts;
