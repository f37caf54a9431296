//! From events to what a reader does.

use super::drag::Place;
use super::frame::OVERHANG;
use super::view::{Shared, Timeline};
use super::{dom, share};
use js_sys::Function;
use leptos::prelude::document;
use timeline::keys::{self, Action};
use timeline::scene::Scene;
use timeline::{Item, State};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{
    Element, Event, HtmlElement, KeyboardEvent, MouseEvent, MutationObserver, MutationObserverInit, PointerEvent, ResizeObserver,
    WheelEvent,
};

/// A notch of the wheel in rows, where the wheel counts lines.
const LINES: f64 = 3.0;

/// Calls `act` with the timeline on each event; what comes while it is busy is let go.
fn on(shared: &Shared, target: &web_sys::EventTarget, name: &str, passive: bool, mut act: impl FnMut(&mut Timeline, &Event) + 'static) {
    let shared = shared.clone();
    dom::listen(target, name, passive, move |event| {
        if let Ok(mut timeline) = shared.try_borrow_mut() {
            act(&mut timeline, &event);
        }
    });
}

/// Binds everything, once.
pub fn bind(shared: &Shared) {
    let page = shared.borrow().page.clone();
    on(shared, &page.scroller, "scroll", true, |timeline, _| timeline.ask_frame());
    on(shared, &page.scroller, "wheel", false, wheel);
    on(shared, &page.rows, "click", true, click_row);
    on(shared, &page.rows, "dblclick", true, double_click_row);
    on(shared, &page.stage, "pointermove", true, hover);
    on(shared, &page.stage, "pointerleave", true, |timeline, _| timeline.set_hover(None));
    drags(shared, &page.minimap, &page.overview, Place::Strip);
    drags(shared, &page.axis, &page.ticks, Place::Axis);
    on(shared, &page.find, "input", true, |timeline, _| {
        let text = timeline.page.find.value();
        timeline.find(&text);
    });
    clicks(shared, &page.root);
    keys(shared);
    if let Some(window) = web_sys::window() {
        on(shared, &window, "popstate", true, |timeline, _| timeline.come_back());
        if let Ok(Some(dark)) = window.match_media("(prefers-color-scheme: dark)") {
            on(shared, &dark, "change", true, |timeline, _| timeline.repaint());
        }
    }
    observe(shared, &page.scroller);
}

/// The size of the timeline, and the theme.
fn observe(shared: &Shared, scroller: &Element) {
    let resized = shared.clone();
    let resized = Closure::<dyn FnMut()>::new(move || {
        if let Ok(mut timeline) = resized.try_borrow_mut() {
            timeline.stale.measures = true;
            timeline.ask_frame();
        }
    });
    if let Ok(observer) = ResizeObserver::new(resized.into_js_value().unchecked_ref::<Function>()) {
        observer.observe(scroller);
    }
    let themed = shared.clone();
    let themed = Closure::<dyn FnMut()>::new(move || {
        if let Ok(mut timeline) = themed.try_borrow_mut() {
            timeline.repaint();
        }
    });
    let options = MutationObserverInit::new();
    options.set_attributes(true);
    if let (Ok(observer), Some(root)) =
        (MutationObserver::new(themed.into_js_value().unchecked_ref::<Function>()), document().document_element())
    {
        dom::best_effort(observer.observe_with_options(&root, &options));
    }
}

impl Timeline {
    fn repaint(&mut self) {
        self.stale.colours = true;
        self.ask_frame();
    }

    /// The browser went back or forward: the URL says where.
    fn come_back(&mut self) {
        let search = web_sys::window().and_then(|window| window.location().search().ok()).unwrap_or_default();
        self.state = State::parse(&search);
        self.page.find.set_value(&self.state.find);
        self.rebuild_rows();
        self.update_toggles();
        self.follow_state();
        self.settle_selection();
        self.update_found();
        self.reveal_selected();
        self.ask_panel(false);
        self.ask_frame();
    }

    fn set_hover(&mut self, ns: Option<i64>) {
        if self.hover_ns != ns {
            self.hover_ns = ns;
            self.ask_frame();
        }
    }

