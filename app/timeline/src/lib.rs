//! What the eye sees of a request: rows, collapse, find, viewport, ticks, geometry, minimap, keys and the state in the URL.
//!
//! Pure: no browser, no clock. The server lays out the first screen with it and the browser every later frame, so both
//! agree to the pixel. All times are ns relative to [`model::columns::Columns::start`] unless a name says `unix`.
//! Everything is iterative and range-based: a million spans cost a few flat vectors, never an object a row.

pub mod cause;
pub mod colour;
pub mod find;
pub mod item;
pub mod keys;
pub mod minimap;
pub mod painter;
pub mod row_view;
pub mod rows;
pub mod scene;
pub mod state;
pub mod ticks;
pub mod viewport;

pub use colour::Colours;
pub use item::{Anchor, Item};
pub use row_view::RowView;
pub use rows::Rows;
pub use state::{Fold, Show, State, View};
pub use viewport::{Viewport, Window};

#[cfg(test)]
mod samples;
