//! The sentence that says what happened, linked to the rows it rests on.

use leptos::prelude::*;
use model::Request;

/// Nothing where nothing can be said.
pub fn happened(_request: &Request) -> Option<AnyView> {
    None
}
