//! A button that copies; [`crate::islands`] wakes it.

use super::icons;
use leptos::prelude::*;

/// A button that copies `text` and says that it did.
#[component]
pub fn Copy(
    /// What is copied.
    text: String,
    /// What the button is for: `Copy the ID`.
    label: String,
) -> impl IntoView {
    view! {
        <span class="copy" data-copy=text>
            <button type="button" class="bare" aria-label=label.clone() title=label>{icons::copy()}</button>
            <span class="copied" role="status"></span>
        </span>
    }
}