    /// What is under the pointer: the row, and on its bar the mark.
    fn under(&self, event: &MouseEvent) -> Option<(usize, Item)> {
        let stage = self.page.stage.get_bounding_client_rect();
        let x = f64::from(event.client_x()) - stage.left() - self.lane_left;
        let y = f64::from(event.client_y()) - stage.top();
        let scene = Scene {
            columns: &self.columns,
            rows: &self.rows,
            colours: &self.colours,
            window: self.viewport.window(),
            geometry: self.geometry,
        };
        let row = scene.row_at(self.first_row(), y)?;
        // On a phone the name stands above the bar, over its whole width: only the lower half is the lane.
        let in_lane = x >= -OVERHANG && (self.lane_left > OVERHANG * 2.0 || self.in_bar(y));
        let item = if in_lane { scene.item_at(row, x)? } else { self.rows.item(row)? };
        Some((row, item))
    }

    fn in_bar(&self, y: f64) -> bool {
        (y + self.geometry.scrolled) % self.geometry.row >= self.geometry.bar_top - 2.0
    }
}

fn click_row(timeline: &mut Timeline, event: &Event) {
    let Some(mouse) = event.dyn_ref::<MouseEvent>() else { return };
    let Some((_, item)) = timeline.under(mouse) else { return };
    let on_caret = dom::target(event).is_some_and(|target| target.class_list().contains("caret"));
    match item {
        Item::Span(span) if on_caret && timeline.rows.has_children(span) => timeline.toggle_fold(span, mouse.alt_key()),
        _ => {
            timeline.focus = true;
            timeline.select(item);
            timeline.show_panel(true);
        }
    }
}

fn double_click_row(timeline: &mut Timeline, event: &Event) {
    let Some((_, item)) = event.dyn_ref::<MouseEvent>().and_then(|mouse| timeline.under(mouse)) else { return };
    let on_caret = dom::target(event).is_some_and(|target| target.class_list().contains("caret"));
    if let Some(span) = item.span(&timeline.columns).filter(|_| !on_caret) {
        timeline.fit(span);
    }
}

fn hover(timeline: &mut Timeline, event: &Event) {
    let Some((_, item)) = event.dyn_ref::<MouseEvent>().and_then(|mouse| timeline.under(mouse)) else {
        return timeline.set_hover(None);
    };
    let ns = match item {
        Item::Span(_) => None,
        mark => mark.start_ns(&timeline.columns),
    };
    timeline.set_hover(ns);
}

fn wheel(timeline: &mut Timeline, event: &Event) {
    let Some(wheel) = event.dyn_ref::<WheelEvent>() else { return };
    let unit = if wheel.delta_mode() == WheelEvent::DOM_DELTA_LINE { timeline.geometry.row * LINES } else { 1.0 };
    let (across, down) = (wheel.delta_x() * unit, wheel.delta_y() * unit);
    if wheel.ctrl_key() || wheel.meta_key() {
        event.prevent_default();
        let stage = timeline.page.stage.get_bounding_client_rect();
        let at = (f64::from(wheel.client_x()) - stage.left() - timeline.lane_left) / timeline.geometry.width;
        // A notch of a mouse is about 100; a pinch on a trackpad sends many small ones.
        let (small, large) = if down.abs() < 30.0 { (19, 20) } else { (4, 5) };
        let (numerator, denominator) = if down > 0.0 { (large, small) } else { (small, large) };
        timeline.zoom(at.clamp(0.0, 1.0), numerator, denominator);
    } else if wheel.shift_key() || across.abs() > down.abs() {
        event.prevent_default();
        let by = if across == 0.0 { down } else { across };
        timeline.pan(by / timeline.geometry.width);
    } else if timeline.is_scaled() {
        event.prevent_default();
        let top = timeline.top + down;
        timeline.scroll_to(top);
    }
}

