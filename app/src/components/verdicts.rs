//! The verdict strip: what each source had to say, in one line on a desk and a 2×2 grid on a phone; each opens to the whole of it.

use crate::components::icons;
use leptos::prelude::*;
use model::{DisplayText, State, Verdict};

/// The strip. Pure, so that the server and a live island draw the same: an island calls it as `move || verdict_strip(&verdicts.get())`,
/// and what the reader has opened stays open.
pub fn verdict_strip(verdicts: &[Verdict]) -> impl IntoView + use<> {
    let cells = verdicts.iter().map(cell).collect_view();
    view! { <section class="verdicts" aria-label="What each source answered">{cells}</section> }
}

fn cell(verdict: &Verdict) -> impl IntoView + use<> {
    let line = summary(verdict);
    let why = DisplayText::line(&verdict.why).into_string();
    // Where the search ran to its end, a note on it: its first words do for the strip, the rest stands in what it opens to.
    let noted = matches!(verdict.state, State::Found | State::Empty);
    let glance = if noted { why.split(':').next().unwrap_or_default().to_owned() } else { why.clone() };
    let separator = if line.is_empty() || why.is_empty() { "" } else { " · " };
    let elapsed = if verdict.ended() && verdict.elapsed_ms > 0 { format!("{} ms", verdict.elapsed_ms) } else { String::new() };
    let class = if why.is_empty() { "verdict" } else { "verdict verdict-long" };
    view! {
        <details class=class name="verdict" data-verdict=verdict.source.as_str() data-state=verdict.state.as_str()>
            <summary>
                {state_icon(verdict.state)}
                <b>{verdict.source.label()}</b>
                <span class="verdict-line">{line}{separator}<span class="verdict-why">{glance}</span></span>
                <span class="verdict-elapsed">{elapsed}</span>
            </summary>
            <div class="verdict-more">
                <p><b>{state_words(verdict.state)}</b>" "{counted(verdict)}</p>
                {(!why.is_empty()).then(|| view! { <p class="verdict-why">{why}</p> })}
                {(!verdict.next_step.is_empty()).then(|| view! { <p class="verdict-next"><b>"Next: "</b>{DisplayText::line(&verdict.next_step).into_string()}</p> })}
                {searched(verdict)}
            </div>
        </details>
    }
}

fn searched(verdict: &Verdict) -> impl IntoView + use<> {
    let lines = verdict.searched.iter().map(|line| view! { <li><code>{DisplayText::line(line).into_string()}</code></li> }).collect_view();
    let heading = match verdict.searched.len() {
        0 if verdict.ended() => "What was searched: the source does not say.",
        0 => "Not known yet what is searched.",
        _ => "What was searched",
    };
    view! { <p class="verdict-searched">{heading}</p><ul>{lines}</ul> }
}

/// What a glance has to catch: the counts, or the state when nothing was counted.
fn summary(verdict: &Verdict) -> String {
    match verdict.state {
        State::Searching => "searching…".to_owned(),
        State::Empty => "nothing found".to_owned(),
        State::Failed => "failed".to_owned(),
        State::NotSearched => "not searched".to_owned(),
        State::Found | State::Partial => {
            let text = counted(verdict);
            if text.is_empty() && verdict.why.is_empty() { "searched".to_owned() } else { text }
        }
    }
}

/// What was counted, in words; nothing that nobody counted.
fn counted(verdict: &Verdict) -> String {
    let counts = verdict.counts;
    let parts = [(counts.spans, "span", "spans"), (counts.logs, "line", "lines"), (counts.errors, "error", "errors")];
    let parts: Vec<String> = parts
        .into_iter()
        .filter_map(|(count, one, many)| count.map(|count| (count, one, many)))
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
        .collect();
    parts.join(", ")
}

/// The mark of a state.
pub fn state_icon(state: State) -> AnyView {
    match state {
        State::Searching => icons::turning().into_any(),
        State::Found => icons::tick().into_any(),
        State::Empty => icons::dash().into_any(),
        State::Partial => icons::half().into_any(),
        State::Failed => icons::cross().into_any(),
        State::NotSearched => icons::dashed().into_any(),
    }
}

/// A state in words.
pub const fn state_words(state: State) -> &'static str {
    match state {
        State::Searching => "Still searching.",
        State::Found => "Searched to the end.",
        State::Empty => "Searched to the end, nothing there.",
        State::Partial => "Not all of it could be searched.",
        State::Failed => "The search failed.",
        State::NotSearched => "Not searched.",
    }
}
