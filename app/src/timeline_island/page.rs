//! The elements that the server rendered for the island: the contract with [`crate::pages::request`].

use super::dom::{query, within};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlCanvasElement, HtmlInputElement};

/// Everything that is looked up once.
#[derive(Clone)]
pub struct Page {
    pub root: Element,
    pub scroller: Element,
    pub spacer: Element,
    pub stage: Element,
    pub rows: Element,
    pub lanes: HtmlCanvasElement,
    pub minimap: Element,
    pub overview: HtmlCanvasElement,
    pub axis: Element,
    pub ticks: Element,
    pub panel: Element,
    pub find: HtmlInputElement,
    pub found: Element,
    pub whole: Element,
    pub connection: Element,
    /// The trace ID, as the page was asked for.
    pub id: String,
}

impl Page {
    /// `None` on a page without a timeline.
    pub fn find() -> Option<Self> {
        let root = query("#request[data-id]")?;
        let each = |selector| within(&root, selector);
        let axis = each(".axis .lane")?;
        Some(Self {
            scroller: each("[data-scroller]")?,
            spacer: each(".spacer")?,
            stage: each(".stage")?,
            rows: each(".rows")?,
            lanes: each("canvas.lanes")?.dyn_into().ok()?,
            minimap: each(".minimap")?,
            overview: each(".minimap canvas")?.dyn_into().ok()?,
            ticks: within(&axis, ".ticks")?,
            axis,
            panel: each("aside.detail")?,
            find: each("input[name=find]")?.dyn_into().ok()?,
            found: each(".found")?,
            whole: each("[data-action=whole]")?,
            connection: each(".connection")?,
            id: root.get_attribute("data-id")?,
            root,
        })
    }
}
