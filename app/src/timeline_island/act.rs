//! What a reader can do, whatever the hand: key, pointer, button or link.

use super::dom;
use super::view::Timeline;
use timeline::find::Matches;
use timeline::keys::Action;
use timeline::{Fold, Item, State};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDialogElement};

/// How far a key moves or zooms.
const PAN: f64 = 0.15;
const ZOOM: (i64, i64) = (2, 3);

impl Timeline {
    /// Selects what `row` stands for.
    pub fn select_row(&mut self, row: usize) {
        if let Some(item) = self.rows.item(row) {
            self.select(item);
        }
    }

    /// Selects an item and shows its panel; opens what hides it.
    pub fn select(&mut self, item: Item) {
        self.unfold_to(item);
        let changed = self.selected != Some(item);
        self.selected = Some(item);
        self.chosen = true;
        self.state.selected = item.anchor(&self.columns);
        self.reveal_selected();
        self.update_found();
        if changed {
            self.ask_panel(false);
        }
        self.ask_url(false);
        self.ask_frame();
    }

    /// Follows a link to a row of this page; `false` if the row is not here.
    pub fn follow_link(&mut self, href: &str) -> bool {
        let query = href.split_once('?').map_or("", |(_, query)| query);
        let item = State::parse(query).selected.and_then(|anchor| anchor.resolve(&self.columns));
        if let Some(item) = item {
            self.select(item);
            self.ask_url(true);
        }
        item.is_some()
    }

    /// Does what a key says; `false` if there was nothing to do.
    pub fn act(&mut self, action: Action) -> bool {
        match action {
            Action::Down => self.step(1),
            Action::Up => self.step(-1),
            Action::PageDown => self.step(self.page_rows()),
            Action::PageUp => self.step(-self.page_rows()),
            Action::First => self.select_row(0),
            Action::Last => self.select_row(self.rows.len().saturating_sub(1)),
            Action::Open => self.open_selected(),
            Action::Close => self.close_selected(),
            Action::Details => self.show_panel(!self.panel_shown()),
            Action::Back => return self.back(),
            Action::Fit => self.fit_selected(),
            Action::FitAll => self.whole(),
            Action::ZoomIn => self.zoom(0.5, ZOOM.0, ZOOM.1),
            Action::ZoomOut => self.zoom(0.5, ZOOM.1, ZOOM.0),
            Action::PanLeft => self.pan(-PAN),
            Action::PanRight => self.pan(PAN),
            Action::Find => {
                dom::best_effort(self.page.find.focus());
                self.page.find.select();
            }
            Action::NextMatch => self.go_to_match(true),
            Action::PreviousMatch => self.go_to_match(false),
            Action::NextError => self.go_to_error(true),
            Action::PreviousError => self.go_to_error(false),
            Action::CollapseAll => self.fold_all(true),
            Action::ExpandAll => self.fold_all(false),
            Action::Logs => self.toggle_kind("logs"),
            Action::Help => self.help(),
        }
        true
    }

    #[expect(clippy::cast_possible_truncation, reason = "a number of rows on a screen")]
    fn page_rows(&self) -> isize {
        ((self.height / self.geometry.row) as isize - 1).max(1)
    }

    fn step(&mut self, by: isize) {
        let from = self.selected.and_then(|item| self.rows.nearest_row(&self.columns, item));
        let last = self.rows.len().saturating_sub(1);
        self.select_row(from.map_or(0, |row| row.saturating_add_signed(by).min(last)));
    }

    fn open_selected(&mut self) {
        let Some(Item::Span(span)) = self.selected else { return };
        if self.rows.is_folded(span) && self.rows.has_children(span) {
            self.toggle_fold(span, false);
        } else if let Some(row) = self.selected_row()
            && self.rows.has_children(span)
        {
            self.select_row(row + 1);
        }
    }

    fn close_selected(&mut self) {
        match self.selected {
            Some(Item::Span(span)) if self.rows.has_children(span) && !self.rows.is_folded(span) => self.toggle_fold(span, false),
            Some(Item::Span(span)) => {
                if let Some(parent) = self.parent(span) {
                    self.select(Item::Span(parent));
                }
            }
            Some(item) => {
                if let Some(span) = item.span(&self.columns) {
                    self.select(Item::Span(span));
                }
            }
            None => {}
        }
    }

    /// Opens or closes a span; with `subtree`, everything below it likewise.
    pub fn toggle_fold(&mut self, span: u32, subtree: bool) {
        let fold = !self.rows.is_folded(span);
        let to = span.saturating_add(if subtree { self.rows.descendants(span) } else { 0 });
        for each in span..=to {
            if let Some(&id) = self.columns.spans.id.get(each as usize) {
                self.state.fold.set(id, fold);
            }
        }
        self.rebuild_rows();
        self.ask_url(false);
    }

    /// Closes or opens everything.
    pub fn fold_all(&mut self, fold: bool) {
        self.state.fold = Fold::default();
        self.state.fold.set_all(fold);
        self.rebuild_rows();
        if let Some(row) = self.selected.and_then(|item| self.rows.nearest_row(&self.columns, item)) {
            self.reveal_row(row);
        }
        self.ask_url(false);
    }

