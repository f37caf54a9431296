//! One frame: measures if something moved, then rows, bars, axis and strip.

use super::canvas::Canvas;
use super::dom;
use super::pool::Shown;
use super::view::Timeline;
use crate::components::palette::service_colours;
use timeline::painter::{Paint, Painter};
use timeline::scene::{Geometry, Scene};
use timeline::ticks::{labels, ticks};
use timeline::{Colours, RowView};
use web_sys::FocusOptions;

/// The canvas reaches so far beyond both ends of the axis, so that marks at an end are whole.
pub const OVERHANG: f64 = 8.0;

/// So many ticks the axis aims at; half of them where it is narrower than this, in pixels.
const TICKS: u32 = 6;
const NARROW: f64 = 420.0;

impl Timeline {
    /// Brings the screen up to date.
    pub fn draw(&mut self) {
        if std::mem::take(&mut self.stale.measures) {
            self.measure();
        }
        if std::mem::take(&mut self.stale.colours) {
            self.palette = super::canvas::Palette::read(&self.page.root);
            self.stale.overview = true;
        }
        self.follow_scroll();
        let first = self.first_row();
        self.geometry.scrolled = self.top - first as f64 * self.geometry.row;
        self.draw_rows(first);
        if std::mem::take(&mut self.stale.axis) {
            self.draw_axis();
        }
        self.draw_lanes(first);
        if std::mem::take(&mut self.stale.overview) {
            self.draw_overview();
        }
    }

    fn measure(&mut self) {
        let page = &self.page;
        let row = self.pool.row_height().unwrap_or(self.geometry.row);
        let axis = page.ticks.get_bounding_client_rect();
        let stage = page.stage.get_bounding_client_rect();
        let (bar_top, bar) = super::canvas::bar_measures(&page.root);
        self.geometry = Geometry { width: axis.width().max(1.0), row, bar_top, bar, scrolled: 0.0 };
        self.lane_left = axis.left() - stage.left();
        self.height = f64::from(page.scroller.client_height());
        dom::style(&page.stage, "height", &[dom::decimal(self.height).as_str(), "px"].concat());
        self.resize_content();
        self.stale.axis = true;
        self.stale.overview = true;
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of rows on a screen")]
    fn draw_rows(&mut self, first: usize) {
        let room = (self.height / self.geometry.row).ceil().max(0.0) as usize + 1;
        let count = self.rows.len().saturating_sub(first).min(room);
        let selected = self.selected_row();
        // Tab leads to the selected row, or to the first on screen while that is elsewhere.
        let reachable = selected.filter(|row| (first..first + count).contains(row)).unwrap_or(first);
        let (columns, rows, colours, matches) = (&self.columns, &self.rows, &self.colours, &self.matches);
        self.pool.show(first, count, |number| {
            let view = RowView::of(columns, rows, colours, number)?;
            let is_match = !matches.is_empty() && rows.position(columns, view.item).is_some_and(|at| matches.contains(at));
            Some(Shown { number, view, selected: selected == Some(number), matched: is_match, reachable: reachable == number })
        });
        dom::style(&self.page.rows, "transform", &["translateY(", dom::decimal(-self.geometry.scrolled).as_str(), "px)"].concat());
        if std::mem::take(&mut self.focus)
            && let Some(row) = selected.and_then(|row| self.pool.element(row)).and_then(super::html::as_html)
        {
            let options = FocusOptions::new();
            options.set_prevent_scroll(true);
            dom::best_effort(row.focus_with_options(&options));
        }
    }

    fn draw_axis(&mut self) {
        let window = self.viewport.window();
        let marks = ticks(window, if self.geometry.width < NARROW { TICKS / 2 } else { TICKS });
        let mut marks = labels(&marks, window, self.geometry.width).into_iter();
        for element in dom::all(&self.page.ticks, "text") {
            let Some(label) = marks.next() else {
                dom::text(&element, "");
                continue;
            };
            dom::set(&element, "x", &[dom::decimal(label.percent).as_str(), "%"].concat());
            dom::set(&element, "text-anchor", label.anchor);
            dom::text(&element, &label.text);
        }
        dom::flag(&self.page.whole, "hidden", !self.viewport.is_zoomed());
    }

    fn draw_lanes(&mut self, first: usize) {
        let Some(mut canvas) = Canvas::new(&self.page.lanes, self.geometry.width + 2.0 * OVERHANG, self.height, &self.palette) else {
            return;
        };
        dom::style(&self.page.lanes, "left", &[dom::decimal(self.lane_left - OVERHANG).as_str(), "px"].concat());
        canvas.shift(OVERHANG, 0.0);
        let window = self.viewport.window();
        // On a phone the lanes lie under the names: lines through the words would only disturb.
        let lines = if self.geometry.width < NARROW { Vec::new() } else { ticks(window, TICKS) };
        for tick in lines {
            canvas.line(window.x_of(tick.ns, self.geometry.width), Paint::Line);
        }
        let scene = Scene { columns: &self.columns, rows: &self.rows, colours: &self.colours, window, geometry: self.geometry };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of rows on a screen")]
        let room = (self.height / self.geometry.row).ceil().max(0.0) as usize + 1;
        scene.paint(first..first + room, &mut canvas);
        if let Some(ns) = self.hover_ns {
            canvas.line(window.x_of(ns, self.geometry.width), Paint::Muted);
        }
        self.draw_chosen(&mut canvas);
    }

    /// New rows after new data, folding or switching kinds.
    pub fn rebuild_rows(&mut self) {
        self.rows.apply(&self.columns, &self.state.fold, self.state.show);
        self.resize_content();
        self.ask_frame();
    }

    /// New colours after new data.
    pub fn recolour(&mut self) {
        self.colours = Colours::of(&self.columns, service_colours);
    }
}
