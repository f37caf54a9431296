//! The panel that opens with a row: four numbers, the exception, log lines, attributes and who said so, and the rest.
//!
//! Rendered on the server only, also when a row is selected later: the markup then travels, not the data.

mod exception;
mod parts;

use crate::components::badges::source_badges;
use crate::components::palette::{service_class, service_colours};
use crate::pages::request::head::plural;
use exception::exception;
use leptos::prelude::*;
use model::request::{Log, RequestError, Span};
use model::time::format_duration;
use model::{DisplayText, Request};
use parts::{attribute_list, attributes, differences, documents, events, links, log_lines, placed};
use timeline::row_view::moment;
use timeline::state::hex;
use timeline::{Item, State};

/// The panel of a row; `None` if there is no such row.
pub fn detail(request: &Request, item: Item) -> Option<AnyView> {
    let index = item.index() as usize;
    match item {
        Item::Span(at) => request.spans.get(index).map(|span| of_span(request, span, at).into_any()),
        Item::Log(_) => request.logs.get(index).map(|log| of_log(request, log).into_any()),
        Item::Error(_) => request.errors.get(index).map(|error| of_error(request, error).into_any()),
    }
}

fn of_span(request: &Request, span: &Span, at: u32) -> impl IntoView + use<> {
    let on_it = |place: Option<u32>| place == Some(at);
    let errors = request.errors.iter().filter(|error| on_it(error.span)).map(|error| exception(error).into_any()).collect_view();
    let logs: Vec<&Log> = request.logs.iter().filter(|log| on_it(log.span)).collect();
    let total = u128::from(request.duration_ns.max(1).unsigned_abs());
    let thousandths = u128::from(span.duration_ns.unsigned_abs()) * 1_000 / total;
    let mut said: Vec<String> = vec![name_or(&span.service, "unknown service"), span.kind.as_str().to_owned()];
    said.extend(span.in_progress.then(|| "still running".to_owned()));
    said.extend(span.inferred.then(|| "made up by the vendor".to_owned()));
    said.extend(span.orphan.then(|| match span.parent {
        Some(parent) => format!("its parent {parent} was not received"),
        None => "its parent was not received".to_owned(),
    }));
    let http = span.http.as_ref().map(|http| {
        let text = [http.method.clone(), http.url.clone(), http.status.map(|code| code.to_string())];
        let text = text.into_iter().flatten().collect::<Vec<_>>().join(" ");
        view! { <p class="http"><code>{DisplayText::limited(&text, 400).into_string()}</code></p> }
    });
    view! {
        {heading(&name_or(&span.name, "unnamed"), &said.join(" · "), colour(request, &span.service), source_badges(span.sources).into_any())}
        <dl class="four">
            <div><dt>"Start"</dt><dd>{moment(span.start.since(request.start))}</dd></div>
            <div><dt>"Duration"</dt><dd>{format_duration(span.duration_ns)}</dd></div>
            <div><dt>"Self"</dt><dd>{format_duration(self_time(request, at))}</dd></div>
            <div><dt>"Of total"</dt><dd>{format!("{}.{} %", thousandths / 10, thousandths % 10)}</dd></div>
        </dl>
        {http}
        {errors}
        {log_lines(request, &logs)}
        {attributes(&span.attributes)}
        {events(request, &span.events)}
        {links(&span.links)}
        {differences(&span.differences)}
        <p class="ids">"Span "<code>{span.id.to_string()}</code></p>
        {documents(&span.raw)}
    }
}

fn of_log(request: &Request, log: &Log) -> impl IntoView + use<> {
    let severity = if log.severity.as_str().is_empty() { "log line".to_owned() } else { log.severity.as_str().to_uppercase() };
    let place = [(&log.log_group, "Log group"), (&log.log_stream, "Log stream")]
        .into_iter()
        .filter(|(name, _)| !name.is_empty())
        .map(
            |(name, what)| view! { <tr><td>{what}</td><td><code>{DisplayText::limited(name, 300).into_string()}</code></td><td></td></tr> },
        )
        .collect_view();
    view! {
        {heading(&severity, &name_or(&log.service, "unknown service"), colour(request, &log.service), source_badges(model::SourceSet::of(log.source)).into_any())}
        <p class="when">{moment(log.time.since(request.start))}" · "<time datetime=log.time.rfc3339()>{log.time.time_of_day()}" UTC"</time></p>
        <pre class="body"><code>{DisplayText::block(&log.body).into_string()}</code></pre>
        {placed(request, log.span, log.placed_by)}
        <table><tbody>{place}</tbody></table>
        {attributes(&log.attributes)}
    }
}