    /// Switches spans, logs or errors on or off.
    pub fn toggle_kind(&mut self, kind: &str) {
        let show = &mut self.state.show;
        let shown = match kind {
            "spans" => &mut show.spans,
            "logs" => &mut show.logs,
            _ => &mut show.errors,
        };
        *shown = !*shown;
        self.update_toggles();
        self.rebuild_rows();
        self.ask_url(false);
    }

    /// The state of the toggles, as the buttons say it.
    pub fn update_toggles(&self) {
        let show = self.state.show;
        for (kind, on) in [("spans", show.spans), ("logs", show.logs), ("errors", show.errors)] {
            if let Some(button) = dom::within(&self.page.root, &["[data-action=", kind, "]"].concat()) {
                dom::set(&button, "aria-pressed", if on { "true" } else { "false" });
            }
        }
    }

    /// Zooms around a place of the axis, 0 to 1.
    pub fn zoom(&mut self, at: f64, numerator: i64, denominator: i64) {
        self.viewport.zoom(at, numerator, denominator);
        self.window_moved();
        self.ask_url(false);
    }

    /// Moves by a share of the axis.
    pub fn pan(&mut self, share: f64) {
        self.viewport.pan(share);
        self.window_moved();
        self.ask_url(false);
    }

    /// Shows the whole request.
    pub fn whole(&mut self) {
        self.viewport.go(self.viewport.extent());
        self.window_moved();
        self.ask_url(true);
    }

    /// Fits the selected span, or the span that the selected mark stands on.
    pub fn fit_selected(&mut self) {
        if let Some(span) = self.selected.and_then(|item| item.span(&self.columns)) {
            self.fit(span);
        }
    }

    /// Fits a span into the window.
    pub fn fit(&mut self, span: u32) {
        let spans = &self.columns.spans;
        let (Some(&start), Some(&duration)) = (spans.start_ns.get(span as usize), spans.duration_ns.get(span as usize)) else { return };
        self.viewport.fit(i64::try_from(start).unwrap_or(i64::MAX), i64::try_from(duration).unwrap_or(i64::MAX));
        self.window_moved();
        self.ask_url(true);
    }

    /// One step back; `false` if there is none.
    fn back(&mut self) -> bool {
        if dom::within(&self.page.root, ".sheet-open").is_some() || self.page.root.class_list().contains("sheet-open") {
            self.show_panel(false);
        } else if !self.state.find.is_empty() {
            self.page.find.set_value("");
            self.find("");
        } else if self.viewport.back() {
            self.window_moved();
            self.ask_url(false);
        } else {
            return false;
        }
        true
    }

    /// Whether the panel is on screen: on a phone it opens as a sheet, elsewhere it can be closed.
    fn panel_shown(&self) -> bool {
        let classes = self.page.root.class_list();
        if self.is_narrow() { classes.contains("sheet-open") } else { !classes.contains("panel-closed") }
    }

    fn is_narrow(&self) -> bool {
        self.page.root.client_width() <= 720
    }

    /// Opens or closes the panel.
    pub fn show_panel(&mut self, shown: bool) {
        if self.is_narrow() {
            dom::class(&self.page.root, "sheet-open", shown);
        } else {
            dom::class(&self.page.root, "panel-closed", !shown);
            self.stale.measures = true;
        }
        self.ask_frame();
    }

    /// Looks for a text.
    pub fn find(&mut self, text: &str) {
        text.clone_into(&mut self.state.find);
        self.matches = Matches::of(&self.columns, &self.rows, &self.state.find);
        self.update_found();
        self.ask_url(false);
        self.ask_frame();
    }

    /// How many matches, and which of them is selected.
    pub fn update_found(&self) {
        let count = self.matches.len();
        let at = self.selected.and_then(|item| self.rows.position(&self.columns, item)).and_then(|at| self.matches.ordinal(at));
        let said = match (self.state.find.trim().is_empty(), at) {
            (true, _) => String::new(),
            (false, Some(at)) => [at.to_string().as_str(), " of ", &count.to_string()].concat(),
            (false, None) if count == 0 => "nothing found".to_owned(),
            (false, None) => [count.to_string().as_str(), " found"].concat(),
        };
        dom::text(&self.page.found, &said);
        dom::class(&self.page.found, "none", count == 0);
    }

    /// Goes to the next match, or the one before.
    pub fn go_to_match(&mut self, forward: bool) {
        let position = self.selected_position();
        let found = if position.is_none() && forward {
            self.matches.next(usize::MAX, true)
        } else {
            self.matches.next(position.unwrap_or(0), forward)
        };
        if let Some(item) = found.and_then(|at| self.rows.at(at)) {
            self.select(item);
        }
    }

    fn go_to_error(&mut self, forward: bool) {
        let position = self.selected_position().unwrap_or(if forward { usize::MAX } else { 0 });
        if let Some(item) = self.rows.next_error(position, forward).and_then(|at| self.rows.at(at)) {
            self.select(item);
        }
    }

    fn selected_position(&self) -> Option<usize> {
        self.rows.position(&self.columns, self.selected?)
    }

    /// Opens the sheet of keys.
    pub fn help(&self) {
        if let Some(dialog) =
            dom::within(&self.page.root, "dialog#keys").and_then(|dialog: Element| dialog.dyn_into::<HtmlDialogElement>().ok())
        {
            dom::best_effort(dialog.show_modal());
        }
    }
}
