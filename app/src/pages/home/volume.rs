//! Requests by time, faults at the bottom in red, throttles above them in amber.

use super::list::View;
use crate::components::time::minute_text;
use crate::islands::VolumeBrush;
use api::Volume;
use leptos::prelude::*;
use model::UnixNs;

/// The height of the drawing, in px.
const HEIGHT: f64 = 48.0;
/// How many moments stand under it.
const LABELS: i64 = 5;

/// The strip; nothing when the sources could not count.
pub fn volume_strip(view: &View) -> impl IntoView + use<> {
    let volume = view.list.volume.as_ref().filter(|volume| !volume.buckets.is_empty() && volume.bucket_ns > 0)?;
    let sums = volume.buckets.iter().fold((0_u64, 0_u64, 0_u64), |sums, (all, faults, throttles)| {
        (sums.0 + u64::from(*all), sums.1 + u64::from(*faults), sums.2 + u64::from(*throttles))
    });
    if sums.0 == 0 {
        return None;
    }
    let label = format!("Requests by time: {} requests, {} with a fault, {} throttled", sums.0, sums.1, sums.2);
    let dated = view.query.range.duration_ns() > 86_400 * model::time::SECOND;
    Some(view! {
        <section class="volume" aria-label="Requests by time">
            <svg class="volume-bars" role="img" aria-label=label width="100%" height="48">{bars(volume)}</svg>
            <div class="volume-labels" aria-hidden="true">{labels(volume, dated)}</div>
            <VolumeBrush
                buckets=u32::try_from(volume.buckets.len()).unwrap_or(u32::MAX)
                start_ns=volume.start.0
                bucket_ns=volume.bucket_ns
                address=view.address.without_range()
            />
        </section>
    })
}

fn bars(volume: &Volume) -> impl IntoView + use<> {
    let most = f64::from(volume.buckets.iter().map(|(all, ..)| *all).max().unwrap_or(1).max(1));
    let step = 100.0 / volume.buckets.len() as f64;
    let bars: Vec<_> = volume
        .buckets
        .iter()
        .enumerate()
        .filter(|(_, (all, ..))| *all > 0)
        .map(|(index, (all, faults, throttles))| {
            let x = format!("{:.3}%", index as f64 * step);
            let width = format!("{:.3}%", step * 0.82);
            // What is there is seen: a single fault among thousands still has two pixels.
            let height = |count: u32| if count == 0 { 0.0 } else { (f64::from(count) / most * HEIGHT).max(2.0) };
            let (fault, throttle) = (height(*faults), height(*throttles));
            let total = height(*all).max(fault + throttle);
            let part = |class: &'static str, bottom: f64, height: f64| {
                (height > 0.0).then(|| {
                    view! { <rect class=class x=x.clone() width=width.clone() y=format!("{:.1}", HEIGHT - bottom - height) height=format!("{height:.1}") /> }
                })
            };
            let rest = part("volume-rest", fault + throttle, total - fault - throttle);
            view! { <g>{rest}{part("volume-throttle", fault, throttle)}{part("volume-fault", 0.0, fault)}</g> }
        })
        .collect();
    bars
}

fn labels(volume: &Volume, dated: bool) -> impl IntoView + use<> {
    let length = volume.bucket_ns.saturating_mul(i64::try_from(volume.buckets.len()).unwrap_or(i64::MAX));
    (0..LABELS)
        .map(|at| {
            let time: UnixNs = volume.start.plus(length / (LABELS - 1) * at);
            view! { <span>{minute_text(time, dated)}</span> }
        })
        .collect_view()
}
