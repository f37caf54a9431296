//! The rows of the list.

use super::address::Address;
use super::list::View;
use crate::components::badges::{service_label, source_badges, status_mark};
use crate::components::palette::{service_class, service_colours};
use crate::components::time::moment;
use api::RequestSummary;
use leptos::prelude::*;
use model::time::{SECOND, format_duration};
use model::{Counts, DisplayText, UnixNs};

/// What the vendors are asked for around a request that is opened from the list: this much before its start.
const BEFORE: i64 = 300 * SECOND;
/// And this much after its end, for the lines and errors that come late.
const AFTER: i64 = 900 * SECOND;

/// By what the loaded rows are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Newest first, as the sources tell them.
    Started,
    /// Slowest first.
    Duration,
    /// Worst first, then newest.
    Status,
    /// By service, then newest.
    Service,
}

impl Sort {
    /// As it stands in the URL; anything else is newest first.
    pub fn named(name: Option<&str>) -> Self {
        match name {
            Some("duration") => Self::Duration,
            Some("status") => Self::Status,
            Some("service") => Self::Service,
            _ => Self::Started,
        }
    }

    const fn name(self) -> Option<&'static str> {
        match self {
            Self::Started => None,
            Self::Duration => Some("duration"),
            Self::Status => Some("status"),
            Self::Service => Some("service"),
        }
    }

    /// In words, for the note that says what is sorted.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Started => "newest first",
            Self::Duration => "slowest first",
            Self::Status => "worst first",
            Self::Service => "by service",
        }
    }

    /// Orders the rows; rows that are equal stay newest first.
    pub fn apply(self, rows: &mut [RequestSummary]) {
        match self {
            Self::Started => {}
            Self::Duration => rows.sort_by_key(|row| std::cmp::Reverse(row.duration_ns)),
            Self::Status => rows.sort_by_key(|row| std::cmp::Reverse(row.status)),
            Self::Service => rows.sort_by(|one, other| one.service.cmp(&other.service)),
        }
    }
}

/// The heads and the rows.
pub fn request_rows(view: &View) -> impl IntoView + use<> {
    let sort = Sort::named(view.address.get("sort"));
    let mut rows = view.list.requests.clone();
    sort.apply(&mut rows);
    let names: Vec<&str> = rows.iter().map(|row| row.service.as_str()).collect();
    let colours = service_colours(&names);
    let slowest = rows.iter().filter_map(|row| row.duration_ns).max().unwrap_or(0);
    let drawn = rows
        .iter()
        .zip(colours)
        .enumerate()
        .map(|(index, (row, colour))| view! { <li id=format!("row-{index}")>{request_row(row, colour, slowest, view.now)}</li> })
        .collect_view();
    view! {
        <div class="list-head">
            {head(&view.address, sort, Sort::Status, "Status")}
            <span>"Request"</span>
            {head(&view.address, sort, Sort::Service, "Service")}
            {head(&view.address, sort, Sort::Duration, "Duration")}
            <span>"Seen by"</span>
            <span title="Spans, log lines and errors; – where nobody counted">"Spans · Logs · Err"</span>
            {head(&view.address, sort, Sort::Started, "Started")}
        </div>
        <ol class="list">{drawn}</ol>
    }
}

fn head(address: &Address, current: Sort, sort: Sort, label: &'static str) -> impl IntoView + use<> {
    let chosen = current == sort;
    view! {
        <a href=address.with(&[("sort", sort.name())]) aria-current=chosen.then_some("true") title="Sorts what is loaded">
            {label}{chosen.then(crate::components::icons::chevron)}
        </a>
    }
}

fn request_row(row: &RequestSummary, colour: usize, slowest: i64, now: UnixNs) -> impl IntoView + use<> {
    let id = row.id.to_string();
    let (method, path) = name_parts(&row.name);
    let duration = row.duration_ns.map_or_else(|| "–".to_owned(), format_duration);
    view! {
            <a class="request" href=request_address(row) data-request=id>
                <span class="request-status">{status_mark(row.status, row.http_status)}</span>
                <span class="request-name">
                    {method.map(|method| view! { <span class="method">{method}" "</span> })}
                    <b>{path}</b>
                    {row.demo.then(|| view! { <span class="tag" title="Sample traffic; remove it on the page of the sources">"sample"</span> })}
                </span>
                <span class="request-service">{service_label(&row.service, colour)}</span>
                <span class="request-duration">
                    <span>{duration}</span>
                    {row.duration_ns.map(|ns| duration_bar(ns, slowest, colour))}
                </span>
                <span class="request-sources">{source_badges(row.sources)}</span>
                <span class="request-counts">{counts(row.counts)}</span>
                <span class="request-start">{moment(row.start, now)}</span>
            </a>
    }
}

/// Its share of the slowest row loaded.
fn duration_bar(ns: i64, slowest: i64, colour: usize) -> impl IntoView + use<> {
    let share = if slowest > 0 { ns as f64 / slowest as f64 } else { 0.0 };
    let width = format!("{:.1}", (share * 96.0).clamp(2.0, 96.0));
    view! {
        <svg class=format!("bar {}", service_class(colour)) width="96" height="6" aria-hidden="true">
            <rect width=width height="6" rx="3" />
        </svg>
    }
}

/// Spans, log lines, errors; a dash for what nobody counted.
fn counts(counts: Counts) -> impl IntoView {
    let part = |count: Option<u64>, word: &'static str| {
        let text = count.map_or_else(|| "–".to_owned(), |count| count.to_string());
        view! { {text}<span class="for-readers">{word}</span> }
    };
    let errors = part(counts.errors, " errors");
    let errors =
        if counts.errors.is_some_and(|errors| errors > 0) { view! { <b class="red">{errors}</b> }.into_any() } else { errors.into_any() };
    view! { {part(counts.spans, " spans")}" · "{part(counts.logs, " log lines")}" · "{errors} }
}

/// `GET /path` as method and path; anything else as it stands.
fn name_parts(name: &str) -> (Option<String>, String) {
    if name.is_empty() {
        return (None, "no name".to_owned());
    }
    match name.split_once(' ') {
        Some((method, path)) if (2..=7).contains(&method.len()) && method.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            (Some(method.to_owned()), DisplayText::limited(path, 300).into_string())
        }
        _ => (None, DisplayText::limited(name, 300).into_string()),
    }
}

/// The page of the request, with the time around it, so that the vendors need not search all of theirs.
fn request_address(row: &RequestSummary) -> String {
    let from = row.start.plus(-BEFORE);
    let to = row.start.plus(row.duration_ns.unwrap_or(0)).plus(AFTER);
    format!("/t/{}?from={}&to={}", row.id, from.rfc3339(), to.rfc3339())
}
