//! Nothing was found: what was searched, source by source, and what to do next.

use crate::components::verdicts::{state_icon, state_words, verdict_strip};
use leptos::prelude::*;
use model::{DisplayText, Request, Verdict};

/// The view of a request that no source knows.
pub fn missing(request: &Request) -> impl IntoView + use<> {
    let sources = request.verdicts.iter().map(source).collect_view();
    let spellings =
        request.traces.iter().flat_map(|trace| trace.spellings()).map(|spelling| view! { <li><code>{spelling}</code></li> }).collect_view();
    view! {
        <section class="missing">
            <h1>"No source knows this request"</h1>
            <p>"Searched under every spelling of the ID:"</p>
            <ul class="spellings">{spellings}</ul>
            {verdict_strip(&request.verdicts)}
            <h2>"What was searched, and what to do next"</h2>
            <ul class="searched">{sources}</ul>
            <p>
                "A request that has just ended may need a minute to arrive: "
                <a href=format!("/t/{}", request.id)>"search again"</a>", or look through the "<a href="/">"recent requests"</a>"."
            </p>
        </section>
    }
}

fn source(verdict: &Verdict) -> impl IntoView + use<> {
    let line = |text: &str| DisplayText::line(text).into_string();
    let searched = verdict.searched.iter().map(|each| view! { <li><code>{line(each)}</code></li> }).collect_view();
    view! {
        <li>
            <h3>{state_icon(verdict.state)}" "{verdict.source.label()}</h3>
            <p>{state_words(verdict.state)}{(!verdict.why.is_empty()).then(|| [" ", &line(&verdict.why)].concat())}</p>
            {(!verdict.next_step.is_empty()).then(|| view! { <p class="next"><b>"Next: "</b>{line(&verdict.next_step)}</p> })}
            <ul>{searched}</ul>
        </li>
    }
}
