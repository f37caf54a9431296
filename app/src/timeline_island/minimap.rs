//! The strip above the timeline: the whole request, and which part of it is on screen.

use super::canvas::Canvas;
use super::dom;
use super::drag::Drag;
use super::view::Timeline;
use timeline::minimap::Minimap;
use timeline::painter::Paint;
use timeline::ticks::ticks;

const LANES: u32 = 17;
/// A lane, and what of it is a bar, in pixels.
const LANE: f64 = 2.0;
const BAR: f64 = 1.5;
/// The strip has a scale at its top.
const SCALE: f64 = 8.0;

impl Timeline {
    /// Bins the whole request anew, if that or the width of the strip changed, and draws it.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a width on a screen")]
    pub fn draw_overview(&mut self) {
        let page = &self.page;
        let width = f64::from(page.minimap.client_width()).max(1.0);
        let height = f64::from(page.minimap.client_height()).max(1.0);
        if let Some(drawing) = dom::within(&page.minimap, "svg") {
            drawing.remove();
        }
        let bins = width as u32;
        if self.overview == Minimap::default() || self.overview_bins != bins {
            self.overview = Minimap::of(&self.columns, &self.colours, bins, LANES);
            self.overview_bins = bins;
        }
        let Some(canvas) = Canvas::new(&page.overview, width, height, &self.palette) else { return };
        let extent = self.viewport.extent();
        for tick in ticks(extent, 6) {
            canvas.fill(extent.x_of(tick.ns, width).round(), 0.0, 1.0, SCALE, Paint::Line, 1.0);
        }
        let scale = ((height - SCALE - 6.0) / f64::from(LANES)).min(LANE * 1.2);
        for run in &self.overview.runs {
            let (x, y) = (f64::from(run.from), SCALE + 3.0 + f64::from(run.lane) * scale);
            canvas.fill(x, y, f64::from(run.length).max(2.0), BAR, Paint::Service(run.slot), 0.9);
        }
        for &bin in &self.overview.errors {
            canvas.fill(f64::from(bin), SCALE, 1.5, height - SCALE, Paint::Red, 1.0);
        }
        let window = self.viewport.window();
        let (left, right) = (extent.x_of(window.start_ns, width), extent.x_of(window.end_ns(), width));
        canvas.veil(0.0, left);
        canvas.veil(right, width - right);
        canvas.fill(left, 0.0, 3.0, height, Paint::Accent, 0.7);
        canvas.fill(right - 3.0, 0.0, 3.0, height, Paint::Accent, 0.7);
        if let Some((from, to)) = self.drag.as_ref().and_then(Drag::chosen) {
            let (from, to) = (extent.x_of(from, width), extent.x_of(to, width));
            canvas.fill(from, 0.0, to - from, height, Paint::Accent, 0.22);
        }
    }
}
