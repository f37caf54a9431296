//! The time range: presets, two fields for any other, and what it is in UTC and here.

use super::list::View;
use crate::components::icons;
use crate::components::time::{input_value, range_text};
use leptos::prelude::*;

/// What the presets are called, and what stands in the URL. The first hour is what an address without a range shows.
const PRESETS: [(&str, &str); 5] = [("15 min", "-15m"), ("1 h", "-1h"), ("6 h", "-6h"), ("24 h", "-24h"), ("7 d", "-7d")];

/// The row of presets and the range itself.
pub fn range_controls(view: &View) -> impl IntoView + use<> {
    let address = &view.address;
    let from = address.get("from").unwrap_or("-1h");
    let until_now = address.get("to").is_none_or(|to| to == "now");
    let presets = PRESETS
        .into_iter()
        .map(|(name, value)| {
            let current = (until_now && from == value).then_some("true");
            view! { <a class="button" href=address.with(&[("from", Some(value)), ("to", None)]) aria-current=current>{name}</a> }
        })
        .collect_view();
    let custom = !(until_now && PRESETS.iter().any(|(_, value)| *value == from));
    let range = view.query.range;
    let hidden = address
        .carried(&["from", "to"])
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value /> })
        .collect_view();
    view! {
        <div class="range">
            <div class="segments" role="group" aria-label="Time range">
                {presets}
                <details class="menu" name="menu">
                    <summary class="button" aria-current=custom.then_some("true")>"Custom" {icons::chevron()}</summary>
                    <form class="menu-body" action="/" method="get">
                        {hidden}
                        <label>"From (UTC)" <input type="datetime-local" name="from" value=input_value(range.from) required /></label>
                        <label>"To (UTC)" <input type="datetime-local" name="to" value=input_value(range.to.plus(59_999_999_999)) required /></label>
                        <button type="submit" class="primary">"Show"</button>
                    </form>
                </details>
            </div>
            <p class="range-text">
                <span>{range_text(range, view.now)}</span>
                <span class="range-local" data-local-range=format!("{}/{}", range.from.rfc3339(), range.to.rfc3339())></span>
            </p>
        </div>
    }
}

/// Links to longer ranges, for a list that has nothing in this one.
pub fn widen_links(view: &View) -> impl IntoView + use<> {
    let length = view.query.range.duration_ns();
    let day = 86_400 * model::time::SECOND;
    let longer = [("6 hours", "-6h", day / 4), ("24 hours", "-24h", day), ("7 days", "-7d", 7 * day), ("30 days", "-30d", 30 * day)];
    longer
        .into_iter()
        .filter(|(.., ns)| *ns > length)
        .map(
            |(name, value, _)| view! { <a class="button" href=view.address.with(&[("from", Some(value)), ("to", None)])>"Last "{name}</a> },
        )
        .collect_view()
}
