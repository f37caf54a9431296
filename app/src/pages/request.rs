//! `/t/{id}`: one request on one timeline.

pub mod detail;
mod evidence;
pub mod head;
mod list;
mod minimap;
mod missing;
mod row;
pub mod stream;
mod waterfall;

#[cfg(test)]
mod tests;

use crate::components::layout::Page;
use crate::functions::backend;
use crate::pages::not_found::ErrorView;
use crate::timeline_island::TimelineIsland;
use api::{ApiError, Snapshot, TimelineQuery, Wait};
use axum::http::request::Parts;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use model::{TimeRange, TraceId, UnixNs};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use timeline::{Anchor, State, View};

/// How long the timeline waits for the first pieces; what comes later comes through the island.
const FIRST_SCREEN: Duration = Duration::from_millis(150);

/// The page of one request, by an ID in any spelling.
#[component]
pub fn RequestPage() -> impl IntoView {
    let given = use_params_map().with_untracked(|params| params.get("id")).unwrap_or_default();
    let query = use_context::<Parts>().and_then(|parts| parts.uri.query().map(str::to_owned)).unwrap_or_default();
    let state = State::parse(&query);
    let Some(found) = model::recognise::recognise(&given) else {
        return refused(ApiError::UnrecognisedId);
    };
    let id = found.trace;
    if given != id.to_string() {
        let named = found.span.map(|span| Anchor::Span(span.value()));
        let query = match (state.selected, named) {
            (None, Some(span)) => State { selected: Some(span), ..state }.query(),
            _ if query.is_empty() => query,
            _ => format!("?{query}"),
        };
        crate::redirect(&format!("/t/{id}{query}"));
        crate::set_status(307);
        return view! { <Page><p class="notice">"This request is at " <a href=format!("/t/{id}")>{id.to_string()}</a></p></Page> }
            .into_any();
    }
    let range = match range(state.from.as_deref(), state.to.as_deref()) {
        Ok(range) => range,
        Err(error) => return refused(error),
    };
    let wait = match state.view {
        View::Timeline => Wait::AtMost(FIRST_SCREEN),
        View::List => Wait::Ended,
    };
    let opened = backend().map(|backend| backend.open(TimelineQuery { id, range }, wait));
    view! {
        <Title text=format!("{id} · Throughline") />
        <Page marks_ready={state.view == View::Timeline}>
            <Suspense>
                {Suspend::new(async move {
                    let snapshot = match opened {
                        Ok(opening) => opening.await,
                        Err(error) => Err(error),
                    };
                    match snapshot {
                        Err(error) => view! { <ErrorView error=crate::refuse(error) /> <Ready /> }.into_any(),
                        Ok(snapshot) => found_view(&snapshot, &state),
                    }
                })}
            </Suspense>
        </Page>
    }
    .into_any()
}

fn refused(error: ApiError) -> AnyView {
    view! { <Title text="No such request · Throughline" /> <Page><ErrorView error=crate::refuse(error) /></Page> }.into_any()
}

/// Something was found, or may still be, or nothing is there: the status says which.
fn found_view(snapshot: &Arc<Snapshot>, state: &State) -> AnyView {
    let request = &snapshot.request;
    if request.is_empty() && request.ended() {
        crate::set_status(404);
        return view! { {missing::missing(request)} <Ready /> }.into_any();
    }
    match state.view {
        View::List => list::list(request, now()).into_any(),
        View::Timeline => {
            let list = State { view: View::List, ..state.clone() }.query();
            view! {
                <noscript><meta http-equiv="refresh" content=format!("0; url=/t/{}{list}", request.id) /></noscript>
                {waterfall::waterfall(snapshot, state, now())}
                <TimelineIsland />
            }
            .into_any()
        }
    }
}

/// Where there is no timeline to wake, the island only says so.
#[component]
fn Ready() -> impl IntoView {
    view! { <TimelineIsland /> }
}

/// Where the sources are told to look; `None` if nobody says.
pub fn range(from: Option<&str>, to: Option<&str>) -> Result<Option<TimeRange>, ApiError> {
    let now = now();
    let from = api::list::moment(from, "from", now)?;
    let to = api::list::moment(to, "to", now)?;
    match (from, to) {
        (None, None) => Ok(None),
        (from, to) => {
            let to = to.unwrap_or(now);
            let from = from.unwrap_or_else(|| to.plus(-24 * 3_600 * model::time::SECOND));
            if from < to {
                Ok(Some(TimeRange { from, to }))
            } else {
                Err(ApiError::BadParameter { parameter: "from".to_owned(), message: "it is not before `to`; swap the two".to_owned() })
            }
        }
    }
}

/// The canonical ID of a server function's argument.
pub fn trace_id(text: &str) -> Result<TraceId, ApiError> {
    text.parse().map_err(|_| ApiError::UnrecognisedId)
}

/// The server's clock.
pub fn now() -> UnixNs {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixNs(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}
