//! The whole request in a strip, as SVG until the island paints it on a canvas.

use crate::components::palette::service_class;
use leptos::prelude::*;
use model::columns::Columns;
use std::collections::BTreeMap;
use std::fmt::Write;
use timeline::colour::NOBODY;
use timeline::minimap::Minimap;
use timeline::{Colours, Window};

/// Coarser than on the canvas, to keep the page small.
const BINS: u32 = 250;
const LANES: u32 = 17;

/// The strip; `window` is what the timeline shows of it.
pub fn minimap(columns: &Columns, colours: &Colours, window: Option<Window>) -> impl IntoView + use<> {
    let map = Minimap::of(columns, colours, BINS, LANES);
    // One path a colour: a lane is a stroke two pixels high.
    let mut paths: BTreeMap<u8, String> = BTreeMap::new();
    for run in &map.runs {
        let path = paths.entry(run.slot).or_default();
        // Writing into a String has no way to fail.
        let _ = write!(path, "M{} {}h{}", run.from, run.lane * 2 + 1, run.length);
    }
    let paths = paths
        .into_iter()
        .map(|(slot, path)| {
            let class = if slot == NOBODY { String::new() } else { service_class(slot.into()) };
            view! { <path class=class d=path /> }
        })
        .collect_view();
    let errors = map.errors.iter().fold(String::new(), |mut path, bin| {
        let _ = write!(path, "M{bin} 0V34");
        path
    });
    let shown = window.map(|window| {
        let duration = i64::try_from(columns.duration_ns.max(1)).unwrap_or(i64::MAX);
        let share = |ns: i64| (ns.max(0) as f64 * f64::from(BINS) / duration as f64).to_string();
        view! {
            <path class="outside" d=format!("M0 0H{}V34H0zM{} 0H{BINS}V34H{}z", share(window.start_ns), share(window.end_ns()), share(window.end_ns())) />
        }
    });
    view! {
        <svg viewBox=format!("0 0 {BINS} 34") preserveAspectRatio="none" width="100%" height="34" aria-hidden="true">
            {paths}
            <path class="minimap-errors" d=errors />
            {shown}
        </svg>
    }
}
