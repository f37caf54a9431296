//! `/`: the paste box and the recent requests.

mod address;
mod empty;
mod filters;
mod list;
mod range;
mod rows;
mod volume;

use crate::components::layout::{Page, Place};
use crate::components::paste_box::PasteBox;
use crate::functions::backend;
use crate::pages::not_found::ErrorView;
use address::Address;
use api::{ApiError, ListQuery, RequestList, SourcesReport};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use list::{View, list_view};
use model::{TraceId, UnixNs};
use std::time::SystemTime;

/// The list.
#[component]
pub fn HomePage() -> impl IntoView {
    let address = use_query_map().with_untracked(Address::new);
    let now = now();
    if let Some(id) = address.get("q").and_then(TraceId::recognise) {
        let target = format!("/t/{id}{}", address.kept_range());
        crate::redirect(&target);
        return view! { <Page place=Place::Requests><p class="notice">"That is the request " <a href=target>{id.to_string()}</a></p></Page> }.into_any();
    }
    let query = ListQuery::parse(&address.parameters(), now);
    let query_text = address.get("q").unwrap_or_default().to_owned();
    let kept_range = address.kept_range();
    let answer = answer(query, address, now);
    view! {
        <Title text="Requests · Throughline" />
        <Page place=Place::Requests>
            <div class="home">
                <PasteBox value=query_text large=true range=kept_range />
                <Suspense>{Suspend::new(answer)}</Suspense>
            </div>
        </Page>
    }
    .into_any()
}

/// Asks, and draws what comes. The status is the response's own: wrong parameters are refused, but the page with its box stays.
fn answer(query: Result<ListQuery, ApiError>, address: Address, now: UnixNs) -> impl Future<Output = AnyView> + Send {
    let asked = query.and_then(|query| Ok((query, backend()?)));
    // The response belongs to this request's owner, which is current now and need not be when the answer comes.
    let owner = Owner::current();
    let refuse = move |error: ApiError| match &owner {
        Some(owner) => owner.with(|| crate::refuse(error)),
        None => error,
    };
    async move {
        let (query, backend) = match asked {
            Ok(asked) => asked,
            Err(error) => return view! { <ErrorView error=refuse(error) /> }.into_any(),
        };
        let list = match backend.list(query.clone()).await {
            Ok(list) => list,
            Err(error) => return view! { <ErrorView error=refuse(error) /> }.into_any(),
        };
        let local = if list.requests.is_empty() { local_services(backend.sources().await) } else { None };
        let view = View { query, list, address, now };
        list_view(&view, local).into_any()
    }
}

/// What teaches on an empty page; without it the page still says that nothing was found.
fn local_services(report: Result<SourcesReport, ApiError>) -> Option<api::LocalReport> {
    report.ok().and_then(|report| report.local)
}

/// The one place where this page reads the clock.
pub fn now() -> UnixNs {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixNs(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// Whether nothing narrows the list but its range.
fn unfiltered(query: &ListQuery, list: &RequestList) -> bool {
    list.requests.is_empty() && query.text.is_none() && query.service.is_none() && query.status.is_none() && query.min_duration_ns.is_none()
}
