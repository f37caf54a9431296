//! Narrowing the time range on the volume strip.

use super::go_to;
use crate::components::time::minute_text;
use leptos::prelude::*;
use leptos::{ev, html};
use model::UnixNs;

/// The layer over the strip: drag, or use the arrow keys (with Shift to extend) and Enter; Escape lets go.
#[island]
pub fn VolumeBrush(
    /// How many buckets the strip has.
    buckets: u32,
    /// The start of the first bucket, in ns.
    start_ns: i64,
    /// The width of a bucket, in ns.
    bucket_ns: i64,
    /// The address of the list without its range, ready for `from=…&to=…` to be added.
    address: String,
) -> impl IntoView {
    let layer = NodeRef::<html::Div>::new();
    let chosen = RwSignal::new(None::<(u32, u32)>);
    let dragging = RwSignal::new(false);
    let last = buckets.saturating_sub(1);
    let edge = move |bucket: u32| UnixNs(start_ns).plus(bucket_ns.saturating_mul(i64::from(bucket)));
    let ends = move |(anchor, head): (u32, u32)| (edge(anchor.min(head)), edge(anchor.max(head).saturating_add(1)));
    let bucket_at = move |x: i32| {
        let bounds = layer.get_untracked()?.get_bounding_client_rect();
        let share = (f64::from(x) - bounds.left()) / bounds.width().max(1.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the buckets first")]
        let bucket = (share * f64::from(buckets)).clamp(0.0, f64::from(last)) as u32;
        Some(bucket)
    };
    let open = move || {
        if let Some(range) = chosen.get_untracked() {
            let (from, to) = ends(range);
            go_to(&format!("{address}from={}&to={}", from.rfc3339(), to.rfc3339()));
        }
    };
    let press = move |event: ev::PointerEvent| {
        if event.button() == 0
            && let Some(bucket) = bucket_at(event.client_x())
        {
            if let Some(layer) = layer.get_untracked() {
                super::best_effort(layer.set_pointer_capture(event.pointer_id()));
            }
            dragging.set(true);
            chosen.set(Some((bucket, bucket)));
        }
    };
    let drag = move |event: ev::PointerEvent| {
        if dragging.get_untracked()
            && let (Some(bucket), Some((anchor, _))) = (bucket_at(event.client_x()), chosen.get_untracked())
        {
            chosen.set(Some((anchor, bucket)));
        }
    };
    let release = {
        let open = open.clone();
        move |_: ev::PointerEvent| {
            if dragging.get_untracked() {
                dragging.set(false);
                open();
            }
        }
    };
    let key = move |event: ev::KeyboardEvent| {
        let (anchor, head) = chosen.get_untracked().unwrap_or((last, last));
        let head = match event.key().as_str() {
            "ArrowLeft" => head.saturating_sub(1),
            "ArrowRight" => head.saturating_add(1).min(last),
            "Home" => 0,
            "End" => last,
            "Enter" => {
                event.prevent_default();
                return open();
            }
            "Escape" => return chosen.set(None),
            _ => return,
        };
        event.prevent_default();
        chosen.set(Some((if event.shift_key() { anchor } else { head }, head)));
    };
    let percent = move |bucket: u32| f64::from(bucket) * 100.0 / f64::from(buckets.max(1));
    let said = move || {
        chosen.get().map(|range| {
            let (from, to) = ends(range);
            view! { <span class="brush-said">{format!("{} – {} UTC", minute_text(from, false), minute_text(to, false))}</span> }
        })
    };
    view! {
        <div
            class="brush"
            node_ref=layer
            tabindex="0"
            role="group"
            aria-label="Narrow the time range: arrow keys choose, Shift extends, Enter applies"
            on:pointerdown=press
            on:pointermove=drag
            on:pointerup=release
            on:pointercancel=move |_| { dragging.set(false); chosen.set(None); }
            on:keydown=key
        >
            <svg aria-hidden="true" width="100%" height="100%">
                {move || chosen.get().map(|(anchor, head)| {
                    let (low, high) = (anchor.min(head), anchor.max(head).saturating_add(1));
                    view! { <rect x=format!("{:.3}%", percent(low)) width=format!("{:.3}%", percent(high) - percent(low)) y="0" height="100%" /> }
                })}
            </svg>
            <div role="status">{said}</div>
        </div>
    }
}
