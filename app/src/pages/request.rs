//! `/t/{id}`: one request.

use crate::components::layout::Page;
use crate::components::verdicts::verdict_strip;
use crate::functions::backend;
use crate::pages::not_found::ErrorView;
use api::{ApiError, TimelineQuery, Wait};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use model::{DisplayText, TraceId};
use std::time::Duration;

/// How long the page waits for the first pieces.
const FIRST_SCREEN: Duration = Duration::from_millis(150);

/// The page of one request.
#[component]
pub fn RequestPage() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id")).unwrap_or_default();
    let Ok(id) = id.parse::<TraceId>() else {
        return view! { <Page><ErrorView error=crate::refuse(ApiError::UnrecognisedId) /></Page> }.into_any();
    };
    let opened = backend().map(|backend| backend.open(TimelineQuery { id, range: None }, Wait::AtMost(FIRST_SCREEN)));
    view! {
        <Title text=format!("{id} · Throughline") />
        <Page>
            <Suspense>
                {Suspend::new(async move {
                    let snapshot = match opened {
                        Ok(opening) => opening.await,
                        Err(error) => Err(error),
                    };
                    match snapshot {
                        Err(error) => view! { <ErrorView error=crate::refuse(error) /> }.into_any(),
                        Ok(snapshot) => view! {
                            <h1>{id.to_string()}</h1>
                            {verdict_strip(&snapshot.request.verdicts)}
                            <ol>
                                {snapshot.request.spans.iter().map(|span| view! { <li>{DisplayText::line(&span.name).into_string()}</li> }).collect_view()}
                            </ol>
                        }.into_any(),
                    }
                })}
            </Suspense>
        </Page>
    }
    .into_any()
}
