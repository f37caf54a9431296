//! From the scroll bar to rows and back. An element cannot be as high as a million rows, so beyond [`HIGHEST`] the bar is a scale:
//! the wheel then moves rows itself, and the bar follows.

use super::dom;
use super::view::Timeline;
use timeline::Item;

/// Browsers clamp elements at about twice this, less on high-density screens.
const HIGHEST: f64 = 8_000_000.0;

impl Timeline {
    /// How high all rows are, with a little air below.
    fn content(&self) -> f64 {
        self.rows.len() as f64 * self.geometry.row + self.geometry.row / 2.0
    }

    fn last_top(&self) -> f64 {
        (self.content() - self.height).max(0.0)
    }

    /// Whether the bar is a scale.
    pub fn is_scaled(&self) -> bool {
        self.content() > HIGHEST
    }

    /// Gives the scroll bar its length.
    pub fn resize_content(&mut self) {
        let height = self.content().clamp(0.0, HIGHEST);
        dom::set(&self.page.spacer, "height", &dom::decimal(height.floor()));
        dom::set(&self.page.rows, "aria-rowcount", &self.rows.len().to_string());
        self.top = self.top.min(self.last_top());
    }

    /// Where the bar was moved by hand, the rows follow.
    pub fn follow_scroll(&mut self) {
        let at = self.page.scroller.scroll_top();
        if at != self.scroll_top {
            self.scroll_top = at;
            self.top = if self.is_scaled() { f64::from(at) * self.last_top() / (HIGHEST - self.height).max(1.0) } else { f64::from(at) };
        }
        self.top = self.top.clamp(0.0, self.last_top());
    }

    /// Scrolls to `top`, in pixels of rows.
    #[expect(clippy::cast_possible_truncation, reason = "clamped to what a scroll bar can say")]
    pub fn scroll_to(&mut self, top: f64) {
        self.top = top.clamp(0.0, self.last_top());
        let bar = if self.is_scaled() { self.top * (HIGHEST - self.height) / self.last_top().max(1.0) } else { self.top };
        self.page.scroller.set_scroll_top(bar.round() as i32);
        self.scroll_top = self.page.scroller.scroll_top();
        self.ask_frame();
    }

    /// The first row on screen.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the rows")]
    pub fn first_row(&self) -> usize {
        ((self.top / self.geometry.row) as usize).min(self.rows.len().saturating_sub(1))
    }

    /// The row of the selection, or of what hides it.
    pub fn selected_row(&self) -> Option<usize> {
        self.rows.row(&self.columns, self.selected?)
    }

    /// Brings `row` on screen, in the middle if it was far away.
    pub fn reveal_row(&mut self, row: usize) {
        let (height, at) = (self.geometry.row, row as f64 * self.geometry.row);
        if at < self.top - height || at > self.top + self.height {
            self.scroll_to(at - self.height / 2.0 + height);
        } else if at < self.top {
            self.scroll_to(at);
        } else if at + height > self.top + self.height {
            self.scroll_to(at + height - self.height);
        }
    }

    /// Brings the selection on screen.
    pub fn reveal_selected(&mut self) {
        if let Some(row) = self.selected_row() {
            self.reveal_row(row);
        }
    }

    /// Opens everything above an item, so that it is a row, and its kind is not switched off.
    pub fn unfold_to(&mut self, item: Item) {
        let mut changed = false;
        let shown = match item {
            Item::Span(_) => &mut self.state.show.spans,
            Item::Log(_) => &mut self.state.show.logs,
            Item::Error(_) => &mut self.state.show.errors,
        };
        changed |= !std::mem::replace(shown, true);
        let mut above = match item {
            Item::Span(span) => self.parent(span),
            _ => item.span(&self.columns),
        };
        while let Some(span) = above {
            if self.rows.is_folded(span)
                && let Some(&id) = self.columns.spans.id.get(span as usize)
            {
                self.state.fold.set(id, false);
                changed = true;
            }
            above = self.parent(span);
        }
        if changed {
            self.update_toggles();
            self.rebuild_rows();
        }
    }

    /// The parent of a span.
    pub fn parent(&self, span: u32) -> Option<u32> {
        self.columns.spans.parent.get(span as usize).copied().filter(|&parent| parent < span)
    }
}
