//! A card for each configured source.

use crate::components::badges::source_badge;
use crate::components::counters::value_text;
use crate::components::icons;
use crate::components::verdicts::state_icon;
use api::{Permission, SourceReport};
use leptos::prelude::*;
use model::{DisplayText, State};

/// One source: state, where and how it is asked, what is allowed, what was used.
pub fn source_card(report: &SourceReport) -> impl IntoView + use<> {
    let line = |text: &str| DisplayText::line(text).into_string();
    let instance = (!report.instance.is_empty()).then(|| view! { <span class="instance">{line(&report.instance)}</span> });
    let why = (!report.why.is_empty()).then(|| view! { <p class="why">{line(&report.why)}</p> });
    let next = (!report.next_step.is_empty()).then(|| view! { <p class="next"><b>"Next: "</b>{line(&report.next_step)}</p> });
    let route = (!report.route.is_empty()).then(|| view! { <dt>"Route"</dt><dd>{line(&report.route)}</dd> });
    let endpoint = (!report.endpoint.is_empty()).then(|| view! { <dt>"Endpoint"</dt><dd><code>{line(&report.endpoint)}</code></dd> });
    view! {
        <section class="card source" data-source=report.source.as_str() data-state=report.state.as_str()>
            <header>
                {source_badge(report.source)}
                <h2>{report.source.label()}</h2>
                {instance}
                <span class="source-state">{state_icon(report.state)}{state_word(report.state)}</span>
            </header>
            {why}
            {next}
            <dl class="facts">{endpoint}{route}</dl>
            {permissions(&report.permissions)}
            {counters(report)}
        </section>
    }
}

/// The state of a source as such, which is not the state of a search.
const fn state_word(state: State) -> &'static str {
    match state {
        State::Found | State::Empty => "ready",
        State::Partial => "partly allowed",
        State::Failed => "not usable",
        State::NotSearched => "not configured",
        State::Searching => "being checked",
    }
}

fn permissions(permissions: &[Permission]) -> impl IntoView + use<> {
    if permissions.is_empty() {
        return None;
    }
    let allowed = permissions.iter().filter(|permission| permission.allowed == Some(true)).count();
    let rows = permissions.iter().map(permission_row).collect_view();
    // What is in order is folded away; what is not stands open.
    let open = allowed < permissions.len();
    let title = format!("Allowed: {allowed} of {}", permissions.len());
    Some(view! { <details class="permissions" open=open><summary>{icons::chevron()}{title}</summary><ul>{rows}</ul></details> })
}

fn permission_row(permission: &Permission) -> impl IntoView + use<> {
    let (icon, word, class) = match permission.allowed {
        Some(true) => (icons::tick().into_any(), "allowed", "permission permission-yes"),
        Some(false) => (icons::cross().into_any(), "not allowed", "permission permission-no"),
        None => (icons::question().into_any(), "not known", "permission permission-unknown"),
    };
    let note =
        (!permission.note.is_empty()).then(|| view! { <span class="note">{DisplayText::line(&permission.note).into_string()}</span> });
    view! { <li class=class>{icon}<code>{DisplayText::line(&permission.name).into_string()}</code><span class="for-readers">" "{word}</span>{note}</li> }
}

fn counters(report: &SourceReport) -> impl IntoView + use<> {
    if report.counters.is_empty() {
        return None;
    }
    let cells = report
        .counters
        .iter()
        .map(|counter| view! { <div><dt>{DisplayText::limited(&counter.name, 60).into_string()}</dt><dd>{value_text(counter)}</dd></div> })
        .collect_view();
    Some(view! { <dl class="numbers" aria-label="Used since the start">{cells}</dl> })
}