fn of_error(request: &Request, error: &RequestError) -> impl IntoView + use<> {
    view! {
        {heading(&name_or(&error.class, "Error"), &name_or(&error.service, "unknown service"), colour(request, &error.service), source_badges(error.sources).into_any())}
        <p class="when">
            {moment(error.time.since(request.start))}" · "<time datetime=error.time.rfc3339()>{error.time.time_of_day()}" UTC"</time>
            " · "{DisplayText::limited(&error.level, 40).into_string()}
        </p>
        {exception(error)}
        {placed(request, error.span, error.placed_by)}
        {attributes(&error.attributes)}
        {documents(&error.raw)}
    }
}

fn heading(title: &str, under: &str, colour: Option<usize>, badges: AnyView) -> impl IntoView + use<> {
    let edge = colour.map_or_else(|| "edge".to_owned(), |colour| format!("edge {}", service_class(colour)));
    let under = DisplayText::limited(under, 300).into_string();
    view! {
        <header>
            <span class=edge></span>
            <div><h2>{DisplayText::limited(title, 300).into_string()}</h2><p>{under}" "{badges}</p></div>
            <button type="button" class="bare" data-action="close-detail" aria-label="Close the details">"✕"</button>
        </header>
    }
}

fn name_or(name: &str, otherwise: &str) -> String {
    if name.is_empty() { otherwise.to_owned() } else { name.to_owned() }
}

fn colour(request: &Request, service: &str) -> Option<usize> {
    let services = every_service(request);
    let at = services.iter().position(|each| *each == service)?;
    service_colours(&services).get(at).copied()
}

/// The services of spans, log lines and errors: the same set as the rows are coloured by.
fn every_service(request: &Request) -> Vec<&str> {
    let mut services: Vec<&str> = request.spans.iter().map(|span| span.service.as_str()).collect();
    services.extend(request.logs.iter().map(|log| log.service.as_str()));
    services.extend(request.errors.iter().map(|error| error.service.as_str()));
    services.retain(|service| !service.is_empty());
    services.sort_unstable();
    services.dedup();
    services
}

/// The link to a span of the same page.
fn link_to(request: &Request, span: u32) -> Option<AnyView> {
    let span = request.spans.get(span as usize)?;
    let state = State { selected: Some(timeline::Anchor::Span(span.id.value())), ..State::default() };
    let name = DisplayText::limited(&name_or(&span.name, &hex(span.id.value())), 120).into_string();
    Some(view! { <a href=state.query() data-go>{name}</a> }.into_any())
}

/// What a span did itself: its time less that of its direct children, who may overlap.
pub fn self_time(request: &Request, at: u32) -> i64 {
    let Some(span) = request.spans.get(at as usize) else { return 0 };
    let (from, to) = (span.start.0, span.start.0.saturating_add(span.duration_ns));
    let below = request.spans.iter().skip(at as usize + 1).take_while(|each| each.depth > span.depth);
    let mut children: Vec<(i64, i64)> = below
        .filter(|each| each.parent_index == Some(at))
        .map(|each| (each.start.0.clamp(from, to), each.start.0.saturating_add(each.duration_ns).clamp(from, to)))
        .collect();
    children.sort_unstable();
    let mut covered = 0;
    let mut until = from;
    for (start, end) in children {
        covered += (end - start.max(until)).max(0);
        until = until.max(end);
    }
    (to - from - covered).max(0)
}

/// The attributes of one piece as a table, without a heading: for the list view.
pub fn attribute_table(attributes: &[model::request::Attribute]) -> Option<AnyView> {
    (!attributes.is_empty()).then(|| attribute_list(attributes).into_any())
}

/// The exception card, for the list view.
pub fn exception_card(error: &RequestError) -> AnyView {
    exception(error).into_any()
}

/// `2 logs`, for headings.
fn count(count: usize) -> impl IntoView {
    view! { <span class="count">{count.to_string()}</span> }
}

/// What is left out of a long list, in words.
fn rest(shown: usize, all: usize, one: &'static str, many: &'static str) -> Option<AnyView> {
    (all > shown).then(|| view! { <p class="rest">"and "{plural(all - shown, one, many)}" more"</p> }.into_any())
}
