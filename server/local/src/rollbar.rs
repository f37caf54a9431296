//! Rollbar: receives items as its SDKs post them and answers the reading half of its API
//! (<https://docs.rollbar.com/reference>).

mod grouping;
mod items;
mod occurrence;
mod search;
