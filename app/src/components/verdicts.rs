//! The verdict strip: what each source had to say.

use leptos::prelude::*;
use model::{DisplayText, Verdict};

/// The strip. Pure, so that the server and a live island draw the same.
pub fn verdict_strip(verdicts: &[Verdict]) -> impl IntoView + use<> {
    let cells = verdicts.iter().map(|verdict| {
        view! {
            <div data-verdict=verdict.source.as_str() data-state=verdict.state.as_str()>
                <b>{verdict.source.label()}</b>
                <span>{DisplayText::line(&verdict.why).into_string()}</span>
            </div>
        }
    });
    view! { <section class="verdicts" aria-label="What each source answered">{cells.collect_view()}</section> }
}
