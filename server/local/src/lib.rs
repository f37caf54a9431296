//! The embedded default: receivers and query APIs of four vendors over one store on disk (`DESIGN.md`, section 6).

pub mod body;
pub mod rollbar;
pub mod store;
