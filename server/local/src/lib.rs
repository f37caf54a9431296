//! .
pub mod rollbar;
