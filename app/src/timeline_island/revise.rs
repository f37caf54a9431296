//! A new revision: the columns are swapped, and what was looked at stays where it was.

use super::view::{Shared, Timeline};
use model::columns::Columns;
use timeline::find::Matches;
use timeline::{Anchor, Rows};

/// Puts `columns` in the place of those shown.
pub fn revise(shared: &Shared, columns: Columns) {
    if let Ok(mut timeline) = shared.try_borrow_mut() {
        timeline.swap(columns);
    }
}

impl Timeline {
    fn swap(&mut self, columns: Columns) {
        let selected = self.selected.and_then(|item| item.anchor(&self.columns));
        let top = (self.top > 0.0).then(|| self.top_anchor()).flatten();
        let moved = self.columns.start.since(columns.start);
        self.viewport.rebase(columns.duration_ns, moved);
        self.columns = columns;
        self.rows = Rows::new(&self.columns, &self.state.fold, self.state.show);
        self.recolour();
        self.overview = timeline::minimap::Minimap::default();
        self.matches = Matches::of(&self.columns, &self.rows, &self.state.find);
        let before = self.selected;
        // A link may point at what only this revision brings.
        let wanted = self.state.selected.or(selected.filter(|_| self.chosen));
        self.selected = wanted.and_then(|anchor| anchor.resolve(&self.columns));
        self.chosen = self.selected.is_some();
        self.settle_selection();
        self.stale.axis = true;
        self.stale.overview = true;
        self.update_counts();
        self.update_found();
        self.resize_content();
        match top {
            Some((anchor, rest)) => {
                let row = anchor.resolve(&self.columns).and_then(|item| self.rows.nearest_row(&self.columns, item));
                if let Some(row) = row {
                    self.scroll_to(row as f64 * self.geometry.row + rest);
                }
            }
            None if self.selected != before => self.reveal_selected(),
            None => {}
        }
        self.ask_panel(true);
        self.ask_frame();
    }

    /// The first row on screen, and how much of it is scrolled out.
    fn top_anchor(&self) -> Option<(Anchor, f64)> {
        let first = self.first_row();
        let anchor = self.rows.item(first)?.anchor(&self.columns)?;
        Some((anchor, self.top - first as f64 * self.geometry.row))
    }
}
