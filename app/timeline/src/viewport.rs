//! Which stretch of time is on screen, and how time and pixels map.

/// A stretch of time, in ns relative to the start of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Where it begins.
    pub start_ns: i64,
    /// How long it is, at least [`SHORTEST_NS`].
    pub length_ns: i64,
}

/// The window on screen, what it may show at most, and the way back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewport {
    extent: Window,
    window: Window,
    history: Vec<Window>,
}

/// Nothing is zoomed further than this.
pub const SHORTEST_NS: i64 = 1_000;
const MOST_STEPS_BACK: usize = 50;

impl Window {
    /// From `start_ns` to `end_ns`, in either order.
    pub fn between(start_ns: i64, end_ns: i64) -> Self {
        let (from, to) = if start_ns <= end_ns { (start_ns, end_ns) } else { (end_ns, start_ns) };
        Self { start_ns: from, length_ns: to.saturating_sub(from).max(SHORTEST_NS) }
    }

    /// Where it ends.
    pub const fn end_ns(self) -> i64 {
        self.start_ns.saturating_add(self.length_ns)
    }

    /// The pixel of a moment on an axis of `width` pixels.
    pub fn x_of(self, ns: i64, width: f64) -> f64 {
        ns.saturating_sub(self.start_ns) as f64 * width / self.length_ns as f64
    }

    /// The moment under a pixel.
    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and a pixel is far coarser than a nanosecond")]
    pub fn ns_of(self, x: f64, width: f64) -> i64 {
        let width = if width > 0.0 { width } else { 1.0 };
        self.start_ns.saturating_add((x / width * self.length_ns as f64) as i64)
    }
}

impl Viewport {
    /// The whole of a request that lasts `duration_ns`.
    pub fn new(duration_ns: u64) -> Self {
        let extent = Window::between(0, i64::try_from(duration_ns).unwrap_or(i64::MAX));
        Self { extent, window: extent, history: Vec::new() }
    }

    /// What is on screen.
    pub const fn window(&self) -> Window {
        self.window
    }

    /// The whole.
    pub const fn extent(&self) -> Window {
        self.extent
    }

    /// Whether less than the whole is on screen.
    pub fn is_zoomed(&self) -> bool {
        self.window != self.extent
    }

    /// The request grew or moved: a whole view stays whole, a zoomed one stays on its moments (`moved_ns`: old start minus
    /// new start).
    pub fn rebase(&mut self, duration_ns: u64, moved_ns: i64) {
        let whole = !self.is_zoomed();
        self.extent = Self::new(duration_ns).extent;
        for window in self.history.iter_mut().chain([&mut self.window]) {
            window.start_ns = window.start_ns.saturating_add(moved_ns);
        }
        self.window = if whole { self.extent } else { self.clamp(self.window) };
    }

    /// Shows `window`, remembering the way back.
    pub fn go(&mut self, window: Window) {
        let window = self.clamp(window);
        if window != self.window {
            if self.history.len() >= MOST_STEPS_BACK {
                self.history.remove(0);
            }
            self.history.push(self.window);
            self.window = window;
        }
    }

    /// Shows `window` without a step back: for wheel and drag, which are many small moves.
    pub fn glide(&mut self, window: Window) {
        self.window = self.clamp(window);
    }

    /// Makes the moment at `at` (0 to 1 of the width) stay, and shows `numerator / denominator` of the length around it.
    pub fn zoom(&mut self, at: f64, numerator: i64, denominator: i64) {
        let length = i128::from(self.window.length_ns) * i128::from(numerator) / i128::from(denominator.max(1));
        let length = i64::try_from(length).unwrap_or(i64::MAX).clamp(SHORTEST_NS, self.extent.length_ns);
        let fixed = self.window.ns_of(at, 1.0);
        let before = Window { start_ns: 0, length_ns: length }.ns_of(at, 1.0);
        self.glide(Window { start_ns: fixed.saturating_sub(before), length_ns: length });
    }

    /// Moves by a share of the width.
    pub fn pan(&mut self, share: f64) {
        let start_ns = self.window.ns_of(share, 1.0);
        self.glide(Window { start_ns, ..self.window });
    }

    /// Fits a moment of `length_ns` with a little air around it.
    pub fn fit(&mut self, start_ns: i64, length_ns: i64) {
        let air = (length_ns / 20).max(SHORTEST_NS);
        self.go(Window { start_ns: start_ns.saturating_sub(air), length_ns: length_ns.saturating_add(2 * air) });
    }

    /// Back to the window before; `false` if this is the first.
    pub fn back(&mut self) -> bool {
        let last = self.history.pop().or_else(|| self.is_zoomed().then_some(self.extent));
        if let Some(window) = last {
            self.window = self.clamp(window);
        }
        last.is_some()
    }

    fn clamp(&self, window: Window) -> Window {
        let length_ns = window.length_ns.clamp(SHORTEST_NS.min(self.extent.length_ns), self.extent.length_ns);
        let last = self.extent.end_ns().saturating_sub(length_ns);
        Window { start_ns: window.start_ns.clamp(self.extent.start_ns, last.max(self.extent.start_ns)), length_ns }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pixels_and_moments_invert(start in 0i64..1_000_000_000_000, length in SHORTEST_NS..1_000_000_000_000, share in 0.0f64..1.0) {
            let window = Window { start_ns: start, length_ns: length };
            let x = share * 1000.0;
            let back = window.x_of(window.ns_of(x, 1000.0), 1000.0);
            prop_assert!((back - x).abs() <= 1000.0 / length as f64 + 1e-3, "{x} {back}");
        }

        #[test]
        fn never_leaves_the_request(duration in 1u64..10_000_000_000, moves in proptest::collection::vec((0.0f64..1.0, 1i64..30, -2.0f64..2.0), 0..40)) {
            let mut viewport = Viewport::new(duration);
            for (at, numerator, share) in moves {
                viewport.zoom(at, numerator, 10);
                viewport.pan(share);
                let (window, extent) = (viewport.window(), viewport.extent());
                prop_assert!(window.start_ns >= extent.start_ns && window.end_ns() <= extent.end_ns() && window.length_ns >= SHORTEST_NS.min(extent.length_ns));
            }
        }

        #[test]
        fn zooming_keeps_the_moment_under_the_cursor(at in 0.0f64..1.0) {
            let mut viewport = Viewport::new(1_000_000_000);
            let before = viewport.window().ns_of(at, 1.0);
            viewport.zoom(at, 1, 2);
            prop_assert!((viewport.window().ns_of(at, 1.0) - before).abs() <= 2);
        }
    }

    #[test]
    fn steps_back_through_zooms() {
        let mut viewport = Viewport::new(1_000_000_000);
        viewport.fit(200_000_000, 100_000_000);
        let first = viewport.window();
        viewport.fit(220_000_000, 10_000_000);
        assert!(viewport.back());
        assert_eq!(viewport.window(), first);
        assert!(viewport.back());
        assert!(!viewport.is_zoomed());
        assert!(!viewport.back());
    }

    #[test]
    fn a_growing_request_keeps_what_is_looked_at() {
        let mut viewport = Viewport::new(1_000_000_000);
        viewport.rebase(2_000_000_000, 0);
        assert!(!viewport.is_zoomed());
        viewport.go(Window::between(500_000_000, 600_000_000));
        viewport.rebase(3_000_000_000, 1_000_000_000);
        assert_eq!(viewport.window(), Window::between(1_500_000_000, 1_600_000_000));
    }
}