/// Dragging on `target`, along the width of `measure`.
fn drags(shared: &Shared, target: &Element, measure: &Element, place: Place) {
    let measured = measure.clone();
    let share_of = move |event: &Event| {
        let pointer = event.dyn_ref::<PointerEvent>()?;
        let bounds = measured.get_bounding_client_rect();
        Some(((f64::from(pointer.client_x()) - bounds.left()) / bounds.width().max(1.0), bounds.width(), pointer.clone()))
    };
    let press = share_of.clone();
    let captured = target.clone();
    on(shared, target, "pointerdown", false, move |timeline, event| {
        if let Some((share, width, pointer)) = press(event)
            && pointer.button() == 0
        {
            event.prevent_default();
            dom::best_effort(captured.set_pointer_capture(pointer.pointer_id()));
            timeline.begin_drag(place, share.clamp(0.0, 1.0), width);
        }
    });
    on(shared, target, "pointermove", true, move |timeline, event| {
        if let (true, Some((share, ..))) = (timeline.drag.is_some(), share_of(event)) {
            timeline.move_drag(share);
        }
    });
    on(shared, target, "pointerup", true, |timeline, _| timeline.end_drag());
    on(shared, target, "pointercancel", true, |timeline, _| {
        timeline.drag = None;
        timeline.window_moved();
    });
    on(shared, target, "dblclick", true, |timeline, _| timeline.whole());
}

/// Buttons by `data-action`, links to rows by `data-go`.
fn clicks(shared: &Shared, root: &Element) {
    let shared = shared.clone();
    dom::listen(root, "click", false, move |event| {
        let Some(target) = dom::target(&event) else { return };
        let nearest = |selector: &str| target.closest(selector).ok().flatten();
        if let Some(link) = nearest("a[data-go]") {
            let href = link.get_attribute("href").unwrap_or_default();
            let Ok(mut timeline) = shared.try_borrow_mut() else { return };
            if timeline.follow_link(&href) {
                event.prevent_default();
                timeline.focus = true;
            }
            return;
        }
        let Some(action) = nearest("[data-action]").and_then(|button| button.get_attribute("data-action")) else { return };
        if action == "share" {
            return share::share(&shared);
        }
        let Ok(mut timeline) = shared.try_borrow_mut() else { return };
        match action.as_str() {
            "collapse-all" => timeline.fold_all(true),
            "expand-all" => timeline.fold_all(false),
            "next-match" => timeline.go_to_match(true),
            "previous-match" => timeline.go_to_match(false),
            "whole" => timeline.whole(),
            "close-detail" => timeline.show_panel(false),
            "help" => timeline.help(),
            "spans" | "logs" | "errors" => timeline.toggle_kind(&action),
            _ => {}
        }
    });
}

/// Keys work wherever nobody is typing or pressing a button.
fn keys(shared: &Shared) {
    on(shared, &document(), "keydown", false, |timeline, event| {
        let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
        if key.default_prevented() || key.ctrl_key() || key.meta_key() || key.alt_key() || key.is_composing() {
            return;
        }
        let name = key.key();
        if dom::query("dialog[open]").is_some() {
            return;
        }
        let Some(target) = dom::target(event) else { return };
        if target.is_same_node(Some(&timeline.page.find)) {
            match name.as_str() {
                "Enter" => timeline.go_to_match(!key.shift_key()),
                "Escape" => {
                    timeline.act(Action::Back);
                    dom::best_effort(timeline.page.find.blur());
                }
                _ => return,
            }
            return event.prevent_default();
        }
        let inside = |selector: &str| target.closest(selector).ok().flatten().is_some();
        if inside("input, textarea, select, [contenteditable]") || (inside("button, a, summary") && matches!(name.as_str(), "Enter" | " "))
        {
            return;
        }
        let Some(action) = keys::action(&name, &key.code()) else { return };
        // Into the rows with the focus, unless it is at work elsewhere on the page.
        timeline.focus = inside(".rows") || target.dyn_ref::<HtmlElement>().is_some_and(|target| target.tag_name() == "BODY");
        if timeline.act(action) {
            event.prevent_default();
            timeline.ask_frame();
        }
    });
}
