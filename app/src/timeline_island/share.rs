//! The link to exactly this: absolute times, what is selected, zoomed, found and folded.

use super::dom;
use super::view::{Shared, Timeline};
use crate::islands::copy_text;
use model::UnixNs;
use model::time::SECOND;
use timeline::State;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

/// The sources look so far around the request when the link is opened.
const PADDING: i64 = 60 * SECOND;

impl Timeline {
    /// The shared state: whoever opens it elsewhere, later, searches the same stretch of time.
    fn shared_state(&self) -> State {
        let mut state = self.state.clone();
        if !self.rows.is_empty() || self.columns.duration_ns > 0 {
            let start = self.columns.start;
            let end = start.plus(i64::try_from(self.columns.duration_ns).unwrap_or(i64::MAX));
            // To the second, so that the same request gives the same link.
            let floor = |time: UnixNs| UnixNs::from_seconds(time.as_seconds());
            state.from = Some(floor(start.plus(-PADDING)).rfc3339());
            state.to = Some(floor(end.plus(PADDING + SECOND)).rfc3339());
        }
        state.selected = self.selected.and_then(|item| item.anchor(&self.columns));
        state
    }
}

/// Writes the link into the URL and copies it; where copying is refused, shows it to be copied by hand.
pub fn share(shared: &Shared) {
    let Ok(mut timeline) = shared.try_borrow_mut() else { return };
    timeline.state = timeline.shared_state();
    timeline.ask_url(true);
    let root = timeline.page.root.clone();
    drop(timeline);
    let Some(link) = web_sys::window().and_then(|window| window.location().href().ok()) else { return };
    let Some(said) = dom::within(&root, ".shared") else { return };
    leptos::task::spawn_local(async move {
        let copied = copy_text(&link).await;
        dom::text(&said, if copied { "Link copied" } else { "Copy this link:" });
        let field = dom::within(&root, ".share-url").and_then(|field| field.dyn_into::<HtmlInputElement>().ok());
        if let Some(field) = field {
            field.set_value(&link);
            dom::flag(&field, "hidden", copied);
            if !copied {
                dom::best_effort(field.focus());
                field.select();
            }
        }
        if copied {
            dom::later(2_000, move || dom::text(&said, ""));
        }
    });
}
