//! `/sources`: what is configured, reachable, allowed and counted; the local services; set-up lines.

mod cards;
mod local;

use crate::components::layout::{Page, Place};
use crate::functions::backend;
use crate::pages::not_found::ErrorView;
use api::SourcesReport;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// The sources.
#[component]
pub fn SourcesPage() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let outcome = Outcome::read(query.get_str("removed"), query.get_str("__err"));
    let asked = backend();
    let owner = Owner::current();
    let answer = async move {
        let report = match asked {
            Ok(backend) => backend.sources().await,
            Err(error) => Err(error),
        };
        match (report, owner) {
            (Ok(report), _) => view! { <Report report outcome /> }.into_any(),
            (Err(error), Some(owner)) => view! { <ErrorView error=owner.with(|| crate::refuse(error)) /> }.into_any(),
            (Err(error), None) => view! { <ErrorView error /> }.into_any(),
        }
    };
    view! {
        <Title text="Sources · Throughline" />
        <Page place=Place::Sources>
            <Suspense>{Suspend::new(answer)}</Suspense>
        </Page>
    }
}

/// What became of the removal of the sample traffic, for the page it leads back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Nobody asked for it.
    None,
    /// So many traces are gone.
    Removed(u64),
    /// It was refused.
    Failed,
}

impl Outcome {
    /// From the query that the function, or the framework after an error, led back with. Its text is not shown: anybody could have written it.
    fn read(removed: Option<&str>, failed: Option<&str>) -> Self {
        match removed.and_then(|count| count.parse().ok()) {
            Some(count) => Self::Removed(count),
            None if failed.is_some() => Self::Failed,
            None => Self::None,
        }
    }
}

#[component]
fn Report(
    /// What there is to tell.
    report: SourcesReport,
    /// What became of a removal.
    outcome: Outcome,
) -> impl IntoView {
    let note = match outcome {
        Outcome::None => None,
        Outcome::Removed(1) => Some("1 sample trace was removed.".to_owned()),
        Outcome::Removed(count) => Some(format!("{count} sample traces were removed.")),
        Outcome::Failed => Some("The sample data could not be removed; the server's log says why.".to_owned()),
    };
    let sources = report.sources.iter().map(cards::source_card).collect_view();
    let none = report.sources.is_empty().then(|| {
        view! { <p class="lead">"No source is configured. Name one in "<code>"throughline.toml"</code>", or start without "<code>"--no-local"</code>" to read the local services."</p> }
    });
    view! {
        <div class="sources">
            <h1>"Sources"</h1>
            {note.map(|note| view! { <p class="outcome" role="status">{note}</p> })}
            {none}
            <div class="source-cards">{sources}</div>
            {report.local.as_ref().map(local::local_services)}
        </div>
    }
}
