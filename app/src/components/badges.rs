//! Small marks: who knows it, how it ended, whose it is.

use crate::components::icons;
use crate::components::palette::service_class;
use leptos::prelude::*;
use model::{DisplayText, Source, SourceSet, Status};

/// The two letters of each source that knows it, with the full name for those who ask.
pub fn source_badges(sources: SourceSet) -> impl IntoView {
    sources.iter().map(source_badge).collect_view()
}

/// The two letters of one source.
pub fn source_badge(source: Source) -> impl IntoView {
    view! { <abbr class="badge" title=source.label()>{source.badge()}</abbr> }
}

/// How it ended: a mark, the HTTP status or else a word; the word is always there for those who do not see colours.
pub fn status_mark(status: Status, http_status: Option<u16>) -> impl IntoView {
    let class = format!("status status-{}", status.as_str());
    let icon = match status {
        Status::Fault => Some(icons::cross().into_any()),
        Status::Throttle => Some(icons::throttled().into_any()),
        Status::Ok | Status::Error | Status::Unset => None,
    };
    let (shown, hidden) = match (http_status, status) {
        (Some(code), _) => (code.to_string(), Some(status_word(status))),
        (None, Status::Unset) => ("—".to_owned(), Some(status_word(status))),
        (None, _) => (status_word(status).to_owned(), None),
    };
    view! { <span class=class title=status_word(status)>{icon}{shown}{hidden.map(|word| view! { <span class="for-readers">" "{word}</span> })}</span> }
}

/// The word for a status.
pub const fn status_word(status: Status) -> &'static str {
    match status {
        Status::Unset => "no status",
        Status::Ok => "ok",
        Status::Error => "error",
        Status::Throttle => "throttled",
        Status::Fault => "fault",
    }
}

/// A service with the square of its colour (see [`crate::components::palette::service_colours`]).
pub fn service_label(name: &str, colour: usize) -> impl IntoView + use<> {
    let name = if name.is_empty() { "unknown service".to_owned() } else { DisplayText::limited(name, 120).into_string() };
    view! { <span class=format!("service {}", service_class(colour))>{icons::square()}<span class="service-name">{name}</span></span> }
}
