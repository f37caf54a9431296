//! Drives the real binary from outside: processes, the vendors' own SDKs, a real browser.
//!
//! Failures here are panics on purpose: this crate is only ever linked into tests and benches.
#![expect(clippy::expect_used, clippy::panic, clippy::missing_panics_doc, reason = "a harness fails by panicking, with the reason")]

pub mod browser;
pub mod client;
pub mod clock;
pub mod cruddur;
pub mod fault;
pub mod program;
pub mod python;
pub mod waterfall;

pub use browser::Browser;
pub use client::Client;
pub use cruddur::Cruddur;
pub use program::Throughline;

/// Large numbers instead of small ones: set by `make soak`.
pub fn soak() -> bool {
    std::env::var_os("THROUGHLINE_SOAK").is_some()
}
