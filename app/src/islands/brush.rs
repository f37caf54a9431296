//! Narrowing the time range on the volume strip: drag, or use the arrow keys (with Shift to extend) and Enter; Escape lets go.

use super::go_to;
use crate::components::time::minute_text;
use crate::dom;
use model::UnixNs;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, PointerEvent};

/// The strip, and what is chosen on it.
struct Brush {
    layer: Element,
    buckets: u32,
    start: UnixNs,
    bucket_ns: i64,
    chosen: Cell<Option<(u32, u32)>>,
    dragging: Cell<bool>,
}

/// Wakes the strip, if the page has one.
pub fn wake() {
    let Some(brush) = find().map(Rc::new) else { return };
    let layer = brush.layer.clone();
    let on = |name: &str, act: fn(&Brush, &web_sys::Event)| {
        let brush = Rc::clone(&brush);
        dom::listen(&layer, name, false, move |event| act(&brush, &event));
    };
    on("pointerdown", Brush::press);
    on("pointermove", Brush::drag);
    on("pointerup", |brush, _| {
        if brush.dragging.replace(false) {
            brush.open();
        }
    });
    on("pointercancel", |brush, _| {
        brush.dragging.set(false);
        brush.choose(None);
    });
    on("keydown", Brush::key);
}

fn find() -> Option<Brush> {
    let layer = dom::query(".brush")?;
    let number = |name: &str| layer.get_attribute(name)?.parse::<i64>().ok();
    Some(Brush {
        buckets: u32::try_from(number("data-buckets")?).ok()?,
        start: UnixNs(number("data-start-ns")?),
        bucket_ns: number("data-bucket-ns")?,
        chosen: Cell::new(None),
        dragging: Cell::new(false),
        layer,
    })
}

impl Brush {
    fn press(&self, event: &web_sys::Event) {
        let Some(event) = event.dyn_ref::<PointerEvent>().filter(|event| event.button() == 0) else { return };
        dom::best_effort(self.layer.set_pointer_capture(event.pointer_id()));
        let bucket = self.bucket_at(event.client_x());
        self.dragging.set(true);
        self.choose(Some((bucket, bucket)));
    }

    fn drag(&self, event: &web_sys::Event) {
        if let (true, Some((anchor, _)), Some(event)) = (self.dragging.get(), self.chosen.get(), event.dyn_ref::<PointerEvent>()) {
            self.choose(Some((anchor, self.bucket_at(event.client_x()))));
        }
    }

    fn key(&self, event: &web_sys::Event) {
        let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
        let last = self.buckets.saturating_sub(1);
        let (anchor, head) = self.chosen.get().unwrap_or((last, last));
        let head = match event.key().as_str() {
            "ArrowLeft" => head.saturating_sub(1),
            "ArrowRight" => head.saturating_add(1).min(last),
            "Home" => 0,
            "End" => last,
            "Enter" => {
                event.prevent_default();
                return self.open();
            }
            "Escape" => return self.choose(None),
            _ => return,
        };
        event.prevent_default();
        self.choose(Some((if event.shift_key() { anchor } else { head }, head)));
    }

    fn bucket_at(&self, x: i32) -> u32 {
        let bounds = self.layer.get_bounding_client_rect();
        let share = (f64::from(x) - bounds.left()) / bounds.width().max(1.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the buckets first")]
        let bucket = (share * f64::from(self.buckets)).clamp(0.0, f64::from(self.buckets.saturating_sub(1))) as u32;
        bucket
    }

    /// The moments at both ends of a choice.
    fn ends(&self, (anchor, head): (u32, u32)) -> (UnixNs, UnixNs) {
        let edge = |bucket: u32| self.start.plus(self.bucket_ns.saturating_mul(i64::from(bucket)));
        (edge(anchor.min(head)), edge(anchor.max(head).saturating_add(1)))
    }

    fn open(&self) {
        if let Some(range) = self.chosen.get() {
            let (from, to) = self.ends(range);
            let address = self.layer.get_attribute("data-address").unwrap_or_default();
            go_to(&[&address, "from=", &from.rfc3339(), "&to=", &to.rfc3339()].concat());
        }
    }

    fn choose(&self, chosen: Option<(u32, u32)>) {
        self.chosen.set(chosen);
        let (Some(rect), Some(said)) = (dom::within(&self.layer, "rect"), dom::within(&self.layer, ".brush-said")) else { return };
        dom::flag(&said, "hidden", chosen.is_none());
        let Some((anchor, head)) = chosen else { return dom::set(&rect, "width", "0") };
        let (low, high) = (anchor.min(head), anchor.max(head).saturating_add(1));
        dom::set(&rect, "x", &self.percent(low));
        dom::set(&rect, "width", &self.percent(high - low));
        let (from, to) = self.ends((anchor, head));
        dom::text(&said, &[&minute_text(from, false), " – ", &minute_text(to, false), " UTC"].concat());
    }

    /// So many buckets as a share of the strip, to a thousandth.
    fn percent(&self, buckets: u32) -> String {
        let thousandths = u64::from(buckets) * 100_000 / u64::from(self.buckets.max(1));
        format!("{}.{:03}%", thousandths / 1_000, thousandths % 1_000)
    }
}
