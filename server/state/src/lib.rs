//! What the product itself keeps, beside the telemetry that belongs to the vendors.
//!
//! Everything goes through [`Store`]: small rows of JSON by table and key. [`File`] keeps them in memory and in one file;
//! a store shared by several copies of the server implements the same trait.

mod file;
mod store;

pub use file::{File, Opened};
pub use store::{Row, Store, StoreError, Table};
