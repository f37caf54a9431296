//! The list and what stands around it.

use super::address::Address;
use super::empty::empty_state;
use super::filters::filter_controls;
use super::range::range_controls;
use super::rows::{Sort, request_rows};
use super::volume::volume_strip;
use crate::components::verdicts::verdict_strip;
use api::{ListQuery, LocalReport, RequestList};
use leptos::prelude::*;
use model::{State, UnixNs};

/// The most that one page loads.
const MOST: usize = 500;

/// Everything the parts of the page draw from.
#[derive(Clone, Debug)]
pub struct View {
    /// What was asked.
    pub query: ListQuery,
    /// What was answered.
    pub list: RequestList,
    /// Where we are.
    pub address: Address,
    /// When it was asked.
    pub now: UnixNs,
}

impl View {
    /// Whether every source was searched to its end.
    pub fn searched_all(&self) -> bool {
        self.list.verdicts.iter().all(|verdict| matches!(verdict.state, State::Found | State::Empty))
    }
}

/// The list; `local` are the local services, when there is nothing to list and they are on.
pub fn list_view(view: &View, local: Option<LocalReport>) -> impl IntoView + use<> {
    let rows = if view.list.requests.is_empty() {
        empty_state(view, local).into_any()
    } else {
        view! { <section class="card" aria-label="Requests">{request_rows(view)}{list_end(view)}</section> }.into_any()
    };
    view! {
        <div class="list-controls">
            <h1>"Requests"</h1>
            {range_controls(view)}
            {filter_controls(view)}
        </div>
        {volume_strip(view)}
        {verdict_strip(&view.list.verdicts)}
        {rows}
    }
}

/// How much is loaded, how it is sorted, and the way to more: the page with more rows, so that sorting covers all of them and the way
/// back leads back; past the most that a page loads, the next page.
fn list_end(view: &View) -> impl IntoView + use<> {
    let count = view.list.requests.len();
    let sort = Sort::named(view.address.get("sort"));
    let within = if sort == Sort::Started { "" } else { ", sorted within what is loaded" };
    let more = view.list.next_cursor.as_deref().map(|cursor| {
        let larger = (view.query.limit.saturating_mul(2)).min(MOST);
        let (link, label) = if larger > view.query.limit {
            (format!("{}#row-{count}", view.address.with(&[("limit", Some(&larger.to_string()))])), "Load more")
        } else {
            (view.address.with(&[("cursor", Some(cursor))]), "Next page")
        };
        view! { <a class="button" href=link>{label}</a> }
    });
    // Said only when it is so: from the first page to the end, and nothing left unsearched.
    let whole = more.is_none() && view.query.cursor.is_none() && view.searched_all();
    let all = if whole { ", all of this range" } else { "" };
    view! {
        <p class="list-end">
            <span>{count}{if count == 1 { " request" } else { " requests" }}" loaded, "{sort.words()}{within}{all}</span>
            {more}
        </p>
    }
}
