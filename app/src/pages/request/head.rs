//! What stands above the timeline: what request, whether it failed, whether this is all, and what happened.
//!
//! Each part is marked `data-live`: a later revision brings the same parts anew, and the island puts them in place.

use super::evidence;
use crate::components::badges::service_label;
use crate::components::palette::service_colours;
use crate::components::verdicts::verdict_strip;
use crate::pages::request::missing;
use leptos::prelude::*;
use model::time::{SECOND, format_duration};
use model::{DisplayText, Request, Status, UnixNs};

/// The three parts, in order.
pub fn head(request: &Request, now: UnixNs) -> impl IntoView + use<> {
    view! {
        <div class="request-facts" data-live="facts">{facts(request, now)}</div>
        <div class="strip" data-live="verdicts">{verdict_strip(&request.verdicts)}{aliases(request)}</div>
        <div class="happened" data-live="happened">{evidence::happened(request)}</div>
        <div data-live="missing">{(request.is_empty() && request.ended()).then(|| missing::missing(request))}</div>
    }
}

/// The line that names the request.
pub fn facts(request: &Request, now: UnixNs) -> impl IntoView + use<> {
    let root = request.root();
    let services = request.services();
    let colours = service_colours(&services);
    let name = match root {
        Some(root) => DisplayText::limited(&root.name, 160).into_string(),
        None if request.is_empty() => "Searching…".to_owned(),
        None => "Request without spans".to_owned(),
    };
    let service = root.filter(|root| !root.service.is_empty()).map(|root| {
        let colour = services.iter().position(|service| *service == root.service).and_then(|at| colours.get(at)).copied().unwrap_or(0);
        service_label(&root.service, colour)
    });
    // The root saw how the request ended: its status is that of the whole.
    let chip = root.map(|root| chip(root.status, root.http.as_ref().and_then(|http| http.status)));
    let known = (!request.is_empty()).then(|| {
        let errors = request.errors.len();
        view! {
            <b>{format_duration(request.duration_ns)}</b>
            <span><time datetime=request.start.rfc3339()>{request.start.time_of_day()}" UTC"</time>" · "{ago(request.start, now)}</span>
            {counted(services.len(), "service", "services")}
            {counted(request.spans.len(), "span", "spans")}
            {counted(request.logs.len(), "log", "logs")}
            <span class={if errors > 0 { "fact-bad" } else { "fact" }}>{plural(errors, "error", "errors")}</span>
        }
    });
    view! {
        {chip}
        <h1>{name}</h1>
        {service}
        <span class="request-numbers">{known}</span>
    }
}

fn chip(status: Status, http: Option<u16>) -> impl IntoView + use<> {
    let (class, word) = match status {
        Status::Fault => ("chip chip-fault", "fault"),
        Status::Throttle => ("chip chip-throttle", "throttled"),
        Status::Error => ("chip chip-error", "error"),
        Status::Ok => ("chip", "ok"),
        Status::Unset => ("chip", "no status"),
    };
    let text = match http {
        Some(code) if status == Status::Unset => code.to_string(),
        Some(code) => format!("{code} {word}"),
        None => word.to_owned(),
    };
    view! { <span class=class>{text}</span> }
}

fn counted(count: usize, one: &'static str, many: &'static str) -> impl IntoView {
    view! { <span class="fact">{plural(count, one, many)}</span> }
}

/// `1 span`, `2 spans`.
pub fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// How long ago, in words.
fn ago(start: UnixNs, now: UnixNs) -> String {
    let seconds = now.since(start) / SECOND;
    match seconds {
        ..0 => "in the future".to_owned(),
        0..5 => "just now".to_owned(),
        5..60 => format!("{seconds} s ago"),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..172_800 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

/// Why several trace IDs are one request.
fn aliases(request: &Request) -> Option<impl IntoView + use<>> {
    let others = request.traces.len().saturating_sub(1);
    (others > 0).then(|| {
        let reasons = request
            .aliases
            .iter()
            .map(|alias| {
                view! {
                    <li>
                        <code>{alias.to.to_string()}</code>
                        " joined because "{DisplayText::line(&alias.because).into_string()}
                        ": "<code>{DisplayText::limited(&alias.evidence, 200).into_string()}</code>
                    </li>
                }
            })
            .collect_view();
        view! {
            <details class="joined">
                <summary>{plural(others, "other trace ID joined", "other trace IDs joined")}</summary>
                <ul>{reasons}</ul>
            </details>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_how_long_ago() {
        let now = UnixNs::from_seconds(1_000_000);
        for (seconds, text) in
            [(-5, "in the future"), (1, "just now"), (59, "59 s ago"), (120, "2 min ago"), (7_200, "2 h ago"), (259_200, "3 days ago")]
        {
            assert_eq!(ago(now.plus(-seconds * SECOND), now), text);
        }
    }
}
