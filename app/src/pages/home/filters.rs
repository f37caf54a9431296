//! The filters: fields of the same form as the paste box, so that one Enter sends all of them, with or without JavaScript.

use super::list::View;
use leptos::prelude::*;
use model::{DisplayText, Status};
use std::collections::BTreeSet;

/// The form they belong to: the paste box's.
const FORM: &str = "search";

/// Service, status, minimum duration; the text is the paste box's own.
pub fn filter_controls(view: &View) -> impl IntoView + use<> {
    let address = &view.address;
    let hidden = address
        .carried(&["q", "service", "status", "min_duration_ms"])
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" form=FORM name=name value=value /> })
        .collect_view();
    let chosen = view.query.service.clone();
    let mut services: BTreeSet<&str> =
        view.list.requests.iter().map(|request| request.service.as_str()).filter(|name| !name.is_empty()).collect();
    services.extend(chosen.as_deref());
    let services = services
        .into_iter()
        .map(|name| view! { <option value=name.to_owned() selected=chosen.as_deref() == Some(name)>{DisplayText::limited(name, 60).into_string()}</option> })
        .collect_view();
    let statuses =
        [(Status::Fault, "fault (5xx)"), (Status::Throttle, "throttled (429)"), (Status::Error, "error (4xx)"), (Status::Ok, "ok")]
            .into_iter()
            .map(|(status, label)| view! { <option value=status.as_str() selected=view.query.status == Some(status)>{label}</option> })
            .collect_view();
    let least = view.query.min_duration_ns.map(|ns| (ns / 1_000_000).to_string());
    let text = view.query.text.clone();
    view! {
        <div class="filters" role="group" aria-label="Filters">
            {hidden}
            <label class="filter" data-active=view.query.service.is_some().then_some("")>
                "Service "
                <select name="service" form=FORM><option value="">"any"</option>{services}</select>
            </label>
            <label class="filter" data-active=view.query.status.is_some().then_some("")>
                "Status "
                <select name="status" form=FORM><option value="">"any"</option>{statuses}</select>
            </label>
            <label class="filter" data-active=view.query.min_duration_ns.is_some().then_some("")>
                "At least "
                <input type="number" name="min_duration_ms" form=FORM min="0" max="4294967295" step="1" inputmode="numeric" placeholder="–" value=least />
                " ms"
            </label>
            {text.map(|text| view! {
                <a class="button filter-text" href=address.with(&[("q", None)]) title="Remove this filter">
                    "Text "<b>{DisplayText::limited(&text, 40).into_string()}</b>" ×"<span class="for-readers">" remove"</span>
                </a>
            })}
            <button type="submit" form=FORM>"Filter"</button>
        </div>
    }
}
