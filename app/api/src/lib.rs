//! The seam between what people see and what finds it: one trait, its requests and answers, its errors, and the public JSON.
//!
//! `app` calls [`Backend`] and never learns who implements it; `engine` implements it and never learns what a page is.

pub mod backend;
pub mod error;
pub mod json;
pub mod list;
pub mod sources;
pub mod timeline;

pub use backend::Backend;
pub use error::ApiError;
pub use list::{ListParameters, ListQuery, RequestList, RequestSummary, Volume};
pub use sources::{Counter, LocalReport, Permission, SourceReport, SourcesReport};
pub use timeline::{Snapshot, TimelineQuery, Wait};
