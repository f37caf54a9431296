//! The binary's library: configuration, listeners, layers, and the one place where everything is put together.

// The types of the pages are as deep as the pages; the release build lays out all of them here.
#![recursion_limit = "512"]

pub mod assets;
pub mod cli;
pub mod compose;
pub mod config;
pub mod demo_clean;
pub mod error;
pub mod layers;
pub mod listen;
pub mod logging;
pub mod pages;
pub mod public_api;
pub mod ready;
pub mod receivers;

pub use compose::run;
