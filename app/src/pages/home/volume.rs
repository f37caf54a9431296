//! Requests by time, faults at the bottom in red, throttles above them in amber.

use super::list::View;
use crate::components::time::minute_text;
use api::Volume;
use leptos::prelude::*;
use model::{Status, UnixNs};

/// The height of the drawing, in px.
const HEIGHT: f64 = 48.0;
/// How many moments stand under it.
const LABELS: i64 = 5;
/// How many bars, where we count ourselves.
const BUCKETS: i64 = 60;

/// The strip; nothing when there is nothing to draw. Where the sources could not count all, it shows what is loaded, and says so.
pub fn volume_strip(view: &View) -> impl IntoView + use<> {
    let counted = view.list.volume.as_ref().filter(|volume| !volume.buckets.is_empty() && volume.bucket_ns > 0);
    let volume = counted.cloned().unwrap_or_else(|| of_loaded(view));
    let sums = volume.buckets.iter().fold((0_u64, 0_u64, 0_u64), |sums, (all, faults, throttles)| {
        (sums.0 + u64::from(*all), sums.1 + u64::from(*faults), sums.2 + u64::from(*throttles))
    });
    if sums.0 == 0 {
        return None;
    }
    let which = if counted.is_some() { "" } else { " of what is loaded" };
    let label = format!("Requests by time{which}: {} in all, {} with a fault, {} throttled", sums.0, sums.1, sums.2);
    let unloaded = (counted.is_none() && view.list.next_cursor.is_some()).then(|| unloaded(view, &volume));
    let note = counted.is_none().then(|| view! { <p class="volume-note">"Of the "{view.list.requests.len()}" requests loaded"</p> });
    let dated = view.query.range.duration_ns() > 86_400 * model::time::SECOND;
    Some(view! {
        <section class="volume" aria-label="Requests by time">
            <svg class="volume-bars" role="img" aria-label=label width="100%" height="48">{unloaded}{bars(&volume)}</svg>
            <div class="volume-labels" aria-hidden="true">{labels(&volume, dated)}</div>
            <div
                class="brush"
                tabindex="0"
                role="group"
                aria-label="Narrow the time range: arrow keys choose, Shift extends, Enter applies"
                data-buckets=volume.buckets.len().to_string()
                data-start-ns=volume.start.0.to_string()
                data-bucket-ns=volume.bucket_ns.to_string()
                data-address=view.address.without_range()
            >
                <svg aria-hidden="true" width="100%" height="100%"><rect width="0" y="0" height="100%" /></svg>
                <div role="status"><span class="brush-said" hidden></span></div>
            </div>
            {note}
        </section>
    })
}

/// The loaded rows by time, over the whole range.
fn of_loaded(view: &View) -> Volume {
    let range = view.query.range;
    let bucket_ns = (range.duration_ns() / BUCKETS + 1).max(1);
    let mut buckets = vec![(0, 0, 0); usize::try_from(BUCKETS).unwrap_or(1)];
    for row in &view.list.requests {
        let index = usize::try_from(row.start.since(range.from) / bucket_ns).ok();
        if let Some((all, faults, throttles)) = index.and_then(|index| buckets.get_mut(index)) {
            *all += 1;
            *faults += u32::from(row.status == Status::Fault);
            *throttles += u32::from(row.status == Status::Throttle);
        }
    }
    Volume { start: range.from, bucket_ns, buckets }
}

/// A dashed line where nothing was loaded yet: before the oldest row, which says nothing about what was there.
fn unloaded(view: &View, volume: &Volume) -> impl IntoView + use<> {
    let oldest = view.list.requests.iter().map(|row| row.start).min().unwrap_or(volume.start);
    let length = volume.bucket_ns as f64 * volume.buckets.len() as f64;
    let share = (oldest.since(volume.start) as f64 / length * 100.0).clamp(0.0, 100.0);
    view! { <line class="volume-unloaded" x1="0" x2=format!("{share:.3}%") y1="45" y2="45" /> }
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
