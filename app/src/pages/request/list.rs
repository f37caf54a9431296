//! `?view=list`: the whole request as nested lists, readable without a script.
//!
//! The tree is written level by level with explicit nesting, never by recursion: a hostile tree may be deep.

use super::{detail, head};
use crate::components::badges::source_badges;
use leptos::prelude::*;
use model::request::{Log, RequestError, Span};
use model::time::format_duration;
use model::{DisplayText, Request, SourceSet, UnixNs};
use std::collections::HashMap;
use timeline::row_view::moment;

/// So many spans are written out; the timeline shows all of them.
const MOST_SPANS: usize = 5_000;
/// So many log lines, and so many errors.
const MOST_PIECES: usize = 5_000;
/// Nesting ends here; deeper spans say their level.
const DEEPEST: u32 = 40;

/// The page below the header bar.
pub fn list(request: &Request, now: UnixNs) -> impl IntoView + use<> {
    let mut pieces = pieces(request);
    let loose = pieces.remove(&None).unwrap_or_default();
    let cut = request.spans.len().saturating_sub(MOST_SPANS);
    view! {
        <div id="request" class="as-list" data-id=request.id.to_string()>
            <section class="head">{head::head(request, now)}<code class="id">{request.id.to_string()}</code></section>
            <p class="views"><a href=format!("/t/{}", request.id)>"Timeline"</a>" · every span, log line and error in order"</p>
            <ul class="tree" role="tree" aria-label="Spans, log lines and errors of this request">{tree(request, pieces)}</ul>
            {(cut > 0).then(|| view! { <p class="absent">{format!("Showing {MOST_SPANS} of {} spans; the timeline shows all of them.", request.spans.len())}</p> })}
            {(!loose.is_empty()).then(|| view! { <h2>"On no span"</h2><ul class="tree">{loose}</ul> })}
        </div>
    }
}

/// The nested lists, built from the last span to the first: each takes those already built below it.
fn tree(request: &Request, mut pieces: Pieces) -> Vec<AnyView> {
    let mut open: Vec<(u32, AnyView)> = Vec::new();
    let spans = request.spans.get(..request.spans.len().min(MOST_SPANS)).unwrap_or_default();
    for (at, span) in spans.iter().enumerate().rev() {
        let depth = span.depth.min(DEEPEST);
        let mut children = Vec::new();
        while open.last().is_some_and(|(below, _)| *below > depth) {
            children.extend(open.pop().map(|(_, view)| view));
        }
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        let on_it = pieces.remove(&Some(at)).unwrap_or_default();
        open.push((depth, item(request, span, on_it, children)));
    }
    open.into_iter().rev().map(|(_, view)| view).collect()
}

fn item(request: &Request, span: &Span, pieces: Vec<AnyView>, children: Vec<AnyView>) -> AnyView {
    let status = span.status.as_str();
    let deep = (span.depth > DEEPEST).then(|| format!(" (level {})", span.depth + 1));
    let orphan = span.orphan.then_some(" · its parent was not received");
    view! {
        <li role="treeitem" attr:aria-level=(span.depth + 1).to_string() class=format!("is-{status}")>
            <p>
                <b>{DisplayText::limited(&span.name, 240).into_string()}</b>" "
                <span class="of-service">{DisplayText::limited(&span.service, 120).into_string()}</span>
                " · "{moment(span.start.since(request.start))}" · "{format_duration(span.duration_ns)}" · "
                <span class="sign">{status}</span>{orphan}{deep}" "{source_badges(span.sources)}
            </p>
            {detail::attribute_table(&span.attributes).map(|table| view! { <details><summary>{head::plural(span.attributes.len(), "attribute", "attributes")}</summary>{table}</details> })}
            {(!pieces.is_empty()).then(|| view! { <ul>{pieces}</ul> })}
            {(!children.is_empty()).then(|| view! { <ul role="group">{children}</ul> })}
        </li>
    }
    .into_any()
}

/// The log lines and errors of each span, and of none, by time.
type Pieces = HashMap<Option<u32>, Vec<AnyView>>;

fn pieces(request: &Request) -> Pieces {
    let logs = request.logs.iter().take(MOST_PIECES).map(|each| (each.time, each.span, log(request, each)));
    let errors = request.errors.iter().take(MOST_PIECES).map(|each| (each.time, each.span, error(request, each)));
    let mut all: Vec<_> = logs.chain(errors).collect();
    all.sort_by_key(|piece| piece.0);
    let mut pieces = Pieces::new();
    for (_, span, view) in all {
        pieces.entry(span).or_default().push(view);
    }
    pieces
}

fn log(request: &Request, log: &Log) -> AnyView {
    let severity = if log.severity.as_str().is_empty() { "log".to_owned() } else { log.severity.as_str().to_uppercase() };
    view! {
        <li class="is-log">
            <p>{moment(log.time.since(request.start))}" "<span class="severity">{severity}</span>" "{source_badges(SourceSet::of(log.source))}</p>
            <pre><code>{DisplayText::block(&log.body).into_string()}</code></pre>
        </li>
    }
    .into_any()
}

fn error(request: &Request, error: &RequestError) -> AnyView {
    view! { <li class="is-error"><p>{moment(error.time.since(request.start))}</p>{detail::exception_card(error)}</li> }.into_any()
}
