//! The sentences that say what happened, each linked to the rows it rests on.

use leptos::prelude::*;
use model::insight::{Evidence, Part, Sentence, what_happened};
use model::{DisplayText, Request};
use timeline::{Anchor, State};

/// More than these would no longer be read.
const MOST: usize = 4;

/// Nothing where nothing can be said.
pub fn happened(request: &Request) -> Option<impl IntoView + use<>> {
    let sentences = what_happened(request);
    let said = sentences.iter().take(MOST).map(|each| sentence(request, each)).collect_view();
    (!sentences.is_empty()).then(|| view! { <p><b>"What happened"</b>{said}</p> })
}

fn sentence(request: &Request, sentence: &Sentence) -> impl IntoView + use<> {
    let parts = sentence
        .parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => DisplayText::line(text).into_string().into_any(),
            Part::Evidence { text, row } => {
                let text = DisplayText::line(text).into_string();
                match anchor(request, *row) {
                    Some(selected) => {
                        view! { <a href=State { selected: Some(selected), ..State::default() }.query() data-go>{text}</a> }.into_any()
                    }
                    None => text.into_any(),
                }
            }
        })
        .collect_view();
    view! { <span>" "{parts}</span> }
}

fn anchor(request: &Request, row: Evidence) -> Option<Anchor> {
    match row {
        Evidence::Span(at) => request.spans.get(at as usize).map(|span| Anchor::Span(span.id.value())),
        Evidence::Log(at) => {
            let log = request.logs.get(at as usize)?;
            Some(Anchor::Log { unix_ns: log.time.0, nth: nth(request.logs.iter().take(at as usize).map(|each| each.time), log.time) })
        }
        Evidence::Error(at) => {
            let error = request.errors.get(at as usize)?;
            Some(Anchor::Error {
                unix_ns: error.time.0,
                nth: nth(request.errors.iter().take(at as usize).map(|each| each.time), error.time),
            })
        }
    }
}

/// How many before it are of the same moment.
fn nth(before: impl Iterator<Item = model::UnixNs>, time: model::UnixNs) -> u32 {
    u32::try_from(before.filter(|each| *each == time).count()).unwrap_or(u32::MAX)
}
