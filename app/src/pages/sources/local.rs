//! The card of the local services: where they listen, what they received, the sample traffic, and how to send to them.

use crate::components::copy::Copy;
use crate::components::counters::local_counters;
use crate::pages::setup::{all_lines, snippet};
use api::LocalReport;
use leptos::prelude::*;

/// The local services.
pub fn local_services(local: &LocalReport) -> impl IntoView + use<> {
    let listening = [
        (local.http.clone(), "OTLP over HTTP, and the APIs of X-Ray, CloudWatch Logs, Honeycomb and Rollbar"),
        (local.otlp_grpc.clone(), "OTLP over gRPC"),
        (local.xray.clone(), "the X-Ray daemon, UDP and TCP"),
    ];
    let listening = listening
        .into_iter()
        .filter(|(address, _)| !address.is_empty())
        .map(|(address, what)| {
            let label = format!("Copy {address}");
            view! { <dt><code>{address.clone()}</code><Copy text=address label=label /></dt><dd>{what}</dd> }
        })
        .collect_view();
    let lines = all_lines(local).into_iter().map(|line| snippet(&line)).collect_view();
    view! {
        <section class="card local" id="local">
            <header>
                <h2>"Local services"</h2>
                <span class="source-state">"listening on this machine, kept on its disk"</span>
            </header>
            <dl class="listening">{listening}</dl>
            {local_counters(&local.counters, false)}
            {sample_data(local.sample_traces)}
        </section>
        <section class="card set-up" id="set-up">
            <header>
                <h2>"Set-up lines"</h2>
                <span class="source-state">"unchanged SDKs; only the endpoint is another one"</span>
            </header>
            {lines}
        </section>
    }
}

/// The sample traffic and its end. A plain form: it asks once more, and works without JavaScript.
fn sample_data(traces: u64) -> impl IntoView {
    if traces == 0 {
        return view! { <p class="samples">"No sample data."</p> }.into_any();
    }
    let count = if traces == 1 { "1 trace".to_owned() } else { format!("{traces} traces") };
    view! {
        <div class="samples">
            <p><span class="tag">"sample"</span>" "{count.clone()}" of sample traffic, sent by Throughline itself."</p>
            <details class="menu confirm">
                <summary class="button">"Remove sample data"</summary>
                <form class="menu-body" action="/_fn/remove-sample-data" method="post">
                    <p>"Removes "{count}". What you sent yourself stays."</p>
                    <button type="submit" class="danger">"Remove it"</button>
                </form>
            </details>
        </div>
    }
    .into_any()
}
