//! The live timeline: what it holds, and how the outside reaches it.

use super::canvas::Palette;
use super::drag::Drag;
use super::page::Page;
use super::pool::Pool;
use super::{dom, input};
use crate::components::palette::service_colours;
use model::columns::Columns;
use std::cell::RefCell;
use std::rc::Rc;
use timeline::find::Matches;
use timeline::minimap::Minimap;
use timeline::scene::Geometry;
use timeline::{Colours, Item, Rows, State, Viewport, Window};

/// The one timeline of a page, shared by its event handlers.
pub type Shared = Rc<RefCell<Timeline>>;

/// Everything the next frame depends on.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not one state")]
pub struct Timeline {
    pub page: Page,
    pub state: State,
    pub columns: Columns,
    pub rows: Rows,
    pub colours: Colours,
    pub viewport: Viewport,
    pub matches: Matches,
    pub overview: Minimap,
    pub overview_bins: u32,
    pub pool: Pool,
    pub palette: Palette,
    pub geometry: Geometry,
    /// The height of the visible stage, in pixels.
    pub height: f64,
    /// The left edge of the time axis within the stage, in pixels.
    pub lane_left: f64,
    /// How far the rows are scrolled, in pixels of rows.
    pub top: f64,
    /// The scroll bar as last set or seen.
    pub scroll_top: i32,
    pub selected: Option<Item>,
    /// Whether the viewer or the URL chose it: then it stays, whatever arrives.
    pub chosen: bool,
    /// Whether keyboard focus follows the selection into the rows.
    pub focus: bool,
    /// The moment of the mark under the pointer.
    pub hover_ns: Option<i64>,
    pub drag: Option<Drag>,
    /// The number of the last wish for a panel: later ones make earlier answers void.
    pub panel_wish: u32,
    pub frame_asked: bool,
    pub url_asked: bool,
    /// What no longer fits what is drawn.
    pub stale: Stale,
    this: Option<std::rc::Weak<RefCell<Timeline>>>,
}

/// What has to be drawn anew, apart from the rows and bars, which always are.
#[derive(Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "four independent marks")]
pub struct Stale {
    pub measures: bool,
    pub colours: bool,
    pub axis: bool,
    pub overview: bool,
}

impl Timeline {
    /// Takes the page over with its first revision.
    pub fn wake(page: Page, columns: Columns) -> Shared {
        let search = web_sys::window().and_then(|window| window.location().search().ok()).unwrap_or_default();
        let state = State::parse(&search);
        let rows = Rows::new(&columns, &state.fold, state.show);
        let colours = Colours::of(&columns, service_colours);
        let viewport = Viewport::new(columns.duration_ns);
        let revision = dom::number(&page.root, "data-revision");
        let mut timeline = Self {
            pool: Pool::adopt(&page.rows),
            palette: Palette::default(),
            geometry: Geometry { width: 1.0, row: 24.0, bar_top: 8.0, bar: 9.0, scrolled: 0.0 },
            height: 0.0,
            lane_left: 0.0,
            top: f64::from(page.scroller.scroll_top()),
            scroll_top: page.scroller.scroll_top(),
            matches: Matches::default(),
            overview: Minimap::default(),
            overview_bins: 0,
            selected: None,
            chosen: false,
            focus: false,
            hover_ns: None,
            drag: None,
            panel_wish: 0,
            frame_asked: false,
            url_asked: false,
            stale: Stale { measures: true, colours: true, axis: true, overview: true },
            this: None,
            page,
            state,
            columns,
            rows,
            colours,
            viewport,
        };
        let same = revision == usize::try_from(timeline.columns.revision).ok();
        timeline.follow_state();
        timeline.settle_selection();
        timeline.page.find.set_value(&timeline.state.find);
        dom::class(&timeline.page.root, "live", true);
        let shared = Rc::new(RefCell::new(timeline));
        shared.borrow_mut().this = Some(Rc::downgrade(&shared));
        input::bind(&shared);
        let mut timeline = shared.borrow_mut();
        timeline.update_counts();
        timeline.draw();
        timeline.reveal_selected();
        timeline.draw();
        if !same {
            timeline.ask_panel(true);
        }
        drop(timeline);
        shared
    }

    /// The way back to this from something that happens later.
    pub fn shared(&self) -> Option<Shared> {
        self.this.as_ref()?.upgrade()
    }

    /// Zoom, selection and matches as the state has them.
    pub fn follow_state(&mut self) {
        self.viewport = Viewport::new(self.columns.duration_ns);
        if let Some((start, length_ns)) = self.state.zoom {
            self.viewport.glide(Window { start_ns: start.saturating_sub(self.columns.start.0), length_ns });
        }
        self.matches = Matches::of(&self.columns, &self.rows, &self.state.find);
        self.selected = self.state.selected.and_then(|anchor| anchor.resolve(&self.columns));
        self.chosen = self.selected.is_some();
        self.stale.axis = true;
        self.stale.overview = true;
    }

    /// Where nobody chose, the first cause is selected.
    pub fn settle_selection(&mut self) {
        if !self.chosen {
            self.selected = timeline::cause::first_cause(&self.columns);
        }
    }

    /// Asks for a frame, unless one is on its way.
    pub fn ask_frame(&mut self) {
        if !self.frame_asked
            && let Some(shared) = self.shared()
        {
            self.frame_asked = true;
            dom::next_frame(move || {
                if let Ok(mut timeline) = shared.try_borrow_mut() {
                    timeline.frame_asked = false;
                    timeline.draw();
                }
            });
        }
    }

    /// Writes the state into the URL: at once as a step to come back to, or soon in place of the present one.
    pub fn ask_url(&mut self, step: bool) {
        if step {
            self.write_url(true);
        } else if !self.url_asked
            && let Some(shared) = self.shared()
        {
            self.url_asked = true;
            // Browsers refuse more than a few of these a second.
            dom::later(150, move || {
                if let Ok(mut timeline) = shared.try_borrow_mut()
                    && timeline.url_asked
                {
                    timeline.write_url(false);
                }
            });
        }
    }

    fn write_url(&mut self, step: bool) {
        self.url_asked = false;
        let window = self.viewport.window();
        self.state.zoom = self.viewport.is_zoomed().then(|| (self.columns.start.plus(window.start_ns).0, window.length_ns));
        let Some(browser) = web_sys::window() else { return };
        let url = browser.location().pathname().unwrap_or_default() + &self.state.query();
        let Ok(history) = browser.history() else { return };
        let state = wasm_bindgen::JsValue::NULL;
        dom::best_effort(if step {
            history.push_state_with_url(&state, "", Some(&url))
        } else {
            history.replace_state_with_url(&state, "", Some(&url))
        });
    }

    /// The numbers on the toggles.
    pub fn update_counts(&self) {
        let columns = &self.columns;
        for (action, count) in
            [("spans", columns.spans.len()), ("logs", columns.logs.time_ns.len()), ("errors", columns.errors.time_ns.len())]
        {
            if let Some(button) = dom::within(&self.page.root, &["[data-action=", action, "]"].concat()) {
                dom::class(&button, "bad", action == "errors" && count > 0);
                if let Some(place) = dom::within(&button, ".count") {
                    dom::text(&place, &count.to_string());
                }
            }
        }
        if let Some(skeletons) = dom::within(&self.page.stage, ".skeletons")
            && !self.rows.is_empty()
        {
            skeletons.remove();
        }
    }
}
