//! The smaller parts of the panel.

use super::{count, link_to, rest};
use crate::components::badges::{source_badge, source_badges};
use leptos::prelude::*;
use model::request::{Attribute, Difference, Log, PlacedBy};
use model::time::format_duration;
use model::{Attributes, DisplayText, Request, Source, SpanEvent, SpanLink};
use timeline::row_view::moment;
use timeline::{Anchor, State};

/// So many of a list are shown.
const MOST: usize = 200;

fn line(text: &str) -> String {
    DisplayText::limited(text, 300).into_string()
}

/// The log lines on a span.
pub fn log_lines(request: &Request, logs: &[&Log]) -> Option<AnyView> {
    let shown = logs.iter().take(MOST).map(|log| {
        let severity = log.severity.as_str();
        let tag = if severity.is_empty() { "LOG".to_owned() } else { severity.to_uppercase() };
        let first = log.body.lines().next().unwrap_or_default();
        view! {
            <li><span class="at">{moment(log.time.since(request.start))}</span><span class=format!("severity severity-{severity}")>{tag}</span><code>{line(first)}</code></li>
        }
    });
    (!logs.is_empty()).then(|| {
        view! { <h3>"Logs "{count(logs.len())}</h3><ul class="lines">{shown.collect_view()}</ul>{rest(MOST, logs.len(), "line", "lines")} }.into_any()
    })
}

/// The attributes, with a heading.
pub fn attributes(attributes: &[Attribute]) -> Option<AnyView> {
    (!attributes.is_empty()).then(|| view! { <h3>"Attributes "{count(attributes.len())}</h3>{attribute_list(attributes)} }.into_any())
}

/// The attributes, and who says so.
pub fn attribute_list(attributes: &[Attribute]) -> impl IntoView + use<> {
    let shown = attributes.iter().take(MOST).map(|attribute| {
        let value = DisplayText::limited(&attribute.value.to_string(), 2_000).into_string();
        view! { <tr><td>{line(&attribute.key)}</td><td>{value}</td><td>{source_badges(attribute.sources)}</td></tr> }
    });
    view! { <table><tbody>{shown.collect_view()}</tbody></table>{rest(MOST, attributes.len(), "attribute", "attributes")} }
}

/// What happened within a span.
pub fn events(request: &Request, events: &[SpanEvent]) -> Option<AnyView> {
    let shown = events.iter().take(MOST).map(|event| {
        view! {
            <li><span class="at">{moment(event.time.since(request.start))}</span><b>{line(&event.name)}</b>{inline(&event.attributes)}</li>
        }
    });
    (!events.is_empty()).then(|| {
        view! { <h3>"Events "{count(events.len())}</h3><ul class="lines">{shown.collect_view()}</ul>{rest(MOST, events.len(), "event", "events")} }.into_any()
    })
}

/// Where a span points.
pub fn links(links: &[SpanLink]) -> Option<AnyView> {
    let shown = links.iter().take(MOST).map(|link| {
        let state = State { selected: link.span.map(|span| Anchor::Span(span.value())), ..State::default() };
        view! { <li><a href=format!("/t/{}{}", link.trace, state.query())><code>{link.trace.to_string()}</code></a>{inline(&link.attributes)}</li> }
    });
    (!links.is_empty()).then(|| view! { <h3>"Links "{count(links.len())}</h3><ul class="lines">{shown.collect_view()}</ul> }.into_any())
}

/// What the sources disagree on.
pub fn differences(differences: &[Difference]) -> Option<AnyView> {
    let shown = differences.iter().take(MOST).map(|difference| {
        // Times travel as whole ns; a person reads a duration.
        let value = match (difference.field.as_str(), difference.value.parse()) {
            ("duration", Ok(ns)) => format_duration(ns),
            _ => line(&difference.value),
        };
        view! { <tr><td>{line(&difference.field)}</td><td>{value}</td><td>{source_badge(difference.source)}</td></tr> }
    });
    (!differences.is_empty()).then(|| {
        view! { <h3>"Said otherwise "{count(differences.len())}</h3><table><tbody>{shown.collect_view()}</tbody></table> }.into_any()
    })
}

/// The vendors' own documents, folded away.
pub fn documents(raw: &[(Source, String)]) -> impl IntoView + use<> {
    raw.iter()
        .take(10)
        .map(|(source, document)| {
            let document = DisplayText::block(document).into_string();
            view! { <details class="raw"><summary>"Raw document "{source_badge(*source)}</summary><pre><code>{document}</code></pre></details> }
        })
        .collect_view()
}

/// How a log line or an error came to its place, with the way there.
pub fn placed(request: &Request, span: Option<u32>, by: PlacedBy) -> impl IntoView + use<> {
    let on = span.and_then(|span| link_to(request, span));
    match (by, on) {
        (PlacedBy::Span, Some(on)) => view! { <p class="placed">"On "{on}", which it names."</p> }.into_any(),
        (PlacedBy::Time, Some(on)) => {
            view! { <p class="placed">"On "{on}": the innermost span of its service at that time. It names no span."</p> }.into_any()
        }
        _ => view! { <p class="placed">"It belongs to the request as a whole: no span of it fits."</p> }.into_any(),
    }
}

fn inline(attributes: &Attributes) -> Option<impl IntoView + use<>> {
    let text = attributes.iter().take(20).map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then(|| view! { " "<code>{DisplayText::limited(&text, 600).into_string()}</code> })
}
