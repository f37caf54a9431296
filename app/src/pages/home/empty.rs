//! A list without rows: says why, and what to do.

use super::list::View;
use super::range::widen_links;
use super::unfiltered;
use crate::components::counters::local_counters;
use crate::pages::setup::{quick_lines, snippet};
use api::LocalReport;
use leptos::prelude::*;

/// Nothing matches; or nothing came yet, and then how to send the first.
pub fn empty_state(view: &View, local: Option<LocalReport>) -> impl IntoView + use<> {
    let incomplete = (!view.searched_all()).then(|| {
        view! { <p class="amber">"Not every source could be searched: the line above says which, and why."</p> }
    });
    if !unfiltered(&view.query, &view.list) {
        let clear = view.address.with(&[("q", None), ("service", None), ("status", None), ("min_duration_ms", None)]);
        return view! {
            <section class="card empty">
                <h2>"No request in this range matches the filters"</h2>
                {incomplete}
                <p class="buttons"><a class="button primary" href=clear>"Clear the filters"</a>{widen_links(view)}</p>
            </section>
        }
        .into_any();
    }
    let teaching = local.map(|local| {
        let lines = quick_lines(&local).into_iter().map(|line| snippet(&line)).collect_view();
        view! {
            <div class="teach">
                <div>
                    <h3>"Send one: the SDKs stay as they are, only the endpoint changes"</h3>
                    {lines}
                    <p><a href="/sources#set-up">"Set-up for every SDK and language"</a></p>
                </div>
                <div class="teach-counters">
                    <h3>"Received so far"</h3>
                    {local_counters(&local.counters, true)}
                </div>
            </div>
        }
    });
    view! {
        <section class="card empty">
            <h2>"No requests in this range"</h2>
            {incomplete}
            <p class="buttons">{widen_links(view)}</p>
            {teaching}
        </section>
    }
    .into_any()
}
