//! Dragging on the strip and on the axis: choose a stretch of time, move the window, or pull one of its ends.

use super::canvas::Canvas;
use super::view::Timeline;
use timeline::Window;
use timeline::painter::Paint;

/// A drag under way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drag {
    kind: Kind,
    /// The strip shows the whole; the axis what is on screen.
    on: Place,
    from_ns: i64,
    to_ns: i64,
    /// The window when it began.
    window: Window,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Choose,
    Move,
    Start,
    End,
}

/// Where one can drag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The strip above the timeline.
    Strip,
    /// The axis.
    Axis,
}

/// A drag over less than this share of the width is a click.
const CLICK: f64 = 0.01;
/// So near an end of the window, in pixels, a drag pulls that end.
const GRIP: f64 = 6.0;

impl Drag {
    /// The stretch chosen so far, earlier end first.
    pub fn chosen(&self) -> Option<(i64, i64)> {
        (self.kind == Kind::Choose).then(|| (self.from_ns.min(self.to_ns), self.from_ns.max(self.to_ns)))
    }
}

impl Timeline {
    /// `share`: where on the place it begins, 0 to 1; `width`: how wide the place is, in pixels.
    pub fn begin_drag(&mut self, on: Place, share: f64, width: f64) {
        let window = self.viewport.window();
        let shown = self.shown_on(on);
        let ns = shown.ns_of(share, 1.0);
        let near = |edge: i64| (shown.x_of(edge, width) - share * width).abs() <= GRIP;
        let kind = match on {
            Place::Strip if self.viewport.is_zoomed() => {
                if near(window.start_ns) {
                    Kind::Start
                } else if near(window.end_ns()) {
                    Kind::End
                } else if (window.start_ns..window.end_ns()).contains(&ns) {
                    Kind::Move
                } else {
                    Kind::Choose
                }
            }
            _ => Kind::Choose,
        };
        self.drag = Some(Drag { kind, on, from_ns: ns, to_ns: ns, window });
    }

    /// The pointer moved.
    pub fn move_drag(&mut self, share: f64) {
        let Some(mut drag) = self.drag else { return };
        drag.to_ns = self.shown_on(drag.on).ns_of(share.clamp(0.0, 1.0), 1.0);
        let moved = drag.to_ns.saturating_sub(drag.from_ns);
        match drag.kind {
            Kind::Choose => {}
            Kind::Move => self.viewport.glide(Window { start_ns: drag.window.start_ns.saturating_add(moved), ..drag.window }),
            Kind::Start => self.viewport.glide(Window::between(drag.to_ns.min(drag.window.end_ns()), drag.window.end_ns())),
            Kind::End => self.viewport.glide(Window::between(drag.window.start_ns, drag.to_ns.max(drag.window.start_ns))),
        }
        self.drag = Some(drag);
        self.window_moved();
    }

    /// The pointer was let go.
    pub fn end_drag(&mut self) {
        let Some(drag) = self.drag.take() else { return };
        match drag.chosen() {
            Some((from, to)) => {
                let shown = self.shown_on(drag.on);
                if shown.x_of(to, 1.0) - shown.x_of(from, 1.0) >= CLICK {
                    self.viewport.go(Window::between(from, to));
                } else if drag.on == Place::Strip && self.viewport.is_zoomed() {
                    let length_ns = drag.window.length_ns;
                    self.viewport.go(Window { start_ns: from.saturating_sub(length_ns / 2), length_ns });
                }
                self.window_moved();
                self.ask_url(true);
            }
            None => self.ask_url(false),
        }
    }

    fn shown_on(&self, on: Place) -> Window {
        match on {
            Place::Strip => self.viewport.extent(),
            Place::Axis => self.viewport.window(),
        }
    }

    /// Something moved the window: everything that depends on it is drawn anew.
    pub fn window_moved(&mut self) {
        self.stale.axis = true;
        self.stale.overview = true;
        self.ask_frame();
    }

    /// The stretch that is being chosen, over the bars.
    pub fn draw_chosen(&self, canvas: &mut Canvas<'_>) {
        if let Some((from, to)) = self.drag.as_ref().filter(|drag| drag.on == Place::Axis).and_then(Drag::chosen) {
            let window = self.viewport.window();
            let (from, to) = (window.x_of(from, self.geometry.width), window.x_of(to, self.geometry.width));
            canvas.fill(from, 0.0, to - from, self.height, Paint::Accent, 0.14);
        }
    }
}
